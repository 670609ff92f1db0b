package activity_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
)

// work is a call of Consume in the background.
type work struct {
	cancel context.CancelFunc
	ended  chan error

	mu    sync.Mutex
	calls [][]activity.Position // what its function was called with
	at    []time.Time           // when
}

// consume begins to consume under the name "index". A nil fn is one that does nothing.
func consume(t testing.TB, journal *activity.Journal, fn func(context.Context, []activity.Entry) error) *work {
	ctx, cancel := context.WithCancel(t.Context())
	w := &work{cancel: cancel, ended: make(chan error, 1)}
	go func() {
		w.ended <- journal.Consume(ctx, "index", func(ctx context.Context, entries []activity.Entry) error {
			w.mu.Lock()
			w.calls, w.at = append(w.calls, positions(entries)), append(w.at, time.Now())
			w.mu.Unlock()
			if fn == nil {
				return nil
			}
			return fn(ctx, entries)
		})
	}()
	return w
}

// stop ends it, and makes sure that it ends as it should.
func (w *work) stop(t testing.TB) {
	t.Helper()
	w.cancel()
	if err := <-w.ended; err != context.Canceled {
		t.Errorf("Consume = %v", err)
	}
}

// seen returns all that came, in the order in which it did.
func (w *work) seen() []activity.Position {
	w.mu.Lock()
	defer w.mu.Unlock()
	var list []activity.Position
	for _, call := range w.calls {
		list = append(list, call...)
	}
	return list
}

// state returns what is stored of the consumer.
func state(t testing.TB, journal *activity.Journal) activity.ConsumerState {
	t.Helper()
	s, err := journal.Consumer("index").State(t.Context())
	check(t, err)
	return s
}

// wantState compares what is stored of the consumer, but for its lease.
func wantState(t testing.TB, journal *activity.Journal, want activity.ConsumerState) {
	t.Helper()
	got := state(t, journal)
	want.Name, want.Holder, want.Until = "index", got.Holder, got.Until
	if got != want {
		t.Errorf("the consumer is %+v, want %+v", got, want)
	}
}

// parked returns what the consumer has put aside.
func parked(t testing.TB, journal *activity.Journal) []activity.Parked {
	t.Helper()
	var list []activity.Parked
	for p, err := range journal.Consumer("index").Parked(t.Context()) {
		check(t, err)
		list = append(list, p)
	}
	return list
}

func TestConsume(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		journal := followed(t, newLedgerStore())
		write(t, journal, "acme", 1200)
		write(t, journal, "globex", 34)
		w := consume(t, journal, nil)
		time.Sleep(time.Second)
		wantPositions(t, "seen", w.seen(), through(1, 1234))
		for _, call := range w.calls {
			if len(call) > 500 {
				t.Errorf("a batch has %d entries", len(call))
			}
		}
		if len(w.calls) > 4 {
			t.Errorf("1234 entries came in %d batches", len(w.calls))
		}
		wantState(t, journal, activity.ConsumerState{Position: 1234})
		held := state(t, journal)
		if left := time.Until(held.Until); held.Holder.IsZero() || left < 19*time.Second || left > 30*time.Second {
			t.Errorf("it is held by %v, for %v", held.Holder, left)
		}
		time.Sleep(time.Hour) // leases are renewed
		if s := state(t, journal); s.Holder != held.Holder || !s.Until.After(time.Now()) {
			t.Errorf("after an hour it is held by %v until %v, at first it was by %v", s.Holder, s.Until, held.Holder)
		}
		write(t, journal, "acme", 1)
		time.Sleep(time.Second)
		w.stop(t)
		if s := state(t, journal); s != (activity.ConsumerState{Name: "index", Position: 1235}) {
			t.Errorf("when it has ended, the consumer is %+v", s)
		}
		write(t, journal, "acme", 2)
		w = consume(t, journal, nil)
		time.Sleep(time.Second)
		w.stop(t)
		wantPositions(t, "seen by the next", w.seen(), through(1236, 1237))
		all, err := journal.Consumers(t.Context())
		if diff := cmp.Diff([]activity.ConsumerState{{Name: "index", Position: 1237}}, all); err != nil || diff != "" {
			t.Errorf("Consumers: %v %s", err, diff)
		}
	})
}

