package storetest

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/go-activity/activity"
)

// orders are filters for all tasks of some cases, which a store may answer in different ways.
var orders = []activity.TaskFilter{
	{Tenant: acme},
	{Tenant: acme, Entities: []activity.Entity{deal}, Descending: true},
	{Tenant: acme, Sort: activity.SortTitle},
}

func checkMinID(s subject) {
	tasks := newTasks(0, 4)
	s.addTasks(tasks...)
	for _, filter := range orders {
		for i, task := range tasks {
			before, same, after := around(task.ID)
			filter.MinID = before
			s.findsTasks(filter, tasks[i:]...)
			filter.MinID = same
			s.findsTasks(filter, tasks[i:]...)
			filter.MinID = after
			s.findsTasks(filter, tasks[i+1:]...)
		}
	}
}

func checkMaxID(s subject) {
	tasks := newTasks(0, 4)
	s.addTasks(tasks...)
	for _, filter := range orders {
		for i, task := range tasks {
			before, same, after := around(task.ID)
			filter.MaxID = before
			s.findsTasks(filter, tasks[:i]...)
			filter.MaxID = same
			s.findsTasks(filter, tasks[:i]...)
			filter.MaxID = after
			s.findsTasks(filter, tasks[:i+1]...)
			filter.MaxID, filter.MinID = task.ID, tasks[1].ID
			s.findsTasks(filter, tasks[min(1, i):i]...)
			filter.MinID = activity.ID{}
		}
	}
}

// restarted returns tasks, by their start. They were queued in another order.
func restarted() []activity.Task {
	return []activity.Task{
		newTask(5),
		newTask(3, startedAt(epoch.Add(10*time.Second))),
		newTask(4, startedAt(epoch.Add(10*time.Second+time.Microsecond)), endedAt(epoch.Add(time.Hour))),
		newTask(12),
		newTask(1, startedAt(epoch.Add(time.Hour))),
	}
}

func checkFrom(s subject) {
	tasks := restarted()
	s.addTasks(tasks...)
	for _, filter := range orders {
		for i, task := range tasks {
			filter.From = task.Start()
			s.findsTasks(filter, tasks[i:]...)
			filter.From = task.Start().Add(time.Microsecond)
			s.findsTasks(filter, tasks[i+1:]...)
			filter.From = task.Start().In(time.FixedZone("", -8*3600))
			s.findsTasks(filter, tasks[i:]...)
		}
	}
}

func checkTo(s subject) {
	tasks := restarted()
	s.addTasks(tasks...)
	for _, filter := range orders {
		for i, task := range tasks {
			filter.To = task.Start()
			s.findsTasks(filter, tasks[:i]...)
			filter.To = task.Start().Add(time.Microsecond).In(time.FixedZone("", -8*3600))
			s.findsTasks(filter, tasks[:i+1]...)
			filter.From = tasks[1].Start()
			s.findsTasks(filter, tasks[min(1, i+1):i+1]...)
			filter.From = time.Time{}
		}
	}
}

func checkSort(s subject) {
	tasks := varied()
	s.addTasks(tasks...)
	for sort, column := range taskColumns {
		want := slices.Clone(tasks) // by ID
		slices.SortStableFunc(want, func(a, b activity.Task) int {
			number, text := column(a)
			other, otherText := column(b)
			return cmp.Or(cmp.Compare(number, other), strings.Compare(text, otherText))
		})
		for _, descending := range []bool{false, true} {
			got, err := s.store.Tasks(s.Context(), activity.TaskFilter{Tenant: acme, Sort: sort, Descending: descending, Limit: 100})
			if err != nil {
				s.Fatalf("Tasks: %v", err)
			}
			if d := diffTasks(want, got); d != "" {
				s.Errorf("Tasks by %q, descending %t: %s", sort, descending, d)
			}
			slices.Reverse(want)
		}
	}
}

func checkDescending(s subject) {
	tasks := newTasks(0, 5)
	s.addTasks(tasks...)
	for _, sort := range []activity.TaskSort{activity.SortStart, activity.SortQueued, activity.SortTitle} {
		s.findsTasks(activity.TaskFilter{Tenant: acme, Sort: sort, Limit: 2}, tasks[:2]...)
		s.findsTasks(activity.TaskFilter{Tenant: acme, Sort: sort, Descending: true, Limit: 2}, tasks[3:]...)
		s.findsTasks(activity.TaskFilter{Tenant: acme, Sort: sort, Descending: true, MaxID: tasks[3].ID, Limit: 2}, tasks[1:3]...)
	}
}

func checkAfterPlace(s subject) {
	tasks := newTasks(0, 5)
	s.addTasks(tasks...)
	for _, filter := range orders {
		for i, task := range tasks {
			place := filter.Sort.Place(&task)
			filter.After = &place
			if filter.Descending {
				s.findsTasks(filter, tasks[:i]...)
			} else {
				s.findsTasks(filter, tasks[i+1:]...)
			}
		}
	}
}

func checkOneTask(s subject) {
	tasks := newTasks(0, 3)
	s.addTasks(tasks...)
	s.findsTasks(activity.TaskFilter{Tenant: acme, Limit: 1}, tasks[0])
	s.findsTasks(activity.TaskFilter{Tenant: acme, Limit: 1, Descending: true}, tasks[2])
	s.findsTasks(activity.TaskFilter{Tenant: acme, Limit: 1, Entities: []activity.Entity{deal}, MaxID: tasks[2].ID, Descending: true}, tasks[1])
	s.counts(activity.TaskFilter{Tenant: acme, Limit: 1}, 1)
}
