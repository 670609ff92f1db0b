package activityhttp

import (
	"github.com/go-activity/activity"
)

// entityPage is the page of an account, a contact, …
type entityPage struct {
	timelineView
	Of       entityView
	Param    string // the entity as a parameter
	Parent   entityView
	Into     entityView // what it is merged into
	Children []entityView
	Merged   []entityView
	Runs     []taskRow
	Form     commentForm
}

// commentForm is the form for a comment.
type commentForm struct {
	*page
	Action string
	Of     string // the entity, as a parameter; empty: an event
	Event  string
	Label  string // of the entity, so that the comment keeps its name
}

// maxRuns is how many of the runs that touched an entity its page lists.
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
	p := c.page("", "")
	timeline, err := p.timeline(of, "/entity")
	if err != nil {
		return err
	}
	body := &entityPage{timelineView: timeline, Param: entityParam(of)}
	if err := p.relations(body, of, below); err != nil {
		return err
	}
	if of.Label, err = c.nameOf(of, timeline.groups); err != nil {
		return err
	}
	body.Of = p.Entity(of)
	p.Title = body.Of.Name
	for task, err := range c.tenant.RunsOf(c.ctx(), of) {
		if err != nil {
			return err
		}
		if body.Runs = append(body.Runs, p.task(task)); len(body.Runs) == maxRuns {
			break
		}
	}
	body.Form = commentForm{page: p, Action: p.Path("/comments"), Of: body.Param, Label: of.Label}
	p.Body = body
	return p.show("entity")
}

// relations fills in what the entity belongs to, and the tab of all that is below it, beside those of the categories.
func (p *page) relations(body *entityPage, of activity.Entity, below bool) error {
	relations, err := p.tenant.Relations(p.ctx(), of)
	if err != nil {
		return err
	}
	body.Parent, body.Into = p.Entity(relations.Parent), p.Entity(relations.MergedInto)
	for _, child := range relations.Children {
		body.Children = append(body.Children, p.Entity(child))
	}
	for _, merged := range relations.Merged {
		body.Merged = append(body.Merged, p.Entity(merged))
	}
	for i := range body.Tabs {
		body.Tabs[i].Current = body.Tabs[i].Current && !below
	}
	body.Tabs = append(body.Tabs, tab{Label: p.T("hierarchy"), Current: below, Link: p.Path("/entity?" + encode("of", body.Param, "descendants", "true"))})
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
	if err := c.r.ParseForm(); err != nil {
		return badInput("body", "is no form")
	}
	v := newValues(c.r.PostForm)
	of, label, id := v.entity("of"), v.text("label"), v.id("event")
	if v.err != nil {
		return v.err
	}
	body := comment{Event: id, Text: c.r.PostForm.Get("text")}
	where := "/events/" + id.String()
	if id.IsZero() {
		body.About = activity.Entity{Kind: of.Kind, ID: of.ID, Label: label}
		where = "/entity?" + encode("of", entityParam(of))
	}
	draft, err := c.draft(&body)
	if err != nil {
		return err
	}
	if _, err := c.tenant.Record(c.ctx(), draft); err != nil {
		return err
	}
	return c.back(where)
}
