package storetest

import (
	"fmt"
	"strings"

	"github.com/go-activity/activity"
)

// taskFilterCases are about single conditions of a TaskFilter. Their rules are the comments of its
// fields.
var taskFilterCases = []testCase{
	{"TaskFilter.Kinds", "of one of these kinds, if there are any", checkTaskKinds},
	{"TaskFilter.Kinds, long", "of one of these kinds, if there are any", checkLongTaskKinds},
	{"TaskFilter.Statuses", "of one of these statuses, if there are any", checkTaskStatuses},
	{"TaskFilter.Actor", "run for this actor, unless zero", checkTaskActor},
	{"TaskFilter.Entities", "about one of these entities, if there are any", checkTaskEntities},
	{"TaskFilter.Entities, long", "about one of these entities, if there are any", checkLongTaskEntities},
	{"TaskFilter.Named", "about one of these entities or run for it, if there are any", checkTaskNamed},
	{"TaskFilter.Named, long", "about one of these entities or run for it, if there are any", checkLongTaskNamed},
	{"TaskFilter.Parent", "a step of this task, unless zero", checkParent},
	{"TaskFilter.Trigger", "started so, unless zero", checkTrigger},
	{"TaskFilter.Previews", "no previews, previews too, or nothing else", checkTaskPreviews},
	{"TaskFilter.Words", "each of these is a word of the title; see Words", checkWords},
	{"TaskFilter.Attributes", "with each of these attributes", checkAttributes},
	{"TaskFilter.MinID", "task ID at least this", checkMinID},
	{"TaskFilter.MaxID", "task ID less than this, unless zero", checkMaxID},
	{"TaskFilter.From", "Start at this instant or later, unless zero", checkFrom},
	{"TaskFilter.To", "Start before this instant, unless zero", checkTo},
	{"TaskFilter.Sort", "by this, then by ID", checkSort},
	{"TaskFilter.Descending", "from the greatest to the smallest", checkDescending},
	{"TaskFilter.After", "after this place of the order, unless nil", checkAfterPlace},
	{"TaskFilter.Limit", "at least 1", checkOneTask},
}

func checkTaskKinds(s subject) {
	var tasks []activity.Task
	for n, name := range []string{"a", "a.b", "a_b", "axb", "b", "a", "ab"} {
		tasks = append(tasks, newTask(n, taskKind(name), titled("b")))
	}
	s.addTasks(tasks...)
	s.findsTasks(activity.TaskFilter{Tenant: acme, Kinds: []string{"a"}}, tasks[0], tasks[5])
	s.findsTasks(activity.TaskFilter{Tenant: acme, Kinds: []string{"a_b"}}, tasks[2])
	s.findsTasks(activity.TaskFilter{Tenant: acme, Kinds: []string{"a.b", "b", "absent"}}, tasks[1], tasks[4])
	s.findsTasks(activity.TaskFilter{Tenant: acme, Kinds: []string{"absent"}})
	s.findsTasks(activity.TaskFilter{Tenant: acme, Kinds: []string{}}, tasks...)
	s.findsTasks(activity.TaskFilter{Tenant: acme}, tasks...)
}

func checkLongTaskKinds(s subject) {
	names := make([]string, activity.MaxListed)
	for i := range names {
		names[i] = fmt.Sprint("kind", i)
	}
	tasks := []activity.Task{newTask(0), newTask(1, taskKind(names[0])), newTask(2, taskKind(names[500])), newTask(3, taskKind(names[999]))}
	s.addTasks(tasks...)
	s.findsTasks(activity.TaskFilter{Tenant: acme, Kinds: names}, tasks[1:]...)
	s.findsTasks(activity.TaskFilter{Tenant: acme, Kinds: names, Entities: []activity.Entity{deal, call}, Descending: true, Limit: 2}, tasks[2:]...)
	s.findsTasks(activity.TaskFilter{Tenant: acme, Kinds: names, Sort: activity.SortKind}, tasks[1:]...)
}

func checkTaskStatuses(s subject) {
	var tasks []activity.Task
	for n, status := range append(activity.Statuses, activity.Statuses...) {
		tasks = append(tasks, newTask(n, inStatus(status)))
	}
	s.addTasks(tasks...)
	for n, status := range activity.Statuses {
		s.findsTasks(activity.TaskFilter{Tenant: acme, Statuses: []activity.Status{status}}, tasks[n], tasks[n+5])
	}
	some := []activity.Status{activity.StatusCancelled, activity.StatusQueued, activity.StatusFailed}
	s.findsTasks(activity.TaskFilter{Tenant: acme, Statuses: some}, tasks[0], tasks[3], tasks[4], tasks[5], tasks[8], tasks[9])
	s.findsTasks(activity.TaskFilter{Tenant: acme, Statuses: activity.Statuses}, tasks...)
	s.findsTasks(activity.TaskFilter{Tenant: acme, Statuses: []activity.Status{}}, tasks...)
}

