package activity_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/memstore"
)

// errBroken is what a ledgerStore answers that is broken.
var errBroken = errors.New("broken")

// ledgerStore is a store in memory that counts what it is asked for, and can be broken in some ways.
type ledgerStore struct {
	activity.Store
	seals, reads, takes atomic.Int64

	broken   atomic.Bool // every call of the ledger fails
	unmoving atomic.Bool // MoveConsumer fails

	mu         sync.Mutex
	removed    map[activity.Position]bool  // whose events are gone
	unreadable map[activity.Position]error // whose events cannot be read
}

func newLedgerStore() *ledgerStore { return &ledgerStore{Store: memstore.New()} }

// another returns a store on the same data, as another process has.
func (s *ledgerStore) another() *ledgerStore { return &ledgerStore{Store: s.Store} }

func (s *ledgerStore) state() error {
	if s.broken.Load() {
		return errBroken
	}
	return nil
}

func (s *ledgerStore) Seal(ctx context.Context, limit int) (int, error) {
	s.seals.Add(1)
	if err := s.state(); err != nil {
		return 0, err
	}
	return s.Store.Seal(ctx, limit)
}

func (s *ledgerStore) Unsealed(ctx context.Context) (activity.Unsealed, error) {
	if err := s.state(); err != nil {
		return activity.Unsealed{}, err
	}
	return s.Store.Unsealed(ctx)
}

func (s *ledgerStore) Entries(ctx context.Context, query activity.EntryQuery) ([]activity.EntryRow, error) {
	s.reads.Add(1)
	if err := s.state(); err != nil {
		return nil, err
	}
	rows, err := s.Store.Entries(ctx, query)
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range rows {
		rows[i].Err = s.unreadable[rows[i].Position]
		if s.removed[rows[i].Position] || rows[i].Err != nil {
			rows[i].Event = activity.EventRow{}
		}
	}
	return rows, err
}

func (s *ledgerStore) TakeConsumer(ctx context.Context, take activity.ConsumerTake) (activity.ConsumerState, error) {
	s.takes.Add(1)
	if err := s.state(); err != nil {
		return activity.ConsumerState{}, err
	}
	return s.Store.TakeConsumer(ctx, take)
}

func (s *ledgerStore) MoveConsumer(ctx context.Context, move activity.ConsumerMove) error {
	if err := s.state(); err != nil || s.unmoving.Load() {
		return errBroken
	}
	return s.Store.MoveConsumer(ctx, move)
}

// remove takes away the events of entries, as retention does.
func (s *ledgerStore) remove(first, last activity.Position) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.removed == nil {
		s.removed = map[activity.Position]bool{}
	}
	for p := first; p <= last; p++ {
		s.removed[p] = true
	}
}

// spoil makes the event of an entry unreadable; nil repairs it.
func (s *ledgerStore) spoil(p activity.Position, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unreadable = map[activity.Position]error{p: err}
}

// followed makes a journal whose clock is that of the bubble.
func followed(t testing.TB, store activity.Store) *activity.Journal {
	t.Helper()
	journal, err := activity.New(store, &activity.Config{
		Types: []activity.EventType{noted, called}, Now: time.Now, Logger: slog.New(slog.DiscardHandler),
	})
	check(t, err)
	return journal
}

// write records so many notes, in batches, and returns the last of them.
func write(t testing.TB, journal *activity.Journal, tenant string, n int) (last activity.Event) {
	t.Helper()
	for n > 0 {
		drafts := make([]activity.Draft, min(n, 1000))
		for i := range drafts {
			drafts[i] = noted.New(note{"hello"}).By(ana)
		}
		events, err := journal.Tenant(tenant).Record(t.Context(), drafts...)
		check(t, err)
		last = events[len(events)-1]
		n -= len(drafts)
	}
	return last
}

// seal makes sure that so many events get their positions.
func seal(t testing.TB, journal *activity.Journal, want int) {
	t.Helper()
	if n, err := journal.Seal(t.Context()); n != want || err != nil {
		t.Fatalf("Seal = %d, %v, want %d", n, err, want)
	}
}

// positions are those of entries.
func positions(entries []activity.Entry) []activity.Position {
	var list []activity.Position
	for _, e := range entries {
		list = append(list, e.Position)
	}
	return list
}

// through returns the positions from one to another.
func through(first, last activity.Position) []activity.Position {
	var list []activity.Position
	for p := first; p <= last; p++ {
		list = append(list, p)
	}
	return list
}

func wantPositions(t testing.TB, what string, got, want []activity.Position) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestSeal(t *testing.T) {
	store := newLedgerStore()
	journal := followed(t, store)
	seal(t, journal, 0)
	write(t, journal, "acme", 10_001)
	store.seals.Store(0)
	seal(t, journal, 10_001)
	if n := store.seals.Load(); n != 3 {
		t.Errorf("Seal took %d transactions, want batches of 5,000", n)
	}
	seal(t, journal, 0)
}

func TestSealWithinTransaction(t *testing.T) {
	store := newLedgerStore()
	journal := followed(t, store)
	for _, undo := range []error{errors.New("undo"), nil} {
		err := store.InTx(t.Context(), func(tx activity.Store) error {
			inside := journal.With(tx)
			write(t, inside, "acme", 2)
			seal(t, inside, 2)
			return undo
		})
		if err != undo {
			t.Fatal(err)
		}
		lag, err := journal.Lag(t.Context())
		if want := (activity.Lag{Last: 2}); err != nil || undo == nil && lag != want || undo != nil && lag != (activity.Lag{}) {
			t.Errorf("Lag after %v = %+v, %v", undo, lag, err)
		}
	}
}

func TestLag(t *testing.T) {
	clock := noon
	journal := configured(t, activity.Config{Types: []activity.EventType{noted}, Now: func() time.Time { return clock }})
	want := func(want activity.Lag) {
		t.Helper()
		if got, err := journal.Lag(t.Context()); err != nil || got != want {
			t.Errorf("Lag = %+v, %v, want %+v", got, err, want)
		}
	}
	want(activity.Lag{})
	write(t, journal, "acme", 2)
	clock = clock.Add(time.Minute)
	write(t, journal, "globex", 1)
	want(activity.Lag{Events: 3, Oldest: noon, Age: time.Minute})
	clock = noon.Add(-time.Second) // as of a machine that is behind
	want(activity.Lag{Events: 3, Oldest: noon})
	seal(t, journal, 3)
	want(activity.Lag{Last: 3})
}

// follow collects positions from a loop until it has so many, and fails if there is an error.
func follow(t testing.TB, journal *activity.Journal, o activity.FollowOptions, n int) []activity.Position {
	t.Helper()
	var list []activity.Position
	for entry, err := range journal.Follow(t.Context(), o) {
		if err != nil {
			t.Errorf("following from %+v after %v: %v", o, list, err)
			return list
		}
		if list = append(list, entry.Position); len(list) == n {
			break
		}
	}
	return list
}

// followError follows until there is an error, and returns what came before.
func followError(ctx context.Context, journal *activity.Journal, o activity.FollowOptions) (list []activity.Position, err error) {
	for entry, err := range journal.Follow(ctx, o) {
		if err != nil {
			return list, err
		}
		list = append(list, entry.Position)
	}
	return list, fmt.Errorf("it ended without an error")
}
