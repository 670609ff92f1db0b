package activity

import (
	"context"
	"fmt"
)

// Position is the place of an entry in the ledger of a store. The first is 1, and there are no gaps. Positions are
// given after events are committed, in the order in which they are found: see [Journal.Seal].
type Position int64

// Entry is an event in the ledger. Index is its place, from 0, in the tree of its tenant; there are no gaps either.
type Entry struct {
	Position Position `json:"position"`
	Index    int64    `json:"index"`
	Event    Event    `json:"event"`
}

// Ledger is a handle on the ledger of one tenant: what proves to others that the tenant's events are those that were
// recorded, all of them and in their order. It is a small value, safe for concurrent use.
//
// The ledger is a Merkle tree (RFC 6962) with a leaf for each event. What it proves, it proves against a [Checkpoint]
// that somebody else has kept: who can write to the database, and has the key, can make another ledger, but not one that
// an earlier checkpoint agrees with.
type Ledger struct {
	tenant Tenant
}

// Ledger returns a handle on the tenant's ledger. Its calls report a bad name of the tenant.
func (t Tenant) Ledger() Ledger { return Ledger{t} }

// Entry returns the entry of one of the tenant's events. An event that the tenant does not have, or that was recorded a moment
// ago and has no position yet, is [ErrNotFound]; see [Journal.Await]. Of one that retention has removed, the entry is without its event.
func (l Ledger) Entry(ctx context.Context, id ID) (Entry, error) {
	if err := checkTenant(l.tenant.name); err != nil {
		return Entry{}, err
	}
	row, err := l.tenant.journal.store.Entry(ctx, l.tenant.name, id)
	if err != nil {
		return Entry{}, err
	}
	return row.entry()
}

// Problem is something stored that is not what was recorded.
type Problem struct {
	Position Position `json:"position"` // of the entry; 0 if there is none
	Index    int64    `json:"index"`    // of the entry in its tenant's tree; -1 if there is none
	ID       ID       `json:"id,omitzero"`
	Reason   string   `json:"reason"` // what is wrong, as a sentence without its subject: "payload is not what was recorded"
}

// String returns the problem as a line.
func (p Problem) String() string {
	where := "outside of the ledger"
	switch {
	case p.Position != 0 && p.Index >= 0:
		where = fmt.Sprintf("position %d, index %d", p.Position, p.Index)
	case p.Index >= 0:
		where = fmt.Sprintf("index %d", p.Index)
	}
	if !p.ID.IsZero() {
		where += ", event " + p.ID.String()
	}
	return where + ": " + p.Reason
}

// Listener is what a [Store] may implement in addition, so that [Journal.Follow] learns at once what other processes have sealed.
type Listener interface {
	// Listen calls hint when the ledger may have more entries, until ctx ends or something goes wrong; then it is called again after a
	// while, unless the error is [errors.ErrUnsupported]. A hint may be lost or be for nothing, and hints may come at any rate: the
	// ledger is polled all the same. Hint does not block.
	Listen(ctx context.Context, hint func()) error
}
