package activity_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
)

func TestFollowFromAnyPosition(t *testing.T) {
	journal := followed(t, newLedgerStore())
	for range 4 {
		write(t, journal, "acme", 2)
		write(t, journal, "globex", 1)
	}
	seal(t, journal, 12)
	for after := activity.Position(0); after < 12; after++ {
		wantPositions(t, "all", follow(t, journal, activity.FollowOptions{After: after}, int(12-after)), through(after+1, 12))
	}
	index, last := int64(0), activity.Position(0)
	for entry, err := range journal.Follow(t.Context(), activity.FollowOptions{Tenant: "acme"}) {
		check(t, err)
		stored, err := journal.Tenant("acme").Event(t.Context(), entry.Event.ID)
		check(t, err)
		if diff := cmp.Diff(stored, entry.Event); diff != "" || entry.Index != index || entry.Position <= last {
			t.Errorf("entry %+v is not number %d of acme: %s", entry, index, diff)
		}
		last = entry.Position
		if index++; index == 8 {
			break
		}
	}
}

func TestFollowTypes(t *testing.T) {
	journal := followed(t, newLedgerStore())
	acme := journal.Tenant("acme")
	for range 3 {
		_, err := acme.Record(t.Context(), noted.New(note{}).By(ana), called.New(note{}).By(ana))
		check(t, err)
	}
	seen := 0
	for entry, err := range journal.Follow(t.Context(), activity.FollowOptions{Types: []string{"unknown", "call.made"}}) {
		check(t, err)
		if entry.Event.Type != "call.made" {
			t.Errorf("a %s came", entry.Event.Type)
		}
		if seen++; seen == 3 {
			break
		}
	}
}

// TestFollowWaits has events that are recorded while somebody waits seen within a tick.
func TestFollowWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		journal := followed(t, newLedgerStore())
		ctx, cancel := context.WithCancel(t.Context())
		var delays []time.Duration
		var err error
		done := make(chan struct{})
		go func() {
			defer close(done)
			for entry, e := range journal.Follow(ctx, activity.FollowOptions{}) {
				if err = e; err != nil {
					continue // it must be the last
				}
				delays = append(delays, time.Since(entry.Event.RecordedAt))
			}
		}()
		time.Sleep(10*time.Second + 7*time.Millisecond) // idle: so it is read every 250 ms
		write(t, journal, "acme", 1)
		time.Sleep(250 * time.Millisecond)
		for range 20 { // while there is traffic, every 50 ms
			write(t, journal, "acme", 1)
			time.Sleep(31 * time.Millisecond)
		}
		time.Sleep(time.Second)
		cancel()
		<-done
		if len(delays) != 21 || !errors.Is(err, context.Canceled) {
			t.Fatalf("%d events came, and then %v", len(delays), err)
		}
		for i, d := range delays {
			if limit := 50 * time.Millisecond; d > limit && i > 1 || d > 250*time.Millisecond {
				t.Errorf("event %d came after %v", i, d)
			}
		}
	})
}

func TestFollowHasEventsOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		journal := followed(t, newLedgerStore())
		texts := make(chan string, 2)
		for range 2 {
			go func() {
				for entry, err := range journal.Follow(t.Context(), activity.FollowOptions{}) {
					if err != nil {
						break
					}
					texts <- string(entry.Event.Payload)
					clear(entry.Event.Payload)
					break
				}
			}()
		}
		synctest.Wait()
		time.Sleep(time.Second) // until both are at the end
		write(t, journal, "acme", 1)
		for range 2 {
			if text := <-texts; text != `{"text":"hello"}` {
				t.Errorf("an event has the payload %q", text)
			}
		}
	})
}

// TestSlowFollower has one that sleeps in its loop, while another sees all at once; later it has missed nothing.
func TestSlowFollower(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		journal := followed(t, newLedgerStore())
		const n = 5000 // more than is kept for followers
		wake := make(chan struct{})
		var slow []activity.Position
		done := make(chan struct{})
		go func() {
			defer close(done)
			for entry, err := range journal.Follow(t.Context(), activity.FollowOptions{Tenant: "acme"}) {
				if err != nil {
					t.Error(err)
					return
				}
				if slow = append(slow, entry.Position); len(slow) == 1 {
					<-wake
				}
				if entry.Position == n+1 {
					return
				}
			}
		}()
		time.Sleep(time.Second)
		write(t, journal, "acme", 1)
		var writing sync.WaitGroup
		writing.Go(func() {
			for range n / 500 {
				write(t, journal, "acme", 500)
				time.Sleep(50 * time.Millisecond)
			}
		})
		began := time.Now()
		wantPositions(t, "the fast one", follow(t, journal, activity.FollowOptions{}, n+1), through(1, n+1))
		if d := time.Since(began); d > 2*time.Second {
			t.Errorf("the fast one waited for the slow one: %v", d)
		}
		close(wake)
		<-done
		writing.Wait()
		wantPositions(t, "the slow one", slow, through(1, n+1))
	})
}

