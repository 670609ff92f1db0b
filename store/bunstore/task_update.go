package bunstore

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/go-activity/activity"
)

// ChangeTask implements [activity.TaskStore].
func (s *Store) ChangeTask(ctx context.Context, u activity.TaskUpdate) (t activity.Task, changed bool, err error) {
	if err := s.ready(ctx); err != nil {
		return activity.Task{}, false, err
	}
	atOnce := s.engine.changesTaskAtOnce()
	if s.tx == nil && atOnce { // one round trip, mostly
		if t, changed, err = s.changeSeen(ctx, &u); changed || err != nil {
			return t, changed, err
		}
		u.Seen = nil
	}
	err = s.whole(ctx, atOnce, func(tx *Store) error {
		t, changed, err = tx.changeTask(ctx, &u)
		return err
	})
	if err != nil {
		return activity.Task{}, false, err
	}
	return t, changed, nil
}

// changeTask changes a task within a transaction.
func (s *Store) changeTask(ctx context.Context, u *activity.TaskUpdate) (activity.Task, bool, error) {
	if t, changed, err := s.changeSeen(ctx, u); changed || err != nil {
		return t, changed, err
	}
	before, now, err := s.engine.lockTask(ctx, s, u.Tenant, u.ID)
	if err != nil {
		return activity.Task{}, false, s.missing(ctx, "change task", u.ID, err)
	}
	s.clock.heard(now)
	if !u.Now.IsZero() {
		now = u.Now
	}
	return s.storeChange(ctx, u, before, now)
}

// changeSeen changes a task that still is as it was seen, without reading it. Otherwise it does nothing.
func (s *Store) changeSeen(ctx context.Context, u *activity.TaskUpdate) (activity.Task, bool, error) {
	if u.Seen == nil || u.Seen.ID != u.ID || u.Seen.Tenant != u.Tenant {
		return activity.Task{}, false, nil
	}
	now, known := u.Now, true
	if now.IsZero() {
		now, known = s.clock.now()
	}
	if !known {
		return activity.Task{}, false, nil
	}
	return s.storeChange(ctx, u, asStoredTask(*u.Seen), now)
}

// storeChange stores what an update makes of a task that is as it was before, and returns that; or else
// the task as it was.
func (s *Store) storeChange(ctx context.Context, u *activity.TaskUpdate, before activity.Task, now time.Time) (activity.Task, bool, error) {
	after := before.Clone()
	event, changed, err := u.Change(&after, now)
	if err != nil {
		return activity.Task{}, false, err
	}
	if !changed {
		return before, false, nil
	}
	changed, err = s.engine.updateTask(ctx, s, &taskChange{&before, &after, event})
	if err != nil {
		return activity.Task{}, false, s.failed(ctx, "change task", err)
	}
	if !changed {
		return before, false, nil
	}
	return after, true, nil
}

// taskChange is a change of a task, and the event that goes with it, or nil.
type taskChange struct {
	before, after *activity.Task
	event         *activity.EventRow
}

// move is how a change of a task changes its rows in activity_task_facet: that of its status leads
// to the new one, and when it is started first, all get the new start.
type move struct {
	facets      []int64 // whose rows change; none if nothing does
	from, to    int64   // the facets of the statuses
	start, next time.Time
}

func (c *taskChange) move() move {
	m := move{
		from:  statusFacet(c.before.Tenant, c.before.Status),
		to:    statusFacet(c.after.Tenant, c.after.Status),
		start: c.before.Start(),
		next:  c.after.Start(),
	}
	switch {
	case !m.next.Equal(m.start):
		m.facets = facetsOf(c.before)
	case m.from != m.to:
		m.facets = []int64{m.from}
	}
	return m
}

// columnSet are places in changingTaskColumns.
type columnSet []int

// updateSets are the columns that updates set. There are but a few, so that statements stay prepared. The
// first one that has all that a change changes is taken; the last one has all that can change.
var updateSets = []columnSet{
	columns("lease_until"),
	columns("status, start_at, started_at, attempt, lease_until, wait_for, wait_task, wait_quota, wait_units, wait_until"),
	columns("status, ended_at, lease_until, wait_for, wait_task, wait_quota, wait_units, wait_until"),
	columns("lease_until, done, total, created, updated, deleted, unmodified, failed, warned"),
	columns(changingTaskColumns),
}

// columns returns the places of some columns, and of the revision, which always changes.
func columns(names string) columnSet {
	var set columnSet
	wanted := strings.Split(names, ", ")
	for i, name := range strings.Split(changingTaskColumns, ", ") {
		if name == "revision" || slices.Contains(wanted, name) {
			set = append(set, i)
		}
	}
	return set
}

// assignment writes "(revision, …) = ($2, …)", with parameters from a number on.
func (set columnSet) assignment(mark string, first int) string {
	all := strings.Split(changingTaskColumns, ", ")
	names := make([]string, len(set))
	for i, place := range set {
		names[i] = all[place]
	}
	return "(" + strings.Join(names, ", ") + ") = (" + parameters(mark, first, first+len(set)) + ")"
}

// set returns which of updateSets a change takes, and the values of its columns.
func (c *taskChange) set(e engine) (n int, values []any, err error) {
	before, err := changingTaskArgs(e, c.before)
	if err != nil {
		return 0, nil, err
	}
	after, err := changingTaskArgs(e, c.after)
	if err != nil {
		return 0, nil, err
	}
	var changed columnSet
	for i := range after {
		if !sameArg(before[i], after[i]) {
			changed = append(changed, i)
		}
	}
	n = slices.IndexFunc(updateSets, func(set columnSet) bool {
		return !slices.ContainsFunc(changed, func(i int) bool { return !slices.Contains(set, i) })
	})
	for _, i := range updateSets[n] {
		values = append(values, after[i])
	}
	return n, values, nil
}

func sameArg(a, b any) bool {
	switch a := a.(type) {
	case time.Time:
		b, ok := b.(time.Time)
		return ok && a.Equal(b)
	case []byte:
		b, ok := b.([]byte)
		return ok && bytes.Equal(a, b)
	}
	return a == b
}
