package storetest

import (
	"time"

	"github.com/go-activity/activity"
)

// varied returns tasks that no two columns sort alike, with equal values in each.
func varied() []activity.Task {
	var tasks []activity.Task
	for n := range 12 {
		at := func(ms int) time.Time {
			return epoch.Add(time.Duration(ms%5)*time.Hour + time.Duration(ms%3)*time.Microsecond)
		}
		tasks = append(tasks, newTask(n, func(t *activity.Task) {
			t.Kind = []string{"b", "a.b", "a_b", "b"}[n%4]
			t.Title = []string{"", "Zoe", "anna", "Éva", "Zoe"}[n%5]
			t.Status = activity.Statuses[n*3%5]
			t.Actor = []activity.Entity{ana, ben, {Kind: "user", ID: "Cid"}, {Kind: "box", ID: "x", Label: "Ana"}}[n/3]
			if n%3 > 0 {
				t.StartedAt = at(7 * n)
			}
			if n%4 > 1 {
				t.EndedAt = t.Start().Add(time.Duration(n*5%4) * time.Minute)
			}
			t.Total = int64(n * 7 % 5)
			t.Counts = activity.Counts{
				Created: int64(n * 5 % 4), Updated: int64(n % 3), Deleted: int64(n * 3 % 7), Unmodified: int64(n / 4), Failed: int64(12-n) / 2, Warned: int64(n * 11 % 6),
			}
		}))
	}
	return tasks
}

func checkOrderOfTasks(s subject) {
	tasks := varied()
	for _, i := range []int{3, 6, 0, 5, 11, 2, 4, 1, 10, 7, 9, 8} { // stored in another order than they are listed
		s.addTasks(tasks[i])
	}
	for _, sort := range append(activity.TaskSorts, "") {
		for _, descending := range []bool{false, true} {
			filter := activity.TaskFilter{Tenant: acme, Sort: sort, Descending: descending}
			s.findsTasks(filter, tasks...)
			filter.Kinds = []string{"b"}
			s.findsTasks(filter, ofKinds(tasks, "b")...)
			filter.Kinds = []string{"b", "a_b"}
			s.findsTasks(filter, ofKinds(tasks, "b", "a_b")...)
		}
	}
}

func ofKinds(tasks []activity.Task, kinds ...string) []activity.Task {
	var some []activity.Task
	for _, task := range tasks {
		for _, kind := range kinds {
			if task.Kind == kind {
				some = append(some, task)
			}
		}
	}
	return some
}

func checkOrderOfEqualTasks(s subject) {
	var tasks []activity.Task
	for i, random := range []uint64{5, 3, 1 << 61, 1, 4, 255, 256, 1<<62 - 1, 2} {
		entity := []activity.Entity{deal, call, ben}[i%3]
		tasks = append(tasks, newTask(0, taskAbout(entity), taskID(newID(epoch, random))))
	}
	s.addTasks(tasks...)
	for _, sort := range activity.TaskSorts {
		for _, descending := range []bool{false, true} {
			s.findsTasks(activity.TaskFilter{Tenant: acme, Sort: sort, Descending: descending}, tasks...)
		}
	}
	s.findsTasks(activity.TaskFilter{Tenant: acme, Entities: []activity.Entity{deal, call, ben}}, tasks...)
	s.findsTasks(activity.TaskFilter{Tenant: acme, Entities: []activity.Entity{deal, call, ben}, Descending: true}, tasks...)
}

// checkOrderOfTexts has texts in the order of their bytes.
func checkOrderOfTexts(s subject) {
	var tasks []activity.Task
	for n, text := range []string{" ", "!", "0", "10", "9", "A", "B", "Z", "Zoe", "_", "a", "a b", "a-b", "a.b", "aa", "ab", "b", "e\u0301", "z", "É", "ß", "é", "ü", "日", "\uffff", "😀"} {
		tasks = append(tasks, newTask(100-n, titled(text), runFor(activity.Entity{Kind: "user", ID: "1", Label: text})))
	}
	s.addTasks(tasks...)
	for _, sort := range []activity.TaskSort{activity.SortTitle, activity.SortActor} {
		got, err := s.store.Tasks(s.Context(), activity.TaskFilter{Tenant: acme, Sort: sort, Limit: 100})
		if err != nil {
			s.Fatalf("Tasks: %v", err)
		}
		if d := diffTasks(tasks, got); d != "" {
			s.Errorf("Tasks by %s: %s", sort, d)
		}
	}
}

func checkPagesOfTasks(s subject) {
	tasks := varied()
	s.addTasks(tasks...)
	s.addTasks(newTask(20, taskOf(globex)))
	for _, sort := range activity.TaskSorts {
		for _, filter := range []activity.TaskFilter{
			{Descending: true},
			{Kinds: []string{"b", "a_b"}},
			{Kinds: []string{"b"}, Descending: true},
		} {
			filter.Tenant, filter.Sort = acme, sort
			all := tasks
			if len(filter.Kinds) > 0 {
				all = ofKinds(tasks, filter.Kinds...)
			}
			all = sortedTasks(filter, all)
			for i := 0; i < len(all); i += 2 {
				place := sort.Place(&all[i])
				filter.After, filter.Limit = &place, 2+i%3
				s.findsTasks(filter, all[i+1:min(len(all), i+1+filter.Limit)]...)
			}
			// A place is one even when no task is there.
			place := sort.Place(&all[3])
			_, _, place.ID = around(place.ID)
			filter.After, filter.Limit = &place, 100
			if filter.Descending {
				s.findsTasks(filter, all[3:]...)
			} else {
				s.findsTasks(filter, all[4:]...)
			}
		}
	}
}
