package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"text/template"

	"github.com/go-activity/activity"
)

// The sentence of emailOpened as teams write it by hand.
var openedTemplate = template.Must(template.New("opened").Parse(
	`opened {{.Count}} {{if eq .Count 1}}email{{else}}emails{{end}} of {{.Campaign}}`))

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func fill(payload *email) (string, error) {
	buf := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buf)
	buf.Reset()
	if err := openedTemplate.Execute(buf, payload); err != nil {
		return "", err
	}
	return buf.String(), nil
}

// summaries measures the summary of an event, alone and against a template.
func (b *bench) summaries() error {
	b.progress("summaries")
	payload := email{Campaign: "Spring launch 7", Subject: "What \"new\" looks like in the next release", Count: 3,
		MessageID: "9f86d081884c7d65@mail.example.com", Device: "iPhone"}
	rows, err := rowsOf(b.ctx, b.journal, []activity.Draft{
		emailOpened.New(payload).By(user(1)).About(account(1), contact(1), deal(1)),
	})
	if err != nil {
		return err
	}
	event := rows[0].Event
	filled, err := fill(&payload)
	if err != nil {
		return err
	}
	if text := b.journal.Summary(event, "en").Text; text != filled {
		return fmt.Errorf("the summary is %q, the template's %q", text, filled)
	}

	summary := side{name: "Summary", run: func(n int) error {
		for range n {
			b.journal.Summary(event, "en")
		}
		return nil
	}}
	decoding := side{name: "template", run: func(n int) error {
		for range n {
			var p email
			if err := json.Unmarshal(event.Payload, &p); err != nil {
				return err
			}
			if _, err := fill(&p); err != nil {
				return err
			}
		}
		return nil
	}}
	decoded := side{name: "template, decoded", run: func(n int) error {
		for range n {
			if _, err := fill(&payload); err != nil {
				return err
			}
		}
		return nil
	}}

	c, err := compare(b.size.rounds, b.size.slice, decoding, summary)
	if err != nil {
		return err
	}
	b.tell("summary_vs_template", c)
	allocs := testing.AllocsPerRun(1000, func() { b.journal.Summary(event, "en") })
	b.report("summary_ns", quantile(c.b, 0.5)*1e9, target{})
	b.report("summary_allocs", allocs, atMost(2))
	b.report("summary_vs_template", c.ratio(), atLeast(5))

	if c, err = compare(b.size.rounds, b.size.slice, decoded, summary); err != nil {
		return err
	}
	b.tell("summary_vs_template_decoded", c)
	b.report("summary_vs_template_decoded", c.ratio(), target{})
	return nil
}
