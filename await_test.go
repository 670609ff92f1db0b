package activity_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-activity/activity"
)

func TestAwait(t *testing.T) {
	journal := followed(t, newLedgerStore())
	first := write(t, journal, "acme", 1)
	write(t, journal, "globex", 1)
	last := write(t, journal, "acme", 1)
	for range 2 { // first it seals, then there is nothing to seal
		for id, want := range map[activity.ID]activity.Entry{first.ID: {Position: 1, Index: 0, Event: first}, last.ID: {Position: 3, Index: 1, Event: last}} {
			got, err := journal.Await(t.Context(), id)
			if err != nil || got.Position != want.Position || got.Index != want.Index || got.Event.ID != id || !got.Event.RecordedAt.Equal(want.Event.RecordedAt) {
				t.Errorf("Await = %+v, %v, want %+v", got, err, want)
			}
		}
	}
}

// TestAwaitWaits has many who wait for events of transactions that are not committed yet.
func TestAwaitWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newLedgerStore()
		journal := followed(t, store)
		ids := make(chan activity.ID)
		got := make(chan activity.Entry)
		for range 20 {
			go func() {
				entry, err := journal.Await(t.Context(), <-ids)
				if err != nil {
					t.Error(err)
				}
				got <- entry
			}()
		}
		var all []activity.ID
		err := store.InTx(t.Context(), func(tx activity.Store) error {
			for range 20 {
				id := write(t, journal.With(tx), "acme", 1).ID
				all = append(all, id)
				ids <- id
			}
			time.Sleep(time.Minute)
			return nil
		})
		check(t, err)
		committed := time.Now()
		for range 20 {
			if e := <-got; e.Event.ID != all[e.Position-1] || e.Event.Tenant != "acme" {
				t.Errorf("an entry is %+v", e)
			}
		}
		if d := time.Since(committed); d > 250*time.Millisecond {
			t.Errorf("they waited %v for an event that was committed", d)
		}
		if activity.Tailing(journal) {
			t.Error("the tailer works for nobody")
		}
	})
}

// TestAwaitNeverCommitted waits as long as its context says.
func TestAwaitNeverCommitted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		journal := followed(t, newLedgerStore())
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		began := time.Now()
		write(t, journal, "acme", 3)
		if entry, err := journal.Await(ctx, activity.ID{1}); !errors.Is(err, context.DeadlineExceeded) || entry.Position != 0 || time.Since(began) != time.Minute {
			t.Errorf("Await = %+v, %v after %v", entry, err, time.Since(began))
		}
	})
}

func TestAwaitBroken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newLedgerStore()
		journal := followed(t, store)
		go func() {
			time.Sleep(time.Minute)
			store.broken.Store(true)
		}()
		if _, err := journal.Await(t.Context(), activity.ID{1}); !errors.Is(err, errBroken) {
			t.Errorf("Await = %v", err)
		}
	})
}

func TestInTransactionNobodyFollows(t *testing.T) {
	store := newLedgerStore()
	journal := followed(t, store)
	err := store.InTx(t.Context(), func(tx activity.Store) error {
		inside := journal.With(tx)
		id := write(t, inside, "acme", 1).ID
		_, awaited := inside.Await(t.Context(), id)
		_, followed := followError(t.Context(), inside, activity.FollowOptions{})
		consumed := inside.Consume(t.Context(), "index", func(context.Context, []activity.Entry) error { return nil })
		for _, err := range []error{awaited, followed, consumed} {
			if invalid(t, err).Field != "Journal" {
				t.Errorf("the error is %v", err)
			}
		}
		return nil
	})
	check(t, err)
}

// runJournal runs a journal until stop is called, which returns what Run does.
func runJournal(t testing.TB, journal *activity.Journal) (stop func() error) {
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error)
	go func() { ran <- journal.Run(ctx) }()
	return func() error {
		cancel()
		return <-ran
	}
}

func TestRunSeals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newLedgerStore()
		journal := followed(t, store)
		stop := runJournal(t, journal)
		time.Sleep(time.Minute)
		if n := store.seals.Load(); n < 4*59 || n > 4*61 {
			t.Errorf("in an idle minute it sealed %d times", n)
		}
		for range 100 {
			write(t, journal, "acme", 1)
			time.Sleep(250 * time.Millisecond)
			if lag, err := journal.Lag(t.Context()); err != nil || lag.Events != 0 {
				t.Fatalf("after 250 ms, the lag is %+v, %v", lag, err)
			}
		}
		if store.reads.Load() > 0 {
			t.Error("it reads what nobody follows")
		}
		wantPositions(t, "of one who follows", follow(t, journal, activity.FollowOptions{}, 100), through(1, 100))
		if !activity.Tailing(journal) {
			t.Error("sealing ended with one who followed")
		}
		if err := stop(); !errors.Is(err, context.Canceled) || activity.Tailing(journal) {
			t.Errorf("Run = %v, and goes on", err)
		}
	})
}

// stuck is a store that does not seal, but waits for something.
type stuck struct {
	*ledgerStore
	waits chan struct{} // closed when Seal has begun
	ended bool
}

func (s *stuck) Seal(ctx context.Context, _ int) (int, error) {
	close(s.waits)
	<-ctx.Done()
	time.Sleep(time.Second)
	s.ended = true
	return 0, ctx.Err()
}

// TestRunWhileSealingIsSlow has lost tasks recovered all the same, and Run waits for what it began.
func TestRunWhileSealingIsSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &stuck{ledgerStore: newLedgerStore(), waits: make(chan struct{})}
		journal, err := activity.New(store, &activity.Config{Kinds: []activity.Kind{importing}, Now: time.Now})
		check(t, err)
		tenant := journal.Tenant("acme")
		stop := runJournal(t, journal)
		<-store.waits
		task := queue(t, tenant, activity.TaskSpec{})
		lose(t, tenant, task.ID)
		time.Sleep(63 * time.Second)
		if got := read(t, tenant, task.ID); got.Status != activity.StatusFailed {
			t.Errorf("the lost task is %v", got.Status)
		}
		if err := stop(); !errors.Is(err, context.Canceled) || !store.ended {
			t.Errorf("Run = %v; it has waited for sealing: %v", err, store.ended)
		}
	})
}

func TestRunLogsThatItCannotSeal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		store := newLedgerStore()
		store.broken.Store(true)
		journal, err := activity.New(store, &activity.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
		check(t, err)
		stop := runJournal(t, journal)
		time.Sleep(time.Minute)
		if err := stop(); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if n := strings.Count(log.String(), `msg="activity: sealing" error=broken`); n < 29 || n > 31 {
			t.Errorf("in a minute it logged %d times:\n%s", n, &log)
		}
	})
}
