package memstore

import (
	"cmp"
	"slices"
	"time"

	"github.com/go-activity/activity"
)

// waiting is an event without a position.
type waiting struct {
	tenant string
	id     activity.ID
	at     time.Time // RecordedAt
	leaf   activity.Hash
}

// entry is what the ledger holds of an event.
type entry struct {
	position activity.Position
	tenant   string
	index    int64
	id       activity.ID
	leaf     activity.Hash
}

// chain is the ledger of one tenant. The leaves are those of the entries, so that nodes has only the hashes of the tiles
// of level 1, those of level 2, and so on, each level from its first tile on.
type chain struct {
	tree    activity.TreeHead
	entries list[*entry]
	nodes   []list[activity.Hash]
}

// tileWidth is how many hashes a full tile has.
const tileWidth = 256

// seal returns the state with positions given to the first events of those that wait, and their number.
func (s *state) seal(limit int) (*state, int) {
	if len(s.waiting.items) == 0 {
		return s, 0
	}
	queue := slices.Clone(s.waiting.items)
	slices.SortFunc(queue, func(a, b *waiting) int { return cmp.Or(a.at.Compare(b.at), a.id.Compare(b.id)) })
	n := min(len(queue), limit)
	next := s.fork()
	next.waiting = list[*waiting]{}.add(queue[n:]...)
	added := map[string][]*entry{}
	for _, w := range queue[:n] {
		e := &entry{
			position: activity.Position(len(next.entries.items) + 1), tenant: w.tenant,
			index: next.tenants[w.tenant].chain.tree.Size + int64(len(added[w.tenant])), id: w.id, leaf: w.leaf,
		}
		next.entries = next.entries.add(e)
		added[w.tenant] = append(added[w.tenant], e)
	}
	for name, entries := range added {
		t := next.tenants[name]
		t.chain = t.chain.grow(entries)
		next.tenants[name] = t
	}
	return next, n
}

// grow returns the chain with entries added.
func (c chain) grow(entries []*entry) chain {
	tail := leaves(c.entries.items[len(c.entries.items)-c.tree.Tail(len(entries)):])
	c.nodes = slices.Clone(c.nodes)
	for _, tile := range c.tree.Grow(tail, leaves(entries)) {
		if tile.Level == 0 {
			continue
		}
		if len(c.nodes) < tile.Level {
			c.nodes = append(c.nodes, list[activity.Hash]{})
		}
		c.nodes[tile.Level-1] = c.nodes[tile.Level-1].add(tile.Hashes...) // by ascending index, as Grow returns them
	}
	c.entries = c.entries.add(entries...)
	c.tree.Position = entries[len(entries)-1].position
	return c
}

func leaves(entries []*entry) []activity.Hash {
	hashes := make([]activity.Hash, len(entries))
	for i, e := range entries {
		hashes[i] = e.leaf
	}
	return hashes
}

func (s *state) unsealed() activity.Unsealed {
	u := activity.Unsealed{Events: int64(len(s.waiting.items)), Last: activity.Position(len(s.entries.items))}
	for _, w := range s.waiting.items {
		if u.Oldest.IsZero() || w.at.Before(u.Oldest) {
			u.Oldest = w.at
		}
	}
	return u
}

func (s *state) findEntries(q *activity.EntryQuery) []activity.EntryRow {
	entries := s.entries.items
	if q.Tenant != "" {
		entries = s.tenants[q.Tenant].chain.entries.items
	}
	first, _ := slices.BinarySearchFunc(entries, q.After+1, func(e *entry, p activity.Position) int { return cmp.Compare(e.position, p) })
	var rows []activity.EntryRow
	for _, e := range entries[first:] {
		if len(rows) == q.Limit {
			break
		}
		if row := s.row(e); q.Match(&row) {
			rows = append(rows, row)
		}
	}
	return rows
}

// row returns an entry with its event, if that is still there.
func (s *state) row(e *entry) activity.EntryRow {
	row := activity.EntryRow{Position: e.position, Tenant: e.tenant, Index: e.index, ID: e.id, Leaf: e.leaf}
	t := s.tenants[e.tenant]
	if i, ok := t.search(e.id); ok {
		row.Event = *clone(t.rows[i])
		row.Event.Dated = false
	}
	return row
}

func (s *state) entry(tenant string, id activity.ID) (activity.EntryRow, error) {
	entries := s.entries.items
	if tenant != "" {
		entries = s.tenants[tenant].chain.entries.items
	}
	for _, e := range slices.Backward(entries) { // who asks has mostly recorded it just now
		if e.id == id {
			return s.row(e), nil
		}
	}
	return activity.EntryRow{}, activity.ErrNotFound
}

func (s *state) head(tenant string) activity.TreeHead {
	head := s.tenants[tenant].chain.tree
	head.Edge = slices.Clone(head.Edge)
	return head
}

func (s *state) tiles(tenant string, tiles []activity.TileID) [][]byte {
	c := s.tenants[tenant].chain
	found := make([][]byte, len(tiles))
	for i, tile := range tiles {
		for _, hash := range c.tile(tile) {
			found[i] = append(found[i], hash[:]...)
		}
	}
	return found
}

// tile returns the hashes of a tile.
func (c chain) tile(id activity.TileID) []activity.Hash {
	if id.Level < 0 || id.Level > len(c.nodes) || id.Index < 0 {
		return nil
	}
	if id.Level == 0 {
		return leaves(cut(c.entries.items, id.Index))
	}
	return cut(c.nodes[id.Level-1].items, id.Index)
}

// cut returns what a tile has of the nodes of its level.
func cut[T any](nodes []T, tile int64) []T {
	size := int64(len(nodes))
	if tile > size/tileWidth {
		return nil
	}
	return nodes[tile*tileWidth : min((tile+1)*tileWidth, size)]
}

// strays looks for events of which seal knows nothing.
func (s *state) strays(tenant string, after activity.ID, limit int) []activity.ID {
	known := map[activity.ID]bool{}
	for _, w := range s.waiting.items {
		known[w.id] = true
	}
	t := s.tenants[tenant]
	for _, e := range t.chain.entries.items {
		known[e.id] = true
	}
	var ids []activity.ID
	for _, row := range t.rows { // by ID
		if row.ID.Compare(after) > 0 && !known[row.ID] && len(ids) < limit {
			ids = append(ids, row.ID)
		}
	}
	return ids
}

func (s *state) ledgers(after string, limit int) []string {
	var names []string
	for name, t := range s.tenants {
		if name > after && len(t.chain.entries.items) > 0 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names[:min(len(names), limit)]
}
