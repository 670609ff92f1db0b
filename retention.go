package activity

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// RemovedEvent is the payload of [EventsRemoved].
type RemovedEvent struct {
	Type   string    `json:"type"`
	Label  string    `json:"label"`  // of the type
	Before time.Time `json:"before"` // when all of them occurred
	Count  int       `json:"count"`  // of Events
	Events []ID      `json:"events"` // ascending
}

// RemovedOutcomes is the payload of [OutcomesRemoved].
type RemovedOutcomes struct {
	Task  ID     `json:"task"`
	Kind  string `json:"kind"`  // of the task
	Label string `json:"label"` // of the kind
	Count int    `json:"count"`
}

// retainBatch is how many events or outcomes go in one transaction.
const retainBatch = 1000

// Retain removes what is kept no longer, in all tenants: events by [TypeOptions.Retention], and the outcomes of tasks by
// [Kind.Retention]. It returns how many events and outcomes it has removed. Run calls it every hour.
//
// An event that has no position yet stays until it has one, and one of an entity under a legal hold until that is lifted;
// so does what [SetLegalHold] keeps of outcomes. The entries, leaves and proofs of events that are removed stay. The events of
// the library's own types, and what types that are not configured have, are kept forever.
//
// It works in short transactions. Each records an [EventsRemoved] that lists the events that went, or an
// [OutcomesRemoved] with the task whose outcomes did, by System("retention"). Any number of processes may call it, and
// it may be cut off: the next round goes on. What goes wrong in one tenant does not keep others from theirs.
//
// [SetLegalHold]: Tenant.SetLegalHold
func (j *Journal) Retain(ctx context.Context) (int, error) {
	events, err1 := j.retainEvents(ctx)
	outcomes, err2 := j.retainOutcomes(ctx)
	return events + outcomes, errors.Join(err1, err2)
}

// retains reports whether there is anything that Retain may remove.
func (s *shared) retains() bool { return len(s.retained()) > 0 || s.shortest() > 0 }

// retained returns the types that have a retention, in the order of their names.
func (s *shared) retained() []*definition {
	var types []*definition
	for _, name := range slices.Sorted(maps.Keys(s.types)) {
		if d := s.types[name]; d.options.Retention > 0 {
			types = append(types, d)
		}
	}
	return types
}

// shortest returns the shortest retention of the kinds of task; 0 if none has one.
func (s *shared) shortest() (retention time.Duration) {
	for _, k := range s.kinds {
		if k.Retention > 0 && (retention == 0 || k.Retention < retention) {
			retention = k.Retention
		}
	}
	return retention
}

func (j *Journal) retainEvents(ctx context.Context) (int, error) {
	const page = 100
	types := j.shared.retained()
	if len(types) == 0 {
		return 0, nil
	}
	n := 0
	var errs []error
	for after := ""; ; {
		tenants, err := j.store.Ledgers(ctx, after, page)
		if err != nil {
			return n, errors.Join(append(errs, err)...)
		}
		for _, name := range tenants {
			for _, d := range types {
				removed, err := j.Tenant(name).retain(ctx, d)
				n += removed
				if err != nil {
					errs = append(errs, fmt.Errorf("tenant %s: %w", name, err))
				}
			}
			after = name
		}
		if len(tenants) < page {
			return n, errors.Join(errs...)
		}
	}
}

// retain removes the tenant's events of a type that are too old.
func (t Tenant) retain(ctx context.Context, d *definition) (int, error) {
	before := t.journal.shared.now().UTC().Add(-d.options.Retention).Truncate(time.Microsecond)
	if before.Before(minTime) {
		return 0, nil
	}
	query := EventQuery{Tenant: t.name, Types: []string{d.name}, Max: firstID(before), Oldest: true, Limit: retainBatch}
	n := 0
	for {
		events, err := t.journal.store.Feed(ctx, query)
		if err != nil || len(events) == 0 {
			return n, err
		}
		ids := make([]ID, len(events))
		for i := range events {
			ids[i] = events[i].ID
		}
		var removed []ID
		err = t.journal.store.InTx(ctx, func(tx Store) (err error) {
			if removed, err = tx.RemoveEvents(ctx, t.name, ids); err != nil || len(removed) == 0 {
				return err
			}
			return t.record(ctx, tx, EventsRemoved.New(RemovedEvent{
				Type: d.name, Label: d.options.Label, Before: before, Count: len(removed), Events: removed,
			}).By(System("retention")))
		})
		if err != nil {
			return n, err
		}
		n += len(removed)
		if len(events) < query.Limit {
			return n, nil
		}
		query.Min = ids[len(ids)-1].Next() // what stays is passed over
	}
}

func (j *Journal) retainOutcomes(ctx context.Context) (int, error) {
	shortest := j.shared.shortest()
	now := j.shared.now().UTC()
	if shortest == 0 || now.Add(-shortest).Before(minTime) {
		return 0, nil
	}
	n := 0
	var errs []error
	query := ReportsQuery{Before: firstID(now.Add(-shortest)), Limit: retainBatch} // who was queued since cannot have ended before
	for {
		reports, err := j.store.Reports(ctx, query)
		if err != nil {
			return n, errors.Join(append(errs, err)...)
		}
		for _, report := range reports {
			removed, err := j.retainReport(ctx, report, now)
			n += removed
			if err != nil {
				errs = append(errs, fmt.Errorf("tenant %s: task %s: %w", report.Tenant, report.Task, err))
			}
			query.After = report.Task
		}
		if len(reports) < query.Limit {
			return n, errors.Join(errs...)
		}
	}
}

// retainReport removes the outcomes of a task if they are too old.
func (j *Journal) retainReport(ctx context.Context, report ReportRef, now time.Time) (int, error) {
	task, err := j.store.Task(ctx, report.Tenant, report.Task)
	if err != nil {
		return 0, err
	}
	k := j.shared.kinds[task.Kind]
	if k == nil || k.Retention == 0 || !task.Status.Ended() || now.Sub(task.EndedAt) < k.Retention {
		return 0, nil
	}
	for n := 0; ; {
		var removed int
		err := j.store.InTx(ctx, func(tx Store) (err error) {
			if removed, err = tx.RemoveOutcomes(ctx, report.Tenant, report.Task, retainBatch); err != nil || removed == 0 {
				return err
			}
			return j.Tenant(report.Tenant).record(ctx, tx, OutcomesRemoved.New(RemovedOutcomes{
				Task: report.Task, Kind: k.Name, Label: k.Label, Count: removed,
			}).By(System("retention")))
		})
		if err != nil {
			return n, err
		}
		n += removed
		if removed < retainBatch {
			return n, nil
		}
	}
}
