package activity_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
)

// cook makes a recipe of some steps.
func cook(t testing.TB, tenant activity.Tenant, steps int) (activity.Task, []activity.Task) {
	t.Helper()
	specs := make([]activity.TaskSpec, steps)
	for i := range specs {
		specs[i] = activity.TaskSpec{Kind: importing.Name, Actor: ben, Title: fmt.Sprint("step ", i+1)}
	}
	recipe, tasks, err := tenant.Recipe(t.Context(), activity.TaskSpec{Kind: importing.Name, Actor: ana, Title: "recipe"}, specs...)
	check(t, err)
	return recipe, tasks
}

func TestRecipe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tenant, journal := timed(t, importing)
		recipe, steps := cook(t, tenant, 2)
		if diff := cmp.Diff(read(t, tenant, recipe.ID), recipe); diff != "" || !recipe.Recipe || recipe.Status != activity.StatusQueued || recipe.Children != (activity.Children{Total: 2, Open: 2}) {
			t.Errorf("the recipe is %+v (-stored +returned):\n%s", recipe, diff)
		}
		for i, step := range steps {
			if diff := cmp.Diff(read(t, tenant, step.ID), step); diff != "" || step.Parent != recipe.ID || step.Title != fmt.Sprint("step ", i+1) {
				t.Errorf("step %d is %+v (-stored +returned):\n%s", i, step, diff)
			}
		}
		if _, err := tenant.Start(t.Context(), recipe.ID); invalid(t, err).Field != "ID" {
			t.Errorf("Start of a recipe = %v", err)
		}

		time.Sleep(time.Minute)
		first, err := journal.Claim(t.Context())
		check(t, err)
		started := read(t, tenant, recipe.ID)
		if started.Status != activity.StatusProcessing || !started.StartedAt.Equal(first.Task().StartedAt) || !started.LeaseUntil.IsZero() || started.Attempt != 1 {
			t.Errorf("after the start of its first step, the recipe is %+v", started)
		}
		check(t, first.Report(t.Context(), activity.Outcome{Kind: "imported"}, activity.Outcome{Kind: "error"}))
		check(t, first.Flush(t.Context()))
		if got := read(t, tenant, recipe.ID).Counts; got != (activity.Counts{Created: 1, Failed: 1}) {
			t.Errorf("while its first step runs, the recipe counts %+v", got)
		}
		check(t, first.Complete(t.Context()))
		time.Sleep(time.Minute)
		second, err := journal.Claim(t.Context())
		check(t, err)
		// The recipe was started first: it stands below its steps, the latest of which is on top.
		page, err := tenant.Tasks(t.Context(), activity.TaskQuery{})
		check(t, err)
		var titles []string
		for _, task := range page.Tasks {
			titles = append(titles, task.Title)
		}
		if got := fmt.Sprint(titles); got != "[step 2 step 1 recipe]" {
			t.Errorf("the list is %s", got)
		}
		check(t, second.Report(t.Context(), activity.Outcome{Kind: "imported"}))
		check(t, second.Complete(t.Context()))
		done := read(t, tenant, recipe.ID)
		if done.Status != activity.StatusCompleted || done.Counts != (activity.Counts{Created: 2, Failed: 1}) || done.Children != (activity.Children{Total: 2}) || !done.EndedAt.Equal(time.Now().UTC()) {
			t.Errorf("after its last step, the recipe is %+v", done)
		}
		wantLife(t, tenant, recipe.ID, "queued started completed")
		page2, err := tenant.Timeline(t.Context(), activity.Query{Task: recipe.ID})
		check(t, err)
		for _, event := range page2.Events {
			if event.Actor != ana {
				t.Errorf("%s of the recipe is by %v", event.Type, event.Actor)
			}
		}
	})
}