func checkTaskActor(s subject) {
	tasks := []activity.Task{
		newTask(0, runFor(ana)),
		newTask(1, runFor(ben), taskAbout(ana)), // about ana, not for her
		newTask(2, runFor(activity.User("ana", "Ana Renamed"))),
		newTask(3, runFor(activity.Identity("ana", "Ana"))),
		newTask(4, runFor(activity.User("Ana", "Ana"))),
		newTask(5, runFor(activity.User("ana2", "Ana")), func(t *activity.Task) { t.EndedBy = ana }),
	}
	s.addTasks(tasks...)
	s.findsTasks(activity.TaskFilter{Tenant: acme, Actor: ana}, tasks[0], tasks[2])
	s.findsTasks(activity.TaskFilter{Tenant: acme, Actor: activity.User("ana", "")}, tasks[0], tasks[2])
	s.findsTasks(activity.TaskFilter{Tenant: acme, Actor: ben}, tasks[1])
	s.findsTasks(activity.TaskFilter{Tenant: acme, Actor: activity.User("Ana", "")}, tasks[4])
	s.findsTasks(activity.TaskFilter{Tenant: acme}, tasks...)
}

func checkTaskEntities(s subject) {
	tasks := []activity.Task{
		newTask(0, taskAbout()),
		newTask(1, taskAbout(deal)),
		newTask(2, taskAbout(call, deal)),
		newTask(3, taskAbout(activity.Entity{Kind: "deal", ID: "10"})),
		newTask(4, taskAbout(activity.Entity{Kind: "mail", ID: "1"}, call)),
		newTask(5, taskAbout(), runFor(activity.Entity{Kind: "deal", ID: "1"})), // for the deal, not about it
		newTask(6, taskAbout(activity.Entity{Kind: "deal", ID: "1", Label: "Other"})),
		newTask(7, taskAbout(activity.Entity{Kind: "dea", ID: "l1"}, activity.Entity{Kind: "Deal", ID: "1"})),
	}
	s.addTasks(tasks...)
	s.findsTasks(activity.TaskFilter{Tenant: acme, Entities: []activity.Entity{deal}}, tasks[1], tasks[2], tasks[6])
	s.findsTasks(activity.TaskFilter{Tenant: acme, Entities: []activity.Entity{{Kind: "deal", ID: "1"}}}, tasks[1], tasks[2], tasks[6])
	s.findsTasks(activity.TaskFilter{Tenant: acme, Entities: []activity.Entity{call}}, tasks[2], tasks[4])
	s.findsTasks(activity.TaskFilter{Tenant: acme, Entities: []activity.Entity{call, {Kind: "deal", ID: "10"}, ben}}, tasks[2], tasks[3], tasks[4])
	s.findsTasks(activity.TaskFilter{Tenant: acme, Entities: []activity.Entity{ana}})
	s.findsTasks(activity.TaskFilter{Tenant: acme, Entities: []activity.Entity{}}, tasks...)
}

func checkLongTaskEntities(s subject) {
	entities := make([]activity.Entity, activity.MaxListed)
	for i := range entities {
		entities[i] = activity.Entity{Kind: "contact", ID: fmt.Sprint(i)}
	}
	var tasks []activity.Task
	for n := range 10 {
		tasks = append(tasks, newTask(n, taskAbout(entities[100*n], entities[100*n+1])))
	}
	tasks = append(tasks, newTask(10))
	s.addTasks(tasks...)
	s.findsTasks(activity.TaskFilter{Tenant: acme, Entities: entities}, tasks[:10]...)
	s.findsTasks(activity.TaskFilter{Tenant: acme, Entities: entities, Descending: true, Limit: 3}, tasks[7:10]...)
	s.findsTasks(activity.TaskFilter{Tenant: acme, Entities: entities, Kinds: []string{"import"}, Limit: 3}, tasks[:3]...)
}

func checkParent(s subject) {
	first, second := newTask(1), newTask(2)
	tasks := []activity.Task{first, second, newTask(3, stepOf(first.ID)), newTask(4, stepOf(second.ID)), newTask(5, stepOf(first.ID)),
		newTask(6, func(t *activity.Task) { t.RetryOf, t.Reverts, t.RevertedBy = first.ID, first.ID, first.ID })}
	s.addTasks(tasks...)
	s.findsTasks(activity.TaskFilter{Tenant: acme, Parent: first.ID}, tasks[2], tasks[4])
	s.findsTasks(activity.TaskFilter{Tenant: acme, Parent: second.ID}, tasks[3])
	s.findsTasks(activity.TaskFilter{Tenant: acme, Parent: tasks[2].ID})
	s.findsTasks(activity.TaskFilter{Tenant: acme}, tasks...)
}

