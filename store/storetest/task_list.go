package storetest

import (
	"fmt"
	"time"

	"github.com/go-activity/activity"
)

const (
	matchingTasksRule = "Exactly the tasks for which TaskFilter.Match is true come back, each once."
	taskOrderRule     = "They come in the order of TaskFilter.Compare, from the first after the filter's place."
	taskLimitRule     = "When there are more tasks than Limit, the first Limit of that order come back."
)

// listTasksCases are about the results of Tasks and CountTasks: what is in them, the order and the
// length.
var listTasksCases = []testCase{
	{"tasks without conditions", matchingTasksRule, checkNoTaskConditions},
	{"tasks, each once", matchingTasksRule, checkTasksOnce},
	{"tasks, all conditions at once", matchingTasksRule, checkAllTaskConditions},
	{"no task matches", matchingTasksRule, checkNoTaskMatches},
	{"order of tasks", taskOrderRule, checkOrderOfTasks},
	{"order of equal tasks", taskOrderRule, checkOrderOfEqualTasks},
	{"order of texts", taskOrderRule, checkOrderOfTexts},
	{"pages of tasks", taskOrderRule, checkPagesOfTasks},
	{"limit of tasks", taskLimitRule, checkLimitOfTasks},
	{"limit of tasks of several lists", taskLimitRule, checkLimitOfMergedTasks},
	{"count of tasks", "The count stops at Limit.", checkCount},
}

func checkNoTaskConditions(s subject) {
	s.findsTasks(activity.TaskFilter{Tenant: acme})
	tasks := []activity.Task{newTask(1), newTask(2, taskAbout()), newTask(3, runFor(ben), automated, titled("Contacts"), inStatus(activity.StatusFailed))}
	s.addTasks(tasks...)
	for _, sort := range activity.TaskSorts {
		s.findsTasks(activity.TaskFilter{Tenant: acme, Sort: sort}, tasks...)
		s.findsTasks(activity.TaskFilter{Tenant: acme, Sort: sort, Descending: true}, tasks...)
	}
}

func checkTasksOnce(s subject) {
	tasks := []activity.Task{
		newTask(1, taskAbout(deal, call), titled("One two"), taskKind("a")),
		newTask(2, taskAbout(call, deal, ana), titled("two one two"), taskKind("b"), automated),
		newTask(3, taskAbout(ana), titled("ONE, TWO"), attributes(map[string]string{"a": "1", "b": "1"})),
		newTask(4, taskAbout(deal), inStatus(activity.StatusProcessing), titled("two")),
	}
	s.addTasks(tasks...)
	for _, limit := range []int{0, 3} { // what comes twice would take the place of another
		s.findsTasks(activity.TaskFilter{Tenant: acme, Entities: []activity.Entity{deal, call}, Limit: limit}, tasks[0], tasks[1], tasks[3])
		s.findsTasks(activity.TaskFilter{Tenant: acme, Entities: []activity.Entity{deal, deal, {Kind: "deal", ID: "1"}, call}, Limit: limit}, tasks[0], tasks[1], tasks[3])
		s.findsTasks(activity.TaskFilter{Tenant: acme, Kinds: []string{"a", "b", "import", "a"}, Limit: limit + limit/3}, tasks...)
		s.findsTasks(activity.TaskFilter{Tenant: acme, Statuses: []activity.Status{activity.StatusQueued, activity.StatusQueued}, Limit: limit}, tasks[:3]...)
		s.findsTasks(activity.TaskFilter{Tenant: acme, Words: []string{"two", "one", "two"}, Limit: limit}, tasks[:3]...)
	}
	s.findsTasks(activity.TaskFilter{Tenant: acme, Attributes: map[string]string{"a": "1", "b": "1"}}, tasks[2])
}

func checkAllTaskConditions(s subject) {
	parent := newID(epoch, 99)
	all := []taskChange{
		taskAbout(call, deal), runFor(ben), taskKind("sync"), inStatus(activity.StatusProcessing), startedAt(epoch.Add(time.Hour)), stepOf(parent), automated, asPreview,
		titled("Sync of contacts"), attributes(map[string]string{"template": "weekly", "b": "2"}),
	}
	hit := newTask(10, all...)
	tasks := []activity.Task{newTask(9, all...), hit, newTask(11, all...)}
	for i, miss := range []taskChange{
		taskAbout(ana), runFor(ana), taskKind("import"), inStatus(activity.StatusCompleted), startedAt(epoch.Add(2 * time.Hour)), startedAt(epoch.Add(time.Minute)),
		stepOf(newID(epoch, 98)), stepOf(activity.ID{}), titled("Sync of companies"), attributes(map[string]string{"template": "weekly", "b": "3"}),
		func(t *activity.Task) { t.Automated = false }, func(t *activity.Task) { t.Preview = false },
	} {
		tasks = append(tasks, newTask(10, append(all, miss, taskID(newID(hit.QueuedAt, uint64(100+i))))...))
	}
	s.addTasks(tasks...)
	s.addTasks(newTask(10, append(all, taskOf(globex), taskID(newID(hit.QueuedAt, 11)))...))
	filter := activity.TaskFilter{
		Tenant:     acme,
		Kinds:      []string{"import_contacts", "sync"},
		Statuses:   []activity.Status{activity.StatusProcessing, activity.StatusQueued},
		Actor:      ben,
		Entities:   []activity.Entity{{Kind: "mail", ID: "1"}, deal},
		Parent:     parent,
		Trigger:    activity.ByAutomation,
		Previews:   activity.PreviewsOnly,
		Words:      []string{"contacts", "sync"},
		Attributes: map[string]string{"b": "2", "template": "weekly"},
		MinID:      hit.ID,
		MaxID:      newTask(11).ID,
		From:       hit.StartedAt,
		To:         hit.StartedAt.Add(time.Minute),
	}
	for _, sort := range activity.TaskSorts {
		filter.Sort = sort
		s.findsTasks(filter, hit)
	}
	filter.Descending, filter.Previews = true, activity.PreviewsShown
	s.findsTasks(filter, hit, tasks[len(tasks)-1])
	filter.MinID, filter.MaxID = activity.ID{}, activity.ID{}
	s.findsTasks(filter, append(newTasks(9, 12, all...), tasks[len(tasks)-1])...)
}