// TestFollowers has many writers, sealers and followers who begin at any time, and all see the same.
func TestFollowers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newLedgerStore()
		journal := followed(t, store)
		const writers, each, size = 8, 50, 7
		total := writers * each * size
		var writing sync.WaitGroup
		for range writers {
			writing.Go(func() {
				for i := range each {
					write(t, journal, []string{"acme", "globex"}[i%2], size)
					time.Sleep(time.Duration(i%13) * time.Millisecond)
				}
			})
		}
		defer writing.Wait()
		other := followed(t, store.another()) // a second process
		lists := make(chan []activity.Position)
		for i := range 10 {
			go func() {
				time.Sleep(time.Duration(i) * 40 * time.Millisecond)
				lists <- follow(t, []*activity.Journal{journal, other}[i%2], activity.FollowOptions{}, total)
			}()
		}
		for range 10 {
			wantPositions(t, "a follower", <-lists, through(1, activity.Position(total)))
		}
	})
}

// TestOneTailer counts what the store is asked for by one follower, and by many.
func TestOneTailer(t *testing.T) {
	reads := func(followers int) (reads, seals int64) {
		synctest.Test(t, func(t *testing.T) {
			store := newLedgerStore()
			journal := followed(t, store)
			ctx, cancel := context.WithCancel(t.Context())
			seen := make(chan int)
			for range followers {
				go func() {
					list, _ := followError(ctx, journal, activity.FollowOptions{})
					seen <- len(list)
				}()
			}
			time.Sleep(time.Second)
			store.reads.Store(0)
			store.seals.Store(0)
			for range 100 {
				write(t, journal, "acme", 10)
				time.Sleep(100 * time.Millisecond)
			}
			time.Sleep(10 * time.Second)
			reads, seals = store.reads.Load(), store.seals.Load()
			cancel()
			for range followers {
				if n := <-seen; n != 1000 {
					t.Errorf("%d of 1000 entries came", n)
				}
			}
		})
		return reads, seals
	}
	oneReads, oneSeals := reads(1)
	manyReads, manySeals := reads(50)
	if oneReads != manyReads || oneSeals != manySeals || oneReads > 10*20+10*5+1 {
		t.Errorf("one follower has the store read %d times and sealed %d times, 50 have it %d and %d times", oneReads, oneSeals, manyReads, manySeals)
	}
}

// TestTailerEnds relies on the bubble too, which may not end while something runs in it.
func TestTailerEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newLedgerStore()
		journal := followed(t, store)
		write(t, journal, "acme", 10)
		for range 3 {
			follow(t, journal, activity.FollowOptions{}, 10)
			if activity.Tailing(journal) {
				t.Error("the tailer works for nobody")
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		one, two := make(chan error), make(chan error)
		go func() { _, err := followError(ctx, journal, activity.FollowOptions{}); one <- err }()
		time.Sleep(time.Second)
		go func() { _, err := followError(t.Context(), journal, activity.FollowOptions{}); two <- err }()
		synctest.Wait()
		cancel()
		<-one
		if !activity.Tailing(journal) {
			t.Error("the tailer has ended for both when one has left")
		}
		store.broken.Store(true)
		if err := <-two; !errors.Is(err, errBroken) {
			t.Errorf("following a broken store ends with %v", err)
		}
		if activity.Tailing(journal) {
			t.Error("the tailer works for nobody")
		}
		calls := store.reads.Load() + store.seals.Load()
		time.Sleep(time.Minute)
		if store.reads.Load()+store.seals.Load() != calls {
			t.Error("the store is asked for nobody")
		}
		store.broken.Store(false)
		follow(t, journal, activity.FollowOptions{}, 10)
	})
}

func TestFollowRefuses(t *testing.T) {
	journal := followed(t, newLedgerStore())
	write(t, journal, "acme", 3)
	seal(t, journal, 3)
	for _, o := range []activity.FollowOptions{{After: -1}, {After: 1<<63 - 1}, {Tenant: "\xff"}} {
		if list, err := followError(t.Context(), journal, o); len(list) > 0 || invalid(t, err).Field == "" {
			t.Errorf("Follow(%+v) = %v, %v", o, list, err)
		}
	}
	for _, o := range []activity.FollowOptions{{After: 4}, {After: 100, Gaps: true, Tenant: "globex"}} {
		_, err := followError(t.Context(), journal, o)
		ahead, ok := errors.AsType[*activity.PositionError](err)
		if want := (activity.PositionError{After: o.After, Resume: 3, Err: activity.ErrAhead}); !ok || *ahead != want || !errors.Is(err, activity.ErrAhead) {
			t.Errorf("Follow(%+v) ends with %v", o, err)
		}
	}
}

