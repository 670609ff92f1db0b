package activity_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
)

var contact7 = activity.Entity{Kind: "contact", ID: "7", Label: "Eve"}

// typed returns the events of a type, the newest first.
func typed(t testing.TB, tenant activity.Tenant, typ activity.EventType) []activity.Event {
	t.Helper()
	page, err := tenant.Timeline(t.Context(), activity.Query{Types: []string{typ.Name()}, Limit: activity.MaxLimit})
	check(t, err)
	return page.Events
}

// Erasing goes through all that there is of an entity, in steps that each say what they erased, and not of whom.
func TestErase(t *testing.T) {
	journal := newJournal(t, noted)
	acme := journal.Tenant("acme")
	drafts := make([]activity.Draft, 1203)
	for i := range drafts {
		drafts[i] = noted.New(note{Text: "about Eve"}).By(ana).About(contact7)
	}
	events, err := acme.Record(t.Context(), drafts...)
	check(t, err)
	n, err := acme.Erase(t.Context(), activity.Entity{Kind: "contact", ID: "7"}, ben, "ticket 12")
	if n != len(drafts) || err != nil {
		t.Fatalf("Erase = %d, %v", n, err)
	}
	var listed []activity.ID
	steps := typed(t, acme, activity.EntityErased)
	for _, e := range slices.Backward(steps) {
		payload, err := activity.EntityErased.Payload(e)
		check(t, err)
		if e.Actor != ben || len(e.About) > 0 || payload.Kind != "contact" || payload.Reason != "ticket 12" || payload.Count != len(payload.Events) {
			t.Errorf("%+v: %+v", e, payload)
		}
		listed = append(listed, payload.Events...)
	}
	if len(steps) != 3 {
		t.Errorf("there were %d steps, want 3", len(steps))
	}
	for i, e := range events {
		if listed[i] != e.ID {
			t.Fatalf("listed as the %dth is %v, want %v", i, listed[i], e.ID)
		}
	}
	for locale, want := range map[string]string{
		"en": "erased contact from 203 events: ticket 12", "es": "borró contact de 203 eventos: ticket 12", "de": "erased contact from 203 events: ticket 12",
	} {
		if got := journal.Summary(steps[0], locale).Text; got != want {
			t.Errorf("summary in %s = %q, want %q", locale, got, want)
		}
	}
	if n, err := acme.Erase(t.Context(), contact7, ben, "ticket 12"); n != 0 || err != nil || len(typed(t, acme, activity.EntityErased)) != 3 {
		t.Errorf("Erase of what is erased = %d, %v, or says that it erased something", n, err)
	}
}

func TestEraseRefusals(t *testing.T) {
	journal := newJournal(t, noted)
	acme := journal.Tenant("acme")
	record(t, journal, noted.New(note{}).About(contact7))
	tests := []struct {
		name, field string
		entity, by  activity.Entity
		reason      string
	}{
		{"no entity", "Entity.Kind", activity.Entity{}, ana, "r"},
		{"no ID", "Entity.ID", activity.Entity{Kind: "contact"}, ana, "r"},
		{"nobody", "By", contact7, activity.Entity{}, "r"},
		{"itself", "By", ana, activity.User(ana.ID, ""), "r"},
		{"no reason", "Reason", contact7, ana, ""},
		{"long reason", "Reason", contact7, ana, strings.Repeat("x", activity.MaxReason+1)},
		{"reason with the ID", "Reason", contact7, ana, "contact 7."},
		{"reason with the label", "Reason", contact7, ana, "EVE asked"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := acme.Erase(t.Context(), test.entity, test.by, test.reason)
			if got := invalid(t, err); got.Field != test.field {
				t.Errorf("%v, want one about %s", err, test.field)
			}
		})
	}
	if n, err := acme.Erase(t.Context(), contact7, ana, "ticket 77, by Steve"); n != 1 || err != nil {
		t.Errorf("a reason with words that have the ID or the label in them: %d, %v", n, err)
	}
}

// Nobody else records that something was erased, removed or held.
func TestUpkeepTypesAreTheLibrarys(t *testing.T) {
	journal := newJournal(t)
	for _, draft := range []activity.Draft{
		activity.EntityErased.New(activity.ErasedEvent{}), activity.EventsRemoved.New(activity.RemovedEvent{}),
		activity.LegalHoldSet.New(activity.LegalHoldEvent{}), activity.LegalHoldLifted.New(activity.LegalHoldEvent{}),
	} {
		if _, err := journal.Tenant("acme").Record(t.Context(), draft.By(ana)); !errors.Is(err, activity.ErrUnknownType) {
			t.Errorf("%v, want ErrUnknownType", err)
		}
	}
	if _, err := activity.New(activity.StoreOf(journal), &activity.Config{Types: []activity.EventType{activity.EntityErased}}); err == nil {
		t.Error("a type of the library's own can be configured")
	}
}

