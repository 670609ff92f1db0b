package storetest

import (
	"errors"
	"slices"
	"time"

	"github.com/go-activity/activity"
)

// promiseCases show, on the store under test, what a page of operations promises to the people who
// look at it. docs/features.md lists them by these names.
func promiseCases() []testCase {
	return slices.Concat(activityPromises, quotaPromises, quotaTaskPromises, operationPromises, ledgerPromises, timelinePromises)
}

// activityPromises are those of the page of a prospecting tool.
var activityPromises = []testCase{
	{name: "A1 list of operations", check: checkListOfOperations},
	{name: "A2 two tabs", check: checkTwoTabs},
	{name: "A3 search counts as it is paged", check: checkSearchPages},
	{name: "A6 statuses", check: checkStatuses},
	{name: "A10 import report", check: checkImportReport},
	{name: "A11 export report", check: checkExportReport},
	{name: "A12 affected records", check: checkAffectedRecords},
	{name: "A13 re-run", check: checkRerun},
	{name: "A14 conflicting work", check: checkConflictingWork},
	{name: "A15 questions", check: checkQuestions},
}

func checkListOfOperations(s subject) {
	d := newDesk(s)
	identity := activity.Identity("linkedin:ana", "Ana's profile")
	scraped := d.done(activity.TaskSpec{Kind: "scraping", Title: "Founders"}, outcome("found", contact(1)), outcome("found", contact(2)))
	d.later(time.Hour)
	invited := d.done(activity.TaskSpec{Kind: "invitation", Actor: identity})
	d.later(time.Hour)
	queued := d.queue(activity.TaskSpec{Kind: "import_contacts", Title: "contacts.csv", Actor: ben, Total: 1204})
	d.list("all", activity.TaskQuery{}, queued, invited, scraped)
	d.equal("the number of records", scraped.Counts.Attempted(), 2)
	d.equal("who scraped", scraped.Actor, ana)
	d.equal("who invited", invited.Actor, identity)
	d.equal("the start", scraped.Start(), epoch)
	d.equal("the start of what is queued", queued.Start(), epoch.Add(2*time.Hour+2*time.Minute))
	// What is started takes its place by its start.
	d.later(time.Hour)
	late := d.done(activity.TaskSpec{Kind: "search"})
	d.later(time.Hour)
	run := d.start(queued.ID)
	d.list("with what was started last on top", activity.TaskQuery{}, d.task(queued.ID), late, invited, scraped)
	d.must(run.Complete(d.Context()))
}

func checkTwoTabs(s subject) {
	d := newDesk(s)
	byKind := map[string]activity.Task{}
	var prospecting, engagement []activity.Task
	for _, k := range deskKinds {
		d.later(time.Second)
		task := d.queue(activity.TaskSpec{Kind: k.Name})
		byKind[k.Name] = task
		switch k.Category {
		case "prospecting":
			prospecting = slices.Insert(prospecting, 0, task)
		case "engagement":
			engagement = slices.Insert(engagement, 0, task)
		}
	}
	d.list("prospecting", activity.TaskQuery{Categories: []string{"prospecting"}}, prospecting...)
	d.list("engagement", activity.TaskQuery{Categories: []string{"engagement"}}, engagement...)
	d.list("both", activity.TaskQuery{Categories: []string{"engagement", "prospecting"}}, append(slices.Clone(engagement), prospecting...)...)
	d.list("one kind of a tab", activity.TaskQuery{Categories: []string{"engagement"}, Kinds: []string{"email", "search"}}, byKind["email"])
	d.list("companies of a tab", activity.TaskQuery{Categories: []string{"prospecting"}, Objects: []string{"companies"}}, byKind["export_companies"], byKind["import_companies"])
}

func checkSearchPages(s subject) {
	d := newDesk(s)
	run := d.start(d.queue(activity.TaskSpec{Kind: "search", Title: "CTOs in Lima"}).ID)
	id := run.Task().ID
	for page := range 3 {
		for i := range 25 {
			d.must(run.Report(d.Context(), outcome("shown", contact(100*page+i))))
		}
		d.must(run.Pause(d.Context(), time.Hour))
		d.equal("the count after a page", d.task(id).Counts.Unmodified, 25*(page+1))
		d.later(10 * time.Minute)
		if page < 2 {
			var err error
			run, err = d.tenant.Resume(d.Context(), id)
			d.must(err)
		}
	}
	d.later(time.Hour)
	n, err := d.journal.Recover(d.Context())
	d.must(err)
	d.equal("the searches that came to their end", n, 1)
	d.equal("the status of a search that nobody goes on with", d.task(id).Status, activity.StatusCompleted)
}

