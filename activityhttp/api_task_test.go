package activityhttp_test

import (
	"context"
	"net/http"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/activityhttp"
	"github.com/go-activity/activity/store/memstore"
)

// canUndo lets what was done be undone.
func canUndo(o *activityhttp.Options) {
	o.Undo = func(context.Context, string, activity.Change) error { return nil }
}

type seenTask struct {
	ID       activity.ID
	Can      []string
	Label    string
	Duration float64
	Detail   string
}

// TestCan says of each task what can be done with it, by who asks.
func TestCan(t *testing.T) {
	s := newServer(t, memstore.New(), canUndo, func(o *activityhttp.Options) {
		o.Translate = func(locale, label string) string { return locale + " " + label }
	})
	have := s.seed("acme")
	ctx, acme := activity.WithActor(t.Context(), ana), s.journal.Tenant("acme")
	failed, err := acme.Do(ctx, activity.TaskSpec{Kind: "import_contacts", About: []activity.Entity{contact}},
		func(context.Context, *activity.Run) error { panic("secret") })
	if err == nil {
		t.Fatal("it did not fail")
	}
	preview, err := acme.Do(ctx, activity.TaskSpec{Kind: "import_contacts", Preview: true}, func(ctx context.Context, run *activity.Run) error {
		return run.Report(ctx, activity.Outcome{Kind: "imported", Record: contact})
	})
	check(t, err)
	can := func(what string, id activity.ID, want []string, header ...string) seenTask {
		t.Helper()
		seen := get[seenTask](s, "/tasks/"+id.String(), header...)
		if diff := cmp.Diff(want, seen.Can); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
		for _, listed := range get[struct{ Tasks []seenTask }](s, "/tasks?previews=shown", header...).Tasks {
			if listed.ID == id && !slices.Equal(listed.Can, seen.Can) {
				t.Errorf("%s: in the list %v", what, listed.Can)
			}
		}
		return seen
	}
	seen := can("ended", have.ended, []string{"rerun", "undo"}, "Accept-Language", "es")
	if seen.Label != "es CSV import" || seen.Duration <= 0 {
		t.Errorf("the task is %+v", seen)
	}
	can("ended, without permission", have.ended, []string{}, "Test-Refused", "rerun undo")
	can("queued", have.queued, []string{"cancel"})
	can("queued, without permission", have.queued, []string{}, "Test-Refused", "cancel")
	can("a preview", preview.ID, []string{"rerun"})
	if seen := can("failed, nothing was changed", failed.ID, []string{"rerun"}); seen.Detail != "" {
		t.Errorf("the stack is shown: %s", seen.Detail)
	}
	undo, err := acme.Revert(ctx, have.ended, ana, func(context.Context, activity.Change) error { return nil })
	check(t, err)
	can("undone", have.ended, []string{"rerun"})
	can("an undo", undo.ID, []string{"undo"})
	_, err = acme.Erase(ctx, contact, ana, "asked to")
	check(t, err)
	can("about what was erased", failed.ID, []string{})
	for path, status := range map[string]int{
		have.ended.String() + "/cancel": http.StatusConflict, have.queued.String() + "/rerun": http.StatusConflict, failed.ID.String() + "/rerun": http.StatusBadRequest,
	} {
		if a := s.do("POST", "/activity/api/tasks/"+path, ""); a.StatusCode != status {
			t.Errorf("%s: %s %s", path, a.Status, a.body)
		}
	}
}

// TestUndoAgain has a run whose undo failed undone again.
func TestUndoAgain(t *testing.T) {
	s := newServer(t, memstore.New(), canUndo)
	have := s.seed("acme")
	ctx, end := context.WithCancel(activity.WithActor(t.Context(), ana))
	undo, err := s.journal.Tenant("acme").Revert(ctx, have.ended, ana, func(ctx context.Context, _ activity.Change) error {
		end()
		<-ctx.Done()
		return ctx.Err()
	})
	if err == nil {
		t.Fatalf("the undo is %v", undo.Status)
	}
	if seen := get[seenTask](s, "/tasks/"+have.ended.String()); !slices.Contains(seen.Can, "undo") {
		t.Errorf("after an undo that failed: %v", seen.Can)
	}
}