func TestFollowGaps(t *testing.T) {
	store := newLedgerStore()
	journal := followed(t, store)
	write(t, journal, "acme", 3)     // 1 … 3
	write(t, journal, "globex", 2)   // 4, 5
	write(t, journal, "acme", 1_200) // 6 … 1205
	write(t, journal, "globex", 1)   // 1206
	write(t, journal, "acme", 2)     // 1207, 1208
	seal(t, journal, 1208)
	store.remove(2, 2)
	store.remove(5, 1205)
	store.remove(1208, 1208)
	gone := func(after, resume activity.Position) *activity.PositionError {
		return &activity.PositionError{After: after, Resume: resume, Err: activity.ErrGone}
	}
	tests := []struct {
		name    string
		options activity.FollowOptions
		want    []activity.Position
		gap     *activity.PositionError // nil: it waits for more
	}{
		{"from the beginning", activity.FollowOptions{}, []activity.Position{1, 3, 4, 1206, 1207}, nil},
		{"a single one", activity.FollowOptions{After: 1}, nil, gone(1, 2)},
		{"many, later", activity.FollowOptions{After: 2}, []activity.Position{3, 4}, gone(4, 1205)},
		{"from within many", activity.FollowOptions{After: 700}, nil, gone(700, 1205)},
		{"from where to resume", activity.FollowOptions{After: 1205}, []activity.Position{1206, 1207}, gone(1207, 1208)},
		{"from the end", activity.FollowOptions{After: 1208}, nil, nil},
		{"passed over", activity.FollowOptions{After: 1, Gaps: true}, []activity.Position{3, 4, 1206, 1207}, nil},
		{"of a tenant", activity.FollowOptions{After: 1, Tenant: "globex"}, []activity.Position{4}, gone(4, 5)},
		{"of other tenants", activity.FollowOptions{After: 5, Tenant: "globex"}, []activity.Position{1206}, nil},
		{"with types", activity.FollowOptions{After: 3, Types: []string{"call.made"}}, nil, gone(4, 1205)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				got, err := followError(ctx, followed(t, store), tt.options)
				wantPositions(t, "came", got, tt.want)
				if gap, ok := errors.AsType[*activity.PositionError](err); tt.gap == nil && !errors.Is(err, context.DeadlineExceeded) || tt.gap != nil && (!ok || *gap != *tt.gap || !errors.Is(err, activity.ErrGone)) {
					t.Errorf("it ended with %v, want %v", err, tt.gap)
				}
			})
		})
	}
}

func TestFollowUnreadable(t *testing.T) {
	store := newLedgerStore()
	journal := followed(t, store)
	write(t, journal, "acme", 3)
	store.spoil(2, errBroken)
	got, err := followError(t.Context(), journal, activity.FollowOptions{Gaps: true})
	wantPositions(t, "before it", got, through(1, 1))
	if !errors.Is(err, errBroken) {
		t.Errorf("it ended with %v", err)
	}
}

// listening is a store that tells when it has more.
type listening struct {
	*ledgerStore
	hints  chan struct{}
	err    error // why it cannot, once hints is closed
	failed int
}

func (l *listening) Listen(ctx context.Context, hint func()) error {
	for {
		select {
		case _, ok := <-l.hints:
			if !ok {
				l.failed++
				return l.err
			}
			hint()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func TestListener(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &listening{ledgerStore: newLedgerStore(), hints: make(chan struct{}), err: errBroken}
		journal := followed(t, store)
		seen := make(chan time.Duration)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			for entry, err := range journal.Follow(ctx, activity.FollowOptions{}) {
				if err != nil {
					return
				}
				seen <- time.Since(entry.Event.RecordedAt)
			}
		}()
		for range 5 {
			time.Sleep(10*time.Second + 7*time.Millisecond)
			write(t, journal, "acme", 1)
			store.hints <- struct{}{}
			if d := <-seen; d > 10*time.Millisecond {
				t.Errorf("an event came %v after the hint", d)
			}
		}
		before := store.seals.Load()
		for range 1000 { // hints come at any rate
			store.hints <- struct{}{}
			time.Sleep(time.Millisecond)
		}
		if n := store.seals.Load() - before; n > 110 {
			t.Errorf("1000 hints in a second had it seal %d times", n)
		}
		close(store.hints) // it cannot listen any more
		time.Sleep(10 * time.Minute)
		write(t, journal, "acme", 1)
		if d := <-seen; d > 250*time.Millisecond {
			t.Errorf("without hints, an event came after %v", d)
		}
		cancel()
		<-done
		if store.failed < 10 || store.failed > 40 {
			t.Errorf("in ten minutes it tried %d times to listen", store.failed)
		}
	})
}

// TestListenerThatCannot is asked once.
func TestListenerThatCannot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &listening{ledgerStore: newLedgerStore(), hints: make(chan struct{}), err: fmt.Errorf("on this engine: %w", errors.ErrUnsupported)}
		close(store.hints)
		journal := followed(t, store)
		go func() {
			time.Sleep(10 * time.Minute)
			write(t, journal, "acme", 1)
		}()
		follow(t, journal, activity.FollowOptions{}, 1)
		if store.failed != 1 {
			t.Errorf("it was asked %d times", store.failed)
		}
	})
}
