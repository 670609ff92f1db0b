package activityhttp

import (
	"slices"

	"github.com/go-activity/activity"
)

// eventView is an event as the API shows it.
type eventView struct {
	activity.Event
	Summary activity.Summary `json:"summary"`
	Label   string           `json:"label"` // of the type
	Icon    string           `json:"icon,omitempty"`
}

func (c *call) view(e activity.Event) eventView {
	t := c.known.types[e.Type]
	return eventView{Event: e, Summary: c.journal.Summary(e, c.locale), Label: c.label(t.label), Icon: t.icon}
}

// getTimeline answers with a page of a timeline.
func (c *call) getTimeline() error {
	v := c.values()
	q := c.query(v)
	if err := v.done(true); err != nil {
		return err
	}
	page, err := c.tenant.Timeline(c.ctx(), q)
	if err != nil {
		return err
	}
	events := make([]eventView, 0, len(page.Events))
	for _, e := range page.Events {
		events = append(events, c.view(e))
	}
	return c.write(struct {
		Events []eventView     `json:"events"`
		Next   activity.Cursor `json:"next,omitempty"`
		Prev   activity.Cursor `json:"prev,omitempty"`
	}{events, page.Next, page.Prev})
}

// facetView is a tab and its number.
type facetView struct {
	activity.Facet
	Label string `json:"label"` // of the category; empty: all together
}

func (c *call) writeFacets(facets []activity.Facet) error {
	list := make([]facetView, 0, len(facets))
	for _, f := range facets {
		v := facetView{Facet: f}
		if f.Category != "" {
			v.Label = c.label(f.Category)
		}
		list = append(list, v)
	}
	return c.write(struct {
		Facets []facetView `json:"facets"`
	}{list})
}

// getFacets answers with the numbers of the tabs of a timeline.
func (c *call) getFacets() error {
	v := c.values()
	q := c.query(v)
	if err := v.done(true); err != nil {
		return err
	}
	facets, err := c.tenant.Facets(c.ctx(), q)
	if err != nil {
		return err
	}
	return c.writeFacets(facets)
}

// getEvent answers with one event. It may change when somebody is erased, and never otherwise.
func (c *call) getEvent() error {
	id, err := c.onlyID()
	if err != nil {
		return err
	}
	e, err := c.tenant.Event(c.ctx(), id)
	if err != nil {
		return err
	}
	return c.writeFixed(c.view(e))
}

// comment is the body of a request to comment.
type comment struct {
	About    activity.Entity   `json:"about"` // what it is on, unless Event is
	Event    activity.ID       `json:"event"`
	Text     string            `json:"text"`
	Mentions []activity.Entity `json:"mentions"`
}

// postComment records a comment of the actor, on an entity or an event.
func (c *call) postComment() error {
	var body comment
	v := c.values()
	if err := v.done(true); err != nil {
		return err
	}
	if err := c.readBody(&body); err != nil {
		return err
	}
	draft, err := c.draft(&body)
	if err != nil {
		return err
	}
	events, err := c.tenant.Record(c.ctx(), draft)
	if err != nil {
		return err
	}
	return c.writeNew("/events/"+events[0].ID.String(), c.view(events[0]))
}

// draft makes a comment. One that is on an event, or about it, is on an event that the tenant has.
func (c *call) draft(body *comment) (activity.Draft, error) {
	isEvent := func(e activity.Entity) bool { return e.Kind == activity.EventKind }
	switch {
	case !body.Event.IsZero() && !body.About.IsZero():
		return activity.Draft{}, badInput("event", "is for comments without about")
	case slices.ContainsFunc(body.Mentions, isEvent):
		return activity.Draft{}, badInput("mentions", "has an event")
	case isEvent(body.About):
		id, err := activity.ParseID(body.About.ID)
		if err != nil {
			return activity.Draft{}, badInput("about", "is no event")
		}
		body.Event = id
	}
	var err error
	for i := range body.Mentions {
		if body.Mentions[i], err = c.named(body.Mentions[i]); err != nil {
			return activity.Draft{}, err
		}
	}
	if body.Event.IsZero() {
		about, err := c.named(body.About)
		return activity.CommentOn(about, body.Text, body.Mentions...), err
	}
	e, err := c.tenant.Event(c.ctx(), body.Event)
	if err != nil {
		return activity.Draft{}, err
	}
	return activity.CommentOnEvent(e, body.Text, body.Mentions...), nil
}

// named is an entity by the name that it has already, if it has one: who comments does not rename what they comment on.
func (c *call) named(e activity.Entity) (activity.Entity, error) {
	if e.Kind == "" || e.ID == "" {
		return e, nil // which is refused later
	}
	label, err := c.nameOf(e, nil)
	if label != "" {
		e.Label = label
	}
	return e, err
}
