package activity

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Difference is a record that came out otherwise in an update than in the preview before it.
type Difference struct {
	Record  Entity   `json:"record,omitzero"`
	Row     int64    `json:"row,omitempty"`
	Preview *Outcome `json:"preview,omitempty"` // nil: the preview did not have the record
	Update  *Outcome `json:"update,omitempty"`  // nil: the update did not have the record
	Fields  []string `json:"fields,omitempty"`  // whose values before or after differ
}

// Drift streams what differs between a preview and the update that followed it, record by record:
// first what the update has, in its order, then what only the preview has. A difference is another
// kind of outcome, other values before (the record was edited in between), or other values after.
// Records are told by their kind and ID, outcomes without a record by their row; those without
// either, or whose record was erased, are not compared. Of several outcomes of one record in a run, the last one counts.
//
// It reads both reports a page at a time.
func (t Tenant) Drift(ctx context.Context, preview, update ID) iter.Seq2[Difference, error] {
	return func(yield func(Difference, error) bool) {
		fail := func(err error) { yield(Difference{}, err) }
		first, err := t.Task(ctx, preview)
		if err != nil {
			fail(err)
			return
		}
		if !first.Preview {
			fail(invalidf("Preview", "is no preview"))
			return
		}
		second, err := t.Task(ctx, update)
		if err != nil {
			fail(err)
			return
		}
		if second.Preview {
			fail(invalidf("Update", "is a preview"))
			return
		}
		for page, err := range t.paired(ctx, update, preview) {
			if err != nil {
				fail(err)
				return
			}
			if d, differs := difference(page.other, page.own); differs && !yield(d, nil) {
				return
			}
		}
		for page, err := range t.paired(ctx, preview, update) {
			if err != nil {
				fail(err)
				return
			}
			if page.other != nil {
				continue // told already
			}
			if d, differs := difference(page.own, nil); differs && !yield(d, nil) {
				return
			}
		}
	}
}

// pair is an outcome of one task, and what another one has of the same record.
type pair struct{ own, other *Outcome }

// subjectOf is what an outcome is about, as far as outcomes of two runs can be told to be about the same.
type subjectOf struct {
	kind, id string
	row      int64
}

// subject returns what an outcome is about. One whose record was erased is about nothing any more.
func (r *OutcomeRow) subject() (subjectOf, bool) {
	switch {
	case r.Record.IsErased():
		return subjectOf{}, false
	case !r.Record.IsZero():
		return subjectOf{kind: r.Record.Kind, id: r.Record.ID}, true
	}
	return subjectOf{row: r.Row}, r.Row > 0
}

// paired streams the outcomes of a task, the last of each record, with those of another.
func (t Tenant) paired(ctx context.Context, own, other ID) iter.Seq2[pair, error] {
	return func(yield func(pair, error) bool) {
		f := OutcomeFilter{Tenant: t.name, Task: own, Limit: MaxLimit}
		for {
			rows, err := t.journal.store.Outcomes(ctx, f)
			if err != nil {
				yield(pair{}, err)
				return
			}
			lastOwn, err := t.lastOf(ctx, own, rows)
			if err != nil {
				yield(pair{}, err)
				return
			}
			lastOther, err := t.lastOf(ctx, other, rows)
			if err != nil {
				yield(pair{}, err)
				return
			}
			for i := range rows {
				subject, ok := rows[i].subject()
				if !ok || lastOwn[subject].Seq != rows[i].Seq {
					continue
				}
				p, err := readPair(&rows[i], lastOther[subject])
				if !yield(p, err) || err != nil {
					return
				}
			}
			if len(rows) < f.Limit {
				return
			}
			place := rows[len(rows)-1].Place()
			f.After = &place
		}
	}
}

func readPair(own, other *OutcomeRow) (pair, error) {
	a, err := own.outcome()
	if err != nil || other == nil {
		return pair{own: &a}, err
	}
	b, err := other.outcome()
	return pair{&a, &b}, err
}

