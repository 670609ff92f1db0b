package memstore_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/memstore"
	"github.com/go-activity/activity/store/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(*testing.T) activity.Store { return memstore.New() })
}

func TestWaitingForTheWriterHonoursContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New()
		defer store.Close()
		waited := make(chan error, 1)
		err := store.InTx(t.Context(), func(activity.Store) error {
			ctx, cancel := context.WithCancel(t.Context())
			go func() { waited <- store.InTx(ctx, func(activity.Store) error { return errors.New("it ran") }) }()
			synctest.Wait() // until it waits
			cancel()
			if err := <-waited; !errors.Is(err, context.Canceled) {
				t.Errorf("InTx while another runs = %v, want the context's error", err)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestWriterIsFreeAgain(t *testing.T) {
	store := memstore.New()
	defer store.Close()
	ctx := t.Context()
	failures := map[string]func(activity.Store) error{
		"error": func(activity.Store) error { return errors.New("no") },
		"panic": func(activity.Store) error { panic("no") },
	}
	for name, fn := range failures {
		func() {
			defer func() { recover() }()
			store.InTx(ctx, fn)
		}()
		if err := store.InTx(ctx, func(activity.Store) error { return nil }); err != nil {
			t.Errorf("InTx after %s = %v", name, err)
		}
	}
}

func TestEndedTransaction(t *testing.T) {
	store := memstore.New()
	defer store.Close()
	ctx := t.Context()
	var ended activity.Store
	if err := store.InTx(ctx, func(tx activity.Store) error { ended = tx; return nil }); err != nil {
		t.Fatal(err)
	}
	_, eventErr := ended.Event(ctx, "acme", activity.ID{1})
	_, feedErr := ended.Feed(ctx, activity.EventQuery{Tenant: "acme", Limit: 1})
	_, appendErr := ended.AppendEvents(ctx, []activity.EventRow{{Event: activity.Event{ID: activity.ID{1}, Tenant: "acme"}}})
	joinErr := ended.InTx(ctx, func(activity.Store) error { return nil })
	for call, err := range map[string]error{"Event": eventErr, "Feed": feedErr, "AppendEvents": appendErr, "InTx": joinErr} {
		if !errors.Is(err, sql.ErrTxDone) {
			t.Errorf("%s after the transaction = %v, want sql.ErrTxDone", call, err)
		}
	}
}

func TestCloseDuringTransaction(t *testing.T) {
	store := memstore.New()
	err := store.InTx(t.Context(), func(tx activity.Store) error {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
		if _, err := tx.Event(t.Context(), "acme", activity.ID{1}); !errors.Is(err, activity.ErrClosed) {
			t.Errorf("Event in a transaction of a closed store = %v, want ErrClosed", err)
		}
		return nil
	})
	if !errors.Is(err, activity.ErrClosed) {
		t.Errorf("InTx of a store that was closed meanwhile = %v, want ErrClosed", err)
	}
}

func TestMigrate(t *testing.T) {
	store := memstore.New()
	if err := store.Migrate(t.Context()); err != nil {
		t.Errorf("Migrate = %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := store.Migrate(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Migrate with a cancelled context = %v", err)
	}
	store.Close()
	if err := store.Migrate(t.Context()); !errors.Is(err, activity.ErrClosed) {
		t.Errorf("Migrate after Close = %v, want ErrClosed", err)
	}
}
