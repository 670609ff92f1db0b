package storetest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-activity/activity"
)

const memoryRule = "A store shares no memory with its callers: what was passed in or handed out may be changed."

// taskWholeCases are about a store as a whole, as far as it keeps tasks and outcomes.
var taskWholeCases = []testCase{
	{"concurrent use of tasks", "A store is safe for concurrent use.", checkConcurrentTasks},
	{"memory of tasks passed in", memoryRule, checkTasksPassedIn},
	{"memory of tasks handed out", memoryRule, checkTasksHandedOut},
	{"memory of neighbouring tasks", memoryRule, checkNeighbouringTasks},
	{"memory of outcomes", memoryRule, checkMemoryOfOutcomes},
	{"tenants of tasks", "A store keeps the data of each tenant apart: no call returns what belongs to another tenant.", checkTenantsOfTasks},
	{"tenants of task keys", "A store keeps the data of each tenant apart: no call returns what belongs to another tenant.", checkTenantsOfTaskKeys},
	{"microseconds of tasks", "Times are kept to the microsecond and come back in UTC.", checkTaskMicroseconds},
	{"UTC of tasks", "Times are kept to the microsecond and come back in UTC.", checkTaskUTC},
	{"context that ends at any moment, tasks", "When its context has ended, a call returns the context's error and stores nothing.", checkTaskEndingAnytime},
}

func checkConcurrentTasks(s subject) {
	const writers, readers, rounds = 6, 3, 4
	first := newTask(0)
	s.addTasks(first)
	want := make([][]activity.Task, writers)
	together(writers+readers, func(i int) {
		if i >= writers {
			for range rounds {
				_, err := s.store.Task(s.Context(), acme, first.ID)
				_, listErr := s.store.Tasks(s.Context(), activity.TaskFilter{Tenant: acme, Actor: ana, Limit: 10})
				_, countErr := s.store.CountTasks(s.Context(), activity.TaskFilter{Tenant: acme, Limit: 10})
				_, outcomesErr := s.store.Outcomes(s.Context(), activity.OutcomeFilter{Tenant: acme, Task: first.ID, Limit: 10})
				_, tallyErr := s.store.Tally(s.Context(), acme, first.ID)
				if err := errors.Join(err, listErr, countErr, outcomesErr, tallyErr); err != nil {
					s.Errorf("reading tasks beside others: %v", err)
				}
			}
			return
		}
		for n := range rounds {
			task := newTask(1 + i*rounds + n)
			write := func(store activity.Store) error {
				if _, err := store.AddTask(s.Context(), task); err != nil {
					return err
				}
				seq := int64(1 + i*rounds + n)
				if err := store.AddOutcomes(s.Context(), newOutcomes(first.ID, 2*seq, 2*seq+2)); err != nil {
					return err
				}
				changed, _, err := store.ChangeTask(s.Context(), activity.TaskUpdate{Tenant: acme, ID: task.ID, To: activity.StatusProcessing, Now: epoch.Add(time.Hour)})
				want[i] = append(want[i], changed)
				return err
			}
			var err error
			if n%2 == 0 {
				err = write(s.store)
			} else {
				err = s.store.InTx(s.Context(), write)
			}
			if err != nil {
				s.Errorf("writing tasks beside others: %v", err)
			}
		}
	})
	all := []activity.Task{first}
	for _, tasks := range want {
		all = append(all, tasks...)
	}
	if len(all) != 1+writers*rounds {
		s.Fatalf("%d tasks were added and changed, want %d", len(all)-1, writers*rounds)
	}
	s.holdsTasks(acme, all...)
	s.reported(first.ID, newOutcomes(first.ID, 2, 2+2*writers*rounds)...)
}

func checkTenantsOfTasks(s subject) {
	other := fullTask(1, taskOf(globex))
	s.addTasks(other)
	s.report(newOutcome(other.ID, 1, ofTenant(globex)))
	for _, tenant := range []string{acme, "GLOBEX", "globex ", "globe", "globe%", "glob_x"} {
		s.findsTasks(allTasks(tenant))
		for _, filter := range []activity.TaskFilter{
			{Kinds: []string{other.Kind}}, {Statuses: []activity.Status{other.Status}}, {Actor: other.Actor}, {Entities: []activity.Entity{deal}}, {Parent: other.Parent},
			{Trigger: activity.ByAutomation}, {Words: activity.Words(other.Title)}, {Attributes: map[string]string{"template": "weekly"}}, {MinID: other.ID}, {From: other.Start()},
			{Sort: activity.SortTitle},
		} {
			filter.Tenant, filter.Previews = tenant, activity.PreviewsShown
			s.findsTasks(filter)
		}
		if _, err := s.store.Task(s.Context(), tenant, other.ID); !errors.Is(err, activity.ErrNotFound) {
			s.Errorf("Task of %q's by tenant %q = %v, want ErrNotFound", globex, tenant, err)
		}
		s.lists(activity.OutcomeFilter{Tenant: tenant, Task: other.ID})
		s.tallies(tenant, other.ID)
	}
	own := fullTask(2)
	s.addTasks(own)
	s.holdsTasks(acme, own)
	s.holdsTasks(globex, other)
}

