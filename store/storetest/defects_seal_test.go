package storetest

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-activity/activity"
)

func sealDefects() []defect {
	const all, part, numbers, order, undone, leaves, trees = "sealing all", "sealing a part", "positions and indexes", "order of positions", "events that were undone", "leaves", "trees"
	const together, open, beside = "concurrent seals", "events of open transactions", "reading beside seals"
	return []defect{
		{"leaves the last event without a position", all, with(sealing(func(limit, waiting int) int { return min(limit, waiting-1) }))},
		{"returns the limit of Seal", all, with(broken{brokenLedger: brokenLedger{seal: func(ctx context.Context, in activity.Store, limit int) (int, error) {
			_, err := in.Seal(ctx, limit)
			return limit, err
		}}})},
		{"gives a known key a position", all, with(broken{append: storesTwice})},
		{"ignores the limit of Seal", part, with(sealing(func(int, int) int { return 1000 }))},
		{"gives one position less than the limit", part, with(sealing(func(limit, waiting int) int { return min(limit-1, waiting) }))},
		{"begins positions at 0", numbers, with(onEntries(func(e *activity.EntryRow) { e.Position-- }))},
		{"leaves gaps between positions", numbers, with(onEntries(func(e *activity.EntryRow) { e.Position *= 2 }))},
		{"begins indexes at 1", numbers, with(onEntries(func(e *activity.EntryRow) { e.Index++ }))},
		{"has one index for all tenants", numbers, with(onEntries(func(e *activity.EntryRow) { e.Index = int64(e.Position) - 1 }))},
		{"gives positions as events come", order, each(sealsAtOnce)},
		{"gives positions in any order of one time", order, with(broken{brokenLedger: brokenLedger{entries: swapsTies}})},
		{"gives positions to what was undone", undone, with(broken{inTx: keepsOnError})},
		{"gives positions to what was undone in a joined transaction", undone, with(broken{inTx: noSavepoint})},
		{"has leaves without keys", leaves, with(onEntries(func(e *activity.EntryRow) {
			row := e.Event
			if row.Key != "" {
				row.Key, row.Salts = "", row.Salts[:len(row.Salts)-16]
				e.Leaf = row.Leaf()
			}
		}))},
		{"has leaves without entities", leaves, with(onEntries(func(e *activity.EntryRow) {
			row := e.Event
			row.About, row.Salts = nil, row.Salts[:len(row.Salts)-16*len(row.About)]
			e.Leaf = row.Leaf()
		}))},
		{"forgets the edge of a tree when a tile is full", trees, with(onHeads(func(h *activity.TreeHead) {
			if len(h.Edge) > 1 && h.Size > tileWidth {
				h.Edge = h.Edge[:len(h.Edge)-1]
			}
		}))},
		{"mistakes the roots of tiles", trees, with(onTiles(func(id activity.TileID, tile []byte) []byte {
			if id.Level > 0 && len(tile) > 32 {
				copy(tile[32:], tile[:32])
			}
			return tile
		}))},
		{"leaves out tiles that became full in one call", trees, with(onTiles(func(id activity.TileID, tile []byte) []byte {
			if id.Index == 4 {
				return nil
			}
			return tile
		}))},
		{"counts what others seal", together, each(countsOthers)},
		{"gives positions to what is not committed", open, with(broken{inTx: noTransaction})},
		{"waits for open transactions", open, each(waitsForOpen)},
		{"passes over what is committed late", open, with(manyWriters(dropsLate))},
		{"shows positions before those below", beside, each(showsEarly)},
	}
}

// sealing is a store whose Seal has another limit.
func sealing(change func(limit, waiting int) int) broken {
	return broken{brokenLedger: brokenLedger{seal: func(ctx context.Context, in activity.Store, limit int) (int, error) {
		u, err := in.Unsealed(ctx)
		if err != nil {
			return 0, err
		}
		return in.Seal(ctx, max(0, change(limit, int(u.Events))))
	}}}
}

// onEntries is a store that returns other entries.
func onEntries(change func(e *activity.EntryRow)) broken {
	return broken{brokenLedger: brokenLedger{entries: func(ctx context.Context, in activity.Store, q activity.EntryQuery) ([]activity.EntryRow, error) {
		entries, err := in.Entries(ctx, q)
		for i := range entries {
			change(&entries[i])
		}
		return entries, err
	}}}
}

func onHeads(change func(h *activity.TreeHead)) broken {
	return broken{brokenLedger: brokenLedger{head: func(ctx context.Context, in activity.Store, tenant string) (activity.TreeHead, error) {
		h, err := in.Head(ctx, tenant)
		change(&h)
		return h, err
	}}}
}

func onTiles(change func(id activity.TileID, tile []byte) []byte) broken {
	return broken{brokenLedger: brokenLedger{tiles: func(ctx context.Context, in activity.Store, tenant string, ids []activity.TileID) ([][]byte, error) {
		tiles, err := in.Tiles(ctx, tenant, ids)
		for i := range tiles {
			tiles[i] = change(ids[i], tiles[i])
		}
		return tiles, err
	}}}
}

