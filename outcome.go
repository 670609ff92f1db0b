package activity

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"iter"
	"time"
)

// Limits of outcomes. Longer input is an [InvalidError].
const (
	MaxMessage = 4096 // bytes of an outcome's message
	MaxLink    = 2048 // bytes of a link
	MaxFields  = 500  // different fields that the outcomes of one task have values of
)

// Outcome is what became of one record: a line in the report of a task. A run reports one outcome per
// record; its kind is one of the [Kind.Outcomes] of the task's kind.
type Outcome struct {
	Kind    string         `json:"kind"`
	Record  Entity         `json:"record,omitzero"`   // zero if there is none, as of a row that failed
	Row     int64          `json:"row,omitempty"`     // the number of the row that it came from; 0: none
	Message string         `json:"message,omitempty"` // why
	Link    string         `json:"link,omitempty"`    // to the record, in the host or in a CRM
	Before  map[string]any `json:"before,omitempty"`  // the values that the run changed, as they were; nil if there was no record
	After   map[string]any `json:"after,omitempty"`   // the same values, as the run left them; nil if there is no record any more
	Extra   map[string]any `json:"extra,omitempty"`   // further values that the report shows

	// Set by the library. Values that it reads have json.Number for numbers, exactly as they were written.
	Task    ID        `json:"task,omitzero"`
	Seq     int64     `json:"seq,omitempty"`     // its place in the report, from 1
	Preview bool      `json:"preview,omitempty"` // the task is a preview: this is what it would have done
	At      time.Time `json:"at,omitzero"`       // when it was reported; UTC, to the microsecond
}

// row checks an outcome and makes a row of it that lacks only its tenant, task and number.
func (o *Outcome) row(k *kind, maxPayload int) (OutcomeRow, error) {
	if _, ok := k.outcomes[o.Kind]; !ok {
		return OutcomeRow{}, invalidf("Kind", "%q is not among the outcomes of %s", o.Kind, k.Name)
	}
	r := OutcomeRow{Kind: o.Kind, Record: o.Record, Row: o.Row, Message: o.Message, Link: o.Link}
	if !o.Record.IsZero() {
		if err := checkEntity("Record", o.Record); err != nil {
			return r, err
		}
	}
	if o.Row < 0 {
		return r, invalidf("Row", "is negative")
	}
	if o.Message != "" {
		if err := checkText("Message", o.Message, MaxMessage); err != nil {
			return r, err
		}
	}
	if o.Link != "" {
		if err := checkText("Link", o.Link, MaxLink); err != nil {
			return r, err
		}
	}
	for _, part := range []struct {
		name   string
		values map[string]any
		into   *json.RawMessage
	}{{"Before", o.Before, &r.Before}, {"After", o.After, &r.After}, {"Extra", o.Extra, &r.Extra}} {
		if part.values == nil {
			continue
		}
		data, err := encode(part.name, part.values)
		if err == nil {
			err = checkPayload(part.name, data, maxPayload)
		}
		if err != nil {
			return r, err
		}
		*part.into = data
	}
	return r, nil
}

// outcome reads a row.
func (r *OutcomeRow) outcome() (Outcome, error) {
	o := Outcome{Kind: r.Kind, Record: r.Record, Row: r.Row, Message: r.Message, Link: r.Link, Task: r.Task, Seq: r.Seq, Preview: r.Preview, At: r.At}
	for _, part := range []struct {
		data json.RawMessage
		into *map[string]any
	}{{r.Before, &o.Before}, {r.After, &o.After}, {r.Extra, &o.Extra}} {
		if part.data == nil {
			continue
		}
		decoder := json.NewDecoder(bytes.NewReader(part.data))
		decoder.UseNumber()
		if err := decoder.Decode(part.into); err != nil {
			return o, fmt.Errorf("activity: outcome %d of task %s: %w", r.Seq, r.Task, err)
		}
	}
	return o, nil
}

