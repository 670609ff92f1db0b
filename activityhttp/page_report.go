package activityhttp

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/go-activity/activity"
)

// reportPage is the report of a task.
type reportPage struct {
	*taskRow
	filter
	About      []entityView
	Categories []tab
	Rows       []outcomeRow
	Next       string
	First      string // the address of the first page, on a later one
	Notice     string // why there is nothing to show
	Links      []taskLink
	Steps      []*taskRow
	Drift      []driftRow
	DriftMore  bool
	CSV        string
	CSVKind    string // of the open category only
	CSVBefore  string
	Attributes []field
	Queued     moment
	Ended      moment
	EndedBy    entityView
	Object     string // what its records are
	Succeeded  string
	MoreSteps  bool
	Compared   string // the address of the preview that it is compared with
}

// taskLink leads to another task that this one has to do with.
type taskLink struct {
	Label string
	Name  string
	Link  string
}

// field is a name with a value.
type field struct{ Name, Value string }

// outcomeRow is what became of a record.
type outcomeRow struct {
	Row     string
	Kind    string
	Tone    string
	Record  entityView
	Message string
	Link    string
	Changes []change
	Extra   []field
}

// change is a value before and after.
type change struct {
	Name, Before, After string
	HasBefore, HasAfter bool
}

// driftRow is a record that came out otherwise than in the preview.
type driftRow struct {
	Record  entityView
	Row     string
	Preview string
	Update  string
	Fields  []string
}

// maxDrift is how many differences to a preview a page lists.
const maxDrift = 50

// showTask shows the report of a task.
func (c *call) showTask() error {
	id, err := c.id()
	if err != nil {
		return err
	}
	v := newValues(c.r.URL.Query())
	p := c.page("activity")
	f := p.filterOf(v, "/tasks/"+id.String(), "kind", "search")
	q := activity.OutcomeQuery{Search: v.text("search"), After: v.cursor("after")}
	if kind := v.text("kind"); kind != "" {
		q.Kinds = []string{kind}
	}
	if v.err != nil {
		return v.err
	}
	report, err := c.tenant.Report(c.ctx(), id)
	if err != nil {
		return err
	}
	rows, err := p.tasks([]activity.Task{report.Task}, false)
	if err != nil {
		return err
	}
	body := &reportPage{taskRow: rows[0], filter: f, CSV: p.Path("/tasks/" + id.String() + "/report.csv")}
	p.Title, p.Body = cmp.Or(report.Task.Title, body.Kind), body
	outcomes, err := c.tenant.Outcomes(c.ctx(), id, q)
	if c.restart(err, f) {
		return nil
	}
	var ok bool
	if body.Notice, ok = p.notice(err); err != nil && !ok {
		return err
	}
	p.records(body, report, outcomes)
	if c.r.URL.Query().Has("records") && c.fragment() {
		return p.piece("report", "outcomes", p.With(body))
	}
	if err := p.around(body, report.Task); err != nil {
		return err
	}
	return p.show("report")
}

// records are those of the open category, with the numbers of all of them.
func (p *page) records(body *reportPage, report activity.Report, outcomes activity.OutcomePage) {
	open := body.Get("kind")
	var all int64
	for _, c := range report.Categories {
		all += c.Count
		if c.Count > 0 || c.Name == open {
			body.Categories = append(body.Categories, tab{Label: p.word(c.Label), Count: p.N(c.Count), Link: body.address("kind", c.Name), Current: c.Name == open})
		}
	}
	body.Categories = append([]tab{{Label: p.T("all records"), Count: p.N(all), Link: body.address("kind", ""), Current: open == ""}}, body.Categories...)
	for _, o := range outcomes.Outcomes {
		body.Rows = append(body.Rows, p.outcome(report.Task, o))
	}
	if outcomes.Next != "" {
		body.Next = body.address("after", string(outcomes.Next))
	}
	if p.r.URL.Query().Get("after") != "" {
		body.First = body.address()
	}
	if open != "" {
		body.CSVKind = body.CSV + "?" + encode("kind", open)
	}
	p.facts(body, report)
}