// A page never shows a gap where somebody was erased.
func TestSummaryOfErased(t *testing.T) {
	told := activity.Define[note]("note.told", activity.TypeOptions{Summary: "{actor} told {about}: {text}"})
	journal := newJournal(t, told)
	acme := journal.Tenant("acme")
	by := record(t, journal, told.New(note{Text: "hello"}).By(ana).About(deal, contact7))
	for _, step := range []struct {
		erase activity.Entity
		want  string
	}{{ana, "erased user told Big one: hello"}, {contact7, "note told (erased)"}, {deal, "note told (erased)"}} {
		_, err := acme.Erase(t.Context(), step.erase, ben, "on request")
		check(t, err)
		e, err := acme.Event(t.Context(), by.ID)
		check(t, err)
		if got := journal.Summary(e, "en").Text; got != step.want {
			t.Errorf("after Erase(%v): %q, want %q", step.erase, got, step.want)
		}
		if _, err := told.Payload(e); (err != nil) != e.Erased || err != nil && !errors.Is(err, activity.ErrNotFound) {
			t.Errorf("payload: %v", err)
		}
	}
	if got := (activity.Entity{Kind: "email_account"}).Name(); got != "erased email account" {
		t.Errorf("Name = %q", got)
	}
}

// Tasks about an entity that was erased come to their end, and undos list what they cannot undo.
func TestTasksOfErased(t *testing.T) {
	tenant, journal := newTenant(t, importing)
	run := begin(t, tenant, activity.TaskSpec{Title: "list", Actor: ana, About: []activity.Entity{deal, contact7}})
	record := activity.Entity{Kind: "contact", ID: "c1", Label: "Cy"}
	check(t, run.Report(t.Context(),
		activity.Outcome{Kind: "imported", Record: record, Row: 1, After: values{"name": "Cy"}},
		activity.Outcome{Kind: "unchanged", Record: activity.Entity{Kind: "contact", ID: "c2"}, Row: 2},
		activity.Outcome{Kind: "imported", Record: activity.Entity{Kind: "contact", ID: "c3"}, Row: 3, After: values{"name": "Di"}},
	))
	for _, e := range []activity.Entity{ana, contact7} {
		_, err := tenant.Erase(t.Context(), e, ben, "on request")
		check(t, err)
	}
	check(t, run.Complete(t.Context()))
	_, err := tenant.Erase(t.Context(), record, ben, "on request")
	check(t, err)
	task := read(t, tenant, run.Task().ID)
	if task.Status != activity.StatusCompleted || task.Title != "" || !task.Actor.IsErased() || !task.About[1].IsErased() || task.About[0] != deal {
		t.Errorf("the task is %+v", task)
	}
	end := typed(t, tenant, activity.TaskCompleted)[0]
	if got := journal.Summary(end, "en").Text; strings.Contains(got, "list") || !strings.Contains(got, "3 succeeded") || end.Actor != (activity.Entity{Kind: "user"}) {
		t.Errorf("the end is told as %q, of %+v", got, end)
	}
	if got := reportOf(t, tenant, task.ID); !strings.Contains(got, "1,Imported,,contact,,erased contact,") {
		t.Errorf("the report is\n%s", got)
	}
	if _, err := tenant.Rerun(t.Context(), task.ID, ben); invalid(t, err).Field != "ID" {
		t.Errorf("Rerun: %v", err)
	}

	var undone []string
	undo, err := tenant.Revert(t.Context(), task.ID, ben, func(_ context.Context, c activity.Change) error {
		undone = append(undone, c.Record.ID)
		return nil
	})
	check(t, err)
	if diff := cmp.Diff([]string{"c3"}, undone); diff != "" {
		t.Errorf("undone (-want +got):\n%s", diff)
	}
	page, err := tenant.Outcomes(t.Context(), undo.ID, activity.OutcomeQuery{Kinds: []string{"kept"}})
	check(t, err)
	if len(page.Outcomes) != 1 || page.Outcomes[0].Row != 1 || page.Outcomes[0].Message != "erased contact" || !page.Outcomes[0].Record.IsZero() {
		t.Errorf("listed as kept is %+v", page.Outcomes)
	}
}

func reportOf(t testing.TB, tenant activity.Tenant, id activity.ID) string {
	t.Helper()
	var b strings.Builder
	check(t, tenant.WriteReport(t.Context(), &b, id, activity.ReportOptions{}))
	return b.String()
}

