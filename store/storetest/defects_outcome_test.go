package storetest

import (
	"bytes"
	"context"
	"encoding/json"
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
