package activity_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
)

// TestConsumeBackoff has a function fail all the time.
func TestConsumeBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		journal := followed(t, newLedgerStore())
		write(t, journal, "acme", 1)
		w := consume(t, journal, func(context.Context, []activity.Entry) error { return errors.New("no\x00 \xff") })
		for failures := 1; failures < 20; failures++ {
			for len(w.seen()) < failures {
				time.Sleep(25 * time.Millisecond)
			}
			synctest.Wait()
			s := state(t, journal)
			longest := min(100*time.Millisecond<<(failures-1), time.Minute)
			wait := s.RetryAt.Sub(w.at[failures-1])
			wantState(t, journal, activity.ConsumerState{Failures: failures, Error: "no\uFFFD \uFFFD", RetryAt: s.RetryAt})
			if wait < longest/2-time.Microsecond || wait > longest {
				t.Errorf("after %d failures it waits %v, want %v to %v", failures, wait, longest/2, longest)
			}
			if failures > 1 {
				if waited, longest := w.at[failures-1].Sub(w.at[failures-2]), longest/2; failures < 11 && (waited < longest/2 || waited > longest) {
					t.Errorf("after %d failures it waited %v", failures-1, waited)
				}
			}
		}
		w.stop(t)
		if s := state(t, journal); s.Failures != 19 || s.Position != 0 || !s.Holder.IsZero() {
			t.Errorf("when it has ended, the consumer is %+v", s)
		}
		// The next one waits as the first would have, and then passes entries one by one.
		write(t, journal, "acme", 2)
		left := time.Until(state(t, journal).RetryAt)
		began := time.Now()
		w = consume(t, journal, nil)
		time.Sleep(2 * time.Minute)
		w.stop(t)
		if waited := w.at[0].Sub(began); waited != left {
			t.Errorf("the next one waited %v, want %v", waited, left)
		}
		if diff := cmp.Diff([][]activity.Position{{1}, {2}, {3}}, w.calls); diff != "" {
			t.Errorf("calls (-want +got):\n%s", diff)
		}
		wantState(t, journal, activity.ConsumerState{Position: 3})
	})
}

// TestConsumeSinglesOut has one entry of a batch fail.
func TestConsumeSinglesOut(t *testing.T) {
	parking := fmt.Errorf("no address: %w", activity.ErrPark)
	tests := []struct {
		name   string
		err    error // of entry 3
		often  int   // how many times, the batch included
		want   [][]activity.Position
		parked []activity.Parked
	}{
		{"fails", errors.New("no"), 3, [][]activity.Position{{1, 2, 3, 4, 5}, {1}, {2}, {3}, {3}, {3}, {4}, {5}, {6, 7}}, nil},
		{"is parked", parking, 9, [][]activity.Position{{1, 2, 3, 4, 5}, {1}, {2}, {3}, {4}, {5}, {6, 7}},
			[]activity.Parked{{Position: 3, Through: 3, Error: "no address: activity: park"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				journal := followed(t, newLedgerStore())
				write(t, journal, "acme", 5)
				failed := 0
				w := consume(t, journal, func(_ context.Context, entries []activity.Entry) error {
					for _, e := range entries {
						if e.Position == 3 && failed < tt.often {
							failed++
							return tt.err
						}
					}
					return nil
				})
				time.Sleep(10 * time.Second)
				write(t, journal, "acme", 2)
				time.Sleep(time.Second)
				w.stop(t)
				if diff := cmp.Diff(tt.want, w.calls); diff != "" {
					t.Errorf("calls (-want +got):\n%s", diff)
				}
				got := parked(t, journal)
				for i := range got {
					got[i].At = time.Time{}
				}
				if diff := cmp.Diff(tt.parked, got); diff != "" {
					t.Errorf("parked (-want +got):\n%s", diff)
				}
				wantState(t, journal, activity.ConsumerState{Position: 7, Parked: int64(len(tt.parked))})
			})
		})
	}
}

func TestConsumePanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		journal := followed(t, newLedgerStore())
		write(t, journal, "acme", 1)
		panics := true
		w := consume(t, journal, func(context.Context, []activity.Entry) error {
			if panics {
				panic(strings.Repeat("é", activity.MaxReason))
			}
			return nil
		})
		synctest.Wait()
		if s := state(t, journal); s.Failures != 1 || !strings.HasPrefix(s.Error, "panic: éé") || len(s.Error) > activity.MaxReason {
			t.Errorf("after a panic, the consumer is %+v", s)
		}
		panics = false
		time.Sleep(time.Second)
		wantState(t, journal, activity.ConsumerState{Position: 1})
		w.stop(t)
	})
}

// TestConsumeParksByPanic has a panic whose value is an ErrPark.
func TestConsumeParksByPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		journal := followed(t, newLedgerStore())
		write(t, journal, "acme", 1)
		w := consume(t, journal, func(context.Context, []activity.Entry) error { panic(activity.ErrPark) })
		time.Sleep(time.Second)
		w.stop(t)
		wantState(t, journal, activity.ConsumerState{Position: 1, Parked: 1})
	})
}

// TestConsumeEntriesOfItsOwn has a function spoil what it was given, and fail.
func TestConsumeEntriesOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		journal := followed(t, newLedgerStore())
		write(t, journal, "acme", 1)
		var payloads []string
		w := consume(t, journal, func(_ context.Context, entries []activity.Entry) error {
			payloads = append(payloads, string(entries[0].Event.Payload))
			clear(entries[0].Event.Payload)
			entries[0] = activity.Entry{}
			if len(payloads) == 1 {
				return errors.New("no")
			}
			return nil
		})
		time.Sleep(time.Second)
		w.stop(t)
		if diff := cmp.Diff([]string{`{"text":"hello"}`, `{"text":"hello"}`}, payloads); diff != "" {
			t.Error(diff)
		}
	})
}

