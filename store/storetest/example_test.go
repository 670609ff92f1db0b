package storetest_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/memstore"
	"github.com/go-activity/activity/store/storetest"
)

// logged is a store of a host's own, which logs what another one stores.
type logged struct{ activity.Store }

func (l logged) AppendEvents(ctx context.Context, rows []activity.EventRow) ([]activity.Event, error) {
	events, err := l.Store.AppendEvents(ctx, rows)
	slog.DebugContext(ctx, "append", "events", len(events), "error", err)
	return events, err
}

func (l logged) InTx(ctx context.Context, fn func(activity.Store) error) error {
	return l.Store.InTx(ctx, func(tx activity.Store) error { return fn(logged{tx}) })
}

// A test of the store's package calls Run with a function that opens an empty store.
func ExampleRun() {
	var t *testing.T // the argument of TestStore

	storetest.Run(t, func(t *testing.T) activity.Store {
		return logged{memstore.New()}
	})
}

func TestLogged(t *testing.T) {
	storetest.Run(t, func(*testing.T) activity.Store { return logged{memstore.New()} })
}

// A test tells the oracle what was used, and when. Here, each unit was admitted by itself, and nobody looked at the
// window as a whole.
func ExampleQuotaOracle() {
	var oracle storetest.QuotaOracle
	key := activity.QuotaKey{Tenant: "acme", Quota: "emails"}
	perHour := []activity.Window{{Length: time.Hour, Limit: 2}}
	nine := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for _, minute := range []int{0, 40, 59} {
		oracle.Charge(key, storetest.QuotaCharged{At: nine.Add(time.Duration(minute) * time.Minute), Units: 1, Windows: perHour})
	}
	fmt.Println(oracle.Used(key, nine, nine.Add(time.Hour)), oracle.Check() != nil)
	// Output: 3 true
}
