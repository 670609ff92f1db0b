package main

import (
	"context"
	"fmt"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/memstore"
)

const (
	quotaColumns = "tenant, quota, subject_kind, subject_id, counter"
	useColumns   = "tenant, quota, subject_kind, subject_id, minute, actor_kind, actor_id, actor_label, units"
)

// quotaKey is the key that is charged.
var quotaKey = activity.QuotaKey{Tenant: tenant, Quota: "scrapings", SubjectKind: identity.Kind, SubjectID: identity.ID}

// charged is what a store keeps of charges of quotaKey.
type charged struct {
	n       int
	end     time.Time // of the last charge
	counter []byte
	uses    []activity.QuotaUse // by minute and actor
}

// charge charges one unit n times, spread evenly over the day until end, and by the users in turn.
func charge(ctx context.Context, store activity.Store, n int, end time.Time) error {
	now := end
	m, err := newMeter(store, func() time.Time { return now }, hourAndDay...)
	if err != nil {
		return err
	}
	for i := range n {
		now = end.Add(-24 * time.Hour / time.Duration(n) * time.Duration(n-1-i)).Truncate(time.Microsecond)
		if err := m.Use(activity.WithActor(ctx, user(i%users)), 1); err != nil {
			return err
		}
	}
	return nil
}

// newCharged charges in memory, and returns what is to be stored of it.
func newCharged(ctx context.Context, n int, end time.Time) (*charged, error) {
	store := memstore.New()
	defer store.Close()
	if err := charge(ctx, store, n, end); err != nil {
		return nil, err
	}
	state, err := store.QuotaState(ctx, quotaKey)
	if err != nil {
		return nil, err
	}
	c := &charged{n: n, end: end}
	if c.counter, err = state.Counter.MarshalBinary(); err != nil {
		return nil, err
	}
	c.uses, err = store.QuotaUse(ctx, activity.UseQuery{
		Key: quotaKey, From: end.Add(-24 * time.Hour).Truncate(time.Minute), To: end.Add(time.Minute),
		Step: time.Minute, ByActor: true, Clock: func() time.Time { return end },
	})
	return c, err
}

// check makes sure that a store has the charges, and nothing else.
func (c *charged) check(ctx context.Context, store activity.Store) error {
	m, err := newMeter(store, func() time.Time { return c.end }, hourAndDay...)
	if err != nil {
		return err
	}
	usage, err := m.Usage(ctx)
	if err != nil {
		return err
	}
	by, err := m.By(ctx)
	if err != nil {
		return err
	}
	sum := int64(0)
	for _, u := range by {
		sum += u.Units
	}
	hour, day := usage.Windows[0].Used, usage.Windows[1].Used
	if n := int64(c.n); day != n || sum != n || hour < n/24 || hour > n/23+1 {
		return fmt.Errorf("after %d charges, %d are in the day, %d in the hour, and users have %d", n, day, hour, sum)
	}
	return nil
}

// keyed are columns of quotaKey and more.
func keyed(more ...any) []any {
	return append([]any{quotaKey.Tenant, quotaKey.Quota, quotaKey.SubjectKind, quotaKey.SubjectID}, more...)
}

// useValues are the useColumns of the i-th row.
func (c *charged) useValues(i int) []any {
	u := &c.uses[i]
	return keyed(u.Start.Unix()/60, u.Actor.Kind, u.Actor.ID, u.Actor.Label, u.Units)
}
