package main

import (
	"context"
	"fmt"

	"github.com/go-activity/activity"
)

// searchPage is what search boxes find: entities, events, and tasks by the lead or by the identity.
func (c *crm) searchPage(ctx context.Context) error {
	c.title("Search")
	for _, text := range []string{"glo", "cleo"} {
		found, err := c.acme.Lookup(ctx, text, nil)
		if err != nil {
			return err
		}
		fmt.Fprintf(c.w, "Named “%s…”\n", text)
		var rows [][]string
		for _, e := range found {
			rows = append(rows, []string{e.Kind, e.Name()})
		}
		c.rows(rows, "nobody") // Cleo Wu was deleted
	}

	if err := c.tab(ctx, "Events of “fran…”", activity.Query{Search: "fran"}, activity.Entity{}); err != nil {
		return err
	}

	for _, text := range []string{"tom", "ana linked"} {
		page, err := c.acme.Tasks(ctx, activity.TaskQuery{Categories: []string{"engagement"}, Search: text})
		if err != nil {
			return err
		}
		fmt.Fprintf(c.w, "Engagement of “%s…”\n", text)
		if err := c.operations(ctx, page.Tasks); err != nil {
			return err
		}
	}
	return nil
}