func TestConsumeRefuses(t *testing.T) {
	journal := followed(t, newLedgerStore())
	fn := func(context.Context, []activity.Entry) error { return nil }
	for _, name := range []string{"", strings.Repeat("n", activity.MaxConsumer+1), "\xff"} {
		consumer := journal.Consumer(name)
		_, stateErr := consumer.State(t.Context())
		var parkedErr error
		for _, err := range consumer.Parked(t.Context()) {
			parkedErr = err
		}
		for _, err := range []error{
			journal.Consume(t.Context(), name, fn), stateErr, parkedErr,
			consumer.Redo(t.Context(), 1, fn), consumer.Discard(t.Context(), 1), consumer.Reset(t.Context(), 0),
		} {
			if invalid(t, err).Field != "Consumer" {
				t.Errorf("with the name %q: %v", name, err)
			}
		}
	}
	if err := journal.Consume(t.Context(), "index", nil); invalid(t, err).Field != "Function" {
		t.Error(err)
	}
	if _, err := journal.Consumer("index").State(t.Context()); !errors.Is(err, activity.ErrNotFound) {
		t.Errorf("State of a consumer that there is not = %v", err)
	}
}

func TestConsumeTwiceInOneProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		journal := followed(t, newLedgerStore())
		w := consume(t, journal, nil)
		time.Sleep(time.Second)
		fn := func(context.Context, []activity.Entry) error { return nil }
		if err := journal.Consume(t.Context(), "index", fn); err != activity.ErrConsuming {
			t.Errorf("a second Consume = %v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := journal.Consume(ctx, "another", fn); err != context.DeadlineExceeded {
			t.Errorf("Consume under another name = %v", err)
		}
		w.stop(t)
		consume(t, journal, nil).stop(t)
	})
}

// TestConsumersStandBy has three processes: one works, and when it ends, one of the others does.
func TestConsumersStandBy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newLedgerStore()
		journal := followed(t, store)
		waiting := map[*work]bool{}
		for range 3 {
			waiting[consume(t, followed(t, store.another()), nil)] = true
		}
		for round := range activity.Position(3) {
			for i := range activity.Position(100) {
				write(t, journal, "acme", 1)
				time.Sleep(time.Second)
				if s := state(t, journal); s.Position != 100*round+i+1 {
					t.Fatalf("a second after event %d, the consumer is at %d", 100*round+i+1, s.Position)
				}
			}
			var worked []*work
			for w := range waiting {
				if len(w.seen()) > 0 {
					worked = append(worked, w)
				}
			}
			if len(worked) != 1 {
				t.Fatalf("%d processes have worked at once", len(worked))
			}
			wantPositions(t, "seen by who worked", worked[0].seen(), through(100*round+1, 100*round+100))
			worked[0].stop(t)
			delete(waiting, worked[0])
			time.Sleep(1100 * time.Millisecond) // a second at most until another has noticed
		}
	})
}

// TestConsumerDies has a process cut off from the store. Another takes over when the lease has run out, and the first learns
// that it has lost the consumer.
func TestConsumerDies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newLedgerStore()
		cut := store.another()
		began, release := make(chan context.Context), make(chan error)
		dying := consume(t, followed(t, cut), func(ctx context.Context, entries []activity.Entry) error {
			if entries[0].Position == 1 {
				return nil
			}
			began <- ctx
			return <-release
		})
		journal := followed(t, store)
		write(t, journal, "acme", 1)
		time.Sleep(11 * time.Second)
		write(t, journal, "acme", 1)
		ctx := <-began
		cut.broken.Store(true)
		lost := state(t, journal).Until
		other := consume(t, journal, nil)
		time.Sleep(time.Until(lost) - time.Millisecond)
		if seen := other.seen(); len(seen) > 0 {
			t.Errorf("the other has got %v before the lease has run out", seen)
		}
		time.Sleep(1100 * time.Millisecond)
		wantPositions(t, "seen by the other", other.seen(), through(2, 2))
		time.Sleep(20 * time.Second)
		if ctx.Err() == nil || !errors.Is(context.Cause(ctx), activity.ErrNotHolder) {
			t.Errorf("the context of who has lost it ended with %v", context.Cause(ctx))
		}
		cut.broken.Store(false)
		release <- nil // it cannot be stored
		write(t, journal, "acme", 1)
		time.Sleep(10 * time.Second)
		wantPositions(t, "seen by the other", other.seen(), through(2, 3))
		wantState(t, journal, activity.ConsumerState{Position: 3})
		other.stop(t)
		time.Sleep(1100 * time.Millisecond)
		write(t, journal, "acme", 1)
		<-began
		release <- nil
		time.Sleep(time.Second)
		wantPositions(t, "seen by the first", dying.seen(), []activity.Position{1, 2, 4})
		wantState(t, journal, activity.ConsumerState{Position: 4})
		dying.stop(t)
	})
}

