package storetest

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"

	"github.com/go-activity/activity"
)

// book is what the ledger should hold: its entries, in their order.
type book []activity.EntryRow

// entered returns the book with rows that get the next positions, in this order.
func (b book) entered(rows ...activity.EventRow) book {
	b = slices.Clone(b)
	for _, row := range rows {
		e := activity.EntryRow{Position: activity.Position(len(b) + 1), Tenant: row.Tenant, ID: row.ID, Leaf: row.Leaf(), Event: row}
		for _, other := range b {
			if other.Tenant == row.Tenant {
				e.Index++
			}
		}
		b = append(b, e)
	}
	return b
}

// removed returns the book without the events of some entries.
func (b book) removed(ids ...activity.ID) book {
	b = slices.Clone(b)
	for i := range b {
		if slices.Contains(ids, b[i].ID) {
			b[i].Event = activity.EventRow{}
		}
	}
	return b
}

// of returns the entries of a tenant.
func (b book) of(tenant string) book {
	return slices.DeleteFunc(slices.Clone(b), func(e activity.EntryRow) bool { return e.Tenant != tenant })
}

// find returns the entries that a query finds. It takes EntryQuery by its comments, and not by its Match.
func (b book) find(q activity.EntryQuery) book {
	var found book
	for _, e := range b {
		if (q.Tenant == "" || e.Tenant == q.Tenant) && e.Position > q.After && (q.Tenant == "" || e.Index >= q.Index) {
			found = append(found, e)
		}
	}
	return found[:min(len(found), q.Limit)]
}

