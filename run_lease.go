package activity

import (
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// keep renews the lease and writes what was reported, until the run is over.
func (r *Run) keep() {
	beat := time.NewTicker(r.kind.heartbeat())
	defer beat.Stop()
	defer r.tenant.journal.shared.runs.remove(r.id, r.runState)
	var soon <-chan time.Time
	for {
		select {
		case <-r.ctx.Done():
			return
		case <-r.dirty:
			if soon == nil {
				soon = time.After(flushAfter)
			}
			continue
		case <-soon:
		case <-beat.C:
		case <-r.nudge:
		}
		soon = nil
		err := r.Flush(r.ctx)
		if err == nil || r.ctx.Err() != nil {
			continue
		}
		r.tenant.journal.shared.logger.LogAttrs(r.ctx, slog.LevelWarn, "activity: a run could not renew its lease",
			slog.String("tenant", r.tenant.name), slog.String("task", r.id.String()), slog.Any("error", err))
		r.mu.Lock()
		lost := time.Since(r.renewed) > r.kind.Lease
		r.mu.Unlock()
		if lost {
			r.close(fmt.Errorf("%w: its lease ran out while the store could not be reached: %w", ErrNotRunning, err))
		}
	}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// runs are the runs of this process, by task.
type runs struct {
	mu   sync.Mutex
	byID map[ID]*runState
}

func (r *runs) add(id ID, run *runState) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byID == nil {
		r.byID = map[ID]*runState{}
	}
	r.byID[id] = run
}

func (r *runs) remove(id ID, run *runState) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byID[id] == run {
		delete(r.byID, id)
	}
}

// look makes the run of a task see soon what became of it.
func (r *runs) look(id ID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if run := r.byID[id]; run != nil {
		signal(run.nudge)
	}
}
