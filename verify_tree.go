package activity

import (
	"crypto/sha256"
	"fmt"
	"math/bits"
)

// The part of Verify that compares what is stored of the tree with the tree of the entries.

// longestGap is how many missing leaves are looked for in the tiles.
const longestGap = 1 << 16

// gap reports that entries are missing before an index, if some are. Their leaves may be in the tiles, so that the rest of the
// tree can still be compared.
func (v *verifier) gap(index int64) error {
	first, n := v.next, index-v.next
	if n <= 0 {
		return nil
	}
	v.next = index
	reason := "entry is missing"
	if n > 1 {
		reason = fmt.Sprintf("entries are missing up to index %d", index-1)
	}
	if err := v.report(Problem{Index: first, Reason: reason}); err != nil {
		return err
	}
	if n > longestGap {
		v.broken = true
	}
	for i := first; i < index && !v.broken; i++ {
		if i%tileWidth == 0 || i == first {
			if err := v.loadTiles([]TileID{{0, i / tileWidth}}); err != nil {
				return err
			}
		}
		leaf, ok := v.leafOf(i)
		v.grown, v.broken = append(v.grown, leaf), !ok
	}
	if v.broken {
		v.grown = nil
	}
	return nil
}

// loadLeaves reads the tiles of level 0 that the entries are in.
func (v *verifier) loadLeaves(rows []EntryRow) error {
	clear(v.leaves)
	var tiles []TileID
	for i := range rows {
		id := TileID{0, rows[i].Index / tileWidth}
		if rows[i].Index >= 0 && (len(tiles) == 0 || tiles[len(tiles)-1] != id) {
			tiles = append(tiles, id)
		}
	}
	return v.loadTiles(tiles)
}

// loadTiles reads tiles of level 0. It reports those that should be full and are not.
func (v *verifier) loadTiles(tiles []TileID) error {
	if len(tiles) == 0 {
		return nil
	}
	data, err := v.store.Tiles(v.ctx, v.tenant, tiles)
	if err != nil {
		return err
	}
	for i, id := range tiles {
		switch n := len(data[i]) / sha256.Size; {
		case (id.Index+1)*tileWidth > v.head.Size:
		case n == tileWidth:
			v.leaves[id.Index] = data[i]
		case id.Index != v.short:
			v.short = id.Index
			if err := v.report(Problem{Index: id.Index * tileWidth, Reason: fmt.Sprintf("tile %d of level 0 has %d hashes", id.Index, n)}); err != nil {
				return err
			}
		}
	}
	return nil
}

// leafOf returns a leaf as the tile of level 0 has it, if that is there: the leaves of one that is not full are only in the entries.
func (v *verifier) leafOf(index int64) (leaf Hash, ok bool) {
	data, ok := v.leaves[index/tileWidth]
	if !ok {
		return Hash{}, false
	}
	return hashAt(data, int(index%tileWidth)), true
}

// hashAt returns a hash of a tile, or zeros.
func hashAt(data []byte, i int) (hash Hash) {
	if len(data) >= (i+1)*sha256.Size {
		copy(hash[:], data[i*sha256.Size:])
	}
	return hash
}

// grow adds the leaves at hand to the tree, and compares what it makes of tiles, and its root at the checkpoint's size.
func (v *verifier) grow() error {
	for len(v.grown) > 0 && !v.broken {
		n := len(v.grown)
		if v.since != nil && v.since.Size > v.tree.Size {
			n = int(min(int64(n), v.since.Size-v.tree.Size))
		}
		leaves := v.grown[:n]
		v.grown = v.grown[n:]
		tiles := v.tree.Grow(v.open[:v.tree.Tail(n)], leaves)
		v.open = append(v.open, leaves...)
		v.open = append([]Hash(nil), v.open[len(v.open)-int(v.tree.Size%tileWidth):]...)
		if err := v.compare(tiles); err != nil {
			return err
		}
		if v.since != nil && v.tree.Size == v.since.Size {
			if err := v.compareSince(); err != nil {
				return err
			}
		}
	}
	v.grown = v.grown[:0]
	return nil
}

func (v *verifier) compareSince() error {
	if v.tree.Root() == v.since.Root {
		v.result.Since = v.since.Size
		return nil
	}
	return v.report(Problem{Index: v.since.Size - 1, Reason: fmt.Sprintf("the first %d entries are not those of the checkpoint: their root is another", v.since.Size)})
}

