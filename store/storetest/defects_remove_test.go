package storetest

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/go-activity/activity"
)

func removeDefects() []defect {
	type reports = activity.ReportsQuery
	type refs = []activity.ReportRef
	const events, stay, trees, keys, lists, after, limit = "removing events", "events that stay", "trees of removed events", "keys of removed events", "tasks that have reports", "ReportsQuery.After", "ReportsQuery.Limit"
	const outcomes, kept = "removing outcomes", "outcomes that stay"
	return []defect{
		{"returns what it was asked to remove", events, with(removing(func(ctx context.Context, in activity.Store, tenant string, ids []activity.ID) ([]activity.ID, error) {
			_, err := in.RemoveEvents(ctx, tenant, ids)
			return ids, err
		}))},
		{"returns the last of what it removed first", events, with(removing(func(ctx context.Context, in activity.Store, tenant string, ids []activity.ID) ([]activity.ID, error) {
			removed, err := in.RemoveEvents(ctx, tenant, ids)
			slices.Reverse(removed)
			return removed, err
		}))},
		{"removes a single event", events, with(removing(func(ctx context.Context, in activity.Store, tenant string, ids []activity.ID) ([]activity.ID, error) {
			return in.RemoveEvents(ctx, tenant, ids[:min(len(ids), 1)])
		}))},
		{"finds removed events in feeds", events, each(findsRemoved)},
		{"removes what is under a legal hold", stay, with(removing(func(ctx context.Context, in activity.Store, tenant string, ids []activity.ID) (removed []activity.ID, err error) {
			err = withoutHolds(ctx, in, tenant, func() error {
				removed, err = in.RemoveEvents(ctx, tenant, ids)
				return err
			})
			return removed, err
		}))},
		{"removes what somebody under a legal hold did", stay, with(removing(removesByHeld))},
		{"removes events of any tenant", stay, with(removing(func(ctx context.Context, in activity.Store, tenant string, ids []activity.ID) ([]activity.ID, error) {
			in.RemoveEvents(ctx, globex, ids)
			return in.RemoveEvents(ctx, tenant, ids)
		}))},
		{"removes what has no position", stay, with(removing(func(ctx context.Context, in activity.Store, tenant string, ids []activity.ID) ([]activity.ID, error) {
			in.Seal(ctx, 1000)
			return in.RemoveEvents(ctx, tenant, ids)
		}))},
		{"takes removed leaves out of the tree", trees, each(shrinksTrees)},
		{"removes entries", trees, with(sievingEntries(func(q activity.EntryQuery, list []activity.EntryRow) []activity.EntryRow {
			return slices.DeleteFunc(list, func(e activity.EntryRow) bool { return e.Event.ID.IsZero() || !q.Match(&e) })
		}))},
		{"keeps the keys of removed events", keys, each(keepsErasedKeys)},
		{"lists reports without outcomes", lists, each(listsRemovedReports)},
		{"includes the report at After", lists, with(listingReports(func(q reports, all refs) refs {
			return slices.DeleteFunc(all, func(r activity.ReportRef) bool { return r.Task.Compare(q.After) < 0 || r.Task.Compare(q.Before) >= 0 })
		}))},
		{"includes the report at Before", lists, with(listingReports(func(q reports, all refs) refs {
			return slices.DeleteFunc(all, func(r activity.ReportRef) bool { return r.Task.Compare(q.After) <= 0 || r.Task.Compare(q.Before) > 0 })
		}))},
		{"lists reports of one tenant", lists, with(listingReports(func(q reports, all refs) refs {
			return slices.DeleteFunc(within(q, all), func(r activity.ReportRef) bool { return r.Tenant == globex })
		}))},
		{"lists the last reports first", lists, with(listingReports(func(q reports, all refs) refs {
			all = within(q, all)
			slices.Reverse(all)
			return all
		}))},
		{"takes no After for a time", after, with(broken{brokenErase: brokenErase{reports: func(ctx context.Context, in activity.Store, q reports) ([]activity.ReportRef, error) {
			if q.After.IsZero() {
				q.After = newID(epoch, 0)
			}
			return in.Reports(ctx, q)
		}}})},
		{"ignores the limit of reports", limit, with(listingReports(within))},
		{"limits reports before it looks at After", limit, with(broken{brokenErase: brokenErase{reports: func(ctx context.Context, in activity.Store, q reports) ([]activity.ReportRef, error) {
			all, err := in.Reports(ctx, reports{Before: q.Before, Limit: q.Limit})
			return within(q, all), err
		}}})},
		{"returns the limit of RemoveOutcomes", outcomes, with(removingOutcomes(func(ctx context.Context, in activity.Store, tenant string, task activity.ID, limit int) (int, error) {
			_, err := in.RemoveOutcomes(ctx, tenant, task, limit)
			return limit, err
		}))},
		{"ignores the limit of RemoveOutcomes", outcomes, with(removingOutcomes(func(ctx context.Context, in activity.Store, tenant string, task activity.ID, _ int) (int, error) {
			return in.RemoveOutcomes(ctx, tenant, task, 1000)
		}))},
		{"counts removed outcomes no more", outcomes, each(talliesLeft)},
		{"removes outcomes of any tenant", outcomes, with(removingOutcomes(func(ctx context.Context, in activity.Store, _ string, task activity.ID, limit int) (int, error) {
			return in.RemoveOutcomes(ctx, acme, task, limit)
		}))},
		{"counts the task down", outcomes, with(removingOutcomes(func(ctx context.Context, in activity.Store, tenant string, task activity.ID, limit int) (int, error) {
			n, err := in.RemoveOutcomes(ctx, tenant, task, limit)
			if n > 0 {
				in.ChangeTask(ctx, activity.TaskUpdate{Tenant: tenant, ID: task, Counts: activity.Counts{Created: int64(-n)}, Now: epoch})
			}
			return n, err
		}))},
		{"removes outcomes under a legal hold", kept, with(removingOutcomes(func(ctx context.Context, in activity.Store, tenant string, task activity.ID, limit int) (n int, err error) {
			err = withoutHolds(ctx, in, tenant, func() error {
				n, err = in.RemoveOutcomes(ctx, tenant, task, limit)
				return err
			})
			return n, err
		}))},
		{"removes outcomes of a task about an entity under a legal hold", kept, with(removingOutcomes(func(ctx context.Context, in activity.Store, tenant string, task activity.ID, limit int) (n int, err error) {
			if task != newTask(2).ID {
				return in.RemoveOutcomes(ctx, tenant, task, limit)
			}
			err = withoutHolds(ctx, in, tenant, func() error {
				n, err = in.RemoveOutcomes(ctx, tenant, task, limit)
				return err
			})
			return n, err
		}))},
		{"keeps a report with a record under a legal hold", kept, with(removingOutcomes(func(ctx context.Context, in activity.Store, tenant string, task activity.ID, limit int) (int, error) {
			rows, err := in.Outcomes(ctx, activity.OutcomeFilter{Tenant: tenant, Task: task, Limit: 100})
			holds, holdsErr := in.LegalHolds(ctx, tenant)
			for _, r := range rows {
				for _, h := range holds {
					if h.Entity.Is(r.Record) {
						return 0, nil
					}
				}
			}
			if err != nil || holdsErr != nil {
				return 0, err
			}
			return in.RemoveOutcomes(ctx, tenant, task, limit)
		}))},
	}
}

