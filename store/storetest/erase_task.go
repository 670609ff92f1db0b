package storetest

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/go-activity/activity"
)

const (
	eraseTasksRule  = "Of tasks about the entity or by it, Task.Erase says what is left, and of outcomes of that record, OutcomeRow.Erase."
	eraseQuotasRule = "What was used of a quota by the entity counts as nobody's, and what is kept of the entity as a subject of quotas is gone."
)

// eraseTaskCases are about erasing what is stored of tasks and quotas.
var eraseTaskCases = []testCase{
	{"erasing tasks", eraseTasksRule + " " + nothingRule, checkEraseTasks},
	{"erasing outcomes", eraseTasksRule, checkEraseOutcomes},
	{"lists of erased tasks", notFoundRule, checkListsOfErased},
	{"tasks that were seen before they were erased", "A task that was changed since it was seen is changed as it is now.", checkChangeErased},
	{"erasing what was used", eraseQuotasRule, checkEraseQuotas},
}

// erasableTasks are tasks about and for eve, and such that only look like it.
func erasableTasks() []activity.Task {
	other := activity.Entity{Kind: "deal", ID: eve.ID, Label: eve.Label}
	text := func(t *activity.Task) {
		t.Title, t.Reason, t.Detail, t.Attributes = "Eve Adams in March", "no such person: Eve", "Eve", map[string]string{"who": "Eve"}
	}
	return []activity.Task{
		newTask(1, taskAbout(eve), text, taskKey("import 7"), withKey("list 7")),
		newTask(2, taskAbout(deal, eve, call), text, taskKey("import of "+eve.ID), withKey("box of Eve Adams")),
		newTask(3, taskAbout(deal), text, runFor(eve), taskKey(eve.ID+" 2")),
		newTask(4, text, endedAs(activity.StatusCancelled), func(t *activity.Task) { t.EndedBy = eve }),
		newTask(5, taskAbout(eve), runFor(eve), text, started, asPreview),
		newTask(6, text),
		newTask(7, text, taskAbout(other), runFor(other)),
		newTask(8, text, taskAbout(activity.Entity{Kind: eve.Kind, ID: eve.ID + "2", Label: eve.Label})),
	}
}

// erasedTasks returns tasks without an entity, and the IDs of those that it was in.
func erasedTasks(entity activity.Entity, tasks ...activity.Task) ([]activity.Task, []activity.ID) {
	var list []activity.Task
	var ids []activity.ID
	for _, t := range tasks {
		t = t.Clone()
		if t.Erase(entity) {
			ids = append(ids, t.ID)
		}
		list = append(list, t)
	}
	return list, ids
}

func checkEraseTasks(s subject) {
	tasks := erasableTasks()
	abroad := newTask(20, taskOf(globex), taskAbout(eve), runFor(eve))
	s.addTasks(append(tasks, abroad)...)
	for _, entity := range []activity.Entity{eve, deal, ana} {
		left, ids := erasedTasks(entity, tasks...)
		if e := s.erases(entity); !slices.Equal(e.Tasks, ids) || len(e.Events)+e.Outcomes+e.Uses > 0 {
			s.Errorf("Erase of %v = %+v, want tasks %v", entity, e, ids)
		}
		tasks = left
		s.holdsTasks(acme, tasks...)
		s.holdsTasks(globex, abroad)
	}
	// A key that was erased is free; one that was not keeps its task.
	s.refusesTask(newTask(30, taskKey("import 7"), input(`{"other":1}`)))
	free := newTask(31, taskKey("import of "+eve.ID), withKey("box of Eve Adams"))
	if added := s.addTask(free); added.ID != free.ID {
		s.Errorf("AddTask with a key that was erased returned %s", added.ID)
	}
	s.holdsTasks(acme, append(tasks, free)...)
	if wait, err := s.store.Admit(s.Context(), activity.Admission{Tenant: acme, ID: free.ID, Now: now}); err != nil || !wait.IsZero() {
		s.Errorf("Admit of a task whose exclusive key was erased from another = %v, %v, want none", wait, err)
	}
}

