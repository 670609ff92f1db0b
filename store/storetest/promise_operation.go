package storetest

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-activity/activity"
)

// operationPromises are those of the operation tracker of a data-management tool.
var operationPromises = []testCase{
	{name: "B1 run id", check: checkRunID},
	{name: "B2 who, what and when", check: checkWhoWhatWhen},
	{name: "B3 counts", check: checkCounts},
	{name: "B4 previews", check: checkPreviewRuns},
	{name: "B5 recipes", check: checkRecipes},
	{name: "B5 recipe that is cancelled", check: checkRecipeCancelled},
	{name: "B6 report as CSV", check: checkReportCSV},
	{name: "B7 undo", check: checkUndo},
	{name: "B8 filters and columns", check: checkFiltersAndColumns},
	{name: "B9 failure of the system", check: checkSystemFailure},
	{name: "B10 progress", check: checkProgress},
	{name: "B11 diagnosis", check: checkDiagnosis},
}

func checkRunID(s subject) {
	d := newDesk(s)
	var runs []activity.Task
	for i := range 3 {
		d.later(time.Minute)
		kind := []string{"created", "updated", "error"}[i]
		runs = append(runs, d.done(activity.TaskSpec{Kind: "export_companies"}, outcome(kind, company(1)), outcome("created", company(2+i))))
	}
	d.done(activity.TaskSpec{Kind: "enrichment"}, outcome("updated", contact(1)))
	about := d.done(activity.TaskSpec{Kind: "enrichment", About: []activity.Entity{company(1)}}, outcome("updated", contact(1)))
	preview := d.done(activity.TaskSpec{Kind: "enrichment", Preview: true}, outcome("updated", company(1)))
	for _, id := range []string{runs[1].ID.String(), strings.ReplaceAll(runs[1].ID.String(), "-", "")[:31], runs[1].ID.String()[:20]} {
		page, err := d.tenant.Tasks(d.Context(), activity.TaskQuery{RunID: id})
		d.must(err)
		if !slices.ContainsFunc(page.Tasks, func(t activity.Task) bool { return t.ID == runs[1].ID }) {
			d.Errorf("the run is not found by %q", id)
		}
		for _, t := range page.Tasks {
			if !strings.HasPrefix(strings.ReplaceAll(t.ID.String(), "-", ""), strings.ReplaceAll(id, "-", "")) {
				d.Errorf("%q finds %s", id, t.ID)
			}
		}
	}
	var touched []activity.Task
	for t, err := range d.tenant.RunsOf(d.Context(), company(1)) {
		d.must(err)
		touched = append(touched, t)
	}
	d.equal("the runs that touched a record", ids(touched), ids([]activity.Task{about, runs[2], runs[1], runs[0]}))
	d.equal("a preview, which touches nothing", preview.Counts.Updated, 1)
}

func checkWhoWhatWhen(s subject) {
	d := newDesk(s)
	attributes := map[string]string{"account": "acme-eu", "app": "crm", "module": "contacts", "template": "weekly"}
	task := d.done(activity.TaskSpec{Kind: "import_contacts", Title: "Weekly import", Automated: true, Attributes: attributes, Actor: activity.System("scheduler")})
	got := d.task(task.ID)
	d.equal("start, end and duration", []any{got.StartedAt, got.EndedAt, got.Duration()}, []any{epoch, epoch.Add(time.Minute), time.Minute})
	d.equal("the rest", []any{got.Attributes, got.Automated, got.Preview, got.Actor, got.Kind}, []any{attributes, true, false, activity.System("scheduler"), "import_contacts"})
}

