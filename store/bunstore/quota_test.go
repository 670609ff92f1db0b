package bunstore_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/bunstore"
)

func init() {
	children["reserve"] = func(address string) { reserveAndWait(address, false) }
	children["commit and wait"] = func(address string) { reserveAndWait(address, true) }
}

// newMetered returns a journal with quotas of 10 an hour, whose holds last a minute.
func newMetered(store activity.Store, now func() time.Time) *activity.Journal {
	windows := []activity.Window{{Length: time.Hour, Limit: 10}}
	j, err := activity.New(store, &activity.Config{
		Quotas: []activity.Quota{{Name: "calls", Windows: windows, Hold: time.Minute}, {Name: "mails", Windows: windows, Hold: time.Minute}},
		Now:    now,
	})
	if err != nil {
		panic(err)
	}
	return j
}

func callsOf(j *activity.Journal) activity.Meter { return j.Tenant("acme").Meter("calls", ana) }

// reserveAndWait reserves 3 units, and commits them in a transaction that does not end.
func reserveAndWait(address string, commit bool) {
	ctx := context.Background()
	s, err := open(ctx, address)
	if err != nil {
		panic(err)
	}
	r, err := callsOf(newMetered(s, func() time.Time { return epoch })).Reserve(ctx, 3)
	if err != nil {
		panic(err)
	}
	if commit {
		tx, err := s.DB().BeginTx(ctx, nil)
		if err != nil {
			panic(err)
		}
		if err := r.With(s.Tx(tx)).Commit(ctx, 3); err != nil {
			panic(err)
		}
	}
	fmt.Println("reserved")
	select {} // until it is killed
}

// What a killed process held is given back when it expires, once.
func TestKilledReservation(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		for _, child := range []string{"reserve", "commit and wait"} {
			t.Run(child, func(t *testing.T) {
				s := migrated(t, address)
				now := epoch
				journal := newMetered(s, func() time.Time { return now })
				meter := callsOf(journal)
				free := func(used, held int64) {
					t.Helper()
					usage, err := meter.Usage(t.Context())
					if err != nil {
						t.Fatal(err)
					}
					if w := usage.Windows[0]; w.Used != used || w.Held != held {
						t.Errorf("%d are used and %d held, want %d and %d", w.Used, w.Held, used, held)
					}
				}
				cmd, out := start(t, child, address)
				if _, err := out.ReadString('\n'); err != nil {
					t.Fatal(err)
				}
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
				_ = cmd.Wait() // says that it was killed
				gone(t, s)

				free(0, 3)
				if err := meter.Use(t.Context(), 8); !errors.Is(err, activity.ErrQuotaExceeded) {
					t.Errorf("using 8 of 10 while 3 are held: %v, want ErrQuotaExceeded", err)
				}
				now = epoch.Add(time.Minute)
				free(0, 0)
				if err := meter.Use(t.Context(), 4); err != nil { // which takes it off the counter
					t.Fatal(err)
				}
				free(4, 0)
				if n, err := journal.ExpireHolds(t.Context()); n != 0 || err != nil {
					t.Errorf("%d holds were given back again, %v", n, err)
				}
				free(4, 0)
				if err := meter.Use(t.Context(), 7); !errors.Is(err, activity.ErrQuotaExceeded) {
					t.Errorf("using 7 of 6: %v, want ErrQuotaExceeded", err)
				}
				if err := meter.Use(t.Context(), 6); err != nil {
					t.Fatal(err)
				}
				by, err := meter.By(t.Context())
				if err != nil || len(by) != 1 || by[0].Units != 10 {
					t.Errorf("who used it is %v, %v", by, err)
				}
				for _, table := range []string{"activity_quota", "activity_quota_hold", "activity_quota_use"} {
					clear(t, s, table)
				}
			})
		}
	})
}

// gone waits until PostgreSQL has noticed that the killed client is gone, which was in a transaction.
func gone(t *testing.T, s *bunstore.Store) {
	t.Helper()
	for others := 1; others > 0 && onPostgres(s); {
		err := s.DB().QueryRowContext(t.Context(), `
SELECT count(*)
FROM pg_stat_activity
WHERE datname = current_database() AND state LIKE 'idle in transaction%'`).Scan(&others)
		if err != nil {
			t.Fatal(err)
		}
	}
}

