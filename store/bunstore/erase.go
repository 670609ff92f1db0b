package bunstore

import (
	"context"
	"slices"

	"github.com/go-activity/activity"
)

// eraser takes an entity out of the rows that the indexes lead to, within a transaction. All who do lock rows in the same
// order: the directory, events, tasks, quotas and their holds, each by what identifies them.
type eraser struct {
	*Store
	activity.EraseQuery
	held legalHolds
	left int // rows until the limit
	done activity.Erased
}

// Erase implements [activity.EraseStore]. It waits for who indexes, and nobody else does until the transaction ends: who is at work
// has read events as they were before they are erased, and what it writes of their names must be there to be deleted.
func (s *Store) Erase(ctx context.Context, q activity.EraseQuery) (activity.Erased, error) {
	if err := s.ready(ctx); err != nil {
		return activity.Erased{}, err
	}
	var e *eraser
	err := s.whole(ctx, false, func(tx *Store) error {
		held, err := tx.lockHeld(ctx, q.Tenant)
		if err != nil {
			return tx.failed(ctx, "erase", err)
		}
		if held.has(q.Entity) {
			return activity.ErrLegalHold
		}
		e = &eraser{Store: tx, EraseQuery: q, held: held, left: q.Limit}
		return tx.failed(ctx, "erase", tx.asStep(ctx, "erase", func() error { return e.erase(ctx) }))
	})
	if err != nil {
		return activity.Erased{}, err
	}
	slices.SortFunc(e.done.Events, activity.ID.Compare)
	slices.SortFunc(e.done.Tasks, activity.ID.Compare)
	return e.done, nil
}

// asStep runs fn as a step for which the triggers let rows of events and outcomes be changed, and no longer than that: what
// a host's transaction does afterwards is refused as before. If fn fails, the caller goes back to a savepoint, or ends the
// transaction, which ends the step too.
func (s *Store) asStep(ctx context.Context, name string, fn func() error) error {
	texts := s.engine.eraseTexts()
	if _, err := s.tx.ExecContext(ctx, texts.beginStep, name); err != nil {
		return err
	}
	if err := fn(); err != nil {
		return err
	}
	_, err := s.tx.ExecContext(ctx, texts.endStep)
	return err
}

