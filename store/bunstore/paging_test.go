package bunstore_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/internal/pgtest"
	"github.com/go-activity/activity/store/memstore"
)

// While events are recorded, at any time and before any other, who turns pages sees each event that was there at the start once.
func TestPagingWhileRecording(t *testing.T) {
	stores := map[string]func(t *testing.T) activity.Store{
		"memory": func(t *testing.T) activity.Store { return memstore.New() },
		"sqlite": func(t *testing.T) activity.Store {
			return migrated(t, "sqlite "+filepath.Join(t.TempDir(), "activity.db"))
		},
		"postgres": func(t *testing.T) activity.Store { return migrated(t, "postgres "+pgtest.New(t)) },
	}
	for name, store := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			acme := newJournal(store(t)).Tenant("acme")
			draft := func(r *rand.Rand) activity.Draft {
				return noteAdded.New(note{}).By(ana).About(account).At(epoch.Add(time.Duration(r.IntN(1000)) * time.Second))
			}
			r := rand.New(rand.NewPCG(1, 1))
			drafts := make([]activity.Draft, 600)
			for i := range drafts {
				drafts[i] = draft(r)
			}
			there := map[activity.ID]int{}
			for _, e := range must(acme.Record(t.Context(), drafts...))(t) {
				there[e.ID] = 0
			}
			ctx, stop := context.WithCancel(t.Context())
			var writing sync.WaitGroup
			recorded := make(chan struct{}, 1)
			writing.Go(func() {
				r := rand.New(rand.NewPCG(2, 2))
				for ctx.Err() == nil {
					if _, err := acme.Record(ctx, draft(r), draft(r)); err != nil && !errors.Is(err, context.Canceled) {
						t.Error(err)
						return
					}
					select {
					case recorded <- struct{}{}:
					default:
					}
				}
			})
			last, pages := activity.ID{}, 0
			for query := (activity.Query{About: []activity.Entity{account}, Limit: 7}); ; {
				page := must(acme.Timeline(t.Context(), query))(t)
				for _, e := range page.Events {
					if !last.IsZero() && e.ID.Compare(last) >= 0 {
						t.Fatalf("%v comes after %v", e.ID, last)
					}
					last = e.ID
					if n, ok := there[e.ID]; ok {
						there[e.ID] = n + 1
					}
				}
				if pages++; page.Next == "" {
					break
				}
				query.After = page.Next
				<-recorded // something was recorded between two pages
			}
			stop()
			writing.Wait()
			for id, n := range there {
				if n != 1 {
					t.Errorf("%v was seen %d times", id, n)
				}
			}
			if pages < 600/7 {
				t.Errorf("there were %d pages", pages)
			}
		})
	}
}
