package main

import (
	"context"
	"fmt"
	"time"

	"github.com/go-activity/activity"
)

// readMarks shows what is new to somebody who looked at an account at noon, and to somebody who never did.
func (c *crm) readMarks(ctx context.Context) error {
	c.title("New on %s", globex.Name())
	noon := c.clock.read().Truncate(24 * time.Hour).Add(12 * time.Hour)
	page, err := c.acme.Timeline(ctx, activity.Query{About: []activity.Entity{globex}, To: noon, Limit: 1})
	if err != nil {
		return err
	}
	if err := c.acme.Reader(ana).MarkRead(ctx, globex, page.Events[0].ID); err != nil {
		return err
	}
	var rows [][]string
	for _, reader := range []activity.Entity{ana, ben} {
		unread, err := c.acme.Reader(reader).Unread(ctx, globex)
		if err != nil {
			return err
		}
		rows = append(rows, []string{"for " + reader.Name(), fmt.Sprintf("%v new", unread)})
	}
	c.rows(rows, "nothing new")
	return nil
}