func checkStatuses(s subject) {
	d := newDesk(s)
	ctx := d.Context()
	first, second := d.queue(activity.TaskSpec{Kind: "scraping"}), d.queue(activity.TaskSpec{Kind: "scraping"})
	run := d.start(first.ID)
	d.equal("the first", d.task(first.ID).Status, activity.StatusProcessing)
	var wait *activity.WaitError
	if _, err := d.tenant.Start(ctx, second.ID); !errors.As(err, &wait) {
		d.Fatalf("Start of a task without a place = %v", err)
	}
	d.equal("what the second waits for", d.task(second.ID).Wait, activity.Wait{For: activity.WaitPlace})

	d.must(run.Report(ctx, outcome("found", contact(1))))
	d.must(run.Flush(ctx))
	cancelled, err := d.tenant.Cancel(ctx, first.ID, ben, "wrong list")
	d.must(err)
	for call, err := range map[string]error{
		"Report": run.Report(ctx, outcome("found", contact(2))), "Progress": run.Progress(ctx, 1, 2), "Flush": run.Flush(ctx),
		"Complete": run.Complete(ctx), "Fail": run.Fail(ctx, errOfFn),
	} {
		if call != "Report" && call != "Progress" && !errors.Is(err, activity.ErrNotRunning) {
			d.Errorf("%s after Cancel = %v, want ErrNotRunning", call, err)
		}
	}
	if _, err := run.Record(ctx, draft("late")); !errors.Is(err, activity.ErrNotRunning) {
		d.Errorf("Record after Cancel = %v, want ErrNotRunning", err)
	}
	d.equal("the cancelled task", d.task(first.ID), cancelled)
	d.equal("who cancelled it, and why", []any{cancelled.EndedBy, cancelled.Reason}, []any{ben, "wrong list"})
	d.equal("what was counted before", cancelled.Counts.Created, 1)

	run = d.start(second.ID)
	d.equal("what a task waits for that was started", run.Task().Wait, activity.Wait{})
	d.must(run.Fail(ctx, errors.New("the site is down")))
	failed := d.task(second.ID)
	d.equal("the second", []any{failed.Status, failed.Reason, failed.System}, []any{activity.StatusFailed, "the site is down", false})
	for _, id := range []activity.ID{first.ID, second.ID} {
		var transition *activity.TransitionError
		if _, err := d.tenant.Cancel(ctx, id, ben, ""); !errors.As(err, &transition) {
			d.Errorf("Cancel of a task that has ended = %v", err)
		}
	}
	d.equal("the history of the first", d.summaries(activity.Query{Task: first.ID}), []string{"Ana queued scraping", "Ana started scraping", "Ben cancelled scraping"})
	d.equal("the history of the second", d.summaries(activity.Query{Task: second.ID}), []string{"Ana queued scraping", "Ana started scraping", "Ana scraping failed: the site is down"})
	var statuses []activity.Task
	for _, status := range []activity.Status{activity.StatusQueued, activity.StatusProcessing} {
		d.list("none", activity.TaskQuery{Statuses: []activity.Status{status}}, statuses...)
	}
	d.list("failed", activity.TaskQuery{Statuses: []activity.Status{activity.StatusFailed}}, failed)
}