func checkTenantsOfTaskKeys(s subject) {
	same, different := taskKey("k"), input(`{}`)
	for n, tenant := range []string{globex, acme, "initech"} {
		task := newTask(n, same, input(`{"n":0}`), taskOf(tenant))
		if tenant == "initech" {
			different(&task)
		}
		s.addTasks(task)
		s.holdsTasks(tenant, task)
	}
}

func checkTaskMicroseconds(s subject) {
	var tasks []activity.Task
	for i, t := range []time.Time{
		time.Unix(0, 1000).UTC(),
		epoch.Add(1 * time.Microsecond),
		epoch.Add(999_999 * time.Microsecond),
		time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC),
	} {
		tasks = append(tasks, newTask(i, queuedAt(t), startedAt(t), endedAt(t), func(task *activity.Task) { task.LeaseUntil, task.Wait.Until = t, t }))
	}
	s.addTasks(tasks...)
	s.holdsTasks(acme, tasks...)
	for i, task := range tasks {
		s.report(newOutcome(task.ID, 1, func(r *activity.OutcomeRow) { r.At = task.QueuedAt }))
		s.reported(tasks[i].ID, newOutcome(task.ID, 1, func(r *activity.OutcomeRow) { r.At = task.QueuedAt }))
	}
}

func checkTaskUTC(s subject) {
	for n, zone := range []*time.Location{time.Local, time.FixedZone("UTC", 0), time.FixedZone("IST", 5*3600+1800), time.FixedZone("", -8*3600)} {
		task := fullTask(n, taskKey(fmt.Sprint(n)), func(t *activity.Task) { t.Exclusive = "" })
		local := task
		for _, at := range []*time.Time{&local.QueuedAt, &local.StartedAt, &local.EndedAt, &local.LeaseUntil, &local.Wait.Until} {
			*at = at.In(zone)
		}
		if d := diffTask(task, s.addTask(local)); d != "" {
			s.Errorf("AddTask with times in zone %s returned: %s", zone, d)
		}
		row := newOutcome(task.ID, 1)
		inZone := row
		inZone.At = row.At.In(zone)
		s.report(inZone)
		s.has(task)
		s.reported(task.ID, row)
	}
}

// checkTaskEndingAnytime is checkEndingAnytime for tasks. What was stored must be stored in full.
func checkTaskEndingAnytime(s subject) {
	first := newTask(0)
	s.addTasks(first)
	stored := []activity.Task{first}
	var reported []activity.OutcomeRow
	for n := 1; n <= 12; n++ {
		task := newTask(n, titled("Some words"))
		err := s.cutOff(func(ctx context.Context) error {
			_, err := s.store.AddTask(ctx, task)
			return err
		})
		if _, missing := s.store.Task(s.Context(), acme, task.ID); err == nil || missing == nil {
			stored = append(stored, task)
		}
		update := activity.TaskUpdate{Tenant: acme, ID: first.ID, Counts: activity.Counts{Created: 1}, Fields: []string{fmt.Sprint(n)}, Now: epoch}
		err = s.cutOff(func(ctx context.Context) error {
			_, _, err := s.store.ChangeTask(ctx, update)
			return err
		})
		if err == nil || s.task(first.ID).Counts != stored[0].Counts {
			update.Apply(&stored[0], update.Now)
		}
		rows := newOutcomes(first.ID, int64(2*n), int64(2*n+2))
		err = s.cutOff(func(ctx context.Context) error { return s.store.AddOutcomes(ctx, rows) })
		tally, tallyErr := s.store.Tally(s.Context(), acme, first.ID)
		if tallyErr != nil {
			s.Fatalf("Tally: %v", tallyErr)
		}
		if err == nil || tally["created"] > int64(len(reported)) {
			reported = append(reported, rows...)
		}
	}
	s.holdsTasks(acme, stored...)
	s.findsTasks(activity.TaskFilter{Tenant: acme, Words: []string{"some", "words"}}, stored[1:]...)
	s.reported(first.ID, reported...)
}
