package storetest

import (
	"cmp"
	"slices"
	"strings"

	"github.com/go-activity/activity"
)

// addTask adds a task that was stored, unless it is there.
func (m *model) addTask(task activity.Task) {
	if !slices.ContainsFunc(m.tasks, func(known activity.Task) bool { return known.ID == task.ID }) {
		m.tasks = append(m.tasks, task.Clone())
	}
}

// changeTask puts a task as it is now into the place of the one before.
func (m *model) changeTask(task activity.Task) {
	for i := range m.tasks {
		if m.tasks[i].ID == task.ID {
			m.tasks[i] = task.Clone()
		}
	}
}

// taskColumns are the columns of lists of tasks: the number or the text that each task has in it.
var taskColumns = map[activity.TaskSort]func(t activity.Task) (int64, string){
	activity.SortQueued: func(t activity.Task) (int64, string) { return t.QueuedAt.UnixMicro(), "" },
	activity.SortStart: func(t activity.Task) (int64, string) {
		if t.StartedAt.IsZero() {
			return t.QueuedAt.UnixMicro(), ""
		}
		return t.StartedAt.UnixMicro(), ""
	},
	activity.SortEnd: func(t activity.Task) (int64, string) {
		if t.EndedAt.IsZero() {
			return 0, ""
		}
		return t.EndedAt.UnixMicro(), ""
	},
	activity.SortDuration: func(t activity.Task) (int64, string) {
		if t.StartedAt.IsZero() || t.EndedAt.IsZero() {
			return 0, ""
		}
		return t.EndedAt.UnixMicro() - t.StartedAt.UnixMicro(), ""
	},
	activity.SortKind:       func(t activity.Task) (int64, string) { return 0, t.Kind },
	activity.SortTitle:      func(t activity.Task) (int64, string) { return 0, t.Title },
	activity.SortActor:      func(t activity.Task) (int64, string) { return 0, cmp.Or(t.Actor.Label, t.Actor.ID) },
	activity.SortStatus:     func(t activity.Task) (int64, string) { return int64(t.Status), "" },
	activity.SortTotal:      func(t activity.Task) (int64, string) { return t.Total, "" },
	activity.SortCreated:    func(t activity.Task) (int64, string) { return t.Counts.Created, "" },
	activity.SortUpdated:    func(t activity.Task) (int64, string) { return t.Counts.Updated, "" },
	activity.SortDeleted:    func(t activity.Task) (int64, string) { return t.Counts.Deleted, "" },
	activity.SortUnmodified: func(t activity.Task) (int64, string) { return t.Counts.Unmodified, "" },
	activity.SortFailed:     func(t activity.Task) (int64, string) { return t.Counts.Failed, "" },
	activity.SortWarned:     func(t activity.Task) (int64, string) { return t.Counts.Warned, "" },
	activity.SortSucceeded: func(t activity.Task) (int64, string) {
		return t.Counts.Created + t.Counts.Updated + t.Counts.Deleted + t.Counts.Unmodified, ""
	},
	activity.SortAttempted: func(t activity.Task) (int64, string) {
		c := t.Counts
		return c.Created + c.Updated + c.Deleted + c.Unmodified + c.Failed + c.Warned, ""
	},
}

// columnOf returns a column, by start if none is named.
func columnOf(sort activity.TaskSort) func(t activity.Task) (int64, string) {
	return taskColumns[cmp.Or(sort, activity.SortStart)]
}

// findTasks returns what Tasks should, and how many match in all. Words of titles are separated by
// spaces here.
func (m *model) findTasks(f activity.TaskFilter) ([]activity.Task, int) {
	column := columnOf(f.Sort)
	place := func(t activity.Task) activity.TaskPlace {
		number, text := column(t)
		return activity.TaskPlace{Number: number, Text: text, ID: t.ID}
	}
	compare := func(a, b activity.TaskPlace) int {
		c := cmp.Or(cmp.Compare(a.Number, b.Number), strings.Compare(a.Text, b.Text), strings.Compare(string(a.ID[:]), string(b.ID[:])))
		if f.Descending {
			return -c
		}
		return c
	}
	var found []activity.Task
	n := 0
	for _, t := range m.tasks {
		if t.Tenant != f.Tenant || !m.meets(t, f) {
			continue
		}
		if n++; f.After == nil || compare(place(t), *f.After) > 0 {
			found = append(found, t)
		}
	}
	slices.SortFunc(found, func(a, b activity.Task) int { return compare(place(a), place(b)) })
	return found[:min(len(found), f.Limit)], n
}

// meets reports whether a task meets the conditions of a filter.
func (m *model) meets(t activity.Task, f activity.TaskFilter) bool {
	if len(f.Kinds) > 0 && !slices.Contains(f.Kinds, t.Kind) || len(f.Statuses) > 0 && !slices.Contains(f.Statuses, t.Status) {
		return false
	}
	if f.Actor.Kind != "" && (t.Actor.Kind != f.Actor.Kind || t.Actor.ID != f.Actor.ID) {
		return false
	}
	if len(f.Entities) > 0 {
		ok := false
		for _, wanted := range f.Entities {
			for _, entity := range t.About {
				ok = ok || entity.Kind == wanted.Kind && entity.ID == wanted.ID
			}
		}
		if !ok {
			return false
		}
	}
	if len(f.Named) > 0 {
		ok := false
		for _, wanted := range f.Named {
			for _, entity := range append([]activity.Entity{t.Actor}, t.About...) {
				ok = ok || entity.Kind == wanted.Kind && entity.ID == wanted.ID
			}
		}
		if !ok {
			return false
		}
	}
	if f.Parent != (activity.ID{}) && t.Parent != f.Parent {
		return false
	}
	if f.Trigger == activity.ByPerson && t.Automated || f.Trigger == activity.ByAutomation && !t.Automated {
		return false
	}
	if f.Previews == activity.PreviewsHidden && t.Preview || f.Previews == activity.PreviewsOnly && !t.Preview {
		return false
	}
	for _, word := range f.Words {
		if !slices.Contains(strings.Fields(strings.ToLower(t.Title)), word) {
			return false
		}
	}
	for name, value := range f.Attributes {
		if has, ok := t.Attributes[name]; !ok || has != value {
			return false
		}
	}
	if string(t.ID[:]) < string(f.MinID[:]) || f.MaxID != (activity.ID{}) && string(t.ID[:]) >= string(f.MaxID[:]) {
		return false
	}
	start, _ := columnOf(activity.SortStart)(t)
	return (f.From.IsZero() || start >= f.From.UnixMicro()) && (f.To.IsZero() || start < f.To.UnixMicro())
}