func checkTrigger(s subject) {
	tasks := []activity.Task{newTask(0), newTask(1, automated), newTask(2), newTask(3, automated, runFor(ben))}
	s.addTasks(tasks...)
	s.findsTasks(activity.TaskFilter{Tenant: acme, Trigger: activity.ByPerson}, tasks[0], tasks[2])
	s.findsTasks(activity.TaskFilter{Tenant: acme, Trigger: activity.ByAutomation}, tasks[1], tasks[3])
	s.findsTasks(activity.TaskFilter{Tenant: acme, Trigger: activity.ByAutomation, Actor: ana}, tasks[1])
	s.findsTasks(activity.TaskFilter{Tenant: acme}, tasks...)
}

func checkTaskPreviews(s subject) {
	tasks := []activity.Task{newTask(0), newTask(1, asPreview), newTask(2), newTask(3, asPreview, taskKind("other"))}
	s.addTasks(tasks...)
	for _, descending := range []bool{false, true} {
		s.findsTasks(activity.TaskFilter{Tenant: acme, Descending: descending}, tasks[0], tasks[2])
		s.findsTasks(activity.TaskFilter{Tenant: acme, Previews: activity.PreviewsShown, Descending: descending}, tasks...)
		s.findsTasks(activity.TaskFilter{Tenant: acme, Previews: activity.PreviewsOnly, Descending: descending}, tasks[1], tasks[3])
		s.findsTasks(activity.TaskFilter{Tenant: acme, Previews: activity.PreviewsShown, Kinds: []string{"import", "other"}, Descending: descending}, tasks...)
		s.findsTasks(activity.TaskFilter{Tenant: acme, Previews: activity.PreviewsOnly, Kinds: []string{"import"}, Descending: descending}, tasks[1])
	}
}

func checkWords(s subject) {
	many := make([]string, activity.MaxWords+1)
	for i := range many {
		many[i] = fmt.Sprint("w", i)
	}
	var tasks []activity.Task
	for n, title := range []string{
		"", "contacts", "Contacts.csv", "New contacts, CONTACTS (2)", "contact", "contacts_2024-05.csv", "kontakte", "Ünïcode Straße ÉCOLE", "e\u0301cole", "100% of %_\\'\"", strings.Join(many, " "),
	} {
		tasks = append(tasks, newTask(n, titled(title), taskKind("csv"), attributes(map[string]string{"contacts": "new"})))
	}
	s.addTasks(tasks...)
	for _, test := range []struct {
		words string
		found []int
	}{
		{"contacts", []int{1, 2, 3, 5}}, {"csv", []int{2, 5}}, {"contacts csv", []int{2, 5}}, {"CSV 2024", []int{5}}, {"new csv", nil}, {"2", []int{3}}, {"contact", []int{4}}, {"conta", nil},
		{"ünïcode", []int{7}}, {"straße", []int{7}}, {"strasse", nil}, {"école", []int{7}}, {"e\u0301cole", []int{8}}, {"100", []int{9}}, {"of", []int{9}}, {"import", nil},
		{many[0], []int{10}}, {many[activity.MaxWords-1], []int{10}}, {many[activity.MaxWords], nil}, {strings.Join(many[:activity.MaxWords], " "), []int{10}},
	} {
		var want []activity.Task
		for _, n := range test.found {
			want = append(want, tasks[n])
		}
		s.findsTasks(activity.TaskFilter{Tenant: acme, Words: activity.Words(test.words)}, want...)
	}
	s.findsTasks(activity.TaskFilter{Tenant: acme}, tasks...)
}

func checkAttributes(s subject) {
	var tasks []activity.Task
	for n, list := range []map[string]string{
		nil, {"template": "weekly"}, {"template": "weekly", "region": "eu"}, {"template": "Weekly"}, {"template": ""}, {"weekly": "template"}, {"region": "eu", "empty": ""}, {"templat": "eweekly"},
	} {
		tasks = append(tasks, newTask(n, attributes(list), titled("weekly")))
	}
	s.addTasks(tasks...)
	for _, test := range []struct {
		wanted map[string]string
		found  []int
	}{
		{map[string]string{"template": "weekly"}, []int{1, 2}},
		{map[string]string{"region": "eu"}, []int{2, 6}},
		{map[string]string{"template": "weekly", "region": "eu"}, []int{2}},
		{map[string]string{"template": "weekly", "region": "us"}, nil},
		{map[string]string{"template": ""}, []int{4}},
		{map[string]string{"empty": ""}, []int{6}}, // and not those without it
		{map[string]string{"eu": "region"}, nil},
		{map[string]string{}, []int{0, 1, 2, 3, 4, 5, 6, 7}},
	} {
		var want []activity.Task
		for _, n := range test.found {
			want = append(want, tasks[n])
		}
		s.findsTasks(activity.TaskFilter{Tenant: acme, Attributes: test.wanted}, want...)
	}
}