func checkEraseOutcomes(s subject) {
	run, other := newTask(1), newTask(2, taskOf(globex))
	s.addTasks(run, other)
	rows := mixedOutcomes(run.ID, 1, 20)
	for i := range rows {
		switch i % 5 {
		case 0:
			rows[i].Record, rows[i].Message, rows[i].Link = eve, "Eve is there already", "https://example.com/eve"
			rows[i].Extra = json.RawMessage(`{"name":"Eve"}`)
		case 2:
			rows[i].Record = activity.Entity{Kind: eve.Kind, ID: strings.ToUpper(eve.ID), Label: eve.Label}
		}
	}
	abroad := newOutcome(other.ID, 1, ofTenant(globex), ofRecord(eve))
	s.report(rows...)
	s.report(abroad)
	n := 0
	for i := range rows {
		if rows[i].Erase(eve) {
			n++
		}
	}
	if e := s.erases(eve); e.Outcomes != n || len(e.Events)+len(e.Tasks)+e.Uses > 0 {
		s.Errorf("Erase = %+v, want %d outcomes", e, n)
	}
	s.reported(run.ID, rows...)
	s.lists(activity.OutcomeFilter{Tenant: globex, Task: other.ID}, abroad)
	s.has(run)
}

func checkListsOfErased(s subject) {
	tasks := erasableTasks()
	s.addTasks(tasks...)
	run := tasks[0].ID
	s.report(newOutcome(run, 1, ofRecord(eve), message("Eve is known")), newOutcome(run, 2), newOutcome(run, 3, message("Evening")))
	s.erases(eve)
	left, _ := erasedTasks(eve, tasks...)
	find := func(filter activity.TaskFilter, tasks ...activity.Task) {
		s.Helper()
		filter.Tenant, filter.Previews = acme, activity.PreviewsShown
		s.findsTasks(filter, tasks...)
		filter.Kinds = []string{"import"}
		s.findsTasks(filter, tasks...)
	}
	find(activity.TaskFilter{Entities: []activity.Entity{eve}})
	find(activity.TaskFilter{Actor: eve})
	find(activity.TaskFilter{Named: []activity.Entity{eve}})
	find(activity.TaskFilter{Named: []activity.Entity{eve, call}}, left[1])
	find(activity.TaskFilter{Words: []string{"eve"}}, left[2], left[3], left[5], left[6], left[7])
	find(activity.TaskFilter{Words: []string{"eve", "adams"}, Entities: []activity.Entity{deal}}, left[2], left[3], left[5])
	find(activity.TaskFilter{Attributes: map[string]string{"who": "Eve"}}, left[2], left[3], left[5], left[6], left[7])
	find(activity.TaskFilter{Entities: []activity.Entity{deal}}, left[1], left[2], left[3], left[5])
	find(activity.TaskFilter{Entities: []activity.Entity{eve, call}}, left[1])
	find(activity.TaskFilter{Actor: ana}, left[0], left[1], left[3], left[5], left[7])
	find(activity.TaskFilter{Statuses: []activity.Status{activity.StatusQueued}}, left[0], left[1], left[2], left[5], left[6], left[7])
	for _, sort := range activity.TaskSorts {
		find(activity.TaskFilter{Sort: sort}, left...)
	}
	s.findsTasks(activity.TaskFilter{Tenant: acme, Previews: activity.PreviewsOnly}, left[4])
	rows := []activity.OutcomeRow{newOutcome(run, 1, ofRecord(eve)), newOutcome(run, 2), newOutcome(run, 3, message("Evening"))}
	rows[0].Erase(eve)
	s.lists(activity.OutcomeFilter{Tenant: acme, Task: run, Search: "eve"}, rows[2])
	s.lists(activity.OutcomeFilter{Tenant: acme, Task: run, Search: "4711"})
	s.lists(activity.OutcomeFilter{Tenant: acme, Task: run, Records: []activity.Entity{eve}})
	s.lists(activity.OutcomeFilter{Tenant: acme, Records: []activity.Entity{eve, contactNo(2)}}, rows[1])
	s.lists(activity.OutcomeFilter{Tenant: acme, Task: run, Kinds: []string{"created"}}, rows...)
}

