package storetest

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-activity/activity"
)

// register is a directory of its own beside a store, made of its entries. It does what the contract says, unless one of its
// functions is another. Transactions do not undo what it has taken.
type register struct {
	mu    sync.Mutex
	rows  map[activity.ID]activity.EventRow // as they were appended
	taken map[activity.Position]bool
	known map[string]map[activity.Entity]*listed // by the tenant

	order   func(a, b activity.EntryRow) int
	names   func(r *register, e activity.EntryRow) []activity.Entity // those of an entry, in the order of taking them
	label   func(before *listed, e activity.EntryRow, label string) string
	words   func(before *listed, e activity.Entity) []string
	match   func(q activity.EntityQuery, has *listed) bool
	compare func(a, b *listed) int
	answer  func(q activity.EntityQuery, found []*listed) []activity.Entity
}

// listed is what a register has of an entity.
type listed struct {
	activity.Entity
	words []string
	first string            // the first label
	last  activity.EntryRow // the one that gave the label
}

func newRegister() *register {
	return &register{
		rows:  map[activity.ID]activity.EventRow{},
		taken: map[activity.Position]bool{},
		known: map[string]map[activity.Entity]*listed{},
		order: func(a, b activity.EntryRow) int { return int(a.Position - b.Position) },
		names: func(_ *register, e activity.EntryRow) []activity.Entity {
			if e.Event.ID.IsZero() {
				return nil
			}
			all := append([]activity.Entity{e.Event.Actor}, e.Event.About...)
			return slices.DeleteFunc(all, func(e activity.Entity) bool { return e.ID == "" || e.Kind == activity.EventKind })
		},
		label: func(before *listed, _ activity.EntryRow, label string) string {
			if label == "" {
				return before.Label
			}
			return label
		},
		words: func(before *listed, e activity.Entity) []string {
			return append(before.words, activity.NameWords(e.Name())...)
		},
		match: func(q activity.EntityQuery, has *listed) bool {
			return hasKind(q, has) && !slices.ContainsFunc(q.Words, func(begin string) bool { return !has.begins(begin) })
		},
		compare: func(a, b *listed) int {
			if n := strings.Compare(a.Name(), b.Name()); n != 0 {
				return n
			}
			return compareEntities(a.Entity, b.Entity)
		},
		answer: func(q activity.EntityQuery, found []*listed) []activity.Entity {
			return entitiesOf(found[:min(len(found), q.Limit)])
		},
	}
}

func hasKind(q activity.EntityQuery, has *listed) bool {
	return len(q.Kinds) == 0 || slices.Contains(q.Kinds, has.Kind)
}

func entitiesOf(found []*listed) []activity.Entity {
	var list []activity.Entity
	for _, has := range found {
		list = append(list, has.Entity)
	}
	return list
}

func (r *register) index(ctx context.Context, in activity.Store, limit int) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	entries, err := in.Entries(ctx, activity.EntryQuery{Limit: 10_000})
	if err != nil {
		return 0, err
	}
	entries = slices.DeleteFunc(entries, func(e activity.EntryRow) bool { return r.taken[e.Position] })
	slices.SortFunc(entries, r.order)
	entries = entries[:min(len(entries), limit)]
	for _, e := range entries {
		r.taken[e.Position] = true
		r.take(e)
	}
	return len(entries), nil
}

func (r *register) take(e activity.EntryRow) {
	if r.known[e.Tenant] == nil {
		r.known[e.Tenant] = map[activity.Entity]*listed{}
	}
	for _, entity := range r.names(r, e) {
		key := activity.Entity{Kind: entity.Kind, ID: entity.ID}
		has := r.known[e.Tenant][key]
		if has == nil {
			has = &listed{Entity: key, first: entity.Label}
			r.known[e.Tenant][key] = has
		}
		has.words = r.words(has, entity)
		if has.Label = r.label(has, e, entity.Label); has.Label == entity.Label {
			has.last = e
		}
	}
}

func (r *register) find(ctx context.Context, in activity.Store, q activity.EntityQuery) ([]activity.Entity, error) {
	if _, err := in.FindEntities(ctx, q); err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var found []*listed
	for _, has := range r.known[q.Tenant] {
		if r.match(q, has) {
			found = append(found, has)
		}
	}
	slices.SortFunc(found, r.compare)
	return r.answer(q, found), nil
}

// broken is the register as a store.
func (r *register) broken() broken {
	return broken{
		append: func(ctx context.Context, in activity.Store, rows []activity.EventRow) ([]activity.Event, error) {
			r.mu.Lock()
			defer r.mu.Unlock()
			for _, row := range rows {
				row.Event = row.Event.Clone()
				r.rows[row.ID] = row
			}
			return in.AppendEvents(ctx, rows)
		},
		brokenTimeline: brokenTimeline{index: r.index, findEntities: r.find},
	}
}

// registering is a store with a register that does something else.
func registering(change func(r *register)) func() activity.Store {
	return each(func() broken {
		r := newRegister()
		change(r)
		return r.broken()
	})
}

// A register without a defect passes, so that what fails does so for its defect.
func TestRegister(t *testing.T) {
	for _, c := range directoryCases {
		if c.name == "taking entries in transactions" {
			continue
		}
		for _, failure := range record(t, c, registering(func(*register) {})()) {
			t.Error(failure)
		}
	}
}

// begins reports whether a word of the entity begins so.
func (l *listed) begins(so string) bool {
	return slices.ContainsFunc(l.words, func(word string) bool { return strings.HasPrefix(word, so) })
}
