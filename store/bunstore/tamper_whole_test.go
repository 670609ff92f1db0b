package bunstore_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/go-activity/activity"
)

// swaps exchanges values of two rows.
func (x *tampering) swaps(rows []row, random *rand.Rand, each int) {
	for i, c := range x.columns[rows[0].table] {
		for range each {
			a, b := rows[random.IntN(len(rows))], rows[random.IntN(len(rows))]
			if fmt.Sprint(a.cells[i]) == fmt.Sprint(b.cells[i]) {
				continue
			}
			what := "swap " + a.table + "." + c.name
			x.sees(what, x.indexOf(a), func() error {
				return errors.Join(x.remove(a), x.remove(b), x.insert(x.with(a, c.name, b.cells[i])), x.insert(x.with(b, c.name, a.cells[i])))
			})
		}
	}
}

// inserts adds rows that look like others.
func (x *tampering) inserts() {
	must := func(what string, index int64, r row) {
		x.t.Helper()
		if !x.sees(what, index, func() error { return x.insert(r) }) {
			x.t.Errorf("%s was refused", what)
		}
	}
	events, entries, tiles := x.rows("activity_event"), x.rows("activity_ledger"), x.rows("activity_tile")
	event := x.with(x.with(events[0], "id", altered(events[0].cells[0], 35%length(events[0].cells[0]))), "key", nil)
	must("an event like another", somewhere, event)
	entry := x.with(x.with(entries[5], "position", x.numberCell(9_000)), "index", x.numberCell(x.since.Size))
	must("an entry after the last", x.since.Size, x.with(entry, "event_id", event.cells[0]))
	must("an entry before the first", -7, x.with(x.with(entry, "index", x.numberCell(-7)), "event_id", event.cells[0]))
	for _, tile := range tiles {
		must("a tile after the last", x.since.Size-1, x.with(tile, "index", x.numberCell(x.number(tile, "index")+1)))
		must("a tile above the highest", x.since.Size-1, x.with(x.with(tile, "level", x.numberCell(2)), "index", x.numberCell(0)))
		if x.number(tile, "level") == 0 {
			x.sees("a tile without hashes", 0, func() error { return x.set(tile, column{"hashes", "bytea"}, []byte{}) })
		}
	}
}

func (x *tampering) numberCell(n int64) cell {
	if x.postgres {
		return fmt.Sprint(n)
	}
	return n
}

// cuts takes away the last entries, and then makes all else agree with that, as the library would.
func (x *tampering) cuts() {
	for _, keep := range []int64{x.since.Size - 1, 257, 256, 255, 100, 1, 0} {
		cut := func() error {
			return x.try(`DELETE FROM activity_ledger WHERE tenant = 'acme' AND "index" >= ?`, keep)
		}
		x.sees(fmt.Sprintf("cut at %d", keep), keep, cut)
		x.sees(fmt.Sprintf("cut at %d, with the rest", keep), keep, func() error {
			if err := cut(); err != nil {
				return err
			}
			return x.rebuild()
		})
	}
	// Somebody changes an event, and computes everything anew: only the root at the checkpoint differs.
	events := x.rows("activity_event")
	x.sees("another history", x.since.Size-1, func() error {
		entries, err := x.store.Tx(x.tx).Entries(x.t.Context(), activity.EntryQuery{Tenant: "acme", Index: 200, Limit: 1})
		if err != nil {
			return err
		}
		e := entries[0].Event
		e.Payload = []byte(strings.Replace(string(e.Payload), "said", "sold", 1))
		leaf := e.Leaf()
		i := slices.IndexFunc(events, func(r row) bool { return x.indexOf(r) == 200 })
		return errors.Join(
			x.try(`UPDATE activity_event SET payload = ?`+x.where(events[i]), string(e.Payload)),
			x.try(`UPDATE activity_ledger SET leaf = ? WHERE tenant = 'acme' AND "index" = 200`, leaf[:]), x.rebuild())
	})
}

// rebuild writes tiles and head anew, from the entries that there are.
func (x *tampering) rebuild() error {
	ctx := x.t.Context()
	entries, err := x.store.Tx(x.tx).Entries(ctx, activity.EntryQuery{Tenant: "acme", Limit: 10_000})
	if err != nil {
		return err
	}
	var leaves []activity.Hash
	var head activity.TreeHead
	for _, e := range entries {
		leaves, head.Position = append(leaves, e.Leaf), e.Position
	}
	tiles := head.Grow(nil, leaves)
	err = errors.Join(x.try(`DELETE FROM activity_tile WHERE tenant = 'acme'`), x.try(`DELETE FROM activity_head WHERE tenant = 'acme'`))
	for _, tile := range tiles {
		err = errors.Join(err, x.try(`INSERT INTO activity_tile (tenant, level, "index", hashes) VALUES ('acme', ?, ?, ?)`, tile.Level, tile.Index, joined(tile.Hashes)))
	}
	if head.Size > 0 {
		err = errors.Join(err, x.try(`INSERT INTO activity_head (tenant, size, edge, position) VALUES ('acme', ?, ?, ?)`, head.Size, joined(head.Edge), head.Position))
	}
	return err
}

func joined(hashes []activity.Hash) []byte {
	var b []byte
	for _, hash := range hashes {
		b = append(b, hash[:]...)
	}
	return b
}
