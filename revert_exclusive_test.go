package activity_test

import (
	"context"
	"errors"
	"testing"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/memstore"
)

// An undo does not overlap with what its run did not overlap with.
func TestRevertKeepsTheExclusiveKey(t *testing.T) {
	ctx := t.Context()
	store := memstore.New()
	defer store.Close()
	journal, err := activity.New(store, &activity.Config{Kinds: []activity.Kind{{Name: "import", Outcomes: activity.ImportOutcomes()}}})
	if err != nil {
		t.Fatal(err)
	}
	acme, user := journal.Tenant("acme"), activity.User("ana", "Ana")
	spec := activity.TaskSpec{Kind: "import", Actor: user, Exclusive: "contacts"}
	task, err := acme.Do(ctx, spec, func(ctx context.Context, run *activity.Run) error {
		return run.Report(ctx, activity.Outcome{Kind: "imported", Record: activity.Entity{Kind: "contact", ID: "1"}, After: map[string]any{"a": 1}})
	})
	if err != nil {
		t.Fatal(err)
	}
	next, err := acme.Enqueue(ctx, spec)
	if err != nil {
		t.Fatal(err)
	}
	run, err := acme.Start(ctx, next.ID)
	if err != nil {
		t.Fatal(err)
	}
	undo := func() (activity.Task, error) {
		return acme.Revert(ctx, task.ID, user, func(context.Context, activity.Change) error { return nil })
	}
	var wait *activity.WaitError
	if _, err := undo(); !errors.As(err, &wait) || wait.Wait.Task != next.ID {
		t.Errorf("Revert while another task has the key = %v, want a WaitError for %s", err, next.ID)
	}
	page, err := acme.Tasks(ctx, activity.TaskQuery{})
	if err != nil || page.Total.N != 2 {
		t.Errorf("there are %v tasks (%v), want 2: the undo was not to be queued", page.Total, err)
	}
	if err := run.Complete(ctx); err != nil {
		t.Fatal(err)
	}
	reverted, err := undo()
	if err != nil || reverted.Counts.Updated != 1 || reverted.Exclusive != "contacts" {
		t.Errorf("Revert = %+v, %v", reverted, err)
	}
}
