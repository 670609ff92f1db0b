package main

import (
	"context"
	"database/sql"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/internal/pgtest"
)

func newTestBench(t testing.TB, out *strings.Builder) *bench {
	b := &bench{
		ctx: t.Context(),
		size: size{small: 6000, large: 7000, tasks: 7000, outcomes: 20_000, charges: 2000,
			window: 500 * time.Millisecond, following: 300 * time.Millisecond, rounds: 1, slice: time.Millisecond},
		only: regexp.MustCompile(""),
		out:  out,
		dir:  t.TempDir(),
		database: func(context.Context, string) (string, error) {
			return pgtest.New(t), nil
		},
	}
	if err := b.prepare(); err != nil {
		t.Fatal(err)
	}
	return b
}

// build returns this program, without the race detector, which takes memory.
func build(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "benchmarks")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", path, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return path
}

// TestRun runs every benchmark for a moment.
func TestRun(t *testing.T) {
	var out strings.Builder
	b := newTestBench(t, &out)
	b.executable = build(t)
	if _, err := b.run(b.own()); err != nil {
		t.Fatalf("%v after\n%s", err, &out)
	}
	for _, name := range []string{
		"append_batch_vs_copy", "append_one_vs_floor", "page_growth", "page_vs_floor",
		"sqlite_append_batch_vs_copy", "sqlite_append_one_vs_floor", "sqlite_page_growth", "sqlite_page_vs_floor",
		"outcomes_vs_copy", "transition_vs_floor", "task_page_growth", "report_memory_mib",
		"sqlite_outcomes_vs_copy", "sqlite_transition_vs_floor", "sqlite_task_page_growth", "sqlite_report_memory_mib",
		"summary_ns", "summary_allocs", "summary_vs_template", "summary_vs_template_decoded",
		"reserve_hot_vs_update", "reserve_hot_vs_statement", "reserve_growth", "worst_window_ours",
		"sqlite_reserve_hot_vs_update", "sqlite_reserve_growth", "use_per_second",
		"page_growth_hierarchy_200", "page_growth_search", "page_growth_merged", "page_growth_facets", "page_growth_unread", "facets_vs_page", "activity_page_ms_ratio", "sqlite_activity_page_ms_ratio",
		"stream_lag_p50_ms", "stream_lag_p99_ms", "sqlite_stream_lag_p50_ms", "sqlite_stream_lag_p99_ms",
		"sqlite_page_growth_hierarchy_200", "sqlite_page_growth_search", "sqlite_page_growth_merged", "sqlite_page_growth_facets",
		"sqlite_page_growth_unread", "sqlite_facets_vs_page", "index_vs_append", "sqlite_index_vs_append",
		"seal_vs_append", "append_while_sealing_ratio", "follow_lag_p50_ms", "follow_lag_p99_ms",
		"follow_lag_listen_p50_ms", "follow_lag_listen_p99_ms",
		"verify_per_second", "prove_us", "prove_tiles", "export_per_second",
		"sqlite_seal_vs_append", "sqlite_append_while_sealing_ratio", "sqlite_follow_lag_p50_ms", "sqlite_follow_lag_p99_ms",
		"sqlite_verify_per_second", "sqlite_prove_us", "sqlite_prove_tiles", "sqlite_export_per_second",
	} {
		if !regexp.MustCompile(`(?m)^` + name + ` \d+\.\d{2,4}$`).MatchString(out.String()) {
			t.Errorf("there is no %s in\n%s", name, &out)
		}
	}
}

// TestFloorsStoreTheSame stores the same rows through the stores and by hand.
func TestFloorsStoreTheSame(t *testing.T) {
	var out strings.Builder
	b := newTestBench(t, &out)
	rows, err := rowsOf(b.ctx, b.journal, newWorkload(1, 100).drafts(20))
	if err != nil {
		t.Fatal(err)
	}
	many, one := rows[:19], rows[19]

	t.Run("postgres", func(t *testing.T) {
		ours, floor := openTest(t, b), openTest(t, b)
		if _, err := ours.store.AppendEvents(b.ctx, rows); err != nil {
			t.Fatal(err)
		}
		if err := newPgCopyRows(many).copy(b.ctx, floor.conn); err != nil {
			t.Fatal(err)
		}
		if _, err := floor.conn.Exec(b.ctx, pgInsertOne, pgOneValues(one)...); err != nil {
			t.Fatal(err)
		}
		for _, table := range []string{"activity_event", "activity_feed", "activity_pending"} {
			if diff := cmp.Diff(pgDump(t, ours.conn, table), pgDump(t, floor.conn, table)); diff != "" {
				t.Errorf("%s: the store's rows and the floor's (-store +floor):\n%s", table, diff)
			}
		}
	})

	t.Run("sqlite", func(t *testing.T) {
		store, _, err := b.openSQLite("store.db")
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		if _, err := store.AppendEvents(b.ctx, rows); err != nil {
			t.Fatal(err)
		}
		other, _, err := b.openSQLite("floor.db")
		if err != nil {
			t.Fatal(err)
		}
		other.Close()
		floor, done, err := openSQLiteByHand(b.ctx, filepath.Join(b.dir, "floor.db"))
		if err != nil {
			t.Fatal(err)
		}
		defer done()
		inserter, err := newSQLiteInserter(b.ctx, floor)
		if err != nil {
			t.Fatal(err)
		}
		if err := inserter.store(newSQLiteRows(many)); err != nil {
			t.Fatal(err)
		}
		if err := inserter.storeOne(newSQLiteRows([]activity.EventRow{one})); err != nil {
			t.Fatal(err)
		}
		ours, err := store.DB().DB.Conn(b.ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer ours.Close()
		for _, table := range []string{"activity_event", "activity_feed", "activity_pending"} {
			if diff := cmp.Diff(sqliteDump(t, ours, table), sqliteDump(t, floor, table)); diff != "" {
				t.Errorf("%s: the store's rows and the floor's (-store +floor):\n%s", table, diff)
			}
		}
	})
}

func openTest(t *testing.T, b *bench) *pgDatabase {
	t.Helper()
	d, err := b.openPostgres("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.close)
	return d
}

func pgDump(t *testing.T, conn *pgx.Conn, table string) []string {
	t.Helper()
	rows, err := conn.Query(t.Context(), `SELECT * FROM `+table)
	if err != nil {
		t.Fatal(err)
	}
	return collect(t, rows.Next, rows.Values, rows.Err)
}

func sqliteDump(t *testing.T, conn *sql.Conn, table string) []string {
	t.Helper()
	rows, err := conn.QueryContext(t.Context(), `SELECT * FROM `+table)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	values := func() ([]any, error) {
		values, places := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			places[i] = &values[i]
		}
		return values, rows.Scan(places...)
	}
	return collect(t, rows.Next, values, rows.Err)
}

// collect writes each row as text, and sorts them.
func collect(t *testing.T, next func() bool, values func() ([]any, error), failed func() error) []string {
	t.Helper()
	var all []string
	for next() {
		row, err := values()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, fmt.Sprint(row...))
	}
	if err := failed(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	return all
}
