package main

import (
	"context"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/examples/crm/catalogue"
)

// feedPage shows what happened in the workspace, to readers of two languages. Neighbours that are alike are one line.
func (c *crm) feedPage(ctx context.Context) error {
	for _, reader := range []struct{ locale, title string }{
		{"en", "All of Acme"},
		{"es", "Todo Acme"},
	} {
		c.title("%s", reader.title)
		page, err := c.acme.Groups(ctx, activity.Query{Types: feedTypes(), Limit: 100})
		if err != nil {
			return err
		}
		var rows [][]string
		for _, group := range page.Groups {
			newest := group.Events[0]
			row := c.event(newest, reader.locale)
			if len(group.Events) > 1 {
				row[2] = c.journal.GroupSummary(group, reader.locale).Text
			}
			rows = append(rows, append(row, others(newest, activity.Entity{}, reader.locale)))
		}
		c.rows(rows, "nothing yet")
	}
	return nil
}

// feedTypes are the types that tell of business. That a task was queued and started is on the page of operations.
func feedTypes() []string {
	types := []string{activity.TaskCompleted.Name(), activity.TaskFailed.Name(), activity.TaskCancelled.Name(), activity.EntityErased.Name(),
		activity.EntityMerged.Name(), activity.Commented.Name()}
	for _, t := range catalogue.Types() {
		types = append(types, t.Name())
	}
	return types
}
