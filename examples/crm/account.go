package main

import (
	"context"
	"fmt"

	"github.com/go-activity/activity"
)

// tabs are those of an account's page, and the categories that they show.
var tabs = []struct {
	title      string
	categories []string // none: all
}{
	{"All", nil},
	{"Email", []string{"email"}},
	{"Signals", []string{"signals"}},
	{"Notes", []string{"notes"}},
}

// accountPage shows what happened to an account, by tabs.
func (c *crm) accountPage(ctx context.Context) error {
	c.title("%s", globex.Name())
	for _, tab := range tabs {
		fmt.Fprintln(c.w, tab.title)
		page, err := c.acme.Timeline(ctx, activity.Query{About: []activity.Entity{globex}, Categories: tab.categories})
		if err != nil {
			return err
		}
		var rows [][]string
		for _, e := range page.Events {
			rows = append(rows, append(c.event(e, "en"), others(e, globex, "en")))
		}
		c.rows(rows, "nothing yet")
	}
	return nil
}
