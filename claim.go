package activity

import (
	"context"
	"errors"
	"slices"
	"sync"
)

// Claim starts the next task of some kinds, of any tenant; of all configured kinds if it is given
// none. It is the one that has been queued longest of those that can be started in a tenant, as [Tenant.Start]
// says; the tenants take turns. When there is nothing to do, that is [ErrNoTask]: ask again later. Any
// number of workers, in any number of processes, may claim at the same time; no task is given to two
// of them.
//
// The run lives until it is ended by its methods, or ctx ends.
func (j *Journal) Claim(ctx context.Context, kinds ...string) (*Run, error) {
	var names []string
	var limits []KindLimit
	if len(kinds) == 0 {
		for name := range j.shared.kinds {
			if name != RevertKind {
				kinds = append(kinds, name)
			}
		}
		slices.Sort(kinds)
	}
	for _, name := range kinds {
		k, err := j.kind(name)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(names, name) {
			names, limits = append(names, name), append(limits, KindLimit{Name: name, Max: k.MaxProcessing})
		}
	}
	const tenants = 64 // asked for at a time
	first := j.shared.turns.last()
	after, wrapped := first, first == ""
	for {
		backlog, err := j.store.Backlog(ctx, BacklogQuery{Kinds: names, After: after, Limit: tenants})
		if err != nil {
			return nil, err
		}
		for _, name := range backlog {
			if wrapped && first != "" && name > first {
				return nil, ErrNoTask
			}
			r, err := j.Tenant(name).claim(ctx, limits)
			if !errors.Is(err, ErrNoTask) {
				if err == nil {
					j.shared.turns.took(name)
				}
				return r, err
			}
			after = name
		}
		switch {
		case len(backlog) == tenants:
		case wrapped:
			return nil, ErrNoTask
		default:
			after, wrapped = "", true
		}
	}
}

// errAsk says that quotas are to be asked before a task is started.
var errAsk = errors.New("activity: quotas are to be asked")

func (t Tenant) claim(ctx context.Context, limits []KindLimit) (*Run, error) {
	limits = slices.Clone(limits)
	asked := map[ID]bool{} // tasks, and whether quotas have room for them
	for {
		var task Task
		var path []ID
		var k *kind
		err := t.journal.store.InTx(ctx, func(tx Store) (err error) {
			if task, err = tx.NextTask(ctx, NextQuery{Tenant: t.name, Kinds: limits, Now: t.journal.shared.clock()}); err != nil {
				return err
			}
			if k, err = t.journal.kind(task.Kind); err != nil {
				return err
			}
			if room, known := asked[task.ID]; k.charges() && !room {
				if known {
					return ErrNoTask // it was to wait, and somebody has changed that
				}
				return errAsk
			}
			task, path, err = t.start(ctx, tx, task, k)
			return err
		})
		switch {
		case err == nil:
			return t.run(ctx, task, k, path), nil
		case errors.Is(err, ErrTransition): // somebody else was faster
			return nil, ErrNoTask
		case err != errAsk:
			return nil, err
		}
		_, wait, err := t.admitQuota(ctx, task, k)
		if err != nil {
			return nil, err
		}
		asked[task.ID] = wait.IsZero()
		if wait.Quota != "" && wait.Quota == k.Quota { // nor will there be room for others of the kind
			limits = slices.DeleteFunc(limits, func(l KindLimit) bool { return l.Name == k.Name })
			if len(limits) == 0 {
				return nil, ErrNoTask
			}
		}
	}
}

// turns remembers which tenant was served last, so that the next one is.
type turns struct {
	mu     sync.Mutex
	tenant string
}

func (t *turns) last() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.tenant
}

func (t *turns) took(tenant string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tenant = tenant
}
