package main

import (
	"fmt"

	"github.com/go-activity/activity"
)

// batch is the rows that are stored next.
type batch struct {
	header  header
	first   map[string]int64 // of each address: the first row that has it, of the whole file
	entries []entry
}

// entry is a row: a contact to be compared with the table, or what is wrong with it.
type entry struct {
	outcome activity.Outcome
	contact *contact // nil: the outcome is known
}

// add adds a row. One that cannot be imported shows all its values in the report. They are not its
// values after the import, which an undo would take away: there is nothing that it has changed.
func (b *batch) add(r row) {
	e := entry{outcome: activity.Outcome{Row: r.number}}
	if r.broken != "" {
		e.outcome.Kind, e.outcome.Message = "error", r.broken
	} else {
		c := b.header.contact(r)
		e.outcome.Kind, e.outcome.Message = c.check()
		switch first, twice := b.first[c.Email]; {
		case e.outcome.Kind != "":
		case twice:
			e.outcome.Kind, e.outcome.Message = "duplicate", fmt.Sprintf("%s is in row %s already", c.Email, number(first))
		default:
			b.first[c.Email] = r.number
			e.contact = c
		}
	}
	e.outcome.Extra = b.header.extra(r, e.contact == nil)
	b.entries = append(b.entries, e)
}

func (b *batch) clear() { b.entries = b.entries[:0] }

func (b *batch) emails() []string {
	var emails []string
	for _, e := range b.entries {
		if e.contact != nil {
			emails = append(emails, e.contact.Email)
		}
	}
	return emails
}

// compare returns the outcomes of the rows, and the contacts that are to be stored, given those that are.
func (b *batch) compare(stored map[string]*contact) (outcomes []activity.Outcome, changed []*contact) {
	for _, e := range b.entries {
		o := e.outcome
		if c := e.contact; c != nil {
			was := stored[c.Email]
			if was == nil {
				o.Kind, o.After = "imported", c.values()
				changed = append(changed, c)
			} else if c, before, after := was.merged(c); len(after) > 0 {
				o.Kind, o.Before, o.After = "updated", before, after
				changed = append(changed, c)
			} else {
				o.Kind = "unchanged"
			}
			o.Record = c.entity()
		}
		outcomes = append(outcomes, o)
	}
	return outcomes, changed
}
