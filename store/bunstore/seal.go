package bunstore

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"math/bits"
	"slices"
	"time"

	"github.com/go-activity/activity"
)

// waiting is an event that has no position yet.
type waiting struct {
	id     activity.ID
	tenant string
	at     time.Time // when it was recorded
	leaf   activity.Hash
}

// leafRange are leaves of one tenant by their indexes, the last one excluded.
type leafRange struct {
	tenant    string
	low, high int64
}

// batch is what one call of Seal adds to the ledger.
type batch struct {
	last    activity.Position // before the first row
	rows    []waiting         // in the order of their positions
	indexes []int64           // of the rows
	grown   []grown
}

// grown is a tree that a batch adds to.
type grown struct {
	tenant string
	tree   activity.TreeHead
	tiles  []activity.TileHashes
}

// Seal implements [activity.LedgerStore]. The order of events and their positions are decided by the program, under a lock that
// only those who seal take: recording never waits for it. When nothing waits, it takes no lock.
//
// In a transaction of the host's on PostgreSQL, which must be READ COMMITTED, others wait for the transaction's end, and
// nobody is told of the batch.
func (s *Store) Seal(ctx context.Context, limit int) (n int, err error) {
	if err := s.ready(ctx); err != nil {
		return 0, err
	}
	some, err := s.somethingWaits(ctx)
	if err != nil || !some || limit < 1 {
		return 0, s.failed(ctx, "seal", err)
	}
	err = s.whole(ctx, false, func(tx *Store) error {
		n, err = tx.seal(ctx, limit)
		return s.failed(ctx, "seal", err)
	})
	if err != nil {
		return 0, err
	}
	if n > 0 && s.tx == nil {
		s.engine.sealed(ctx, s)
	}
	return n, nil
}

func (s *Store) somethingWaits(ctx context.Context) (bool, error) {
	db, done := s.ledgerReader()
	defer done()
	return s.engine.waits(ctx, s, db)
}

// ledgerReader is reader for the ledger, which is read where it is written, or from the same file: what one call has seen
// another one must not miss, as it might on a replica.
func (s *Store) ledgerReader() (db conn, done func()) {
	if _, ok := s.engine.(sqlite); ok || s.tx != nil {
		return s.reader()
	}
	return s.write.DB, func() {}
}

// seal gives positions within a transaction.
func (s *Store) seal(ctx context.Context, limit int) (int, error) {
	if err := s.engine.lockSeal(ctx, s); err != nil {
		return 0, err
	}
	rows, err := s.engine.takeWaiting(ctx, s, limit)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	slices.SortFunc(rows, func(a, b waiting) int { return cmp.Or(a.at.Compare(b.at), a.id.Compare(b.id)) })
	leaves := map[string][]activity.Hash{}
	var tenants []string
	for i := range rows {
		tenant := rows[i].tenant
		if leaves[tenant] == nil {
			tenants = append(tenants, tenant)
		}
		leaves[tenant] = append(leaves[tenant], rows[i].leaf)
	}
	slices.Sort(tenants)
	heads, last, err := s.engine.heads(ctx, s, tenants)
	if err != nil {
		return 0, err
	}
	b := batch{last: last, rows: rows, indexes: make([]int64, len(rows))}
	next := map[string]int64{}
	for _, tenant := range tenants {
		next[tenant] = heads[tenant].Size
	}
	positions := map[string]activity.Position{} // of the last leaf of each
	for i := range rows {
		tenant := rows[i].tenant
		b.indexes[i] = next[tenant]
		next[tenant]++
		positions[tenant] = last + activity.Position(i) + 1
	}
	tails, err := s.tails(ctx, tenants, heads, leaves)
	if err != nil {
		return 0, err
	}
	for _, tenant := range tenants {
		g := grown{tenant: tenant, tree: heads[tenant]}
		g.tiles = g.tree.Grow(tails[tenant], leaves[tenant])
		g.tree.Position = positions[tenant]
		b.grown = append(b.grown, g)
	}
	return len(rows), s.engine.addEntries(ctx, s, &b)
}

// tails reads the leaves of those tiles that become full, as far as they are in the ledger.
func (s *Store) tails(ctx context.Context, tenants []string, heads map[string]activity.TreeHead, leaves map[string][]activity.Hash) (map[string][]activity.Hash, error) {
	var wanted []leafRange
	for _, tenant := range tenants {
		head := heads[tenant]
		if tail := head.Tail(len(leaves[tenant])); tail > 0 {
			wanted = append(wanted, leafRange{tenant, head.Size - int64(tail), head.Size})
		}
	}
	if len(wanted) == 0 {
		return nil, nil
	}
	found, err := s.engine.leaves(ctx, s.tx, wanted)
	if err != nil {
		return nil, err
	}
	tails := map[string][]activity.Hash{}
	for i, r := range wanted {
		if int64(len(found[i])) != (r.high-r.low)*sha256.Size {
			return nil, fmt.Errorf("the ledger lacks leaves of tenant %q between index %d and %d", r.tenant, r.low, r.high)
		}
		tails[r.tenant] = splitHashes(found[i])
	}
	return tails, nil
}

// treeHead makes a head of what is stored. It need not be one that can be added to: see soundHead.
func treeHead(size int64, edge []byte, position activity.Position) activity.TreeHead {
	return activity.TreeHead{Tree: activity.Tree{Size: size, Edge: splitHashes(edge)}, Position: position}
}

// soundHead is treeHead for a tree that is to be added to.
func soundHead(tenant string, size int64, edge []byte) (activity.TreeHead, error) {
	if size < 0 || len(edge) != bits.OnesCount64(uint64(size))*sha256.Size {
		return activity.TreeHead{}, fmt.Errorf("the head of tenant %q is damaged", tenant)
	}
	return treeHead(size, edge, 0), nil
}

// splitHashes returns hashes that were stored one after the other. The last one has zeros at the end if it is short.
func splitHashes(data []byte) []activity.Hash {
	var hashes []activity.Hash
	for part := range slices.Chunk(data, sha256.Size) {
		var hash activity.Hash
		copy(hash[:], part)
		hashes = append(hashes, hash)
	}
	return hashes
}

func joinHashes(hashes []activity.Hash) []byte {
	data := make([]byte, 0, len(hashes)*sha256.Size)
	for _, hash := range hashes {
		data = append(data, hash[:]...)
	}
	return data
}

// scanWaiting reads an event: id, tenant, time, leaf.
func scanWaiting(row scanner) (w waiting, err error) {
	err = w.scan(row)
	return w, err
}

func (w *waiting) scan(row scanner, more ...any) error {
	var leaf []byte
	if err := row.Scan(append([]any{&w.id, &w.tenant, instant{&w.at}, &leaf}, more...)...); err != nil {
		return err
	}
	if len(leaf) != sha256.Size {
		return fmt.Errorf("the leaf of event %s has %d bytes", w.id, len(leaf))
	}
	w.leaf = activity.Hash(leaf)
	return nil
}

// Unsealed implements [activity.LedgerStore].
func (s *Store) Unsealed(ctx context.Context) (activity.Unsealed, error) {
	if err := s.ready(ctx); err != nil {
		return activity.Unsealed{}, err
	}
	db, done := s.ledgerReader()
	defer done()
	var u activity.Unsealed
	err := db.QueryRowContext(ctx, s.engine.ledgerTexts().unsealed).Scan(&u.Events, instant{&u.Oldest}, &u.Last)
	if err != nil {
		return activity.Unsealed{}, s.failed(ctx, "read what waits for the ledger", err)
	}
	return u, nil
}
