package activity

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
)

// Verification is what was found to hold of a ledger.
type Verification struct {
	Origin   string `json:"origin"`
	Size     int64  `json:"size"`     // entries that were looked at
	Root     Hash   `json:"root"`     // of the tree that they make
	Since    int64  `json:"since"`    // the first entries, which are those of the checkpoint that was given; 0 without one
	Events   int64  `json:"events"`   // entries whose events are there
	Erased   int64  `json:"erased"`   // those of them of which something was erased
	Removed  int64  `json:"removed"`  // entries whose events retention has removed
	Partial  bool   `json:"partial"`  // only some entries were looked at: those of an export of some events
	Unsealed int64  `json:"unsealed"` // events, of all tenants, that have no position yet, which nothing is proven of
}

const (
	verifyBatch  = 2 * tileWidth // entries read at a time
	mostProblems = 100
)

// Verify reads the whole ledger of the tenant and checks that it is what was recorded: that each event has the leaf that it had,
// that entries have no gaps and are in order, that tiles and head are the tree of the leaves, that the tenant has no events
// outside of the ledger, and that an [EntityErased] or [EventsRemoved] event of the tenant lists each event that
// was erased or removed. Anything that is not so is a [TamperError], which comes with what was found otherwise.
//
// The ledger is compared with the checkpoint since, which may come from [ParseCheckpoint]; it is an [ErrProof] if that is of
// another ledger. Without one, only the ledger's inner consistency is checked: who can write to the database can make
// another ledger that is as consistent, and only a checkpoint kept elsewhere tells. What was recorded after the
// checkpoint is as good as the next one.
//
// Entries that come in meanwhile are left for the next time. It takes the memory of a batch of entries, and some hundred bytes for
// each event that was removed or erased until it comes to the event that lists it.
func (l Ledger) Verify(ctx context.Context, since *Checkpoint) (Verification, error) {
	if err := checkTenant(l.tenant.name); err != nil {
		return Verification{}, err
	}
	if since != nil {
		if err := since.same(); err != nil {
			return Verification{}, err
		}
		if since.Origin != l.origin() {
			return Verification{}, refused("checkpoint is of %.400q, the ledger %q", since.Origin, l.origin())
		}
	}
	store := l.tenant.journal.store
	unsealed, err := store.Unsealed(ctx)
	if err != nil {
		return Verification{}, err
	}
	head, err := store.Head(ctx, l.tenant.name)
	if err != nil {
		return Verification{}, err
	}
	v := &verifier{
		ctx: ctx, store: store, tenant: l.tenant.name, head: head, since: since,
		result:  Verification{Origin: l.origin(), Unsealed: unsealed.Events},
		waiting: map[string]map[ID]Problem{typeRetention: {}, typeErased: {}}, leaves: map[int64][]byte{}, short: -1,
	}
	for _, step := range []func() error{v.entries, v.ends, v.unlisted, v.strays} {
		if err := step(); err != nil {
			return Verification{}, err
		}
	}
	return v.result, v.error()
}

// verifier is one call of Verify.
type verifier struct {
	ctx    context.Context
	store  Store
	tenant string
	head   TreeHead
	since  *Checkpoint

	next   int64     // the index that comes next
	last   Problem   // about the last entry with a position that can be, without a reason
	beyond *EntryRow // the first entry that the head does not count; nil if there is none

	tree   Tree             // of the entries so far
	open   []Hash           // the leaves of the tile that is not full yet
	grown  []Hash           // leaves that are not in the tree yet
	broken bool             // leaves are missing: there is no tree from here on
	leaves map[int64][]byte // full tiles of level 0 for the entries at hand, by index
	short  int64            // the last of them that is not what it should be; -1 if there is none

	waiting map[string]map[ID]Problem // by type, what an event of it has to list, and the problem that it is otherwise

	result   Verification
	problems []Problem
	more     int
}

