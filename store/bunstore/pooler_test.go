package bunstore_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/internal/pgtest"
)

// Behind a pooler a session hears of nothing, and keeps nothing: no lock, no statement. Polling is enough.
func TestFollowBehindPooler(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	address := "postgres " + pgtest.Pooled(t, strings.TrimPrefix(fromTemplate(t), "postgres "))
	const writers, calls, perCall = 4, 20, 10
	const all = writers * calls * perCall
	follower := followFrom(t, newJournal(openAt(t, address)), 0)

	consuming, stop := context.WithCancel(ctx)
	defer stop()
	consumed := make(chan activity.Position, all)
	ended := make(chan error, 1)
	consumer := newJournal(openAt(t, address))
	go func() {
		ended <- consumer.Consume(consuming, "mailer", func(_ context.Context, entries []activity.Entry) error {
			for _, e := range entries {
				consumed <- e.Position
			}
			return nil
		})
	}()

	s := openAt(t, address)
	journal := newJournal(s)
	var recorded []activity.Event
	var mu sync.Mutex
	var recording sync.WaitGroup
	for w := range writers {
		recording.Go(func() {
			for range calls {
				tx, err := s.DB().BeginTx(ctx, nil)
				if err != nil {
					t.Error(err)
					return
				}
				drafts := make([]activity.Draft, perCall)
				for i := range drafts {
					drafts[i] = noteAdded.New(note{Call: i}).By(ana)
				}
				events, err := journal.With(s.Tx(tx)).Tenant(skipTenants[w%len(skipTenants)]).Record(ctx, drafts...)
				if err == nil {
					err = tx.Commit()
				}
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				recorded = append(recorded, events...)
				mu.Unlock()
			}
		})
	}
	recording.Wait()
	if t.Failed() {
		return
	}
	follower.expect(0, recorded)
	for want := range activity.Position(all) {
		select {
		case p := <-consumed:
			if p != want+1 {
				t.Fatalf("position %d was handled after %d", p, want)
			}
		case err := <-ended:
			t.Fatalf("Consume = %v", err)
		case <-time.After(time.Minute):
			t.Fatalf("nothing is handled after %d", want)
		}
	}
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("Consume = %v", err)
	}
}
