package bunstore_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/uptrace/bun/dialect"

	"github.com/go-activity/activity/store/bunstore"
)

var (
	// Tables of what waits, and of whose turn it is, have no index.
	unindexed = regexp.MustCompile(`(Seq Scan on|SCAN) activity_pending\w*`)
	// l, m, e, f, h and c are what the statements call the tables.
	wholeTable = regexp.MustCompile(`Seq Scan on activity|SCAN (activity_\w+|[lmefhc])\b`)
	sorted     = regexp.MustCompile(`Sort|TEMP B-TREE`)
)

// No query of the ledger or of consumers reads a table from end to end, but those of what waits; and entries are read in
// the order of an index.
func TestLedgerPlans(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		ctx := t.Context()
		s := migrated(t, address)
		seed(t, s)
		if _, err := sealAll(ctx, s, 5000); err != nil {
			t.Fatal(err)
		}
		events, err := newJournal(s).Tenant("acme").Record(ctx, draftsOf(3, "")...)
		if err != nil {
			t.Fatal(err)
		}
		manyOfEach(t, s, "activity_head (tenant, size, edge, position)", `('t%d', 1, '\x', 1)`)
		manyOfEach(t, s, "activity_tile (tenant, level, \"index\", hashes)", `('t%d', 0, 0, '\x')`)
		manyOfEach(t, s, "activity_consumer (name)", "('c%d')")
		manyOfEach(t, s, "activity_parked (consumer, position, through, error)", "('c%d', 1, 1, '')")
		for _, statistics := range []bool{false, true} {
			if statistics {
				if _, err := s.DB().ExecContext(ctx, `ANALYZE`); err != nil {
					t.Fatal(err)
				}
				s = openAt(t, address)
			}
			explain := explainSQLite
			if strings.HasPrefix(address, "postgres") {
				explain = explainPostgres
			}
			entries, others := s.LedgerStatements("acme", events[0].ID, 1000)
			for text, args := range entries {
				plan := explain(t, s, text, args)
				if wholeTable.MatchString(plan) || sorted.MatchString(plan) {
					t.Errorf("it reads a whole table, or sorts:\n%s\n%s", text, plan)
				}
			}
			for text, args := range others {
				plan := unindexed.ReplaceAllString(explain(t, s, text, args), "")
				if wholeTable.MatchString(plan) {
					t.Errorf("it reads a whole table:\n%s\n%s", text, plan)
				}
			}
		}
	})
}

// manyOfEach adds rows, so that a planner has a choice.
func manyOfEach(t *testing.T, s *bunstore.Store, table, row string) {
	t.Helper()
	rows := make([]string, 3000)
	for i := range rows {
		rows[i] = fmt.Sprintf(row, i)
		if s.DB().Dialect().Name() == dialect.SQLite {
			rows[i] = strings.ReplaceAll(rows[i], `'\x'`, `x''`)
		}
	}
	if _, err := s.DB().DB.ExecContext(t.Context(), `INSERT INTO `+table+` VALUES `+strings.Join(rows, ", ")); err != nil {
		t.Fatal(err)
	}
}

// What waits is taken by its place, also by a plan that was made while the table was small, and the host's settings come back.
func TestTakenByPlace(t *testing.T) {
	s := migrated(t, fromTemplate(t))
	ctx := t.Context()
	s.DB().SetMaxOpenConns(1)
	for _, setting := range []string{`SET enable_hashjoin = on`, `SET enable_seqscan = on`, `SET jit = on`, `SET enable_mergejoin = off`} {
		if _, err := s.DB().ExecContext(ctx, setting); err != nil {
			t.Fatal(err)
		}
	}
	for range 10 { // until the driver and the server have settled on a plan
		if _, err := newJournal(s).Tenant("acme").Record(ctx, draftsOf(2, "")...); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Seal(ctx, 10); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := newJournal(s).Tenant("acme").Record(ctx, draftsOf(2500, "")...); err != nil {
		t.Fatal(err)
	}
	before := scans(t, s)
	for range 50 {
		if n, err := s.Seal(ctx, 10); n != 10 || err != nil {
			t.Fatalf("Seal = %d, %v", n, err)
		}
	}
	// Of each call, the probe and the list of places read some rows from the start; nothing reads all 2,500.
	if read := scans(t, s) - before; read > 50*(500+2*10+2) {
		t.Errorf("50 calls that seal 10 of 2,500 events each read %d rows", read)
	}
	var got string
	err := s.DB().QueryRowContext(ctx, `SELECT concat_ws(' ', current_setting('enable_seqscan'), current_setting('enable_hashjoin'), current_setting('enable_mergejoin'), current_setting('jit'))`).Scan(&got)
	if err != nil || got != "on on off on" {
		t.Errorf("the settings are %q, %v", got, err)
	}
}

// scans returns how many rows of the pending table were read by scans from its start.
func scans(t *testing.T, s *bunstore.Store) (n int64) {
	t.Helper()
	if _, err := s.DB().ExecContext(t.Context(), `SELECT pg_stat_force_next_flush()`); err != nil {
		t.Skip("before PostgreSQL 15 statistics come when they like")
	}
	err := s.DB().QueryRowContext(t.Context(), `SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = 'activity_pending'`).Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
