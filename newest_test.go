package activity_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-activity/activity"
)

// unsealedStore counts how often it is asked what waits.
type unsealedStore struct {
	activity.Store
	asked atomic.Int64
}

func (s *unsealedStore) Unsealed(ctx context.Context) (activity.Unsealed, error) {
	s.asked.Add(1)
	return s.Store.Unsealed(ctx)
}

// TestNewest has who follows after the newest position see what comes, and nothing else.
func TestNewest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &unsealedStore{Store: newLedgerStore()}
		journal := followed(t, store)
		newest := func(want activity.Position) {
			t.Helper()
			if got, err := journal.Newest(t.Context()); err != nil || got != want {
				t.Errorf("Newest = %d, %v, want %d", got, err, want)
			}
		}
		newest(0)
		write(t, journal, "acme", 3)
		newest(0) // they have no positions yet
		seal(t, journal, 3)
		newest(3)

		ctx, cancel := context.WithCancel(t.Context())
		seen := make(chan activity.Position, 10)
		go func() {
			defer close(seen)
			for entry, err := range journal.Follow(ctx, activity.FollowOptions{After: 3}) {
				if err == nil {
					seen <- entry.Position
				}
			}
		}()
		write(t, journal, "acme", 1)
		time.Sleep(time.Second)
		asked := store.asked.Load()
		newest(4)
		if n := store.asked.Load() - asked; n != 0 {
			t.Errorf("the store was asked %d times while somebody follows", n)
		}
		undone := store.InTx(t.Context(), func(tx activity.Store) error {
			inside := journal.With(tx)
			write(t, inside, "acme", 1)
			seal(t, inside, 1)
			if got, err := inside.Newest(t.Context()); err != nil || got != 5 {
				t.Errorf("Newest = %d, %v in the transaction that has sealed", got, err)
			}
			newest(4)
			return errBroken
		})
		if !errors.Is(undone, errBroken) {
			t.Errorf("InTx = %v", undone)
		}
		cancel()
		for position := range seen {
			if position != 4 {
				t.Errorf("position %d came", position)
			}
		}
		write(t, journal, "acme", 1)
		seal(t, journal, 1)
		newest(5) // nobody reads any more

		ended, end := context.WithCancel(t.Context())
		end()
		if _, err := journal.Newest(ended); !errors.Is(err, context.Canceled) {
			t.Errorf("Newest = %v when its context has ended", err)
		}
	})
}
