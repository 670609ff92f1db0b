package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/go-activity/activity"
)

// addTaskDefects has one defect for each field of a task, beside others.
func addTaskDefects() []defect {
	list := []defect{
		{"returns the labels of a task that is added again", "task as Task returns it", with(repeatingTask(func(task, known activity.Task) (activity.Task, error) {
			known.Actor, known.About = task.Actor, slices.Clone(task.About)
			return known, nil
		}))},
		{"returns local times from AddTask", "task as Task returns it", with(broken{addTask: localAddedTask})},
		{"stores a task key twice", "task key again", with(broken{addTask: storesTaskKeyTwice})},
		{"returns the ID of a task that is added again", "task key again", with(repeatingTask(func(task, known activity.Task) (activity.Task, error) {
			known.ID = task.ID
			return known, nil
		}))},
		{"takes the empty task key for a key", "task key again", with(addingTask(func(t *activity.Task) { t.Key += "." }))},
		{"ignores the case of task keys", "task keys that look alike", with(addingTask(func(t *activity.Task) { t.Key = strings.ToLower(t.Key) }))},
		{"trims task keys", "task keys that look alike", with(addingTask(func(t *activity.Task) { t.Key = strings.TrimSpace(t.Key) }))},
		{"lets two store a task key at once", "concurrent task key", each(racesOnTaskKey)},
		{"returns an error to the second with a task key", "concurrent task key", each(secondTaskFails)},
		{"compares labels of tasks", "the same task", with(repeatingTask(func(task, known activity.Task) (activity.Task, error) {
			if task.Actor != known.Actor || !slices.Equal(task.About, known.About) {
				return activity.Task{}, &activity.KeyConflictError{Key: known.Key, ID: known.ID}
			}
			return known, nil
		}))},
		{"compares statuses of tasks", "the same task", with(repeatingTask(func(task, known activity.Task) (activity.Task, error) {
			if task.Status != known.Status {
				return activity.Task{}, &activity.KeyConflictError{Key: known.Key, ID: known.ID}
			}
			return known, nil
		}))},
		{"returns a task as it was added", "the same task", each(returnsAsAdded)},
		{"ignores a conflict of task keys", "task key conflict", with(conflictingTask(func(activity.Task, activity.Task) bool { return true }))},
		{"compares inputs of tasks only", "task key conflict", with(conflictingTask(func(task, known activity.Task) bool { return string(task.Input) == string(known.Input) }))},
		{"ignores attributes of tasks with a key", "task key conflict", with(conflictingTask(func(task, known activity.Task) bool {
			task.Attributes = known.Attributes
			return task.Same(known)
		}))},
		{"does not say whose the task key is", "task key conflict", with(broken{addTask: func(ctx context.Context, in activity.Store, task activity.Task) (activity.Task, error) {
			added, err := in.AddTask(ctx, task)
			if errors.Is(err, activity.ErrKeyConflict) {
				err = activity.ErrKeyConflict
			}
			return added, err
		}})},
		{"overwrites an existing task", "existing task ID", each(overwritesTask)},
		{"drops a task with an existing ID", "existing task ID", with(broken{addTask: func(ctx context.Context, in activity.Store, task activity.Task) (activity.Task, error) {
			if known, err := in.Task(ctx, task.Tenant, task.ID); err == nil {
				return known, nil
			}
			return in.AddTask(ctx, task)
		}})},
		{"keeps the key of a task that it refused", "existing task ID", with(broken{addTask: keepsRefusedKey})},
		{"lets tenants share a task ID", "existing task ID of another tenant", with(broken{addTask: func(ctx context.Context, in activity.Store, task activity.Task) (activity.Task, error) {
			added, err := in.AddTask(ctx, task)
			if _, missing := in.Task(ctx, task.Tenant, task.ID); err != nil && errors.Is(missing, activity.ErrNotFound) {
				return task, nil
			}
			return added, err
		}})},
		{"cuts details", "every field of a task", with(addingTask(func(t *activity.Task) { t.Detail = t.Detail[:min(len(t.Detail), 4096)] }))},
		{"keeps the first attribute", "every field of a task", with(addingTask(func(t *activity.Task) {
			for name := range t.Attributes {
				if len(t.Attributes) > 1 {
					delete(t.Attributes, name)
				}
			}
		}))},
		{"encodes inputs anew", "input byte for byte", with(addingTask(func(t *activity.Task) {
			var v any
			if json.Unmarshal(t.Input, &v) == nil {
				t.Input, _ = json.Marshal(v)
			}
		}))},
		{"returns no error for a task that is not there", "task not found", with(broken{task: func(ctx context.Context, in activity.Store, tenant string, id activity.ID) (activity.Task, error) {
			t, err := in.Task(ctx, tenant, id)
			if errors.Is(err, activity.ErrNotFound) {
				return activity.Task{}, nil
			}
			return t, err
		}})},
		{"finds other tenants' tasks", "task not found", with(broken{task: taskOfAnyTenant})},
	}
	for field := range reflect.TypeFor[activity.Task]().Fields() {
		list = append(list, defect{"forgets the task's " + field.Name, "every field of a task", with(broken{
			task: func(ctx context.Context, in activity.Store, tenant string, id activity.ID) (activity.Task, error) {
				t, err := in.Task(ctx, tenant, id)
				reflect.ValueOf(&t).Elem().FieldByName(field.Name).SetZero()
				return t, err
			},
		})})
	}
	return list
}

