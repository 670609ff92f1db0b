package activityhttp

import (
	"html/template"
	"time"

	"github.com/go-activity/activity"
)

// taskRow is a line of the list.
type taskRow struct {
	*page
	Task    activity.Task
	Kind    string // its label
	Status  string
	Tone    string // of its colour: queued, processing, completed, failed, cancelled
	Actor   entityView
	Started moment
	Lasted  string
	Count   string        // of the records
	Numbers template.HTML // of what became of the records
	Wait    string
	Percent string
	Signs   []string
	Report  string
	Steps   string
	Tags    []tag
	Columns *taskColumns

	// Written here, because templates take a while for each.
	Link    template.HTML // to the report, by the kind
	State   template.HTML // the status
	Actions template.HTML // links to what can be done
	Records template.HTML // how many there are, to be opened
	Warns   bool          // there is something to warn of
}

// tag is something that a task is.
type tag struct{ Text, Link string }

// taskColumns are the labels of the columns, for screens on which each line has them.
type taskColumns struct{ Actor, Records, Status, Start, Duration, RecordsOf, Report string }

// tasks shows tasks as lines, with what can be done to each. In a list that is to cancel, and to run again what did not complete; the
// report has everything.
func (p *page) tasks(tasks []activity.Task, inList bool) ([]*taskRow, error) {
	rows := make([]*taskRow, len(tasks)) // by address: templates would copy them
	allowed := map[Permission]bool{Cancel: p.may(Cancel), Rerun: p.may(Rerun), Undo: p.may(Undo)}
	columns := &taskColumns{p.T("column actor"), p.T("column attempted"), p.T("column status"), p.T("column start"), p.T("column duration"), p.T("records of"), p.T("to report")}
	for i, t := range tasks {
		rows[i] = p.task(t)
		rows[i].Columns = columns
		rows[i].Records = `<details class="records" data-load="` + escaped(rows[i].Report) + `?records"><summary>` + escaped(rows[i].Count) + `<span class="hidden"> ` + escaped(columns.RecordsOf) +
			`</span></summary>` + rows[i].Numbers + `<p>` + anchor("", rows[i].Report, columns.Report) + `</p></details>`
		for _, what := range []Permission{Cancel, Rerun, Undo} {
			if !allowed[what] || inList && (what == Undo || what == Rerun && t.Status == activity.StatusCompleted) {
				continue
			}
			can, err := p.possible(what, t)
			if err != nil {
				return nil, err
			}
			if can {
				rows[i].Actions += p.action(string(what), rows[i].Report)
			}
		}
	}
	return rows, nil
}

// action is a link to what can be done to a task, by a name that its text, its icon and its address have.
func (p *page) action(name, report string) template.HTML {
	return `<a class="button quiet" data-panel href="` + escaped(report+"/"+name) + `">` + iconHTML[name] + ` ` +
		escaped(p.T(name)) + `</a>`
}

// task shows a task as a line.
func (p *page) task(t activity.Task) *taskRow {
	r := &taskRow{
		page: p, Task: t, Kind: p.word(p.known.kindLabel(t.Kind)), Status: p.T("status " + t.Status.String()), Tone: t.Status.String(), Actor: p.Entity(t.Actor),
		Started: p.Moment(t.Start()), Report: p.Path("/tasks/" + t.ID.String()),
	}
	switch {
	case !t.EndedAt.IsZero() && !t.StartedAt.IsZero():
		r.Lasted = p.Span(t.Duration())
	case t.Status == activity.StatusProcessing:
		r.Lasted = p.Span(p.now.Sub(t.StartedAt).Truncate(time.Second))
	}
	r.Count = p.N(t.Counts.Attempted())
	if t.Status == activity.StatusProcessing && t.Total > 0 {
		r.Count = p.T("of", max(t.Done, t.Counts.Attempted()), t.Total)
		r.Percent = p.T("percent", 100*min(max(t.Done, t.Counts.Attempted()), t.Total)/t.Total)
	}
	for _, n := range []struct {
		name  string
		count int64
	}{
		{"created", t.Counts.Created}, {"updated", t.Counts.Updated}, {"deleted", t.Counts.Deleted}, {"unmodified", t.Counts.Unmodified},
		{"warned", t.Counts.Warned}, {"failed", t.Counts.Failed},
	} {
		if n.count > 0 {
			r.Numbers += `<li class="` + template.HTML(n.name) + `">` + escaped(p.T("count "+n.name, n.count)) + `</li>`
		}
	}
	if r.Numbers != "" {
		r.Numbers = `<ul class="numbers">` + r.Numbers + `</ul>`
	}
	for _, s := range t.Counts.Signs() {
		r.Signs = append(r.Signs, p.T("sign "+string(s)))
	}
	if t.Status == activity.StatusQueued && !t.Recipe {
		r.Wait = p.wait(t.Wait)
	}
	if t.Children.Total > 0 {
		r.Steps = p.T("steps", t.Children.Total-t.Children.Open, t.Children.Total)
	}
	r.Link = anchor(`class="kind" `, r.Report, r.Kind)
	r.State = `<span class="status ` + template.HTML(r.Tone) + `">` + escaped(r.Status) + `</span>`
	r.Warns = t.System || t.Status == activity.StatusFailed || len(r.Signs) > 0
	for _, tag := range []struct {
		is   bool
		text string
		of   activity.ID
	}{{t.Preview, "preview", activity.ID{}}, {t.Recipe, "recipe", activity.ID{}}, {!t.RetryOf.IsZero(), "repeats one", t.RetryOf}, {!t.Parent.IsZero(), "step of one", t.Parent}} {
		if tag.is {
			r.tag(p.T(tag.text), tag.of)
		}
	}
	if r.Steps != "" {
		r.tag(r.Steps, activity.ID{})
	}
	return r
}

// tag adds what the task is, with a link to another task that makes it so.
func (r *taskRow) tag(text string, of activity.ID) {
	link := ""
	if !of.IsZero() {
		link = r.Path("/tasks/" + of.String())
	}
	r.Tags = append(r.Tags, tag{text, link})
}

// Done is how far the task is, for its progress bar.
func (r *taskRow) Done() int64 { return min(max(r.Task.Done, r.Task.Counts.Attempted()), r.Task.Total) }

// wait says what a queued task waits for.
func (p *page) wait(w activity.Wait) string {
	var text string
	switch w.For {
	case activity.WaitPlace:
		text = p.T("waits for a place")
	case activity.WaitExclusive:
		text = p.T("waits for a task")
	case activity.WaitLater:
		text = p.T("waits for its time")
	case activity.WaitQuota:
		text = p.T("waits for a quota", p.title(w.Quota), w.Units)
	default:
		return p.T("waits for a worker")
	}
	if !w.Until.IsZero() {
		text += " · " + p.T("until", p.Moment(w.Until).Text)
	}
	return text
}
