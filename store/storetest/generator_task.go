package storetest

import (
	"fmt"
	"strings"
	"time"

	"github.com/go-activity/activity"
)

var (
	someKinds  = []string{"import", "export", "scrape", "sync"}
	someWords  = []string{"contacts", "Deals", "of", "MAY", "Übersicht", "2"}
	someValues = []string{"", "weekly", "eu"}
)

// knownTask returns a random one of the tenant's tasks that are wanted, if there is one.
func (r *randomizer) knownTask(tenant string, wanted func(t *activity.Task) bool) (activity.Task, bool) {
	n := len(r.model.tasks)
	for i, first := 0, r.rand.IntN(n+1); i < n; i++ {
		if t := &r.model.tasks[(first+i)%n]; t.Tenant == tenant && wanted(t) {
			return t.Clone(), true
		}
	}
	return activity.Task{}, false
}

func anyTask(*activity.Task) bool { return true }

// newTask returns a task to be added. Now and then its key was used, for the same or for another task,
// or its ID exists.
func (r *randomizer) newTask(tenant string) activity.Task {
	r.n++
	t := newTask(r.n, taskOf(tenant), taskKind(pick(r, someKinds)), runFor(pick(r, someActors)), taskAbout(r.entities(3)...), queuedAt(r.time()))
	for range r.rand.IntN(4) {
		t.Title = strings.TrimSpace(t.Title + " " + pick(r, someWords))
	}
	if r.chance(50) {
		t.Attributes = map[string]string{"template": pick(r, someValues), "region": pick(r, someValues)}
	}
	t.Automated, t.Preview, t.Recipe = r.chance(30), r.chance(20), r.chance(10)
	t.Total = int64(r.rand.IntN(4))
	if r.chance(25) {
		t.Exclusive = pick(r, []string{"list:1", "list:2"})
	}
	if r.chance(20) {
		t.LeaseUntil = r.time()
	}
	if r.chance(20) {
		t.Wait = activity.Wait{For: activity.WaitLater, Until: r.time()}
	}
	if parent, ok := r.knownTask(tenant, anyTask); ok && r.chance(30) {
		t.Parent = parent.ID
	}
	if r.chance(20) {
		t.Key = fmt.Sprint("k", r.n)
	}
	if r.chance(15) {
		if known, ok := r.knownTask(tenant, func(t *activity.Task) bool { return t.Key != "" }); ok {
			t = againTask(known, r.n)
			t.Automated = t.Automated != r.chance(30)
		}
	} else if r.chance(5) {
		if known, ok := r.knownTask(pick(r, someTenants), anyTask); ok {
			t.ID = known.ID
		}
	}
	return t
}

// update returns a change of a task that is there, mostly. It starts no task that has an exclusive key:
// that is for those who were admitted.
func (r *randomizer) update(tenant string) activity.TaskUpdate {
	u := activity.TaskUpdate{Tenant: tenant, Now: r.time()}
	wanted := anyTask
	switch r.rand.IntN(7) {
	case 0, 1:
		u.To, u.From = activity.StatusProcessing, []activity.Status{activity.StatusQueued}
		wanted = func(t *activity.Task) bool {
			return t.Exclusive == "" && (t.Status == activity.StatusQueued || r.chance(10))
		}
	case 2:
		u.To, u.From = activity.StatusQueued, []activity.Status{activity.StatusProcessing}
		wanted = func(t *activity.Task) bool { return t.Status == activity.StatusProcessing || r.chance(2) }
	case 3:
		u.To, u.From = pick(r, activity.Statuses[2:]), activity.Statuses[:2]
		u.Reason, u.Detail, u.System, u.EndedBy = "because", "of this", r.chance(50), ben
	}
	known, ok := r.knownTask(tenant, wanted)
	if u.ID = known.ID; !ok || r.chance(5) {
		u.ID = newID(r.time(), 0)
	}
	if ok && known.ID == u.ID && r.n%2 == 0 {
		seen := known.Clone()
		u.Seen = &seen
	}
	if r.chance(15) {
		u.Attempt = 1 + r.rand.IntN(2)
	}
	u.Lost, u.Settled = r.chance(5), r.chance(25)
	if r.chance(30) {
		u.Lease = time.Duration(r.rand.IntN(40)-10) * time.Minute
	}
	if r.chance(20) {
		u.Wait = &activity.Wait{For: pick(r, []activity.WaitFor{0, activity.WaitPlace, activity.WaitLater})}
		switch {
		case u.Wait.For == activity.WaitLater:
			u.Wait.Until = r.time()
		case u.Wait.For == activity.WaitPlace && r.n%2 == 0:
			u.Wait.For, u.Wait.Quota, u.Wait.Units = activity.WaitQuota, "scrapings", int64(r.n)
		}
	}
	if r.chance(30) {
		u.Progress = &activity.Progress{Done: int64(r.rand.IntN(5)), Total: int64(r.rand.IntN(5))}
	}
	if r.chance(40) {
		few := func() int64 { return int64(r.rand.IntN(3)) }
		u.Counts = activity.Counts{Created: few(), Updated: few(), Deleted: few(), Unmodified: few(), Failed: few(), Warned: few()}
		u.Fields, u.Extras = []string{pick(r, someWords), pick(r, someWords)}, []string{pick(r, someWords)}
	}
	if r.chance(30) {
		u.Children = activity.Children{Total: 1, Open: r.rand.IntN(2), Failed: r.rand.IntN(2)}
	}
	if r.chance(5) {
		u.RevertedBy = newID(r.time(), 1)
	}
	return u
}

