package bunstore_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/bunstore"
)

// sealUntilKilled says that it begins, and seals what others record, in small batches.
func sealUntilKilled(address string) {
	ctx := context.Background()
	s, err := open(ctx, address)
	if err != nil {
		panic(err)
	}
	fmt.Println("sealing")
	for {
		if _, err := s.Seal(ctx, 37); err != nil && !strings.Contains(err.Error(), "SQLITE_BUSY") {
			panic(err)
		}
	}
}

// Whatever number of stores and processes seal, are killed or cut off, while transactions of every length are
// committed or undone: positions have no gaps, no event is left out or comes twice, and the trees are those of the leaves.
func TestManySealers(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		ctx := t.Context()
		s := migrated(t, address)
		// SQLite's lock is not fair: among connections that never rest, one may wait for longer than it is told to.
		other, hasty, writers := s, s, 2
		if strings.HasPrefix(address, "postgres") {
			other, hasty, writers = openAt(t, address), openAt(t, address), 5
		}
		s.SetTurns(1<<13, time.Millisecond)
		other.SetTurns(1<<13, time.Millisecond)
		tenants := []string{"acme", "beta", "gamma"}
		stop, cancel := context.WithCancel(ctx)
		defer cancel()

		var mu sync.Mutex
		committed := map[activity.ID]bool{}
		var writing, sealing sync.WaitGroup
		for w := range writers {
			random := rand.New(rand.NewPCG(1, uint64(w)))
			store := []*bunstore.Store{s, other}[w%2]
			writing.Go(func() {
				for range 8 {
					ids, err := writeSome(ctx, store, tenants[random.IntN(3)], random)
					if err != nil {
						t.Errorf("recording: %v", err)
						return
					}
					mu.Lock()
					for _, id := range ids {
						committed[id] = true
					}
					mu.Unlock()
				}
			})
		}
		seal := func(store *bunstore.Store, cut bool) {
			random := rand.New(rand.NewPCG(2, 3))
			for stop.Err() == nil {
				ctx, end := context.WithCancel(stop)
				if cut {
					e := endingAt(stop, 1+random.IntN(40))
					ctx, end = e, e.end
				}
				// A request to stop may reach the server late, and stop the next call of the same pool.
				late := func(err error) bool { return cut && strings.Contains(err.Error(), "57014") }
				_, err := store.Seal(ctx, 1+random.IntN(200))
				end()
				if err != nil && !errors.Is(err, context.Canceled) && !late(err) {
					t.Errorf("sealing: %v", err)
					return
				}
			}
		}
		sealing.Go(func() { seal(s, false) })
		sealing.Go(func() { seal(other, false) })
		sealing.Go(func() { seal(hasty, true) })
		sealing.Go(func() { followAll(t, stop, other) })
		sealing.Go(func() {
			for stop.Err() == nil {
				cmd, out := start(t, "seal", address)
				if _, err := out.ReadString('\n'); err != nil {
					t.Errorf("the process that seals: %v", err)
				}
				if err := cmd.Process.Kill(); err != nil {
					t.Error(err)
				}
				_ = cmd.Wait() // says that it was killed
			}
		})
		writing.Wait()
		cancel()
		sealing.Wait()
		if _, err := sealAll(ctx, s, 5000); err != nil {
			t.Fatal(err)
		}
		all := checkLedger(t, s)
		for _, e := range all {
			if !committed[e.ID] {
				t.Errorf("%v is in the ledger, and was not committed", e.ID)
			}
		}
		if len(all) != len(committed) {
			t.Errorf("%d entries of %d events", len(all), len(committed))
		}
		for _, tenant := range tenants {
			if strays, err := s.Strays(ctx, tenant, activity.ID{}, 10); err != nil || len(strays) != 0 {
				t.Errorf("strays of %s: %v, %v", tenant, strays, err)
			}
		}
		if strings.HasPrefix(address, "postgres") && !truncated(t, s, "activity_pending_b") {
			t.Error("the pending tables did not change their roles: this tests but one of them")
		}
	})
}

// truncated reports whether a table has other files than those that it was made with.
func truncated(t *testing.T, s *bunstore.Store, table string) (other bool) {
	t.Helper()
	err := s.DB().DB.QueryRowContext(t.Context(), `SELECT pg_relation_filenode($1::text::regclass) <> $1::text::regclass::oid`, table).Scan(&other)
	if err != nil {
		t.Fatal(err)
	}
	return other
}

var errUndo = errors.New("undo")

// writeSome records in a transaction of some length, or by single calls, and returns what is committed.
func writeSome(ctx context.Context, s *bunstore.Store, tenant string, random *rand.Rand) ([]activity.ID, error) {
	var ids []activity.ID
	record := func(store activity.Store) error {
		for range 1 + random.IntN(4) {
			key := ""
			if random.IntN(3) == 0 {
				key = fmt.Sprint(random.Uint64())
			}
			events, err := newJournal(store).Tenant(tenant).Record(ctx, draftsOf(1+random.IntN(130), key)...)
			if err != nil {
				return err
			}
			for _, e := range events {
				ids = append(ids, e.ID)
			}
		}
		return nil
	}
	fate := random.IntN(4)
	if fate == 0 {
		err := record(s)
		return ids, err
	}
	err := s.InTx(ctx, func(tx activity.Store) error {
		if err := record(tx); err != nil {
			return err
		}
		if fate == 1 {
			return errUndo
		}
		return nil
	})
	if errors.Is(err, errUndo) {
		return nil, nil
	}
	return ids, err
}

// followAll reads entries as they come, and checks that none is missing when a higher one is there.
func followAll(t *testing.T, ctx context.Context, s *bunstore.Store) {
	last := activity.Position(0)
	for ctx.Err() == nil {
		entries, err := s.Entries(ctx, activity.EntryQuery{After: last, Limit: 100})
		if err != nil && ctx.Err() == nil {
			t.Errorf("following: %v", err)
			return
		}
		for _, e := range entries {
			if e.Position != last+1 {
				t.Errorf("after position %d comes %d", last, e.Position)
				return
			}
			last = e.Position
		}
	}
}