// TestConsumerIsTaken has somebody take the lease: who worked learns it when they renew theirs.
func TestConsumerIsTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newLedgerStore()
		journal := followed(t, store)
		write(t, journal, "acme", 1)
		causes := make(chan error, 1)
		w := consume(t, journal, func(ctx context.Context, entries []activity.Entry) error {
			if entries[0].Position == 2 {
				<-ctx.Done()
				causes <- context.Cause(ctx)
			}
			return ctx.Err()
		})
		time.Sleep(time.Second)
		held := state(t, journal)
		check(t, store.MoveConsumer(t.Context(), activity.ConsumerMove{Name: "index", Holder: held.Holder, Position: 1, Release: true}))
		thief := activity.ConsumerTake{Name: "index", Holder: activity.ID{7}, Lease: 20 * time.Second}
		_, err := store.TakeConsumer(t.Context(), thief)
		check(t, err)
		write(t, journal, "acme", 1)
		time.Sleep(10 * time.Second)
		if err := <-causes; !errors.Is(err, activity.ErrNotHolder) {
			t.Errorf("its context ended with %v", err)
		}
		wantPositions(t, "seen", w.seen(), through(1, 2))
		if s := state(t, journal); s.Holder != thief.Holder || s.Position != 1 || s.Failures != 0 {
			t.Errorf("the consumer is %+v", s)
		}
		time.Sleep(15 * time.Second) // until the lease of who has taken it is over
		wantPositions(t, "seen", w.seen(), []activity.Position{1, 2, 2})
		w.stop(t)
	})
}

// TestConsumerMovedMeanwhile has others take the consumer, work, and release it between two renewals.
func TestConsumerMovedMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newLedgerStore()
		journal := followed(t, store)
		write(t, journal, "acme", 2)
		w := consume(t, journal, nil)
		time.Sleep(time.Second)
		held := state(t, journal)
		check(t, store.MoveConsumer(t.Context(), activity.ConsumerMove{Name: "index", Holder: held.Holder, Release: true}))
		time.Sleep(15 * time.Second)
		wantPositions(t, "seen", w.seen(), []activity.Position{1, 2, 1, 2})
		wantState(t, journal, activity.ConsumerState{Position: 2})
		w.stop(t)
	})
}

// TestConsumeAfterEnd stores what was done when the context ended meanwhile.
func TestConsumeAfterEnd(t *testing.T) {
	for _, done := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			journal := followed(t, newLedgerStore())
			write(t, journal, "acme", 3)
			var w *work
			begin := make(chan struct{})
			w = consume(t, journal, func(ctx context.Context, _ []activity.Entry) error {
				<-begin
				w.cancel()
				if done {
					return nil
				}
				return ctx.Err()
			})
			close(begin)
			if err := <-w.ended; err != context.Canceled {
				t.Errorf("Consume = %v", err)
			}
			want := activity.ConsumerState{Name: "index"}
			if done {
				want.Position = 3
			}
			if s := state(t, journal); s != want {
				t.Errorf("the consumer is %+v, want %+v", s, want)
			}
		})
	}
}