func checkCounts(s subject) {
	d := newDesk(s)
	kinds := []string{"created", "updated", "unchanged", "duplicate", "error"}
	want := activity.Counts{}
	run := d.start(d.queue(activity.TaskSpec{Kind: "enrichment"}).ID)
	for i := range 250 {
		d.must(run.Report(d.Context(), outcome(kinds[i*i%len(kinds)], contact(i))))
		switch i * i % len(kinds) {
		case 0:
			want.Created++
		case 1:
			want.Updated++
		case 4:
			want.Failed++
		}
		if i%40 == 0 {
			d.must(run.Flush(d.Context()))
			d.equal("the counts on the way", d.task(run.Task().ID).Counts, want)
			tally, err := d.store.Tally(d.Context(), acme, run.Task().ID)
			d.must(err)
			d.equal("the outcomes on the way", tally["created"]+tally["updated"]+tally["error"], want.Attempted())
		}
	}
	d.must(run.Complete(d.Context()))
	task := d.task(run.Task().ID)
	d.equal("the counts", task.Counts, want)
	d.equal("what succeeded", task.Counts.Succeeded(), want.Created+want.Updated)
	// A transaction of the host that is rolled back takes its outcomes and their counts with it.
	run = d.start(d.queue(activity.TaskSpec{Kind: "enrichment"}).ID)
	for i := range 4 {
		err := d.store.InTx(d.Context(), func(tx activity.Store) error {
			if err := run.With(tx).Report(d.Context(), outcome("created", contact(i))); err != nil {
				return err
			}
			if i%2 == 1 {
				return errOfFn
			}
			return nil
		})
		if (i%2 == 1) != errors.Is(err, errOfFn) {
			d.Errorf("InTx = %v", err)
		}
	}
	d.must(run.Complete(d.Context()))
	page, err := d.tenant.Outcomes(d.Context(), run.Task().ID, activity.OutcomeQuery{})
	d.must(err)
	d.equal("what was kept", []any{d.task(run.Task().ID).Counts.Created, len(page.Outcomes)}, []any{2, 2})
}

func checkPreviewRuns(s subject) {
	d := newDesk(s)
	change := func(n int, before, after string) activity.Outcome {
		return activity.Outcome{Kind: "updated", Record: contact(n), Before: values{"city": before}, After: values{"city": after}}
	}
	preview := d.done(activity.TaskSpec{Kind: "enrichment", Preview: true}, change(1, "Lima", "Quito"), change(2, "Lima", "Quito"), change(3, "Lima", "Quito"), outcome("unchanged", contact(4)), outcome("created", contact(5)))
	d.later(time.Hour)
	update := d.done(activity.TaskSpec{Kind: "enrichment"}, change(1, "Lima", "Quito"), change(2, "Cusco", "Quito"), change(3, "Lima", "Bogotá"), outcome("error", contact(4)), outcome("created", contact(6)))
	d.list("by default", activity.TaskQuery{}, update)
	d.list("with previews", activity.TaskQuery{Previews: activity.PreviewsShown}, update, preview)
	d.list("previews only", activity.TaskQuery{Previews: activity.PreviewsOnly}, preview)
	var drift []string
	for x, err := range d.tenant.Drift(d.Context(), preview.ID, update.ID) {
		d.must(err)
		drift = append(drift, fmt.Sprint(x.Record.ID, x.Fields, x.Preview != nil, x.Update != nil))
	}
	d.equal("what changed since the preview", drift, []string{"2[city] true true", "3[city] true true", "4[] true true", "6[] false true", "5[] true false"})
	d.equal("the summary of the preview", d.summaries(activity.Query{Task: preview.ID})[2], "Ana previewed enrichment: 5 succeeded")
}

