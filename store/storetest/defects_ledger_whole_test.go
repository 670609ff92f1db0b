package storetest

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-activity/activity"
)

func ledgerWholeDefects() []defect {
	const together, memory, tenants, times, ends = "concurrent use of the ledger", "memory of the ledger", "tenants of all that is erased", "times of the ledger", "context that ends at any moment, ledger"
	const commit, fails = "commit of the ledger", "error or panic after writing the ledger"
	return slices.Concat([]defect{
		{"refuses to seal beside others", together, each(refusesSeal)},
		{"does not tell what it removed", together, with(removing(func(ctx context.Context, in activity.Store, tenant string, ids []activity.ID) ([]activity.ID, error) {
			_, err := in.RemoveEvents(ctx, tenant, ids)
			return nil, err
		}))},
		{"shares the entries that it returns", memory, each(sharesEntries)},
		{"shares the edges that it returns", memory, each(sharesHeads)},
		{"shares the tiles that it returns", memory, each(sharesTiles)},
		{"shares what is parked", memory, each(sharesParked)},
		{"keeps what it is given to park", memory, each(keepsParked)},
		{"returns salts in one piece of memory", memory, with(broken{brokenLedger: brokenLedger{entries: saltsInOnePiece}})},
		{"changes the list that it removes", memory, with(removing(func(ctx context.Context, in activity.Store, tenant string, ids []activity.ID) ([]activity.ID, error) {
			slices.SortFunc(ids, activity.ID.Compare)
			return in.RemoveEvents(ctx, tenant, ids)
		}))},
		{"erases for any tenant", tenants, with(erasing(func(q *activity.EraseQuery) { q.Tenant = globex }))},
		{"removes for any tenant", tenants, with(removing(func(ctx context.Context, in activity.Store, _ string, ids []activity.ID) ([]activity.ID, error) {
			return in.RemoveEvents(ctx, globex, ids)
		}))},
		{"lifts legal holds for any tenant", tenants, with(broken{brokenErase: brokenErase{liftLegalHold: func(ctx context.Context, in activity.Store, _ string, entity activity.Entity) error {
			return in.LiftLegalHold(ctx, globex, entity)
		}}})},
		{"keeps milliseconds of what waits", times, with(unsealing(func(u *activity.Unsealed) { u.Oldest = u.Oldest.Truncate(time.Millisecond) }))},
		{"returns local times of what waits", times, with(unsealing(func(u *activity.Unsealed) { u.Oldest = u.Oldest.In(elsewhere) }))},
		{"returns local times of entries", times, with(onEntries(func(e *activity.EntryRow) { e.Event.RecordedAt = e.Event.RecordedAt.In(elsewhere) }))},
		{"seals half, whatever the context", ends, with(broken{brokenLedger: brokenLedger{seal: func(ctx context.Context, in activity.Store, limit int) (int, error) {
			return in.Seal(context.WithoutCancel(ctx), (limit+1)/2)
		}}})},
		{"erases half until the context ends", ends, with(erasingBy(func(ctx context.Context, in activity.Store, q activity.EraseQuery) (activity.Erased, error) {
			q.Limit = 1
			if e, err := in.Erase(context.WithoutCancel(ctx), q); err != nil {
				return e, err
			}
			<-ctx.Done()
			return activity.Erased{}, ctx.Err()
		}))},
		{"rolls back the ledger that it should commit", commit, with(broken{inTx: rollsBack})},
		{"shows the ledger early", commit, with(broken{inTx: noTransaction})},
		{"hides a transaction's ledger from itself", commit, with(broken{inTx: readsOutside})},
		{"reads the ledger outside in a joined transaction", commit, with(broken{inTx: joinReadsOutside})},
		{"commits all but what a consumer says", commit, with(insideTx(broken{brokenLedger: brokenLedger{moveConsumer: func(context.Context, activity.Store, activity.ConsumerMove) error { return nil }}}))},
		{"keeps the ledger on an error", fails, with(broken{inTx: keepsOnError})},
		{"keeps the ledger on a panic", fails, with(broken{inTx: keepsOnPanic})},
		{"keeps the ledger on an error in a joined transaction", fails, with(broken{inTx: noSavepoint})},
	}, ledgerContextDefects())
}