// counts returns what some rows add to the standard counters.
func (k *kind) counts(rows []OutcomeRow) Counts {
	var c Counts
	for i := range rows {
		switch k.outcomes[rows[i].Kind].Counts {
		case Created:
			c.Created++
		case Updated:
			c.Updated++
		case Deleted:
			c.Deleted++
		case Unmodified:
			c.Unmodified++
		case Failed:
			c.Failed++
		case Warned:
			c.Warned++
		}
	}
	return c
}

// OutcomeQuery says which outcomes of a task to list.
type OutcomeQuery struct {
	Kinds  []string // of one of these outcome kinds
	Search string   // with this text in the message, or in the record's ID or label, whatever the case of letters
	After  Cursor   // the page that follows: pass OutcomePage.Next
	Limit  int      // outcomes on the page. Defaults to 50, at most 500
}

// OutcomePage is one page of outcomes, in the order in which they were reported.
type OutcomePage struct {
	Outcomes []Outcome `json:"outcomes"`
	Next     Cursor    `json:"next,omitempty"` // empty if there are no more
}

// Outcomes returns one page of the outcomes of a task. With Search, it reads the outcomes one after the
// other until the page is full.
func (t Tenant) Outcomes(ctx context.Context, task ID, query OutcomeQuery) (OutcomePage, error) {
	if err := query.check(t.name); err != nil {
		return OutcomePage{}, err
	}
	limit := cmp.Or(query.Limit, DefaultLimit)
	f := OutcomeFilter{Tenant: t.name, Task: task, Kinds: query.Kinds, Search: query.Search, Limit: limit + 1}
	binding := query.binding(t.name, task)
	if query.After != "" {
		seq, err := query.After.openOutcome(binding)
		if err != nil {
			return OutcomePage{}, err
		}
		f.After = &OutcomePlace{task, seq}
	}
	rows, err := t.journal.store.Outcomes(ctx, f)
	if err != nil {
		return OutcomePage{}, err
	}
	if len(rows) == 0 { // a task that does not exist has none either, and is told apart
		if _, err := t.journal.store.Task(ctx, t.name, task); err != nil {
			return OutcomePage{}, err
		}
	}
	page := OutcomePage{Outcomes: []Outcome{}}
	for i := range rows[:min(limit, len(rows))] {
		o, err := rows[i].outcome()
		if err != nil {
			return OutcomePage{}, err
		}
		page.Outcomes = append(page.Outcomes, o)
	}
	if len(rows) > limit {
		page.Next = newOutcomeCursor(binding, rows[limit-1].Seq)
	}
	return page, nil
}

// OutcomesOf streams what became of one record, and of what is merged with it, in all runs but previews, the latest first.
func (t Tenant) OutcomesOf(ctx context.Context, record Entity) iter.Seq2[Outcome, error] {
	return func(yield func(Outcome, error) bool) {
		if err := cmp.Or(checkTenant(t.name), checkEntity("Record", record)); err != nil {
			yield(Outcome{}, err)
			return
		}
		records, err := t.relatives(ctx, []Entity{record}, false)
		if err != nil {
			yield(Outcome{}, err)
			return
		}
		f := OutcomeFilter{Tenant: t.name, Records: records, Descending: true, Limit: MaxLimit}
		for row, err := range t.journal.outcomes(ctx, f) {
			var o Outcome
			if err == nil {
				if row.Preview {
					continue
				}
				o, err = row.outcome()
			}
			if !yield(o, err) || err != nil {
				return
			}
		}
	}
}

