package main

import (
	"context"
	"fmt"

	"github.com/go-activity/activity"
)

// tabs are those of an account's page, and the categories that they show.
var tabs = []struct {
	title    string
	category string // none: all
}{
	{"All", ""},
	{"Email", "email"},
	{"Signals", "signals"},
	{"Notes", "notes"},
	{"Comments", "comments"},
}

// accountPage shows what happened to an account, by tabs with their counts. The last one has what is below the account too.
func (c *crm) accountPage(ctx context.Context) error {
	c.title("%s", globex.Name())
	of := activity.Query{About: []activity.Entity{globex}}
	facets, err := c.acme.Facets(ctx, of)
	if err != nil {
		return err
	}
	counts := map[string]activity.Total{}
	for _, facet := range facets {
		counts[facet.Category] = facet.Count
	}
	for _, tab := range tabs {
		query := of
		if tab.category != "" {
			query.Categories = []string{tab.category}
		}
		if err := c.tab(ctx, fmt.Sprintf("%s (%v)", tab.title, counts[tab.category]), query, globex); err != nil {
			return err
		}
	}
	of.Descendants = true
	return c.tab(ctx, "Hierarchy", of, activity.Entity{})
}

// tab shows the first page of a timeline.
func (c *crm) tab(ctx context.Context, title string, query activity.Query, of activity.Entity) error {
	fmt.Fprintln(c.w, title)
	page, err := c.acme.Timeline(ctx, query)
	if err != nil {
		return err
	}
	var rows [][]string
	for _, e := range page.Events {
		rows = append(rows, append(c.event(e, "en"), others(e, of, "en")))
	}
	c.rows(rows, "nothing yet")
	return nil
}