// refusesSeal refuses the third call, as one does that would wait for another.
func refusesSeal() broken {
	var calls atomic.Int64
	return broken{brokenLedger: brokenLedger{seal: func(ctx context.Context, in activity.Store, limit int) (int, error) {
		if calls.Add(1) == 3 {
			return 0, errBusy
		}
		return in.Seal(ctx, limit)
	}}}
}

// sharesEntries returns events that it has returned before.
func sharesEntries() broken {
	var kept sync.Map
	return onEntries(func(e *activity.EntryRow) {
		if known, ok := kept.LoadOrStore(e.ID, e.Event); ok && !e.Event.ID.IsZero() {
			e.Event = known.(activity.EventRow)
		}
	})
}

func sharesHeads() broken {
	var kept sync.Map
	return onHeads(func(h *activity.TreeHead) {
		edge, _ := kept.LoadOrStore(h.Position, h.Edge)
		h.Edge = edge.([]activity.Hash)
	})
}

func sharesTiles() broken {
	var kept sync.Map
	return onTiles(func(id activity.TileID, tile []byte) []byte {
		known, _ := kept.LoadOrStore(id, tile)
		return known.([]byte)
	})
}

func sharesParked() broken {
	var mu sync.Mutex
	var kept []activity.Parked
	return listingParked(func(list []activity.Parked, _ activity.Position, _ int) []activity.Parked {
		mu.Lock()
		defer mu.Unlock()
		if kept == nil {
			kept = list
		}
		return kept
	})
}

// keepsParked keeps the list that it is given.
func keepsParked() broken {
	var mu sync.Mutex
	var kept []activity.Parked
	b := listingParked(func(list []activity.Parked, _ activity.Position, _ int) []activity.Parked {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(kept)
	})
	b.moveConsumer = func(ctx context.Context, in activity.Store, m activity.ConsumerMove) error {
		mu.Lock()
		defer mu.Unlock()
		kept = m.Park
		return in.MoveConsumer(ctx, m)
	}
	return b
}

func saltsInOnePiece(ctx context.Context, in activity.Store, q activity.EntryQuery) ([]activity.EntryRow, error) {
	entries, err := in.Entries(ctx, q)
	var all []byte
	for _, e := range entries {
		all = append(all, e.Event.Salts...)
	}
	for i := range entries {
		n := len(entries[i].Event.Salts)
		entries[i].Event.Salts, all = all[:n], all[n:]
	}
	return entries, err
}

