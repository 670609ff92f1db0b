package activity

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
)

// Report is what became of the records of a task, in numbers.
type Report struct {
	Task       Task             `json:"task"`
	Categories []ReportCategory `json:"categories"` // those of the task's kind in their order, then others that it has
	Signs      []Sign           `json:"signs,omitempty"`
}

// ReportCategory is one category of a report.
type ReportCategory struct {
	Name  string `json:"name"` // of the outcome kind; list its records by OutcomeQuery.Kinds
	Label string `json:"label"`
	Count int64  `json:"count"`
}

// Report returns the report of a task. The counts of the categories are those of the task's own
// outcomes; Task.Counts has those of its steps too.
func (t Tenant) Report(ctx context.Context, id ID) (Report, error) {
	task, err := t.Task(ctx, id)
	if err != nil {
		return Report{}, err
	}
	tally, err := t.journal.store.Tally(ctx, t.name, id)
	if err != nil {
		return Report{}, err
	}
	report := Report{Task: task, Signs: task.Counts.Signs(), Categories: []ReportCategory{}}
	if k := t.journal.shared.kinds[task.Kind]; k != nil {
		for _, o := range k.Outcomes {
			report.Categories = append(report.Categories, ReportCategory{o.Name, o.Label, tally[o.Name]})
			delete(tally, o.Name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(tally)) {
		report.Categories = append(report.Categories, ReportCategory{name, readable(name), tally[name]})
	}
	return report, nil
}

// ReportOptions says what WriteReport writes.
type ReportOptions struct {
	// Kinds are the outcome kinds to write. Defaults to all.
	Kinds []string

	// Before writes the values as they were before the run and nothing else about them, under their
	// own names, to be imported again by hand. Records that the run created had none and are left
	// out.
	Before bool

	// Raw leaves cells as they are that a spreadsheet would run as formulas. For programs that
	// read the file; people open it with a spreadsheet.
	Raw bool
}

// The columns of a report that come before and after those of the values.
var (
	reportHead = []string{"Row", "Result", "Message", "Record kind", "Record ID", "Name", "Link"}
	beforeHead = []string{"Record kind", "Record ID", "Name"}
)

// WriteReport writes the outcomes of a task as CSV (RFC 4180, UTF-8, lines ending in CRLF): one
// line for each, in the order in which they were reported, streamed. The columns are Row, Result
// (the label of the outcome kind), Message, Record kind, Record ID, Name, Link; for each field that
// an outcome has a value of, the field's name with (Before) and with (After); and the further
// values under their names. A report on a task that is processing has what was stored when it was
// called. Of a record that was erased it has "erased contact", with the record's kind, as the name.
//
// A cell that a spreadsheet would take for a formula, because it begins with =, +, -, @, a tab or a
// line break, gets an apostrophe before it, and so does one that begins with an apostrophe, so that
// [CellValue] gives back what was there. Numbers stay as they are. See OWASP, "CSV Injection",
// https://owasp.org/www-community/attacks/CSV_Injection.
func (t Tenant) WriteReport(ctx context.Context, w io.Writer, id ID, options ReportOptions) error {
	if err := (&OutcomeQuery{Kinds: options.Kinds}).check(t.name); err != nil {
		return err
	}
	// The last outcome is read before the task, which has the fields of all outcomes up to that one.
	last, err := t.journal.store.Outcomes(ctx, OutcomeFilter{Tenant: t.name, Task: id, Descending: true, Limit: 1})
	if err != nil {
		return err
	}
	task, err := t.Task(ctx, id)
	if err != nil {
		return err
	}
	report := &reportWriter{csvWriter{out: bufio.NewWriter(w), raw: options.Raw}, &task, t.journal.shared.kinds[task.Kind], &options}
	if err := report.head(); err != nil {
		return err
	}
	f := OutcomeFilter{Tenant: t.name, Task: id, Kinds: options.Kinds, Limit: MaxLimit}
	for row, err := range t.journal.outcomes(ctx, f) {
		if err != nil {
			return err
		}
		if len(last) == 0 || row.Seq > last[0].Seq { // reported since
			break
		}
		if err := report.row(row); err != nil {
			return err
		}
	}
	return report.out.Flush()
}

type reportWriter struct {
	csvWriter
	task    *Task
	kind    *kind
	options *ReportOptions
}

func (w *reportWriter) head() error {
	if w.options.Before {
		w.cells = append(w.cells, beforeHead...)
		for _, field := range w.task.Fields {
			w.text(field)
		}
		return w.line()
	}
	w.cells = append(w.cells, reportHead...)
	for _, field := range w.task.Fields {
		w.text(field + " (Before)")
		w.text(field + " (After)")
	}
	for _, field := range w.task.Extras {
		w.text(field)
	}
	return w.line()
}

func (w *reportWriter) row(r *OutcomeRow) error {
	var before, after, extra map[string]json.RawMessage
	for _, part := range []struct {
		data json.RawMessage
		into *map[string]json.RawMessage
	}{{r.Before, &before}, {r.After, &after}, {r.Extra, &extra}} {
		if part.data != nil {
			if err := json.Unmarshal(part.data, part.into); err != nil {
				return fmt.Errorf("activity: outcome %d of task %s: %w", r.Seq, r.Task, err)
			}
		}
	}
	if w.options.Before {
		if r.Before == nil {
			return nil
		}
		w.text(r.Record.Kind)
		w.text(r.Record.ID)
		w.text(r.Record.Label)
		for _, field := range w.task.Fields {
			w.value(before[field])
		}
		return w.line()
	}
	number := ""
	if r.Row > 0 {
		number = strconv.FormatInt(r.Row, 10)
	}
	w.cells = append(w.cells, number)
	w.text(w.label(r.Kind))
	w.text(r.Message)
	w.text(r.Record.Kind)
	w.text(r.Record.ID)
	if r.Record.IsErased() {
		w.text(r.Record.Name())
	} else {
		w.text(r.Record.Label)
	}
	w.text(r.Link)
	for _, field := range w.task.Fields {
		w.value(before[field])
		w.value(after[field])
	}
	for _, field := range w.task.Extras {
		w.value(extra[field])
	}
	return w.line()
}

func (w *reportWriter) label(outcome string) string {
	if w.kind != nil {
		if o, ok := w.kind.outcomes[outcome]; ok {
			return o.Label
		}
	}
	return readable(outcome)
}

// value writes a JSON value: a string as its text, null and what is missing as nothing, all else as JSON.
func (w *reportWriter) value(data json.RawMessage) {
	switch {
	case len(data) == 0 || data[0] == 'n':
		w.cells = append(w.cells, "")
	case data[0] == '"':
		var s string
		_ = json.Unmarshal(data, &s) // it was part of a valid object
		w.text(s)
	default: // a number is no formula, even if it is negative; nothing else begins like one
		w.cells = append(w.cells, string(bytes.TrimSpace(data)))
	}
}
