package activity

import "context"

// quotaWait says what a task that is to be started waits for, as far as the quotas of its kind tell. It asks
// Config.Limits, which may take its time and may use the database: not within a transaction of the library's.
func (t Tenant) quotaWait(ctx context.Context, task Task, k *kind) (Wait, error) {
	var wait Wait
	for _, m := range k.meters(t, task.Actor) {
		usage, err := m.Usage(ctx)
		if err != nil {
			return Wait{}, err
		}
		units := max(task.Wait.Units, 1)
		at, ever := usage.When(units)
		if ever && at.After(usage.At) && at.After(wait.Until) {
			wait = Wait{For: WaitQuota, Quota: m.quota, Units: units, Until: at}
		}
	}
	return wait, nil // what does not fit into a limit at all is for Run.Charge to say
}

// admitQuota looks whether a task may be started as far as quotas are concerned, and writes on it what it waits for.
func (t Tenant) admitQuota(ctx context.Context, task Task, k *kind) (Task, Wait, error) {
	if !k.charges() || task.Status != StatusQueued {
		return task, Wait{}, nil
	}
	wait, err := t.quotaWait(ctx, task, k)
	if err != nil || wait.IsZero() && task.Wait.For != WaitQuota || wait == task.Wait {
		return task, wait, err
	}
	task, err = t.waits(ctx, t.journal.store, task.ID, wait)
	return task, wait, err
}

// Wake looks at the tasks, of all tenants, that wait for a quota, and lets those be started for which there is room
// now, earlier than it seemed: something was given back, or a limit was raised. It returns how many. [Journal.Run]
// calls it every two seconds.
func (j *Journal) Wake(ctx context.Context) (int, error) {
	var kinds []string
	for name, k := range j.shared.kinds {
		if k.charges() {
			kinds = append(kinds, name)
		}
	}
	if len(kinds) == 0 {
		return 0, nil
	}
	const tenants = 64 // asked for at a time
	woken, after := 0, ""
	for {
		backlog, err := j.store.Backlog(ctx, BacklogQuery{Kinds: kinds, After: after, Limit: tenants})
		if err != nil {
			return woken, err
		}
		for _, name := range backlog {
			n, err := j.Tenant(name).wake(ctx, kinds)
			if woken += n; err != nil {
				return woken, err
			}
			after = name
		}
		if len(backlog) < tenants {
			return woken, nil
		}
	}
}

// mostWaiting is how many waiting tasks of a tenant Wake looks at, the oldest ones. The others have their time.
const mostWaiting = 1000

func (t Tenant) wake(ctx context.Context, kinds []string) (woken int, err error) {
	filter := TaskFilter{
		Tenant: t.name, Kinds: kinds, Statuses: []Status{StatusQueued}, Previews: PreviewsShown, Sort: SortStart, Limit: 100,
	}
	known := map[QuotaKey]Usage{}
	taken := map[QuotaKey]int64{} // what those need that were woken
	for seen := 0; seen < mostWaiting; seen += filter.Limit {
		tasks, err := t.journal.store.Tasks(ctx, filter)
		if err != nil {
			return woken, err
		}
		for _, task := range tasks {
			if task.Wait.For != WaitQuota {
				continue
			}
			room := true
			meters := t.journal.shared.kinds[task.Kind].meters(t, task.Actor)
			for _, m := range meters {
				usage, ok := known[m.key()]
				if !ok {
					if usage, err = m.Usage(ctx); err != nil {
						return woken, err
					}
					known[m.key()] = usage
				}
				at, ever := usage.When(taken[m.key()] + task.Wait.Units)
				room = room && (!ever || !at.After(usage.At))
			}
			if !room {
				continue
			}
			for _, m := range meters {
				taken[m.key()] += task.Wait.Units
			}
			if _, err := t.waits(ctx, t.journal.store, task.ID, Wait{}); err != nil {
				return woken, err
			}
			woken++
		}
		if len(tasks) < filter.Limit {
			break
		}
		place := filter.Sort.Place(&tasks[len(tasks)-1])
		filter.After = &place
	}
	return woken, nil
}
