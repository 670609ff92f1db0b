package memstore

import (
	"maps"
	"slices"

	"github.com/go-activity/activity"
)

// removeEvents returns the state without those of some events that may go, and their IDs.
func (s *state) removeEvents(tenant string, ids []activity.ID) (*state, []activity.ID) {
	t := s.tenants[tenant]
	placed := map[activity.ID]bool{}
	for _, e := range t.chain.entries.items {
		placed[e.id] = true
	}
	var removed []activity.ID
	t.rows, t.keys = slices.Clone(t.rows), maps.Clone(t.keys)
	for _, id := range slices.Compact(slices.SortedFunc(slices.Values(ids), activity.ID.Compare)) {
		i, ok := t.search(id)
		if !ok || !placed[id] || t.holds(append(slices.Clone(t.rows[i].About), t.rows[i].Actor)...) {
			continue
		}
		if key := t.rows[i].Key; key != "" {
			delete(t.keys, key)
		}
		t.rows = slices.Delete(t.rows, i, i+1)
		removed = append(removed, id)
	}
	return s.with(tenant, t), removed
}

// reports returns tasks that have outcomes.
func (s *state) reports(q *activity.ReportsQuery) []activity.ReportRef {
	var found []activity.ReportRef
	for name, t := range s.tenants {
		for id, b := range t.outcomes {
			if id.Compare(q.After) > 0 && id.Compare(q.Before) < 0 && len(b.rowsInOrder()) > 0 {
				found = append(found, activity.ReportRef{Tenant: name, Task: id})
			}
		}
	}
	slices.SortFunc(found, func(a, b activity.ReportRef) int { return a.Task.Compare(b.Task) })
	return found[:min(len(found), q.Limit)]
}

// removeOutcomes returns the state without the first outcomes of a task that may go, and their number.
func (s *state) removeOutcomes(tenant string, task activity.ID, limit int) (*state, int) {
	t := s.tenants[tenant]
	last := t.outcomes[task]
	if last == nil || t.holds(t.aboutOf(task)...) {
		return s, 0
	}
	n := 0
	rows := slices.DeleteFunc(last.rowsInOrder(), func(r activity.OutcomeRow) bool {
		if n == limit || t.holds(r.Record) {
			return false
		}
		n++
		return true
	})
	t.outcomes = maps.Clone(t.outcomes)
	t.outcomes[task] = &batch{rows: rows, tally: last.tally}
	return s.with(tenant, t), n
}

// rowsInOrder returns the rows of a batch and those before it, by sequence number.
func (b *batch) rowsInOrder() []activity.OutcomeRow {
	var rows []activity.OutcomeRow
	for _, each := range b.all() {
		rows = append(rows, each.rows...)
	}
	slices.SortFunc(rows, bySeq)
	return rows
}
