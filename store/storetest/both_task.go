package storetest

import (
	"context"
	"fmt"

	"github.com/go-activity/activity"
)

func (b *both) AddTask(ctx context.Context, task activity.Task) (activity.Task, error) {
	b.Helper()
	want, wantErr := b.memory.AddTask(ctx, task)
	got, err := b.store.AddTask(ctx, task)
	b.agree("AddTask", diffTask(want, got), wantErr, err)
	return got, err
}

func (b *both) Task(ctx context.Context, tenant string, id activity.ID) (activity.Task, error) {
	b.Helper()
	want, wantErr := b.memory.Task(ctx, tenant, id)
	got, err := b.store.Task(ctx, tenant, id)
	b.agree("Task", diffTask(want, got), wantErr, err)
	return got, err
}

func (b *both) ChangeTask(ctx context.Context, update activity.TaskUpdate) (activity.Task, bool, error) {
	b.Helper()
	want, wantChanged, wantErr := b.memory.ChangeTask(ctx, update)
	got, changed, err := b.store.ChangeTask(ctx, update)
	difference := diffTask(want, got)
	if changed != wantChanged {
		difference = fmt.Sprintf("that it changed the task is %t, want %t", changed, wantChanged)
	}
	b.agree("ChangeTask", difference, wantErr, err)
	return got, changed, err
}

func (b *both) Tasks(ctx context.Context, filter activity.TaskFilter) ([]activity.Task, error) {
	b.Helper()
	want, wantErr := b.memory.Tasks(ctx, filter)
	got, err := b.store.Tasks(ctx, filter)
	b.agree(tasksOf(filter), diffTasks(want, got), wantErr, err)
	return got, err
}

func (b *both) CountTasks(ctx context.Context, filter activity.TaskFilter) (int, error) {
	b.Helper()
	want, wantErr := b.memory.CountTasks(ctx, filter)
	got, err := b.store.CountTasks(ctx, filter)
	b.agree("CountTasks of "+tasksOf(filter).String(), diffAny(want, got), wantErr, err)
	return got, err
}

func (b *both) Admit(ctx context.Context, admission activity.Admission) (activity.Wait, error) {
	b.Helper()
	want, wantErr := b.memory.Admit(ctx, admission)
	got, err := b.store.Admit(ctx, admission)
	b.agree("Admit", diffAny(want, got), wantErr, err)
	return got, err
}

func (b *both) Backlog(ctx context.Context, query activity.BacklogQuery) ([]string, error) {
	b.Helper()
	want, wantErr := b.memory.Backlog(ctx, query)
	got, err := b.store.Backlog(ctx, query)
	b.agree("Backlog", diffAny(want, got), wantErr, err)
	return got, err
}

func (b *both) NextTask(ctx context.Context, query activity.NextQuery) (activity.Task, error) {
	b.Helper()
	want, wantErr := b.memory.NextTask(ctx, query)
	got, err := b.store.NextTask(ctx, query)
	b.agree("NextTask", diffTask(want, got), wantErr, err)
	return got, err
}

func (b *both) LostTasks(ctx context.Context, query activity.LostQuery) ([]activity.Task, error) {
	b.Helper()
	want, wantErr := b.memory.LostTasks(ctx, query)
	got, err := b.store.LostTasks(ctx, query)
	b.agree("LostTasks", diffTasks(want, got), wantErr, err)
	return got, err
}

func (b *both) AddOutcomes(ctx context.Context, rows []activity.OutcomeRow) error {
	b.Helper()
	wantErr := b.memory.AddOutcomes(ctx, rows)
	err := b.store.AddOutcomes(ctx, rows)
	b.agree("AddOutcomes", "", wantErr, err)
	return err
}

func (b *both) Outcomes(ctx context.Context, filter activity.OutcomeFilter) ([]activity.OutcomeRow, error) {
	b.Helper()
	want, wantErr := b.memory.Outcomes(ctx, filter)
	got, err := b.store.Outcomes(ctx, filter)
	b.agree(outcomesOf(filter), diffOutcomes(want, got), wantErr, err)
	return got, err
}

func (b *both) Tally(ctx context.Context, tenant string, task activity.ID) (map[string]int64, error) {
	b.Helper()
	want, wantErr := b.memory.Tally(ctx, tenant, task)
	got, err := b.store.Tally(ctx, tenant, task)
	b.agree("Tally", diffAny(want, got), wantErr, err)
	return got, err
}

// diffAny tells what two values are that are not the same.
func diffAny(want, got any) string {
	if sameValue(want, got) {
		return ""
	}
	return fmt.Sprintf("it is %v, want %v", got, want)
}
