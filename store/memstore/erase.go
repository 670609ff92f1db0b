package memstore

import (
	"cmp"
	"maps"
	"slices"

	"github.com/go-activity/activity"
)

// eraser takes an entity out of a state that is its own. Rows, tasks and batches of outcomes are replaced, as other states
// share them.
type eraser struct {
	*activity.EraseQuery
	state *state
	tenant
	left int // rows until the limit
	done activity.Erased
}

// erase returns the state with an entity taken out of it.
func (s *state) erase(q *activity.EraseQuery) (*state, activity.Erased, error) {
	e := &eraser{EraseQuery: q, state: s.fork(), tenant: s.tenants[q.Tenant], left: q.Limit}
	if e.holds(q.Entity) {
		return nil, activity.Erased{}, activity.ErrLegalHold
	}
	e.eraseEvents()
	e.eraseTasks()
	e.eraseOutcomes()
	e.eraseHolders()
	e.eraseNames()
	e.state.tenants[q.Tenant] = e.tenant
	b := &book{quotas: s.quotas, staged: s.meters, inTx: true}
	e.done.Uses = b.erase(q.Tenant, q.Entity, e.left)
	e.state.meters = b.staged
	slices.SortFunc(e.done.Events, activity.ID.Compare)
	slices.SortFunc(e.done.Tasks, activity.ID.Compare)
	return e.state, e.done, nil
}

// may reports whether something that is of some entities may be erased now, and counts it.
func (e *eraser) may(of ...activity.Entity) bool {
	if e.tenant.holds(of...) {
		e.done.Held++
		return false
	}
	e.left--
	return true
}

func (e *eraser) eraseEvents() {
	e.rows, e.keys = slices.Clone(e.rows), maps.Clone(e.keys)
	about := func(row *activity.EventRow) bool { return slices.ContainsFunc(row.About, e.Entity.Is) }
	by := func(row *activity.EventRow) bool { return e.Entity.Is(row.Actor) && !about(row) }
	for _, of := range []func(*activity.EventRow) bool{about, by} {
		for i, row := range e.rows {
			if e.left == 0 || !of(row) || !e.may(append(slices.Clone(row.About), row.Actor)...) {
				continue
			}
			erased := clone(row)
			erased.Erase(e.Entity)
			e.rows[i] = erased
			if row.Key != "" {
				delete(e.keys, row.Key)
			}
			if erased.Key != "" {
				e.keys[erased.Key] = erased
			}
			e.done.Events = append(e.done.Events, row.ID)
		}
	}
	e.emptyErrors()
}

// emptyErrors empties what consumers said about events that were erased.
func (e *eraser) emptyErrors() {
	erased := map[activity.ID]bool{}
	for _, id := range e.done.Events {
		erased[id] = true
	}
	for _, entry := range e.chain.entries.items {
		if !erased[entry.id] {
			continue
		}
		for _, c := range e.state.consumers {
			if c.Position < entry.position {
				c.Error = ""
			}
			c.parked = slices.Clone(c.parked)
			for i := range c.parked {
				if p := &c.parked[i]; p.Position <= entry.position && entry.position <= p.Through {
					p.Error = ""
				}
			}
			next := e.state.withConsumer(c)
			e.state = next
		}
	}
}

func (e *eraser) eraseTasks() {
	e.tasks, e.taskKeys = slices.Clone(e.tasks), maps.Clone(e.taskKeys)
	about := func(t *activity.Task) bool { return slices.ContainsFunc(t.About, e.Entity.Is) }
	by := func(t *activity.Task) bool { return e.Entity.Is(t.Actor) && !about(t) }
	ended := func(t *activity.Task) bool { return e.Entity.Is(t.EndedBy) && !about(t) && !e.Entity.Is(t.Actor) }
	byStart := func(a, b *activity.Task) int { return cmp.Or(a.Start().Compare(b.Start()), a.ID.Compare(b.ID)) }
	byID := func(a, b *activity.Task) int { return a.ID.Compare(b.ID) }
	for _, pass := range []struct {
		of    func(*activity.Task) bool
		order func(a, b *activity.Task) int
	}{{about, byStart}, {by, byStart}, {ended, byID}} {
		for _, task := range slices.SortedFunc(slices.Values(e.tasks), pass.order) {
			if e.left == 0 || !pass.of(task) || !e.may(append(slices.Clone(task.About), task.Actor, task.EndedBy)...) {
				continue
			}
			erased := task.Clone()
			erased.Erase(e.Entity)
			i, _ := e.searchTask(task.ID)
			e.tasks[i] = &erased
			if erased.Key != task.Key {
				delete(e.taskKeys, task.Key)
			}
			e.done.Tasks = append(e.done.Tasks, task.ID)
		}
	}
}

