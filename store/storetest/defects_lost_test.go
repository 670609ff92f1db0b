package storetest

import (
	"context"
	"slices"
	"time"

	"github.com/go-activity/activity"
)

func lostDefects() []defect {
	type query = activity.LostQuery
	const atOnce, status, kinds, limit = "lost when the lease runs out", "lost by status", "lost tasks of kinds and tenants", "limit of lost tasks"
	return []defect{
		{"loses tasks too early", atOnce, with(losing(func(q *query) { q.Now = q.Now.Add(time.Microsecond) }))},
		{"loses tasks too late", atOnce, with(losing(func(q *query) { q.Now = q.Now.Add(-time.Microsecond) }))},
		{"loses what has no lease", atOnce, with(broken{lostTasks: losesWithoutLease})},
		{"does not lose what is queued", atOnce, with(keeping(func(t activity.Task) bool { return t.Status != activity.StatusQueued }))},
		{"loses what is processing only", status, with(keeping(func(t activity.Task) bool { return t.Status != activity.StatusQueued }))},
		{"forgets that a lease was renewed", status, with(broken{changeTask: func(ctx context.Context, in activity.Store, update activity.TaskUpdate) (activity.Task, bool, error) {
			update.Lease = min(update.Lease, time.Minute)
			return in.ChangeTask(ctx, update)
		}})},
		{"loses what has ended", status, with(broken{lostTasks: losesWithoutLease})},
		{"takes no time for the year 1 in LostTasks", "lost by the store's clock", with(losing(func(q *query) {
			if q.Now.IsZero() {
				q.Now = q.Now.Add(time.Microsecond)
			}
		}))},
		{"takes no time for the end of time in LostTasks", "lost by the store's clock", with(losing(func(q *query) {
			if q.Now.IsZero() {
				q.Now = farFuture
			}
		}))},
		{"loses tasks of all kinds", kinds, with(losing(func(q *query) { q.Kinds = []string{"import", "export", "impor_"} }))},
		{"loses tasks of the first kind", kinds, with(losing(func(q *query) { q.Kinds = q.Kinds[:1] }))},
		{"loses tasks of one tenant", kinds, with(keeping(func(t activity.Task) bool { return t.Tenant == acme }))},
		{"loses no previews", kinds, with(keeping(func(t activity.Task) bool { return !t.Preview }))},
		{"loses no recipes", kinds, with(keeping(func(t activity.Task) bool { return !t.Recipe }))},
		{"returns the head of a lost task", kinds, with(broken{lostTasks: func(ctx context.Context, in activity.Store, q query) ([]activity.Task, error) {
			tasks, err := in.LostTasks(ctx, q)
			for i := range tasks {
				tasks[i].Input, tasks[i].Attributes = nil, nil
			}
			return tasks, err
		}})},
		{"ignores the limit of lost tasks", limit, with(losing(func(q *query) { q.Limit = 1 << 30 }))},
		{"limits lost tasks before it orders them", limit, with(broken{lostTasks: func(ctx context.Context, in activity.Store, q query) ([]activity.Task, error) {
			n := q.Limit
			q.Limit = 1 << 30
			tasks, err := in.LostTasks(ctx, q)
			slices.SortFunc(tasks, func(a, b activity.Task) int { return a.ID.Compare(b.ID) })
			tasks = tasks[:min(len(tasks), n)]
			slices.SortStableFunc(tasks, func(a, b activity.Task) int { return a.LeaseUntil.Compare(b.LeaseUntil) })
			return tasks, err
		}})},
	}
}

// losing is a store that understands a query for lost tasks in another way.
func losing(change func(q *activity.LostQuery)) broken {
	return broken{lostTasks: func(ctx context.Context, in activity.Store, q activity.LostQuery) ([]activity.Task, error) {
		change(&q)
		return in.LostTasks(ctx, q)
	}}
}

// keeping is a store that finds only some of what is lost.
func keeping(keep func(t activity.Task) bool) broken {
	return broken{lostTasks: func(ctx context.Context, in activity.Store, q activity.LostQuery) ([]activity.Task, error) {
		tasks, err := in.LostTasks(ctx, q)
		return slices.DeleteFunc(tasks, func(t activity.Task) bool { return !keep(t) }), err
	}}
}

// losesWithoutLease takes no lease for one that has run out.
func losesWithoutLease(ctx context.Context, in activity.Store, q activity.LostQuery) ([]activity.Task, error) {
	tasks, err := in.LostTasks(ctx, q)
	for _, t := range everyTask(ctx, in, acme) {
		if t.LeaseUntil.IsZero() && t.Status != activity.StatusQueued {
			tasks = append(tasks, t)
		}
	}
	return tasks, err
}
