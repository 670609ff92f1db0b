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
		{"counts no failures at all", "B11 diagnosis", with(updating(func(u *activity.TaskUpdate) { u.Counts.Failed = 0 }))},
	}
}
