package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/go-activity/activity"
)

// quotaPage shows how much of the limits is used, what frees up and when, and who used it.
func (c *crm) quotaPage(ctx context.Context) error {
	c.title("Invitations in a rolling hour and day, at %s", c.clock.read().Format("15:04"))
	workspace := c.acme.Meter("workspace_invitations", activity.Entity{})
	var rows [][]string
	for _, meter := range []struct {
		name string
		activity.Meter
	}{
		{anaOnLinkedIn.Name(), c.acme.Meter("invitations", anaOnLinkedIn)},
		{"All of Acme", workspace},
	} {
		usage, err := meter.Usage(ctx)
		if err != nil {
			return err
		}
		for _, w := range usage.Windows {
			rows = append(rows, c.indicator(meter.name, w))
		}
	}
	c.rows(rows, "no limits")

	by, err := workspace.By(ctx)
	if err != nil {
		return err
	}
	rows = nil
	for _, u := range by {
		rows = append(rows, []string{"by " + u.Actor.Name(), fmt.Sprint(u.Units)})
	}
	c.rows(rows, "used by nobody")
	return nil
}

// indicator returns the columns of a window: what is used as a bar and as a number, and what frees up next.
func (c *crm) indicator(of string, w activity.WindowUsage) []string {
	const width = 20
	filled := int(min(width, (w.Used+w.Held)*width/max(1, w.Limit)))
	frees := ""
	if len(w.Frees) > 0 {
		frees = fmt.Sprintf("%d more at %s", w.Frees[0].Units, c.clockTime(w.Frees[0].At))
	}
	length := "day"
	if w.Length == time.Hour {
		length = "hour"
	}
	bar := strings.Repeat("#", filled) + strings.Repeat("·", width-filled)
	return []string{of, length, bar, fmt.Sprintf("%d of %d", w.Used+w.Held, w.Limit), frees}
}
