package activity_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
)

var (
	ben     = activity.User("ben@acme.test", "Ben")
	contact = activity.Entity{Kind: "contact", ID: "c1", Label: "Eve"}
)

// importing is a kind without limits whose runs report on records.
var importing = activity.Kind{
	Name: "import_contacts", Label: "CSV import", Category: "prospecting", Object: "contacts",
	Outcomes: activity.ImportOutcomes(),
}

// newTenant makes a tenant of a journal with an empty store, some kinds, and a clock that stands still.
func newTenant(t testing.TB, kinds ...activity.Kind) (activity.Tenant, *activity.Journal) {
	t.Helper()
	journal := configured(t, activity.Config{Types: []activity.EventType{noted}, Kinds: kinds})
	return journal.Tenant("acme"), journal
}

// timed is newTenant with a clock that goes: that of the bubble, in synctest.
func timed(t testing.TB, kinds ...activity.Kind) (activity.Tenant, *activity.Journal) {
	t.Helper()
	journal := configured(t, activity.Config{Types: []activity.EventType{noted}, Kinds: kinds, Now: time.Now})
	return journal.Tenant("acme"), journal
}

// queue queues a task of Ana's, unless the spec says whose.
func queue(t testing.TB, tenant activity.Tenant, spec activity.TaskSpec) activity.Task {
	t.Helper()
	if spec.Kind == "" {
		spec.Kind = importing.Name
	}
	task, err := tenant.Enqueue(activity.WithActor(t.Context(), ana), spec)
	if err != nil {
		t.Fatal(err)
	}
	return task
}

