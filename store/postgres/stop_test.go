package postgres_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/go-activity/activity/internal/pgtest"
	"github.com/go-activity/activity/store/postgres"
)

// A call whose context ends stops its own statement, and never the next one on its connection.
func TestStopsItsOwnOnly(t *testing.T) {
	s, err := postgres.Open(t.Context(), pgtest.New(t))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.DB().SetMaxOpenConns(8)
	deadline := time.Now().Add(2 * time.Second)
	var all sync.WaitGroup
	defer all.Wait()
	for i := range 32 {
		all.Go(func() {
			for stopped := 0; time.Now().Before(deadline); {
				ctx, stop := t.Context(), func() {}
				if i%2 == 0 { // about when it ends by itself
					ctx, stop = context.WithTimeout(ctx, time.Duration(rand.Int64N(int64(4*time.Millisecond))))
				}
				_, err := s.DB().ExecContext(ctx, `SELECT pg_sleep(0.002)`)
				stop()
				switch {
				case err != nil && ctx.Err() == nil:
					t.Errorf("after %d that were stopped: %v", stopped, err)
					return
				case err != nil:
					stopped++
				}
			}
		})
	}
}