// outcomes streams all rows that match, f.Limit at a time.
func (j *Journal) outcomes(ctx context.Context, f OutcomeFilter) iter.Seq2[*OutcomeRow, error] {
	return func(yield func(*OutcomeRow, error) bool) {
		f := f
		for {
			rows, err := j.store.Outcomes(ctx, f)
			if err != nil {
				yield(nil, err)
				return
			}
			for i := range rows {
				if !yield(&rows[i], nil) {
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

// RunsOf streams the tasks that touched a record, or what is merged with it, the latest first: those that are about it, and those
// that have an outcome of it. Previews touch nothing.
func (t Tenant) RunsOf(ctx context.Context, record Entity) iter.Seq2[Task, error] {
	return func(yield func(Task, error) bool) {
		if err := cmp.Or(checkTenant(t.name), checkEntity("Record", record)); err != nil {
			yield(Task{}, err)
			return
		}
		records, err := t.relatives(ctx, []Entity{record}, false)
		if err != nil {
			yield(Task{}, err)
			return
		}
		// Two streams in descending order of IDs are merged.
		touched, stop := iter.Pull2(t.touched(ctx, records))
		defer stop()
		about, stop := iter.Pull2(t.about(ctx, records))
		defer stop()
		id, err1, more1 := touched()
		task, err2, more2 := about()
		for more1 || more2 {
			if err := cmp.Or(err1, err2); err != nil {
				yield(Task{}, err)
				return
			}
			switch order := id.Compare(task.ID); { // the zero ID of a stream that has ended comes last
			case order > 0:
				found, err := t.journal.store.Task(ctx, t.name, id)
				if !yield(found, err) || err != nil {
					return
				}
				id, err1, more1 = touched()
			default:
				if !yield(task, nil) {
					return
				}
				if order == 0 {
					id, err1, more1 = touched()
				}
				task, err2, more2 = about()
			}
		}
	}
}

// touched streams the IDs of the tasks that have an outcome of one of some records, the latest first.
func (t Tenant) touched(ctx context.Context, records []Entity) iter.Seq2[ID, error] {
	return func(yield func(ID, error) bool) {
		f := OutcomeFilter{Tenant: t.name, Records: records, Descending: true, Limit: 100}
		var last ID
		for row, err := range t.journal.outcomes(ctx, f) {
			if err != nil {
				yield(ID{}, err)
				return
			}
			if row.Task == last || row.Preview {
				continue
			}
			if last = row.Task; !yield(last, nil) {
				return
			}
		}
	}
}

// about streams the tasks that are about one of some records, the latest first.
func (t Tenant) about(ctx context.Context, records []Entity) iter.Seq2[Task, error] {
	return allTasks(ctx, t.journal.store, TaskFilter{
		Tenant: t.name, Entities: records, Sort: SortQueued, Descending: true, Limit: 100,
	})
}

func (q *OutcomeQuery) check(tenant string) error {
	if err := checkTenant(tenant); err != nil {
		return err
	}
	if len(q.Kinds) > MaxListed {
		return invalidf("OutcomeQuery.Kinds", "lists more than %d kinds", MaxListed)
	}
	for _, name := range q.Kinds {
		if err := checkTypeName("OutcomeQuery.Kinds", name); err != nil {
			return err
		}
	}
	if q.Search != "" {
		if err := checkText("OutcomeQuery.Search", q.Search, MaxText); err != nil {
			return err
		}
	}
	return checkPage("OutcomeQuery", q.After, "", q.Limit)
}

func (q *OutcomeQuery) binding(tenant string, task ID) [32]byte {
	var h hasher
	h.text("outcomes")
	h.text(tenant)
	h.b = append(h.b, task[:]...)
	h.list(q.Kinds)
	h.text(Fold(q.Search))
	return h.sum()
}

func newOutcomeCursor(binding [32]byte, seq int64) Cursor {
	return makeCursor(outcomeCursor, binding, binary.BigEndian.AppendUint64(nil, uint64(seq)))
}

func (c Cursor) openOutcome(binding [32]byte) (int64, error) {
	place, err := c.open(outcomeCursor, binding)
	if err != nil || len(place) != 8 {
		return 0, ErrInvalidCursor
	}
	return int64(binary.BigEndian.Uint64(place)), nil
}
