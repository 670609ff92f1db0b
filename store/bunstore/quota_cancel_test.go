package bunstore_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/bunstore"
)

// quotaDesk is what the test of contexts finds in the store: two keys of a tenant, of which the first has a settled
// hold, an expired one, two of a task, and what was used long ago.
type quotaDesk struct {
	tenant string
	keys   []activity.QuotaKey
	now    time.Time
}

func newQuotaDesk(t *testing.T, s *bunstore.Store, tenant string) quotaDesk {
	t.Helper()
	d := quotaDesk{tenant: tenant, now: epoch.Add(24 * time.Hour)}
	if _, err := s.GiveBack(t.Context(), activity.DueQuery{Clock: d.clock, Limit: 1_000_000}); err != nil { // those of others
		t.Fatal(err)
	}
	d.now = epoch
	for _, user := range []string{"a", "b"} {
		d.keys = append(d.keys, activity.QuotaKey{Tenant: tenant, Quota: "calls", SubjectKind: "user", SubjectID: user})
	}
	for i, keys := range [][]activity.QuotaKey{d.keys[:1], d.keys[:1], d.keys[:1], d.keys} {
		r := d.request(i+1, keys...)
		r.Hold, r.Task = time.Hour, taskID(7)
		if i == 0 {
			r.Hold, r.Task = time.Minute, activity.ID{}
		}
		if _, err := s.ChargeQuota(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.SettleHolds(t.Context(), d.settlement(2, 1, d.keys[0])); err != nil {
		t.Fatal(err)
	}
	d.now = d.now.Add(2 * time.Minute)
	return d
}

func (d *quotaDesk) clock() time.Time { return d.now }

func (d *quotaDesk) request(reservation int, keys ...activity.QuotaKey) activity.QuotaRequest {
	r := activity.QuotaRequest{Units: 2, ID: taskID(reservation), Hold: time.Hour, Actor: ana, Clock: d.clock}
	for _, key := range keys {
		r.Charges = append(r.Charges, activity.QuotaCharge{Key: key, Windows: []activity.Window{{Length: time.Hour, Limit: 20, Resolution: time.Minute}}})
	}
	return r
}

func (d *quotaDesk) settlement(reservation int, used int64, keys ...activity.QuotaKey) activity.HoldUpdate {
	return activity.HoldUpdate{ID: taskID(reservation), Keys: keys, Until: epoch.Add(time.Hour), Used: used, Clock: d.clock}
}

// everything tells what is stored of the keys.
func (d *quotaDesk) everything(t *testing.T, s *bunstore.Store) string {
	t.Helper()
	text := ""
	for _, user := range []string{"a", "b", "new"} {
		key := activity.QuotaKey{Tenant: d.tenant, Quota: "calls", SubjectKind: "user", SubjectID: user}
		state, err := s.QuotaState(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		uses, err := s.QuotaUse(t.Context(), activity.UseQuery{Key: key, From: time.Unix(0, 0), To: epoch.Add(time.Hour), Step: time.Minute,
			ByActor: true, Clock: func() time.Time { return epoch }})
		if err != nil {
			t.Fatal(err)
		}
		text += fmt.Sprintf("%+v %+v %+v\n", state.Counter, state.Holds, uses)
	}
	return text
}

// A call on quotas that says that its context has ended has stored nothing, at whichever step it ended.
func TestEndedContextChangesNoQuota(t *testing.T) {
	type call func(ctx context.Context, s activity.Store, d *quotaDesk) error
	charge := func(keys func(d *quotaDesk) []activity.QuotaKey) call {
		return func(ctx context.Context, s activity.Store, d *quotaDesk) error {
			_, err := s.ChargeQuota(ctx, d.request(9, keys(d)...))
			return err
		}
	}
	settle := func(reservation int, used int64, keys int) call {
		return func(ctx context.Context, s activity.Store, d *quotaDesk) error {
			_, err := s.SettleHolds(ctx, d.settlement(reservation, used, d.keys[:keys]...))
			return err
		}
	}
	calls := map[string]call{
		"ChargeQuota of a key with holds that are due": charge(func(d *quotaDesk) []activity.QuotaKey { return d.keys[:1] }),
		"ChargeQuota of another key":                   charge(func(d *quotaDesk) []activity.QuotaKey { return d.keys[1:] }),
		"ChargeQuota of a new key and others": charge(func(d *quotaDesk) []activity.QuotaKey {
			fresh := d.keys[0]
			fresh.SubjectID = "new"
			return append(d.keys[:2:2], fresh)
		}),
		"SettleHolds, all of them used":          settle(3, 2, 1),
		"SettleHolds, some of them used":         settle(3, 1, 1),
		"SettleHolds, those of two keys":         settle(4, 2, 2),
		"SettleHolds, some of those of two keys": settle(4, 1, 2),
		"ReleaseHolds": func(ctx context.Context, s activity.Store, d *quotaDesk) error {
			return s.ReleaseHolds(ctx, d.tenant, taskID(7))
		},
		"GiveBack": func(ctx context.Context, s activity.Store, d *quotaDesk) error {
			n, err := s.GiveBack(ctx, activity.DueQuery{Clock: d.clock, Limit: 1000})
			if err == nil && n < 2 {
				return fmt.Errorf("%d holds were given back", n)
			}
			return err
		},
		"ForgetUse": func(ctx context.Context, s activity.Store, d *quotaDesk) error {
			n, err := s.ForgetUse(ctx, activity.ForgetQuery{Quota: "calls", Age: time.Minute, Clock: d.clock, Limit: 1000})
			if err == nil && n < 2 {
				return fmt.Errorf("%d entries were forgotten", n)
			}
			return err
		},
	}
	inTransactions := []string{"ChargeQuota of a key with holds that are due", "ChargeQuota of a new key and others",
		"SettleHolds, some of those of two keys", "GiveBack"}
	inTx := func(do call) call {
		return func(ctx context.Context, s activity.Store, d *quotaDesk) error {
			return s.InTx(ctx, func(tx activity.Store) error { return do(ctx, tx, d) })
		}
	}
	inHostTx := func(t *testing.T, do call) call {
		return func(ctx context.Context, s activity.Store, d *quotaDesk) error {
			return inHost(t, s.(*bunstore.Store), func(tx *bunstore.Store) error { return do(ctx, tx, d) })
		}
	}
	onBoth(t, func(t *testing.T, address string) {
		s := migrated(t, address)
		desks := 0
		for name, do := range calls {
			wheres := map[string]call{"": do}
			if slices.Contains(inTransactions, name) {
				wheres[" in InTx in the host"] = inHostTx(t, inTx(do))
			}
			for where, do := range wheres {
				t.Run(name+where, func(t *testing.T) {
					desks++
					d := newQuotaDesk(t, s, fmt.Sprint("tenant", desks))
					before := d.everything(t, s)
					atSteps(t, 3, func(ctx context.Context, n int) error {
						err := do(ctx, s, &d)
						if err == nil {
							if after := d.everything(t, s); after == before {
								t.Error("nothing has changed")
							}
							desks++
							d = newQuotaDesk(t, s, fmt.Sprint("tenant", desks))
							before = d.everything(t, s)
							return nil
						}
						if !errors.Is(err, context.Canceled) {
							t.Errorf("step %d: %v, want context.Canceled", n, err)
						}
						if after := d.everything(t, s); after != before {
							t.Errorf("step %d: %v, but there is %s\nwhere there was %s", n, err, after, before)
						}
						return err
					})
				})
			}
		}
	})
}