func checkImportReport(s subject) {
	d := newDesk(s)
	task := d.done(activity.TaskSpec{Kind: "import_contacts", Title: "contacts.csv", Total: 6},
		activity.Outcome{Kind: "imported", Row: 2, Record: contact(1), After: values{"email": "a@acme.test"}},
		activity.Outcome{Kind: "imported", Row: 3, Record: contact(2), After: values{"email": "b@acme.test"}},
		activity.Outcome{Kind: "invalid_field", Row: 4, Message: "email is not an address", Extra: values{"email": "nobody"}},
		activity.Outcome{Kind: "missing_field", Row: 5, Message: "email is missing", Extra: values{"name": "Eve"}},
		activity.Outcome{Kind: "duplicate", Row: 6, Record: contact(1), Message: "is row 2 again"},
		activity.Outcome{Kind: "error", Row: 7, Message: "the database refused it", Extra: values{"email": "c@acme.test"}},
	)
	report, err := d.tenant.Report(d.Context(), task.ID)
	d.must(err)
	counts := map[string]int64{}
	for _, c := range report.Categories {
		counts[c.Name] = c.Count
	}
	d.equal("the categories", counts, map[string]int64{
		"imported": 2, "updated": 0, "unchanged": 0, "invalid_field": 1, "missing_field": 1, "duplicate": 1, "error": 1,
	})
	d.equal("the counts", report.Task.Counts, activity.Counts{Created: 2, Failed: 1, Warned: 3})
	d.equal("the rows attempted", report.Task.Counts.Attempted(), 6)
	d.equal("the order of categories", []string{report.Categories[0].Label, report.Categories[6].Label}, []string{"Imported", "Error"})

	page, err := d.tenant.Outcomes(d.Context(), task.ID, activity.OutcomeQuery{Kinds: []string{"error", "missing_field"}})
	d.must(err)
	var problems []any
	for _, o := range page.Outcomes {
		problems = append(problems, o.Row, o.Message, o.Extra)
	}
	d.equal("the rows that failed", problems, []any{5, "email is missing", values{"name": "Eve"}, 7, "the database refused it", values{"email": "c@acme.test"}})
	d.equal("the summary", d.summaries(activity.Query{Types: []string{"task.completed"}}), []string{"Ana imported 2 contacts, 1 failed"})
}

func checkExportReport(s subject) {
	d := newDesk(s)
	var outcomes []activity.Outcome
	n := 0
	for i, o := range activity.ExportOutcomes() {
		for range i + 1 {
			n++
			outcomes = append(outcomes, activity.Outcome{Kind: o.Name, Record: company(n), Link: "https://crm.example/companies/1", Message: o.Label})
		}
	}
	task := d.done(activity.TaskSpec{Kind: "export_companies"}, outcomes...)
	report, err := d.tenant.Report(d.Context(), task.ID)
	d.must(err)
	for i, c := range report.Categories {
		d.equal(c.Label, c.Count, i+1)
		page, err := d.tenant.Outcomes(d.Context(), task.ID, activity.OutcomeQuery{Kinds: []string{c.Name}})
		d.must(err)
		d.equal("the records of "+c.Name, len(page.Outcomes), i+1)
		for _, o := range page.Outcomes {
			if o.Kind != c.Name || o.Link == "" || o.Message != c.Label {
				d.Errorf("a record of %s is %+v", c.Name, o)
			}
		}
	}
}

func checkAffectedRecords(s subject) {
	d := newDesk(s)
	var outcomes []activity.Outcome
	for i := range 120 {
		outcomes = append(outcomes, outcome("sent", contact(i)))
	}
	outcomes[77] = activity.Outcome{Kind: "bounced", Record: contact(77), Message: "Mailbox unavailable"}
	task := d.done(activity.TaskSpec{Kind: "email"}, outcomes...)
	var got []string
	pages := 0
	for q := (activity.OutcomeQuery{}); ; pages++ {
		page, err := d.tenant.Outcomes(d.Context(), task.ID, q)
		d.must(err)
		for _, o := range page.Outcomes {
			got = append(got, o.Record.ID)
		}
		if q.After = page.Next; q.After == "" {
			break
		}
	}
	var want []string
	for i := range 120 {
		want = append(want, contact(i).ID)
	}
	d.equal("the records", got, want)
	d.equal("the pages", pages+1, 3)
	page, err := d.tenant.Outcomes(d.Context(), task.ID, activity.OutcomeQuery{Search: "MAILBOX"})
	d.must(err)
	d.equal("what the search finds", len(page.Outcomes), 1)
	page, err = d.tenant.Outcomes(d.Context(), task.ID, activity.OutcomeQuery{Search: "contact 11", Kinds: []string{"sent"}})
	d.must(err)
	d.equal("who the search finds", len(page.Outcomes), 11)
}