func removing(fn func(ctx context.Context, in activity.Store, tenant string, ids []activity.ID) ([]activity.ID, error)) broken {
	return broken{brokenErase: brokenErase{removeEvents: fn}}
}

func removingOutcomes(fn func(ctx context.Context, in activity.Store, tenant string, task activity.ID, limit int) (int, error)) broken {
	return broken{brokenErase: brokenErase{removeOutcomes: fn}}
}

// withoutHolds does something while nothing of a tenant is under a legal hold.
func withoutHolds(ctx context.Context, in activity.Store, tenant string, fn func() error) error {
	holds, err := in.LegalHolds(ctx, tenant)
	if err != nil {
		return err
	}
	for _, h := range holds {
		in.LiftLegalHold(ctx, tenant, h.Entity)
	}
	err = fn()
	for _, h := range holds {
		in.SetLegalHold(ctx, tenant, h)
	}
	return err
}

// removesByHeld looks only whether what an event is about is under a legal hold.
func removesByHeld(ctx context.Context, in activity.Store, tenant string, ids []activity.ID) ([]activity.ID, error) {
	removed, err := in.RemoveEvents(ctx, tenant, ids)
	holds, holdsErr := in.LegalHolds(ctx, tenant)
	if err != nil || holdsErr != nil {
		return removed, err
	}
	for _, id := range ids {
		e, err := in.Event(ctx, tenant, id)
		about := slices.ContainsFunc(holds, func(h activity.LegalHold) bool { return slices.ContainsFunc(e.About, h.Entity.Is) })
		if err == nil && !about {
			withoutHolds(ctx, in, tenant, func() error {
				more, err := in.RemoveEvents(ctx, tenant, []activity.ID{id})
				removed = append(removed, more...)
				return err
			})
		}
	}
	slices.SortFunc(removed, activity.ID.Compare)
	return removed, nil
}

