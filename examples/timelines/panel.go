package main

import (
	"context"
	"strings"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/examples/crm/catalogue"
)

// link is where the CRM has the page of an entity.
func link(e activity.Entity) string {
	switch e.Kind {
	case "account", "contact", "deal":
		return "/" + e.Kind + "s/" + e.ID
	}
	return ""
}

// panelPage is what opens beside a line of a timeline: all that is known of the event, with links to what it is about, and
// what was said on it.
func (c *crm) panelPage(ctx context.Context) error {
	page, err := c.acme.Timeline(ctx, activity.Query{Types: []string{catalogue.CallCompleted.Name()}, Limit: 1})
	if err != nil {
		return err
	}
	for _, e := range page.Events {
		c.title("%s", c.journal.Summary(e, "en"))
		rows := [][]string{
			{"Type", catalogue.English.Types[e.Type], e.Type},
			{"By", e.Actor.Name(), e.Source.String()},
			{"Occurred", e.OccurredAt.Format(time.RFC3339)},
			{"Recorded", e.RecordedAt.Format(time.RFC3339)},
		}
		for _, entity := range e.About {
			name := strings.ToUpper(entity.Kind[:1]) + entity.Kind[1:]
			rows = append(rows, []string{name, entity.Name(), c.journal.Link(entity)})
		}
		c.rows(append(rows, []string{"Payload", string(e.Payload)}), "nothing")
		if err := c.tab(ctx, "Comments", activity.Query{About: []activity.Entity{e.Entity()}}, hank.Entity); err != nil {
			return err
		}
	}
	return nil
}
