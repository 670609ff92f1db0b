package main

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
)

// small opens a database with one account and some contacts, and nothing that waits.
func small(t *testing.T) (*crm, activity.Tenant) {
	t.Helper()
	c := open(t, filepath.Join(t.TempDir(), "small.db"))
	return c, withSome(t, c)
}

// withSome puts some records into an empty database.
func withSome(t *testing.T, c *crm) activity.Tenant {
	t.Helper()
	account := record{Workspace: "acme", Kind: "account", ID: "1", Name: "Globex"}
	rows := []record{account}
	for i := range 12 {
		rows = append(rows, invented("acme", firstNames[i], lastNames[i], account))
	}
	if err := put(t.Context(), c.store.DB(), rows...); err != nil {
		t.Fatal(err)
	}
	return c.journal.Tenant("acme")
}

// queue queues a task of a spec.
func queue(t *testing.T, c *crm, tenant activity.Tenant, spec activity.TaskSpec, err error) activity.Task {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	task, err := c.enqueue(t.Context(), tenant, spec)
	if err != nil {
		t.Fatal(err)
	}
	return task
}

// ended waits for the end of a task.
func ended(t *testing.T, tenant activity.Tenant, id activity.ID) activity.Task {
	t.Helper()
	until(t, "the task ends", func() bool { return task(t, tenant, id).Status.Ended() })
	return task(t, tenant, id)
}

