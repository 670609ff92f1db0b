package activity

import (
	"context"
	"fmt"
)

// Recipe stores a task and its steps at once. The task has no run of its own: it is processing from
// the start of its first step to the end of its last, counts what they count together, and ends
// as they do: failed if one failed, or else cancelled if one was cancelled. Cancelling it cancels the
// steps that have not ended. The steps come back in their order; their Parent is set by the call.
func (t Tenant) Recipe(ctx context.Context, spec TaskSpec, steps ...TaskSpec) (Task, []Task, error) {
	recipe, k, err := t.task(ctx, spec)
	if err != nil {
		return Task{}, nil, err
	}
	if len(steps) == 0 {
		return Task{}, nil, invalidf("Steps", "is empty")
	}
	recipe.Recipe = true
	children := make([]Task, len(steps))
	kinds := make([]*kind, len(steps))
	for i, step := range steps {
		if !step.Parent.IsZero() {
			return Task{}, nil, invalidf(fmt.Sprintf("Steps[%d].Parent", i), "is set by the recipe")
		}
		if children[i], kinds[i], err = t.task(ctx, step); err != nil {
			return Task{}, nil, inElement(err, "Step", i)
		}
	}
	id := recipe.ID
	err = t.journal.store.InTx(ctx, func(tx Store) error {
		if recipe, err = t.enqueue(ctx, tx, recipe, k); err != nil {
			return err
		}
		if recipe.ID != id { // the key's recipe, which has steps already
			children, err = t.steps(ctx, tx, recipe.ID)
			return err
		}
		for i := range children {
			children[i].Parent = recipe.ID
			if children[i], err = t.enqueue(ctx, tx, children[i], kinds[i]); err != nil {
				return inElement(err, "Step", i)
			}
		}
		recipe, err = tx.Task(ctx, t.name, recipe.ID)
		return err
	})
	if err != nil {
		return Task{}, nil, err
	}
	return recipe, children, nil
}

// steps returns all steps of a task, in the order in which they were queued.
func (t Tenant) steps(ctx context.Context, store Store, parent ID, statuses ...Status) ([]Task, error) {
	var all []Task
	for task, err := range allTasks(ctx, store, TaskFilter{
		Tenant: t.name, Parent: parent, Statuses: statuses, Previews: PreviewsShown, Sort: SortQueued, Limit: MaxLimit,
	}) {
		if err != nil {
			return nil, err
		}
		all = append(all, task)
	}
	return all, nil
}
