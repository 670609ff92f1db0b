package activity_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-activity/activity"
)

// random is a tenant in which everything that can happen to tasks happens, in any order.
type random struct {
	*testing.T
	rand    *rand.Rand
	journal *activity.Journal
	tenant  activity.Tenant
	tasks   []activity.ID
	runs    []*activity.Run
	kills   []context.CancelFunc // of the processes that run them
}

func newRandom(t *testing.T, seed uint64) *random {
	r := &random{T: t, rand: rand.New(rand.NewPCG(seed, 0))}
	limited, lasting := few, importing
	limited.Lost, limited.MaxLosses = activity.LostRequeues, 3
	lasting.Lease = 10 * time.Minute
	r.tenant, r.journal = timed(t, lasting, limited)
	return r
}

func (r *random) task() activity.ID {
	if len(r.tasks) == 0 || r.rand.IntN(20) == 0 {
		return activity.ID{}
	}
	return r.tasks[r.rand.IntN(len(r.tasks))]
}

func (r *random) spec() activity.TaskSpec {
	spec := activity.TaskSpec{Kind: importing.Name, Actor: ana, About: []activity.Entity{deal}}
	if r.rand.IntN(2) == 0 {
		spec.Kind, spec.Actor, spec.About = few.Name, ben, []activity.Entity{contact}
	}
	switch r.rand.IntN(4) {
	case 0:
		spec.Exclusive = "list:42"
	case 1:
		spec.Preview = true
	}
	return spec
}

// step does something that may be refused, and returns the error of that.
func (r *random) step(ctx context.Context) error {
	work := func(start func(context.Context) (*activity.Run, error)) error {
		process, kill := context.WithCancel(ctx)
		run, err := start(process)
		if err != nil {
			kill()
			return err
		}
		r.runs, r.kills = append(r.runs, run), append(r.kills, kill)
		return nil
	}
	var run *activity.Run
	if len(r.runs) > 0 {
		run = r.runs[r.rand.IntN(len(r.runs))]
	}
	op := r.rand.IntN(16)
	if run == nil && op < 7 {
		op = 7
	}
	switch op {
	case 0, 1:
		return run.Complete(ctx)
	case 2:
		return run.Fail(ctx, errors.New("no"))
	case 3:
		return run.Requeue(ctx, "a break")
	case 4, 5:
		if err := run.Report(ctx, activity.Outcome{Kind: "imported"}, activity.Outcome{Kind: "error"}); err != nil {
			return err
		}
		return run.Flush(ctx)
	case 6:
		return run.Progress(ctx, r.rand.Int64N(100), 0)
	case 7, 8:
		spec := r.spec()
		if r.rand.IntN(2) == 0 {
			spec.Parent = r.task()
		}
		task, err := r.tenant.Enqueue(ctx, spec)
		if err == nil {
			r.tasks = append(r.tasks, task.ID)
		}
		return err
	case 9:
		recipe, steps, err := r.tenant.Recipe(ctx, r.spec(), r.spec(), r.spec())
		if err == nil {
			r.tasks = append(r.tasks, recipe.ID, steps[0].ID, steps[1].ID)
		}
		return err
	case 10:
		task, err := r.tenant.Rerun(ctx, r.task(), ben)
		if err == nil {
			r.tasks = append(r.tasks, task.ID)
		}
		return err
	case 11:
		_, err := r.tenant.Cancel(ctx, r.task(), ben, "")
		return err
	case 12, 13:
		return work(func(ctx context.Context) (*activity.Run, error) { return r.tenant.Start(ctx, r.task()) })
	case 14:
		return work(func(ctx context.Context) (*activity.Run, error) { return r.journal.Claim(ctx) })
	default:
		if len(r.kills) > 0 {
			r.kills[r.rand.IntN(len(r.kills))]()
		}
		time.Sleep(time.Duration(r.rand.Int64N(int64(5 * time.Minute))))
		synctest.Wait()
		_, err := r.journal.Recover(ctx)
		return err
	}
}

// expected are the errors by which the library refuses what cannot be done.
var expected = []error{activity.ErrInvalid, activity.ErrNotFound, activity.ErrTransition, activity.ErrNotRunning, activity.ErrWaiting, activity.ErrNoTask}

// Whatever is asked for in whatever order, tasks stay within the table of transitions.
func TestRandomLives(t *testing.T) {
	for seed := range uint64(20) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { live(t, seed) })
		})
	}
}

func live(t *testing.T, seed uint64) {
	r := newRandom(t, seed)
	statuses := map[activity.ID]activity.Status{}
	done := 0
	for range 400 {
		err := r.step(t.Context())
		if err == nil {
			done++
		} else if !slices.ContainsFunc(expected, func(target error) bool { return errors.Is(err, target) }) {
			t.Fatalf("unexpected error: %v", err)
		}
		for _, task := range list(t, r.tenant) {
			r.checkStep(statuses[task.ID], &task)
			statuses[task.ID] = task.Status
		}
	}
	if done < 100 || len(r.tasks) < 20 {
		t.Errorf("only %d of 400 steps were done, with %d tasks", done, len(r.tasks))
	}
	for _, id := range r.tasks {
		r.checkLife(id)
	}
}

