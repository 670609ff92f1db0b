package main

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/examples/crm/catalogue"
)

// What pages have in common.

// title prints the title of a page.
func (c *crm) title(format string, args ...any) {
	fmt.Fprintf(c.w, "== %s ==\n\n", fmt.Sprintf(format, args...))
}

// rows prints lines of columns, or that there are none.
func (c *crm) rows(rows [][]string, none string) {
	if len(rows) == 0 {
		fmt.Fprintf(c.w, "  %s\n\n", none)
		return
	}
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			if widths[i] > 0 {
				fmt.Fprintf(&line, "  %-*s", widths[i], cell)
			}
		}
		fmt.Fprintln(c.w, strings.TrimRight(line.String(), " "))
	}
	fmt.Fprintln(c.w)
}

// event returns the columns of an event: when, who, what.
func (c *crm) event(e activity.Event, locale string) []string {
	return []string{e.OccurredAt.Format("15:04"), name(e.Actor, locale), c.summary(e, locale)}
}

// summary is the line about an event. Labels of the library are in one language, so those of what was erased come from the catalogue.
func (c *crm) summary(e activity.Event, locale string) string {
	labels := catalogue.In(locale)
	if label := labels.Types[e.Type]; e.Erased && label != "" {
		return label + " " + labels.Erased
	}
	return c.journal.Summary(e, locale).Text
}

// name is what an entity is called.
func name(e activity.Entity, locale string) string {
	if e.IsErased() && locale == "es" {
		return "contacto borrado" // nothing else is erased here
	}
	return e.Name()
}

// others names what an event is about, but for who did it, and for the entity of the page.
func others(e activity.Event, page activity.Entity, locale string) string {
	var all []string
	for _, entity := range e.About {
		if !entity.Is(page) && !entity.Is(e.Actor) && entity.Kind != activity.EventKind { // on which this one comments
			all = append(all, name(entity, locale))
		}
	}
	return strings.Join(all, ", ")
}

// clockTime writes a time of today, or of another day with the day.
func (c *crm) clockTime(at time.Time) string {
	if now := c.clock.read(); at.YearDay() != now.YearDay() || at.Year() != now.Year() {
		return at.UTC().Format("Mon 15:04")
	}
	return at.UTC().Format("15:04")
}

// plural writes a number of something.
func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
