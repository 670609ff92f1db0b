package activity

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// Reservation holds units of one or several meters until it is settled, by Commit or Release, or
// expires: then they are given back. Settling changes what the reservation holds and nothing else, so it can
// be a part of the host's transaction, see With, without keeping others from the meters. It is safe for concurrent use.
//
// Units that are given back are free again at once, in the windows in which they were charged; others stay as they are.
//
// Settling it twice is [ErrSettled], so a deferred Release does nothing after a Commit. Settling it after it has expired [ErrHoldExpired]; nothing changes then.
type Reservation struct {
	journal *Journal
	id      ID
	keys    []QuotaKey // sorted
	hold    time.Duration
	at      time.Time

	mu      sync.Mutex
	until   time.Time
	held    int64
	settled bool
}

// ID identifies the reservation.
func (r *Reservation) ID() ID { return r.id }

// At returns the time from which its units count.
func (r *Reservation) At() time.Time { return r.at }

// Until returns when it expires.
func (r *Reservation) Until() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.until
}

// Held returns how many units it still holds of each meter, as far as this Reservation has settled them.
func (r *Reservation) Held() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.settled {
		return 0
	}
	return r.held
}

// With returns the reservation in a transaction of the host: what is done with it is kept or undone with the
// transaction. It is good until the transaction ends. The reservation that it was made of does not know what
// becomes of it: if the transaction is rolled back, it is for that one to be settled.
func (r *Reservation) With(store Store) *Reservation {
	r.mu.Lock()
	defer r.mu.Unlock()
	return &Reservation{
		journal: r.journal.With(store), id: r.id, keys: r.keys, hold: r.hold, at: r.at,
		until: r.until, held: r.held, settled: r.settled,
	}
}

// Commit says that used of the units, of each meter, were used for good, and gives back the others. More
// than it holds is [ErrNotHeld], and less than 0 an [InvalidError].
func (r *Reservation) Commit(ctx context.Context, used int64) error {
	return r.settle(ctx, HoldUpdate{Used: used})
}

// Release gives all units back that it still holds.
func (r *Reservation) Release(ctx context.Context) error { return r.settle(ctx, HoldUpdate{}) }

// Use says that n of the units, of each meter, were used for good, and holds the others on. Its errors are
// those of Commit, and n of less than 1 is an [InvalidError].
func (r *Reservation) Use(ctx context.Context, n int64) error {
	if n < 1 {
		return invalidf("Used", "is %d, which is less than 1", n)
	}
	return r.settle(ctx, HoldUpdate{Used: n, Keep: true})
}

// Extend makes the reservation last as long from now on as it did from its start, for work that takes longer.
func (r *Reservation) Extend(ctx context.Context) error {
	return r.settle(ctx, HoldUpdate{Keep: true, Extend: r.hold})
}

func (r *Reservation) settle(ctx context.Context, u HoldUpdate) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case u.Used < 0:
		return invalidf("Used", "is %d, which is negative", u.Used)
	case r.settled:
		return fmt.Errorf("%w: %s", ErrSettled, r.id)
	case u.Used > r.held:
		return errNotHeld(u.Used, r.held)
	}
	u.ID, u.Keys, u.Until, u.Clock = r.id, r.keys, r.until, r.journal.shared.clock
	until, err := r.journal.store.SettleHolds(ctx, u)
	if err != nil {
		return err
	}
	r.held -= u.Used
	if r.settled = !u.Keep; u.Keep {
		r.until = until
	}
	return nil
}

// expireAtOnce is how many holds a store gives back, and how many entries it forgets, in one call.
const expireAtOnce = 1000

// ExpireHolds gives back what reservations of all tenants hold that were not settled in time, and what was
// left of those that were; a charge of the same meter does it too. It returns the number of holds.
// [Journal.Run] calls it every two seconds.
func (j *Journal) ExpireHolds(ctx context.Context) (int, error) {
	return untilLess(func() (int, error) {
		return j.store.GiveBack(ctx, DueQuery{Clock: j.shared.clock, Limit: expireAtOnce})
	})
}

// forgetUse deletes what is older than Quota.Keep.
func (j *Journal) forgetUse(ctx context.Context) (int, error) {
	total := 0
	for _, name := range slices.Sorted(maps.Keys(j.shared.quotas)) {
		n, err := untilLess(func() (int, error) {
			return j.store.ForgetUse(ctx, ForgetQuery{Quota: name, Age: j.shared.quotas[name].Keep, Clock: j.shared.clock, Limit: expireAtOnce})
		})
		if total += n; err != nil {
			return total, err
		}
	}
	return total, nil
}

// untilLess calls a function until it has less to do than it does in one call.
func untilLess(do func() (int, error)) (int, error) {
	for total := 0; ; {
		n, err := do()
		if total += n; n < expireAtOnce || err != nil {
			return total, err
		}
	}
}
