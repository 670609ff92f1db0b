package storetest

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/go-activity/activity"
)

// taskChange makes a task another one.
type taskChange = func(*activity.Task)

// newTask returns a valid task of acme, queued by ana, about the deal. Of two tasks, the one with the
// greater n is the later; a task that gets another time by a change keeps an ID of its own by its n.
func newTask(n int, changes ...taskChange) activity.Task {
	t := activity.Task{
		Tenant:   acme,
		Kind:     "import",
		Status:   activity.StatusQueued,
		Actor:    ana,
		About:    []activity.Entity{deal},
		Input:    fmt.Appendf(nil, `{"n": %d}`, n),
		QueuedAt: epoch.Add(time.Duration(n) * time.Second),
	}
	for _, change := range changes {
		change(&t)
	}
	if t.ID.IsZero() {
		t.ID = newID(t.QueuedAt, uint64(n))
	}
	return t
}

// newTasks returns tasks number from to to-1.
func newTasks(from, to int, changes ...taskChange) []activity.Task {
	var tasks []activity.Task
	for n := from; n < to; n++ {
		tasks = append(tasks, newTask(n, changes...))
	}
	return tasks
}

func taskID(id activity.ID) taskChange             { return func(t *activity.Task) { t.ID = id } }
func taskOf(tenant string) taskChange              { return func(t *activity.Task) { t.Tenant = tenant } }
func taskKey(key string) taskChange                { return func(t *activity.Task) { t.Key = key } }
func taskKind(name string) taskChange              { return func(t *activity.Task) { t.Kind = name } }
func titled(title string) taskChange               { return func(t *activity.Task) { t.Title = title } }
func runFor(actor activity.Entity) taskChange      { return func(t *activity.Task) { t.Actor = actor } }
func taskAbout(list ...activity.Entity) taskChange { return func(t *activity.Task) { t.About = list } }
func input(text string) taskChange                 { return func(t *activity.Task) { t.Input = []byte(text) } }
func stepOf(parent activity.ID) taskChange         { return func(t *activity.Task) { t.Parent = parent } }
func automated(t *activity.Task)                   { t.Automated = true }
func asPreview(t *activity.Task)                   { t.Preview = true }
func asRecipe(t *activity.Task)                    { t.Recipe = true }
func inStatus(s activity.Status) taskChange        { return func(t *activity.Task) { t.Status = s } }
func queuedAt(at time.Time) taskChange             { return func(t *activity.Task) { t.QueuedAt = at } }
func startedAt(at time.Time) taskChange            { return func(t *activity.Task) { t.StartedAt = at } }
func endedAt(at time.Time) taskChange              { return func(t *activity.Task) { t.EndedAt = at } }
func attributes(list map[string]string) taskChange {
	return func(t *activity.Task) { t.Attributes = list }
}

// againTask returns the task as it would be added once more: later, and so under another ID.
func againTask(task activity.Task, n int, changes ...taskChange) activity.Task {
	repeat := task.Clone()
	repeat.QueuedAt = newTask(n).QueuedAt
	for _, change := range changes {
		change(&repeat)
	}
	repeat.ID = newID(repeat.QueuedAt, uint64(n))
	return repeat
}

// addTasks stores tasks, in their order, which must be stored as they are.
func (s subject) addTasks(tasks ...activity.Task) {
	s.Helper()
	s.tx(func(tx subject) {
		tx.Helper()
		for _, task := range tasks {
			if d := diffTask(task, tx.addTask(task)); d != "" {
				tx.Errorf("the task of AddTask: %s", d)
			}
		}
	})
}

// addTask stores a task, and returns the one that AddTask does.
func (s subject) addTask(task activity.Task) activity.Task {
	s.Helper()
	added, err := s.store.AddTask(s.Context(), task)
	if err != nil {
		s.Fatalf("AddTask: %v", err)
	}
	return added
}

// task asks for one task of acme.
func (s subject) task(id activity.ID) activity.Task {
	s.Helper()
	task, err := s.store.Task(s.Context(), acme, id)
	if err != nil {
		s.Fatalf("Task %s: %v", id, err)
	}
	return task
}

