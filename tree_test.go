package activity_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/go-activity/activity"
)

// rfc6962 is section 2.1 of RFC 6962, word for word, on a list of leaf hashes.
type rfc6962 []activity.Hash

// split returns k, the largest power of two smaller than n.
func (d rfc6962) split() int {
	k := 1
	for 2*k < len(d) {
		k *= 2
	}
	return k
}

// mth is the Merkle Tree Hash of section 2.1.
func (d rfc6962) mth() activity.Hash {
	switch len(d) {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return d[0]
	}
	left, right := d[:d.split()].mth(), d[d.split():].mth()
	return sha256.Sum256(slices.Concat([]byte{1}, left[:], right[:]))
}

// path is PATH(m, D[n]), the audit path of section 2.1.1.
func (d rfc6962) path(m int) []activity.Hash {
	k := d.split()
	switch {
	case len(d) == 1:
		return nil
	case m < k:
		return append(d[:k].path(m), d[k:].mth())
	}
	return append(d[k:].path(m-k), d[:k].mth())
}

// proof is PROOF(m, D[n]), the consistency proof of section 2.1.2.
func (d rfc6962) proof(m int) []activity.Hash { return d.subproof(m, true) }

func (d rfc6962) subproof(m int, whole bool) []activity.Hash {
	k := d.split()
	switch {
	case m == len(d) && whole:
		return nil
	case m == len(d):
		return []activity.Hash{d.mth()}
	case m <= k:
		return append(d[:k].subproof(m, whole), d[k:].mth())
	}
	return append(d[k:].subproof(m-k, false), d[:k].mth())
}

// leavesOf returns n leaves, each another.
func leavesOf(n int) rfc6962 {
	leaves := make(rfc6962, n)
	for i := range leaves {
		leaves[i] = tlog.RecordHash(fmt.Appendf(nil, "leaf %d", i))
	}
	return leaves
}

// hashesOf returns all the nodes of a tree, as tlog stores them.
func hashesOf(t testing.TB, leaves []activity.Hash) tlog.HashReader {
	t.Helper()
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		hashes := make([]tlog.Hash, len(indexes))
		for i, x := range indexes {
			hashes[i] = stored[x]
		}
		return hashes, nil
	})
	for i, leaf := range leaves {
		hashes, err := tlog.StoredHashesForRecordHash(int64(i), leaf, reader)
		check(t, err)
		stored = append(stored, hashes...)
	}
	return reader
}

// The vectors that implementations of RFC 6962 share: Certificate Transparency's and Trillian's eight leaves, and their
// roots at every size.
func TestTreeIsKnown(t *testing.T) {
	leaves := []string{"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"}
	roots := []string{
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
		"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
		"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
		"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
		"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
		"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
		"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
		"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
	}
	var tree activity.Tree
	for i, want := range roots {
		if got := tree.Root(); hex.EncodeToString(got[:]) != want {
			t.Errorf("the root of %d leaves is %x, want %s", i, got, want)
		}
		if i < len(leaves) {
			data, err := hex.DecodeString(leaves[i])
			check(t, err)
			tree.Grow(nil, []activity.Hash{tlog.RecordHash(data)})
		}
	}
}

// At every size, the root is the one of RFC 6962, and of tlog.
func TestTreeOfEverySize(t *testing.T) {
	leaves := leavesOf(1100)
	stored := hashesOf(t, leaves)
	var tree activity.Tree
	for n := range len(leaves) + 1 {
		if got, want := tree.Root(), leaves[:n].mth(); got != want {
			t.Fatalf("the root of %d leaves is %v, want %v", n, got, want)
		}
		if want, err := tlog.TreeHash(int64(n), stored); err != nil || tree.Root() != want || tree.Size != int64(n) {
			t.Fatalf("the tree of %d leaves is %v, tlog's %v, %v", n, tree, want, err)
		}
		if n < len(leaves) {
			first := n / 256 * 256
			tree.Grow(leaves[first:n][:tree.Tail(1)], leaves[n:n+1])
		}
	}
}

// However leaves are split into batches, the tree is the same, and the tiles are those of tlog.
func TestTreeOfBatches(t *testing.T) {
	all := leavesOf(70_000) // more than a full tile of level 1
	stored := hashesOf(t, all)
	random := rand.New(rand.NewPCG(1, 2))
	for _, most := range []int{1, 3, 255, 256, 257, 1000, 5000, 70_000} {
		leaves := all
		if most < 200 {
			leaves = all[:2000]
		}
		var tree activity.Tree
		tiles := map[activity.TileID][]activity.Hash{}
		for size := 0; size < len(leaves); {
			n := min(1+random.IntN(most), len(leaves)-size)
			before := tree
			edge := slices.Clone(tree.Edge)
			tail := leaves[size/256*256 : size][:tree.Tail(n)]
			batch := slices.Clone(leaves[size : size+n])
			for _, grown := range tree.Grow(tail, batch) {
				if len(tiles[grown.TileID]) != grown.Start {
					t.Fatalf("tile %v is to be added to from %d on, and has %d hashes", grown.TileID, grown.Start, len(tiles[grown.TileID]))
				}
				tiles[grown.TileID] = append(tiles[grown.TileID], grown.Hashes...)
			}
			if !slices.Equal(before.Edge, edge) {
				t.Fatal("Grow has changed the edge of a copy of the tree")
			}
			if size += n; random.IntN(20) > 0 && size < len(leaves) {
				continue
			}
			if want, err := tlog.TreeHash(int64(size), stored); err != nil || tree.Root() != want {
				t.Fatalf("batches of up to %d: the root at %d is %v, want %v, %v", most, size, tree.Root(), want, err)
			}
		}
		want := map[activity.TileID][]activity.Hash{}
		for _, tile := range tlog.NewTiles(8, 0, int64(len(leaves))) {
			if tile.L == 0 && tile.W < 256 {
				continue // its leaves are those of the entries
			}
			data, err := tlog.ReadTileData(tile, stored)
			check(t, err)
			for hash := range slices.Chunk(data, 32) {
				id := activity.TileID{Level: tile.L, Index: tile.N}
				want[id] = append(want[id], activity.Hash(hash))
			}
		}
		if !maps.EqualFunc(want, tiles, slices.Equal) {
			t.Errorf("batches of up to %d: tiles are not tlog's", most)
		}
	}
}

func TestGrowWithoutTail(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("Grow does not mind that leaves of the tile are missing")
		}
	}()
	var tree activity.Tree
	tree.Grow(nil, leavesOf(10))
	tree.Grow(nil, leavesOf(250))
}

func BenchmarkGrow(b *testing.B) {
	leaves := leavesOf(5000)
	for b.Loop() {
		tree := activity.Tree{Size: 1 << 20, Edge: leaves[:1]}
		tree.Grow(nil, leaves)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(leaves)), "ns/leaf")
}
