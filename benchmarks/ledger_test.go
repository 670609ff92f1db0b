package main

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/memstore"
)

func TestLags(t *testing.T) {
	at := time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
	first, second := activity.ID{1}, activity.ID{2}
	returned := map[activity.ID]time.Time{first: at, second: at}
	seen := map[activity.ID]time.Time{first: at.Add(40 * time.Millisecond), second: at.Add(-time.Millisecond)}
	lags, err := lagsOf(returned, seen)
	slices.Sort(lags)
	if err != nil || !slices.Equal(lags, []float64{0, 40}) {
		t.Errorf("got %v, %v, want 0 and 40", lags, err)
	}
	delete(seen, second)
	if lags, err := lagsOf(returned, seen); err == nil {
		t.Errorf("an event was never seen: got %v", lags)
	}
}

// A follower counts what comes after the ledger's end, and says why it sees no more.
func TestFollower(t *testing.T) {
	ctx := t.Context()
	store := memstore.New()
	defer store.Close()
	journal, err := activity.New(store, &activity.Config{Types: types})
	if err != nil {
		t.Fatal(err)
	}
	acme, w := journal.Tenant(tenant), newWorkload(1, 100)
	record := func(n int) {
		t.Helper()
		if _, err := acme.Record(ctx, w.drafts(n)...); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := follow(ctx, journal, nil); err == nil {
		t.Error("an empty ledger can be followed")
	}
	record(3)
	if _, err := follow(ctx, journal, nil); err == nil {
		t.Error("a ledger that does not have all events can be followed")
	}
	if _, err := journal.Seal(ctx); err != nil {
		t.Fatal(err)
	}
	var last activity.Position
	f, err := follow(ctx, journal, func(e activity.Entry) { last = e.Position })
	if err != nil {
		t.Fatal(err)
	}
	record(5)
	if err := f.wait(5); err != nil {
		t.Fatal(err)
	}
	f.stop()
	if f.count() != 5 || last != 8 {
		t.Errorf("%d entries were seen, and the last has position %d", f.count(), last)
	}
	if err := f.wait(6); err == nil {
		t.Error("a sixth entry was seen")
	}
}

// What is left over by one slice is done before the next, outside of what is timed.
func TestSideFinishes(t *testing.T) {
	finished := 0
	s := side{
		run:    func(int) error { return nil },
		finish: func() error { finished++; time.Sleep(200 * time.Millisecond); return nil },
	}
	taken, err := s.time(1)
	if err != nil || finished != 1 || taken > 100*time.Millisecond {
		t.Errorf("finished %d times, %v, in %v", finished, err, taken)
	}
	wrong := errors.New("wrong")
	s.finish = func() error { return wrong }
	if _, err := s.time(1); !errors.Is(err, wrong) {
		t.Errorf("got %v", err)
	}
	s.run, s.finish = func(int) error { return wrong }, func() error { finished++; return nil }
	if _, err := s.time(1); !errors.Is(err, wrong) || finished != 1 {
		t.Errorf("got %v, finished %d times", err, finished)
	}
}

// listening is a store that listens.
type listening struct{ activity.Store }

func (listening) Listen(context.Context, func()) error { return nil }

// The side that polls really does.
func TestPollingStore(t *testing.T) {
	if _, ok := activity.Store(pollingStore{listening{}}).(activity.Listener); ok {
		t.Error("it listens")
	}
}
