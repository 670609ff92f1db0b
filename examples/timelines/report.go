package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/examples/crm/catalogue"
)

// reportsPage shows the reports on imports and exports.
func (c *crm) reportsPage(ctx context.Context) error {
	page, err := c.acme.Tasks(ctx, activity.TaskQuery{
		Kinds: []string{"import_contacts", "export_companies"}, Statuses: []activity.Status{activity.StatusCompleted}, Ascending: true,
	})
	if err != nil {
		return err
	}
	for _, task := range page.Tasks {
		if err := c.report(ctx, task); err != nil {
			return err
		}
	}
	return nil
}

// report shows how many records of each category a task had, and which.
func (c *crm) report(ctx context.Context, task activity.Task) error {
	c.title("%s of %s: %s", catalogue.English.Kinds[task.Kind], c.clockTime(task.Start()), task.Name())
	report, err := c.acme.Report(ctx, task.ID)
	if err != nil {
		return err
	}
	var counts []string
	labels := map[string]string{}
	for _, category := range report.Categories {
		labels[category.Name] = category.Label
		if category.Count > 0 {
			counts = append(counts, fmt.Sprintf("%s: %d", category.Label, category.Count))
		}
	}
	fmt.Fprintf(c.w, "%s. %s.\n", plural(task.Counts.Attempted(), "record", "records"), strings.Join(counts, ", "))

	page, err := c.acme.Outcomes(ctx, task.ID, activity.OutcomeQuery{})
	if err != nil {
		return err
	}
	var rows [][]string
	for _, o := range page.Outcomes {
		row := ""
		if o.Row > 0 {
			row = fmt.Sprintf("row %d", o.Row)
		}
		rows = append(rows, []string{row, labels[o.Kind], o.Record.Name(), o.Message, o.Link})
	}
	c.rows(rows, "no records")
	return nil
}
