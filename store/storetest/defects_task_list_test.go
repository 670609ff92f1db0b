package storetest

import (
	"cmp"
	"context"
	"slices"

	"github.com/go-activity/activity"
)

func listTasksDefects() []defect {
	type filter = activity.TaskFilter
	const all, order, limit = "tasks, all conditions at once", "order of tasks", "limit of tasks"
	return []defect{
		{"finds no tasks without a condition", "tasks without conditions", with(sievingTasks(func(*filter) {}, func(f filter, _ activity.Task) bool {
			return len(f.Kinds)+len(f.Statuses)+len(f.Entities)+len(f.Words) > 0
		}))},
		{"hides tasks that are about nothing", "tasks without conditions", with(sievingTasks(func(*filter) {}, func(_ filter, t activity.Task) bool { return len(t.About) > 0 }))},
		{"repeats tasks about two queried entities", "tasks, each once", with(broken{tasks: tasksPerEntity(false)})},
		{"counts tasks about two queried entities twice", "tasks, each once", with(broken{countTasks: countsPerEntity})},
		{"ignores the actor of tasks beside entities", all, with(listingTasks(func(f *filter) {
			if len(f.Entities) > 0 {
				f.Actor = activity.Entity{}
			}
		}))},
		{"ignores the kind of tasks beside a status", all, with(listingTasks(func(f *filter) {
			if len(f.Statuses) > 0 {
				f.Kinds = nil
			}
		}))},
		{"ignores the parent beside the trigger", all, with(listingTasks(func(f *filter) {
			if f.Trigger != 0 {
				f.Parent = activity.ID{}
			}
		}))},
		{"ignores words beside attributes", all, with(listingTasks(func(f *filter) {
			if len(f.Attributes) > 0 {
				f.Words = nil
			}
		}))},
		{"ignores times beside IDs", all, with(listingTasks(func(f *filter) {
			if !f.MinID.IsZero() {
				f.From, f.To = f.To.AddDate(-1, 0, 0), f.To.AddDate(1, 0, 0)
			}
		}))},
		{"ignores previews beside other columns", all, with(listingTasks(func(f *filter) {
			if f.Sort != activity.SortStart {
				f.Previews = activity.PreviewsShown
			}
		}))},
		{"returns an error for no tasks", "no task matches", with(broken{tasks: func(ctx context.Context, in activity.Store, f filter) ([]activity.Task, error) {
			tasks, err := in.Tasks(ctx, f)
			if err == nil && len(tasks) == 0 {
				err = activity.ErrNotFound
			}
			return tasks, err
		}})},
		{"ignores an end of IDs that nothing is before", "no task matches", with(listingTasks(func(f *filter) {
			if f.MaxID == newTask(1).ID {
				f.MaxID = activity.ID{}
			}
		}))},
		{"orders tasks by start always", order, with(sortingTasks(func(f filter, a, b activity.Task) int {
			f.Sort = activity.SortStart
			return f.Compare(&a, &b)
		}))},
		{"orders tasks of one kind by ID", order, with(sortingTasks(func(f filter, a, b activity.Task) int {
			if len(f.Kinds) == 1 {
				f.Sort = activity.SortQueued
			}
			return f.Compare(&a, &b)
		}))},
		{"orders tasks by the last kind first", order, with(sortingTasks(func(f filter, a, b activity.Task) int {
			if len(f.Kinds) == 2 && f.Sort == activity.SortStart {
				return cmp.Or(cmp.Compare(b.Kind, a.Kind), f.Compare(&a, &b))
			}
			return f.Compare(&a, &b)
		}))},
		{"puts tasks without an end last", order, with(sortingTasks(func(f filter, a, b activity.Task) int {
			if f.Sort == activity.SortEnd && !f.Descending && a.EndedAt.IsZero() != b.EndedAt.IsZero() {
				return b.EndedAt.Compare(a.EndedAt)
			}
			return f.Compare(&a, &b)
		}))},
		{"orders equal tasks from the youngest to the oldest", "order of equal tasks", with(sortingTasks(func(f filter, a, b activity.Task) int {
			first, second := a.ID, b.ID
			a.ID, b.ID = activity.ID{}, activity.ID{}
			return cmp.Or(f.Compare(&a, &b), second.Compare(first))
		}))},
		{"orders texts by their letters", "order of texts", with(sortingTasks(func(f filter, a, b activity.Task) int {
			a.Title, b.Title = activity.Fold(a.Title), activity.Fold(b.Title)
			return f.Compare(&a, &b)
		}))},
		{"orders actors by their IDs", "order of texts", with(sortingTasks(func(f filter, a, b activity.Task) int {
			a.Actor.Label, b.Actor.Label = "", ""
			return f.Compare(&a, &b)
		}))},
		{"repeats the task at the place", "pages of tasks", with(atPlace(func(f filter, p *activity.TaskPlace) {
			before, _, after := around(p.ID)
			if p.ID = before; f.Descending {
				p.ID = after
			}
		}))},
		{"skips the task after the place", "pages of tasks", with(broken{tasks: skipsAfterPlace})},
		{"skips tasks that are equal to the place", "pages of tasks", with(atPlace(func(f filter, p *activity.TaskPlace) {
			if p.ID = (activity.ID{}); !f.Descending {
				for i := range p.ID {
					p.ID[i] = 0xff
				}
			}
		}))},
		{"looks for the task at the place", "pages of tasks", with(broken{tasks: needsPlace})},
		{"ignores the limit of tasks", limit, with(listingTasks(func(f *filter) { f.Limit = 1 << 30 }))},
		{"returns one task more than the limit", limit, with(broken{tasks: func(ctx context.Context, in activity.Store, f filter) ([]activity.Task, error) {
			f.Limit++
			return in.Tasks(ctx, f)
		}})},
		{"limits tasks before it orders them", limit, with(broken{tasks: limitsTasksFirst})},
		{"limits tasks of each entity", "limit of tasks of several lists", with(broken{tasks: tasksPerEntity(true)})},
		{"counts to the end", "count of tasks", with(countingTasks(func(f *filter) { f.Limit = 1 << 30 }))},
		{"counts to one less", "count of tasks", with(countingTasks(func(f *filter) { f.Limit = max(1, f.Limit-1) }))},
		{"counts from the place", "count of tasks", with(broken{countTasks: func(ctx context.Context, in activity.Store, f filter) (int, error) {
			tasks, err := in.Tasks(ctx, f)
			return len(tasks), err
		}})},
		{"counts all kinds", "count of tasks", with(countingTasks(func(f *filter) { f.Kinds = nil }))},
	}
}

