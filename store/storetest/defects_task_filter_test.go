package storetest

import (
	"slices"
	"strings"
	"time"

	"github.com/go-activity/activity"
)

func taskFilterDefects() []defect {
	type filter = activity.TaskFilter
	type task = activity.Task
	return []defect{
		{"ignores Kinds", "TaskFilter.Kinds", with(listingTasks(func(f *filter) { f.Kinds = nil }))},
		{"looks for the first kind only", "TaskFilter.Kinds", with(listingTasks(func(f *filter) { f.Kinds = f.Kinds[:min(1, len(f.Kinds))] }))},
		{"looks for kinds that begin so", "TaskFilter.Kinds", with(sievingTasks(func(f *filter) { f.Kinds = nil }, func(f filter, t task) bool {
			return len(f.Kinds) == 0 || hasPrefix(f.Kinds, t.Kind) || hasPrefix([]string{t.Kind}, f.Kinds[0])
		}))},
		{"looks for a hundred kinds", "TaskFilter.Kinds, long", with(listingTasks(func(f *filter) { f.Kinds = f.Kinds[:min(100, len(f.Kinds))] }))},
		{"ignores Statuses", "TaskFilter.Statuses", with(listingTasks(func(f *filter) { f.Statuses = nil }))},
		{"looks for the first status only", "TaskFilter.Statuses", with(listingTasks(func(f *filter) { f.Statuses = f.Statuses[:min(1, len(f.Statuses))] }))},
		{"takes failed for cancelled", "TaskFilter.Statuses", with(listingTasks(func(f *filter) {
			if slices.Contains(f.Statuses, activity.StatusFailed) {
				f.Statuses = append(slices.Clone(f.Statuses), activity.StatusCancelled)
			}
		}))},
		{"ignores the actor of tasks", "TaskFilter.Actor", with(listingTasks(func(f *filter) { f.Actor = activity.Entity{} }))},
		{"compares labels of tasks' actors", "TaskFilter.Actor", with(sievingTasks(func(*filter) {}, func(f filter, t task) bool { return f.Actor.IsZero() || f.Actor == t.Actor }))},
		{"ignores the kind of tasks' actors", "TaskFilter.Actor", with(sievingTasks(func(f *filter) { f.Actor = activity.Entity{} }, func(f filter, t task) bool {
			return f.Actor.IsZero() || f.Actor.ID == t.Actor.ID
		}))},
		{"ignores Entities", "TaskFilter.Entities", with(listingTasks(func(f *filter) { f.Entities = nil }))},
		{"wants all of Entities", "TaskFilter.Entities", with(sievingTasks(func(*filter) {}, func(f filter, t task) bool {
			return !slices.ContainsFunc(f.Entities, func(e activity.Entity) bool { return !slices.ContainsFunc(t.About, e.Is) })
		}))},
		{"finds the actor's tasks by Entities", "TaskFilter.Entities", with(sievingTasks(func(f *filter) { f.Entities = nil }, func(f filter, t task) bool {
			return f.Match(&t) || slices.ContainsFunc(f.Entities, t.Actor.Is)
		}))},
		{"compares labels of tasks' entities", "TaskFilter.Entities", with(sievingTasks(func(*filter) {}, func(f filter, t task) bool {
			return len(f.Entities) == 0 || slices.ContainsFunc(f.Entities, func(e activity.Entity) bool { return slices.Contains(t.About, e) })
		}))},
		{"looks for a hundred entities of tasks", "TaskFilter.Entities, long", with(listingTasks(func(f *filter) { f.Entities = f.Entities[:min(100, len(f.Entities))] }))},
		{"ignores Named of tasks", "TaskFilter.Named", with(listingTasks(func(f *filter) { f.Named = nil }))},
		{"takes Named of tasks for more of Entities", "TaskFilter.Named", with(listingTasks(func(f *filter) {
			f.Entities, f.Named = append(slices.Clone(f.Entities), f.Named...), nil
		}))},
		{"finds by Named only what was run for an entity", "TaskFilter.Named", with(sievingTasks(func(*filter) {}, func(f filter, t task) bool {
			return len(f.Named) == 0 || slices.ContainsFunc(f.Named, t.Actor.Is)
		}))},
		{"finds by Named who ended a task", "TaskFilter.Named", with(sievingTasks(func(f *filter) { f.Named = nil }, func(f filter, t task) bool {
			return f.Match(&t) || slices.ContainsFunc(f.Named, t.EndedBy.Is)
		}))},
		{"compares labels of what is named in tasks", "TaskFilter.Named", with(sievingTasks(func(*filter) {}, func(f filter, t task) bool {
			return len(f.Named) == 0 || slices.ContainsFunc(f.Named, func(e activity.Entity) bool { return slices.Contains(append(t.About, t.Actor), e) })
		}))},
		{"ignores Entities beside Named", "TaskFilter.Named", with(listingTasks(func(f *filter) {
			if len(f.Named) > 0 {
				f.Entities = nil
			}
		}))},
		{"looks for a thousand that are named in tasks", "TaskFilter.Named, long", with(listingTasks(func(f *filter) { f.Named = f.Named[:min(1000, len(f.Named))] }))},
		{"ignores Parent", "TaskFilter.Parent", with(listingTasks(func(f *filter) { f.Parent = activity.ID{} }))},
		{"takes a repeated task for a parent", "TaskFilter.Parent", with(sievingTasks(func(f *filter) { f.Parent = activity.ID{} }, func(f filter, t task) bool {
			return f.Match(&t) || f.Parent == t.RetryOf
		}))},
		{"ignores Trigger", "TaskFilter.Trigger", with(listingTasks(func(f *filter) { f.Trigger = 0 }))},
		{"takes the one trigger for the other", "TaskFilter.Trigger", with(listingTasks(func(f *filter) {
			if f.Trigger != 0 {
				f.Trigger = 3 - f.Trigger
			}
		}))},
		{"shows previews always", "TaskFilter.Previews", with(listingTasks(func(f *filter) { f.Previews = activity.PreviewsShown }))},
		{"never shows previews", "TaskFilter.Previews", with(listingTasks(func(f *filter) { f.Previews = activity.PreviewsHidden }))},
		{"ignores Words", "TaskFilter.Words", with(listingTasks(func(f *filter) { f.Words = nil }))},
		{"looks for the first word only", "TaskFilter.Words", with(listingTasks(func(f *filter) { f.Words = f.Words[:min(1, len(f.Words))] }))},
		{"looks for titles with the words in them", "TaskFilter.Words", with(sievingTasks(func(f *filter) { f.Words = nil }, func(f filter, t task) bool {
			return !slices.ContainsFunc(f.Words, func(word string) bool { return !strings.Contains(activity.Fold(t.Title), word) })
		}))},
		{"folds ASCII letters of titles only", "TaskFilter.Words", with(sievingTasks(func(f *filter) { f.Words = nil }, func(f filter, t task) bool {
			return !slices.ContainsFunc(f.Words, func(word string) bool {
				return !slices.Contains(strings.FieldsFunc(foldASCII(t.Title), notInWord), word)
			})
		}))},
		{"finds titles by all of their words", "TaskFilter.Words", with(sievingTasks(func(f *filter) { f.Words = nil }, func(f filter, t task) bool {
			return !slices.ContainsFunc(f.Words, func(word string) bool {
				return !slices.Contains(strings.FieldsFunc(activity.Fold(t.Title), notInWord), word)
			})
		}))},
		{"ignores Attributes", "TaskFilter.Attributes", with(listingTasks(func(f *filter) { f.Attributes = nil }))},
		{"looks for one of the attributes", "TaskFilter.Attributes", with(sievingTasks(func(f *filter) { f.Attributes = nil }, func(f filter, t task) bool {
			for name, value := range f.Attributes {
				if has, ok := t.Attributes[name]; ok && has == value {
					return true
				}
			}
			return len(f.Attributes) == 0
		}))},
		{"takes no attribute for an empty one", "TaskFilter.Attributes", with(sievingTasks(func(f *filter) { f.Attributes = nil }, func(f filter, t task) bool {
			for name, value := range f.Attributes {
				if t.Attributes[name] != value {
					return false
				}
			}
			return true
		}))},
		{"ignores the case of attributes", "TaskFilter.Attributes", with(sievingTasks(func(f *filter) { f.Attributes = nil }, func(f filter, t task) bool {
			for name, value := range f.Attributes {
				if has, ok := t.Attributes[name]; !ok || !strings.EqualFold(has, value) {
					return false
				}
			}
			return true
		}))},
		{"ignores MinID", "TaskFilter.MinID", with(listingTasks(func(f *filter) { f.MinID = activity.ID{} }))},
		{"leaves out the task at MinID", "TaskFilter.MinID", with(listingTasks(func(f *filter) { f.MinID = f.MinID.Next() }))},
		{"ignores MaxID", "TaskFilter.MaxID", with(listingTasks(func(f *filter) { f.MaxID = activity.ID{} }))},
		{"includes the task at MaxID", "TaskFilter.MaxID", with(listingTasks(func(f *filter) {
			if !f.MaxID.IsZero() {
				f.MaxID = f.MaxID.Next()
			}
		}))},
		{"ignores MinID beside MaxID", "TaskFilter.MaxID", with(listingTasks(func(f *filter) {
			if !f.MaxID.IsZero() {
				f.MinID = activity.ID{}
			}
		}))},
		{"ignores the From of tasks", "TaskFilter.From", with(listingTasks(func(f *filter) { f.From = time.Time{} }))},
		{"leaves out the task at From", "TaskFilter.From", with(listingTasks(func(f *filter) {
			if !f.From.IsZero() {
				f.From = f.From.Add(time.Microsecond)
			}
		}))},
		{"compares when tasks were queued", "TaskFilter.From", with(sievingTasks(func(f *filter) { f.From, f.To = time.Time{}, time.Time{} }, func(f filter, t task) bool {
			t.StartedAt = time.Time{}
			return f.Match(&t)
		}))},
		{"ignores the To of tasks", "TaskFilter.To", with(listingTasks(func(f *filter) { f.To = time.Time{} }))},
		{"includes the task at To", "TaskFilter.To", with(listingTasks(func(f *filter) {
			if !f.To.IsZero() {
				f.To = f.To.Add(time.Microsecond)
			}
		}))},
		{"ignores Sort", "TaskFilter.Sort", with(listingTasks(func(f *filter) { f.Sort, f.After = activity.SortStart, nil }))},
		{"adds what was not done to what succeeded", "TaskFilter.Sort", with(sortingTasks(func(f filter, a, b task) int {
			if f.Sort == activity.SortSucceeded {
				f.Sort = activity.SortAttempted
			}
			return f.Compare(&a, &b)
		}))},
		{"turns equal tasks around", "TaskFilter.Sort", with(sortingTasks(func(f filter, a, b task) int {
			c := f.Compare(&a, &b)
			a.ID, b.ID = activity.ID{}, activity.ID{}
			if f.Compare(&a, &b) == 0 {
				return -c
			}
			return c
		}))},
		{"ignores Descending", "TaskFilter.Descending", with(listingTasks(func(f *filter) { f.Descending = false }))},
		{"takes the first tasks and turns them around", "TaskFilter.Descending", with(broken{tasks: limitsTasksFirst})},
		{"ignores After", "TaskFilter.After", with(listingTasks(func(f *filter) { f.After = nil }))},
		{"takes a limit of one task for none", "TaskFilter.Limit", with(listingTasks(func(f *filter) {
			if f.Limit == 1 {
				f.Limit = activity.DefaultLimit
			}
		}))},
	}
}

// notInWord reports whether a letter separates the words of these cases.
func notInWord(r rune) bool { return strings.ContainsRune(" ,.-_()%\\'\"", r) }

// hasPrefix reports whether one of some names begins another.
func hasPrefix(names []string, name string) bool {
	return slices.ContainsFunc(names, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}