func (e *eraser) erase(ctx context.Context) error {
	for _, step := range []func(context.Context) error{
		e.lockNames, e.eraseEvents, e.eraseTasks, e.eraseOutcomes, e.eraseName, e.eraseRelations, e.eraseMarks, e.eraseUses, e.eraseHolders,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// may reports whether something that is of some entities may be erased, and counts it.
func (e *eraser) may(of ...activity.Entity) bool {
	if e.held.has(of...) {
		e.done.Held++
		return false
	}
	e.left--
	return true
}

// eraseEvents follows the feeds of the entity: those that events are about it in, then those by it.
func (e *eraser) eraseEvents(ctx context.Context) error {
	about := activity.EventQuery{Tenant: e.Tenant, About: []activity.Entity{e.Entity}, Oldest: true}
	by := activity.EventQuery{Tenant: e.Tenant, Actor: e.Entity, Oldest: true}
	for _, q := range []activity.EventQuery{about, by} {
		for e.left > 0 {
			q.Limit = e.left
			found, err := e.walk(ctx, e.tx, &q)
			if err != nil {
				return err
			}
			ids := make([]activity.ID, 0, len(found))
			for i := range found {
				if len(q.About) > 0 || !slices.ContainsFunc(found[i].About, e.Entity.Is) { // else it was looked at before
					ids = append(ids, found[i].ID)
				}
			}
			if err := e.eraseThese(ctx, ids); err != nil {
				return err
			}
			if len(found) < q.Limit {
				break
			}
			q.Min = found[len(found)-1].ID.Next()
		}
	}
	return nil
}

// eraseThese erases events, and takes them out of the feeds that they are in no more.
func (e *eraser) eraseThese(ctx context.Context, ids []activity.ID) error {
	if len(ids) == 0 {
		return nil
	}
	rows, err := e.engine.lockEvents(ctx, e.Store, ids)
	if err != nil {
		return err
	}
	var erased []activity.EventRow
	var gone []feedRow
	for i := range rows {
		row := &rows[i]
		before := activity.EventRow{Event: row.Event.Clone()}
		if !before.Actor.Is(e.Entity) && !slices.ContainsFunc(before.About, e.Entity.Is) || !e.may(append(before.About, before.Actor)...) {
			continue
		}
		row.Erase(e.Entity)
		erased = append(erased, *row)
		after := feedsOf(nil, &row.Event)
		for _, feed := range feedsOf(nil, &before.Event) {
			if !slices.Contains(after, feed) {
				gone = append(gone, feedRow{feed, row})
			}
		}
		e.done.Events = append(e.done.Events, row.ID)
	}
	if len(erased) == 0 {
		return nil
	}
	if err := e.engine.setEvents(ctx, e.Store, erased); err != nil {
		return err
	}
	if err := e.engine.leaveFeeds(ctx, e.Store, gone); err != nil {
		return err
	}
	return e.emptyErrors(ctx, erased)
}

// emptyErrors empties what consumers said about events that were erased.
func (e *eraser) emptyErrors(ctx context.Context, erased []activity.EventRow) error {
	ids := make([]activity.ID, len(erased))
	for i := range erased {
		ids[i] = erased[i].ID
	}
	positions, err := e.engine.positions(ctx, e.tx, ids)
	if err != nil || len(positions) == 0 {
		return err
	}
	last := int64(0)
	texts := e.engine.eraseTexts()
	for _, position := range positions {
		last = max(last, position)
		for _, text := range []string{texts.emptyParked, texts.emptyRange} {
			if _, err := e.tx.ExecContext(ctx, text, position); err != nil {
				return err
			}
		}
	}
	_, err = e.tx.ExecContext(ctx, texts.emptyConsumers, last)
	return err
}

// eraseTasks follows the lists of tasks that are about the entity and by it, and the index of those that it ended.
func (e *eraser) eraseTasks(ctx context.Context) error {
	about := activity.TaskFilter{Tenant: e.Tenant, Entities: []activity.Entity{e.Entity}, Previews: activity.PreviewsShown, Sort: activity.SortStart}
	by := activity.TaskFilter{Tenant: e.Tenant, Actor: e.Entity, Previews: activity.PreviewsShown, Sort: activity.SortStart}
	for _, f := range []activity.TaskFilter{about, by} {
		for e.left > 0 {
			f.Limit = e.left
			found, err := e.walkTasks(ctx, e.tx, &f)
			if err != nil {
				return err
			}
			fresh := slices.DeleteFunc(slices.Clone(found), func(t activity.Task) bool {
				return len(f.Entities) == 0 && slices.ContainsFunc(t.About, e.Entity.Is) // was looked at before
			})
			if err := e.eraseTheseTasks(ctx, fresh); err != nil {
				return err
			}
			if len(found) < f.Limit {
				break
			}
			place := f.Sort.Place(&found[len(found)-1])
			f.After = &place
		}
	}
	var after activity.ID
	for e.left > 0 {
		limit := e.left
		found, err := tasks(ctx, e.tx, e.engine.eraseTexts().endedBy, e.Tenant, e.Entity.Kind, e.Entity.ID, e.engine.key(after), limit)
		if err != nil {
			return err
		}
		fresh := slices.DeleteFunc(slices.Clone(found), func(t activity.Task) bool {
			return t.Actor.Is(e.Entity) || slices.ContainsFunc(t.About, e.Entity.Is)
		})
		if err := e.eraseTheseTasks(ctx, fresh); err != nil || len(found) < limit {
			return err
		}
		after = found[len(found)-1].ID
	}
	return nil
}

func (e *eraser) eraseTheseTasks(ctx context.Context, found []activity.Task) error {
	order := slices.Clone(found)
	slices.SortFunc(order, func(a, b activity.Task) int { return a.ID.Compare(b.ID) })
	for i := range order {
		before, _, err := e.engine.lockTask(ctx, e.Store, e.Tenant, order[i].ID)
		if err != nil {
			return err
		}
		after := before.Clone()
		if !after.Erase(e.Entity) || !e.may(append(before.About, before.Actor, before.EndedBy)...) {
			continue
		}
		if err := e.setTask(ctx, &before, &after); err != nil {
			return err
		}
		e.done.Tasks = append(e.done.Tasks, after.ID)
	}
	return nil
}

// setTask stores what is left of a task, and takes it out of the lists that it is in no more.
func (e *eraser) setTask(ctx context.Context, before, after *activity.Task) error {
	args, err := fixedTaskArgs(e.engine, after)
	if err != nil {
		return err
	}
	changing, err := changingTaskArgs(e.engine, after)
	if err != nil {
		return err
	}
	if _, err := e.tx.ExecContext(ctx, e.engine.eraseTexts().setTask, append(args, changing...)...); err != nil {
		return err
	}
	kept := facetsOf(after)
	gone := slices.DeleteFunc(facetsOf(before), func(facet int64) bool { return slices.Contains(kept, facet) })
	_, err = e.tx.ExecContext(ctx, e.engine.eraseTexts().leaveLists, e.engine.ints(gone), before.Preview, e.engine.time(before.Start()), e.engine.id(before.ID))
	return err
}

// eraseOutcomes follows the index of the outcomes of the record.
func (e *eraser) eraseOutcomes(ctx context.Context) error {
	f := activity.OutcomeFilter{Tenant: e.Tenant, Records: []activity.Entity{e.Entity}}
	about := map[activity.ID][]activity.Entity{} // what the tasks are about
	for e.left > 0 {
		f.Limit = e.left
		found, err := e.findOutcomes(ctx, e.tx, &f)
		if err != nil || len(found) == 0 {
			return err
		}
		var erased []activity.OutcomeRow
		for i := range found {
			task := found[i].Task
			if _, known := about[task]; !known && len(e.held) > 0 {
				if about[task], err = e.aboutOf(ctx, e.Tenant, task); err != nil {
					return err
				}
			}
			if e.may(about[task]...) && found[i].Erase(e.Entity) {
				erased = append(erased, found[i])
			}
		}
		if err := e.engine.setOutcomes(ctx, e.Store, erased); err != nil {
			return err
		}
		e.done.Outcomes += len(erased)
		if len(found) < f.Limit {
			return nil
		}
		place := found[len(found)-1].Place()
		f.After = &place
	}
	return nil
}

// eraseHolders takes the entity out of the legal holds that it has set.
func (e *eraser) eraseHolders(ctx context.Context) error {
	_, err := e.tx.ExecContext(ctx, e.engine.eraseTexts().eraseHolders, e.Tenant, e.Entity.Kind, e.Entity.ID)
	return err
}

// addPositions reads IDs of events and their positions.
func addPositions(ctx context.Context, db conn, found map[activity.ID]int64, query string, args ...any) error {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id activity.ID
		var position int64
		if err := rows.Scan(&id, &position); err != nil {
			return err
		}
		found[id] = position
	}
	return rows.Err()
}
