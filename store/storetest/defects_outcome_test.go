package storetest

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/go-activity/activity"
)

func outcomeDefects() []defect {
	return slices.Concat([]defect{
		{"loses the last of some outcomes", "all of some outcomes", with(addingOutcomes(func(rows []activity.OutcomeRow) []activity.OutcomeRow {
			return rows[:max(1, len(rows)-1)]
		}))},
		{"stores no more than a hundred outcomes", "all of some outcomes", with(addingOutcomes(func(rows []activity.OutcomeRow) []activity.OutcomeRow {
			return rows[:min(100, len(rows))]
		}))},
		{"stores no more than a thousand outcomes", "all of many outcomes", with(addingOutcomes(func(rows []activity.OutcomeRow) []activity.OutcomeRow {
			return rows[:min(1000, len(rows))]
		}))},
		{"loses values of many outcomes in a transaction", "all of many outcomes", with(broken{addOutcomes: losesBulkValues})},
		{"stores outcomes that come before an error", "none of some outcomes", with(broken{addOutcomes: outcomesOneByOne})},
		{"stores the other outcomes beside an error", "none of some outcomes", with(broken{addOutcomes: outcomesBesideError})},
		{"keeps a part of refused outcomes", "commit after refused outcomes", with(broken{addOutcomes: outcomesOneByOne})},
		{"drops an outcome with a used number", "used sequence number", with(broken{addOutcomes: dropsUsedSeq})},
		{"has sequence numbers per tenant", "used sequence number", each(seqPerTenant)},
		{"drops a number that is there twice", "sequence number twice", with(addingOutcomes(func(rows []activity.OutcomeRow) []activity.OutcomeRow {
			rows = slices.Clone(rows)
			slices.SortStableFunc(rows, func(a, b activity.OutcomeRow) int { return a.Place().Compare(b.Place()) })
			return slices.CompactFunc(rows, func(a, b activity.OutcomeRow) bool { return a.Seq == b.Seq })
		}))},
		{"compacts values", "outcomes, byte for byte", with(changingOutcomes(func(r *activity.OutcomeRow) {
			if r.After != nil {
				var b bytes.Buffer
				json.Compact(&b, r.After)
				r.After = b.Bytes()
			}
		}))},
		{"returns an object for no values", "outcomes, byte for byte", with(changingOutcomes(func(r *activity.OutcomeRow) {
			if r.Before == nil {
				r.Before = json.RawMessage(`{}`)
			}
		}))},
		{"returns no values for an empty object", "outcomes, byte for byte", with(changingOutcomes(func(r *activity.OutcomeRow) {
			if string(r.Extra) == `{}` {
				r.Extra = nil
			}
		}))},
		{"returns empty values for none", "outcomes, byte for byte", with(changingOutcomes(func(r *activity.OutcomeRow) {
			if r.Extra == nil {
				r.Extra = json.RawMessage{}
			}
		}))},
		{"cuts links", "outcomes, byte for byte", with(changingOutcomes(func(r *activity.OutcomeRow) { r.Link = r.Link[:min(len(r.Link), 255)] }))},
		{"trims messages", "outcomes, byte for byte", with(changingOutcomes(func(r *activity.OutcomeRow) { r.Message = string(bytes.TrimSpace([]byte(r.Message))) }))},
		{"keeps milliseconds of outcomes", "outcomes, byte for byte", with(changingOutcomes(func(r *activity.OutcomeRow) { r.At = r.At.Truncate(time.Millisecond) }))},
		{"forgets previews", "outcomes, byte for byte", with(changingOutcomes(func(r *activity.OutcomeRow) { r.Preview = false }))},
		{"ignores kinds beside a search", "outcomes, all conditions at once", with(listing(func(f *activity.OutcomeFilter) {
			if f.Search != "" {
				f.Kinds = nil
			}
		}))},
		{"ignores the task beside records", "outcomes, all conditions at once", with(listing(func(f *activity.OutcomeFilter) {
			if len(f.Records) > 0 {
				f.Task = activity.ID{}
			}
		}))},
		{"repeats outcomes of what is asked for twice", "outcomes, each once", with(broken{outcomes: repeatsAsked})},
		{"lists the outcomes of a task to anybody", "outcomes of other tenants", with(broken{outcomes: outcomesForAnybody})},
		{"lists the outcomes of a record of all tenants", "outcomes of other tenants", with(broken{outcomes: outcomesOfAllTenants})},
		{"orders outcomes by the time of storing", "order of outcomes", each(outcomesByStoring)},
		{"orders outcomes by number before task", "order of outcomes", with(broken{outcomes: outcomesByNumber})},
		{"ignores the limit of outcomes", "limit of outcomes", with(listing(func(f *activity.OutcomeFilter) { f.Limit = 1 << 30 }))},
		{"returns one outcome more", "limit of outcomes", with(listing(func(f *activity.OutcomeFilter) { f.Limit++ }))},
		{"limits outcomes of each kind", "limit of outcomes", with(broken{outcomes: limitsKinds})},
		{"searches the first thousand outcomes", "limit of a search", with(broken{outcomes: searchesThousand})},
		{"limits before it searches", "limit of a search", with(broken{outcomes: limitsSearch})},
	}, outcomeFilterDefects(), tallyDefects())
}