func checkRecipes(s subject) {
	d := newDesk(s)
	ctx := d.Context()
	recipe, steps, err := d.tenant.Recipe(ctx, activity.TaskSpec{Kind: "recipe", Title: "Clean up", Actor: ana},
		activity.TaskSpec{Kind: "enrichment", Actor: ana}, activity.TaskSpec{Kind: "import_contacts", Actor: ana}, activity.TaskSpec{Kind: "email", Actor: ana})
	d.must(err)
	d.equal("the steps' parents", []activity.ID{steps[0].Parent, steps[1].Parent, steps[2].Parent}, []activity.ID{recipe.ID, recipe.ID, recipe.ID})
	d.list("the steps", activity.TaskQuery{Parent: recipe.ID}, steps[2], steps[1], steps[0])
	d.list("the recipe below them", activity.TaskQuery{}, steps[2], steps[1], steps[0], recipe)
	d.equal("the recipe before its first step", d.task(recipe.ID).Status, activity.StatusQueued)
	for i := range steps {
		d.later(time.Minute)
		run, err := d.journal.Claim(ctx)
		d.must(err)
		d.equal("the step that is claimed", run.Task().ID, steps[i].ID)
		d.equal("the recipe during its steps", d.task(recipe.ID).Status, activity.StatusProcessing)
		switch i {
		case 0:
			d.must(run.Report(ctx, outcome("updated", contact(1)), outcome("error", contact(2))))
			d.must(run.Complete(ctx))
		case 1:
			d.must(run.Report(ctx, outcome("imported", contact(3))))
			d.must(run.Fail(ctx, errOfFn))
		case 2:
			d.must(run.Report(ctx, outcome("sent", contact(3)), outcome("sent", contact(4))))
			d.must(run.Complete(ctx))
		}
	}
	got := d.task(recipe.ID)
	d.equal("the counts together", got.Counts, activity.Counts{Created: 3, Updated: 1, Failed: 1})
	d.equal("the recipe after its last step", []any{got.Status, got.Reason, got.Children}, []any{activity.StatusFailed, "1 of 3 steps failed", activity.Children{Total: 3, Failed: 1}})
	d.equal("start and end", []any{got.StartedAt, got.EndedAt}, []any{epoch.Add(time.Minute), epoch.Add(3 * time.Minute)})
	d.list("the recipe below its steps", activity.TaskQuery{}, d.task(steps[2].ID), d.task(steps[1].ID), d.task(steps[0].ID), got)
	if _, err := d.journal.Claim(ctx); !errors.Is(err, activity.ErrNoTask) {
		d.Errorf("Claim of a recipe = %v", err)
	}
	if _, err := d.tenant.Enqueue(ctx, activity.TaskSpec{Kind: "email", Actor: ana, Parent: recipe.ID}); !errors.Is(err, activity.ErrInvalid) {
		d.Errorf("Enqueue of a step of a task that has ended = %v", err)
	}
	if _, err := d.journal.Tenant(globex).Enqueue(ctx, activity.TaskSpec{Kind: "email", Actor: ana, Parent: recipe.ID}); !errors.Is(err, activity.ErrInvalid) {
		d.Errorf("Enqueue of a step of another tenant's task = %v", err)
	}
	d.list("the steps are no more", activity.TaskQuery{Parent: recipe.ID}, d.task(steps[2].ID), d.task(steps[1].ID), d.task(steps[0].ID))
}

func checkRecipeCancelled(s subject) {
	d := newDesk(s)
	ctx := d.Context()
	recipe, steps, err := d.tenant.Recipe(ctx, activity.TaskSpec{Kind: "recipe", Actor: ana},
		activity.TaskSpec{Kind: "enrichment", Actor: ana}, activity.TaskSpec{Kind: "enrichment", Actor: ana}, activity.TaskSpec{Kind: "enrichment", Actor: ana})
	d.must(err)
	d.must(d.start(steps[0].ID).Complete(ctx))
	run := d.start(steps[1].ID)
	d.must(run.Report(ctx, outcome("created", contact(1))))
	d.must(run.Flush(ctx))
	cancelled, err := d.tenant.Cancel(ctx, recipe.ID, ben, "not now")
	d.must(err)
	d.equal("the recipe", []any{cancelled.Status, cancelled.Children, cancelled.Counts.Created}, []any{activity.StatusCancelled, activity.Children{Total: 3, Cancelled: 2}, 1})
	for i, want := range []activity.Status{activity.StatusCompleted, activity.StatusCancelled, activity.StatusCancelled} {
		d.equal(fmt.Sprint("step ", i), d.task(steps[i].ID).Status, want)
	}
	if err := run.Complete(ctx); !errors.Is(err, activity.ErrNotRunning) {
		d.Errorf("Complete of a cancelled step = %v", err)
	}
	d.equal("the recipe afterwards", d.task(recipe.ID), cancelled)
}