// listingTasks is a store that understands a filter of tasks in another way.
func listingTasks(change func(f *activity.TaskFilter)) broken {
	return broken{
		tasks: func(ctx context.Context, in activity.Store, filter activity.TaskFilter) ([]activity.Task, error) {
			change(&filter)
			return in.Tasks(ctx, filter)
		},
		countTasks: countingTasks(change).countTasks,
	}
}

// countingTasks is a store that understands the filter of CountTasks in another way.
func countingTasks(change func(f *activity.TaskFilter)) broken {
	return broken{countTasks: func(ctx context.Context, in activity.Store, filter activity.TaskFilter) (int, error) {
		change(&filter)
		return in.CountTasks(ctx, filter)
	}}
}

// sievingTasks is a store that takes more tasks than the filter's, and leaves out those that do not match
// by a condition of its own.
func sievingTasks(widen func(f *activity.TaskFilter), match func(f activity.TaskFilter, t activity.Task) bool) broken {
	list := func(ctx context.Context, in activity.Store, filter activity.TaskFilter) ([]activity.Task, error) {
		wide := filter
		widen(&wide)
		wide.Limit = 1 << 30
		tasks, err := in.Tasks(ctx, wide)
		tasks = slices.DeleteFunc(tasks, func(t activity.Task) bool { return !match(filter, t) })
		return tasks[:min(len(tasks), filter.Limit)], err
	}
	return broken{tasks: list, countTasks: func(ctx context.Context, in activity.Store, filter activity.TaskFilter) (int, error) {
		filter.After = nil
		tasks, err := list(ctx, in, filter)
		return len(tasks), err
	}}
}