// A recipe ends as its steps do.
func TestRecipeVerdict(t *testing.T) {
	ctx := t.Context()
	complete := func(t *testing.T, tenant activity.Tenant, id activity.ID) {
		check(t, start(t, tenant, id).Complete(ctx))
	}
	fail := func(t *testing.T, tenant activity.Tenant, id activity.ID) {
		check(t, start(t, tenant, id).Fail(ctx, errors.New("no")))
	}
	stop := func(t *testing.T, tenant activity.Tenant, id activity.ID) {
		_, err := tenant.Cancel(ctx, id, ana, "")
		check(t, err)
	}
	type ends = []func(*testing.T, activity.Tenant, activity.ID)
	for _, test := range []struct {
		name   string
		ends   ends
		want   activity.Status
		reason string
		life   string
	}{
		{"completed", ends{complete, complete}, activity.StatusCompleted, "", "queued started completed"},
		{"one failed", ends{fail, complete, complete}, activity.StatusFailed, "1 of 3 steps failed", "queued started failed"},
		{"one cancelled", ends{complete, stop}, activity.StatusCancelled, "1 of 2 steps were cancelled", "queued started cancelled"},
		{"failed and cancelled", ends{stop, fail, fail}, activity.StatusFailed, "2 of 3 steps failed", "queued started failed"},
		{"all cancelled while queued", ends{stop, stop}, activity.StatusCancelled, "2 of 2 steps were cancelled", "queued cancelled"},
		{"first one cancelled while queued", ends{stop, complete}, activity.StatusCancelled, "1 of 2 steps were cancelled", "queued started cancelled"},
	} {
		t.Run(test.name, func(t *testing.T) {
			tenant, _ := newTenant(t, importing)
			recipe, steps := cook(t, tenant, len(test.ends))
			for i, end := range test.ends {
				if got := read(t, tenant, recipe.ID); got.Status.Ended() {
					t.Errorf("the recipe is %v before its last step has ended", got.Status)
				}
				end(t, tenant, steps[i].ID)
			}
			if got := read(t, tenant, recipe.ID); got.Status != test.want || got.Reason != test.reason || !got.EndedBy.IsZero() {
				t.Errorf("the recipe is %v because of %q by %v, want %v because of %q", got.Status, got.Reason, got.EndedBy, test.want, test.reason)
			}
			wantLife(t, tenant, recipe.ID, test.life)
		})
	}
}

func TestRecipeErrors(t *testing.T) {
	tenant, journal := newTenant(t, importing)
	good := activity.TaskSpec{Kind: importing.Name, Actor: ana}
	bad := func(change func(*activity.TaskSpec)) activity.TaskSpec { s := good; change(&s); return s }
	for _, test := range []struct {
		name, field string
		recipe      activity.TaskSpec
		steps       []activity.TaskSpec
	}{
		{"no steps", "Steps", good, nil},
		{"bad recipe", "Title", bad(func(s *activity.TaskSpec) { s.Title = "\xff" }), []activity.TaskSpec{good}},
		{"bad step", "Steps[1].Title", good, []activity.TaskSpec{good, bad(func(s *activity.TaskSpec) { s.Title = "\xff" })}},
		{"step of an unknown kind", "Steps[0].Kind", good, []activity.TaskSpec{{Kind: "x", Actor: ana}}},
		{"step with a parent", "Steps[0].Parent", good, []activity.TaskSpec{bad(func(s *activity.TaskSpec) { s.Parent = idValue })}},
		{"step that repeats nothing", "Steps[1].RetryOf", good, []activity.TaskSpec{good, bad(func(s *activity.TaskSpec) { s.RetryOf = idValue })}},
	} {
		_, _, err := tenant.Recipe(t.Context(), test.recipe, test.steps...)
		if got := invalid(t, err); got.Field != test.field {
			t.Errorf("%s: Recipe = %v, want it to be about %s", test.name, err, test.field)
		}
	}
	first := queue(t, tenant, bad(func(s *activity.TaskSpec) { s.Key = "k" }))
	_, _, err := tenant.Recipe(t.Context(), good, good, bad(func(s *activity.TaskSpec) { s.Key, s.Title = "k", "other" }))
	if !errors.Is(err, activity.ErrKeyConflict) {
		t.Errorf("Recipe with a step whose key was used = %v", err)
	}
	if tasks := list(t, tenant); len(tasks) != 1 || tasks[0].ID != first.ID || len(timeline(t, tenant)) != 1 {
		t.Errorf("recipes that failed left the tasks %+v", tasks)
	}
	if _, _, err := journal.Tenant("acme").Recipe(t.Context(), good, good); err != nil {
		t.Error(err)
	}
}

func TestRecipeKey(t *testing.T) {
	tenant, _ := newTenant(t, importing)
	spec := activity.TaskSpec{Kind: importing.Name, Actor: ana, Key: "weekly"}
	step := activity.TaskSpec{Kind: importing.Name, Actor: ana}
	recipe, steps, err := tenant.Recipe(t.Context(), spec, step, step)
	check(t, err)
	again, same, err := tenant.Recipe(t.Context(), spec, step, step)
	check(t, err)
	if diff := cmp.Diff(recipe, again); diff != "" {
		t.Errorf("the recipe of the key (-first +again):\n%s", diff)
	}
	if diff := cmp.Diff(steps, same); diff != "" || len(list(t, tenant)) != 3 {
		t.Errorf("the steps of the key's recipe (-first +again):\n%s", diff)
	}
	if _, err := tenant.Enqueue(t.Context(), spec); !errors.Is(err, activity.ErrKeyConflict) {
		t.Errorf("Enqueue of no recipe under the key = %v", err)
	}
}