func checkReportCSV(s subject) {
	d := newDesk(s)
	task := d.done(activity.TaskSpec{Kind: "export_companies"},
		activity.Outcome{Kind: "updated", Row: 2, Record: company(1), Link: "https://crm.example/1", Before: values{"city": "Lima", "size": 10}, After: values{"city": "=HYPERLINK(\"x\")", "size": -10}},
		activity.Outcome{Kind: "created", Row: 3, Record: company(2), After: values{"city": "Quito", "phone": "+593 2"}, Extra: values{"owner": "Ana"}},
		activity.Outcome{Kind: "error", Row: 4, Message: "two\nlines, \"quoted\"", Extra: values{"raw": "@x"}},
	)
	var b strings.Builder
	d.must(d.tenant.WriteReport(d.Context(), &b, task.ID, activity.ReportOptions{}))
	records, err := csv.NewReader(strings.NewReader(b.String())).ReadAll()
	d.must(err)
	want := [][]string{
		{"Row", "Result", "Message", "Record kind", "Record ID", "Name", "Link", "city (Before)", "city (After)", "phone (Before)", "phone (After)", "size (Before)", "size (After)", "owner", "raw"},
		{"2", "Updated", "", "company", "1", "Company 1", "https://crm.example/1", "Lima", "'=HYPERLINK(\"x\")", "", "", "10", "-10", "", ""},
		{"3", "Created", "", "company", "2", "Company 2", "", "", "Quito", "", "'+593 2", "", "", "Ana", ""},
		{"4", "Error", "two\nlines, \"quoted\"", "", "", "", "", "", "", "", "", "", "", "", "'@x"},
	}
	d.equal("the CSV", records, want)
	d.equal("a cell's value", activity.CellValue(records[1][8]), "=HYPERLINK(\"x\")")
	b.Reset()
	d.must(d.tenant.WriteReport(d.Context(), &b, task.ID, activity.ReportOptions{Before: true}))
	d.equal("the values before", b.String(), "Record kind,Record ID,Name,city,phone,size\r\ncompany,1,Company 1,Lima,,10\r\n")
}

func checkUndo(s subject) {
	d := newDesk(s)
	ctx := d.Context()
	change := func(kind string, n int, before, after values) activity.Outcome {
		return activity.Outcome{Kind: kind, Record: contact(n), Before: before, After: after}
	}
	task := d.done(activity.TaskSpec{Kind: "enrichment"},
		change("updated", 1, values{"city": "Lima"}, values{"city": "Quito"}),
		change("updated", 2, values{"city": "Lima"}, values{"city": "Quito"}),
		change("created", 3, nil, values{"city": "Quito"}),
		outcome("unchanged", contact(4)),
		change("updated", 5, values{"city": "Lima"}, values{"city": "Quito"}),
		change("duplicate", 6, nil, values{"city": "Quito"}), // was not done
	)
	table := map[string]values{"1": {"city": "Quito", "name": "x"}, "2": {"city": "Cusco"}, "3": {"city": "Quito"}, "5": {"city": "Quito"}}
	var order []string
	restore := func(_ activity.Change) error { return nil }
	revert := func() (activity.Task, error) {
		return d.tenant.Revert(ctx, task.ID, ben, func(_ context.Context, c activity.Change) error {
			order = append(order, c.Record.ID)
			if err := restore(c); err != nil {
				return err
			}
			if err := c.Check(table[c.Record.ID]); err != nil {
				return err
			}
			if c.Before == nil {
				delete(table, c.Record.ID)
			} else {
				table[c.Record.ID]["city"] = c.Before["city"]
			}
			return nil
		})
	}
	restore = func(c activity.Change) error {
		if c.Record.ID == "5" {
			return errOfFn
		}
		return nil
	}
	undo, err := revert()
	d.must(err)
	d.equal("the order", order, []string{"5", "3", "2", "1"})
	d.equal("the records", table, map[string]values{"1": {"city": "Lima", "name": "x"}, "2": {"city": "Cusco"}, "5": {"city": "Quito"}})
	d.equal("the undo", []any{undo.Status, undo.Kind, undo.Actor, undo.Reverts, undo.Counts}, []any{activity.StatusCompleted, activity.RevertKind, ben, task.ID, activity.Counts{Updated: 2, Unmodified: 1, Failed: 1}})
	d.equal("the run that was undone", d.task(task.ID).RevertedBy, undo.ID)
	report, err := d.tenant.Report(ctx, undo.ID)
	d.must(err)
	d.equal("the report of the undo", fmt.Sprint(report.Categories), "[{reverted Reverted 2} {kept Kept because edited since 1} {failed Failed 1}]")
	if _, err := revert(); !errors.Is(err, activity.ErrTransition) {
		d.Errorf("Revert of a run that was undone = %v, want a TransitionError", err)
	}
}

