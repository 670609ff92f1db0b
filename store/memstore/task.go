package memstore

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/go-activity/activity"
)

// with returns the state with another state of one tenant.
func (s *state) with(name string, t tenant) *state {
	next := s.fork()
	next.tenants[name] = t
	return next
}

// addTask returns the state with a task added, or as it is if the task's key was used before, and the task.
func (s *state) addTask(task activity.Task) (*state, activity.Task, error) {
	task = cloneTask(task)
	t := s.tenants[task.Tenant]
	if id, used := t.taskKeys[task.Key]; used && task.Key != "" {
		known, _ := t.task(id)
		if !task.Same(*known) {
			return nil, activity.Task{}, &activity.KeyConflictError{Key: task.Key, ID: id}
		}
		return s, known.Clone(), nil
	}
	for _, other := range s.tenants {
		if _, exists := other.task(task.ID); exists {
			return nil, activity.Task{}, fmt.Errorf("memstore: there is a task %s already", task.ID)
		}
	}
	i, _ := t.searchTask(task.ID)
	t.tasks = slices.Insert(slices.Clone(t.tasks), i, &task)
	if task.Key != "" {
		t.taskKeys = maps.Clone(t.taskKeys)
		if t.taskKeys == nil {
			t.taskKeys = map[string]activity.ID{}
		}
		t.taskKeys[task.Key] = task.ID
	}
	return s.with(task.Tenant, t), task.Clone(), nil
}

func (t tenant) searchTask(id activity.ID) (int, bool) {
	return slices.BinarySearchFunc(t.tasks, id, func(task *activity.Task, id activity.ID) int { return task.ID.Compare(id) })
}

func (t tenant) task(id activity.ID) (*activity.Task, bool) {
	i, ok := t.searchTask(id)
	if !ok {
		return nil, false
	}
	return t.tasks[i], true
}

func (s *state) task(tenant string, id activity.ID) (activity.Task, error) {
	task, ok := s.tenants[tenant].task(id)
	if !ok {
		return activity.Task{}, activity.ErrNotFound
	}
	return task.Clone(), nil
}

// changeTask returns the state with a task changed, if it is as the update expects.
func (s *state) changeTask(u activity.TaskUpdate) (next *state, task activity.Task, changed bool, err error) {
	t := s.tenants[u.Tenant]
	i, ok := t.searchTask(u.ID)
	if !ok {
		return nil, activity.Task{}, false, activity.ErrNotFound
	}
	task = t.tasks[i].Clone()
	event, changed, err := u.Change(&task, now(u.Now))
	if err != nil {
		return nil, activity.Task{}, false, err
	}
	if !changed {
		return s, task, false, nil
	}
	stored := task.Clone()
	t.tasks = slices.Clone(t.tasks)
	t.tasks[i] = &stored
	next = s.with(u.Tenant, t)
	if event != nil {
		if next, _, err = next.append([]activity.EventRow{*event}); err != nil {
			return nil, activity.Task{}, false, err
		}
	}
	return next, task, true, nil
}

func (s *state) findTasks(f *activity.TaskFilter) []activity.Task {
	var found []activity.Task
	for _, task := range s.tenants[f.Tenant].tasks {
		if f.Match(task) && f.Behind(task) {
			found = append(found, *task)
		}
	}
	slices.SortFunc(found, func(a, b activity.Task) int { return f.Compare(&a, &b) })
	found = found[:min(len(found), f.Limit)]
	for i := range found {
		found[i] = found[i].Clone()
	}
	return found
}

func (s *state) countTasks(f *activity.TaskFilter) int {
	n := 0
	for _, task := range s.tenants[f.Tenant].tasks {
		if f.Match(task) {
			n++
		}
	}
	return min(n, f.Limit)
}

// admit says what a task waits for.
func (s *state) admit(a activity.Admission) (activity.Wait, error) {
	t := s.tenants[a.Tenant]
	task, ok := t.task(a.ID)
	if !ok || task.Status != activity.StatusQueued {
		return activity.Wait{}, activity.ErrNotFound
	}
	return t.wait(task, a.Max, now(a.Now)), nil
}

