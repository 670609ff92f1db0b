package memstore_test

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"slices"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/memstore"
)

// TestTiles compares a tree that has tiles of three levels with the one that tlog makes of its leaves.
func TestTiles(t *testing.T) {
	store := memstore.New()
	defer store.Close()
	const size = 256*256 + 300
	var hashes hashes
	for first, step := 0, 1; first < size; first += step {
		step = min(step*3+1, 5000, size-first)
		rows := make([]activity.EventRow, step)
		for i := range rows {
			rows[i] = row("acme", first+i)
			hashes.add(rows[i].Leaf())
		}
		if _, err := store.AppendEvents(t.Context(), rows); err != nil {
			t.Fatal(err)
		}
		for { // in other portions than they were recorded
			n, err := store.Seal(t.Context(), 700)
			if err != nil {
				t.Fatal(err)
			}
			if n < 700 {
				break
			}
		}
	}
	head, err := store.Head(t.Context(), "acme")
	want, _ := tlog.TreeHash(size, &hashes)
	if err != nil || head.Size != size || head.Position != size || head.Root() != want {
		t.Fatalf("Head = size %d, position %d, root %v, error %v; want a tree of %d with %v", head.Size, head.Position, head.Root(), err, size, want)
	}
	var tiles []activity.TileID
	for _, tile := range [][2]int{{0, 0}, {0, 256}, {0, 257}, {0, 258}, {1, 0}, {1, 1}, {1, 2}, {2, 0}, {2, 1}, {3, 0}, {-1, 0}, {0, -1}} {
		tiles = append(tiles, activity.TileID{Level: tile[0], Index: int64(tile[1])})
	}
	widths := []int{256, 256, 44, 0, 256, 1, 0, 1, 0, 0, 0, 0}
	got, err := store.Tiles(t.Context(), "acme", tiles)
	if err != nil {
		t.Fatal(err)
	}
	for i, tile := range tiles {
		var want []byte
		for k := range widths[i] {
			hash := hashes.stored[tlog.StoredHashIndex(8*tile.Level, tile.Index*256+int64(k))]
			want = append(want, hash[:]...)
		}
		if !slices.Equal(got[i], want) {
			t.Errorf("tile %v is not that of tlog, or has not %d hashes", tile, widths[i])
		}
	}
}

// TestUndoneSealLeavesNoTrace has transactions that were undone and ones that were not give the same positions.
func TestUndoneSealLeavesNoTrace(t *testing.T) {
	store := memstore.New()
	defer store.Close()
	undo := errors.New("undo")
	n := 0
	step := func(tx activity.Store, count int) {
		for range count {
			if _, err := tx.AppendEvents(t.Context(), []activity.EventRow{row("acme", n)}); err != nil {
				t.Fatal(err)
			}
			n++
			if sealed, err := tx.Seal(t.Context(), 10); err != nil || sealed != 1 {
				t.Fatalf("Seal = %d, %v, want 1", sealed, err)
			}
		}
	}
	var kept []activity.EntryRow
	for round := range 10 {
		store.InTx(t.Context(), func(tx activity.Store) error {
			step(tx, 3)
			return undo
		})
		store.InTx(t.Context(), func(tx activity.Store) error {
			step(tx, 1)
			tx.InTx(t.Context(), func(tx activity.Store) error {
				step(tx, 2)
				return undo
			})
			step(tx, 1)
			return nil
		})
		entries, err := store.Entries(t.Context(), activity.EntryQuery{Limit: 100})
		if err != nil || len(entries) != 2*(round+1) {
			t.Fatalf("%d entries, error %v, want %d", len(entries), err, 2*(round+1))
		}
		var hashes hashes
		for i, e := range entries {
			if e.Position != activity.Position(i+1) || e.Index != int64(i) || e.Event.ID != e.ID || i < len(kept) && e.ID != kept[i].ID {
				t.Errorf("entry %d is %+v", i, e)
			}
			hashes.add(e.Leaf)
		}
		head, err := store.Head(t.Context(), "acme")
		if root, _ := tlog.TreeHash(head.Size, &hashes); err != nil || head.Root() != root {
			t.Errorf("the tree after round %d is not that of its entries; error %v", round, err)
		}
		kept = entries
	}
}

// hashes are those that tlog stores of a tree.
type hashes struct {
	leaves int64
	stored []tlog.Hash
}

func (h *hashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		found[i] = h.stored[index]
	}
	return found, nil
}

func (h *hashes) add(leaf tlog.Hash) {
	more, _ := tlog.StoredHashesForRecordHash(h.leaves, leaf, h)
	h.stored, h.leaves = append(h.stored, more...), h.leaves+1
}

// row returns a valid row, the later the greater n is.
func row(tenant string, n int) activity.EventRow {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Add(time.Duration(n) * time.Millisecond)
	row := activity.EventRow{Event: activity.Event{
		Tenant: tenant, Type: "note.added", Version: 1, Actor: activity.User("ana", "Ana"),
		Source: activity.Automatic, OccurredAt: at, RecordedAt: at, Payload: []byte("{}"),
	}}
	sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte(tenant), uint64(n)))
	copy(row.ID[:], sum[:])
	row.Salts = sum[:]
	return row
}