func TestLegalHold(t *testing.T) {
	journal := newJournal(t, noted)
	acme := journal.Tenant("acme")
	record(t, journal, noted.New(note{Text: "kept"}).About(contact7))
	check(t, acme.SetLegalHold(t.Context(), contact7, ben, "lawsuit"))
	holds, err := acme.LegalHolds(t.Context())
	want := []activity.LegalHold{{Entity: contact7, By: ben, Reason: "lawsuit", At: noon}}
	if diff := cmp.Diff(want, holds); diff != "" || err != nil {
		t.Errorf("holds (-want +got): %v\n%s", err, diff)
	}
	if n, err := acme.Erase(t.Context(), contact7, ana, "on request"); n != 0 || !errors.Is(err, activity.ErrLegalHold) {
		t.Errorf("Erase = %d, %v", n, err)
	}
	check(t, acme.LiftLegalHold(t.Context(), contact7, ben, "it was settled"))
	if err := acme.LiftLegalHold(t.Context(), contact7, ben, "it was settled"); !errors.Is(err, activity.ErrNotFound) {
		t.Errorf("lifting none: %v", err)
	}
	for typ, want := range map[activity.EventType]string{
		activity.LegalHoldSet: "put Eve under a legal hold: lawsuit", activity.LegalHoldLifted: "lifted the legal hold of Eve: it was settled",
	} {
		events := typed(t, acme, typ)
		if len(events) != 1 || !events[0].About[0].Is(contact7) || events[0].Actor != ben || journal.Summary(events[0], "en").Text != want {
			t.Errorf("%s: %+v", typ.Name(), events)
		}
	}
	if n, err := acme.Erase(t.Context(), contact7, ana, "on request"); n != 3 || err != nil {
		t.Errorf("Erase = %d, %v, want the note and what was said of the hold", n, err)
	}
}

// Retention goes by when an event occurred, spares what it must not take, and says what it took.
func TestRetain(t *testing.T) {
	brief := activity.Define[note]("note.brief", activity.TypeOptions{Label: "Brief note", Retention: 24 * time.Hour})
	now := noon
	journal := configured(t, activity.Config{Types: []activity.EventType{noted, brief}, Now: func() time.Time { return now }})
	acme, store := journal.Tenant("acme"), activity.StoreOf(journal)
	draft := func(at time.Time) activity.Draft { return brief.New(note{}).By(ana).At(at) }
	old, err := acme.Record(t.Context(), draft(noon.Add(-25*time.Hour)), draft(noon.Add(-24*time.Hour-time.Microsecond)))
	check(t, err)
	stay, err := acme.Record(t.Context(), draft(noon.Add(-24*time.Hour)), draft(noon.Add(-48*time.Hour)).About(contact7), noted.New(note{}).By(ana).At(noon.Add(-1000*time.Hour)))
	check(t, err)
	check(t, acme.SetLegalHold(t.Context(), contact7, ben, "lawsuit"))

	if n, err := journal.Retain(t.Context()); n != 0 || err != nil {
		t.Errorf("of events without a position, Retain = %d, %v", n, err)
	}
	_, err = store.Seal(t.Context(), 1000)
	check(t, err)
	late := record(t, journal, draft(noon.Add(-100*time.Hour)))
	if n, err := journal.Retain(t.Context()); n != 2 || err != nil {
		t.Errorf("Retain = %d, %v, want 2", n, err)
	}
	if n, err := journal.Retain(t.Context()); n != 0 || err != nil {
		t.Errorf("a second time, Retain = %d, %v", n, err)
	}
	for _, e := range old {
		if _, err := acme.Event(t.Context(), e.ID); !errors.Is(err, activity.ErrNotFound) {
			t.Errorf("an old event: %v", err)
		}
	}
	for _, e := range append(stay, late) {
		if _, err := acme.Event(t.Context(), e.ID); err != nil {
			t.Errorf("%v: %v", e, err)
		}
	}
	events := typed(t, acme, activity.EventsRemoved)
	payload, err := activity.EventsRemoved.Payload(events[0])
	check(t, err)
	want := activity.RemovedEvent{Type: brief.Name(), Label: "Brief note", Before: noon.Add(-24 * time.Hour), Count: 2, Events: []activity.ID{old[0].ID, old[1].ID}}
	if diff := cmp.Diff(want, payload); diff != "" || len(events) != 1 || events[0].Actor != activity.System("retention") {
		t.Errorf("%+v (-want +got):\n%s", events, diff)
	}
	if got, want := journal.Summary(events[0], "en").Text, "removed 2 events from before 2026-03-13: Brief note"; got != want {
		t.Errorf("summary = %q, want %q", got, want)
	}
	_, err = store.Seal(t.Context(), 1000)
	check(t, err)
	now = now.Add(10000 * time.Hour)
	check(t, acme.LiftLegalHold(t.Context(), contact7, ben, "it was settled"))
	if n, err := journal.Retain(t.Context()); n != 3 || err != nil {
		t.Errorf("later, Retain = %d, %v, want 3", n, err)
	}
	if left := typed(t, acme, activity.EventsRemoved); len(left) != 2 {
		t.Errorf("of what was said of retention %d are left, want 2", len(left))
	}
}