func TestCancelRecipe(t *testing.T) {
	tenant, _ := newTenant(t, importing)
	recipe, steps := cook(t, tenant, 3)
	check(t, start(t, tenant, steps[0].ID).Complete(t.Context()))
	start(t, tenant, steps[1].ID)
	got, err := tenant.Cancel(t.Context(), recipe.ID, ben, "enough")
	check(t, err)
	if got.Status != activity.StatusCancelled || got.EndedBy != ben || got.Reason != "enough" || got.Children != (activity.Children{Total: 3, Cancelled: 2}) {
		t.Errorf("the recipe is %+v", got)
	}
	for i, want := range []activity.Status{activity.StatusCompleted, activity.StatusCancelled, activity.StatusCancelled} {
		if got := read(t, tenant, steps[i].ID).Status; got != want {
			t.Errorf("step %d is %v, want %v", i+1, got, want)
		}
	}
	wantLife(t, tenant, recipe.ID, "queued started cancelled")
	if _, err := tenant.Rerun(t.Context(), recipe.ID, ana); invalid(t, err).Field != "ID" {
		t.Errorf("Rerun of a recipe = %v", err)
	}
}

// Steps of a run: it stays processing after its function has returned, until they have ended; a recipe above
// counts what all below it count.
func TestRunWithSteps(t *testing.T) {
	tenant, _ := newTenant(t, importing)
	top, tops := cook(t, tenant, 1)
	var steps []activity.Task
	run := start(t, tenant, tops[0].ID)
	for range 2 {
		steps = append(steps, queue(t, tenant, activity.TaskSpec{Parent: tops[0].ID}))
	}
	check(t, run.Report(t.Context(), activity.Outcome{Kind: "imported"}))
	check(t, run.Complete(t.Context()))
	for i, step := range steps {
		middle := read(t, tenant, tops[0].ID)
		if middle.Status != activity.StatusProcessing || !middle.LeaseUntil.IsZero() || middle.Children.Open != 2-i || run.Context().Err() == nil {
			t.Errorf("before step %d, the task is %+v", i+1, middle)
		}
		below := start(t, tenant, step.ID)
		check(t, below.Report(t.Context(), activity.Outcome{Kind: "error"}))
		check(t, below.Complete(t.Context()))
	}
	want := activity.Counts{Created: 1, Failed: 2}
	for _, id := range []activity.ID{tops[0].ID, top.ID} {
		if got := read(t, tenant, id); got.Status != activity.StatusCompleted || got.Counts != want {
			t.Errorf("after the last step, %s is %v with %+v", got.Title, got.Status, got.Counts)
		}
		wantLife(t, tenant, id, "queued started completed")
	}
	if report, err := tenant.Report(t.Context(), tops[0].ID); err != nil || report.Categories[0].Count != 1 || report.Categories[6].Count != 0 {
		t.Errorf("the report has %+v, %v, want the task's own outcomes", report.Categories, err)
	}
}

func TestRunWhoseStepsFailed(t *testing.T) {
	tenant, _ := newTenant(t, importing)
	for _, test := range []struct {
		name   string
		before bool // the step ends before the run does
		cancel bool
		want   activity.Status
	}{
		{"failed before", true, false, activity.StatusFailed},
		{"failed after", false, false, activity.StatusFailed},
		{"cancelled before", true, true, activity.StatusCancelled},
		{"cancelled after", false, true, activity.StatusCancelled},
	} {
		run := begin(t, tenant, activity.TaskSpec{})
		step := queue(t, tenant, activity.TaskSpec{Parent: run.Task().ID})
		end := func() {
			if test.cancel {
				_, err := tenant.Cancel(t.Context(), step.ID, ana, "")
				check(t, err)
			} else {
				check(t, start(t, tenant, step.ID).Fail(t.Context(), errors.New("no")))
			}
		}
		if test.before {
			end()
			if got := read(t, tenant, run.Task().ID).Status; got != activity.StatusProcessing {
				t.Errorf("%s: the task is %v while its run works", test.name, got)
			}
		}
		check(t, run.Complete(t.Context()))
		if !test.before {
			end()
		}
		if got := read(t, tenant, run.Task().ID); got.Status != test.want || got.Reason == "" {
			t.Errorf("%s: the task is %v because of %q, want %v", test.name, got.Status, got.Reason, test.want)
		}
	}
}

// A run that fails cancels the steps that it has queued.
func TestFailCancelsSteps(t *testing.T) {
	tenant, _ := newTenant(t, importing)
	var step, deep activity.Task
	task, err := tenant.Do(t.Context(), activity.TaskSpec{Kind: importing.Name, Actor: ana}, func(ctx context.Context, run *activity.Run) error {
		step = queue(t, tenant, activity.TaskSpec{Parent: run.Task().ID})
		deep = queue(t, tenant, activity.TaskSpec{Parent: step.ID})
		return errors.New("no")
	})
	if err == nil || task.Status != activity.StatusFailed || task.Reason != "no" || task.Children != (activity.Children{Total: 1, Cancelled: 1}) {
		t.Errorf("Do = %v; the task is %+v", err, task)
	}
	for _, id := range []activity.ID{step.ID, deep.ID} {
		wantLife(t, tenant, id, "queued cancelled")
	}
}