func checkNoTaskMatches(s subject) {
	s.addTasks(newTasks(1, 4)...)
	for _, filter := range []activity.TaskFilter{
		{Kinds: []string{"no.such", "kind"}},
		{Statuses: []activity.Status{activity.StatusProcessing, activity.StatusCancelled}},
		{Actor: ben},
		{Entities: []activity.Entity{call}},
		{Parent: newID(epoch, 1)},
		{Trigger: activity.ByAutomation},
		{Previews: activity.PreviewsOnly},
		{Words: []string{"word"}},
		{Attributes: map[string]string{"a": ""}},
		{MinID: newTask(4).ID},
		{MaxID: newTask(1).ID},
		{From: newTask(4).QueuedAt},
		{To: newTask(1).QueuedAt},
		{Entities: []activity.Entity{deal}, Actor: ben},
		{After: &activity.TaskPlace{Number: newTask(4).QueuedAt.UnixMicro()}},
	} {
		filter.Tenant = acme
		s.findsTasks(filter)
		if filter.After == nil {
			filter.Sort, filter.Descending = activity.SortTitle, true
			s.findsTasks(filter)
		}
	}
}

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
	for n, text := range []string{" ", "!", "0", "10", "9", "A", "B", "Z", "Zoe", "_", "a", "a b", "a-b", "a.b", "aa", "ab", "b", "e\u0301", "z", "ß", "É", "é", "ü", "日", "\uffff", "😀"} {
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

func checkLimitOfTasks(s subject) {
	tasks := newTasks(0, 10, titled("Contacts"))
	s.addTasks(tasks...)
	for _, limit := range []int{1, 2, 9, 10, 11, activity.MaxLimit + 1} {
		n := min(limit, 10)
		for _, filter := range []activity.TaskFilter{
			{},
			{Entities: []activity.Entity{deal}},
			{Actor: ana, Words: []string{"contacts"}},
			{Sort: activity.SortTitle},
		} {
			filter.Tenant, filter.Limit = acme, limit
			s.findsTasks(filter, tasks[:n]...)
			filter.Descending = true
			s.findsTasks(filter, tasks[10-n:]...)
		}
	}
}

func checkLimitOfMergedTasks(s subject) {
	var tasks []activity.Task
	entities := []activity.Entity{deal, call, ben}
	for n := range 12 { // the latest ones of an entity are not those of all three
		tasks = append(tasks, newTask(n, taskAbout(entities[n/4]), taskKind([]string{"a", "b", "c"}[n%3]), inStatus(activity.Statuses[n%2])))
	}
	s.addTasks(tasks...)
	for limit := 1; limit <= 12; limit += 3 {
		for _, filter := range []activity.TaskFilter{
			{Entities: entities},
			{Kinds: []string{"c", "a", "b"}},
			{Statuses: activity.Statuses},
			{Entities: entities, Kinds: []string{"c", "a", "b"}, Actor: ana},
		} {
			filter.Tenant, filter.Limit = acme, limit
			s.findsTasks(filter, tasks[:limit]...)
			filter.Descending = true
			s.findsTasks(filter, tasks[12-limit:]...)
		}
	}
}

func checkCount(s subject) {
	var tasks []activity.Task
	for n := range 12 {
		tasks = append(tasks, newTask(n, taskKind(fmt.Sprint("kind", n%3)), taskAbout(deal, call)))
	}
	s.addTasks(tasks...)
	for _, filter := range []activity.TaskFilter{
		{},
		{Sort: activity.SortTitle, Descending: true},
		{Kinds: []string{"kind0", "kind1", "kind2"}},
		{Entities: []activity.Entity{call, deal}, Actor: ana},
	} {
		filter.Tenant = acme
		for limit, want := range map[int]int{1: 1, 11: 11, 12: 12, 13: 12, activity.MaxTotal + 1: 12} {
			filter.Limit = limit
			s.counts(filter, want)
		}
		place := filter.Sort.Place(&tasks[6])
		filter.After = &place // whatever the place
		s.counts(filter, 12)
	}
	s.counts(activity.TaskFilter{Tenant: acme, Kinds: []string{"kind1"}, Limit: 3}, 3)
	s.counts(activity.TaskFilter{Tenant: acme, Kinds: []string{"kind1"}, Limit: 100}, 4)
	s.counts(activity.TaskFilter{Tenant: acme, MinID: tasks[3].ID, Limit: 100}, 9)
	s.counts(activity.TaskFilter{Tenant: acme, From: tasks[3].QueuedAt, To: tasks[5].QueuedAt, Limit: 100}, 2)
	s.counts(activity.TaskFilter{Tenant: globex, Limit: 100}, 0)
}
