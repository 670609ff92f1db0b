package activity

import (
	"context"
	"errors"
	"time"
)

// Charge uses n units of the quotas of the task's kind, before the work that takes them: one per record,
// the results of a page, a call. What Reserve holds for the run is used first. Units are used for good,
// whatever becomes of the work. The actor defaults to the context's, and then to the task's.
//
// When a quota has no room, the error is a [QuotaError], and the run has ended: the task is queued again with all
// that was reported, and waits until there is room, which [Task.Wait] tells; then a worker claims it, or the
// [Tenant.Do] that it belongs to calls its function again. The new run goes on where [Task.Done] of its task
// says. What does not fit into a limit at all, an [ErrOverLimit], ends nothing. Nor does a Charge of
// a run in a transaction of the host, which leaves alone what Reserve holds, too.
//
// A run that is over uses nothing. n of less than 1 and a kind without a quota are an [InvalidError].
func (r *Run) Charge(ctx context.Context, n int64) error {
	return r.charge(ctx, n, func(ctx context.Context, tx Store, request QuotaRequest) error {
		if held := r.holding(); held != nil && !r.direct {
			held = held.With(tx)
			used := min(n, held.Held())
			err := held.settle(ctx, HoldUpdate{Used: used, Keep: used < held.Held(), Extend: held.hold})
			switch {
			case err == nil:
				request.Units -= used
			case isGone(err):
				held = nil
			default:
				return err
			}
			r.hold(held)
		}
		if request.Units == 0 {
			return nil
		}
		_, err := tx.ChargeQuota(ctx, request)
		return err
	})
}

// Reserve holds n units of the quotas of the task's kind for the run, so that work that needs all of them does not
// begin in vain: Charge uses these first, and what is left at the end of the run, however it ends, is given back.
// It is given back too when the run is lost. A second Reserve adds to what the first holds.
//
// Its errors are those of Charge; when there is no room, the run ends as it does there. It is an [InvalidError] in a
// transaction of the host, whose end the run does not hear of.
func (r *Run) Reserve(ctx context.Context, n int64) error {
	if r.direct {
		return invalidf("Run", "is in a transaction of the host, in which it reserves nothing")
	}
	return r.charge(ctx, n, func(ctx context.Context, tx Store, request QuotaRequest) error {
		if held := r.holding(); held != nil {
			held = held.With(tx)
			request.Units += held.Held()
			if err := held.Release(ctx); isGone(err) {
				request.Units = n
			} else if err != nil {
				return err
			}
		}
		more, err := r.tenant.reserve(ctx, tx, request, 2*r.kind.Lease)
		if err == nil {
			r.hold(more)
		}
		return err
	})
}

// extend makes what the run holds last as its lease does, and returns that; nil is nothing.
func (r *Run) extend(ctx context.Context, tx Store) (*Reservation, error) {
	held := r.holding()
	if held == nil || r.direct {
		return nil, nil
	}
	held = held.With(tx)
	err := held.Extend(ctx)
	if isGone(err) {
		return nil, nil // the run was silent for too long
	}
	return held, err
}

// isGone reports whether an error says that there is nothing that a reservation holds any more.
func isGone(err error) bool { return errors.Is(err, ErrHoldExpired) || errors.Is(err, ErrSettled) }

// holding returns what the run holds, or nil.
func (r *Run) holding() *Reservation {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.held
}

// hold remembers what the run holds. It is not for a run in a transaction of the host.
func (r *Run) hold(held *Reservation) {
	if held == nil || held.Held() == 0 {
		held = nil
	} else {
		held = held.With(r.tenant.journal.store)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.held = held
}

// charge makes a request that only a run that is not over may make.
func (r *Run) charge(ctx context.Context, n int64, do func(context.Context, Store, QuotaRequest) error) error {
	if _, ok := ActorFrom(ctx); !ok {
		ctx = WithActor(ctx, r.actor)
	}
	meters := r.kind.meters(r.tenant, r.actor)
	if len(meters) == 0 {
		return invalidf("Kind", "%q has no quota", r.kind.Name)
	}
	request, err := r.tenant.charge(ctx, n, meters) // which asks Config.Limits, and so comes before the transaction
	if err != nil {
		return err
	}
	request.Task = r.id
	if err := r.lock(ctx); err != nil {
		return err
	}
	asked, before := time.Now(), r.holding()
	var task Task
	err = r.store().InTx(ctx, func(tx Store) (err error) {
		if task, err = r.alive(ctx, tx, TaskUpdate{Lease: r.kind.Lease}, nil); err != nil {
			return err
		}
		return do(ctx, tx, request)
	})
	if err == nil {
		r.saw(task, asked)
		r.unlock()
		return nil
	}
	r.mu.Lock()
	r.held = before
	r.mu.Unlock()
	r.unlock()
	err = named(err, meters)
	full, refused := errors.AsType[*QuotaError](err)
	if !refused || full.RetryAt.IsZero() || r.direct {
		return r.seen(err)
	}
	if failed := r.yield(ctx, full, n); failed != nil {
		return failed
	}
	return err
}

// yield ends the run and lets the task wait for a quota.
func (r *Run) yield(ctx context.Context, full *QuotaError, n int64) error {
	wait := Wait{For: WaitQuota, Quota: full.Quota, Units: n, Until: full.RetryAt}
	u := TaskUpdate{To: StatusQueued, Wait: &wait, Reason: "it waits for " + wait.String()}
	if r.waited {
		u.Lease = r.kind.Lease
	}
	if err := r.end(ctx, u); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.yielded = true
	return nil
}

// meters returns the meters of which a kind's tasks use units. An actor that was erased has none.
func (k *kind) meters(t Tenant, actor Entity) []Meter {
	var meters []Meter
	if k.Quota != "" {
		meters = append(meters, t.Meter(k.Quota, Entity{}))
	}
	if k.ActorQuota != "" && !actor.IsErased() {
		meters = append(meters, t.Meter(k.ActorQuota, actor))
	}
	return meters
}

// charges reports whether a kind's tasks use units of a quota.
func (k *kind) charges() bool { return k.Quota != "" || k.ActorQuota != "" }
