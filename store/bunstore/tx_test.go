package bunstore_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"

	"github.com/uptrace/bun"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/bunstore"
)

func TestHostTransaction(t *testing.T) {
	type begun struct {
		store    *bunstore.Store
		exec     func(query string) error
		commit   func() error
		rollback func() error
	}
	kinds := map[string]func(ctx context.Context, s *bunstore.Store) (begun, error){
		"bun.Tx": func(ctx context.Context, s *bunstore.Store) (begun, error) {
			tx, err := s.DB().BeginTx(ctx, nil)
			exec := func(q string) error { _, err := tx.ExecContext(ctx, q); return err }
			return begun{s.Tx(tx), exec, tx.Commit, tx.Rollback}, err
		},
		"*sql.Tx": func(ctx context.Context, s *bunstore.Store) (begun, error) {
			tx, err := s.DB().DB.BeginTx(ctx, nil)
			exec := func(q string) error { _, err := tx.ExecContext(ctx, q); return err }
			return begun{s.SQLTx(tx), exec, tx.Commit, tx.Rollback}, err
		},
	}
	onBoth(t, func(t *testing.T, address string) {
		ctx := t.Context()
		s := migrated(t, address)
		if _, err := s.DB().ExecContext(ctx, `CREATE TABLE host (name text NOT NULL)`); err != nil {
			t.Fatal(err)
		}
		for kind, begin := range kinds {
			t.Run(kind, func(t *testing.T) {
				for _, keep := range []bool{false, true} {
					journal := newJournal(s)
					tenant := journal.Tenant(kind)
					tx, err := begin(ctx, s)
					if err != nil {
						t.Fatal(err)
					}
					if err := tx.exec(`INSERT INTO host VALUES ('` + kind + `')`); err != nil {
						t.Fatal(err)
					}
					inside := journal.With(tx.store).Tenant(kind)
					for _, drafts := range [][]activity.Draft{
						{noteAdded.New(note{Text: "one"}).By(ana).About(account)},
						{noteAdded.New(note{Text: "two"}).By(ana), noteAdded.New(note{Text: "three"}).By(ana).Key("k")},
					} {
						if _, err := inside.Record(ctx, drafts...); err != nil {
							t.Fatal(err)
						}
					}
					if got := count(t, inside, activity.Query{}); got != 3 {
						t.Errorf("within the transaction there are %d events, want 3", got)
					}
					if got := count(t, tenant, activity.Query{}); got != 0 {
						t.Errorf("outside of the open transaction there are %d events, want none", got)
					}
					end, want := tx.rollback, 0
					if keep {
						end, want = tx.commit, 3
					}
					if err := end(); err != nil {
						t.Fatal(err)
					}
					if got := count(t, tenant, activity.Query{}); got != want {
						t.Errorf("after the end (commit %v) there are %d events, want %d", keep, got, want)
					}
					for _, table := range []string{"activity_feed", "activity_pending", "host"} {
						if got := rowsOf(t, s.DB(), table); (got == 0) == keep {
							t.Errorf("after the end (commit %v) %s has %d rows", keep, table, got)
						}
					}
					if _, err := inside.Record(ctx, noteAdded.New(note{}).By(ana)); !errors.Is(err, sql.ErrTxDone) {
						t.Errorf("recording after the end: %v, want sql.ErrTxDone", err)
					}
				}
				for _, table := range []string{"activity_feed", "activity_pending", "host"} {
					clear(t, s, table)
				}
			})
		}
	})
}

func rowsOf(t *testing.T, db *bun.DB, table string) (n int) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM `+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func clear(t *testing.T, s *bunstore.Store, table string) {
	t.Helper()
	if _, err := s.DB().ExecContext(t.Context(), `DELETE FROM `+table); err != nil {
		t.Fatal(err)
	}
}

// A call that fails leaves the host's transaction as it was before, and the host may go on.
func TestConflictInHostTransaction(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		ctx := t.Context()
		s := migrated(t, address)
		journal := newJournal(s)
		draft := func(text, key string) activity.Draft {
			return noteAdded.New(note{Text: text}).By(ana).About(account).Key(key)
		}
		if _, err := journal.Tenant("acme").Record(ctx, draft("first", "k")); err != nil {
			t.Fatal(err)
		}
		tx, err := s.DB().BeginTx(ctx, nil)
		if err != nil {
			t.Fatal(err)
		}
		inside := journal.With(s.Tx(tx)).Tenant("acme")
		_, err = inside.Record(ctx, draft("new", ""), draft("new too", "j"), draft("other", "k"))
		if !errors.Is(err, activity.ErrKeyConflict) {
			t.Fatalf("recording other content under a key: %v, want ErrKeyConflict", err)
		}
		if _, err := inside.Record(ctx, draft("second", "l")); err != nil {
			t.Fatal(err)
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		page, err := journal.Tenant("acme").Timeline(ctx, activity.Query{})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range page.Events {
			p, err := noteAdded.Payload(e)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, p.Text)
		}
		if len(got) != 2 || got[0] != "second" || got[1] != "first" {
			t.Errorf("the timeline has %q, want second and first", got)
		}
		if got := rowsOf(t, s.DB(), "activity_pending"); got != 2 {
			t.Errorf("there are %d pending rows, want 2", got)
		}
	})
}

// The host's transaction may come from another pool on the same database.
func TestTransactionOfAnotherPool(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		s := migrated(t, address)
		other := openAt(t, address)
		err := other.DB().RunInTx(t.Context(), nil, func(ctx context.Context, tx bun.Tx) error {
			_, err := newJournal(s).With(s.Tx(tx)).Tenant("acme").Record(ctx,
				noteAdded.New(note{Text: "a"}).By(ana), noteAdded.New(note{Text: "b"}).By(ana).Key("k"))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := count(t, newJournal(s).Tenant("acme"), activity.Query{}); got != 2 {
			t.Errorf("there are %d events, want 2", got)
		}
	})
}
