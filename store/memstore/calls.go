package memstore

import (
	"context"

	"github.com/go-activity/activity"
)

// What an [activity.TaskStore] is asked for is answered from one state; what it is to store makes
// another. So each call is here twice, for the store and for a transaction, and done in state.

// AddTask implements [activity.TaskStore].
func (s *Store) AddTask(ctx context.Context, task activity.Task) (stored activity.Task, err error) {
	err = s.InTx(ctx, func(tx activity.Store) error {
		stored, err = tx.AddTask(ctx, task)
		return err
	})
	if err != nil {
		return activity.Task{}, err
	}
	return stored, nil
}

// ChangeTask implements [activity.TaskStore].
func (s *Store) ChangeTask(ctx context.Context, update activity.TaskUpdate) (task activity.Task, changed bool, err error) {
	err = s.InTx(ctx, func(tx activity.Store) error {
		task, changed, err = tx.ChangeTask(ctx, update)
		return err
	})
	if err != nil {
		return activity.Task{}, false, err
	}
	return task, changed, nil
}

// AddOutcomes implements [activity.TaskStore].
func (s *Store) AddOutcomes(ctx context.Context, rows []activity.OutcomeRow) error {
	return s.InTx(ctx, func(tx activity.Store) error { return tx.AddOutcomes(ctx, rows) })
}

// Task implements [activity.TaskStore].
func (s *Store) Task(ctx context.Context, tenant string, id activity.ID) (activity.Task, error) {
	return ask(ctx, s.load, func(now *state) (activity.Task, error) { return now.task(tenant, id) })
}

// Tasks implements [activity.TaskStore].
func (s *Store) Tasks(ctx context.Context, filter activity.TaskFilter) ([]activity.Task, error) {
	return ask(ctx, s.load, func(now *state) ([]activity.Task, error) { return now.findTasks(&filter), nil })
}

// CountTasks implements [activity.TaskStore].
func (s *Store) CountTasks(ctx context.Context, filter activity.TaskFilter) (int, error) {
	return ask(ctx, s.load, func(now *state) (int, error) { return now.countTasks(&filter), nil })
}

// Admit implements [activity.TaskStore].
func (s *Store) Admit(ctx context.Context, admission activity.Admission) (activity.Wait, error) {
	return ask(ctx, s.load, func(now *state) (activity.Wait, error) { return now.admit(admission) })
}

// Backlog implements [activity.TaskStore].
func (s *Store) Backlog(ctx context.Context, query activity.BacklogQuery) ([]string, error) {
	return ask(ctx, s.load, func(now *state) ([]string, error) { return now.backlog(query), nil })
}

// NextTask implements [activity.TaskStore].
func (s *Store) NextTask(ctx context.Context, query activity.NextQuery) (activity.Task, error) {
	return ask(ctx, s.load, func(now *state) (activity.Task, error) { return now.nextTask(query) })
}

// LostTasks implements [activity.TaskStore].
func (s *Store) LostTasks(ctx context.Context, query activity.LostQuery) ([]activity.Task, error) {
	return ask(ctx, s.load, func(now *state) ([]activity.Task, error) { return now.lostTasks(query), nil })
}

// Outcomes implements [activity.TaskStore].
func (s *Store) Outcomes(ctx context.Context, filter activity.OutcomeFilter) ([]activity.OutcomeRow, error) {
	return ask(ctx, s.load, func(now *state) ([]activity.OutcomeRow, error) { return now.findOutcomes(&filter), nil })
}

// Tally implements [activity.TaskStore].
func (s *Store) Tally(ctx context.Context, tenant string, task activity.ID) (map[string]int64, error) {
	return ask(ctx, s.load, func(now *state) (map[string]int64, error) { return now.tally(tenant, task), nil })
}

func (tx *transaction) AddTask(ctx context.Context, task activity.Task) (stored activity.Task, err error) {
	err = tx.change(ctx, func(now *state) (next *state, err error) {
		next, stored, err = now.addTask(task)
		return next, err
	})
	return stored, err
}

func (tx *transaction) ChangeTask(ctx context.Context, update activity.TaskUpdate) (task activity.Task, changed bool, err error) {
	err = tx.change(ctx, func(now *state) (next *state, err error) {
		next, task, changed, err = now.changeTask(update)
		return next, err
	})
	return task, changed, err
}

func (tx *transaction) AddOutcomes(ctx context.Context, rows []activity.OutcomeRow) error {
	return tx.change(ctx, func(now *state) (*state, error) { return now.addOutcomes(rows) })
}

func (tx *transaction) Task(ctx context.Context, tenant string, id activity.ID) (activity.Task, error) {
	return ask(ctx, tx.current, func(now *state) (activity.Task, error) { return now.task(tenant, id) })
}

func (tx *transaction) Tasks(ctx context.Context, filter activity.TaskFilter) ([]activity.Task, error) {
	return ask(ctx, tx.current, func(now *state) ([]activity.Task, error) { return now.findTasks(&filter), nil })
}

func (tx *transaction) CountTasks(ctx context.Context, filter activity.TaskFilter) (int, error) {
	return ask(ctx, tx.current, func(now *state) (int, error) { return now.countTasks(&filter), nil })
}

func (tx *transaction) Admit(ctx context.Context, admission activity.Admission) (activity.Wait, error) {
	return ask(ctx, tx.current, func(now *state) (activity.Wait, error) { return now.admit(admission) })
}

func (tx *transaction) Backlog(ctx context.Context, query activity.BacklogQuery) ([]string, error) {
	return ask(ctx, tx.current, func(now *state) ([]string, error) { return now.backlog(query), nil })
}

func (tx *transaction) NextTask(ctx context.Context, query activity.NextQuery) (activity.Task, error) {
	return ask(ctx, tx.current, func(now *state) (activity.Task, error) { return now.nextTask(query) })
}

func (tx *transaction) LostTasks(ctx context.Context, query activity.LostQuery) ([]activity.Task, error) {
	return ask(ctx, tx.current, func(now *state) ([]activity.Task, error) { return now.lostTasks(query), nil })
}

func (tx *transaction) Outcomes(ctx context.Context, filter activity.OutcomeFilter) ([]activity.OutcomeRow, error) {
	return ask(ctx, tx.current, func(now *state) ([]activity.OutcomeRow, error) { return now.findOutcomes(&filter), nil })
}

func (tx *transaction) Tally(ctx context.Context, tenant string, task activity.ID) (map[string]int64, error) {
	return ask(ctx, tx.current, func(now *state) (map[string]int64, error) { return now.tally(tenant, task), nil })
}

// ask answers from the state that there is.
func ask[T any](ctx context.Context, load func(context.Context) (*state, error), answer func(*state) (T, error)) (T, error) {
	now, err := load(ctx)
	if err != nil {
		var none T
		return none, err
	}
	return answer(now)
}

// change puts another state into the place of the one that the transaction has.
func (tx *transaction) change(ctx context.Context, make func(*state) (*state, error)) error {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	before, err := tx.load(ctx)
	if err != nil {
		return err
	}
	next, err := make(before)
	if err != nil {
		return err
	}
	tx.state = next
	return nil
}