// checkStep checks a task, and its way from the status that it had before one step.
func (r *random) checkStep(before activity.Status, task *activity.Task) {
	r.Helper()
	if before != 0 && before != task.Status && !before.CanBecome(task.Status) {
		r.Errorf("task %s went from %v to %v", task.ID, before, task.Status)
	}
	ended := task.Status.Ended()
	switch {
	case ended == task.EndedAt.IsZero():
		r.Errorf("task %s is %v and ended at %v", task.ID, task.Status, task.EndedAt)
	case ended && (task.Children.Open != 0 || !task.LeaseUntil.IsZero() || !task.Wait.IsZero()):
		r.Errorf("task %s is %v with %d open steps, a lease until %v, and waits for %+v", task.ID, task.Status, task.Children.Open, task.LeaseUntil, task.Wait)
	case task.Status == activity.StatusCompleted && task.Children.Failed+task.Children.Cancelled > 0:
		r.Errorf("task %s is completed with %+v", task.ID, task.Children)
	case (task.Attempt > 0) == task.StartedAt.IsZero():
		r.Errorf("task %s was started %d times, first at %v", task.ID, task.Attempt, task.StartedAt)
	case task.Status == activity.StatusProcessing && task.LeaseUntil.IsZero() && task.Children.Open == 0:
		r.Errorf("task %s is processing with neither a run nor steps", task.ID)
	}
}

// checkLife compares the events of a task with the table, and with the task.
func (r *random) checkLife(id activity.ID) {
	r.Helper()
	task, life := read(r, r.tenant, id), lifeOf(r, r.tenant, id)
	of := map[string]activity.Status{
		"queued": activity.StatusQueued, "started": activity.StatusProcessing, "requeued": activity.StatusQueued,
		"completed": activity.StatusCompleted, "failed": activity.StatusFailed, "cancelled": activity.StatusCancelled,
	}
	starts := 0
	for i, event := range life {
		if event == "started" {
			starts++
		}
		if i == 0 && event != "queued" || i > 0 && (event == "queued" || !of[life[i-1]].CanBecome(of[event])) {
			r.Errorf("the events of task %s are no path of the graph: %v", id, life)
		}
	}
	if of[life[len(life)-1]] != task.Status || starts != task.Attempt {
		r.Errorf("task %s is %v in attempt %d, its events are %v", id, task.Status, task.Attempt, life)
	}
	var children activity.Children
	own, err := activity.StoreOf(r.journal).Tally(r.Context(), "acme", id)
	check(r, err)
	counts := activity.Counts{Created: own["imported"], Failed: own["error"]}
	for _, step := range list(r, r.tenant) {
		if step.Parent == id {
			children.Total++
			counts = counts.Plus(step.Counts)
			switch {
			case !step.Status.Ended():
				children.Open++
			case step.Status == activity.StatusFailed:
				children.Failed++
			case step.Status == activity.StatusCancelled:
				children.Cancelled++
			}
		}
	}
	if children != task.Children || counts != task.Counts {
		r.Errorf("task %s counts the steps %+v and %+v, has %+v and %+v", id, task.Children, task.Counts, children, counts)
	}
}

// The events of a life are on the timelines of the tenant, the actor, each entity and the task, and name each other.
func TestLifeOnTimelines(t *testing.T) {
	tenant, _ := newTenant(t, importing)
	run := begin(t, tenant, activity.TaskSpec{Title: "contacts.csv", About: []activity.Entity{deal, contact}, Total: 2})
	check(t, run.Report(t.Context(), activity.Outcome{Kind: "imported"}))
	check(t, run.Requeue(t.Context(), "a break"))
	id := run.Task().ID
	start(t, tenant, id)
	if _, err := tenant.Cancel(t.Context(), id, ben, "enough"); err != nil {
		t.Fatal(err)
	}
	want := []string{"task.cancelled", "task.started", "task.requeued", "task.started", "task.queued"}
	for name, query := range map[string]activity.Query{
		"tenant": {}, "task": {Task: id}, "deal": {About: []activity.Entity{deal}}, "contact": {About: []activity.Entity{contact}}, "category": {Categories: []string{"tasks"}},
		"actor": {Actor: ana}, "who cancelled": {Actor: ben},
	} {
		page, err := tenant.Timeline(t.Context(), query)
		check(t, err)
		var types []string
		for _, event := range page.Events {
			types = append(types, event.Type)
			if event.Task != id || event.Source != activity.Automatic || !event.OccurredAt.Equal(noon) {
				t.Errorf("%s has the task %s, source %v, time %v", event.Type, event.Task, event.Source, event.OccurredAt)
			}
		}
		expect := want
		switch name {
		case "actor":
			expect = want[1:]
		case "who cancelled":
			expect = want[:1]
		}
		if !slices.Equal(types, expect) {
			t.Errorf("the timeline of the %s has %v, want %v", name, types, expect)
		}
	}
	page, err := tenant.Timeline(t.Context(), activity.Query{Task: id})
	check(t, err)
	got, err := activity.TaskRequeued.Payload(page.Events[2])
	wantEvent := activity.TaskEvent{
		Kind: importing.Name, Label: "CSV import", Name: "contacts.csv", Object: "contacts", Attempt: 1, Total: 2,
		Created: 1, Succeeded: 1, Attempted: 1, Reason: "a break",
	}
	if err != nil || got != wantEvent {
		t.Errorf("the event has %+v, %v, want %+v", got, err, wantEvent)
	}
}
