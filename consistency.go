package activity

import (
	"context"
	"errors"

	"golang.org/x/mod/sumdb/tlog"
)

// Consistency shows that a ledger has only been added to between two checkpoints.
type Consistency struct {
	Checkpoint Checkpoint `json:"checkpoint"` // the newer one
	Hashes     []Hash     `json:"hashes"`     // RFC 6962, section 2.1.2
}

// ProveConsistency signs a checkpoint, and shows that the ledger has only been added to since an older one. If it has not,
// or the older one is of another ledger, the error is an [ErrProof]. It reads a few rows, whatever the size of the ledger; it
// is [Ledger.Verify] that looks at all events.
func (l Ledger) ProveConsistency(ctx context.Context, older Checkpoint) (Consistency, error) {
	if err := older.same(); err != nil {
		return Consistency{}, err
	}
	newer, err := l.Checkpoint(ctx)
	if err != nil {
		return Consistency{}, err
	}
	c := Consistency{Checkpoint: newer, Hashes: []Hash{}}
	if older.Size > 0 && older.Size <= newer.Size {
		hashes, err := tlog.ProveTree(newer.Size, older.Size, l.nodes(ctx, newer.Size))
		if err != nil && !errors.Is(err, errNodes) {
			return Consistency{}, err
		}
		c.Hashes = hashes
	}
	if err := VerifyConsistency(older, newer, c); err != nil {
		return Consistency{}, err
	}
	return c, nil
}

// VerifyConsistency checks that the ledger of the newer checkpoint has all entries of the older one, the same and in the
// same order. It checks no signatures: both are to come from [ParseCheckpoint]; the newer one is in c.Checkpoint, where
// nothing is checked yet. An error is an [ErrProof] that says what is wrong. It needs no store.
func VerifyConsistency(older, newer Checkpoint, c Consistency) error {
	for _, checkpoint := range []*Checkpoint{&older, &newer} {
		if err := checkpoint.same(); err != nil {
			return err
		}
	}
	switch {
	case older.Origin != newer.Origin:
		return refused("checkpoints are of %.400q and %.400q", older.Origin, newer.Origin)
	case older.Size > newer.Size:
		return refused("ledger of %d entries had %d before", newer.Size, older.Size)
	case older.Size == 0 && len(c.Hashes) > 0:
		return refused("hashes are there of no entries")
	case older.Size == 0:
		return nil // anything begins with nothing
	}
	if tlog.CheckTree(c.Hashes, newer.Size, newer.Root, older.Size, older.Root) != nil {
		return refused("hashes do not lead from the root of %d entries to that of %d: the ledger was not only added to, or the hashes are of others", older.Size, newer.Size)
	}
	return nil
}
