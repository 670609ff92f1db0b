package main

import (
	"context"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/examples/crm/catalogue"
)

// feedPage shows what happened in the workspace, to readers of two languages.
func (c *crm) feedPage(ctx context.Context) error {
	for _, reader := range []struct{ locale, title string }{
		{"en", "All of Acme"},
		{"es", "Todo Acme"},
	} {
		c.title("%s", reader.title)
		page, err := c.acme.Timeline(ctx, activity.Query{Types: feedTypes(), Limit: 100})
		if err != nil {
			return err
		}
		var rows [][]string
		for _, e := range page.Events {
			rows = append(rows, append(c.event(e, reader.locale), others(e, activity.Entity{}, reader.locale)))
		}
		c.rows(rows, "nothing yet")
	}
	return nil
}

// feedTypes are the types that tell of business. That a task was queued and started is on the page of operations.
func feedTypes() []string {
	types := []string{activity.TaskCompleted.Name(), activity.TaskFailed.Name(), activity.TaskCancelled.Name(), activity.EntityErased.Name(),
		activity.EntityMerged.Name()}
	for _, t := range catalogue.Types() {
		types = append(types, t.Name())
	}
	return types
}
