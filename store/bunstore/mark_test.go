package bunstore_test

import (
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/go-activity/activity"
)

// Whatever the order in which many move a mark, it ends at the last event, and is never seen to go back.
func TestMarksMoveForward(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		ctx := t.Context()
		s := migrated(t, address)
		order := rand.New(rand.NewPCG(20260304, 0)).Perm(120)
		var movers, watcher sync.WaitGroup
		end := make(chan struct{})
		watcher.Go(func() {
			var last activity.ID
			for {
				through := must(s.Mark(ctx, "acme", ana, account))(t)
				if through.Compare(last) < 0 {
					t.Errorf("the mark went from %s back to %s", last, through)
				}
				last = through
				select {
				case <-end:
					return
				default:
				}
			}
		})
		for i := range 4 {
			movers.Go(func() {
				for _, n := range order[30*i : 30*i+30] {
					if err := s.SetMark(ctx, activity.ReadMark{Tenant: "acme", Reader: ana, Feed: account, Through: taskID(n + 1)}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		movers.Wait()
		close(end)
		watcher.Wait()
		if through := must(s.Mark(ctx, "acme", ana, account))(t); through != taskID(120) {
			t.Errorf("the mark is at %s, want %s", through, taskID(120))
		}
	})
}
