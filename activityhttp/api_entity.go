package activityhttp

import (
	"net/http"

	"github.com/go-activity/activity"
)

// getLookup answers with the entities that a search box finds.
func (c *call) getLookup() error {
	v := c.values()
	text, kinds := v.text("q"), v.list("kind")
	if err := v.done(true); err != nil {
		return err
	}
	entities, err := c.tenant.Lookup(c.ctx(), text, kinds)
	if err != nil {
		return err
	}
	return c.write(struct {
		Entities []activity.Entity `json:"entities"`
	}{entities})
}

// getRelations answers with what an entity belongs to, and what belongs to it.
func (c *call) getRelations() error {
	v := c.values()
	of := v.entity("of")
	if of.IsZero() {
		v.fail("of", "is missing")
	}
	if err := v.done(true); err != nil {
		return err
	}
	relations, err := c.tenant.Relations(c.ctx(), of)
	if err != nil {
		return err
	}
	return c.write(relations)
}

// getUnread answers with what the actor has not read of a timeline.
func (c *call) getUnread() error {
	v := c.values()
	of := v.entity("of")
	if err := v.done(true); err != nil {
		return err
	}
	reader := c.tenant.Reader(c.actor)
	unread, err := reader.Unread(c.ctx(), of)
	if err != nil {
		return err
	}
	through, err := reader.ReadUpTo(c.ctx(), of)
	if err != nil {
		return err
	}
	return c.write(struct {
		Unread  activity.Total `json:"unread"`
		Through activity.ID    `json:"through,omitzero"` // the mark: the last event that was read
	}{unread, through})
}

// postRead says that the actor has read a timeline up to an event, which must be there: a mark in the future would hide
// what is yet to come.
func (c *call) postRead() error {
	var body struct {
		Of      activity.Entity `json:"of"` // zero: the timeline of the whole tenant
		Through activity.ID     `json:"through"`
	}
	v := c.values()
	if err := v.done(true); err != nil {
		return err
	}
	if err := c.readBody(&body); err != nil {
		return err
	}
	if body.Through.IsZero() {
		return badInput("through", "is missing")
	}
	if err := c.markRead(body.Of, body.Through); err != nil {
		return err
	}
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

// markRead moves the actor's mark up to an event that is there.
func (c *call) markRead(of activity.Entity, through activity.ID) error {
	if _, err := c.tenant.Event(c.ctx(), through); err != nil {
		return err
	}
	return c.tenant.Reader(c.actor).MarkRead(c.ctx(), of, through)
}
