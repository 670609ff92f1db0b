package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/go-activity/activity"
)

// Random operations find what the single cases find, where it shows without concurrency.
func TestRandomQuotasFindDefects(t *testing.T) {
	findDefects(t, randomCases[3],
		"admits by the first window only",
		"admits by the first key only",
		"charges one key of two",
		"admits more than the limit",
		"remembers the limits of a key",
		"charges keys one by one",
		"does not tell what is held from what was used",
		"gives back what is due when it refuses",
		"lets the time of a key go back",
		"gives all keys the latest time",
		"returns the latest end of a reservation",
		"forgets what has expired",
		"forgets what was settled",
		"gives back to the present",
		"gives back twice",
		"overwrites a reservation",
		"has reservations by their first key",
		"forgets the request's Actor",
		"forgets the request's Task",
		"gives back what was used",
		"settles the first key only",
		"lets a reservation be committed twice",
		"lets a reservation be committed after its time",
		"commits as much as is held",
		"forgets the settlement's Extend",
		"ignores the task in ReleaseHolds",
		"releases the holds of one key",
		"gives back what was settled only",
		"counts steps from From on",
		"counts what is due",
		"takes actors of one ID for one",
		"ignores what is to be forgotten by Age",
		"ignores the tenant of quotas",
		"keeps quotas on an error",
	)
}

// What is compared must happen often enough.
func TestRandomQuotasCoverMuch(t *testing.T) {
	t.Setenv("STORETEST_SEED", "") // the default
	count := map[string]int{}
	saw := func(what string, ok bool) {
		if ok {
			count[what]++
		}
	}
	counting := newBroken(broken{
		chargeQuota: func(ctx context.Context, in activity.Store, r activity.QuotaRequest) (activity.QuotaGrant, error) {
			before := statesOf(ctx, in, &r)
			grant, err := in.ChargeQuota(ctx, r)
			full := errors.Is(err, activity.ErrQuotaExceeded)
			saw("charges", err == nil)
			saw("charges of several keys", err == nil && len(r.Charges) > 1)
			saw("refusals", full)
			saw("refusals of several keys", full && len(r.Charges) > 1)
			saw("reservations that exist", err != nil && !full)
			saw("clocks that went back", err == nil && r.Clock().Before(grant.At))
			saw("keys of different times", err == nil && !r.ID.IsZero() && !grant.Until.Equal(grant.At.Add(r.Hold)))
			for i, after := range statesOf(ctx, in, &r) {
				saw("holds that a charge gave back", len(after.Holds) < len(before[i].Holds))
			}
			return grant, err
		},
		settleHolds: func(ctx context.Context, in activity.Store, u activity.HoldUpdate) (time.Time, error) {
			until, err := in.SettleHolds(ctx, u)
			saw("settlements", err == nil && !u.Keep)
			saw("settlements of several keys", err == nil && len(u.Keys) > 1)
			saw("uses bit by bit", err == nil && u.Keep && u.Used > 0)
			saw("extensions", err == nil && u.Extend > 0)
			saw("settled twice", errors.Is(err, activity.ErrSettled))
			saw("settled too late", errors.Is(err, activity.ErrHoldExpired))
			saw("more than is held", errors.Is(err, activity.ErrNotHeld))
			return until, err
		},
		giveBack: func(ctx context.Context, in activity.Store, q activity.DueQuery) (int, error) {
			n, err := in.GiveBack(ctx, q)
			saw("holds that were given back", n > 0)
			return n, err
		},
		forgetUse: func(ctx context.Context, in activity.Store, q activity.ForgetQuery) (int, error) {
			n, err := in.ForgetUse(ctx, q)
			saw("entries that were forgotten", n > 0)
			return n, err
		},
		quotaUse: func(ctx context.Context, in activity.Store, q activity.UseQuery) ([]activity.QuotaUse, error) {
			uses, err := in.QuotaUse(ctx, q)
			saw("steps", len(uses) > 1 && q.Step > 0)
			saw("actors", len(uses) > 1 && q.ByActor)
			saw("all in one", len(uses) == 1 && q.Step == 0)
			saw("nothing", len(uses) == 0)
			return uses, err
		},
		inTx: func(ctx context.Context, in activity.Store, fn func(activity.Store) error) error {
			err := in.InTx(ctx, fn)
			saw("commits", err == nil)
			saw("rollbacks", err != nil)
			return err
		},
	})
	if failures := record(t, randomCases[3], counting); len(failures) > 0 {
		t.Errorf("the case fails without a defect: %q", failures)
	}
	t.Log(count)
	for what, n := range map[string]int{
		"charges": 80, "charges of several keys": 30, "refusals": 30, "refusals of several keys": 10, "reservations that exist": 2, "clocks that went back": 5,
		"keys of different times": 2, "holds that a charge gave back": 10, "settlements": 20, "settlements of several keys": 10, "uses bit by bit": 5, "extensions": 3,
		"settled twice": 5, "settled too late": 5, "more than is held": 2, "holds that were given back": 5, "entries that were forgotten": 2,
		"steps": 50, "actors": 40, "all in one": 5, "nothing": 5, "commits": 15, "rollbacks": 10,
	} {
		if count[what] < n {
			t.Errorf("there were %d %s, want at least %d", count[what], what, n)
		}
	}
}
