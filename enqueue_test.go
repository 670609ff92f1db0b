package activity_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
)

// everything is a spec with something in every field but those that refer to other tasks.
func everything() activity.TaskSpec {
	return activity.TaskSpec{
		Kind: importing.Name, Title: "contacts.csv", Actor: ana, About: []activity.Entity{deal, contact}, Automated: true, Preview: true,
		Exclusive: "list:42", Total: 1204, Input: json.RawMessage(`{"file": "contacts.csv"}`),
		Attributes: map[string]string{"template": "weekly", "empty": ""}, Key: "upload-1",
	}
}

func TestEnqueue(t *testing.T) {
	tenant, _ := newTenant(t, importing)
	first := queue(t, tenant, activity.TaskSpec{})
	spec := everything()
	spec.Parent, spec.RetryOf = queue(t, tenant, activity.TaskSpec{}).ID, first.ID
	task := queue(t, tenant, spec)
	want := activity.Task{
		ID: task.ID, Tenant: "acme", Kind: spec.Kind, Title: spec.Title, Status: activity.StatusQueued,
		Actor: ana, About: spec.About, Automated: true, Preview: true, Parent: spec.Parent, RetryOf: spec.RetryOf,
		Exclusive: spec.Exclusive, Total: 1204, Input: spec.Input, Attributes: spec.Attributes, Key: spec.Key, QueuedAt: noon,
	}
	if diff := cmp.Diff(want, task); diff != "" {
		t.Errorf("Enqueue (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, read(t, tenant, task.ID)); diff != "" {
		t.Errorf("Task (-want +got):\n%s", diff)
	}
	if got, want := read(t, tenant, spec.Parent).Children, (activity.Children{Total: 1, Open: 1}); got != want {
		t.Errorf("the parent has the children %+v, want %+v", got, want)
	}
	if task.ID.Compare(first.ID) <= 0 {
		t.Errorf("task %s, queued after %s at the same time, has no greater ID", task.ID, first.ID)
	}
}

func TestEnqueueErrors(t *testing.T) {
	tenant, journal := newTenant(t, importing)
	other := queue(t, journal.Tenant("globex"), activity.TaskSpec{}).ID
	ended := queue(t, tenant, activity.TaskSpec{}).ID
	if _, err := tenant.Cancel(t.Context(), ended, ana, ""); err != nil {
		t.Fatal(err)
	}
	attributes := map[string]string{}
	for i := range activity.MaxAttributes + 1 {
		attributes[fmt.Sprint(i)] = "x"
	}
	about := make([]activity.Entity, activity.MaxAbout+1)
	for i := range about {
		about[i] = activity.Entity{Kind: "deal", ID: fmt.Sprint(i)}
	}
	tooLong := json.RawMessage(`{"x":"` + strings.Repeat("x", activity.MaxPayload) + `"}`)
	for _, test := range []struct {
		name, field string
		change      func(*activity.TaskSpec)
	}{
		{"no kind", "Kind", func(s *activity.TaskSpec) { s.Kind = "" }},
		{"unknown kind", "Kind", func(s *activity.TaskSpec) { s.Kind = "export" }},
		{"no actor", "Actor", func(s *activity.TaskSpec) { s.Actor = activity.Entity{} }},
		{"actor without ID", "Actor.ID", func(s *activity.TaskSpec) { s.Actor.ID = "" }},
		{"entity without kind", "About[1].Kind", func(s *activity.TaskSpec) { s.About[1].Kind = "" }},
		{"entity with long ID", "About[0].ID", func(s *activity.TaskSpec) { s.About[0].ID = long(256) }},
		{"entity twice", "About[1]", func(s *activity.TaskSpec) { s.About[1] = s.About[0] }},
		{"too many entities", "About", func(s *activity.TaskSpec) { s.About = about }},
		{"long title", "Title", func(s *activity.TaskSpec) { s.Title = long(activity.MaxText + 1) }},
		{"title not valid", "Title", func(s *activity.TaskSpec) { s.Title = "\xff" }},
		{"long exclusive key", "Exclusive", func(s *activity.TaskSpec) { s.Exclusive = long(activity.MaxText + 1) }},
		{"long key", "Key", func(s *activity.TaskSpec) { s.Key = long(activity.MaxText + 1) }},
		{"key with NUL", "Key", func(s *activity.TaskSpec) { s.Key = "a\x00b" }},
		{"negative total", "Total", func(s *activity.TaskSpec) { s.Total = -1 }},
		{"input that is no JSON", "Input", func(s *activity.TaskSpec) { s.Input = json.RawMessage(`{`) }},
		{"input that ends in a text", "Input", func(s *activity.TaskSpec) { s.Input = json.RawMessage(`{"`) }},
		{"input that is no object", "Input", func(s *activity.TaskSpec) { s.Input = json.RawMessage(`[]`) }},
		{"empty input", "Input", func(s *activity.TaskSpec) { s.Input = json.RawMessage{} }},
		{"long input", "Input", func(s *activity.TaskSpec) { s.Input = tooLong }},
		{"many attributes", "Attributes", func(s *activity.TaskSpec) { s.Attributes = attributes }},
		{"attribute without name", "Attributes name", func(s *activity.TaskSpec) { s.Attributes[""] = "x" }},
		{"attribute with long name", "Attributes name", func(s *activity.TaskSpec) { s.Attributes[long(activity.MaxEntityKind+1)] = "x" }},
		{"attribute with long value", `Attributes["template"]`, func(s *activity.TaskSpec) { s.Attributes["template"] = long(activity.MaxText + 1) }},
		{"two bad attributes", `Attributes["a"]`, func(s *activity.TaskSpec) { s.Attributes = map[string]string{"a": "\xff", "b": "\xff"} }},
		{"no such parent", "Parent", func(s *activity.TaskSpec) { s.Parent = idValue }},
		{"parent of another tenant", "Parent", func(s *activity.TaskSpec) { s.Parent = other }},
		{"parent that has ended", "Parent", func(s *activity.TaskSpec) { s.Parent = ended }},
		{"no such task to repeat", "RetryOf", func(s *activity.TaskSpec) { s.RetryOf = idValue }},
		{"task to repeat of another tenant", "RetryOf", func(s *activity.TaskSpec) { s.RetryOf = other }},
	} {
		t.Run(test.name, func(t *testing.T) {
			before, life := list(t, tenant), len(timeline(t, tenant))
			spec := everything()
			spec.Key = ""
			test.change(&spec)
			for range 20 { // what is wrong first is said every time
				task, err := tenant.Enqueue(t.Context(), spec)
				if bad := invalid(t, err); bad.Field != test.field {
					t.Fatalf("Enqueue = %v, want it to be about %s", err, test.field)
				}
				if !task.ID.IsZero() {
					t.Fatalf("Enqueue returns task %s with its error", task.ID)
				}
			}
			if diff := cmp.Diff(before, list(t, tenant)); diff != "" || len(timeline(t, tenant)) != life {
				t.Errorf("something was stored: %d events instead of %d, tasks (-before +after):\n%s", len(timeline(t, tenant)), life, diff)
			}
		})
	}
}

// list returns all tasks of a tenant, previews too.
func list(t testing.TB, tenant activity.Tenant) []activity.Task {
	t.Helper()
	page, err := tenant.Tasks(t.Context(), activity.TaskQuery{Previews: activity.PreviewsShown, Sort: activity.SortQueued, Limit: activity.MaxLimit})
	check(t, err)
	return page.Tasks
}

// timeline returns all events of a tenant, the newest first.
func timeline(t testing.TB, tenant activity.Tenant) []activity.Event {
	t.Helper()
	var events []activity.Event
	for event, err := range tenant.Events(t.Context(), activity.Query{}) {
		check(t, err)
		events = append(events, event)
	}
	return events
}

func TestEnqueueLevels(t *testing.T) {
	tenant, _ := newTenant(t, importing)
	var parent activity.ID
	for range activity.MaxLevels {
		parent = queue(t, tenant, activity.TaskSpec{Parent: parent}).ID
	}
	_, err := tenant.Enqueue(t.Context(), activity.TaskSpec{Kind: importing.Name, Actor: ana, Parent: parent})
	if bad := invalid(t, err); bad.Field != "Parent" {
		t.Errorf("a task on level %d is about %s", activity.MaxLevels+1, bad.Field)
	}
}

func TestEnqueueKey(t *testing.T) {
	tenant, journal := newTenant(t, importing)
	first := queue(t, tenant, everything())
	run := start(t, tenant, first.ID)
	check(t, run.Complete(t.Context()))

	same := everything()
	same.Actor.Label, same.About[0].Label = "Ana Maria", ""
	again := queue(t, tenant, same)
	if diff := cmp.Diff(read(t, tenant, first.ID), again); diff != "" {
		t.Errorf("the key's task, queued again (-stored +got):\n%s", diff)
	}
	wantLife(t, tenant, first.ID, "queued started completed")
	if other := queue(t, journal.Tenant("globex"), everything()); other.ID == first.ID {
		t.Error("two tenants share a key")
	}

	for name, change := range map[string]func(*activity.TaskSpec){
		"title":     func(s *activity.TaskSpec) { s.Title = "" },
		"actor":     func(s *activity.TaskSpec) { s.Actor = ben },
		"entities":  func(s *activity.TaskSpec) { slices.Reverse(s.About) },
		"automated": func(s *activity.TaskSpec) { s.Automated = false },
		"preview":   func(s *activity.TaskSpec) { s.Preview = false },
		"parent":    func(s *activity.TaskSpec) { s.Parent = queue(t, tenant, activity.TaskSpec{}).ID },
		"retry of":  func(s *activity.TaskSpec) { s.RetryOf = first.ID },
		"exclusive": func(s *activity.TaskSpec) { s.Exclusive = "" },
		"input":     func(s *activity.TaskSpec) { s.Input = json.RawMessage(`{"file":"contacts.csv"}`) },
		"attribute": func(s *activity.TaskSpec) { s.Attributes["template"] = "daily" },
	} {
		spec := everything()
		change(&spec)
		_, err := tenant.Enqueue(t.Context(), spec)
		var conflict *activity.KeyConflictError
		if !errors.As(err, &conflict) || conflict.Key != "upload-1" || conflict.ID != first.ID || !errors.Is(err, activity.ErrKeyConflict) {
			t.Errorf("another %s under the key = %v, want a conflict with %s", name, err, first.ID)
		}
	}
}

func TestEnqueueActor(t *testing.T) {
	tenant, _ := newTenant(t, importing)
	ctx := activity.WithActor(t.Context(), ana)
	for _, test := range []struct{ given, want activity.Entity }{{activity.Entity{}, ana}, {ben, ben}} {
		task, err := tenant.Enqueue(ctx, activity.TaskSpec{Kind: importing.Name, Actor: test.given})
		if err != nil || task.Actor != test.want {
			t.Errorf("actor = %v, %v, want %v", task.Actor, err, test.want)
		}
	}
}

func TestEnqueueSharesNoMemory(t *testing.T) {
	tenant, _ := newTenant(t, importing)
	spec := everything()
	task := queue(t, tenant, spec)
	want := task.Clone()
	for _, own := range []activity.TaskSpec{spec, {About: task.About, Input: task.Input, Attributes: task.Attributes}} {
		own.About[0].ID, own.Input[2], own.Attributes["template"] = "changed", 'F', "changed"
	}
	if diff := cmp.Diff(want, read(t, tenant, task.ID)); diff != "" {
		t.Errorf("the stored task changed with the host's (-want +got):\n%s", diff)
	}
}

func TestRerun(t *testing.T) {
	tenant, _ := newTenant(t, importing)
	parent := queue(t, tenant, activity.TaskSpec{}).ID
	queue(t, tenant, activity.TaskSpec{Parent: parent}) // keeps the parent open
	spec := everything()
	spec.Parent = parent
	old := queue(t, tenant, spec)
	_, err := tenant.Rerun(t.Context(), old.ID, ben)
	if got, want := *transition(t, err), (activity.TransitionError{ID: old.ID, From: activity.StatusQueued, To: activity.StatusQueued}); got != want {
		t.Errorf("Rerun of a queued task = %+v, want %+v", got, want)
	}
	check(t, start(t, tenant, old.ID).Fail(t.Context(), errors.New("no")))

	again, err := tenant.Rerun(t.Context(), old.ID, ben)
	check(t, err)
	want := activity.Task{
		ID: again.ID, Tenant: "acme", Kind: old.Kind, Title: old.Title, Status: activity.StatusQueued, Actor: ben, About: old.About,
		Preview: true, Parent: parent, RetryOf: old.ID, Exclusive: old.Exclusive, Input: old.Input, Attributes: old.Attributes,
		QueuedAt: noon, Total: old.Total,
	}
	if diff := cmp.Diff(want, again); diff != "" {
		t.Errorf("Rerun (-want +got):\n%s", diff)
	}
	if _, err := tenant.Cancel(t.Context(), parent, ana, ""); err != nil {
		t.Fatal(err)
	}
	alone, err := tenant.Rerun(t.Context(), again.ID, ben)
	if err != nil || !alone.Parent.IsZero() || alone.RetryOf != again.ID {
		t.Errorf("Rerun of a step whose parent has ended = %v, parent %s, retry of %s", err, alone.Parent, alone.RetryOf)
	}
	if _, err := tenant.Rerun(t.Context(), idValue, ben); !errors.Is(err, activity.ErrNotFound) {
		t.Errorf("Rerun of no task = %v", err)
	}
	if _, err := tenant.Rerun(t.Context(), again.ID, activity.Entity{}); invalid(t, err).Field != "Actor" {
		t.Errorf("Rerun by nobody = %v", err)
	}
}
