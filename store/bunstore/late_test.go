package bunstore_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/go-activity/activity"
)

// follower hands on what is followed.
type follower struct {
	t       *testing.T
	entries chan activity.Entry
}

// followFrom follows until the test ends.
func followFrom(t *testing.T, journal *activity.Journal, after activity.Position) follower {
	f := follower{t, make(chan activity.Entry)}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	t.Cleanup(func() { stop(); <-ended })
	go func() {
		defer close(ended)
		for e, err := range journal.Follow(ctx, activity.FollowOptions{After: after}) {
			if err != nil {
				if !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
				return
			}
			select {
			case f.entries <- e:
			case <-ctx.Done():
				return
			}
		}
	}()
	return f
}

// expect waits for the next entries, which are those of events, whatever their order.
func (f follower) expect(after activity.Position, events []activity.Event) (last activity.Position) {
	f.t.Helper()
	want := map[activity.ID]bool{}
	for _, e := range events {
		want[e.ID] = true
	}
	last = after
	for len(want) > 0 {
		select {
		case e := <-f.entries:
			if !want[e.Event.ID] || e.Position != last+1 {
				f.t.Fatalf("entry %+v after %d is none of %d that are wanted", e, last, len(want))
			}
			delete(want, e.Event.ID)
			last = e.Position
		case <-time.After(time.Minute):
			f.t.Fatalf("after %d, %d entries do not come", last, len(want))
		}
	}
	return last
}

// Transactions that stay open delay their own events, and nobody else's, however long they last. The last to begin is
// the first to commit. On SQLite and in memory there is one transaction at a time.
func TestLongTransactionsDelayTheirOwn(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s := openAt(t, fromTemplate(t))
	journal := newJournal(s)
	acme := journal.Tenant("acme")
	record := func(tenant activity.Tenant, n int) []activity.Event {
		t.Helper()
		drafts := make([]activity.Draft, n)
		for i := range drafts {
			drafts[i] = noteAdded.New(note{Call: i}).By(ana)
		}
		events, err := tenant.Record(ctx, drafts...)
		if err != nil {
			t.Fatal(err)
		}
		return events
	}
	follower := followFrom(t, journal, 0)
	var last activity.Position

	type late struct {
		tx     bun.Tx
		events []activity.Event
	}
	var open []late
	for range 5 {
		tx, err := s.DB().BeginTx(ctx, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = tx.Rollback() }()
		open = append(open, late{tx, record(journal.With(s.Tx(tx)).Tenant("acme"), 3)})
		for _, n := range []int{1, 10, draftsPerCall} {
			events := record(acme, n)
			last = follower.expect(last, events)
			e, err := journal.Await(ctx, events[0].ID)
			if err != nil || e.Event.ID != events[0].ID || e.Position > last {
				t.Fatalf("Await = %+v, %v", e, err)
			}
		}
	}
	if lag, err := journal.Lag(ctx); err != nil || lag.Events != 0 || lag.Last != last {
		t.Errorf("with open transactions, the lag after %d is %+v, %v", last, lag, err)
	}
	for _, l := range slices.Backward(open[1:]) {
		if err := l.tx.Commit(); err != nil {
			t.Fatal(err)
		}
		last = follower.expect(last, l.events)
		last = follower.expect(last, record(acme, 2))
	}
	if err := open[0].tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	last = follower.expect(last, record(acme, 2))
	if _, err := s.Entry(ctx, "acme", open[0].events[0].ID); !errors.Is(err, activity.ErrNotFound) {
		t.Errorf("the entry of an event that was undone: %v", err)
	}
	if lag, err := journal.Lag(ctx); err != nil || lag.Events != 0 || lag.Last != last {
		t.Errorf("the lag after %d is %+v, %v", last, lag, err)
	}
}