func checkFiltersAndColumns(s subject) {
	d := newDesk(s)
	var tasks []activity.Task
	for i := range 24 {
		d.later(time.Hour)
		spec := activity.TaskSpec{
			Kind: []string{"enrichment", "import_contacts", "export_companies"}[i%3], Title: []string{"Weekly import", "Clean up", "Import of leads", ""}[i%4],
			Actor: []activity.Entity{ana, ben}[i%2], Automated: i%5 == 0, Total: int64(i * 7 % 10),
			Attributes: map[string]string{"template": fmt.Sprint("t", i%3)},
		}
		tasks = append(tasks, d.done(spec))
	}
	where := func(keep func(i int, t activity.Task) bool) []activity.Task {
		var list []activity.Task
		for i, t := range slices.Backward(tasks) {
			if keep(i, t) {
				list = append(list, t)
			}
		}
		return list
	}
	d.list("object type", activity.TaskQuery{Objects: []string{"companies"}}, where(func(i int, _ activity.Task) bool { return i%3 == 2 })...)
	d.list("template", activity.TaskQuery{Attributes: map[string]string{"template": "t1"}}, where(func(i int, _ activity.Task) bool { return i%3 == 1 })...)
	d.list("title", activity.TaskQuery{Title: "IMPORT"}, where(func(i int, _ activity.Task) bool { return i%4 == 0 || i%4 == 2 })...)
	d.list("automated", activity.TaskQuery{Trigger: activity.ByAutomation}, where(func(i int, _ activity.Task) bool { return i%5 == 0 })...)
	d.list("dates", activity.TaskQuery{From: tasks[5].StartedAt, To: tasks[9].StartedAt}, where(func(i int, _ activity.Task) bool { return i >= 5 && i < 9 })...)
	d.list("all of it", activity.TaskQuery{Objects: []string{"contacts"}, Title: "weekly", Actor: ana, From: tasks[3].StartedAt, Attributes: map[string]string{"template": "t1"}},
		where(func(i int, _ activity.Task) bool { return i%4 == 0 && i >= 3 && i%3 == 1 })...)
	for _, sort := range activity.TaskSorts {
		for _, ascending := range []bool{false, true} {
			want := slices.Clone(tasks)
			f := activity.TaskFilter{Sort: sort, Descending: !ascending}
			slices.SortFunc(want, func(a, b activity.Task) int { return f.Compare(&a, &b) })
			var got []activity.Task
			var last activity.TaskPage
			for q := (activity.TaskQuery{Sort: sort, Ascending: ascending, Limit: 7}); ; {
				page, err := d.tenant.Tasks(d.Context(), q)
				d.must(err)
				got = append(got, page.Tasks...)
				if last = page; page.Next == "" {
					break
				}
				q.After = page.Next
			}
			d.equal(fmt.Sprint("the pages by ", sort), ids(got), ids(want))
			back, err := d.tenant.Tasks(d.Context(), activity.TaskQuery{Sort: sort, Ascending: ascending, Limit: 7, Before: last.Prev})
			d.must(err)
			d.equal(fmt.Sprint("the page before by ", sort), ids(back.Tasks), ids(want[14:21]))
		}
	}
	if _, err := d.tenant.Tasks(d.Context(), activity.TaskQuery{Sort: "price"}); !errors.Is(err, activity.ErrInvalid) {
		d.Errorf("Tasks by an unknown column = %v", err)
	}
}