// addingOutcomes is a store that stores other outcomes than it is given.
func addingOutcomes(change func(rows []activity.OutcomeRow) []activity.OutcomeRow) broken {
	return broken{addOutcomes: func(ctx context.Context, in activity.Store, rows []activity.OutcomeRow) error {
		return in.AddOutcomes(ctx, change(rows))
	}}
}

// changingOutcomes is a store that changes outcomes as it stores them.
func changingOutcomes(change func(r *activity.OutcomeRow)) broken {
	return addingOutcomes(func(rows []activity.OutcomeRow) []activity.OutcomeRow {
		rows = slices.Clone(rows)
		for i := range rows {
			change(&rows[i])
		}
		return rows
	})
}

// listing is a store that understands a filter of outcomes in another way.
func listing(change func(f *activity.OutcomeFilter)) broken {
	return broken{outcomes: func(ctx context.Context, in activity.Store, filter activity.OutcomeFilter) ([]activity.OutcomeRow, error) {
		change(&filter)
		return in.Outcomes(ctx, filter)
	}}
}

func losesBulkValues(ctx context.Context, in activity.Store, rows []activity.OutcomeRow) error {
	if len(rows) >= 100 && !isRoot(in) {
		rows = slices.Clone(rows)
		for i := range rows {
			rows[i].Extra = nil
		}
	}
	return in.AddOutcomes(ctx, rows)
}

func outcomesOneByOne(ctx context.Context, in activity.Store, rows []activity.OutcomeRow) error {
	for i := range rows {
		if err := in.AddOutcomes(ctx, rows[i:i+1]); err != nil {
			return err
		}
	}
	return nil
}

func outcomesBesideError(ctx context.Context, in activity.Store, rows []activity.OutcomeRow) error {
	err := in.AddOutcomes(ctx, rows)
	if err != nil {
		dropsUsedSeq(ctx, in, rows)
	}
	return err
}

func dropsUsedSeq(ctx context.Context, in activity.Store, rows []activity.OutcomeRow) error {
	for i := range rows {
		in.AddOutcomes(ctx, rows[i:i+1])
	}
	return nil
}

func seqPerTenant() broken {
	var mu sync.Mutex
	used := map[int64]activity.ID{}
	return broken{addOutcomes: func(ctx context.Context, in activity.Store, rows []activity.OutcomeRow) error {
		mu.Lock()
		defer mu.Unlock()
		for _, row := range rows {
			if task, ok := used[row.Seq]; ok && task != row.Task {
				return errBusy
			}
			used[row.Seq] = row.Task
		}
		return in.AddOutcomes(ctx, rows)
	}}
}

func repeatsAsked(ctx context.Context, in activity.Store, filter activity.OutcomeFilter) ([]activity.OutcomeRow, error) {
	rows, err := in.Outcomes(ctx, filter)
	var repeated []activity.OutcomeRow
	for _, row := range rows {
		repeated = append(repeated, row)
		for i, record := range filter.Records {
			if record.Is(row.Record) && slices.ContainsFunc(filter.Records[:i], record.Is) {
				repeated = append(repeated, row)
			}
		}
	}
	return repeated[:min(len(repeated), filter.Limit)], err
}

func outcomesForAnybody(ctx context.Context, in activity.Store, filter activity.OutcomeFilter) ([]activity.OutcomeRow, error) {
	rows, err := in.Outcomes(ctx, filter)
	if len(rows) == 0 && !filter.Task.IsZero() {
		filter.Tenant = globex
		return in.Outcomes(ctx, filter)
	}
	return rows, err
}

func outcomesOfAllTenants(ctx context.Context, in activity.Store, filter activity.OutcomeFilter) ([]activity.OutcomeRow, error) {
	rows, err := in.Outcomes(ctx, filter)
	if len(filter.Records) > 0 && filter.Task.IsZero() && filter.Tenant != globex {
		filter.Tenant = globex
		more, _ := in.Outcomes(ctx, filter)
		rows = append(rows, more...)
	}
	return rows, err
}

func outcomesByStoring() broken {
	var mu sync.Mutex
	stored := map[activity.OutcomePlace]int{}
	return broken{
		addOutcomes: func(ctx context.Context, in activity.Store, rows []activity.OutcomeRow) error {
			mu.Lock()
			defer mu.Unlock()
			for _, row := range rows {
				stored[row.Place()] = len(stored)
			}
			return in.AddOutcomes(ctx, rows)
		},
		outcomes: func(ctx context.Context, in activity.Store, filter activity.OutcomeFilter) ([]activity.OutcomeRow, error) {
			mu.Lock()
			defer mu.Unlock()
			rows, err := in.Outcomes(ctx, filter)
			slices.SortFunc(rows, func(a, b activity.OutcomeRow) int { return stored[a.Place()] - stored[b.Place()] })
			if filter.Descending {
				slices.Reverse(rows)
			}
			return rows, err
		},
	}
}

