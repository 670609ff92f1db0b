package activity

import (
	"cmp"
	"context"
	"fmt"
	"time"
)

// QuotaStore is the part of a [Store] that counts what is limited. The rules are those of
// [QuotaCounter], [QuotaRequest], [Hold] and [HoldUpdate], which compute; a store locks what it keeps of
// a key, lets them compute, and stores the result.
//
// A store keeps for each key a counter; the holds, by reservation and key; and what was used, by minute and
// actor. Settling touches holds only, so that a transaction of the host in which something is committed keeps
// nobody from charging where there can be several writers. What a settled hold gives back is taken off the
// counter later, by ChargeQuota or GiveBack, and counts as free until then.
type QuotaStore interface {
	// ChargeQuota charges units to each key of a request, and holds them if the request says so. It
	// locks the keys in the request's order, so that no two calls wait for each other; then asks for
	// the time; then gives back what is due of these keys; then admits or refuses. Keys need not be known.
	//
	//   - A request is admitted if each window of each key has room for its units, as QuotaRequest.Admit
	//     says; all its keys are charged then.
	//   - A request that is not admitted is the QuotaError that QuotaRequest.Refusal returns, and changes nothing.
	//   - A charge counts from the time at which its keys were locked, which is never earlier than that of the
	//     charge of the key before.
	//   - Of concurrent charges of a key, each sees what the one before left.
	//   - What a settled or expired hold gives back is free for the next charge of its key.
	//   - A request with a reservation adds a hold for each key.
	//   - A reservation that exists is an error, never an overwrite.
	//   - In a transaction, a charge is kept or undone with it, and others who charge the key wait for its end.
	ChargeQuota(ctx context.Context, request QuotaRequest) (QuotaGrant, error)

	// SettleHolds changes all holds of one reservation, by HoldUpdate.Apply.
	//
	//   - Either all holds of the reservation change or none.
	//   - Units that were used stay charged.
	//   - Units that are not used and not kept are given back, to when they were charged.
	//   - A reservation that was settled, or does not have all its holds any more, is ErrSettled, or
	//     ErrHoldExpired if its time has come.
	//   - A hold whose time has come is ErrHoldExpired, whether or not its units were given back already.
	//   - More units than are held is ErrNotHeld.
	//   - The time at which the reservation expires comes back, the earliest of its holds, or the zero time
	//     once it is settled.
	//   - Of concurrent settlements of a reservation, one succeeds.
	SettleHolds(ctx context.Context, update HoldUpdate) (until time.Time, err error)

	// ReleaseHolds settles all reservations that are held for a task, by which what they still hold is given back.
	//
	//   - All that is held for the task is given back, and nothing that is held for others.
	ReleaseHolds(ctx context.Context, tenant string, task ID) error

	// GiveBack takes what is due off the counters, key by key, and forgets these holds. It skips a
	// hold that another transaction is about to settle.
	//
	//   - At most Limit holds are given back at a time, and the number of them comes back.
	//   - A hold is given back when it is settled or its time has come.
	GiveBack(ctx context.Context, query DueQuery) (int, error)

	// QuotaState returns what is kept of a key: the counter and all holds, of one moment, by ascending
	// ID, and the time of the store's clock. A key that was never charged has the zero counter.
	//
	//   - The counter and the holds come back as the last call left them.
	QuotaState(ctx context.Context, key QuotaKey) (QuotaState, error)

	// QuotaUse returns how much of a key was charged from From, inclusive, to To, exclusive, less what
	// was given back or is due. Times are those of the minutes in which it was charged.
	//
	//   - There is one entry for each step, or for each actor, that is not zero.
	//   - Entries come by ascending start, then by the bytes of the actor's kind and ID.
	//   - Steps are counted from the year 1970 on, and without a step all is one that starts at From.
	//   - An actor comes with the label of the last charge.
	QuotaUse(ctx context.Context, query UseQuery) ([]QuotaUse, error)

	// ForgetUse deletes what was charged of a quota, in all tenants, in minutes that began longer ago than Age.
	//
	//   - At most Limit entries are deleted, and the number of them comes back.
	//   - Counters and holds stay as they are.
	ForgetUse(ctx context.Context, query ForgetQuery) (int, error)
}

// QuotaKey is what is counted by itself: the use of one quota by one subject.
type QuotaKey struct {
	Tenant, Quota          string
	SubjectKind, SubjectID string // empty: the tenant as a whole
}

// Compare orders keys by their bytes, field by field. That is the order in which they are locked.
func (k QuotaKey) Compare(other QuotaKey) int {
	return cmp.Or(cmp.Compare(k.Tenant, other.Tenant), cmp.Compare(k.Quota, other.Quota),
		cmp.Compare(k.SubjectKind, other.SubjectKind), cmp.Compare(k.SubjectID, other.SubjectID))
}

