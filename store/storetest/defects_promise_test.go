package storetest

import (
	"context"

	"github.com/go-activity/activity"
)

// promiseDefects are for the cases of what pages promise, where those of the rules do not fit.
func promiseDefects() []defect {
	return []defect{
		{"counts nothing", "A3 search counts as it is paged", with(updating(func(u *activity.TaskUpdate) { u.Counts = activity.Counts{} }))},
		{"lets every run write", "A6 statuses", with(updating(func(u *activity.TaskUpdate) {
			if u.Attempt != 0 {
				u.From, u.Attempt = nil, 0
			}
		}))},
		{"forgets what a task waits for", "A9 tasks that wait for a limit", with(updating(func(u *activity.TaskUpdate) { u.Wait = nil }))},
		{"gives nothing back with the end of a task", "A9 tasks that give back", with(broken{
			releaseHolds: func(context.Context, activity.Store, string, activity.ID) error { return nil },
		})},
		{"forgets what a task repeats", "A13 re-run", with(addingTask(func(t *activity.Task) { t.RetryOf = activity.ID{} }))},
		{"takes every task for a person's", "B2 who, what and when", with(addingTask(func(t *activity.Task) { t.Automated = false }))},
		{"counts no failures", "B3 counts", with(updating(func(u *activity.TaskUpdate) { u.Counts.Failed = 0 }))},
		{"counts no steps", "B5 recipes", with(updating(func(u *activity.TaskUpdate) { u.Children = activity.Children{} }))},
		{"forgets the names of fields", "B6 report as CSV", with(updating(func(u *activity.TaskUpdate) { u.Fields = nil }))},
		{"finds nothing lost", "B9 failure of the system", with(broken{
			lostTasks: func(context.Context, activity.Store, activity.LostQuery) ([]activity.Task, error) { return nil, nil },
		})},
		{"forgets progress", "B10 progress", with(updating(func(u *activity.TaskUpdate) { u.Progress = nil }))},
		{"finds nothing about anybody", "C3 live feed", with(broken{feed: func(ctx context.Context, in activity.Store, q activity.EventQuery) ([]activity.Event, error) {
			events, err := in.Feed(ctx, q)
			if len(q.About) > 0 {
				events = nil
			}
			return events, err
		}})},
		{"changes an event under its leaf", "C4 proven sequence", with(onEntries(func(e *activity.EntryRow) { e.Event.Type = "note.forged" }))},
		{"does not erase", "D2 deleted contact", with(erasingBy(func(context.Context, activity.Store, activity.EraseQuery) (activity.Erased, error) {
			return activity.Erased{}, nil
		}))},
		{"forgets the first of the entries after a position", "E2 nothing is skipped", with(broken{brokenLedger: brokenLedger{entries: func(ctx context.Context, in activity.Store, q activity.EntryQuery) ([]activity.EntryRow, error) {
			entries, err := in.Entries(ctx, q)
			if len(entries) > 3 {
				entries = append(entries[:2], entries[3:]...)
			}
			return entries, err
		}}})},
		{"has another root", "E3 tamper evidence", with(onHeads(func(h *activity.TreeHead) {
			if len(h.Edge) > 0 {
				h.Edge[0][0] ^= 1
			}
		}))},
		{"erases salts without commitments", "E4 erasure that keeps the proof", with(broken{brokenLedger: brokenLedger{
			entries: onEntries(func(e *activity.EntryRow) {
				if e.Event.Erased {
					e.Event.Salts = nil
				}
			}).entries,
		}})},
		{"removes nothing", "E12 retention", with(removing(func(context.Context, activity.Store, string, []activity.ID) ([]activity.ID, error) { return nil, nil }))},
		{"counts no failures at all", "B11 diagnosis", with(updating(func(u *activity.TaskUpdate) { u.Counts.Failed = 0 }))},
	}
}