// Many events go in several steps, past those that stay.
func TestRetainMany(t *testing.T) {
	brief := activity.Define[note]("note.brief", activity.TypeOptions{Retention: time.Hour})
	journal := newJournal(t, brief)
	acme, store := journal.Tenant("acme"), activity.StoreOf(journal)
	drafts := make([]activity.Draft, 2500)
	for i := range drafts {
		drafts[i] = brief.New(note{}).By(ana).At(noon.Add(-2 * time.Hour))
		if i < 1100 {
			drafts[i] = drafts[i].About(contact7)
		}
	}
	_, err := acme.Record(t.Context(), drafts...)
	check(t, err)
	_, err = store.Seal(t.Context(), 5000)
	check(t, err)
	check(t, acme.SetLegalHold(t.Context(), contact7, ben, "lawsuit"))
	if n, err := journal.Retain(t.Context()); n != 1400 || err != nil {
		t.Errorf("Retain = %d, %v, want 1400", n, err)
	}
	if steps := typed(t, acme, activity.EventsRemoved); len(steps) != 2 {
		t.Errorf("there were %d steps, want 2", len(steps))
	}
}

// Outcomes are kept as long after the end of their task as its kind says; counts stay.
func TestRetainOutcomes(t *testing.T) {
	brief := importing
	brief.Name, brief.Retention = "brief", time.Hour
	now := noon
	journal := configured(t, activity.Config{Kinds: []activity.Kind{importing, brief}, Now: func() time.Time { return now }})
	acme := journal.Tenant("acme")
	reporting := func(kind string, n int, about ...activity.Entity) *activity.Run {
		run := begin(t, acme, activity.TaskSpec{Kind: kind, About: about})
		for i := range n {
			check(t, run.Report(t.Context(), activity.Outcome{Kind: "imported", Record: activity.Entity{Kind: "contact", ID: fmt.Sprint(i)}}))
		}
		return run
	}
	runs := map[string]*activity.Run{"old": reporting("brief", 3), "of another kind": reporting(importing.Name, 3), "open": reporting("brief", 3), "held": reporting("brief", 3, deal)}
	for name, run := range runs {
		if name == "open" {
			check(t, run.Pause(t.Context(), time.Hour))
		} else {
			check(t, run.Complete(t.Context()))
		}
	}
	check(t, acme.SetLegalHold(t.Context(), deal, ben, "lawsuit"))
	now = noon.Add(59 * time.Minute)
	young := reporting("brief", 3)
	check(t, young.Complete(t.Context()))
	runs["young"] = young
	if n, err := journal.Retain(t.Context()); n != 0 || err != nil {
		t.Errorf("before its time, Retain = %d, %v", n, err)
	}
	now = noon.Add(time.Hour + time.Microsecond)
	if n, err := journal.Retain(t.Context()); n != 3 || err != nil {
		t.Errorf("Retain = %d, %v, want 3", n, err)
	}
	for name, run := range runs {
		page, err := acme.Outcomes(t.Context(), run.Task().ID, activity.OutcomeQuery{})
		want := 3
		if name == "old" {
			want = 0
		}
		report, _ := acme.Report(t.Context(), run.Task().ID)
		if err != nil || len(page.Outcomes) != want || report.Task.Counts.Created != 3 || report.Categories[0].Count != 3 {
			t.Errorf("%s: %d outcomes, counts %+v, %+v, %v", name, len(page.Outcomes), report.Task.Counts, report.Categories, err)
		}
	}
}

// Run removes what is kept no longer at once, and every hour.
func TestRunRetains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		brief := activity.Define[note]("note.brief", activity.TypeOptions{Retention: time.Hour})
		journal := configured(t, activity.Config{Types: []activity.EventType{brief}, Now: time.Now})
		acme, store := journal.Tenant("acme"), activity.StoreOf(journal)
		add := func() {
			_, err := acme.Record(t.Context(), brief.New(note{}).By(ana).At(time.Now().Add(-2*time.Hour)))
			check(t, err)
			_, err = store.Seal(t.Context(), 10)
			check(t, err)
		}
		add()
		ctx, stop := context.WithCancel(t.Context())
		go func() { _ = journal.Run(ctx) }()
		synctest.Wait()
		if n := len(typed(t, acme, brief)); n != 0 {
			t.Errorf("%d events are left at the start", n)
		}
		add()
		time.Sleep(59 * time.Minute)
		if n := len(typed(t, acme, brief)); n != 1 {
			t.Errorf("%d events are left after less than an hour, want 1", n)
		}
		time.Sleep(2 * time.Minute)
		if n := len(typed(t, acme, brief)); n != 0 {
			t.Errorf("%d events are left after an hour", n)
		}
		stop()
		synctest.Wait()
	})
}