// lastOf returns the last outcome that a task has of each of the records that some rows are about.
func (t Tenant) lastOf(ctx context.Context, task ID, rows []OutcomeRow) (map[subjectOf]*OutcomeRow, error) {
	var byRecord, byRow OutcomeFilter
	for i := range rows {
		switch subject, ok := rows[i].subject(); {
		case !ok:
		case subject.row > 0:
			byRow.Rows = append(byRow.Rows, subject.row)
		default:
			byRecord.Records = append(byRecord.Records, rows[i].Record)
		}
	}
	last := map[subjectOf]*OutcomeRow{}
	for _, f := range []OutcomeFilter{byRecord, byRow} {
		if len(f.Records)+len(f.Rows) == 0 {
			continue
		}
		f.Tenant, f.Task, f.Limit = t.name, task, MaxLimit
		for row, err := range t.journal.outcomes(ctx, f) {
			if err != nil {
				return nil, err
			}
			if subject, ok := row.subject(); ok {
				last[subject] = row
			}
		}
	}
	return last, nil
}

// difference compares two outcomes of one record. Either may be nil.
func difference(preview, update *Outcome) (Difference, bool) {
	d := Difference{Preview: preview, Update: update}
	if preview == nil || update == nil {
		one := preview
		if one == nil {
			one = update
		}
		d.Record, d.Row = one.Record, one.Row
		return d, true
	}
	d.Record, d.Row = update.Record, update.Row
	d.Fields = slices.Compact(slices.Sorted(slices.Values(append(
		differing(preview.Before, update.Before), differing(preview.After, update.After)...))))
	same := preview.Kind == update.Kind && len(d.Fields) == 0 &&
		(preview.Before == nil) == (update.Before == nil) && (preview.After == nil) == (update.After == nil)
	return d, !same
}

// differing returns the names of the values in which two records differ.
func differing(a, b map[string]any) []string {
	var names []string
	for name := range a {
		if other, ok := b[name]; !ok || !sameJSON(a[name], other) {
			names = append(names, name)
		}
	}
	for name := range b {
		if _, ok := a[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// sameJSON reports whether two values are the same as JSON: 1 and 1.0 are, whatever their Go types.
func sameJSON(a, b any) bool {
	x, err1 := canonical(a)
	y, err2 := canonical(b)
	return err1 == nil && err2 == nil && bytes.Equal(x, y)
}

// canonical writes a value as JSON with sorted keys and numbers in one form.
func canonical(v any) ([]byte, error) {
	data, err := encode("Value", v)
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var plain any
	if err := decoder.Decode(&plain); err != nil {
		return nil, err
	}
	return json.Marshal(normal(plain))
}

func normal(v any) any {
	switch v := v.(type) {
	case json.Number:
		return number(v)
	case []any:
		list := slices.Clone(v)
		for i := range list {
			list[i] = normal(list[i])
		}
		return list
	case map[string]any:
		values := maps.Clone(v)
		for name := range values {
			values[name] = normal(values[name])
		}
		return values
	}
	return v
}

// number writes a JSON number in one form, so that equal ones are equal texts: its digits without zeros at
// either end, and the power of ten that goes with them.
func number(n json.Number) json.RawMessage {
	digits, exponent := string(n), 0
	sign := ""
	if rest, ok := strings.CutPrefix(digits, "-"); ok {
		digits, sign = rest, "-"
	}
	if i := strings.IndexAny(digits, "eE"); i >= 0 {
		e, err := strconv.Atoi(digits[i+1:])
		if err != nil { // out of range of an int: as it is
			return json.RawMessage(strconv.Quote(string(n)))
		}
		digits, exponent = digits[:i], e
	}
	if whole, fraction, ok := strings.Cut(digits, "."); ok {
		digits, exponent = whole+fraction, exponent-len(fraction)
	}
	digits = strings.TrimLeft(digits, "0")
	trimmed := strings.TrimRight(digits, "0")
	exponent += len(digits) - len(trimmed)
	if trimmed == "" {
		return json.RawMessage("0")
	}
	return json.RawMessage(fmt.Sprintf("%s%se%d", sign, trimmed, exponent))
}