// compare compares hashes of tiles with those that are stored. Leaves are compared with their entries.
func (v *verifier) compare(tiles []TileHashes) error {
	var ids []TileID
	var grown []TileHashes
	for _, tile := range tiles {
		if tile.Level > 0 {
			ids, grown = append(ids, tile.TileID), append(grown, tile)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	stored, err := v.store.Tiles(v.ctx, v.tenant, ids)
	if err != nil {
		return err
	}
	for i, tile := range grown {
		for j, hash := range tile.Hashes {
			if hashAt(stored[i], tile.Start+j) == hash {
				continue
			}
			first := (tile.Index*tileWidth + int64(tile.Start+j)) << (tileHeight * tile.Level)
			reason := fmt.Sprintf("tile %d of level %d has another hash at %d than the %d entries from here lead to", tile.Index, tile.Level, tile.Start+j, int64(1)<<(tileHeight*tile.Level))
			if err := v.report(Problem{Index: first, Reason: reason}); err != nil {
				return err
			}
		}
	}
	return nil
}

// ends checks where the ledger ends: the head, and that nothing comes after it.
func (v *verifier) ends() error {
	if err := v.grow(); err != nil { // what a gap at the end has left
		return err
	}
	v.result.Size, v.result.Root = v.tree.Size, v.tree.Root()
	if v.since != nil && v.since.Size > v.head.Size {
		reason := fmt.Sprintf("ledger has %d entries, and had %d at the checkpoint", max(v.head.Size, 0), v.since.Size)
		if err := v.report(Problem{Index: max(v.head.Size, 0), Reason: reason}); err != nil {
			return err
		}
	}
	// What seems to be beyond the head may have been added since: then the head has it by now.
	now, err := v.store.Head(v.ctx, v.tenant)
	if err != nil {
		return err
	}
	if e := v.beyond; e != nil && e.Index >= now.Size {
		return v.report(Problem{Position: e.Position, Index: e.Index, ID: e.ID, Reason: fmt.Sprintf("entry is beyond the head, which has %d", now.Size)})
	}
	if err := v.compareHead(); err != nil {
		return err
	}
	long, err := v.longTile()
	if err != nil || long == nil {
		return err
	}
	if now, err = v.store.Head(v.ctx, v.tenant); err != nil || now.Size != v.head.Size {
		return err
	}
	return v.report(*long)
}

func (v *verifier) compareHead() error {
	last := max(v.head.Size-1, 0)
	if !v.head.whole() {
		return v.report(Problem{Position: v.head.Position, Index: last, Reason: fmt.Sprintf("head has %d hashes for %d entries", len(v.head.Edge), v.head.Size)})
	}
	if v.head.Position != v.last.Position {
		if err := v.report(Problem{Position: v.last.Position, Index: last, Reason: fmt.Sprintf("head has another position than the last entry, %d", v.head.Position)}); err != nil {
			return err
		}
	}
	if v.broken || v.tree.Size != v.head.Size {
		return nil // which is a problem already
	}
	first := int64(0)
	for i, hash := range v.head.Edge {
		width := int64(1) << (bits.Len64(uint64(v.head.Size-first)) - 1)
		if hash != v.tree.Edge[i] {
			if err := v.report(Problem{Index: first, Reason: fmt.Sprintf("head has another hash than the %d entries from here lead to", width)}); err != nil {
				return err
			}
		}
		first += width
	}
	return nil
}

// longTile returns the problem that a tile at the end of the tree, or the one after it, has more hashes than the tree, or a leaf
// that is not the entry's.
func (v *verifier) longTile() (*Problem, error) {
	var ids []TileID
	size := max(v.head.Size, 0)
	for level, n := 0, size; ; level, n = level+1, n>>tileHeight {
		ids = append(ids, TileID{level, n / tileWidth}, TileID{level, n/tileWidth + 1})
		if n == 0 {
			break
		}
	}
	tiles, err := v.store.Tiles(v.ctx, v.tenant, ids)
	if err != nil {
		return nil, err
	}
	for i, id := range ids {
		width := max(size>>(tileHeight*id.Level)-id.Index*tileWidth, 0)
		if int64(len(tiles[i])) > width*sha256.Size {
			return &Problem{Index: max(size-1, 0), Reason: fmt.Sprintf("tile %d of level %d has more hashes than the entries lead to", id.Index, id.Level)}, nil
		}
	}
	for i, leaf := range v.open {
		if hashAt(tiles[0], i) != leaf && !v.broken && v.tree.Size == size {
			return &Problem{Index: size/tileWidth*tileWidth + int64(i), Reason: "leaf is not that of its tile"}, nil
		}
	}
	return nil, nil
}