// report notes a problem. One that has an index gets the position of that entry.
func (v *verifier) report(p Problem) error {
	if len(v.problems) == mostProblems {
		v.more++
		return nil
	}
	if p.Position == 0 && p.Index >= 0 {
		rows, err := v.store.Entries(v.ctx, EntryQuery{Tenant: v.tenant, Index: p.Index, Limit: 1})
		if err != nil {
			return err
		}
		if len(rows) > 0 && rows[0].Index == p.Index {
			p.Position = rows[0].Position
		}
	}
	v.problems = append(v.problems, p)
	return nil
}

func (v *verifier) error() error {
	if len(v.problems) == 0 {
		return nil
	}
	slices.SortStableFunc(v.problems, func(a, b Problem) int { return cmp.Compare(uint64(a.Index), uint64(b.Index)) }) // -1 last
	return &TamperError{Problems: v.problems, More: v.more}
}

// entries reads the entries that the head counts, and one more if there is one.
func (v *verifier) entries() error {
	from := int64(math.MinInt64) // no index is negative; who looks for them from 0 on does not see it
	for {
		rows, err := v.store.Entries(v.ctx, EntryQuery{Tenant: v.tenant, Index: from, Limit: verifyBatch})
		if err != nil {
			return err
		}
		whole := len(rows) == verifyBatch
		if i := slices.IndexFunc(rows, func(r EntryRow) bool { return r.Index >= v.head.Size }); i >= 0 {
			v.beyond, rows, whole = &rows[i], rows[:i], false
		}
		if err := v.batch(rows); err != nil {
			return err
		}
		if !whole {
			return v.gap(v.head.Size)
		}
		from = rows[len(rows)-1].Index + 1
	}
}

func (v *verifier) batch(rows []EntryRow) error {
	if err := v.loadLeaves(rows); err != nil {
		return err
	}
	for i := range rows {
		if err := v.entry(&rows[i]); err != nil {
			return err
		}
	}
	return v.grow()
}

// entry checks one entry, and its event.
func (v *verifier) entry(r *EntryRow) error {
	problem := func(reason string, args ...any) error {
		return v.report(Problem{Position: r.Position, Index: r.Index, ID: r.ID, Reason: fmt.Sprintf(reason, args...)})
	}
	switch {
	case r.Index < 0:
		return problem("index is negative")
	case r.Index < v.next:
		return problem("index is there twice")
	}
	if err := v.gap(r.Index); err != nil {
		return err
	}
	v.next++
	if r.Position > v.head.Position {
		if err := problem("position is higher than the head's, %d", v.head.Position); err != nil {
			return err
		}
	} else {
		if last := v.last; r.Position <= last.Position { // which of the two is wrong, nobody can tell
			last.Reason = fmt.Sprintf("position is not lower than that of the next entry, %d", r.Position)
			if err := errors.Join(v.report(last), problem("position is not higher than that of the entry before, %d", last.Position)); err != nil {
				return err
			}
		}
		v.last = Problem{Position: r.Position, Index: r.Index, ID: r.ID}
	}

	leaf, reason := r.Leaf, ""
	if r.Err == nil && r.Event.ID.IsZero() {
		v.result.Removed++
		v.waiting[typeRetention][r.ID] = Problem{Position: r.Position, Index: r.Index, ID: r.ID, Reason: "event is not there, and no activity.retention event lists it"}
	} else {
		v.result.Events++
		var erased bool
		if reason, erased = r.examine(); erased {
			v.result.Erased++
			v.waiting[typeErased][r.ID] = Problem{Position: r.Position, Index: r.Index, ID: r.ID, Reason: "event was erased, and no activity.erased event lists it"}
		}
	}
	if tile, ok := v.leafOf(r.Index); ok && tile != r.Leaf {
		if err := problem("leaf is not that of its tile"); err != nil {
			return err
		}
		if reason == reasonLeaf && r.leafIs(tile) { // it is the entry that was changed
			leaf, reason = tile, ""
		}
	}
	v.grown = append(v.grown, leaf)
	if reason != "" {
		return problem("%s", reason)
	}
	v.listed(&r.Event.Event)
	return nil
}
