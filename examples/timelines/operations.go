package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/examples/crm/catalogue"
)

// operationsPage shows the tasks, by tabs.
func (c *crm) operationsPage(ctx context.Context) error {
	c.title("Operations at %s", c.clock.read().Format("15:04"))
	facets, err := c.acme.TaskFacets(ctx, activity.TaskQuery{})
	if err != nil {
		return err
	}
	counts := map[string]activity.Total{}
	for _, facet := range facets {
		counts[facet.Category] = facet.Count
	}
	for _, tab := range []string{"prospecting", "engagement"} {
		fmt.Fprintf(c.w, "%s (%v)\n", catalogue.English.Categories[tab], counts[tab])
		page, err := c.acme.Tasks(ctx, activity.TaskQuery{Categories: []string{tab}})
		if err != nil {
			return err
		}
		if err := c.operations(ctx, page.Tasks); err != nil {
			return err
		}
	}
	return nil
}

func (c *crm) operations(ctx context.Context, tasks []activity.Task) error {
	var rows [][]string
	for _, task := range tasks {
		row, err := c.operation(ctx, task)
		if err != nil {
			return err
		}
		rows = append(rows, row)
	}
	c.rows(rows, "nothing yet")
	return nil
}

// operation returns the columns of a task: start, age, action, title, who, how many records, status, and what there is to say.
func (c *crm) operation(ctx context.Context, t activity.Task) ([]string, error) {
	records := ""
	if n := t.Counts.Attempted(); n > 0 {
		records = plural(n, "record", "records")
	}
	var says []string
	switch {
	case t.Status == activity.StatusQueued && t.Wait.For == activity.WaitQuota:
		says = append(says, "waits for "+t.Wait.Quota+" until "+c.clockTime(t.Wait.Until))
	case t.Status == activity.StatusFailed:
		says = append(says, t.Reason)
	}
	if t.Counts.Warned > 0 {
		says = append(says, plural(t.Counts.Warned, "warning", "warnings"))
	}
	if t.Counts.Failed > 0 {
		says = append(says, fmt.Sprintf("%d failed", t.Counts.Failed))
	}
	if !t.RetryOf.IsZero() {
		old, err := c.acme.Task(ctx, t.RetryOf)
		if err != nil {
			return nil, err
		}
		says = append(says, "repeats that of "+c.clockTime(old.Start()))
	}
	return []string{
		c.clockTime(t.Start()), age(c.clock.read().Sub(t.Start())), catalogue.English.Kinds[t.Kind], t.Title, t.Actor.Name(),
		records, t.Status.String(), strings.Join(says, ", "),
	}, nil
}

func age(d time.Duration) string {
	if d < time.Hour {
		return fmt.Sprintf("%d min ago", int(d.Minutes()))
	}
	return fmt.Sprintf("%d h ago", int(d.Hours()))
}
