package activity

import (
	"crypto/sha256"
	"math/bits"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// Hash is a SHA-256 hash of the ledger: a leaf, or a node of its tree.
type Hash = tlog.Hash

// tileHeight is the number of levels of a tree that a tile has: 8, so that a full one has 256 hashes, 8 KiB.
const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
)

// Tree is a Merkle tree (RFC 6962, section 2.1) as far as one needs it to add leaves: its size, and its right edge. A store
// keeps it for each tenant.
type Tree struct {
	Size int64
	Edge []Hash // the roots of the perfect subtrees it consists of, the largest first: one for each 1 bit of Size
}

// TileID names a tile: of the nodes at the height of 8 × Level, those from 256 × Index on.
type TileID struct {
	Level int
	Index int64
}

// TileHashes are hashes to be stored of a tile, after the first Start ones, which are there already.
type TileHashes struct {
	TileID
	Start  int
	Hashes []Hash
}

// Tail returns how many of the last leaves Grow must be told when n more are added: those of the tile of level 0
// that the tree ends in, if it becomes full.
func (t *Tree) Tail(n int) int {
	tail := int(t.Size % tileWidth)
	if tail+n < tileWidth {
		return 0
	}
	return tail
}

// Grow adds leaves, and returns what there is to be stored of tiles, of each level by ascending index. Tiles of level 0 come
// when they are full, as a whole: until then, their leaves are those of the entries. Tiles of higher levels grow by one hash
// for each full one below. Hashes may share memory with leaves. It panics unless tail has the length that Tail says.
func (t *Tree) Grow(tail, leaves []Hash) []TileHashes {
	if len(tail) != t.Tail(len(leaves)) {
		panic("activity: Tree.Grow without the leaves of the tile that becomes full")
	}
	size := t.Size
	t.Edge = append(make([]Hash, 0, bits.Len64(uint64(size)+uint64(len(leaves)))), t.Edge...)
	var tiles []TileHashes
	var open [64 / tileHeight]int // of each level: the number of tiles when the one that grows was among them, as the last
	for _, leaf := range leaves {
		t.add(leaf, func(level int, index int64, hash Hash) {
			if level == 1 {
				tiles = append(tiles, TileHashes{TileID: TileID{0, index}, Hashes: cutTile(tail, leaves, int(index*tileWidth-size))})
			}
			if n := open[level]; n > 0 && index%tileWidth > 0 {
				tiles[n-1].Hashes = append(tiles[n-1].Hashes, hash)
				return
			}
			tiles = append(tiles, TileHashes{TileID: TileID{level, index / tileWidth}, Start: int(index % tileWidth), Hashes: []Hash{hash}})
			open[level] = len(tiles)
		})
	}
	return tiles
}

// cutTile returns the leaves of a full tile of which the first is leaves[start], or in tail if start is negative.
func cutTile(tail, leaves []Hash, start int) []Hash {
	if end := start + tileWidth; start < 0 {
		return slices.Concat(tail, leaves[:end])
	} else {
		return leaves[start:end:end]
	}
}

// add adds one leaf, and tells of each subtree that becomes perfect at the height of a tile.
func (t *Tree) add(leaf Hash, perfect func(level int, index int64, hash Hash)) {
	node, n := leaf, t.Size
	for height := 1; n&1 == 1; height++ {
		last := len(t.Edge) - 1
		node = tlog.NodeHash(t.Edge[last], node)
		t.Edge = t.Edge[:last]
		n >>= 1
		if height%tileHeight == 0 {
			perfect(height/tileHeight, n, node)
		}
	}
	t.Edge = append(t.Edge, node)
	t.Size++
}

// Root returns the tree's root hash: of an empty one, that of no bytes.
func (t *Tree) Root() Hash {
	if len(t.Edge) == 0 {
		return sha256.Sum256(nil)
	}
	root := t.Edge[len(t.Edge)-1]
	for _, left := range slices.Backward(t.Edge[:len(t.Edge)-1]) {
		root = tlog.NodeHash(left, root)
	}
	return root
}

// whole reports whether the edge has as many hashes as the size says.
func (t *Tree) whole() bool { return t.Size >= 0 && len(t.Edge) == bits.OnesCount64(uint64(t.Size)) }
