package activity

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"
)

// upkeepEvery is how often Journal.Run looks for work, indexEvery for names, and forgetEvery and retainEvery for what is too old.
const (
	upkeepEvery = 2 * time.Second
	indexEvery  = 500 * time.Millisecond
	forgetEvery = time.Hour
	retainEvery = time.Hour
)

// Run does the upkeep, until ctx ends, whose error it returns: it seals, see [Journal.Seal], every 50 ms while there is
// something to seal and every 250 ms while there is not; it takes what was sealed into the directory, see [Tenant.Lookup]; it recovers lost tasks, gives back what expired reservations held, wakes
// tasks that waited for a quota, forgets what was used longer ago than [Quota.Keep], and removes what [Journal.Retain] does. One process
// has to do it; any number may. What goes wrong is logged to [Config.Logger] and tried again.
func (j *Journal) Run(ctx context.Context) error {
	_, leave := j.shared.tailer.join(sealer)
	defer leave()
	tick := time.NewTicker(upkeepEvery)
	defer tick.Stop()
	try := func(doing string, do func(context.Context) (int, error)) {
		if _, err := do(ctx); err != nil && ctx.Err() == nil {
			j.shared.logger.LogAttrs(ctx, slog.LevelError, "activity: "+doing, slog.Any("error", err))
		}
	}
	var indexing sync.WaitGroup
	defer indexing.Wait()
	indexing.Go(func() { every(ctx, indexEvery, func() { try("keeping the directory", j.index) }) })
	var forgot, retained time.Time
	for {
		try("recovering lost tasks", j.Recover)
		if len(j.shared.quotas) > 0 {
			try("expiring reservations", j.ExpireHolds)
			try("waking tasks that waited for a quota", j.Wake)
			if time.Since(forgot) >= forgetEvery {
				try("forgetting what was used", j.forgetUse)
				forgot = time.Now()
			}
		}
		if j.shared.retains() && time.Since(retained) >= retainEvery {
			try("retention", j.Retain)
			retained = time.Now()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// every calls a function at once and then again and again, until ctx ends.
func every(ctx context.Context, interval time.Duration, do func()) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		do()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// lostReason is the reason of tasks that fail because their run was lost.
const lostReason = "its run was lost: the process ended, or could not reach the database"

// Recover looks for tasks of the configured kinds, of all tenants, whose run was lost: whose lease
// has run out. By the policy of their kind ([Kind.Lost]) it queues them again, or makes them fail
// as a failure of the system. A task that was to be started by a [Tenant.Do] that is gone fails. It
// returns how many it has recovered. Run calls it every two seconds.
func (j *Journal) Recover(ctx context.Context) (int, error) {
	const batch = 100
	n := 0
	for {
		lost, err := j.store.LostTasks(ctx, LostQuery{Kinds: slices.Sorted(maps.Keys(j.shared.kinds)), Now: j.shared.clock(), Limit: batch})
		if err != nil {
			return n, err
		}
		var errs []error
		recovered := 0
		for _, task := range lost {
			err := j.recover(ctx, task)
			switch {
			case err == nil:
				recovered++
			case !errors.Is(err, ErrTransition): // else its run is alive again, it has ended, or another process was faster
				errs = append(errs, fmt.Errorf("task %s: %w", task.ID, err)) // the others are recovered all the same
			}
		}
		n += recovered
		if len(lost) < batch || recovered == 0 {
			return n, errors.Join(errs...)
		}
	}
}

func (j *Journal) recover(ctx context.Context, task Task) error {
	u := TaskUpdate{
		Tenant: task.Tenant, ID: task.ID, Now: j.shared.clock(), From: []Status{task.Status}, Attempt: task.Attempt, Lost: true,
		To: StatusFailed, Reason: lostReason, System: true,
	}
	switch k := j.shared.kinds[task.Kind]; {
	case task.Status != StatusProcessing:
	case k.Lost == LostRequeues && task.Losses+1 < k.MaxLosses:
		u.To, u.System = StatusQueued, false
	case k.Lost == LostCompletes:
		u.To, u.Reason, u.System, u.Settled = StatusCompleted, "", false, true
		if c := task.Children; c.Open > 0 {
			u.To, u.Lease, u.Settled = 0, -1, false // it is for its steps to end it
		} else if c.Failed+c.Cancelled > 0 {
			u.To, u.Reason = verdict(c)
			u.Settled = false
		}
	}
	err := j.store.InTx(ctx, func(tx Store) error {
		path, err := j.path(ctx, tx, task.Tenant, task.Parent)
		if err != nil {
			return err
		}
		if task, err = j.change(ctx, tx, change{update: u, path: path}); err != nil || !task.Status.Ended() {
			return err
		}
		_, err = j.Tenant(task.Tenant).cancelSteps(ctx, tx, task, path, task.Actor, "the task that it is a step of failed")
		return err
	})
	if err == nil {
		j.shared.runs.look(task.ID)
	}
	return err
}
