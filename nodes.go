package activity

import (
	"context"
	"crypto/sha256"
	"errors"

	"golang.org/x/mod/sumdb/tlog"
)

// nodes reads the nodes of a tenant's tree from its tiles, each of which it asks for once. It does not check them, unlike
// tlog.TileHashReader, which does all over again with each proof: who makes a proof checks that it holds, and an export
// makes many. It is for one goroutine.
type nodes struct {
	ctx    context.Context
	store  LedgerStore
	tenant string
	size   int64
	tiles  map[TileID]*pyramid
}

// pyramid is a tile with the nodes above its hashes, as far as they are whole: the hashes are at tileWidth and after, and the
// node above two is at half their place. The last one is at 1.
type pyramid [2 * tileWidth]Hash

// mostTiles is how many tiles are kept, 16 KiB each.
const mostTiles = 32

// errNodes says that the store does not have all the nodes of the tree.
var errNodes = errors.New("activity: nodes of the tree are missing")

func (l Ledger) nodes(ctx context.Context, size int64) *nodes {
	return &nodes{ctx: ctx, store: l.tenant.journal.store, tenant: l.tenant.name, size: size, tiles: map[TileID]*pyramid{}}
}

// ReadHashes implements [tlog.HashReader].
func (n *nodes) ReadHashes(indexes []int64) ([]Hash, error) {
	if err := n.load(indexes); err != nil {
		return nil, err
	}
	hashes := make([]Hash, len(indexes))
	for i, x := range indexes {
		tile, place := placeOf(x)
		hashes[i] = n.tiles[tile][place]
	}
	return hashes, nil
}

// load reads the tiles that are not there yet.
func (n *nodes) load(indexes []int64) error {
	if len(n.tiles) > mostTiles {
		clear(n.tiles)
	}
	var missing []TileID
	for _, x := range indexes {
		tile, _ := placeOf(x)
		if _, ok := n.tiles[tile]; !ok {
			n.tiles[tile] = nil
			missing = append(missing, tile)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	data, err := n.store.Tiles(n.ctx, n.tenant, missing)
	if err != nil {
		return err
	}
	for i, tile := range missing {
		width := int(min(n.size>>(tileHeight*tile.Level)-tile.Index*tileWidth, tileWidth))
		if i >= len(data) || len(data[i]) < width*sha256.Size {
			return errNodes
		}
		n.tiles[tile] = newPyramid(data[i][:width*sha256.Size])
	}
	return nil
}

// placeOf returns where a node is, of which x is the index as tlog counts them.
func placeOf(x int64) (TileID, int) {
	level, i := tlog.SplitStoredHashIndex(x)
	above := level % tileHeight
	row := int64(tileWidth >> above) // nodes of that level in a tile
	return TileID{level / tileHeight, i / row}, int(row + i%row)
}

func newPyramid(data []byte) *pyramid {
	p := &pyramid{}
	n := len(data) / sha256.Size
	for i := range n {
		p[tileWidth+i] = Hash(data[i*sha256.Size:])
	}
	for row := tileWidth / 2; row > 0; row /= 2 {
		n /= 2
		for i := row; i < row+n; i++ {
			p[i] = tlog.NodeHash(p[2*i], p[2*i+1])
		}
	}
	return p
}