// ledgerContextDefects has a store for each call that ignores the context.
func ledgerContextDefects() []defect {
	return ignoringContext(map[string]broken{
		"Seal": {brokenLedger: brokenLedger{seal: func(ctx context.Context, in activity.Store, limit int) (int, error) {
			return in.Seal(context.WithoutCancel(ctx), limit)
		}}},
		"Unsealed": {brokenLedger: brokenLedger{unsealed: func(ctx context.Context, in activity.Store) (activity.Unsealed, error) {
			return in.Unsealed(context.WithoutCancel(ctx))
		}}},
		"Entries": {brokenLedger: brokenLedger{entries: func(ctx context.Context, in activity.Store, query activity.EntryQuery) ([]activity.EntryRow, error) {
			return in.Entries(context.WithoutCancel(ctx), query)
		}}},
		"Entry": {brokenLedger: brokenLedger{entry: func(ctx context.Context, in activity.Store, tenant string, id activity.ID) (activity.EntryRow, error) {
			return in.Entry(context.WithoutCancel(ctx), tenant, id)
		}}},
		"Head": {brokenLedger: brokenLedger{head: func(ctx context.Context, in activity.Store, tenant string) (activity.TreeHead, error) {
			return in.Head(context.WithoutCancel(ctx), tenant)
		}}},
		"Tiles": {brokenLedger: brokenLedger{tiles: func(ctx context.Context, in activity.Store, tenant string, tiles []activity.TileID) ([][]byte, error) {
			return in.Tiles(context.WithoutCancel(ctx), tenant, tiles)
		}}},
		"Strays": {brokenLedger: brokenLedger{strays: func(ctx context.Context, in activity.Store, tenant string, after activity.ID, limit int) ([]activity.ID, error) {
			return in.Strays(context.WithoutCancel(ctx), tenant, after, limit)
		}}},
		"Ledgers": {brokenLedger: brokenLedger{ledgers: func(ctx context.Context, in activity.Store, after string, limit int) ([]string, error) {
			return in.Ledgers(context.WithoutCancel(ctx), after, limit)
		}}},
		"TakeConsumer": {brokenLedger: brokenLedger{takeConsumer: func(ctx context.Context, in activity.Store, take activity.ConsumerTake) (activity.ConsumerState, error) {
			return in.TakeConsumer(context.WithoutCancel(ctx), take)
		}}},
		"MoveConsumer": {brokenLedger: brokenLedger{moveConsumer: func(ctx context.Context, in activity.Store, move activity.ConsumerMove) error {
			return in.MoveConsumer(context.WithoutCancel(ctx), move)
		}}},
		"ResetConsumer": {brokenLedger: brokenLedger{resetConsumer: func(ctx context.Context, in activity.Store, reset activity.ConsumerReset) error {
			return in.ResetConsumer(context.WithoutCancel(ctx), reset)
		}}},
		"Consumers": {brokenLedger: brokenLedger{consumers: func(ctx context.Context, in activity.Store) ([]activity.ConsumerState, error) {
			return in.Consumers(context.WithoutCancel(ctx))
		}}},
		"Parked": {brokenLedger: brokenLedger{parked: func(ctx context.Context, in activity.Store, name string, after activity.Position, limit int) ([]activity.Parked, error) {
			return in.Parked(context.WithoutCancel(ctx), name, after, limit)
		}}},
		"Unpark": {brokenLedger: brokenLedger{unpark: func(ctx context.Context, in activity.Store, name string, position activity.Position) error {
			return in.Unpark(context.WithoutCancel(ctx), name, position)
		}}},
		"Erase": {brokenErase: brokenErase{erase: func(ctx context.Context, in activity.Store, erase activity.EraseQuery) (activity.Erased, error) {
			return in.Erase(context.WithoutCancel(ctx), erase)
		}}},
		"RemoveEvents": {brokenErase: brokenErase{removeEvents: func(ctx context.Context, in activity.Store, tenant string, ids []activity.ID) ([]activity.ID, error) {
			return in.RemoveEvents(context.WithoutCancel(ctx), tenant, ids)
		}}},
		"Reports": {brokenErase: brokenErase{reports: func(ctx context.Context, in activity.Store, query activity.ReportsQuery) ([]activity.ReportRef, error) {
			return in.Reports(context.WithoutCancel(ctx), query)
		}}},
		"RemoveOutcomes": {brokenErase: brokenErase{removeOutcomes: func(ctx context.Context, in activity.Store, tenant string, task activity.ID, limit int) (int, error) {
			return in.RemoveOutcomes(context.WithoutCancel(ctx), tenant, task, limit)
		}}},
		"SetLegalHold": {brokenErase: brokenErase{setLegalHold: func(ctx context.Context, in activity.Store, tenant string, hold activity.LegalHold) error {
			return in.SetLegalHold(context.WithoutCancel(ctx), tenant, hold)
		}}},
		"LiftLegalHold": {brokenErase: brokenErase{liftLegalHold: func(ctx context.Context, in activity.Store, tenant string, entity activity.Entity) error {
			return in.LiftLegalHold(context.WithoutCancel(ctx), tenant, entity)
		}}},
		"LegalHolds": {brokenErase: brokenErase{legalHolds: func(ctx context.Context, in activity.Store, tenant string) ([]activity.LegalHold, error) {
			return in.LegalHolds(context.WithoutCancel(ctx), tenant)
		}}},
	})
}
