package main

import (
	"context"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/bunstore"
)

// TestTaskFloorsStoreTheSame stores the same tasks, transitions and outcomes through the stores and by
// hand.
func TestTaskFloorsStoreTheSame(t *testing.T) {
	var out strings.Builder
	b := newTestBench(t, &out)

	t.Run("postgres", func(t *testing.T) {
		ours, other := openTest(t, b), openTest(t, b)
		lives, err := newPgTaskFloor(b.ctx, other.conn)
		if err != nil {
			t.Fatal(err)
		}
		same := sameTables(func(t *testing.T, table string) (a, b []string) {
			return pgDump(t, ours.conn, table), pgDump(t, other.conn, table)
		})
		checkTaskFloor(t, b, ours.store, lives, same)
		checkOutcomeFloor(t, b, ours.store, same, func(h *byHand, n int) error {
			return pgCopyOutcomes(b.ctx, other.conn, h, n)
		})
	})

	t.Run("sqlite", func(t *testing.T) {
		store, _, err := b.openSQLite("task_store.db")
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		other, done, err := b.openSQLiteFloor("task_floor.db")
		if err != nil {
			t.Fatal(err)
		}
		defer done()
		lives, err := newSQLiteTaskFloor(b.ctx, other)
		if err != nil {
			t.Fatal(err)
		}
		insert, err := other.PrepareContext(b.ctx, sqliteInsert("activity_outcome", outcomeColumns, 1))
		if err != nil {
			t.Fatal(err)
		}
		same := sameTables(func(t *testing.T, table string) (a, b []string) {
			ours, err := store.DB().DB.Conn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer ours.Close()
			return sqliteDump(t, ours, table), sqliteDump(t, other, table)
		})
		checkTaskFloor(t, b, store, lives, same)
		checkOutcomeFloor(t, b, store, same, func(h *byHand, n int) error {
			return sqliteStoreOutcomes(other, insert, h, n)
		})
	})
}

// sameTables compares tables of the store's database with the floor's.
type sameTables func(t *testing.T, table string) (ours, floor []string)

func (s sameTables) check(t *testing.T, tables ...string) {
	t.Helper()
	for _, table := range tables {
		ours, floor := s(t, table)
		if len(ours) == 0 {
			t.Errorf("%s is empty", table)
		}
		if diff := cmp.Diff(ours, floor); diff != "" {
			t.Errorf("%s: the store's rows and the floor's (-store +floor):\n%s", table, diff)
		}
	}
}

// checkTaskFloor stores tasks as they are, and some whole lives.
func checkTaskFloor[R any](t *testing.T, b *bench, store *bunstore.Store, floor taskFloor[R], same sameTables) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	tasks := newTaskWorkload(taskSeed, 2000).tasks(2000)
	must(store.InTx(b.ctx, func(tx activity.Store) error {
		for _, task := range tasks {
			if _, err := tx.AddTask(b.ctx, task); err != nil {
				return err
			}
		}
		return nil
	}))
	must(floor.queue(tasks, nil))
	same.check(t, "activity_task", "activity_task_facet")

	w := newTaskWorkload(1, 0)
	for range 10 {
		life, err := lifeOf(b.ctx, b.journal, w.spec())
		must(err)
		_, err = store.AddTask(b.ctx, life.queued.after)
		must(err)
		_, err = store.AppendEvents(b.ctx, []activity.EventRow{life.queued.event})
		must(err)
		for _, step := range []transition{life.started, life.completed} {
			task, changed, err := store.ChangeTask(b.ctx, step.update)
			must(err)
			if diff := cmp.Diff(step.after, task); diff != "" || !changed {
				t.Errorf("the rehearsed task and the store's (-rehearsed +store):\n%s", diff)
			}
		}
		must(floor.queue([]activity.Task{life.queued.after}, []activity.EventRow{life.queued.event}))
		if err := floor.complete(floor.rows(life.completed)); err == nil {
			t.Error("a queued task was completed")
		}
		must(floor.start(floor.rows(life.started)))
		if err := floor.start(floor.rows(life.started)); err == nil {
			t.Error("a task was started twice")
		}
		must(floor.complete(floor.rows(life.completed)))
	}
	same.check(t, "activity_task", "activity_task_facet", "activity_event", "activity_feed", "activity_pending")
}

// reporting is a rehearsal that takes outcomes.
type reporting struct {
	rehearsal
	rows []activity.OutcomeRow
}

func (r *reporting) InTx(_ context.Context, fn func(activity.Store) error) error { return fn(r) }

func (r *reporting) AddOutcomes(_ context.Context, rows []activity.OutcomeRow) error {
	r.rows = append(r.rows, rows...)
	return nil
}

// checkOutcomeFloor stores what Report makes of outcomes.
func checkOutcomeFloor(t *testing.T, b *bench, store activity.Store, same sameTables, floor func(*byHand, int) error) {
	t.Helper()
	var r reporting
	run, err := startTask(b.ctx, b.journal.With(&r).Tenant(tenant), newTaskWorkload(1, 0).spec())
	if err != nil {
		t.Fatal(err)
	}
	const n = 200
	var loop outcomeLoop
	outcomes := make([]activity.Outcome, n)
	for i := range outcomes {
		outcomes[i] = loop.next()
	}
	if err := run.Report(b.ctx, outcomes...); err != nil {
		t.Fatal(err)
	}
	if err := run.Complete(b.ctx); err != nil {
		t.Fatal(err)
	}
	if len(r.rows) != n {
		t.Fatalf("Report stored %d rows", len(r.rows))
	}
	if err := store.AddOutcomes(b.ctx, r.rows); err != nil {
		t.Fatal(err)
	}
	if err := floor(&byHand{task: run.Task().ID, at: r.rows[0].At}, n); err != nil {
		t.Fatal(err)
	}
	same.check(t, "activity_outcome")
}

// TestReportMemory writes a long report.
func TestReportMemory(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Logf("only Linux tells how much memory a process uses")
		return
	}
	var out strings.Builder
	b := newTestBench(t, &out)
	b.executable, b.size.outcomes = build(t), 200_000
	if err := b.sqliteReport(); err != nil {
		t.Fatal(err)
	}
	t.Log(out.String())
	for _, r := range b.results {
		if !r.target.met(r.value) {
			t.Errorf("%s is %.1f, which should be %v", r.name, r.value, r.target)
		}
	}
	if len(b.results) != 1 {
		t.Errorf("there are %d results", len(b.results))
	}
}