func people(t *testing.T, c *crm) []record {
	t.Helper()
	all, err := c.records.list(t.Context(), "acme", "contact", "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestImport(t *testing.T) {
	c, acme := small(t)
	working(t, c)
	before := people(t, c)
	spec, err := importOf("contacts.csv", ana, false)
	first := ended(t, acme, queue(t, c, acme, spec, err).ID)
	want := activity.Counts{Created: 39, Warned: 6, Failed: 1}
	if first.Status != activity.StatusCompleted || first.Counts != want || first.Done != 46 || first.Total != 46 {
		t.Fatalf("the import is %+v", first)
	}
	if n := len(people(t, c)) - len(before); n != 39 {
		t.Errorf("there are %d more contacts", n)
	}
	if n := len(events(t, acme, activity.Query{Task: first.ID, Types: []string{"contact.added"}})); n != 39 {
		t.Errorf("%d contacts were added", n)
	}
	page, err := acme.Outcomes(t.Context(), first.ID, activity.OutcomeQuery{Kinds: []string{"error", "invalid_field", "missing_field", "duplicate"}})
	if err != nil {
		t.Fatal(err)
	}
	var why []string
	for _, o := range page.Outcomes {
		if o.Extra["Line"] == "" || o.Row == 0 {
			t.Errorf("%+v", o)
		}
		why = append(why, o.Message)
	}
	if diff := cmp.Diff([]string{
		"email is “ada@”", "email is empty", "the same as row 3", "has 3 columns instead of 5", "email is “ugo at leads.test”", "the same as row 12", "email is empty",
	}, why); diff != "" {
		t.Errorf("what is wrong with rows (-want +got):\n%s", diff)
	}

	// The same again changes nothing, and what was edited is updated.
	all := people(t, c)
	edited := all[slices.IndexFunc(all, func(r record) bool { return strings.HasSuffix(r.Email, "@leads.test") })]
	edited.City = "Rome"
	if err := put(t.Context(), c.store.DB(), edited); err != nil {
		t.Fatal(err)
	}
	second := ended(t, acme, queue(t, c, acme, spec, nil).ID)
	if want := (activity.Counts{Updated: 1, Unmodified: 38, Warned: 6, Failed: 1}); second.Counts != want {
		t.Errorf("the second import is %+v", second.Counts)
	}

	// It can be undone, but for what was edited since.
	edited.City = "Oslo"
	if err := put(t.Context(), c.store.DB(), edited); err != nil {
		t.Fatal(err)
	}
	undo, err := acme.Revert(t.Context(), first.ID, ana, func(ctx context.Context, change activity.Change) error { return c.undo(ctx, "acme", change) })
	if err != nil {
		t.Fatal(err)
	}
	if want := (activity.Counts{Updated: 38, Unmodified: 1}); undo.Counts != want || len(people(t, c)) != len(before)+1 {
		t.Errorf("the undo is %+v, and leaves %d contacts", undo.Counts, len(people(t, c)))
	}
}

func TestImportOfCompanies(t *testing.T) {
	c, acme := small(t)
	working(t, c)
	spec, err := importOf("companies.csv", ana, false)
	done := ended(t, acme, queue(t, c, acme, spec, err).ID)
	if want := (activity.Counts{Created: 5, Warned: 2, Failed: 1}); done.Kind != "import_companies" || done.Counts != want {
		t.Errorf("the import is %+v", done)
	}
	if _, err := importOf("../secret.csv", ana, false); !errors.Is(err, activity.ErrInvalid) {
		t.Errorf("another file: %v", err)
	}
}

func TestImportOnPostgres(t *testing.T) {
	c := onPostgres(t)
	acme := withSome(t, c)
	working(t, c)
	spec, err := importOf("contacts.csv", ana, false)
	done := ended(t, acme, queue(t, c, acme, spec, err).ID)
	if want := (activity.Counts{Created: 39, Warned: 6, Failed: 1}); done.Counts != want || len(people(t, c)) != 12+39 {
		t.Errorf("the import is %+v, and there are %d contacts", done, len(people(t, c)))
	}
	b := newBrowser(t, c)
	b.post(303, "/contacts/"+people(t, c)[0].ID+"/delete", "reason", "asked to be forgotten")
	if len(people(t, c)) != 12+38 || len(events(t, acme, activity.Query{Types: []string{"contact.deleted"}})) != 1 {
		t.Errorf("there are %d contacts", len(people(t, c)))
	}
}

// Who was deleted while a task waited is passed over.
func TestDeletedMeanwhile(t *testing.T) {
	c, acme := small(t)
	three := people(t, c)[:3]
	spec, err := reachOf("like_last_post", anaOnLinkedIn, "Spring", three)
	id := queue(t, c, acme, spec, err).ID
	if err := remove(t.Context(), c.store.DB(), three[2]); err != nil {
		t.Fatal(err)
	}
	working(t, c)
	if done := ended(t, acme, id); done.Status != activity.StatusCompleted || done.Counts.Attempted() != 2 || done.Done != 3 {
		t.Errorf("the task is %+v", done)
	}
}

// A task that is cancelled stops at once, though its next record is an hour away.
func TestCancelStops(t *testing.T) {
	c, acme := small(t)
	c.pace = time.Hour
	spec, err := importOf("contacts.csv", ana, false)
	id := queue(t, c, acme, spec, err).ID
	run, err := c.journal.Claim(t.Context(), "import_contacts")
	if err != nil {
		t.Fatal(err)
	}
	var did sync.WaitGroup
	did.Go(func() {
		if err := c.do(context.Background(), run, c.importFile); err != nil {
			t.Error(err)
		}
	})
	if _, err := acme.Cancel(t.Context(), id, ben, "wrong file"); err != nil {
		t.Fatal(err)
	}
	did.Wait()
	if got := task(t, acme, id); got.Status != activity.StatusCancelled || got.Counts.Attempted() > 0 {
		t.Errorf("the task is %+v", got)
	}
}

// What is not done when the program stops is queued again, and goes on where it was.
func TestStopRequeues(t *testing.T) {
	c, acme := small(t)
	c.pace = 20 * time.Millisecond
	end := working(t, c)
	spec, err := importOf("contacts.csv", ana, false)
	id := queue(t, c, acme, spec, err).ID
	until(t, "some rows", func() bool { return task(t, acme, id).Done > 2 })
	end()
	stopped := task(t, acme, id)
	if stopped.Status != activity.StatusQueued || stopped.Done != stopped.Counts.Attempted() || stopped.Done >= stopped.Total {
		t.Fatalf("the task is %+v", stopped)
	}
	c.pace = time.Millisecond
	working(t, c)
	if again := ended(t, acme, id); again.Status != activity.StatusCompleted || again.Counts != (activity.Counts{Created: 39, Warned: 6, Failed: 1}) {
		t.Errorf("it goes on to %+v", again)
	}
}
