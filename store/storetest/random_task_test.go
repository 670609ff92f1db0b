package storetest

import (
	"context"
	"errors"
	"testing"

	"github.com/go-activity/activity"
)

// Random operations find what the single cases find, where it shows without concurrency.
func TestRandomTasksFindDefects(t *testing.T) {
	findDefects(t, randomCases[2],
		"stores a task key twice",
		"compares inputs of tasks only",
		"drops a task with an existing ID",
		"forgets the task's Attributes",
		"forgets the update's Extras",
		"forgets the update's Attempt",
		"forgets the update's Settled",
		"lists tasks by the status of before",
		"lists tasks by the start of before",
		"repeats tasks about two queried entities",
		"counts tasks about two queried entities twice",
		"ignores the actor of tasks beside entities",
		"ignores previews beside other columns",
		"orders tasks of one kind by ID",
		"puts tasks without an end last",
		"orders equal tasks from the youngest to the oldest",
		"orders texts by their letters",
		"skips the task after the place",
		"skips tasks that are equal to the place",
		"returns one task more than the limit",
		"counts to one less",
		"looks for the first word only",
		"takes no attribute for an empty one",
		"leaves out the task at MinID",
		"includes the task at MaxID",
		"compares when tasks were queued",
		"includes the task at To",
		"adds what was not done to what succeeded",
		"ignores the tenant beside a parent",
		"ignores keys of other kinds",
		"keeps outcomes on an error",
		"drops an outcome with a used number",
		"ignores kinds beside a search",
	)
}

// What is compared must happen often enough.
func TestRandomTasksCoverMuch(t *testing.T) {
	t.Setenv("STORETEST_SEED", "") // the default
	count := map[string]int{}
	saw := func(what string, ok bool) {
		if ok {
			count[what]++
		}
	}
	counting := newBroken(broken{
		addTask: func(ctx context.Context, in activity.Store, task activity.Task) (activity.Task, error) {
			added, err := in.AddTask(ctx, task)
			saw("tasks", err == nil && added.ID == task.ID)
			saw("used keys", err == nil && added.ID != task.ID)
			saw("key conflicts", errors.Is(err, activity.ErrKeyConflict))
			saw("existing IDs", err != nil && !errors.Is(err, activity.ErrKeyConflict))
			return added, err
		},
		changeTask: func(ctx context.Context, in activity.Store, update activity.TaskUpdate) (activity.Task, bool, error) {
			task, changed, err := in.ChangeTask(ctx, update)
			saw("changes", changed)
			saw("tasks that are not as expected", err == nil && !changed)
			saw("changes of nothing", err != nil)
			saw("starts", changed && update.To == activity.StatusProcessing)
			saw("second starts", changed && update.To == activity.StatusProcessing && task.Attempt > 1)
			saw("returns to the queue", changed && update.To == activity.StatusQueued)
			saw("ends", changed && update.To.Ended())
			return task, changed, err
		},
		tasks: func(ctx context.Context, in activity.Store, filter activity.TaskFilter) ([]activity.Task, error) {
			tasks, err := in.Tasks(ctx, filter)
			saw("full pages", len(tasks) == filter.Limit)
			saw("partial pages", len(tasks) > 0 && len(tasks) < filter.Limit)
			saw("empty pages", len(tasks) == 0)
			if len(tasks) > 1 {
				saw("orders by "+string(filter.Sort), true)
				saw("kinds", len(filter.Kinds) > 0)
				saw("statuses", len(filter.Statuses) > 0)
				saw("actors", !filter.Actor.IsZero())
				saw("entities", len(filter.Entities) > 1)
				saw("parents", !filter.Parent.IsZero())
				saw("triggers", filter.Trigger != 0)
				saw("previews", filter.Previews == activity.PreviewsOnly)
				saw("words", len(filter.Words) > 0)
				saw("attributes", len(filter.Attributes) > 0)
				saw("IDs", !filter.MinID.IsZero() || !filter.MaxID.IsZero())
				saw("times", !filter.From.IsZero() || !filter.To.IsZero())
				saw("places", filter.After != nil)
			}
			return tasks, err
		},
		admit: func(ctx context.Context, in activity.Store, admission activity.Admission) (activity.Wait, error) {
			wait, err := in.Admit(ctx, admission)
			saw("admissions", err == nil && wait.IsZero())
			saw("waits for a place", wait.For == activity.WaitPlace)
			saw("waits for a task", wait.For == activity.WaitExclusive)
			saw("waits for a time", !wait.Until.IsZero())
			return wait, err
		},
		nextTask: func(ctx context.Context, in activity.Store, query activity.NextQuery) (activity.Task, error) {
			task, err := in.NextTask(ctx, query)
			saw("next tasks", err == nil)
			saw("no next tasks", err != nil)
			return task, err
		},
		lostTasks: func(ctx context.Context, in activity.Store, query activity.LostQuery) ([]activity.Task, error) {
			tasks, err := in.LostTasks(ctx, query)
			saw("lost tasks", len(tasks) > 1)
			return tasks, err
		},
		backlog: func(ctx context.Context, in activity.Store, query activity.BacklogQuery) ([]string, error) {
			names, err := in.Backlog(ctx, query)
			saw("backlogs", len(names) > 1)
			return names, err
		},
		addOutcomes: func(ctx context.Context, in activity.Store, rows []activity.OutcomeRow) error {
			err := in.AddOutcomes(ctx, rows)
			saw("reports", err == nil)
			saw("used numbers", err != nil)
			return err
		},
		outcomes: func(ctx context.Context, in activity.Store, filter activity.OutcomeFilter) ([]activity.OutcomeRow, error) {
			rows, err := in.Outcomes(ctx, filter)
			if len(rows) > 0 {
				saw("outcomes", true)
				saw("records", len(filter.Records) > 0)
				saw("searches", filter.Search != "")
				saw("rows", len(filter.Rows) > 0)
				saw("pages of outcomes", filter.After != nil)
			}
			return rows, err
		},
		inTx: func(ctx context.Context, in activity.Store, fn func(activity.Store) error) error {
			err := in.InTx(ctx, fn)
			saw("commits", err == nil)
			saw("rollbacks", err != nil)
			return err
		},
	})
	if failures := record(t, randomCases[2], counting); len(failures) > 0 {
		t.Errorf("the case fails without a defect: %q", failures)
	}
	t.Log(count)
	least := map[string]int{
		"tasks": 100, "used keys": 3, "key conflicts": 2, "existing IDs": 3, "changes": 50, "tasks that are not as expected": 20, "changes of nothing": 3,
		"starts": 20, "second starts": 2, "returns to the queue": 3, "ends": 10, "full pages": 50, "partial pages": 100, "empty pages": 50,
		"kinds": 40, "statuses": 50, "actors": 20, "entities": 30, "parents": 3, "triggers": 20, "previews": 20, "words": 20, "attributes": 20, "IDs": 20, "times": 20, "places": 20,
		"admissions": 20, "waits for a place": 10, "waits for a task": 10, "waits for a time": 10, "next tasks": 10, "no next tasks": 3, "lost tasks": 20, "backlogs": 20,
		"reports": 20, "used numbers": 3, "outcomes": 50, "records": 20, "searches": 5, "rows": 3, "pages of outcomes": 10, "commits": 20, "rollbacks": 10,
	}
	for _, sort := range activity.TaskSorts {
		least["orders by "+string(sort)] = 5
	}
	for what, n := range least {
		if count[what] < n {
			t.Errorf("there were %d %s, want at least %d", count[what], what, n)
		}
	}
}
