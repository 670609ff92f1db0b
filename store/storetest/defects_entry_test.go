package storetest

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-activity/activity"
)

func entryDefects() []defect {
	type query = activity.EntryQuery
	type row = activity.EntryRow
	const waits, entries, limit, events, removed, one = "what waits", "entries", "limit of entries", "events of entries", "entries of removed events", "one entry"
	const heads, tiles, noTiles, strays, tenants = "heads", "tiles", "tiles that there are not", "strays", "tenants of the ledger"
	return []defect{
		{"counts what has a position", waits, with(unsealing(func(u *activity.Unsealed) { u.Events += int64(u.Last) }))},
		{"tells a later time as Oldest", waits, with(unsealing(func(u *activity.Unsealed) {
			if u.Events > 1 {
				u.Oldest = u.Oldest.Add(time.Second)
			}
		}))},
		{"tells the next position as Last", waits, with(unsealing(func(u *activity.Unsealed) { u.Last++ }))},
		{"counts what is not committed", waits, with(broken{inTx: noTransaction})},
		{"ignores After beside a tenant", entries, with(askingEntries(func(q *query) {
			if q.Tenant != "" {
				q.After = 0
			}
		}))},
		{"ignores Index beside After", entries, with(askingEntries(func(q *query) {
			if q.After > 0 {
				q.Index = 0
			}
		}))},
		{"returns the last entries first", entries, with(sievingEntries(func(_ query, list []row) []row {
			slices.Reverse(list)
			return list
		}))},
		{"returns what has no position", entries, with(broken{brokenLedger: brokenLedger{entries: withWaiting}})},
		{"returns one entry less than the limit", limit, with(askingEntries(func(q *query) { q.Limit-- }))},
		{"limits entries before it looks at the tenant", limit, with(sievingEntries(func(q query, list []row) []row {
			return slices.DeleteFunc(list[:min(q.Limit, len(list))], func(e row) bool { return !q.Match(&e) })
		}))},
		{"ignores the tenant of entries", "EntryQuery.Tenant", with(askingEntries(func(q *query) { q.Tenant = "" }))},
		{"ignores the case of the tenant of entries", "EntryQuery.Tenant", with(askingEntries(func(q *query) { q.Tenant = strings.ToLower(q.Tenant) }))},
		{"includes the entry at After", "EntryQuery.After", with(askingEntries(func(q *query) { q.After-- }))},
		{"leaves out the entry at Index", "EntryQuery.Index", with(askingEntries(func(q *query) { q.Index++ }))},
		{"takes a limit of 1 for none", "EntryQuery.Limit", with(askingEntries(func(q *query) {
			if q.Limit == 1 {
				q.Limit = 100
			}
		}))},
		{"forgets salts", events, with(onEntries(func(e *row) { e.Event.Salts = nil }))},
		{"writes payloads anew", events, with(onEntries(func(e *row) {
			var b bytes.Buffer
			json.Compact(&b, e.Event.Payload)
			e.Event.Payload = b.Bytes()
		}))},
		{"forgets the keys of entries", events, with(onEntries(func(e *row) { e.Event.Key = "" }))},
		{"keeps milliseconds of entries", events, with(onEntries(func(e *row) { e.Event.RecordedAt = e.Event.RecordedAt.Truncate(time.Millisecond) }))},
		{"leaves out entries of removed events", removed, with(sievingEntries(func(q query, list []row) []row {
			return slices.DeleteFunc(list, func(e row) bool { return e.Event.ID.IsZero() || !q.Match(&e) })
		}))},
		{"returns events that were removed", removed, each(returnsRemoved)},
		{"finds no entry of a removed event", removed, with(onEntry(func(_ string, e row, err error) (row, error) {
			if err == nil && e.Event.ID.IsZero() {
				return row{}, activity.ErrNotFound
			}
			return e, err
		}))},
		{"finds entries of any tenant", one, with(broken{brokenLedger: brokenLedger{entry: func(ctx context.Context, in activity.Store, _ string, id activity.ID) (row, error) {
			return in.Entry(ctx, "", id)
		}}})},
		{"finds no entry without a tenant", one, with(onEntry(func(tenant string, e row, err error) (row, error) {
			if tenant == "" {
				return row{}, activity.ErrNotFound
			}
			return e, err
		}))},
		{"finds entries of what waits", one, with(broken{brokenLedger: brokenLedger{entry: func(ctx context.Context, in activity.Store, tenant string, id activity.ID) (row, error) {
			e, err := in.Entry(ctx, tenant, id)
			if event, missing := in.Event(ctx, tenant, id); err != nil && missing == nil {
				return row{Tenant: tenant, ID: event.ID}, nil
			}
			return e, err
		}}})},
		{"takes the size of a tree for its position", heads, with(onHeads(func(h *activity.TreeHead) { h.Position = activity.Position(h.Size) }))},
		{"has a head of the empty tree", heads, with(onHeads(func(h *activity.TreeHead) {
			if h.Size == 0 {
				h.Edge = []activity.Hash{h.Root()}
			}
		}))},
		{"ignores the case of the tenant of a head", heads, with(broken{brokenLedger: brokenLedger{head: func(ctx context.Context, in activity.Store, tenant string) (activity.TreeHead, error) {
			return in.Head(ctx, strings.ToLower(tenant))
		}}})},
		{"returns tiles of level 0 when they are full", tiles, with(onTiles(func(id activity.TileID, tile []byte) []byte {
			if id.Level == 0 && len(tile) < 32*tileWidth {
				return nil
			}
			return tile
		}))},
		{"returns tiles in their order", tiles, with(broken{brokenLedger: brokenLedger{tiles: func(ctx context.Context, in activity.Store, tenant string, ids []activity.TileID) ([][]byte, error) {
			ids = slices.SortedFunc(slices.Values(ids), func(a, b activity.TileID) int { return int(1000*(a.Level-b.Level)) + int(a.Index-b.Index) })
			return in.Tiles(ctx, tenant, ids)
		}}})},
		{"returns the last tile for those after it", noTiles, with(broken{brokenLedger: brokenLedger{tiles: func(ctx context.Context, in activity.Store, tenant string, ids []activity.TileID) ([][]byte, error) {
			head, _ := in.Head(ctx, tenant)
			ids = slices.Clone(ids)
			for i := range ids {
				if ids[i].Level == 0 {
					ids[i].Index = min(ids[i].Index, max(0, head.Size-1)/tileWidth)
				}
			}
			return in.Tiles(ctx, tenant, ids)
		}}})},
		{"takes what waits for strays", strays, with(straying(func(ctx context.Context, in activity.Store, tenant string) (list []activity.ID) {
			events, _ := in.Feed(ctx, activity.EventQuery{Tenant: tenant, Limit: 100})
			for _, e := range events {
				if _, err := in.Entry(ctx, tenant, e.ID); err != nil {
					list = append(list, e.ID)
				}
			}
			return list
		}))},
		{"takes what was removed for strays", strays, with(straying(func(ctx context.Context, in activity.Store, tenant string) (list []activity.ID) {
			entries, _ := in.Entries(ctx, query{Tenant: tenant, Limit: 100})
			for _, e := range entries {
				if e.Event.ID.IsZero() {
					list = append(list, e.ID)
				}
			}
			return list
		}))},
		{"lists tenants that have events", tenants, each(listsWaiting)},
		{"lists tenants without case", tenants, with(listingLedgers(func(names []string, _ string, _ int) []string {
			slices.SortFunc(names, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
			return names
		}))},
		{"includes the tenant after which it lists", tenants, with(listingLedgers(func(names []string, after string, limit int) []string {
			return cutNames(names, func(name string) bool { return name >= after }, limit)
		}))},
		{"ignores the limit of tenants", tenants, with(listingLedgers(func(names []string, after string, _ int) []string {
			return cutNames(names, func(name string) bool { return name > after }, 100)
		}))},
	}
}

func unsealing(change func(u *activity.Unsealed)) broken {
	return broken{brokenLedger: brokenLedger{unsealed: func(ctx context.Context, in activity.Store) (activity.Unsealed, error) {
		u, err := in.Unsealed(ctx)
		change(&u)
		return u, err
	}}}
}

// askingEntries is a store that understands a query for entries in another way.
func askingEntries(change func(q *activity.EntryQuery)) broken {
	return broken{brokenLedger: brokenLedger{entries: func(ctx context.Context, in activity.Store, q activity.EntryQuery) ([]activity.EntryRow, error) {
		change(&q)
		return in.Entries(ctx, q)
	}}}
}

// sievingEntries is a store that makes its answer of all entries.
func sievingEntries(sieve func(q activity.EntryQuery, list []activity.EntryRow) []activity.EntryRow) broken {
	return broken{brokenLedger: brokenLedger{entries: func(ctx context.Context, in activity.Store, q activity.EntryQuery) ([]activity.EntryRow, error) {
		entries, err := in.Entries(ctx, activity.EntryQuery{Limit: 10_000})
		entries = sieve(q, entries)
		return entries[:min(len(entries), q.Limit)], err
	}}}
}

func onEntry(answer func(tenant string, e activity.EntryRow, err error) (activity.EntryRow, error)) broken {
	return broken{brokenLedger: brokenLedger{entry: func(ctx context.Context, in activity.Store, tenant string, id activity.ID) (activity.EntryRow, error) {
		e, err := in.Entry(ctx, tenant, id)
		return answer(tenant, e, err)
	}}}
}

// withWaiting returns events that have no position after those that have.
func withWaiting(ctx context.Context, in activity.Store, q activity.EntryQuery) ([]activity.EntryRow, error) {
	entries, err := in.Entries(ctx, q)
	events, _ := in.Feed(ctx, activity.EventQuery{Tenant: acme, Limit: 100})
	for _, e := range events {
		if _, missing := in.Entry(ctx, acme, e.ID); missing != nil && len(entries) < q.Limit {
			entries = append(entries, activity.EntryRow{Tenant: acme, ID: e.ID, Event: activity.EventRow{Event: e}})
		}
	}
	return entries, err
}

// returnsRemoved remembers events that it has stored.
func returnsRemoved() broken {
	var kept sync.Map
	b := onEntries(func(e *activity.EntryRow) {
		if row, ok := kept.Load(e.ID); ok && e.Event.ID.IsZero() {
			e.Event = row.(activity.EventRow)
		}
	})
	b.append = func(ctx context.Context, in activity.Store, rows []activity.EventRow) ([]activity.Event, error) {
		for _, row := range rows {
			kept.Store(row.ID, row)
		}
		return in.AppendEvents(ctx, rows)
	}
	return b
}

func straying(more func(ctx context.Context, in activity.Store, tenant string) []activity.ID) broken {
	return broken{brokenLedger: brokenLedger{strays: func(ctx context.Context, in activity.Store, tenant string, after activity.ID, limit int) ([]activity.ID, error) {
		ids, err := in.Strays(ctx, tenant, after, limit)
		return append(ids, more(ctx, in, tenant)...), err
	}}}
}

// listsWaiting lists tenants whose events have no position yet, too.
func listsWaiting() broken {
	var mu sync.Mutex
	seen := map[string]bool{}
	b := listingLedgers(func(names []string, after string, limit int) []string {
		mu.Lock()
		defer mu.Unlock()
		for name := range seen {
			names = append(names, name)
		}
		slices.Sort(names)
		return cutNames(slices.Compact(names), func(name string) bool { return name > after }, limit)
	})
	b.append = func(ctx context.Context, in activity.Store, rows []activity.EventRow) ([]activity.Event, error) {
		mu.Lock()
		defer mu.Unlock()
		seen[rows[0].Tenant] = true
		return in.AppendEvents(ctx, rows)
	}
	return b
}

// listingLedgers is a store that makes its list of all tenants.
func listingLedgers(list func(names []string, after string, limit int) []string) broken {
	return broken{brokenLedger: brokenLedger{ledgers: func(ctx context.Context, in activity.Store, after string, limit int) ([]string, error) {
		names, err := in.Ledgers(ctx, "", 1000)
		return list(names, after, limit), err
	}}}
}

func cutNames(names []string, wanted func(name string) bool, limit int) []string {
	names = slices.DeleteFunc(names, func(name string) bool { return !wanted(name) })
	return names[:min(len(names), limit)]
}
