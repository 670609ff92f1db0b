package storetest

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/go-activity/activity"
)

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