// filter returns one with a few conditions, of any order, and sometimes from a place of it.
func (r *randomizer) filter() activity.TaskFilter {
	f := activity.TaskFilter{
		Tenant: pick(r, someTenants), Previews: activity.Previews(r.rand.IntN(3)), Sort: pick(r, append(activity.TaskSorts, "")),
		Descending: r.chance(50), Limit: 1 + r.rand.IntN(30),
	}
	if r.chance(25) {
		for range 1 + r.rand.IntN(3) {
			f.Kinds = append(f.Kinds, pick(r, append(someKinds, "absent", "sync2")))
		}
	}
	if r.chance(25) {
		for range 1 + r.rand.IntN(3) {
			f.Statuses = append(f.Statuses, pick(r, activity.Statuses))
		}
	}
	if r.chance(15) {
		f.Actor = pick(r, someActors)
		f.Actor.Label = "whatever"
	}
	if r.chance(20) {
		f.Entities = r.entities(20)
	}
	if r.chance(8) {
		f.Named = r.entities(10)
	}
	if known, ok := r.knownTask(f.Tenant, func(t *activity.Task) bool { return !t.Parent.IsZero() }); ok && r.chance(15) {
		f.Parent = known.Parent
	}
	if r.chance(15) {
		f.Trigger = pick(r, []activity.Trigger{activity.ByPerson, activity.ByAutomation})
	}
	if r.chance(20) {
		for range 1 + r.rand.IntN(2) {
			f.Words = append(f.Words, strings.ToLower(pick(r, someWords)))
		}
	}
	if r.chance(20) {
		f.Attributes = map[string]string{pick(r, []string{"template", "region"}): pick(r, someValues)}
	}
	if known, ok := r.knownTask(f.Tenant, anyTask); ok {
		before, same, after := around(known.ID)
		switch near := pick(r, []activity.ID{before, same, after}); r.rand.IntN(10) {
		case 0:
			f.MinID = near
		case 1:
			f.MaxID = near
		case 2, 3:
			number, text := columnOf(f.Sort)(known)
			f.After = &activity.TaskPlace{Number: number, Text: text, ID: near}
		}
	}
	if r.chance(10) {
		f.From = r.time()
	}
	if r.chance(10) {
		f.To = r.time()
	}
	return f
}

// outcomes returns some of a task, or of none.
func (r *randomizer) outcomes(tenant string) []activity.OutcomeRow {
	known, ok := r.knownTask(tenant, anyTask)
	if !ok {
		known.ID = newID(epoch, 0)
	}
	var rows []activity.OutcomeRow
	first := r.reported[known.ID] + 1
	if r.chance(30) {
		first = 1 + int64(r.rand.IntN(5)) // may be used
	}
	for seq := first; seq < first+1+int64(r.rand.IntN(8)); seq++ {
		row := newOutcome(known.ID, seq, ofTenant(tenant), ofKind(pick(r, []string{"created", "updated", "error"})), message(pick(r, someWords)))
		if row.Record = r.entity(); r.chance(30) {
			row.Record = activity.Entity{}
		}
		row.Row = int64(r.rand.IntN(5))
		rows = append(rows, row)
	}
	return rows
}

func (r *randomizer) outcomeFilter() activity.OutcomeFilter {
	f := activity.OutcomeFilter{Tenant: pick(r, someTenants), Descending: r.chance(50), Limit: 1 + r.rand.IntN(30)}
	known, _ := r.knownTask(f.Tenant, func(t *activity.Task) bool { return r.reported[t.ID] > 0 })
	if f.Task = known.ID; f.Task.IsZero() || r.chance(40) {
		f.Records = append(r.entities(6), r.entity()) // it has a task, or records
	}
	if r.chance(30) && len(f.Records) > 0 {
		f.Task = activity.ID{}
	}
	if r.chance(30) {
		f.Kinds = []string{pick(r, []string{"created", "updated", "error", "absent"}), "error"}
	}
	if r.chance(15) && len(f.Records) == 0 {
		f.Rows = []int64{int64(r.rand.IntN(5)), int64(r.rand.IntN(5))}
	}
	if r.chance(20) {
		f.Search = strings.ToUpper(pick(r, someWords))
	}
	if r.chance(30) {
		f.After = &activity.OutcomePlace{Task: known.ID, Seq: int64(r.rand.IntN(10))}
	}
	return f
}
