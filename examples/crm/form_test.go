package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
)

// Invitations meet the limit of the hour, and what is left waits for it.
func TestInvitationsWait(t *testing.T) {
	c, acme := small(t)
	working(t, c)
	b := newBrowser(t, c)
	b.post(303, "/invite", "identity", anaOnLinkedIn.ID, "count", "12")
	id := tasks(t, acme, activity.TaskQuery{Kinds: []string{"linkedin_invitation"}})[0].ID
	until(t, "the task waits", func() bool { return task(t, acme, id).Wait.For == activity.WaitQuota })
	waiting := task(t, acme, id)
	if waiting.Status != activity.StatusQueued || waiting.Counts.Attempted() != 10 || waiting.Wait.Quota != "invitations" || time.Until(waiting.Wait.Until) < 50*time.Minute {
		t.Errorf("the task is %+v", waiting)
	}
	for _, form := range [][]string{{"identity", "nobody"}, {"identity", anaOnLinkedIn.ID, "count", "0"}, {"identity", anaOnLinkedIn.ID, "count", "51"}} {
		b.post(400, "/invite", form...)
	}
}

// A search counts the results of its pages as they are opened, to the last one.
func TestSearchPages(t *testing.T) {
	c, acme := small(t)
	working(t, c)
	b := newBrowser(t, c)
	b.post(303, "/search", "title", "CTOs in Berlin")
	id := tasks(t, acme, activity.TaskQuery{Kinds: []string{"search"}})[0].ID
	until(t, "the first page", func() bool { return task(t, acme, id).Counts.Attempted() == perPage })
	for page := 2; page <= lastPage; page++ {
		until(t, "the search is open", func() bool { return strings.Contains(b.get(200, "/"), id.String()) })
		b.post(303, "/search/next", "task", id.String())
		if n := task(t, acme, id).Counts.Attempted(); n != int64(page*perPage) {
			t.Fatalf("page %d makes %d results", page, n)
		}
	}
	if got := task(t, acme, id); got.Status != activity.StatusCompleted {
		t.Errorf("after the last page it is %s", got.Status)
	}
	b.post(409, "/search/next", "task", id.String())
	b.post(404, "/search/next", "task", activity.ID{1}.String())
}

// Every kind that can be started comes to its end.
func TestOtherWork(t *testing.T) {
	c, acme := small(t)
	working(t, c)
	b := newBrowser(t, c)
	b.post(303, "/export", "object", "companies")
	b.post(303, "/export", "object", "contacts")
	b.post(303, "/scrape", "title", "Founders")
	b.post(303, "/enrich")
	for kind, how := range reaches {
		spec, err := reachOf(kind, workspaceOf("acme").by(how.scheme)[0], "Spring", people(t, c)[:4])
		queue(t, c, acme, spec, err)
	}
	for _, task := range tasks(t, acme, activity.TaskQuery{}) {
		if done := ended(t, acme, task.ID); done.Status != activity.StatusCompleted || done.Counts.Attempted() == 0 || done.Done != done.Total {
			t.Errorf("%s is %+v", done.Kind, done)
		}
	}
	if n := len(tasks(t, acme, activity.TaskQuery{})); n != 9 {
		t.Errorf("there are %d tasks", n)
	}
	if len(people(t, c)) <= 12 {
		t.Error("nobody was found by scraping")
	}
}

// A preview says what would be done, and does nothing; the update does it.
func TestPreviewAndUpdate(t *testing.T) {
	c, acme := small(t)
	working(t, c)
	b := newBrowser(t, c)
	before := people(t, c)
	b.post(303, "/enrich", "preview", "1")
	preview := tasks(t, acme, activity.TaskQuery{Previews: activity.PreviewsOnly})[0]
	if preview = ended(t, acme, preview.ID); preview.Counts.Updated == 0 || preview.Counts.Attempted() != 12 {
		t.Errorf("the preview is %+v", preview)
	}
	if diff := cmp.Diff(before, people(t, c)); diff != "" || len(events(t, acme, activity.Query{Categories: []string{"enrichment"}})) > 0 {
		t.Errorf("the preview did something:\n%s", diff)
	}
	b.has(b.get(200, "/"), `value="`+preview.ID.String()+`"`)
	to := b.post(303, "/update", "task", preview.ID.String())
	id, err := activity.ParseID(strings.TrimPrefix(to, "/activity/tasks/"))
	if err != nil {
		t.Fatal(err)
	}
	update := ended(t, acme, id)
	if update.RetryOf != preview.ID || update.Counts != preview.Counts || cmp.Equal(before, people(t, c)) {
		t.Errorf("the update is %+v, the preview %+v", update, preview)
	}
	for _, err := range acme.Drift(t.Context(), preview.ID, update.ID) {
		t.Errorf("the update differs: %v", err)
	}
	b.post(400, "/update", "task", update.ID.String())
	b.post(400, "/update", "task", "x")
}

// What has ended in the past can be done again, by a page's button.
func TestRerunOfThePast(t *testing.T) {
	c := seeded(t)
	acme := c.journal.Tenant("acme")
	past := map[string]activity.ID{}
	for _, task := range tasks(t, acme, activity.TaskQuery{Statuses: []activity.Status{activity.StatusCompleted, activity.StatusFailed}}) {
		if task.Reverts.IsZero() && !task.Recipe {
			past[task.Kind] = task.ID
		}
	}
	working(t, c)
	for kind, id := range past {
		again, err := acme.Rerun(t.Context(), id, ana)
		if err != nil {
			t.Fatal(err)
		}
		until(t, kind+" is done", func() bool {
			now := task(t, acme, again.ID)
			return now.Status.Ended() || kind == "search" && now.Counts.Attempted() == perPage
		})
		if now := task(t, acme, again.ID); now.Status == activity.StatusFailed || now.Counts.Attempted() == 0 {
			t.Errorf("%s again is %+v", kind, now)
		}
	}
	if len(past) != 12 {
		t.Errorf("there were %d kinds", len(past))
	}
}
