package activity_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
)

// From each size to a later one, the proof is that of RFC 6962.
func TestProveConsistency(t *testing.T) {
	journal, key := newLedger(t, 0)
	acme := journal.Tenant("acme").Ledger()
	var checkpoints []activity.Checkpoint
	var leaves rfc6962
	for _, n := range []int{0, 1, 1, 5, 248, 1, 1, 255, 100, 300} {
		addEvents(t, journal, n)
		c, err := acme.Checkpoint(t.Context())
		check(t, err)
		checkpoints = append(checkpoints, c)
		leaves = nil
		for _, e := range entriesOf(t, journal) {
			leaves = append(leaves, e.Leaf)
		}
		for _, older := range checkpoints {
			proof, err := acme.ProveConsistency(t.Context(), older)
			check(t, err)
			data, err := json.Marshal(proof)
			check(t, err)
			var decoded activity.Consistency
			check(t, json.Unmarshal(data, &decoded))
			newer, err := activity.ParseCheckpoint(decoded.Checkpoint.Note, key)
			check(t, err)
			if diff := cmp.Diff(c.Root, newer.Root); diff != "" {
				t.Errorf("the proof is to another checkpoint:\n%s", diff)
			}
			if err := activity.VerifyConsistency(older, newer, decoded); err != nil {
				t.Errorf("from %d to %d: %v", older.Size, newer.Size, err)
			}
			if older.Size > 0 && !slices.Equal(decoded.Hashes, leaves.proof(int(older.Size))) {
				t.Errorf("from %d to %d, the proof is another than that of RFC 6962", older.Size, newer.Size)
			}
		}
	}
}

// Proofs over a million leaves read few tiles too.
func TestProveConsistencyReadsFewTiles(t *testing.T) {
	signer, _ := newKey(t, "crm.test")
	s := newBigStore(1_000_000, 0)
	journal, err := activity.New(s, &activity.Config{Signer: signer})
	check(t, err)
	acme := journal.Tenant("acme").Ledger()
	for _, size := range []int{1, 256, 65_537, 700_001, 999_999} {
		clear(s.reads)
		s.calls = 0
		var tree activity.Tree
		leaves := make([]activity.Hash, 0, size)
		for i := range int64((size + 255) / 256) {
			leaves = append(leaves, s.tiles[activity.TileID{Index: i}]...)
		}
		tree.Grow(nil, leaves[:size])
		older := activity.Checkpoint{Origin: "activity/acme", Size: int64(size), Root: tree.Root()}
		_, err := acme.ProveConsistency(t.Context(), older)
		check(t, err)
		s.wasRead(t, fmt.Sprintf("a proof from %d entries", size))
	}
}

func TestVerifyConsistencyRefuses(t *testing.T) {
	journal, key := newLedger(t, 300)
	acme := journal.Tenant("acme").Ledger()
	older, err := acme.Checkpoint(t.Context())
	check(t, err)
	other, err := journal.Tenant("globex").Ledger().Checkpoint(t.Context())
	check(t, err)
	addEvents(t, journal, 77)
	proof, err := acme.ProveConsistency(t.Context(), older)
	check(t, err)
	newer, err := activity.ParseCheckpoint(proof.Checkpoint.Note, key)
	check(t, err)
	bare := func(c activity.Checkpoint) activity.Checkpoint { c.Note = nil; return c }
	for name, test := range map[string]struct {
		change func(older, newer *activity.Checkpoint, c *activity.Consistency)
		want   string
	}{
		"hash": {func(_, _ *activity.Checkpoint, c *activity.Consistency) { c.Hashes[2][0]++ }, "hashes do not lead"},
		"hashes swapped": {func(_, _ *activity.Checkpoint, c *activity.Consistency) {
			c.Hashes[0], c.Hashes[1] = c.Hashes[1], c.Hashes[0]
		}, "hashes do not lead"},
		"no hashes":    {func(_, _ *activity.Checkpoint, c *activity.Consistency) { c.Hashes = nil }, "hashes do not lead"},
		"one too many": {func(_, _ *activity.Checkpoint, c *activity.Consistency) { c.Hashes = append(c.Hashes, activity.Hash{}) }, "hashes do not lead"},
		"older root":   {func(o, _ *activity.Checkpoint, _ *activity.Consistency) { *o = bare(*o); o.Root[0]++ }, "hashes do not lead"},
		"newer root":   {func(_, n *activity.Checkpoint, _ *activity.Consistency) { *n = bare(*n); n.Root[0]++ }, "hashes do not lead"},
		"older size":   {func(o, _ *activity.Checkpoint, _ *activity.Consistency) { *o = bare(*o); o.Size-- }, "hashes do not lead"},
		"other way":    {func(o, n *activity.Checkpoint, _ *activity.Consistency) { *o, *n = *n, *o }, "ledger of 300 entries had 377 before"},
		"other tenant": {func(o, _ *activity.Checkpoint, _ *activity.Consistency) { *o = other }, "checkpoints are of"},
		"from nothing": {func(o, _ *activity.Checkpoint, _ *activity.Consistency) {
			*o = bare(*o)
			o.Size, o.Root = 0, rfc6962{}.mth()
		}, "hashes are there of no entries"},
		"negative": {func(o, _ *activity.Checkpoint, _ *activity.Consistency) { *o = bare(*o); o.Size = -1 }, "checkpoint is of -1 entries"},
		"huge":     {func(_, n *activity.Checkpoint, _ *activity.Consistency) { *n = bare(*n); n.Size = math.MaxInt64 }, "checkpoint is of 9223372036854775807 entries"},
		"field":    {func(_, n *activity.Checkpoint, _ *activity.Consistency) { n.Size++ }, "not what its note says"},
	} {
		o, n, c := older, newer, proof
		c.Hashes = slices.Clone(c.Hashes)
		test.change(&o, &n, &c)
		if err := activity.VerifyConsistency(o, n, c); !errors.Is(err, activity.ErrProof) || !strings.Contains(fmt.Sprint(err), test.want) {
			t.Errorf("%s: VerifyConsistency = %v, want an ErrProof with %q", name, err, test.want)
		}
	}
	// A ledger that does not go on from a checkpoint cannot prove that it does.
	for _, o := range []activity.Checkpoint{
		{Origin: older.Origin, Size: 300, Root: activity.Hash{1}}, {Origin: older.Origin, Size: 9000, Root: activity.Hash{1}}, other, {Size: -1},
	} {
		if c, err := acme.ProveConsistency(t.Context(), o); !errors.Is(err, activity.ErrProof) || c.Hashes != nil {
			t.Errorf("ProveConsistency from %d entries = %v, %v", o.Size, c, err)
		}
	}
}