// Callers that reserve the same meters in opposite orders, some of which nobody has used, do not wait for each other
// in a circle, nor for what is given back and settled meanwhile.
func TestMetersInAnyOrder(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		rounds := 250
		if onSQLite(address) { // which has one writer
			rounds = 25
		}
		s := migrated(t, address)
		journal := newMetered(s, nil)
		acme := journal.Tenant("acme")
		var callers sync.WaitGroup
		for caller := range 8 {
			callers.Go(func() {
				for i := range rounds {
					user := activity.User(fmt.Sprint(i), "") // new to all callers at about the same time
					meters := []activity.Meter{acme.Meter("calls", user), acme.Meter("calls", activity.Entity{}), acme.Meter("mails", user)}
					if caller%2 == 1 {
						meters[0], meters[2] = meters[2], meters[0]
					}
					r, err := acme.Reserve(t.Context(), 1, meters...)
					if errors.Is(err, activity.ErrQuotaExceeded) {
						if _, err := journal.ExpireHolds(t.Context()); err != nil {
							t.Error(err)
						}
						continue
					}
					if err == nil {
						err = s.InTx(t.Context(), func(tx activity.Store) error { return r.With(tx).Release(t.Context()) })
					}
					if err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		callers.Wait()
	})
}

// What is settled in a transaction of the host is settled with it, and keeps nobody from charging where there can be
// several writers.
func TestCommitInHostTransaction(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		ctx := t.Context()
		s := migrated(t, address)
		journal := newMetered(s, nil)
		meter := callsOf(journal)
		both := []activity.Meter{meter, journal.Tenant("acme").Meter("mails", ana)}
		for _, meters := range [][]activity.Meter{both[:1], both} {
			for _, used := range []int64{0, 1, 2} {
				r, err := journal.Tenant("acme").Reserve(ctx, 2, meters...)
				if err != nil {
					t.Fatal(err)
				}
				for _, commit := range []bool{false, true} {
					tx, err := s.DB().BeginTx(ctx, nil)
					if err != nil {
						t.Fatal(err)
					}
					if err := r.With(s.Tx(tx)).Commit(ctx, used); err != nil {
						t.Fatal(err)
					}
					if onPostgres(s) {
						other, err := meter.Reserve(ctx, 1)
						if err == nil {
							err = other.Release(ctx)
						}
						if err != nil {
							t.Errorf("charging beside an open commit: %v", err)
						}
					}
					end := tx.Rollback
					if commit {
						end = tx.Commit
					}
					if err := end(); err != nil {
						t.Fatal(err)
					}
				}
				if err := r.Commit(ctx, used); !errors.Is(err, activity.ErrSettled) {
					t.Errorf("committing after the host did: %v, want ErrSettled", err)
				}
			}
		}
		usage, err := meter.Usage(ctx)
		if err != nil || usage.Windows[0].Used != 6 || usage.Windows[0].Held != 0 {
			t.Errorf("the usage is %+v, %v, want 6", usage.Windows, err)
		}

		// A charge belongs to the host's transaction, refused or not.
		for _, commit := range []bool{false, true} {
			err := s.DB().RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
				inside := callsOf(journal.With(s.Tx(tx)))
				if err := inside.Use(ctx, 5); !errors.Is(err, activity.ErrQuotaExceeded) {
					t.Errorf("using 5 of 4: %v, want ErrQuotaExceeded", err)
				}
				if err := inside.Use(ctx, 1); err != nil {
					t.Error(err)
				}
				if !commit {
					return context.Canceled
				}
				return nil
			})
			if (err == nil) != commit {
				t.Fatal(err)
			}
		}
		if usage, err := meter.Usage(ctx); err != nil || usage.Windows[0].Used != 7 {
			t.Errorf("the usage is %+v, %v, want 7", usage.Windows, err)
		}
	})
}

// A hold that a host's transaction is about to settle is neither given back nor waited for, though its time has come.
func TestExpiredWhileBeingSettled(t *testing.T) {
	address := fromTemplate(t) // SQLite has one writer
	ctx := t.Context()
	s := migrated(t, address)
	now := epoch
	journal := newMetered(s, func() time.Time { return now })
	meter := callsOf(journal)
	for _, commit := range []bool{false, true} {
		r, err := meter.Reserve(ctx, 6)
		if err != nil {
			t.Fatal(err)
		}
		tx, err := s.DB().BeginTx(ctx, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.With(s.Tx(tx)).Commit(ctx, 6); err != nil {
			t.Fatal(err)
		}
		now = now.Add(2 * time.Minute)
		if n, err := journal.ExpireHolds(ctx); n != 0 || err != nil {
			t.Errorf("%d holds were given back, %v", n, err)
		}
		if err := meter.Use(ctx, 4); err != nil {
			t.Error(err)
		}
		var refused *activity.QuotaError
		if err := meter.Use(ctx, 1); !errors.As(err, &refused) || refused.Held != 6 || !refused.RetryAt.Equal(now.Add(time.Second)) {
			t.Errorf("using more than is free: %+v, want that it may be free soon", err)
		}
		if !commit {
			if err := tx.Rollback(); err != nil {
				t.Fatal(err)
			}
			if err := meter.Use(ctx, 6); err != nil {
				t.Errorf("using what has expired: %v", err)
			}
			now = now.Add(2 * time.Hour)
			continue
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		if err := meter.Use(ctx, 1); !errors.Is(err, activity.ErrQuotaExceeded) {
			t.Errorf("using what was committed: %v, want ErrQuotaExceeded", err)
		}
	}
}

func onPostgres(s *bunstore.Store) bool { return s.DB().Dialect().Name() == dialect.PG }