// addingTask is a store that changes tasks on their way into it.
func addingTask(change func(t *activity.Task)) broken {
	return broken{addTask: func(ctx context.Context, in activity.Store, task activity.Task) (activity.Task, error) {
		task = task.Clone()
		change(&task)
		return in.AddTask(ctx, task)
	}}
}

// repeatingTask is a store with another answer to a task whose key was used.
func repeatingTask(answer func(task, known activity.Task) (activity.Task, error)) broken {
	return broken{addTask: func(ctx context.Context, in activity.Store, task activity.Task) (activity.Task, error) {
		added, err := in.AddTask(ctx, task)
		if err == nil && added.ID != task.ID {
			return answer(task, added)
		}
		return added, err
	}}
}

// conflictingTask is a store that takes some tasks for the same which are not.
func conflictingTask(same func(task, known activity.Task) bool) broken {
	return broken{addTask: func(ctx context.Context, in activity.Store, task activity.Task) (activity.Task, error) {
		added, err := in.AddTask(ctx, task)
		if id, ok := conflictID(err); ok {
			if known, _ := in.Task(ctx, task.Tenant, id); same(task, known) {
				return known, nil
			}
		}
		return added, err
	}}
}

func localAddedTask(ctx context.Context, in activity.Store, task activity.Task) (activity.Task, error) {
	added, err := in.AddTask(ctx, task)
	added.QueuedAt = added.QueuedAt.In(elsewhere)
	return added, err
}

func storesTaskKeyTwice(ctx context.Context, in activity.Store, task activity.Task) (activity.Task, error) {
	added, err := in.AddTask(ctx, task)
	if err == nil && added.ID != task.ID {
		task.Key = ""
		in.AddTask(ctx, task)
	}
	return added, err
}

// racesOnTaskKey looks for the key, waits until another has looked too, and then stores.
func racesOnTaskKey() broken {
	var calls atomic.Int64
	second := make(chan struct{})
	return broken{addTask: func(ctx context.Context, in activity.Store, task activity.Task) (activity.Task, error) {
		switch calls.Add(1) {
		case 1:
			<-second
			task.Key = ""
		case 2:
			close(second)
		}
		return in.AddTask(ctx, task)
	}}
}

// secondTaskFails hands the database's error for a key that another has stored meanwhile to the caller.
func secondTaskFails() broken {
	var once sync.Once
	return repeatingTask(func(_, known activity.Task) (added activity.Task, err error) {
		added = known
		once.Do(func() { added, err = activity.Task{}, errBusy })
		return added, err
	})
}

func returnsAsAdded() broken {
	var kept sync.Map
	return broken{addTask: func(ctx context.Context, in activity.Store, task activity.Task) (activity.Task, error) {
		added, err := in.AddTask(ctx, task)
		if err != nil {
			return added, err
		}
		first, _ := kept.LoadOrStore(added.ID, added.Clone())
		return first.(activity.Task).Clone(), nil
	}}
}

func overwritesTask() broken {
	var over sync.Map
	return broken{
		addTask: func(ctx context.Context, in activity.Store, task activity.Task) (activity.Task, error) {
			added, err := in.AddTask(ctx, task)
			if err == nil || errors.Is(err, activity.ErrKeyConflict) {
				return added, err
			}
			over.Store(task.ID, task.Clone())
			return task.Clone(), nil
		},
		task: func(ctx context.Context, in activity.Store, tenant string, id activity.ID) (activity.Task, error) {
			if t, ok := over.Load(id); ok {
				return t.(activity.Task).Clone(), nil
			}
			return in.Task(ctx, tenant, id)
		},
	}
}

func keepsRefusedKey(ctx context.Context, in activity.Store, task activity.Task) (activity.Task, error) {
	added, err := in.AddTask(ctx, task)
	if err != nil && task.Key != "" && !errors.Is(err, activity.ErrKeyConflict) {
		task.ID = task.ID.Next()
		in.AddTask(ctx, task)
	}
	return added, err
}

func taskOfAnyTenant(ctx context.Context, in activity.Store, _ string, id activity.ID) (activity.Task, error) {
	t, err := in.Task(ctx, globex, id)
	if err != nil {
		return in.Task(ctx, acme, id)
	}
	return t, nil
}