func checkSystemFailure(s subject) {
	d := newDesk(s)
	ctx, kill := context.WithCancel(d.Context())
	lost, err := d.tenant.Start(ctx, d.queue(activity.TaskSpec{Kind: "import_contacts"}).ID)
	d.must(err)
	requeued, err := d.tenant.Start(ctx, d.queue(activity.TaskSpec{Kind: "enrichment"}).ID)
	d.must(err)
	d.must(requeued.Report(ctx, outcome("created", contact(1))))
	d.must(requeued.Flush(ctx))
	kill()
	n, err := d.journal.Recover(d.Context())
	d.must(err)
	d.equal("what is lost before its lease has run out", n, 0)
	d.later(2 * time.Minute)
	n, err = d.journal.Recover(d.Context())
	d.must(err)
	d.equal("what is lost", n, 2)
	task := d.task(lost.Task().ID)
	d.equal("the warning", []any{task.Status, task.System, task.Reason != "", task.Counts}, []any{activity.StatusFailed, true, true, activity.Counts{}})
	task = d.task(requeued.Task().ID)
	d.equal("what is queued again", []any{task.Status, task.Counts.Created, task.Attempt}, []any{activity.StatusQueued, 1, 1})
	run := d.start(task.ID)
	if err := requeued.Complete(d.Context()); !errors.Is(err, activity.ErrNotRunning) {
		d.Errorf("Complete of the run that was lost = %v", err)
	}
	d.must(run.Report(d.Context(), outcome("created", contact(2))))
	d.must(run.Complete(d.Context()))
	d.equal("the counts of both runs", d.task(task.ID).Counts.Created, 2)
}

func checkProgress(s subject) {
	d := newDesk(s)
	ctx := d.Context()
	run := d.start(d.queue(activity.TaskSpec{Kind: "import_contacts", Total: 10}).ID)
	d.must(run.Progress(ctx, 4, 0))
	d.must(run.Flush(ctx))
	task := d.task(run.Task().ID)
	d.equal("the progress", []any{task.Done, task.Total, task.Status}, []any{4, 10, activity.StatusProcessing})
	for what, err := range map[string]error{
		"backwards": run.Progress(ctx, 3, 0), "past the total": run.Progress(ctx, 11, 0), "negative": run.Progress(ctx, -1, 0), "of a negative total": run.Progress(ctx, 5, -1),
	} {
		if !errors.Is(err, activity.ErrInvalid) {
			d.Errorf("Progress %s = %v", what, err)
		}
	}
	d.must(run.Progress(ctx, 5, 20))
	d.must(run.Complete(ctx))
	task = d.task(run.Task().ID)
	d.equal("the progress at the end", []any{task.Done, task.Total}, []any{5, 20})
}

func checkDiagnosis(s subject) {
	d := newDesk(s)
	for what, c := range map[string]struct {
		outcomes []string
		want     []activity.Sign
	}{
		"all well":         {[]string{"created", "updated", "unchanged"}, nil},
		"nothing":          {nil, nil},
		"many failed":      {append(slices.Repeat([]string{"created"}, 9), "error"), []activity.Sign{activity.SignManyFailed}},
		"few failed":       {append(slices.Repeat([]string{"created"}, 10), "error"), nil},
		"none succeeded":   {[]string{"duplicate"}, []activity.Sign{activity.SignNoneSucceeded}},
		"all failed":       {[]string{"error"}, []activity.Sign{activity.SignNoneSucceeded, activity.SignManyFailed}},
		"many unmodified":  {append(slices.Repeat([]string{"unchanged"}, 9), "updated"), []activity.Sign{activity.SignManyUnmodified}},
		"fewer unmodified": {append(slices.Repeat([]string{"unchanged"}, 8), "updated"), nil},
	} {
		var outcomes []activity.Outcome
		for i, kind := range c.outcomes {
			outcomes = append(outcomes, outcome(kind, contact(i)))
		}
		report, err := d.tenant.Report(d.Context(), d.done(activity.TaskSpec{Kind: "enrichment"}, outcomes...).ID)
		d.must(err)
		d.equal(what, report.Signs, c.want)
	}
}