// checkChangeErased changes a task by what was seen of it before.
func checkChangeErased(s subject) {
	task := newTask(1, taskAbout(eve, deal), titled("Eve"), runFor(eve), started)
	s.addTasks(task)
	seen := s.task(task.ID)
	s.erases(eve)
	left, _ := erasedTasks(eve, task)
	update := activity.TaskUpdate{Tenant: acme, ID: task.ID, Seen: &seen, Progress: &activity.Progress{Done: 3, Total: 7}, Now: now}
	update.Apply(&left[0], now)
	if got, changed := s.change(update); !changed || diffTask(left[0], got) != "" {
		s.Errorf("ChangeTask of a task that was erased meanwhile: changed: %t, %s", changed, diffTask(left[0], got))
	}
	s.holdsTasks(acme, left...)
	s.findsTasks(activity.TaskFilter{Tenant: acme, Words: []string{"eve"}})
}

// erase takes an entity out of what is used of a tenant's quotas.
func (m *quotaModel) erase(tenant string, entity activity.Entity) {
	subject := func(key activity.QuotaKey) bool {
		return key.Tenant == tenant && key.SubjectKind == entity.Kind && key.SubjectID == entity.ID
	}
	m.charges = slices.DeleteFunc(m.charges, func(c modelCharge) bool { return subject(c.key) })
	for i := range m.charges {
		if c := &m.charges[i]; c.key.Tenant == tenant && c.actor.Is(entity) {
			c.actor = activity.Entity{}
		}
	}
	for key, state := range m.states {
		if subject(key) {
			*state = activity.QuotaState{}
		}
		for i := range state.Holds {
			if h := &state.Holds[i]; key.Tenant == tenant && h.Actor.Is(entity) {
				h.Actor = activity.Entity{}
			}
		}
	}
}

// erases erases all of an entity of acme.
func (t *teller) erases(entity activity.Entity) {
	t.Helper()
	t.model.erase(acme, entity)
	if e := t.subject.erases(entity); e.Uses == 0 || len(e.Events)+len(e.Tasks)+e.Outcomes > 0 {
		t.Errorf("Erase = %+v, want rows of quotas", e)
	}
	t.keeps()
}

func checkEraseQuotas(s subject) {
	t := newTeller(s)
	hers := activity.QuotaKey{Tenant: acme, Quota: "calls", SubjectKind: eve.Kind, SubjectID: eve.ID}
	mails := activity.QuotaKey{Tenant: acme, Quota: "mails", SubjectKind: eve.Kind, SubjectID: eve.ID}
	abroad, like := hers, hers
	abroad.Tenant, like.SubjectID = globex, eve.ID+"2"
	all, nobody := activity.QuotaKey{Tenant: acme, Quota: "calls"}, usedBy(activity.Entity{})
	t.charge(1, ofKeys(all, hers), usedBy(eve))
	t.charge(2, ofKeys(all, hers))
	t.charge(1, ofKeys(all), nobody) // in the same minute as hers
	t.charge(1, ofKeys(abroad, like), usedBy(eve))
	t.goTo(time.Minute)
	t.charge(2, ofKeys(all, hers, mails), held(1), usedBy(eve))
	t.charge(3, ofKeys(all), held(2), usedBy(eve), ofTask(1))
	t.charge(1, ofKeys(mails), held(3), usedBy(ben))
	t.charge(1, ofKeys(keyA), usedBy(activity.Entity{Kind: eve.Kind, ID: eve.ID, Label: "Eve Smith"}))
	t.erases(eve)
	// Whoever reserved goes on with what is left.
	u := expiring(settlement(2, 1, all), epoch.Add(16*time.Minute))
	u.Keep = true
	t.settles(u)
	t.goTo(20 * time.Minute) // and what expires was nobody's
	t.giveBack()
	t.charge(4, ofKeys(all, hers), usedBy(eve))
	t.has(6, hers)
	t.erases(eve)
	if e := t.subject.erases(eve); !e.IsZero() {
		t.Errorf("Erase of nothing = %+v", e)
	}
	t.has(10, hers)
}