// TestConsumeWhileStoreIsBroken has a store that cannot be reached for a minute: what was done is not done again.
func TestConsumeWhileStoreIsBroken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newLedgerStore()
		journal := followed(t, store)
		write(t, journal, "acme", 1)
		w := consume(t, journal, nil)
		time.Sleep(time.Second)
		store.unmoving.Store(true)
		write(t, journal, "acme", 1)
		time.Sleep(25 * time.Second)
		store.unmoving.Store(false)
		time.Sleep(time.Minute)
		wantPositions(t, "seen", w.seen(), through(1, 2))
		wantState(t, journal, activity.ConsumerState{Position: 2})
		store.broken.Store(true)
		write(t, journal, "acme", 1)
		time.Sleep(time.Minute) // so that its lease is over
		store.broken.Store(false)
		time.Sleep(time.Minute)
		wantPositions(t, "seen", w.seen(), through(1, 3))
		wantState(t, journal, activity.ConsumerState{Position: 3})
		check(t, store.Close())
		if err := <-w.ended; !errors.Is(err, activity.ErrClosed) {
			t.Errorf("Consume of a store that was closed = %v", err)
		}
	})
}

// TestConsumeAtLeastOnce has a process die between its work and the position.
func TestConsumeAtLeastOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newLedgerStore()
		cut := store.another()
		journal := followed(t, store)
		write(t, journal, "acme", 10)
		dying := consume(t, followed(t, cut), func(context.Context, []activity.Entry) error {
			cut.broken.Store(true)
			return nil
		})
		time.Sleep(time.Second)
		dying.cancel()
		if err := <-dying.ended; err != context.Canceled {
			t.Error(err)
		}
		wantState(t, journal, activity.ConsumerState{})
		w := consume(t, journal, nil)
		time.Sleep(31 * time.Second)
		w.stop(t)
		wantPositions(t, "seen by the first", dying.seen(), through(1, 10))
		wantPositions(t, "seen by the second", w.seen(), through(1, 10))
	})
}

func TestConsumeAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newLedgerStore()
		journal := followed(t, store)
		write(t, journal, "acme", 2)
		seal(t, journal, 2)
		check(t, store.ResetConsumer(t.Context(), activity.ConsumerReset{Name: "index", Position: 3}))
		w := consume(t, journal, nil)
		err := <-w.ended
		if ahead, ok := errors.AsType[*activity.PositionError](err); !ok || *ahead != (activity.PositionError{After: 3, Resume: 2, Err: activity.ErrAhead}) {
			t.Errorf("Consume = %v", err)
		}
		if s := state(t, journal); !s.Holder.IsZero() {
			t.Error("it was not released")
		}
	})
}

// TestConsumeGaps parks what was removed before it came, as ranges, but for what was when the consumer began.
func TestConsumeGaps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newLedgerStore()
		journal := followed(t, store)
		write(t, journal, "acme", 10)
		seal(t, journal, 10)
		store.remove(1, 2)
		store.remove(5, 5)
		store.remove(10, 11)
		w := consume(t, journal, nil)
		time.Sleep(time.Second)
		wantState(t, journal, activity.ConsumerState{Position: 10})
		write(t, journal, "acme", 3)
		time.Sleep(time.Second)
		w.stop(t)
		write(t, journal, "acme", 1200)
		seal(t, journal, 1200)
		store.remove(14, 14)
		store.remove(16, 1211)
		at := time.Now().UTC()
		w2 := consume(t, journal, nil)
		time.Sleep(time.Second)
		w2.stop(t)
		wantPositions(t, "seen at first", w.seen(), []activity.Position{3, 4, 6, 7, 8, 9, 12, 13})
		wantPositions(t, "seen then", w2.seen(), []activity.Position{15, 1212, 1213})
		gone := func(first, last activity.Position) activity.Parked {
			return activity.Parked{Position: first, Through: last, Error: fmt.Sprintf("activity: events were removed: following after %d; resume after %d", first-1, last)}
		}
		got := parked(t, journal)
		for i := range got {
			if d := got[i].At.Sub(at); i > 0 && (d < 0 || d > time.Second) {
				t.Errorf("parked at %v", got[i].At)
			}
			got[i].At = time.Time{}
		}
		if diff := cmp.Diff([]activity.Parked{gone(11, 11), gone(14, 14), gone(16, 1211)}, got); diff != "" {
			t.Errorf("parked (-want +got):\n%s", diff)
		}
		wantState(t, journal, activity.ConsumerState{Position: 1213, Parked: 3})
	})
}