// findsRemoved remembers events that it has stored, and finds them by entities, actors and types.
func findsRemoved() broken {
	var mu sync.Mutex
	var kept []activity.Event
	return broken{
		append: func(ctx context.Context, in activity.Store, rows []activity.EventRow) ([]activity.Event, error) {
			events, err := in.AppendEvents(ctx, rows)
			mu.Lock()
			defer mu.Unlock()
			for _, e := range events {
				kept = append(kept, e.Clone())
			}
			return events, err
		},
		feed: func(ctx context.Context, in activity.Store, q activity.EventQuery) ([]activity.Event, error) {
			mu.Lock()
			defer mu.Unlock()
			var found []activity.Event
			for _, e := range kept {
				if q.Match(&e) && (len(q.Types) > 0 || !q.Actor.IsZero()) {
					found = append(found, e)
				}
			}
			if found != nil {
				return found, nil
			}
			return in.Feed(ctx, q)
		},
	}
}

// shrinksTrees counts leaves of events that are there only.
func shrinksTrees() broken {
	var removed atomic.Int64
	b := onHeads(func(h *activity.TreeHead) { h.Size -= removed.Load() })
	b.removeEvents = func(ctx context.Context, in activity.Store, tenant string, ids []activity.ID) ([]activity.ID, error) {
		gone, err := in.RemoveEvents(ctx, tenant, ids)
		removed.Add(int64(len(gone)))
		return gone, err
	}
	return b
}

// listingReports is a store that makes its list of all reports.
func listingReports(list func(q activity.ReportsQuery, all []activity.ReportRef) []activity.ReportRef) broken {
	return broken{brokenErase: brokenErase{reports: func(ctx context.Context, in activity.Store, q activity.ReportsQuery) ([]activity.ReportRef, error) {
		all, err := in.Reports(ctx, activity.ReportsQuery{Before: lastID, Limit: 1000})
		return list(q, all), err
	}}}
}

// within returns the reports within the bounds of a query.
func within(q activity.ReportsQuery, all []activity.ReportRef) []activity.ReportRef {
	return slices.DeleteFunc(all, func(r activity.ReportRef) bool { return r.Task.Compare(q.After) <= 0 || r.Task.Compare(q.Before) >= 0 })
}

// listsRemovedReports lists tasks whose outcomes are gone, too.
func listsRemovedReports() broken {
	var mu sync.Mutex
	seen := map[activity.ReportRef]bool{}
	b := broken{addOutcomes: func(ctx context.Context, in activity.Store, rows []activity.OutcomeRow) error {
		mu.Lock()
		defer mu.Unlock()
		seen[activity.ReportRef{Tenant: rows[0].Tenant, Task: rows[0].Task}] = true
		return in.AddOutcomes(ctx, rows)
	}}
	b.reports = func(ctx context.Context, in activity.Store, q activity.ReportsQuery) ([]activity.ReportRef, error) {
		mu.Lock()
		defer mu.Unlock()
		var all []activity.ReportRef
		for r := range seen {
			all = append(all, r)
		}
		all = within(q, all)
		slices.SortFunc(all, func(a, b activity.ReportRef) int { return a.Task.Compare(b.Task) })
		return all[:min(len(all), q.Limit)], nil
	}
	return b
}

// talliesLeft counts the outcomes that there are.
func talliesLeft() broken {
	return broken{tally: func(ctx context.Context, in activity.Store, tenant string, task activity.ID) (map[string]int64, error) {
		rows, err := in.Outcomes(ctx, activity.OutcomeFilter{Tenant: tenant, Task: task, Limit: 1000})
		tally := map[string]int64{}
		for _, r := range rows {
			tally[r.Kind]++
		}
		return tally, err
	}}
}