// sortingTasks is a store with another order of tasks.
func sortingTasks(compare func(f activity.TaskFilter, a, b activity.Task) int) broken {
	return broken{tasks: func(ctx context.Context, in activity.Store, filter activity.TaskFilter) ([]activity.Task, error) {
		wide := filter
		wide.Limit = 1 << 30
		tasks, err := in.Tasks(ctx, wide)
		slices.SortStableFunc(tasks, func(a, b activity.Task) int { return compare(filter, a, b) })
		return tasks[:min(len(tasks), filter.Limit)], err
	}}
}

// tasksPerEntity asks for each entity by itself. With a limit of each, it takes the page from the first
// entity that fills it.
func tasksPerEntity(limitEach bool) func(ctx context.Context, in activity.Store, filter activity.TaskFilter) ([]activity.Task, error) {
	return func(ctx context.Context, in activity.Store, filter activity.TaskFilter) ([]activity.Task, error) {
		if len(filter.Entities) < 2 {
			return in.Tasks(ctx, filter)
		}
		var tasks []activity.Task
		for _, entity := range filter.Entities {
			one := filter
			one.Entities = []activity.Entity{entity}
			more, err := in.Tasks(ctx, one)
			if err != nil {
				return nil, err
			}
			tasks = append(tasks, more...)
		}
		if limitEach {
			return sortedTasks(filter, tasks[:min(len(tasks), filter.Limit)]), nil
		}
		tasks = sortedTasks(filter, tasks)
		return tasks[:min(len(tasks), filter.Limit)], nil
	}
}

func countsPerEntity(ctx context.Context, in activity.Store, filter activity.TaskFilter) (int, error) {
	if len(filter.Entities) < 2 {
		return in.CountTasks(ctx, filter)
	}
	sum := 0
	for _, entity := range filter.Entities {
		one := filter
		one.Entities = []activity.Entity{entity}
		n, err := in.CountTasks(ctx, one)
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return min(sum, filter.Limit), nil
}

// atPlace is a store that goes on from another place.
func atPlace(move func(f activity.TaskFilter, p *activity.TaskPlace)) broken {
	return broken{tasks: func(ctx context.Context, in activity.Store, filter activity.TaskFilter) ([]activity.Task, error) {
		if filter.After != nil {
			place := *filter.After
			move(filter, &place)
			filter.After = &place
		}
		return in.Tasks(ctx, filter)
	}}
}

func skipsAfterPlace(ctx context.Context, in activity.Store, filter activity.TaskFilter) ([]activity.Task, error) {
	if filter.After == nil {
		return in.Tasks(ctx, filter)
	}
	filter.Limit++
	tasks, err := in.Tasks(ctx, filter)
	return tasks[min(1, len(tasks)):], err
}

// needsPlace finds nothing when no task is at the place.
func needsPlace(ctx context.Context, in activity.Store, filter activity.TaskFilter) ([]activity.Task, error) {
	tasks, err := in.Tasks(ctx, filter)
	if filter.After != nil {
		if _, missing := in.Task(ctx, filter.Tenant, filter.After.ID); missing != nil {
			return nil, err
		}
	}
	return tasks, err
}

// limitsTasksFirst takes the first tasks of the other order.
func limitsTasksFirst(ctx context.Context, in activity.Store, filter activity.TaskFilter) ([]activity.Task, error) {
	filter.Descending = !filter.Descending
	tasks, err := in.Tasks(ctx, filter)
	slices.Reverse(tasks)
	return tasks, err
}
