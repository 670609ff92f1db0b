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
		for _, limit := range []int{1, 11, 12, 13, activity.MaxTotal + 1} {
			filter.Limit = limit
			s.counts(filter, min(limit, 12))
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
