package bunstore_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/bunstore"
)

func migrateOnce(address string) {
	ctx := context.Background()
	s, err := open(ctx, address)
	if err == nil {
		err = s.Migrate(ctx)
	}
	if err != nil {
		panic(err)
	}
	fmt.Println("migrated")
}

func TestManyProcessesMigrateAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		var started []*exec.Cmd
		for range 8 {
			cmd, _ := start(t, "migrate", address)
			started = append(started, cmd)
		}
		for _, cmd := range started {
			if err := cmd.Wait(); err != nil {
				t.Error(err)
			}
		}
		works(t, openAt(t, address))
	})
}

// Whenever a process that migrates is killed, the next one can migrate.
func TestKilledMigration(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		for range 12 {
			cmd, _ := start(t, "migrate", address)
			// The moment is meant to be arbitrary; nothing waits for it.
			time.AfterFunc(time.Duration(rand.IntN(60))*time.Millisecond, func() { _ = cmd.Process.Kill() })
			_ = cmd.Wait()
		}
		works(t, migrated(t, address))
	})
}

func TestDownToZeroAndBack(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		ctx := t.Context()
		s := migrated(t, address)
		works(t, s)
		if err := s.Rollback(ctx); err != nil {
			t.Fatal(err)
		}
		if left := tables(t, s); len(left) != 0 {
			t.Errorf("after Rollback there are still %v", left)
		}
		if _, err := newJournal(s).Tenant("acme").Timeline(ctx, activity.Query{}); !errors.Is(err, activity.ErrSchema) {
			t.Errorf("reading after Rollback: %v, want ErrSchema", err)
		}
		if err := s.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
		works(t, s)
	})
}

// tables returns the library's tables, those of the migrator aside.
func tables(t *testing.T, s *bunstore.Store) (names []string) {
	t.Helper()
	query := `SELECT tablename FROM pg_tables WHERE tablename LIKE 'activity%' AND tablename NOT LIKE '%migration%'`
	if s.DB().Dialect().Name() == dialect.SQLite {
		query = `SELECT name FROM sqlite_schema WHERE type IN ('table', 'trigger') AND name LIKE 'activity%' AND name NOT LIKE '%migration%'`
	}
	rows, err := s.DB().QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func TestWrongSchema(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		ctx := t.Context()
		s := openAt(t, address)
		check := func(when string) {
			t.Helper()
			s := openAt(t, address)
			journal := newJournal(s)
			_, err := journal.Tenant("acme").Record(ctx, noteAdded.New(note{}).By(ana))
			if !errors.Is(err, activity.ErrSchema) {
				t.Errorf("recording %s: %v, want ErrSchema", when, err)
			}
			if _, err := journal.Tenant("acme").Timeline(ctx, activity.Query{}); !errors.Is(err, activity.ErrSchema) {
				t.Errorf("reading %s: %v, want ErrSchema", when, err)
			}
			err = s.DB().RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
				_, err := journal.With(s.Tx(tx)).Tenant("acme").Record(ctx, noteAdded.New(note{}).By(ana))
				if !errors.Is(err, activity.ErrSchema) {
					t.Errorf("recording in a transaction %s: %v, want ErrSchema", when, err)
				}
				_, err = tx.ExecContext(ctx, `SELECT 1`) // the transaction is still good
				return err
			})
			if err != nil {
				t.Error(err)
			}
		}
		check("before Migrate")
		if err := s.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
		exec := func(query string) {
			t.Helper()
			if _, err := s.DB().ExecContext(ctx, query); err != nil {
				t.Fatal(err)
			}
		}
		exec(`INSERT INTO activity_migration (name, group_id) VALUES ('9999', 9)`)
		check("on a newer schema")
		if err := s.Migrate(ctx); !errors.Is(err, activity.ErrSchema) {
			t.Errorf("migrating a newer schema: %v, want ErrSchema", err)
		}
		exec(`DELETE FROM activity_migration`)
		check("on an older schema")
	})
}

func works(t *testing.T, s *bunstore.Store) {
	t.Helper()
	tenant := newJournal(s).Tenant("acme")
	if _, err := tenant.Record(t.Context(), noteAdded.New(note{Text: "works"}).By(ana).About(account)); err != nil {
		t.Fatal(err)
	}
	if got := count(t, tenant, activity.Query{About: []activity.Entity{account}}); got == 0 {
		t.Error("what was recorded is not on the timeline")
	}
}

// A database of a release before is brought up with what is in it, and can go down and up again.
func TestQuotasAndTasksOnTopOfEvents(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		ctx := t.Context()
		s := migrated(t, address)
		works(t, s)
		for _, name := range []string{"0004", "0003", "0002"} {
			if err := s.MigrateDown(ctx, name); err != nil {
				t.Fatal(err)
			}
		}
		before := tables(t, s)
		if want := []string{"activity_event", "activity_feed", "activity_pending"}; !containsAll(before, want) || containsAll(before, []string{"activity_task"}) {
			t.Fatalf("the release before had %v", before)
		}
		s = openAt(t, address)
		for range 2 {
			if err := s.Migrate(ctx); err != nil {
				t.Fatal(err)
			}
			works(t, s)
			task, err := s.AddTask(ctx, activity.Task{ID: taskID(1), Tenant: "acme", Kind: "import", Status: activity.StatusQueued, Actor: ana, QueuedAt: epoch})
			if err != nil {
				t.Fatal(err)
			}
			reported(t, s)
			used(t, s)
			if got, err := s.Task(ctx, "acme", task.ID); err != nil || got.Kind != "import" {
				t.Errorf("the task is %v, %v", got, err)
			}
			if err := s.Rollback(ctx); err != nil {
				t.Fatal(err)
			}
			if left := tables(t, s); !slices.Equal(left, before) {
				t.Errorf("after Rollback there are %v, want %v", left, before)
			}
			if got := rowsOf(t, s.DB(), "activity_event"); got == 0 {
				t.Error("the events are gone")
			}
		}
	})
}

// used charges a quota, and reads it.
func used(t *testing.T, s *bunstore.Store) {
	t.Helper()
	journal, err := activity.New(s, &activity.Config{Quotas: []activity.Quota{{Name: "calls", Windows: []activity.Window{{Length: time.Hour, Limit: 10}}}}})
	if err != nil {
		t.Fatal(err)
	}
	meter := journal.Tenant("acme").Meter("calls", activity.Entity{})
	if err := meter.Use(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	if usage, err := meter.Usage(t.Context()); err != nil || usage.Windows[0].Used != 3 {
		t.Errorf("the usage is %v, %v", usage, err)
	}
}

func containsAll(list, wanted []string) bool {
	return !slices.ContainsFunc(wanted, func(name string) bool { return !slices.Contains(list, name) })
}
