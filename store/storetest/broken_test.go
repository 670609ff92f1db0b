package storetest

import (
	"context"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/memstore"
)

// broken is a store in memory with a defect: what is set here is called instead of the store's own
// method, with the store as its argument. The store of a transaction has the same defect, except for
// inTx, which is what makes the transaction.
type broken struct {
	append func(ctx context.Context, in activity.Store, rows []activity.EventRow) ([]activity.Event, error)
	event  func(ctx context.Context, in activity.Store, tenant string, id activity.ID) (activity.Event, error)
	feed   func(ctx context.Context, in activity.Store, query activity.EventQuery) ([]activity.Event, error)
	inTx   func(ctx context.Context, in activity.Store, fn func(activity.Store) error) error
	close  func(in activity.Store) error
}

// brokenStore is the store that a broken makes of another.
type brokenStore struct {
	in     activity.Store
	defect *broken
}

func newBroken(defect broken) activity.Store {
	return &brokenStore{in: memstore.New(), defect: &defect}
}

func (b *brokenStore) AppendEvents(ctx context.Context, rows []activity.EventRow) ([]activity.Event, error) {
	if b.defect.append != nil {
		return b.defect.append(ctx, b.in, rows)
	}
	return b.in.AppendEvents(ctx, rows)
}

func (b *brokenStore) Event(ctx context.Context, tenant string, id activity.ID) (activity.Event, error) {
	if b.defect.event != nil {
		return b.defect.event(ctx, b.in, tenant, id)
	}
	return b.in.Event(ctx, tenant, id)
}

func (b *brokenStore) Feed(ctx context.Context, query activity.EventQuery) ([]activity.Event, error) {
	if b.defect.feed != nil {
		return b.defect.feed(ctx, b.in, query)
	}
	return b.in.Feed(ctx, query)
}

func (b *brokenStore) InTx(ctx context.Context, fn func(activity.Store) error) error {
	inside := *b.defect
	inside.inTx = nil
	wrapped := func(tx activity.Store) error { return fn(&brokenStore{in: tx, defect: &inside}) }
	if b.defect.inTx != nil {
		return b.defect.inTx(ctx, b.in, wrapped)
	}
	return b.in.InTx(ctx, wrapped)
}

func (b *brokenStore) Close() error {
	if b.defect.close != nil {
		return b.defect.close(b.in)
	}
	return b.in.Close()
}