// facts are what is known of the task beside its records.
func (p *page) facts(body *reportPage, report activity.Report) {
	for _, e := range report.Task.About {
		body.About = append(body.About, p.Entity(e))
	}
	for _, name := range slices.Sorted(maps.Keys(report.Task.Attributes)) {
		body.Attributes = append(body.Attributes, field{p.title(name), report.Task.Attributes[name]})
	}
	if report.Task.Counts.Updated+report.Task.Counts.Deleted > 0 {
		body.CSVBefore = body.CSV + "?before=true"
	}
	body.Queued, body.Ended, body.EndedBy = p.Moment(report.Task.QueuedAt), p.Moment(report.Task.EndedAt), p.Entity(report.Task.EndedBy)
	body.Object = p.word(p.known.kinds[report.Task.Kind].Object)
	body.Succeeded = p.N(report.Task.Counts.Succeeded())
}

// around fills in the tasks that this one has to do with: its recipe and its steps, what it repeats and undoes, and how it
// differs from its preview.
func (p *page) around(body *reportPage, t activity.Task) error {
	for _, other := range []struct {
		text string
		id   activity.ID
	}{{"step of", t.Parent}, {"repeats", t.RetryOf}, {"reverts", t.Reverts}, {"reverted by", t.RevertedBy}, {"waits for it", t.Wait.Task}} {
		if other.id.IsZero() {
			continue
		}
		task, err := p.tenant.Task(p.ctx(), other.id)
		if err != nil {
			return err
		}
		body.Links = append(body.Links, taskLink{p.T(other.text), cmp.Or(task.Title, p.word(p.known.kindLabel(task.Kind))), p.Path("/tasks/" + other.id.String())})
		if other.id == t.RetryOf && task.Preview && !t.Preview && t.Status.Ended() {
			if err := p.drift(body, task.ID, t); err != nil {
				return err
			}
		}
	}
	if t.Children.Total == 0 {
		return nil
	}
	steps, err := p.tenant.Tasks(p.ctx(), activity.TaskQuery{Parent: t.ID, Previews: activity.PreviewsShown, Sort: activity.SortQueued, Ascending: true, Limit: activity.MaxLimit})
	if err != nil {
		return err
	}
	body.MoreSteps = steps.Next != ""
	for _, step := range steps.Tasks {
		body.Steps = append(body.Steps, p.task(step))
	}
	return nil
}

// drift lists how a task came out otherwise than its preview.
func (p *page) drift(body *reportPage, preview activity.ID, t activity.Task) error {
	body.Compared = p.Path("/tasks/" + preview.String())
	kindOf := func(o *activity.Outcome) string {
		if o == nil {
			return p.T("not there")
		}
		return p.outcomeLabel(t, o.Kind)
	}
	for d, err := range p.tenant.Drift(p.ctx(), preview, t.ID) {
		if err != nil {
			return err
		}
		if len(body.Drift) == maxDrift {
			body.DriftMore = true
			break
		}
		row := driftRow{Record: p.Entity(d.Record), Preview: kindOf(d.Preview), Update: kindOf(d.Update), Fields: d.Fields}
		if d.Row > 0 {
			row.Row = p.N(d.Row)
		}
		body.Drift = append(body.Drift, row)
	}
	return nil
}

// outcomeLabel is the label of an outcome kind of a task.
func (p *page) outcomeLabel(t activity.Task, name string) string {
	for _, o := range p.known.kinds[t.Kind].Outcomes {
		if o.Name == name {
			return p.word(o.Label)
		}
	}
	return name
}

var tones = map[activity.Counter]string{
	activity.Created: "created", activity.Updated: "updated", activity.Deleted: "deleted", activity.Unmodified: "unmodified", activity.Failed: "failed", activity.Warned: "warned",
}

// outcome shows what became of a record.
func (p *page) outcome(t activity.Task, o activity.Outcome) outcomeRow {
	r := outcomeRow{Kind: p.outcomeLabel(t, o.Kind), Record: p.Entity(o.Record), Message: o.Message, Link: o.Link}
	if o.Row > 0 {
		r.Row = p.N(o.Row)
	}
	for _, k := range p.known.kinds[t.Kind].Outcomes {
		if k.Name == o.Kind {
			r.Tone = tones[k.Counts]
		}
	}
	if r.Link == "" {
		r.Link = r.Record.Link
	}
	for _, name := range t.Fields {
		before, had := o.Before[name]
		after, has := o.After[name]
		if had || has {
			r.Changes = append(r.Changes, change{name, plainValue(before), plainValue(after), had && before != nil, has && after != nil})
		}
	}
	for _, name := range t.Extras {
		if value, ok := o.Extra[name]; ok {
			r.Extra = append(r.Extra, field{name, plainValue(value)})
		}
	}
	return r
}

// plainValue writes a value of a record for people.
func plainValue(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case json.Number:
		return v.String()
	}
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(text)
}