// storesTwice stores a row with a known key without it, too.
func storesTwice(ctx context.Context, in activity.Store, rows []activity.EventRow) ([]activity.Event, error) {
	events, err := in.AppendEvents(ctx, rows)
	for i, e := range events {
		if row := rows[i]; e.ID != row.ID {
			row.Key, row.Salts = "", row.Salts[:len(row.Salts)-16]
			in.AppendEvents(ctx, []activity.EventRow{row})
		}
	}
	return events, err
}

// sealsAtOnce gives positions to events when they are appended.
func sealsAtOnce() broken {
	var sealed atomic.Int64
	return broken{
		append: func(ctx context.Context, in activity.Store, rows []activity.EventRow) ([]activity.Event, error) {
			events, err := in.AppendEvents(ctx, rows)
			if err == nil {
				n, _ := in.Seal(ctx, 1000)
				sealed.Add(int64(n))
			}
			return events, err
		},
		brokenLedger: brokenLedger{seal: func(context.Context, activity.Store, int) (int, error) { return int(sealed.Swap(0)), nil }},
	}
}

// swapsTies returns events of one time and tenant in each other's place.
func swapsTies(ctx context.Context, in activity.Store, q activity.EntryQuery) ([]activity.EntryRow, error) {
	entries, err := in.Entries(ctx, q)
	for i := range entries {
		for j := range i {
			a, b := &entries[i], &entries[j]
			if a.Tenant == b.Tenant && a.Event.RecordedAt.Equal(b.Event.RecordedAt) {
				a.ID, a.Leaf, a.Event, b.ID, b.Leaf, b.Event = b.ID, b.Leaf, b.Event, a.ID, a.Leaf, a.Event
			}
		}
	}
	return entries, err
}

// countsOthers counts, in its first call, what another gave positions to meanwhile.
func countsOthers() broken {
	var calls atomic.Int64
	other := make(chan struct{})
	done := sync.OnceFunc(func() { close(other) })
	return broken{brokenLedger: brokenLedger{seal: func(ctx context.Context, in activity.Store, limit int) (int, error) {
		first := calls.Add(1) == 1
		before, err := in.Unsealed(ctx)
		if err != nil {
			return 0, err
		}
		if first {
			<-other
		}
		n, err := in.Seal(ctx, limit)
		if first {
			after, _ := in.Unsealed(ctx)
			return int(after.Last - before.Last), err
		}
		if n > 0 {
			done()
		}
		return n, err
	}}}
}

// manyWriters is a store on which many can write at one time: what a transaction appends is stored when it ends, with commit.
func manyWriters(commit func(ctx context.Context, in activity.Store, rows []activity.EventRow) error) broken {
	return broken{inTx: func(ctx context.Context, in activity.Store, fn func(activity.Store) error) error {
		var rows []activity.EventRow
		err := fn(&brokenStore{in: in, defect: &broken{append: func(_ context.Context, _ activity.Store, more []activity.EventRow) ([]activity.Event, error) {
			rows = append(rows, more...)
			return make([]activity.Event, len(more)), nil
		}}})
		if err != nil {
			return err
		}
		return commit(ctx, in, rows)
	}}
}

func waitsForOpen() broken {
	var open atomic.Int64
	b := manyWriters(func(ctx context.Context, in activity.Store, rows []activity.EventRow) error {
		_, err := in.AppendEvents(ctx, rows)
		return err
	})
	inTx := b.inTx
	b.inTx = func(ctx context.Context, in activity.Store, fn func(activity.Store) error) error {
		open.Add(1)
		defer open.Add(-1)
		return inTx(ctx, in, fn)
	}
	b.seal = func(ctx context.Context, in activity.Store, limit int) (int, error) {
		if open.Load() > 0 {
			return 0, context.DeadlineExceeded // which comes sooner than in earnest
		}
		return in.Seal(ctx, limit)
	}
	return b
}

// dropsLate forgets what was recorded before something that has a position, as one does who remembers the last time seen.
func dropsLate(ctx context.Context, in activity.Store, rows []activity.EventRow) error {
	entries, err := in.Entries(ctx, activity.EntryQuery{Limit: 1000})
	if err != nil {
		return err
	}
	var latest time.Time
	for _, e := range entries {
		if e.Event.RecordedAt.After(latest) {
			latest = e.Event.RecordedAt
		}
	}
	for _, row := range rows {
		if row.RecordedAt.After(latest) {
			if _, err := in.AppendEvents(ctx, []activity.EventRow{row}); err != nil {
				return err
			}
		}
	}
	return nil
}

// showsEarly leaves out, once, the entry before the last.
func showsEarly() broken {
	var once atomic.Bool
	return broken{brokenLedger: brokenLedger{entries: func(ctx context.Context, in activity.Store, q activity.EntryQuery) ([]activity.EntryRow, error) {
		entries, err := in.Entries(ctx, q)
		if n := len(entries); n > 1 && !once.Swap(true) {
			entries = append(entries[:n-2], entries[n-1])
		}
		return entries, err
	}}}
}
