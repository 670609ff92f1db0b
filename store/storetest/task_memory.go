package storetest

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/go-activity/activity"
)

// scribbleTask overwrites the memory of a task, what lies behind its slices included.
func scribbleTask(t *activity.Task) {
	for i := range t.Input {
		t.Input[i] = '!'
	}
	for i := range t.About {
		t.About[i] = activity.Entity{Kind: "scribble", ID: "!", Label: "!"}
	}
	for _, list := range [][]string{t.Fields, t.Extras} {
		for i := range list {
			list[i] = "!"
		}
		_ = append(list, "!", "!", "!")
	}
	for name := range t.Attributes {
		t.Attributes[name] = "!"
	}
	if t.Attributes != nil {
		t.Attributes["!"] = "!"
	}
	_ = append(t.Input, "!!!!"...)
	_ = append(t.About, t.About...)
}

func checkTasksPassedIn(s subject) {
	want := fullTask(1)
	for _, task := range []activity.Task{fullTask(1), againTask(fullTask(1), 2)} {
		added := s.addTask(task)
		scribbleTask(&task)
		if d := diffTask(want, added); d != "" {
			s.Errorf("after a change to the task that was passed in, the task that AddTask returned is another: %s", d)
		}
		s.holdsTasks(acme, want)
	}

	bare := newTask(3)
	s.addTasks(bare)
	update := activity.TaskUpdate{
		Tenant: acme, ID: bare.ID, Now: epoch.Add(time.Hour), From: []activity.Status{activity.StatusFailed, activity.StatusQueued},
		Wait: &activity.Wait{For: activity.WaitPlace}, Progress: &activity.Progress{Done: 5}, Fields: []string{"new"}, Extras: []string{"newer"},
	}
	update.Apply(&bare, update.Now)
	changed, _ := s.change(update)
	if update.From[0] != activity.StatusFailed || *update.Wait != (activity.Wait{For: activity.WaitPlace}) || update.Fields[0] != "new" {
		s.Errorf("ChangeTask changed the update")
	}
	*update.Wait, *update.Progress, update.From[0], update.Fields[0], update.Extras[0] = activity.Wait{For: activity.WaitLater}, activity.Progress{}, 0, "!", "!"
	if d := diffTask(bare, changed); d != "" {
		s.Errorf("after a change to the update that was passed in, the task that ChangeTask returned is another: %s", d)
	}
	s.holdsTasks(acme, want, bare)

	// A filter belongs to its caller too.
	place := activity.SortStart.Place(&want)
	filter := activity.TaskFilter{
		Tenant: acme, Kinds: []string{"z", "a"}, Statuses: []activity.Status{activity.StatusFailed, activity.StatusQueued}, Entities: []activity.Entity{deal, call},
		Words: []string{"y", "b"}, Attributes: map[string]string{"a": "1"}, After: &place, Limit: 10,
	}
	before := fmt.Sprintf("%+v %+v", filter, place)
	s.findsTasks(filter)
	s.counts(filter, 0)
	if after := fmt.Sprintf("%+v %+v", filter, place); after != before {
		s.Errorf("Tasks changed the filter from %s to %s", before, after)
	}
}

func checkTasksHandedOut(s subject) {
	task, other := fullTask(1), newTask(2)
	harm := func(tx subject) {
		tx.Helper()
		repeat := tx.addTask(againTask(task, 3))
		found := tx.task(task.ID)
		unchanged, _ := tx.change(activity.TaskUpdate{ID: task.ID, From: []activity.Status{activity.StatusQueued}})
		same, _ := tx.change(activity.TaskUpdate{ID: task.ID, Now: epoch})
		task.Revision++
		listed, err := tx.store.Tasks(s.Context(), activity.TaskFilter{Tenant: acme, Previews: activity.PreviewsShown, Limit: 10})
		if err != nil {
			tx.Fatalf("Tasks: %v", err)
		}
		seen := task.Clone()
		again, _ := tx.change(activity.TaskUpdate{ID: task.ID, Now: epoch, Seen: &seen})
		task.Revision++
		for _, handed := range append(listed, repeat, found, unchanged, same, seen, again) {
			scribbleTask(&handed)
		}
		tx.holdsTasks(acme, task, other)
	}
	for _, t := range []activity.Task{task, other} {
		added := s.addTask(t)
		scribbleTask(&added)
	}
	s.holdsTasks(acme, task, other)
	harm(s)
	s.tx(harm)
	s.holdsTasks(acme, task, other)
}

func checkNeighbouringTasks(s subject) {
	tasks := newTasks(1, 6, taskAbout(deal, call), func(t *activity.Task) { t.Fields, t.Extras = []string{"a", "b"}, []string{"c"} }, attributes(map[string]string{"a": "1"}))
	for i := range tasks {
		tasks[i] = tasks[i].Clone() // they have the map of the change
	}
	s.addTasks(tasks...)
	for _, sort := range []activity.TaskSort{activity.SortStart, activity.SortTitle} {
		got, err := s.store.Tasks(s.Context(), activity.TaskFilter{Tenant: acme, Sort: sort, Limit: 10})
		if err != nil || len(got) != len(tasks) {
			s.Fatalf("Tasks returned %d tasks, %v, want %d", len(got), err, len(tasks))
		}
		for i := range got {
			if d := diffTask(tasks[i], got[i]); d != "" {
				s.Errorf("after a change to a task that Tasks returned, another is: %s", d)
			}
			scribbleTask(&got[i])
		}
	}
}

// scribbleOutcome overwrites the memory of an outcome, what lies behind its slices included.
func scribbleOutcome(r *activity.OutcomeRow) {
	for _, data := range []json.RawMessage{r.Before, r.After, r.Extra} {
		for i := range data {
			data[i] = '!'
		}
		_ = append(data, "!!!!"...)
	}
}

func checkMemoryOfOutcomes(s subject) {
	run := newTask(1)
	s.addTasks(run)
	rows := func() []activity.OutcomeRow {
		list := newOutcomes(run.ID, 1, 4)
		for i := range list {
			list[i].Before, list[i].Extra = json.RawMessage(`{"n":0}`), json.RawMessage(`{"x":1}`)
		}
		return list
	}
	passed := rows()
	s.report(passed...)
	for i := range passed {
		scribbleOutcome(&passed[i])
		passed[i].Message = "!"
	}
	s.reported(run.ID, rows()...)
	filter := activity.OutcomeFilter{Tenant: acme, Task: run.ID, Limit: 10}
	got, err := s.store.Outcomes(s.Context(), filter)
	if err != nil || len(got) != len(passed) {
		s.Fatalf("Outcomes returned %d outcomes, %v, want %d", len(got), err, len(passed))
	}
	for i, want := range rows() {
		if d := diffOutcome(want, got[i]); d != "" {
			s.Errorf("after a change to an outcome that Outcomes returned, another is: %s", d)
		}
		scribbleOutcome(&got[i])
	}
	tally, err := s.store.Tally(s.Context(), acme, run.ID)
	if err != nil {
		s.Fatalf("Tally: %v", err)
	}
	tally["created"], tally["!"] = 100, 1
	s.reported(run.ID, rows()...)
}