// refusesTask checks that a task is not stored, and returns why.
func (s subject) refusesTask(task activity.Task) error {
	s.Helper()
	_, err := s.store.AddTask(s.Context(), task)
	if err == nil {
		s.Fatalf("AddTask stored what it must refuse")
	}
	return err
}

// change changes a task of acme and returns it, and whether it was changed.
func (s subject) change(update activity.TaskUpdate) (activity.Task, bool) {
	s.Helper()
	update.Tenant = acme
	task, changed, err := s.store.ChangeTask(s.Context(), update)
	if err != nil {
		s.Fatalf("ChangeTask: %v", err)
	}
	return task, changed
}

// has checks that there are tasks, each by its ID.
func (s subject) has(tasks ...activity.Task) {
	s.Helper()
	for _, want := range tasks {
		task, err := s.store.Task(s.Context(), want.Tenant, want.ID)
		if err != nil {
			s.Errorf("Task %s of %q: %v", want.ID, want.Tenant, err)
		} else if d := diffTask(want, task); d != "" {
			s.Errorf("Task %s of %q: %s", want.ID, want.Tenant, d)
		}
	}
}

// findsTasks checks that a filter finds the tasks, in whatever order they are given, and nothing else;
// all that match if the filter has no limit of its own.
func (s subject) findsTasks(filter activity.TaskFilter, tasks ...activity.Task) {
	s.Helper()
	counted := filter
	if filter.Limit == 0 {
		filter.Limit = len(tasks) + 10
	}
	want := sortedTasks(filter, tasks)
	got, err := s.store.Tasks(s.Context(), filter)
	if err != nil {
		s.Fatalf("%s: %v", tasksOf(filter), err)
	}
	if d := diffTasks(want, got); d != "" {
		s.Errorf("%s: %s", tasksOf(filter), d)
	}
	if counted.Limit == 0 && counted.After == nil {
		s.counts(filter, len(tasks))
	}
}

// sortedTasks returns tasks in the order of a filter.
func sortedTasks(filter activity.TaskFilter, tasks []activity.Task) []activity.Task {
	return slices.SortedFunc(slices.Values(tasks), func(a, b activity.Task) int { return filter.Compare(&a, &b) })
}

// counts checks how many tasks match a filter.
func (s subject) counts(filter activity.TaskFilter, want int) {
	s.Helper()
	n, err := s.store.CountTasks(s.Context(), filter)
	if err != nil {
		s.Fatalf("CountTasks of %s: %v", tasksOf(filter), err)
	}
	if n != want {
		s.Errorf("CountTasks of %s = %d, want %d", tasksOf(filter), n, want)
	}
}

// holdsTasks checks that the tenant has the tasks and nothing else, by all ways to ask for them.
func (s subject) holdsTasks(tenant string, tasks ...activity.Task) {
	s.Helper()
	s.has(tasks...)
	s.findsTasks(allTasks(tenant), tasks...)
}

// allTasks is a filter for all tasks of a tenant.
func allTasks(tenant string) activity.TaskFilter {
	return activity.TaskFilter{Tenant: tenant, Previews: activity.PreviewsShown, Sort: activity.SortStart, Descending: true}
}

// diffTasks returns what is wrong with a list of tasks, or nothing.
func diffTasks(want, got []activity.Task) string {
	for i := range min(len(want), len(got)) {
		if d := diffTask(want[i], got[i]); d != "" {
			return fmt.Sprintf("task %d of %d: %s", i+1, len(got), d)
		}
	}
	if len(want) != len(got) {
		return fmt.Sprintf("there are %d tasks, want %d", len(got), len(want))
	}
	return ""
}

// diffTask returns what is wrong with a task, or nothing. It wants times in UTC, and does not tell an
// empty list from none.
func diffTask(want, got activity.Task) string {
	return diffFields(reflect.ValueOf(want), reflect.ValueOf(got))
}

// tasksOf is a filter that is asked, for messages.
type tasksOf activity.TaskFilter

func (f tasksOf) String() string { return "Tasks of " + conditions(reflect.ValueOf(f)) }