func checkRerun(s subject) {
	d := newDesk(s)
	ctx := d.Context()
	spec := activity.TaskSpec{Kind: "import_contacts", Title: "contacts.csv", About: []activity.Entity{deal}, Input: []byte(`{"file": 7}`), Attributes: map[string]string{"template": "weekly"}, Exclusive: "list:1", Total: 3}
	task := d.queue(spec)
	var transition *activity.TransitionError
	if _, err := d.tenant.Rerun(ctx, task.ID, ben); !errors.As(err, &transition) {
		d.Errorf("Rerun of a queued task = %v", err)
	}
	d.must(d.start(task.ID).Fail(ctx, errOfFn))
	again, err := d.tenant.Rerun(ctx, task.ID, ben)
	d.must(err)
	d.equal("what it repeats", again.RetryOf, task.ID)
	d.equal("who asked", again.Actor, ben)
	d.equal("the rest", []any{again.Kind, again.Title, again.About, string(again.Input), again.Attributes, again.Exclusive, again.Total, again.Status, again.Counts},
		[]any{spec.Kind, spec.Title, spec.About, string(spec.Input), spec.Attributes, spec.Exclusive, spec.Total, activity.StatusQueued, activity.Counts{}})
}

func checkConflictingWork(s subject) {
	d := newDesk(s)
	ctx := d.Context()
	importing := d.queue(activity.TaskSpec{Kind: "import_contacts", Exclusive: "contacts"})
	enriching := d.queue(activity.TaskSpec{Kind: "enrichment", Exclusive: "contacts"})
	other := d.queue(activity.TaskSpec{Kind: "enrichment", Exclusive: "companies"})
	d.equal("what waits for the import", enriching.Wait, activity.Wait{For: activity.WaitExclusive, Task: importing.ID})
	claimed := func() activity.ID {
		run, err := d.journal.Claim(ctx)
		if errors.Is(err, activity.ErrNoTask) {
			return activity.ID{}
		}
		d.must(err)
		return run.Task().ID
	}
	d.equal("the first that is claimed", claimed(), importing.ID)
	d.equal("the second", claimed(), other.ID)
	d.equal("the third", claimed(), activity.ID{})
	_, err := d.tenant.Cancel(ctx, importing.ID, ana, "")
	d.must(err)
	d.equal("the third after the first has ended", claimed(), enriching.ID)
}

// Each question is one query.
func checkQuestions(s subject) {
	d := newDesk(s)
	newcomer := activity.User("new", "New Colleague")
	list := activity.Entity{Kind: "list", ID: "42", Label: "Founders"}
	lead := contact(7)
	exported := d.done(activity.TaskSpec{Kind: "export_companies", Actor: ben}, outcome("created", company(1)))
	imported := d.done(activity.TaskSpec{Kind: "import_contacts", About: []activity.Entity{list}}, outcome("imported", lead))
	d.done(activity.TaskSpec{Kind: "import_contacts"}, outcome("imported", contact(9)))
	d.later(24 * time.Hour)
	monday := time.UnixMicro(d.clock.Load())
	mailed := d.done(activity.TaskSpec{Kind: "email", Actor: newcomer}, outcome("bounced", lead), outcome("sent", contact(8)))
	d.later(time.Hour)
	enriched := d.done(activity.TaskSpec{Kind: "enrichment", Actor: newcomer, About: []activity.Entity{list}}, outcome("error", lead))

	d.list("who exported this data", activity.TaskQuery{Kinds: []string{"export_companies"}}, exported)
	d.list("when was this list imported", activity.TaskQuery{Kinds: []string{"import_contacts"}, About: []activity.Entity{list}}, imported)
	d.list("what did the new colleague do this week", activity.TaskQuery{Actor: newcomer, From: monday, To: monday.AddDate(0, 0, 7)}, enriched, mailed)
	var steps []string
	for o, err := range d.tenant.OutcomesOf(d.Context(), lead) {
		d.must(err)
		steps = append(steps, d.task(o.Task).Kind+" "+o.Kind)
	}
	d.equal("which steps ran for this lead, and which failed", steps, []string{"enrichment error", "email bounced", "import_contacts imported"})
}