func (e *eraser) eraseOutcomes() {
	e.outcomes = maps.Clone(e.outcomes)
	for _, id := range slices.SortedFunc(maps.Keys(e.outcomes), activity.ID.Compare) {
		rows := e.outcomes[id].rowsInOrder()
		before := e.left
		for i := range rows {
			if e.left > 0 && e.Entity.Is(rows[i].Record) && e.may(e.aboutOf(id)...) {
				rows[i] = rows[i].Clone()
				rows[i].Erase(e.Entity)
			}
		}
		if e.left < before {
			e.done.Outcomes += before - e.left
			e.outcomes[id] = &batch{rows: rows, tally: e.outcomes[id].tally}
		}
	}
}

// aboutOf returns what a task is about.
func (t tenant) aboutOf(id activity.ID) []activity.Entity {
	if task, ok := t.task(id); ok {
		return task.About
	}
	return nil
}

// eraseNames takes away what the entity is called, what it belongs to, and how far it has read or was read.
func (e *eraser) eraseNames() {
	before := e.left
	of := subjectOf(e.Entity)
	if e.names[of] != nil && e.left > 0 {
		e.names = maps.Clone(e.names)
		delete(e.names, of)
		e.left--
	}
	e.relations = slices.DeleteFunc(slices.Clone(e.relations), func(r activity.Relation) bool {
		gone := e.left > 0 && (r.Entity.Is(e.Entity) || r.Of.Is(e.Entity))
		if gone {
			e.left--
		}
		return gone
	})
	e.marks = maps.Clone(e.marks)
	maps.DeleteFunc(e.marks, func(b bookmark, _ activity.ID) bool {
		gone := e.left > 0 && (b.reader == of || b.feed == of)
		if gone {
			e.left--
		}
		return gone
	})
	e.done.Names = before - e.left
}

// eraseHolders takes the entity out of the legal holds that it has set.
func (e *eraser) eraseHolders() {
	e.legalHolds = slices.Clone(e.legalHolds)
	for i := range e.legalHolds {
		if by := &e.legalHolds[i].By; by.Is(e.Entity) {
			*by = activity.Entity{Kind: by.Kind}
		}
	}
}

// erase takes an actor and a subject out of the meters of a tenant, as far as the limit goes, and returns how much there was.
func (b *book) erase(tenant string, entity activity.Entity, limit int) int {
	left := limit
	keys := slices.DeleteFunc(b.keys(), func(key activity.QuotaKey) bool { return key.Tenant != tenant })
	for _, key := range keys {
		if m := b.get(key); !key.Subject().Is(entity) || m.gone || left == 0 {
			continue
		}
		m := b.edit(key, true)
		n := min(len(m.uses), left)
		m.uses, left = m.uses[n:], left-n
		if left > 0 {
			b.put(key, &meter{gone: true})
			left--
		}
	}
	for _, key := range keys {
		for slices.ContainsFunc(b.get(key).uses, func(u use) bool { return u.actor.Is(entity) }) && left > 0 {
			b.edit(key, true).disown(entity)
			left--
		}
	}
	return limit - left
}

// disown makes the first of what an actor used that of nobody.
func (m *meter) disown(actor activity.Entity) {
	i := slices.IndexFunc(m.uses, func(u use) bool { return u.actor.Is(actor) })
	minute := m.uses[i].minute
	for id, h := range m.holds {
		if h.Actor.Is(actor) && minuteOf(h.At) == minute {
			h.Actor = activity.Entity{}
			m.holds[id] = h
		}
	}
	if n := slices.IndexFunc(m.uses, func(u use) bool { return u.minute == minute && u.actor.IsZero() }); n >= 0 {
		m.uses[n].units += m.uses[i].units
		m.uses = slices.Delete(m.uses, i, i+1)
		return
	}
	m.uses[i].actor = activity.Entity{}
}