// start starts a queued task.
func start(t testing.TB, tenant activity.Tenant, id activity.ID) *activity.Run {
	t.Helper()
	run, err := tenant.Start(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// begin queues a task and starts it.
func begin(t testing.TB, tenant activity.Tenant, spec activity.TaskSpec) *activity.Run {
	t.Helper()
	return start(t, tenant, queue(t, tenant, spec).ID)
}

// read reads a task.
func read(t testing.TB, tenant activity.Tenant, id activity.ID) activity.Task {
	t.Helper()
	task, err := tenant.Task(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return task
}

// check ends the test if a call failed that must not.
func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// transition returns the TransitionError that err is.
func transition(t testing.TB, err error) *activity.TransitionError {
	t.Helper()
	var refused *activity.TransitionError
	if !errors.As(err, &refused) || !errors.Is(err, activity.ErrTransition) {
		t.Fatalf("error = %v, want a TransitionError", err)
	}
	return refused
}

// lifeOf returns the types of the events on a task's timeline, without "task.", the oldest first.
func lifeOf(t testing.TB, tenant activity.Tenant, id activity.ID) []string {
	t.Helper()
	var types []string
	for event, err := range tenant.Events(t.Context(), activity.Query{Task: id, Categories: []string{"tasks"}}) {
		check(t, err)
		types = append(types, strings.TrimPrefix(event.Type, "task."))
	}
	slices.Reverse(types)
	return types
}

func wantLife(t testing.TB, tenant activity.Tenant, id activity.ID, want string) {
	t.Helper()
	if got := strings.Join(lifeOf(t, tenant, id), " "); got != want {
		t.Errorf("the events of task %s are %q, want %q", id, got, want)
	}
}

func TestStatusGraph(t *testing.T) {
	golden(t, "testdata/task.mermaid", activity.StatusGraph())
}

func TestStatusText(t *testing.T) {
	for _, status := range append([]activity.Status{0}, activity.Statuses...) {
		data, err := json.Marshal(status)
		check(t, err)
		var back activity.Status
		if err := json.Unmarshal(data, &back); err != nil || back != status || string(data) != `"`+status.String()+`"` {
			t.Errorf("status %d is written %s and read as %d, %v", status, data, back, err)
		}
	}
	var status activity.Status
	if bad := invalid(t, status.UnmarshalText([]byte("done"))); bad.Field != "Status" {
		t.Errorf("Field = %q", bad.Field)
	}
	if got := activity.Status(9).String(); got != "Status(9)" {
		t.Errorf("Status(9) = %q", got)
	}
}

func TestSigns(t *testing.T) {
	many, none, same := activity.SignManyFailed, activity.SignNoneSucceeded, activity.SignManyUnmodified
	for _, test := range []struct {
		name   string
		counts activity.Counts
		want   []activity.Sign
	}{
		{"nothing attempted", activity.Counts{}, nil},
		{"all well", activity.Counts{Created: 10}, nil},
		{"a tenth failed", activity.Counts{Created: 9, Failed: 1}, []activity.Sign{many}},
		{"less than a tenth failed", activity.Counts{Created: 91, Failed: 9}, nil},
		{"all failed", activity.Counts{Failed: 2}, []activity.Sign{none, many}},
		{"all warned", activity.Counts{Warned: 1}, []activity.Sign{none}},
		{"nine tenths unmodified", activity.Counts{Updated: 1, Unmodified: 9}, []activity.Sign{same}},
		{"less than nine tenths unmodified", activity.Counts{Deleted: 11, Unmodified: 89}, nil},
		{"unmodified and failed", activity.Counts{Unmodified: 9, Failed: 1}, []activity.Sign{many, same}},
	} {
		if diff := cmp.Diff(test.want, test.counts.Signs()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestCounts(t *testing.T) {
	c := activity.Counts{Created: 1, Updated: 2, Deleted: 4, Unmodified: 8, Failed: 16, Warned: 32}
	if c.Succeeded() != 15 || c.Attempted() != 63 {
		t.Errorf("Succeeded() = %d, Attempted() = %d, want 15 and 63", c.Succeeded(), c.Attempted())
	}
	if got, want := c.Plus(c), (activity.Counts{Created: 2, Updated: 4, Deleted: 8, Unmodified: 16, Failed: 32, Warned: 64}); got != want {
		t.Errorf("Plus = %+v, want %+v", got, want)
	}
}

func TestTaskTimes(t *testing.T) {
	task := activity.Task{Kind: "import_contacts", QueuedAt: noon}
	if task.Name() != "import contacts" || !task.Start().Equal(noon) || task.Duration() != 0 {
		t.Errorf("queued: %q, start %v, duration %v", task.Name(), task.Start(), task.Duration())
	}
	task.Title, task.StartedAt = "contacts.csv", noon.Add(time.Minute)
	if task.Name() != "contacts.csv" || !task.Start().Equal(task.StartedAt) || task.Duration() != 0 {
		t.Errorf("processing: %q, start %v, duration %v", task.Name(), task.Start(), task.Duration())
	}
	task.EndedAt = noon.Add(time.Hour)
	if got := task.Duration(); got != 59*time.Minute {
		t.Errorf("Duration() = %v, want 59m", got)
	}
	task.StartedAt = time.Time{} // cancelled while it was queued
	if got := task.Duration(); got != 0 {
		t.Errorf("Duration() = %v of a task that never started", got)
	}
}

func TestTaskErrors(t *testing.T) {
	run := &activity.TransitionError{ID: idValue, From: activity.StatusCancelled, To: activity.StatusCompleted, Attempt: 1}
	host := &activity.TransitionError{ID: idValue, From: activity.StatusCompleted, To: activity.StatusCancelled}
	if !errors.Is(run, activity.ErrNotRunning) || !errors.Is(run, activity.ErrTransition) {
		t.Errorf("%v is no ErrNotRunning and ErrTransition", run)
	}
	if errors.Is(host, activity.ErrNotRunning) || !errors.Is(host, activity.ErrTransition) {
		t.Errorf("%v is an ErrNotRunning, or no ErrTransition", host)
	}
	wait := &activity.WaitError{ID: idValue, Wait: activity.Wait{For: activity.WaitLater, Until: noon}}
	if !errors.Is(wait, activity.ErrWaiting) || errors.Is(wait, activity.ErrTransition) {
		t.Errorf("%v is no ErrWaiting", wait)
	}
	if err := (&activity.PanicError{Value: io.EOF}); !errors.Is(err, io.EOF) {
		t.Errorf("%v does not unwrap", err)
	}
	for _, test := range []struct {
		err  error
		want string
	}{
		{run, "activity: task " + idText + " is cancelled and cannot become completed"},
		{host, "activity: task " + idText + " is completed and cannot become cancelled"},
		{&activity.TransitionError{ID: idValue, From: activity.StatusFailed, Attempt: 2}, "activity: task " + idText + " is failed"},
		{&activity.TransitionError{ID: idValue, From: activity.StatusProcessing, Attempt: 2}, "activity: task " + idText + ": attempt 2 is over"},
		{wait, "activity: task " + idText + " waits for its time until 2026-03-14T12:00:00Z"},
		{&activity.WaitError{ID: idValue, Wait: activity.Wait{For: activity.WaitPlace}}, "activity: task " + idText + " waits for a free place"},
		{&activity.WaitError{ID: idValue, Wait: activity.Wait{For: activity.WaitExclusive, Task: idValue}}, "activity: task " + idText + " waits for task " + idText},
		{&activity.PanicError{Value: "boom"}, "panic: boom"},
	} {
		if got := test.err.Error(); got != test.want {
			t.Errorf("message = %q\n        want %q", got, test.want)
		}
	}
}

// Each method of a tenant that has a name which cannot be one says so.
func TestTasksOfNoTenant(t *testing.T) {
	_, journal := newTenant(t, importing)
	tenant, ctx := journal.Tenant(""), activity.WithActor(t.Context(), ana)
	for call, do := range map[string]func() error{
		"Enqueue": func() error { _, err := tenant.Enqueue(ctx, activity.TaskSpec{Kind: importing.Name}); return err },
		"Task":    func() error { _, err := tenant.Task(ctx, idValue); return err },
		"Tasks":   func() error { _, err := tenant.Tasks(ctx, activity.TaskQuery{}); return err },
		"Start":   func() error { _, err := tenant.Start(ctx, idValue); return err },
		"Cancel":  func() error { _, err := tenant.Cancel(ctx, idValue, ana, ""); return err },
		"Rerun":   func() error { _, err := tenant.Rerun(ctx, idValue, ana); return err },
		"Recipe":  func() error { _, _, err := tenant.Recipe(ctx, activity.TaskSpec{Kind: importing.Name}); return err },
		"Report":  func() error { _, err := tenant.Report(ctx, idValue); return err },
		"Outcomes": func() error {
			_, err := tenant.Outcomes(ctx, idValue, activity.OutcomeQuery{})
			return err
		},
		"WriteReport": func() error { return tenant.WriteReport(ctx, io.Discard, idValue, activity.ReportOptions{}) },
		"Do": func() error {
			_, err := tenant.Do(ctx, activity.TaskSpec{Kind: importing.Name}, func(context.Context, *activity.Run) error { return nil })
			return err
		},
		"Revert": func() error {
			_, err := tenant.Revert(ctx, idValue, ana, func(context.Context, activity.Change) error { return nil })
			return err
		},
		"RunsOf": func() (err error) {
			for _, err = range tenant.RunsOf(ctx, contact) {
			}
			return err
		},
		"OutcomesOf": func() (err error) {
			for _, err = range tenant.OutcomesOf(ctx, contact) {
			}
			return err
		},
		"Drift": func() (err error) {
			for _, err = range tenant.Drift(ctx, idValue, idValue) {
			}
			return err
		},
	} {
		if bad := invalid(t, do()); bad.Field != "Tenant" {
			t.Errorf("%s is about %q", call, bad.Field)
		}
	}
}