// TestConsumeUnreadable goes on when what cannot be read was repaired, and not before.
func TestConsumeUnreadable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newLedgerStore()
		journal := followed(t, store)
		write(t, journal, "acme", 4)
		store.spoil(3, errBroken)
		w := consume(t, journal, nil)
		time.Sleep(time.Minute)
		wantPositions(t, "seen", w.seen(), through(1, 2))
		s := state(t, journal)
		wantState(t, journal, activity.ConsumerState{
			Position: 2, Failures: s.Failures, RetryAt: s.RetryAt, Error: "activity: the event at position 3 cannot be read: broken",
		})
		if s.Failures < 8 || s.Failures > 12 {
			t.Errorf("in a minute it failed %d times", s.Failures)
		}
		store.spoil(3, nil)
		time.Sleep(time.Minute)
		w.stop(t)
		wantPositions(t, "seen", w.seen(), through(1, 4))
		wantState(t, journal, activity.ConsumerState{Position: 4})
	})
}

func TestRedoAndDiscard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newLedgerStore()
		journal := followed(t, store)
		write(t, journal, "acme", 250)
		seal(t, journal, 250)
		w := consume(t, journal, func(context.Context, []activity.Entry) error { return activity.ErrPark })
		time.Sleep(time.Second)
		w.stop(t)
		var list []activity.Position
		for _, p := range parked(t, journal) {
			list = append(list, p.Position)
		}
		wantPositions(t, "parked", list, through(1, 250))

		consumer := journal.Consumer("index")
		var redone []activity.Position
		redo := func(err error) func(context.Context, []activity.Entry) error {
			return func(_ context.Context, entries []activity.Entry) error {
				redone = append(redone, positions(entries)...)
				return err
			}
		}
		no := errors.New("no")
		if err := consumer.Redo(t.Context(), 2, redo(no)); err != no {
			t.Errorf("Redo of what fails = %v", err)
		}
		err := consumer.Redo(t.Context(), 2, func(context.Context, []activity.Entry) error { panic("no") })
		if p, ok := errors.AsType[*activity.PanicError](err); !ok || p.Value != "no" {
			t.Errorf("Redo of what panics = %v", err)
		}
		wantState(t, journal, activity.ConsumerState{Position: 250, Parked: 250})
		check(t, consumer.Redo(t.Context(), 2, redo(nil)))
		wantPositions(t, "done again", redone, []activity.Position{2, 2})
		for _, p := range []activity.Position{2, 251, 0, -1} {
			if err := consumer.Redo(t.Context(), p, redo(nil)); !errors.Is(err, activity.ErrNotFound) {
				t.Errorf("Redo(%d) = %v", p, err)
			}
			if err := consumer.Discard(t.Context(), p); !errors.Is(err, activity.ErrNotFound) {
				t.Errorf("Discard(%d) = %v", p, err)
			}
		}
		store.remove(3, 3)
		store.spoil(4, errBroken)
		if err := consumer.Redo(t.Context(), 3, redo(nil)); !errors.Is(err, activity.ErrGone) {
			t.Errorf("Redo of what was removed = %v", err)
		}
		if err := consumer.Redo(t.Context(), 4, redo(nil)); !errors.Is(err, errBroken) {
			t.Errorf("Redo of what cannot be read = %v", err)
		}
		if err := consumer.Redo(t.Context(), 5, nil); invalid(t, err).Field != "Function" {
			t.Error(err)
		}
		check(t, consumer.Discard(t.Context(), 3))
		if len(redone) != 2 {
			t.Errorf("%v were done again", redone)
		}
		wantState(t, journal, activity.ConsumerState{Position: 250, Parked: 248})
		for range consumer.Parked(t.Context()) {
			break
		}
	})
}

func TestReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		journal := followed(t, newLedgerStore())
		write(t, journal, "acme", 5)
		seal(t, journal, 5)
		consumer := journal.Consumer("index")
		check(t, consumer.Reset(t.Context(), 3)) // a new one
		w := consume(t, journal, func(_ context.Context, entries []activity.Entry) error {
			if entries[len(entries)-1].Position == 5 {
				return activity.ErrPark
			}
			return nil
		})
		time.Sleep(time.Second)
		if err := consumer.Reset(t.Context(), 0); !errors.Is(err, activity.ErrConsuming) {
			t.Errorf("Reset while somebody consumes = %v", err)
		}
		w.stop(t)
		wantPositions(t, "seen", w.seen(), []activity.Position{4, 5, 4, 5})
		err := consumer.Reset(t.Context(), 6)
		if ahead, ok := errors.AsType[*activity.PositionError](err); !ok || ahead.Resume != 5 || !errors.Is(err, activity.ErrAhead) {
			t.Errorf("Reset to a position that was not given = %v", err)
		}
		if err := consumer.Reset(t.Context(), -1); invalid(t, err).Field != "Position" {
			t.Error(err)
		}
		check(t, consumer.Reset(t.Context(), 0))
		wantState(t, journal, activity.ConsumerState{Parked: 1})
		w = consume(t, journal, nil)
		time.Sleep(time.Second)
		w.stop(t)
		wantPositions(t, "seen again", w.seen(), through(1, 5))
	})
}
