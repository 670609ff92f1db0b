package memstore

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/go-activity/activity"
)

// batch is what one call reported on a task, and what was reported before. It never changes, so that
// states share it.
type batch struct {
	before *batch
	rows   []activity.OutcomeRow // by sequence number
	tally  map[string]int64      // of this batch and all before
}

// addOutcomes returns the state with outcomes of one task added.
func (s *state) addOutcomes(rows []activity.OutcomeRow) (*state, error) {
	if len(rows) == 0 {
		return s, nil
	}
	t := s.tenants[rows[0].Tenant]
	id := rows[0].Task
	before := t.outcomes[id]
	next := &batch{before: before, rows: make([]activity.OutcomeRow, len(rows)), tally: map[string]int64{}}
	if before != nil {
		next.tally = maps.Clone(before.tally)
	}
	for i := range rows {
		next.rows[i] = rows[i].Clone()
		next.rows[i].At = rows[i].At.UTC().Truncate(time.Microsecond)
		next.tally[rows[i].Kind]++
	}
	slices.SortFunc(next.rows, bySeq)
	for i := range next.rows {
		if before.has(next.rows[i].Seq) || i > 0 && next.rows[i].Seq == next.rows[i-1].Seq {
			return nil, fmt.Errorf("memstore: task %s has an outcome %d already", id, next.rows[i].Seq)
		}
	}
	t.outcomes = maps.Clone(t.outcomes)
	if t.outcomes == nil {
		t.outcomes = map[activity.ID]*batch{}
	}
	t.outcomes[id] = next
	return s.with(rows[0].Tenant, t), nil
}

func bySeq(a, b activity.OutcomeRow) int { return cmp.Compare(a.Seq, b.Seq) }

// has reports whether a sequence number was used. Most batches are told by their ends.
func (b *batch) has(seq int64) bool {
	for ; b != nil; b = b.before {
		if len(b.rows) == 0 || seq < b.rows[0].Seq || seq > b.rows[len(b.rows)-1].Seq {
			continue
		}
		if _, found := slices.BinarySearchFunc(b.rows, seq, func(r activity.OutcomeRow, seq int64) int { return cmp.Compare(r.Seq, seq) }); found {
			return true
		}
	}
	return false
}

func (s *state) findOutcomes(f *activity.OutcomeFilter) []activity.OutcomeRow {
	var found []*activity.OutcomeRow
	for task, last := range s.tenants[f.Tenant].outcomes {
		if !f.Task.IsZero() && f.Task != task {
			continue
		}
		for _, b := range last.all() {
			for i := range b.rows {
				if f.Match(&b.rows[i]) {
					found = append(found, &b.rows[i])
				}
			}
		}
	}
	slices.SortFunc(found, func(a, b *activity.OutcomeRow) int {
		order := a.Place().Compare(b.Place())
		if f.Descending {
			return -order
		}
		return order
	})
	rows := make([]activity.OutcomeRow, min(len(found), f.Limit))
	for i := range rows {
		rows[i] = found[i].Clone()
	}
	return rows
}

// all returns a batch and those before it, the first one first. That is their order, mostly, so that
// sorting has little to do.
func (b *batch) all() []*batch {
	var list []*batch
	for ; b != nil; b = b.before {
		list = append(list, b)
	}
	slices.Reverse(list)
	return list
}

func (s *state) tally(tenant string, task activity.ID) map[string]int64 {
	if b := s.tenants[tenant].outcomes[task]; b != nil {
		return maps.Clone(b.tally)
	}
	return map[string]int64{}
}
