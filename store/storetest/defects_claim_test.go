package storetest

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/go-activity/activity"
)

func claimDefects() []defect {
	const changes, page = "backlog that changes", "page of a backlog"
	return slices.Concat([]defect{
		{"counts recipes as backlog", "backlog", each(backlogOf(func(t activity.Task, kind bool) bool { return kind && queuedFree(t) }))},
		{"counts what is leased as backlog", "backlog", each(backlogOf(func(t activity.Task, kind bool) bool {
			return kind && t.Status == activity.StatusQueued && !t.Recipe
		}))},
		{"counts what was leased as backlog", "backlog", each(backlogOf(func(t activity.Task, kind bool) bool {
			return kind && t.Status == activity.StatusQueued && !t.Recipe && t.LeaseUntil.Before(now)
		}))},
		{"counts all kinds as backlog", "backlog", each(backlogOf(func(t activity.Task, kind bool) bool { return queuedFree(t) && !t.Recipe }))},
		{"counts what is processing as backlog", "backlog", each(backlogOf(func(t activity.Task, kind bool) bool {
			return kind && !t.Recipe && t.LeaseUntil.IsZero() && !t.Status.Ended()
		}))},
		{"counts what waits as no backlog", "backlog", each(backlogOf(func(t activity.Task, kind bool) bool {
			return kind && queuedFree(t) && !t.Recipe && t.Wait.IsZero()
		}))},
		{"names a tenant for each kind", "backlog", with(broken{backlog: backlogPerKind})},
		{"keeps a tenant in the backlog", changes, each(remembersBacklog)},
		{"counts what was started as backlog", changes, each(backlogOf(func(t activity.Task, kind bool) bool { return kind && !t.Recipe }))},
		{"begins a page with After", page, with(broken{backlog: func(ctx context.Context, in activity.Store, query activity.BacklogQuery) ([]string, error) {
			names, err := in.Backlog(ctx, activity.BacklogQuery{Kinds: query.Kinds, Limit: 1 << 30})
			names = slices.DeleteFunc(names, func(name string) bool { return name < query.After })
			return names[:min(len(names), query.Limit)], err
		}})},
		{"ignores After in a backlog", page, with(backlogBy(func(q *activity.BacklogQuery) { q.After = "" }))},
		{"ignores the limit of a backlog", page, with(backlogBy(func(q *activity.BacklogQuery) { q.Limit = 1 << 30 }))},
		{"limits a backlog before After", page, with(broken{backlog: func(ctx context.Context, in activity.Store, query activity.BacklogQuery) ([]string, error) {
			names, err := in.Backlog(ctx, activity.BacklogQuery{Kinds: query.Kinds, Limit: query.Limit})
			return slices.DeleteFunc(names, func(name string) bool { return name <= query.After }), err
		}})},
		{"orders names by letters", page, with(broken{backlog: func(ctx context.Context, in activity.Store, query activity.BacklogQuery) ([]string, error) {
			names, err := in.Backlog(ctx, query)
			slices.SortFunc(names, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
			return names, err
		}})},
	}, nextDefects())
}

func queuedFree(t activity.Task) bool {
	return t.Status == activity.StatusQueued && t.LeaseUntil.IsZero()
}

// backlogOf is a store with another notion of tasks for workers. It remembers the names of tenants.
func backlogOf(forWorkers func(t activity.Task, kind bool) bool) func() broken {
	return func() broken {
		var mu sync.Mutex
		var tenants []string
		return broken{
			addTask: func(ctx context.Context, in activity.Store, task activity.Task) (activity.Task, error) {
				mu.Lock()
				defer mu.Unlock()
				if i, found := slices.BinarySearch(tenants, task.Tenant); !found {
					tenants = slices.Insert(tenants, i, task.Tenant)
				}
				return in.AddTask(ctx, task)
			},
			backlog: func(ctx context.Context, in activity.Store, query activity.BacklogQuery) ([]string, error) {
				mu.Lock()
				defer mu.Unlock()
				var names []string
				for _, name := range tenants {
					if name > query.After && slices.ContainsFunc(everyTask(ctx, in, name), func(t activity.Task) bool {
						return forWorkers(t, slices.Contains(query.Kinds, t.Kind))
					}) {
						names = append(names, name)
					}
				}
				return names[:min(len(names), query.Limit)], nil
			},
		}
	}
}

// backlogBy is a store that understands a query of the backlog in another way.
func backlogBy(change func(q *activity.BacklogQuery)) broken {
	return broken{backlog: func(ctx context.Context, in activity.Store, query activity.BacklogQuery) ([]string, error) {
		change(&query)
		return in.Backlog(ctx, query)
	}}
}

func backlogPerKind(ctx context.Context, in activity.Store, query activity.BacklogQuery) ([]string, error) {
	var names []string
	for _, kind := range query.Kinds {
		one := query
		one.Kinds = []string{kind}
		more, err := in.Backlog(ctx, one)
		if err != nil {
			return nil, err
		}
		names = append(names, more...)
	}
	slices.Sort(names)
	return names[:min(len(names), query.Limit)], nil
}

func remembersBacklog() broken {
	var mu sync.Mutex
	var known []string
	return broken{backlog: func(ctx context.Context, in activity.Store, query activity.BacklogQuery) ([]string, error) {
		mu.Lock()
		defer mu.Unlock()
		names, err := in.Backlog(ctx, query)
		known = append(known, names...)
		slices.Sort(known)
		known = slices.Compact(known)
		return slices.Clone(known), err
	}}
}
