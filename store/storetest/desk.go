package storetest

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/go-activity/activity"
)

// deskKinds are the kinds of task of a tool for prospecting and engagement.
var deskKinds = []activity.Kind{
	{Name: "scraping", Category: "prospecting", Object: "leads", Outcomes: []activity.OutcomeKind{{Name: "found", Counts: activity.Created}}, MaxProcessing: 1},
	{Name: "search", Category: "prospecting", Object: "leads", Outcomes: []activity.OutcomeKind{{Name: "shown", Counts: activity.Unmodified}}, Lost: activity.LostCompletes},
	{Name: "enrichment", Category: "prospecting", Object: "contacts", Outcomes: activity.ExportOutcomes(), Lost: activity.LostRequeues},
	{
		Name: "import_contacts", Label: "CSV import", Category: "prospecting", Object: "contacts", Outcomes: activity.ImportOutcomes(),
		Summary: "imported {created, number} contacts{failed, plural, =0 {} other {, # failed}}",
	},
	{Name: "import_companies", Label: "CSV import", Category: "prospecting", Object: "companies", Outcomes: activity.ImportOutcomes()},
	{Name: "export_companies", Label: "CRM export", Category: "prospecting", Object: "companies", Outcomes: activity.ExportOutcomes()},
	{Name: "email", Category: "engagement", Object: "leads", Outcomes: []activity.OutcomeKind{{Name: "sent", Counts: activity.Created}, {Name: "bounced", Counts: activity.Failed}}},
	{Name: "invitation", Category: "engagement", Object: "leads"},
	{Name: "recipe"},
}

// desk is a host that works with tasks, at a time that it says.
type desk struct {
	subject
	journal *activity.Journal
	tenant  activity.Tenant
	clock   *atomic.Int64 // microseconds since 1970
}

func newDesk(s subject) desk {
	s.Helper()
	d := desk{subject: s, clock: new(atomic.Int64)}
	d.clock.Store(epoch.UnixMicro())
	journal, err := activity.New(s.store, &activity.Config{
		Types: []activity.EventType{noteAdded},
		Kinds: deskKinds,
		Now:   func() time.Time { return time.UnixMicro(d.clock.Load()) },
	})
	if err != nil {
		s.Fatalf("activity.New: %v", err)
	}
	d.journal, d.tenant = journal, journal.Tenant(acme)
	return d
}

// later lets time pass.
func (d desk) later(by time.Duration) { d.clock.Add(by.Microseconds()) }

func (d desk) must(err error) {
	d.Helper()
	if err != nil {
		d.Fatalf("%v", err)
	}
}

// queue queues a task of ana's, unless the spec says whose.
func (d desk) queue(spec activity.TaskSpec) activity.Task {
	d.Helper()
	if spec.Actor.IsZero() {
		spec.Actor = ana
	}
	task, err := d.tenant.Enqueue(d.Context(), spec)
	d.must(err)
	return task
}

func (d desk) start(id activity.ID) *activity.Run {
	d.Helper()
	run, err := d.tenant.Start(d.Context(), id)
	d.must(err)
	return run
}

// done queues a task, runs it with some outcomes, and returns it completed.
func (d desk) done(spec activity.TaskSpec, outcomes ...activity.Outcome) activity.Task {
	d.Helper()
	if spec.Actor.IsZero() {
		spec.Actor = ana
	}
	task, err := d.tenant.Do(d.Context(), spec, func(ctx context.Context, run *activity.Run) error {
		d.later(time.Minute)
		return run.Report(ctx, outcomes...)
	})
	d.must(err)
	return task
}

func (d desk) task(id activity.ID) activity.Task {
	d.Helper()
	task, err := d.tenant.Task(d.Context(), id)
	d.must(err)
	return task
}

// list checks which tasks a query lists, in their order.
func (d desk) list(what string, q activity.TaskQuery, want ...activity.Task) {
	d.Helper()
	page, err := d.tenant.Tasks(d.Context(), q)
	d.must(err)
	got := ids(page.Tasks)
	if wanted := ids(want); fmt.Sprint(got) != fmt.Sprint(wanted) || page.Total.N != len(want) || page.Total.More {
		d.Errorf("%s: the tasks are %v (%v in all), want %v", what, got, page.Total, wanted)
	}
}

func ids(tasks []activity.Task) []string {
	list := make([]string, len(tasks))
	for i, t := range tasks {
		list[i] = fmt.Sprint(t.ID, " ", t.Kind, " ", t.Status)
	}
	return list
}

// equal tells it when something is not as it should be.
func (d desk) equal(what string, got, want any) {
	d.Helper()
	if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); g != w {
		d.Errorf("%s is\n%s, want\n%s", what, g, w)
	}
}

// summaries returns the one-line summaries of a timeline, the oldest first.
func (d desk) summaries(q activity.Query) []string {
	d.Helper()
	var lines []string
	for e, err := range d.tenant.Events(d.Context(), q) {
		d.must(err)
		lines = append([]string{e.Actor.Name() + " " + d.journal.Summary(e, "en").Text}, lines...)
	}
	return lines
}

func contact(n int) activity.Entity {
	return activity.Entity{Kind: "contact", ID: fmt.Sprint(n), Label: fmt.Sprintf("Contact %d", n)}
}

func company(n int) activity.Entity {
	return activity.Entity{Kind: "company", ID: fmt.Sprint(n), Label: fmt.Sprintf("Company %d", n)}
}

type values = map[string]any

// outcome is one of a record.
func outcome(kind string, record activity.Entity) activity.Outcome {
	return activity.Outcome{Kind: kind, Record: record}
}
