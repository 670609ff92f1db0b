package activityhttp

import (
	"slices"

	"github.com/go-activity/activity"
)

// entityPage is the page of an account, a contact, …
type entityPage struct {
	timelineView
	Entity   entityView
	Parent   entityView
	Into     entityView // what it is merged into
	Children []entityView
	Merged   []entityView
	More     bool // there are more of these
	Runs     []*taskRow
	AllRuns  string   // the address with all runs; empty: these are all
	Doings   []string // the addresses of what it did, and of its tasks, if it is somebody
	Form     commentForm
}

// commentForm is the form for a comment.
type commentForm struct {
	*page
	Action string
	Of     string // the entity, as a parameter; empty: an event
	Event  string
	Back   string // where to go afterwards
}

// maxRuns is how many of the runs that touched an entity its page lists, unless it is asked for all.
const maxRuns = 5

// showEntity shows the timeline of an entity, and what is known of it.
func (c *call) showEntity() error {
	v := newValues(c.r.URL.Query())
	of := v.entity("of")
	below := v.flag("descendants")
	if v.err != nil {
		return v.err
	}
	if of.IsZero() {
		return badInput("of", "is missing")
	}
	p := c.page("")
	f, q := p.filterOf(v, "/entity", timelineParameters...), c.query(v)
	if v.err != nil {
		return v.err
	}
	timeline, err := p.timeline(of, f, q)
	if c.restart(err, f) {
		return nil
	}
	if err != nil {
		return err
	}
	body := &entityPage{timelineView: timeline}
	if err := p.relations(body, of, below); err != nil {
		return err
	}
	if of.Label, err = c.nameOf(of, timeline.groups); err != nil {
		return err
	}
	body.Entity = p.Entity(of)
	p.Title = body.Entity.Name
	if err := p.runs(body, of, v.text("runs") == "all"); err != nil {
		return err
	}
	if slices.Contains([]string{"user", "identity", "system"}, of.Kind) {
		body.Doings = []string{p.Path("/feed?" + encode("actor", body.timelineView.Of)), p.Path("/?" + encode("actor", body.timelineView.Of))}
	}
	body.Form = commentForm{page: p, Action: p.Path("/comments"), Of: body.timelineView.Of, Back: body.Here}
	p.Body = body
	return p.show("entity")
}

// runs lists the runs that touched an entity: the latest ones, or all.
func (p *page) runs(body *entityPage, of activity.Entity, all bool) error {
	most := maxRuns
	if all {
		most = activity.MaxLimit
	}
	for task, err := range p.tenant.RunsOf(p.ctx(), of) {
		if err != nil {
			return err
		}
		if len(body.Runs) == most {
			if !all {
				body.AllRuns = body.address("runs", "all")
			}
			break
		}
		body.Runs = append(body.Runs, p.task(task))
	}
	return nil
}

// relations fills in what the entity belongs to, and the tab of all that is below it, beside those of the categories.
func (p *page) relations(body *entityPage, of activity.Entity, below bool) error {
	relations, err := p.tenant.Relations(p.ctx(), of)
	if err != nil {
		return err
	}
	body.Parent, body.Into = p.Entity(relations.Parent), p.Entity(relations.MergedInto)
	body.More = relations.More
	for _, child := range relations.Children {
		body.Children = append(body.Children, p.Entity(child))
	}
	for _, merged := range relations.Merged {
		body.Merged = append(body.Merged, p.Entity(merged))
	}
	for i := range body.Tabs {
		body.Tabs[i].Current = body.Tabs[i].Current && !below
	}
	body.Tabs = append(body.Tabs, tab{Label: p.T("hierarchy"), Current: below, Link: body.address("descendants", "true", "category", "", "type", "")})
	return nil
}

// nameOf finds the label of an entity: the latest one in what the page shows, or else in what else there is.
func (c *call) nameOf(of activity.Entity, groups []activity.Group) (string, error) {
	for _, g := range groups {
		if label := labelIn(of, g.Events); label != "" {
			return label, nil
		}
	}
	page, err := c.tenant.Timeline(c.ctx(), activity.Query{About: []activity.Entity{of}, Limit: 5})
	return labelIn(of, page.Events), err
}

func labelIn(of activity.Entity, events []activity.Event) string {
	for _, e := range events {
		for _, entity := range append([]activity.Entity{e.Actor}, e.About...) {
			if entity.Is(of) && entity.Label != "" {
				return entity.Label
			}
		}
	}
	return ""
}

// doComment records a comment on an entity or on an event.
func (c *call) doComment() error {
	v, err := c.form()
	if err != nil {
		return err
	}
	of, id := v.entity("of"), v.id("event")
	if v.err != nil {
		return v.err
	}
	body := comment{Event: id, About: of, Text: v.Get("text")}
	where := "/events/" + id.String()
	if id.IsZero() {
		where = entityPath(of)
	}
	draft, err := c.draft(&body)
	if err != nil {
		return err
	}
	if _, err := c.tenant.Record(c.ctx(), draft); err != nil {
		return err
	}
	return c.backTo(v.Get("back"), where)
}
