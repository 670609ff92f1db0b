package bunstore_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/bunstore"
)

// ending is a context that ends when it is looked at for the n-th time, so that a test can end it at
// every step of a call.
type ending struct {
	context.Context
	end  context.CancelFunc
	left atomic.Int64
}

func endingAt(parent context.Context, n int) *ending {
	ctx, end := context.WithCancel(parent)
	e := &ending{Context: ctx, end: end}
	e.left.Store(int64(n))
	return e
}

func (e *ending) look() {
	if e.left.Add(-1) == 0 {
		e.end()
	}
}

func (e *ending) Done() <-chan struct{} { e.look(); return e.Context.Done() }
func (e *ending) Err() error            { e.look(); return e.Context.Err() }

// atEveryStep calls do with contexts that end ever later, until one lives through the call.
func atEveryStep(t *testing.T, do func(ctx context.Context, n int) error) {
	t.Helper()
	atSteps(t, 5, do)
}

// atSteps is atEveryStep for a call of at least so many steps.
func atSteps(t *testing.T, least int, do func(ctx context.Context, n int) error) {
	t.Helper()
	for n := 1; n < 1000; n++ {
		ctx := endingAt(t.Context(), n)
		err := do(ctx, n)
		lived := ctx.left.Load() > 0
		ctx.end()
		if lived {
			if err != nil {
				t.Errorf("a call whose context did not end: %v", err)
			}
			if n < least {
				t.Errorf("the context was looked at %d times: this tests nothing", n)
			}
			return
		}
	}
	t.Error("no context lived long enough")
}

func draftsOf(n int, key string) []activity.Draft {
	drafts := make([]activity.Draft, n)
	for i := range drafts {
		drafts[i] = noteAdded.New(note{Call: i}).By(ana).About(account)
		if key != "" {
			drafts[i] = drafts[i].Key(fmt.Sprint(key, i))
		}
	}
	return drafts
}

// A call that says that its context has ended has stored nothing, at whichever step it ended.
func TestEndedContextStoresNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		s := migrated(t, address)
		journal := newJournal(s)
		calls := map[string]func(ctx context.Context, tenant string) error{
			"one": func(ctx context.Context, tenant string) error {
				_, err := journal.Tenant(tenant).Record(ctx, draftsOf(1, "")...)
				return err
			},
			"a few with keys": func(ctx context.Context, tenant string) error {
				_, err := journal.Tenant(tenant).Record(ctx, draftsOf(3, "k")...)
				return err
			},
			"many": func(ctx context.Context, tenant string) error {
				_, err := journal.Tenant(tenant).Record(ctx, draftsOf(150, "")...)
				return err
			},
			"InTx": func(ctx context.Context, tenant string) error {
				return s.InTx(ctx, func(tx activity.Store) error {
					_, err := journal.With(tx).Tenant(tenant).Record(ctx, draftsOf(2, "")...)
					return err
				})
			},
			"host": func(ctx context.Context, tenant string) error {
				return inHost(t, s, func(tx *bunstore.Store) error {
					_, err := journal.With(tx).Tenant(tenant).Record(ctx, draftsOf(2, "k")...)
					return err
				})
			},
			"InTx in the host": func(ctx context.Context, tenant string) error {
				return inHost(t, s, func(tx *bunstore.Store) error {
					return tx.InTx(ctx, func(joined activity.Store) error {
						_, err := journal.With(joined).Tenant(tenant).Record(ctx, draftsOf(2, "k")...)
						return err
					})
				})
			},
		}
		for name, call := range calls {
			t.Run(name, func(t *testing.T) {
				atEveryStep(t, func(ctx context.Context, n int) error {
					tenant := fmt.Sprint(name, n)
					err := call(ctx, tenant)
					got := count(t, journal.Tenant(tenant), activity.Query{})
					if err != nil && got != 0 {
						t.Errorf("step %d: %v, but %d events are stored", n, err, got)
					}
					if err != nil && !errors.Is(err, context.Canceled) {
						t.Errorf("step %d: %v, want context.Canceled", n, err)
					}
					return err
				})
			})
		}
	})
}

// inHost runs fn in a transaction of the host, which commits whatever fn returns.
func inHost(t *testing.T, s *bunstore.Store, fn func(tx *bunstore.Store) error) error {
	tx, err := s.DB().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	err = fn(s.Tx(tx))
	if end := tx.Commit(); end != nil && err == nil {
		t.Errorf("the host could not commit: %v", end)
	}
	return err
}

// A migration that is cut off leaves the connection to others as it was.
func TestEndedContextOfMigrate(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		atEveryStep(t, func(ctx context.Context, n int) error {
			s, err := open(t.Context(), address)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			s.DB().SetMaxOpenConns(1)
			cut := s.Migrate(ctx)
			if err := s.Migrate(t.Context()); err != nil {
				t.Fatalf("step %d: after %v, the next Migrate: %v", n, cut, err)
			}
			works(t, s)
			if err := s.Rollback(t.Context()); err != nil {
				t.Fatal(err)
			}
			for _, table := range []string{"activity_migration", "activity_migration_lock"} {
				if _, err := s.DB().ExecContext(t.Context(), "DROP TABLE "+table); err != nil {
					t.Fatal(err)
				}
			}
			return cut
		})
	})
}

// InTx says that there are no tables like every other call.
func TestInTxWithoutSchema(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		err := openAt(t, address).InTx(t.Context(), func(activity.Store) error { return nil })
		if !errors.Is(err, activity.ErrSchema) {
			t.Errorf("InTx before Migrate: %v, want ErrSchema", err)
		}
	})
}

// While the writer's place is taken, others wait no longer than their contexts allow, for a statement
// that nobody has prepared yet too.
func TestWaitingEndsWithContext(t *testing.T) {
	s := migrated(t, "sqlite "+filepath.Join(t.TempDir(), "activity.db")) // which has one place for writing
	tx, err := s.DB().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	tenant := newJournal(s).Tenant("acme")
	patient, giveUp := context.WithCancel(t.Context())
	waited := make(chan error)
	go func() {
		_, err := tenant.Record(patient, draftsOf(1, "")...)
		waited <- err
	}()
	for s.DB().Stats().WaitCount == 0 {
		runtime.Gosched() // until it waits for the connection
	}
	impatient, end := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer end()
	if _, err := tenant.Record(impatient, draftsOf(1, "")...); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("recording while the writer's place is taken: %v, want context.DeadlineExceeded", err)
	}
	giveUp()
	if err := <-waited; !errors.Is(err, context.Canceled) {
		t.Errorf("recording while the writer's place is taken: %v, want context.Canceled", err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
}
