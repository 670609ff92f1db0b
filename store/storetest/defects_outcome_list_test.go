package storetest

import (
	"context"
	"slices"
	"sync"

	"github.com/go-activity/activity"
)

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