func (t tenant) wait(task *activity.Task, places int, now time.Time) activity.Wait {
	if task.Wait.Until.After(now) {
		return task.Wait
	}
	if holder := t.holder(task); holder != nil {
		return activity.Wait{For: activity.WaitExclusive, Task: holder.ID}
	}
	if places == 0 || task.Recipe {
		return activity.Wait{}
	}
	taken := 0
	for _, other := range t.tasks {
		if other.Kind != task.Kind || other.Recipe {
			continue
		}
		ahead := other.Status == activity.StatusQueued && other.ID.Compare(task.ID) < 0 &&
			!other.Wait.Until.After(now) && t.holder(other) == nil
		if other.Status == activity.StatusProcessing || ahead {
			taken++
		}
	}
	if taken >= places {
		return activity.Wait{For: activity.WaitPlace}
	}
	return activity.Wait{}
}

// holder returns the task that keeps a queued one from having its exclusive key, or nil.
func (t tenant) holder(task *activity.Task) *activity.Task {
	if task.Exclusive == "" {
		return nil
	}
	var first *activity.Task
	for _, other := range t.tasks { // by ID
		if other.Exclusive != task.Exclusive || other.ID == task.ID {
			continue
		}
		if other.Status == activity.StatusProcessing {
			return other
		}
		if other.Status == activity.StatusQueued && other.ID.Compare(task.ID) < 0 && first == nil {
			first = other
		}
	}
	return first
}

// forWorkers reports whether workers may take a task of some kinds.
func forWorkers(task *activity.Task) bool {
	return task.Status == activity.StatusQueued && !task.Recipe && task.LeaseUntil.IsZero()
}

func (s *state) backlog(q activity.BacklogQuery) []string {
	var names []string
	for name, t := range s.tenants {
		waits := func(task *activity.Task) bool { return forWorkers(task) && slices.Contains(q.Kinds, task.Kind) }
		if name > q.After && slices.ContainsFunc(t.tasks, waits) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names[:min(len(names), q.Limit)]
}

func (s *state) nextTask(q activity.NextQuery) (activity.Task, error) {
	t, now := s.tenants[q.Tenant], now(q.Now)
	for _, task := range t.tasks { // by ID, so the oldest first
		i := slices.IndexFunc(q.Kinds, func(k activity.KindLimit) bool { return k.Name == task.Kind })
		if i >= 0 && forWorkers(task) && t.wait(task, q.Kinds[i].Max, now).IsZero() {
			return task.Clone(), nil
		}
	}
	return activity.Task{}, activity.ErrNoTask
}

func (s *state) lostTasks(q activity.LostQuery) []activity.Task {
	var lost []activity.Task
	at := now(q.Now)
	for _, t := range s.tenants {
		for _, task := range t.tasks {
			if slices.Contains(q.Kinds, task.Kind) && !task.Status.Ended() && !task.LeaseUntil.IsZero() && !task.LeaseUntil.After(at) {
				lost = append(lost, task.Clone())
			}
		}
	}
	slices.SortFunc(lost, func(a, b activity.Task) int {
		if c := a.LeaseUntil.Compare(b.LeaseUntil); c != 0 {
			return c
		}
		return a.ID.Compare(b.ID)
	})
	return lost[:min(len(lost), q.Limit)]
}

// now returns a given time, or else that of the machine's clock, as the store keeps it.
func now(given time.Time) time.Time {
	if given.IsZero() {
		given = time.Now()
	}
	return given.UTC().Truncate(time.Microsecond)
}

// cloneTask returns a copy of a task that shares no memory with it, its times as a store keeps them.
func cloneTask(task activity.Task) activity.Task {
	c := task.Clone()
	for _, at := range []*time.Time{&c.QueuedAt, &c.StartedAt, &c.EndedAt, &c.LeaseUntil, &c.Wait.Until} {
		if !at.IsZero() {
			*at = at.UTC().Truncate(time.Microsecond)
		}
	}
	return c
}
