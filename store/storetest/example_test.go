package storetest_test

import (
	"context"
	"log/slog"
	"testing"

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