func outcomesByNumber(ctx context.Context, in activity.Store, filter activity.OutcomeFilter) ([]activity.OutcomeRow, error) {
	rows, err := in.Outcomes(ctx, filter)
	slices.SortStableFunc(rows, func(a, b activity.OutcomeRow) int {
		if filter.Descending {
			a, b = b, a
		}
		return int(min(max(a.Seq-b.Seq, -1), 1))
	})
	return rows, err
}

// limitsKinds takes the page from the first kind that fills it.
func limitsKinds(ctx context.Context, in activity.Store, filter activity.OutcomeFilter) ([]activity.OutcomeRow, error) {
	if len(filter.Kinds) < 2 {
		return in.Outcomes(ctx, filter)
	}
	var rows []activity.OutcomeRow
	for _, kind := range filter.Kinds {
		one := filter
		one.Kinds = []string{kind}
		more, err := in.Outcomes(ctx, one)
		if err != nil {
			return nil, err
		}
		rows = append(rows, more...)
	}
	rows = rows[:min(len(rows), filter.Limit)]
	slices.SortFunc(rows, func(a, b activity.OutcomeRow) int {
		if filter.Descending {
			a, b = b, a
		}
		return a.Place().Compare(b.Place())
	})
	return rows, nil
}

func searchesThousand(ctx context.Context, in activity.Store, filter activity.OutcomeFilter) ([]activity.OutcomeRow, error) {
	return searchesIn(ctx, in, filter, 1000)
}

func limitsSearch(ctx context.Context, in activity.Store, filter activity.OutcomeFilter) ([]activity.OutcomeRow, error) {
	return searchesIn(ctx, in, filter, filter.Limit)
}

// searchesIn searches the first n outcomes.
func searchesIn(ctx context.Context, in activity.Store, filter activity.OutcomeFilter, n int) ([]activity.OutcomeRow, error) {
	all := filter
	all.Search, all.Limit = "", n
	rows, err := in.Outcomes(ctx, all)
	rows = slices.DeleteFunc(rows, func(r activity.OutcomeRow) bool { return !filter.Match(&r) })
	return rows[:min(len(rows), filter.Limit)], err
}

func tallyDefects() []defect {
	const rule = "tally of several calls"
	return []defect{
		{"has a number for no outcomes", "tally", with(counting(func(n map[string]int64) { n["warned"] = 0 }))},
		{"forgets the greatest number", "tally", with(counting(func(n map[string]int64) {
			for name := range n {
				if n[name] == slices.Max(slices.Collect(maps.Values(n))) {
					delete(n, name)
					return
				}
			}
		}))},
		{"tells anybody the tally", "tally", with(broken{tally: func(ctx context.Context, in activity.Store, _ string, task activity.ID) (map[string]int64, error) {
			return in.Tally(ctx, acme, task)
		}})},
		{"counts each call anew", rule, each(func() broken { return talliesBy(func(known, n int64) int64 { return n }) })},
		{"counts what was undone", rule, each(func() broken { return talliesBy(func(known, n int64) int64 { return known + n }) })},
		{"counts a hundred outcomes of a call", rule, each(func() broken {
			return talliesBy(func(known, n int64) int64 { return known + min(n, 50) })
		})},
		{"counts the outcomes of all tasks", "tally of each task", with(broken{tally: func(ctx context.Context, in activity.Store, tenant string, _ activity.ID) (map[string]int64, error) {
			rows, err := in.Outcomes(ctx, activity.OutcomeFilter{Tenant: tenant, Limit: 1 << 30})
			n := map[string]int64{}
			for _, row := range rows {
				n[row.Kind]++
			}
			return n, err
		}})},
	}
}

// counting is a store that changes the numbers of a task.
func counting(change func(n map[string]int64)) broken {
	return broken{tally: func(ctx context.Context, in activity.Store, tenant string, task activity.ID) (map[string]int64, error) {
		n, err := in.Tally(ctx, tenant, task)
		n = maps.Clone(n)
		if n == nil {
			n = map[string]int64{}
		}
		change(n)
		return n, err
	}}
}

// talliesBy is a store of one task that keeps its numbers beside the outcomes: those known, and the n of
// a call, make the new ones.
func talliesBy(sum func(known, n int64) int64) broken {
	var mu sync.Mutex
	known := map[string]int64{}
	return broken{
		addOutcomes: func(ctx context.Context, in activity.Store, rows []activity.OutcomeRow) error {
			mu.Lock()
			defer mu.Unlock()
			n := map[string]int64{}
			for _, row := range rows {
				n[row.Kind]++
			}
			for kind := range n {
				known[kind] = sum(known[kind], n[kind])
			}
			return in.AddOutcomes(ctx, rows)
		},
		tally: func(context.Context, activity.Store, string, activity.ID) (map[string]int64, error) {
			mu.Lock()
			defer mu.Unlock()
			return maps.Clone(known), nil
		},
	}
}