// tenants returns the names of those who have entries, in ascending order.
func (b book) tenants() []string {
	var names []string
	for _, e := range b {
		names = append(names, e.Tenant)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// head returns the tree of the entries, which are of one tenant, as adding all at once makes it.
func (b book) head() activity.TreeHead {
	var head activity.TreeHead
	if len(b) > 0 {
		head.Grow(nil, b.leaves())
		head.Position = b[len(b)-1].Position
	}
	return head
}

func (b book) leaves() []activity.Hash {
	leaves := make([]activity.Hash, len(b))
	for i, e := range b {
		leaves[i] = e.Leaf
	}
	return leaves
}

// tileWidth is how many hashes a full tile has.
const tileWidth = 256

// tile returns the hashes of a tile of the entries, which are of one tenant.
func (b book) tile(id activity.TileID) []byte {
	hashes := b.leaves()
	for range id.Level {
		var roots []activity.Hash
		for full := range slices.Chunk(hashes, tileWidth) {
			if len(full) == tileWidth {
				var tree activity.Tree
				tree.Grow(nil, full)
				roots = append(roots, tree.Root())
			}
		}
		hashes = roots
	}
	first := min(int64(len(hashes)), id.Index*tileWidth)
	var tile []byte
	for _, hash := range hashes[first:min(int64(len(hashes)), first+tileWidth)] {
		tile = append(tile, hash[:]...)
	}
	return tile
}

// allTiles are the tiles of the entries, which are of one tenant, and some that there are not.
func (b book) allTiles() []activity.TileID {
	var ids []activity.TileID
	for i := range int64(len(b)/tileWidth + 2) {
		ids = append(ids, activity.TileID{Index: i})
	}
	return append(ids, activity.TileID{Level: 1}, activity.TileID{Level: 1, Index: 1}, activity.TileID{Level: 2}, activity.TileID{Level: 7, Index: 1 << 20})
}

// seal gives positions to at most limit events, and returns their number.
func (s subject) seal(limit int) int {
	s.Helper()
	n, err := s.store.Seal(s.Context(), limit)
	if err != nil {
		s.Fatalf("Seal: %v", err)
	}
	return n
}

// seals gives positions to all that waits, which must be n events.
func (s subject) seals(n int) {
	s.Helper()
	if got := s.seal(n + 100); got != n {
		s.Errorf("Seal = %d, want %d", got, n)
	}
}

// enters stores rows and gives them positions. They must be in their order already.
func (s subject) enters(rows ...activity.EventRow) {
	s.Helper()
	byTenant := map[string][]activity.EventRow{}
	for _, row := range rows {
		byTenant[row.Tenant] = append(byTenant[row.Tenant], row)
	}
	for _, rows := range byTenant {
		s.append(rows...)
	}
	s.seals(len(rows))
}

// entries asks for entries.
func (s subject) entries(query activity.EntryQuery) []activity.EntryRow {
	s.Helper()
	entries, err := s.store.Entries(s.Context(), query)
	if err != nil {
		s.Fatalf("%s: %v", entriesOf(query), err)
	}
	return entries
}

// findsEntries checks what a query finds in the book.
func (s subject) findsEntries(query activity.EntryQuery, b book) {
	s.Helper()
	if query.Limit == 0 {
		query.Limit = len(b) + 10
	}
	if d := diffEntries(b.find(query), s.entries(query)); d != "" {
		s.Errorf("%s: %s", entriesOf(query), d)
	}
}

// ledgered checks that the ledger has the entries of the book and no others, by all ways to ask for it.
func (s subject) ledgered(b book) {
	s.Helper()
	s.findsEntries(activity.EntryQuery{}, b)
	for _, tenant := range b.tenants() {
		s.findsEntries(activity.EntryQuery{Tenant: tenant}, b)
		s.grown(tenant, b.of(tenant))
	}
	for _, e := range b[max(0, len(b)-10):] {
		s.findsEntry(e.Tenant, e)
		s.findsEntry("", e)
	}
	s.waits(activity.Unsealed{Last: activity.Position(len(b))})
	s.hasLedgers(b)
}

// hasLedgers checks which tenants have entries.
func (s subject) hasLedgers(b book) {
	s.Helper()
	names, err := s.store.Ledgers(s.Context(), "", 100)
	if err != nil || !slices.Equal(names, b.tenants()) {
		s.Errorf("Ledgers = %q, %v, want %q", names, err, b.tenants())
	}
}

// grown checks the tree of a tenant, whose entries are those of the book.
func (s subject) grown(tenant string, b book) {
	s.Helper()
	head, err := s.store.Head(s.Context(), tenant)
	if err != nil {
		s.Fatalf("Head of %q: %v", tenant, err)
	}
	if d := diffHead(b.head(), head); d != "" {
		s.Errorf("Head of %q: %s", tenant, d)
	}
	ids := b.allTiles()
	for i, tile := range s.tiles(tenant, ids...) {
		if want := b.tile(ids[i]); !bytes.Equal(tile, want) {
			s.Errorf("tile %d of level %d of %q has %d bytes, want %d: %x, want %x", ids[i].Index, ids[i].Level, tenant, len(tile), len(want), first40(tile), first40(want))
		}
	}
}

// first40 is the beginning of something long.
func first40(b []byte) []byte { return b[:min(len(b), 40)] }

// tiles asks for tiles.
func (s subject) tiles(tenant string, ids ...activity.TileID) [][]byte {
	s.Helper()
	tiles, err := s.store.Tiles(s.Context(), tenant, ids)
	if err != nil || len(tiles) != len(ids) {
		s.Fatalf("Tiles of %d tiles of %q returned %d, %v", len(ids), tenant, len(tiles), err)
	}
	return tiles
}

// findsEntry checks the entry of an event.
func (s subject) findsEntry(tenant string, want activity.EntryRow) {
	s.Helper()
	got, err := s.store.Entry(s.Context(), tenant, want.ID)
	if err != nil {
		s.Errorf("Entry of %s of %q: %v", want.ID, tenant, err)
	} else if d := diffEntry(want, got); d != "" {
		s.Errorf("Entry of %s of %q: %s", want.ID, tenant, d)
	}
}

// waits checks what waits for a position.
func (s subject) waits(want activity.Unsealed) {
	s.Helper()
	got, err := s.store.Unsealed(s.Context())
	if err != nil {
		s.Fatalf("Unsealed: %v", err)
	}
	if d := diffFields(reflect.ValueOf(want), reflect.ValueOf(got)); d != "" && !(want.Oldest.IsZero() && got.Oldest.IsZero() && want.Events == got.Events && want.Last == got.Last) {
		s.Errorf("Unsealed: %s", d)
	}
}

// diffEntries returns what is wrong with a list of entries, or nothing.
func diffEntries(want, got []activity.EntryRow) string {
	for i := range min(len(want), len(got)) {
		if d := diffEntry(want[i], got[i]); d != "" {
			return fmt.Sprintf("entry %d of %d: %s", i+1, len(got), d)
		}
	}
	if len(want) != len(got) {
		return fmt.Sprintf("there are %d entries, want %d", len(got), len(want))
	}
	return ""
}

// diffEntry returns what is wrong with an entry, or nothing.
func diffEntry(want, got activity.EntryRow) string {
	switch {
	case got.Err != nil:
		return fmt.Sprintf("Err is %v", got.Err)
	case got.Position != want.Position || got.Tenant != want.Tenant || got.Index != want.Index || got.ID != want.ID:
		return fmt.Sprintf("it is position %d, index %d of %q, of %s; want position %d, index %d of %q, of %s",
			got.Position, got.Index, got.Tenant, got.ID, want.Position, want.Index, want.Tenant, want.ID)
	case got.Leaf != want.Leaf:
		return fmt.Sprintf("Leaf is %v, want %v", got.Leaf, want.Leaf)
	case !bytes.Equal(got.Event.Salts, want.Event.Salts):
		return fmt.Sprintf("Salts are %x, want %x", got.Event.Salts, want.Event.Salts)
	case want.Event.ID.IsZero():
		if !reflect.ValueOf(got.Event).IsZero() {
			return fmt.Sprintf("the event is %v, want none", got.Event)
		}
		return ""
	}
	return diff(want.Event.Event, got.Event.Event)
}

// diffHead returns what is wrong with a head, or nothing.
func diffHead(want, got activity.TreeHead) string {
	if want.Size != got.Size || want.Position != got.Position || !slices.Equal(want.Edge, got.Edge) {
		return fmt.Sprintf("it is %v, want %v", got, want)
	}
	return ""
}

// entriesOf is a query that is asked, for messages.
type entriesOf activity.EntryQuery

func (q entriesOf) String() string { return "Entries of " + conditions(reflect.ValueOf(q)) }