// Subject returns the subject, without its label.
func (k QuotaKey) Subject() Entity { return Entity{Kind: k.SubjectKind, ID: k.SubjectID} }

// QuotaRequest asks for units.
type QuotaRequest struct {
	Charges []QuotaCharge    // of one tenant, by ascending key, no two the same
	Units   int64            // of each key, at least 1
	Actor   Entity           // who uses them; zero: nobody knows
	ID      ID               // of the reservation; zero: they are used at once
	Hold    time.Duration    // how long the reservation holds them
	Task    ID               // whose run holds them, if it is one
	Clock   func() time.Time // never nil; the time, asked for once the keys are locked; zero: the store's clock
}

// QuotaCharge is a key to be charged, with the limits that it has now. Callers and stores may share Windows, and
// change nothing in it.
type QuotaCharge struct {
	Key     QuotaKey
	Windows []Window
}

// QuotaGrant is what became of a request that was admitted.
type QuotaGrant struct {
	At    time.Time // when it was charged; the latest time, if its keys have different ones
	Until time.Time // when the reservation expires; zero if there is none; the earliest time, if its keys have different ones
}

// Hold is what a reservation holds of one key.
type Hold struct {
	ID      ID // of the reservation
	Key     QuotaKey
	Task    ID // whose run holds it, if it is one
	Actor   Entity
	Units   int64     // that are given back when it is due
	At      time.Time // when they were charged
	Until   time.Time // when it expires
	Settled bool      // the reservation is over; what it did not use is due
}

// Due reports whether the hold's units are to be given back: it is settled, or its time has come.
func (h *Hold) Due(at time.Time) bool { return h.Settled || !h.Until.After(at) }

// HoldUpdate is a change of all holds of a reservation.
type HoldUpdate struct {
	ID     ID
	Keys   []QuotaKey       // of one tenant, by ascending key: what the reservation has charged
	Until  time.Time        // when it expires, as far as the caller knows
	Used   int64            // of the units of each hold
	Keep   bool             // the rest stays held; else it is given back
	Extend time.Duration    // with Keep: the reservation lasts at least so long from now
	Clock  func() time.Time // the time; zero: the store's clock
}

// Apply changes a hold as the update says, at a time, and returns why not if it cannot. A hold
// without units that is settled is to be deleted.
func (u *HoldUpdate) Apply(h *Hold, now time.Time) error {
	switch {
	case h.Settled:
		return fmt.Errorf("%w: %s", ErrSettled, u.ID)
	case h.Due(now):
		return fmt.Errorf("%w: %s at %s", ErrHoldExpired, u.ID, h.Until.Format(time.RFC3339))
	case u.Used > h.Units:
		return errNotHeld(u.Used, h.Units)
	}
	h.Units -= u.Used
	if !u.Keep {
		h.Settled = true
	} else if until := now.UTC().Truncate(time.Microsecond).Add(u.Extend); u.Extend > 0 {
		h.Until = latest(h.Until, until)
	}
	return nil
}

// Missing returns why a reservation does not have all its holds any more.
func (u *HoldUpdate) Missing(now time.Time) error {
	if !u.Until.After(now) {
		return fmt.Errorf("%w: %s at %s", ErrHoldExpired, u.ID, u.Until.Format(time.RFC3339))
	}
	return fmt.Errorf("%w: %s", ErrSettled, u.ID)
}

func errNotHeld(used, held int64) error {
	return &InvalidError{Field: "Used", Reason: fmt.Sprintf("is %d, and %d are held", used, held), Err: ErrNotHeld}
}

// QuotaState is what a store keeps of a key.
type QuotaState struct {
	Counter QuotaCounter
	Holds   []Hold
	Now     time.Time // by the store's clock
}

// DueQuery asks to give back what is due.
type DueQuery struct {
	Clock func() time.Time // the time; zero: the store's clock
	Limit int              // at least 1
}

// UseQuery asks how much of a key was charged.
type UseQuery struct {
	Key      QuotaKey
	From, To time.Time        // whole minutes
	Step     time.Duration    // whole minutes that divide a day; zero: all in one
	ByActor  bool             // for each actor by itself
	Clock    func() time.Time // the time, which says what is due; zero: the store's clock
}

// QuotaUse is how much was charged, from Start on.
type QuotaUse struct {
	Start time.Time
	Actor Entity // zero unless the query is by actor
	Units int64
}

// ForgetQuery asks to delete what is known of the past.
type ForgetQuery struct {
	Quota string
	Age   time.Duration
	Clock func() time.Time // the time; zero: the store's clock
	Limit int              // at least 1
}
