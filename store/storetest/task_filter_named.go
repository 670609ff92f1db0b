package storetest

import (
	"fmt"

	"github.com/go-activity/activity"
)

func checkTaskNamed(s subject) {
	tasks := []activity.Task{
		newTask(0, taskAbout(), runFor(ana)),
		newTask(1, taskAbout(ana), runFor(ben)),
		newTask(2, taskAbout(deal, ana), runFor(ana)), // both
		newTask(3, taskAbout(deal), runFor(ben)),
		newTask(4, taskAbout(call, activity.User("ana", "Ana Renamed")), runFor(activity.System("ana"))),
		newTask(5, taskAbout(activity.Identity("ana", "Ana")), runFor(activity.User("ana2", "Ana")), func(t *activity.Task) { t.EndedBy = ana }),
		newTask(6, taskAbout(deal, call), runFor(activity.User("ana", "")), taskKind("export"), inStatus(activity.StatusFailed)),
		newTask(7, taskAbout(deal), runFor(activity.User("Ana", "Ana"))),
	}
	s.addTasks(tasks...)
	type entities = []activity.Entity
	for _, sort := range []activity.TaskSort{activity.SortStart, activity.SortQueued, activity.SortKind} {
		find := func(filter activity.TaskFilter, tasks ...activity.Task) {
			s.Helper()
			filter.Tenant, filter.Sort = acme, sort
			s.findsTasks(filter, tasks...)
			filter.Descending = true
			s.findsTasks(filter, tasks...)
		}
		find(activity.TaskFilter{Named: entities{ana}}, tasks[0], tasks[1], tasks[2], tasks[4], tasks[6])
		find(activity.TaskFilter{Named: entities{activity.User("ana", "whatever")}}, tasks[0], tasks[1], tasks[2], tasks[4], tasks[6])
		find(activity.TaskFilter{Named: entities{ben}}, tasks[1], tasks[3])
		find(activity.TaskFilter{Named: entities{call}}, tasks[4], tasks[6])
		find(activity.TaskFilter{Named: entities{call, ben}}, tasks[1], tasks[3], tasks[4], tasks[6])
		find(activity.TaskFilter{Named: entities{contact(1)}})
		find(activity.TaskFilter{Named: entities{}}, tasks...)
		// Beside other conditions, both must hold.
		find(activity.TaskFilter{Named: entities{ana}, Entities: entities{deal}}, tasks[2], tasks[6])
		find(activity.TaskFilter{Named: entities{ana}, Actor: ana}, tasks[0], tasks[2], tasks[6])
		find(activity.TaskFilter{Named: entities{ana, call}, Actor: ben}, tasks[1])
		find(activity.TaskFilter{Named: entities{ana, ben}, Kinds: []string{"export"}}, tasks[6])
		find(activity.TaskFilter{Named: entities{ana, ben}, Statuses: []activity.Status{activity.StatusFailed}}, tasks[6])
		find(activity.TaskFilter{Named: entities{ana, ben}, MinID: tasks[2].ID, MaxID: tasks[6].ID}, tasks[2], tasks[3], tasks[4])
	}
	s.findsTasks(activity.TaskFilter{Tenant: acme, Named: entities{ana, call, deal}, Descending: true, Limit: 3}, tasks[4], tasks[6], tasks[7])
	s.findsTasks(activity.TaskFilter{Tenant: acme, Named: entities{ana, call, deal}, Limit: 3}, tasks[0], tasks[1], tasks[2])
	s.findsTasks(activity.TaskFilter{Tenant: globex, Named: entities{ana, call, deal}})
}

func checkLongTaskNamed(s subject) {
	entities := make([]activity.Entity, activity.MaxRelatives)
	for i := range entities {
		entities[i] = activity.Entity{Kind: "contact", ID: fmt.Sprint(i)}
	}
	var tasks []activity.Task
	for n := range 20 {
		tasks = append(tasks, newTask(n, taskAbout(entities[100*n], entities[100*n+1]), runFor([]activity.Entity{ana, entities[99*n]}[n%2])))
	}
	tasks = append(tasks, newTask(20), newTask(21, taskAbout(), runFor(entities[1999])))
	s.addTasks(tasks...)
	found := append(tasks[:20:20], tasks[21])
	s.findsTasks(activity.TaskFilter{Tenant: acme, Named: entities}, found...)
	s.findsTasks(activity.TaskFilter{Tenant: acme, Named: entities, Descending: true, Limit: 3}, found[18:]...)
	s.findsTasks(activity.TaskFilter{Tenant: acme, Named: entities, Entities: entities, Sort: activity.SortKind, Limit: 3}, tasks[:3]...)
}
