package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/go-activity/activity"
)

// timelineWholeCases are about a store as a whole, as far as it counts, and keeps names, relations and marks.
var timelineWholeCases = []testCase{
	{"concurrent use of names, relations and marks", "A store is safe for concurrent use.", checkConcurrentTimelines},
	{"memory of names and relations", memoryRule, checkMemoryOfTimelines},
	{"tenants of counts and of what is named", "A store keeps the data of each tenant apart: no call returns what belongs to another tenant.", checkTenantsOfCounts},
	{"tenants of names, relations and marks", "A store keeps the data of each tenant apart: no call returns what belongs to another tenant.", checkTenantsOfTimelines},
	{"context that ends at any moment, names", "When its context has ended, a call returns the context's error and stores nothing.", checkTimelinesEndingAnytime},
	{
		"commit of names, relations and marks",
		"When fn returns nil, all that was written through its store is kept, at once. Until then only fn's store sees what was written through it. " +
			"InTx of a store that is in a transaction already joins it.",
		checkTimelineCommit,
	},
	{"error or panic after writing names, relations and marks", "When fn returns an error or panics, nothing of it is kept, and InTx passes that on.", checkTimelineTxError},
}

// checkConcurrentTimelines writes and reads all of it at one time.
func checkConcurrentTimelines(s subject) {
	const rounds = 6
	s.enters(newRow(0))
	var indexed atomic.Int64
	together(8, func(i int) {
		for n := range rounds {
			var err error
			switch i {
			case 0:
				if _, err = s.store.AppendEvents(s.Context(), newRows(1+3*n, 4+3*n, about(person(n, fmt.Sprint("Person", n)), deal))); err == nil {
					_, err = s.store.Seal(s.Context(), 2)
				}
			case 1, 2:
				var taken int
				taken, err = s.store.Index(s.Context(), 2)
				indexed.Add(int64(taken))
			case 3, 4:
				err = s.store.Relate(s.Context(), acme, below(node(100*i+n+1), node(100*i+n)))
			case 5:
				if err = s.store.Relate(s.Context(), acme, into(node(1000+n), node(2000))); err == nil && n%2 == 0 {
					err = s.store.Unrelate(s.Context(), acme, node(1000+n), activity.RoleMerged)
				}
			case 6:
				err = s.store.SetMark(s.Context(), markOf(n))
			default:
				_, countErr := s.store.CountEvents(s.Context(), activity.EventQuery{Tenant: acme, About: []activity.Entity{deal}, Limit: 100})
				_, findErr := s.store.FindEntities(s.Context(), activity.EntityQuery{Tenant: acme, Words: activity.NameWords("person"), Limit: 100})
				_, relationsErr := s.store.Relations(s.Context(), acme, node(2000), 100)
				_, relativesErr := s.store.Relatives(s.Context(), activity.RelativesQuery{Tenant: acme, Entities: nodes(300, 2000), Descendants: true, Limit: 100})
				_, markErr := s.store.Mark(s.Context(), acme, ana, deal)
				err = errors.Join(countErr, findErr, relationsErr, relativesErr, markErr)
			}
			if err != nil {
				s.Errorf("using names, relations and marks beside others: %v", err)
			}
		}
	})
	s.seal(1000)
	s.indexes(1 + 3*rounds - int(indexed.Load()))
	s.counted(activity.EventQuery{Tenant: acme, Named: []activity.Entity{deal}}, ofType("note.added", 1+3*rounds))
	var want []activity.Entity
	for n := range rounds {
		want = append(want, person(n, fmt.Sprint("Person", n)))
	}
	s.knows("person", want...)
	s.under(node(300), nodesFrom(300, 301+rounds)...)
	s.under(node(400), nodesFrom(400, 401+rounds)...)
	s.merged(nodes(1001, 1003, 1005, 2000)...)
	s.marked(markOf(0), newRow(rounds-1).ID)
}

func checkMemoryOfTimelines(s subject) {
	rows := []activity.EventRow{newRow(1, about(person(1, "Ann Adams"), person(2, "Ann Baker"))), newRow(2, typed("deal.moved"))}
	s.registers(rows...)
	s.relates(below(node(1), node(2)), into(node(3), node(1)), below(node(4), node(3)))
	s.tx(func(tx subject) {
		for range 2 { // before and after what was handed out is changed
			for _, s := range []subject{s, tx} {
				entities, words, kinds, types := nodes(1, 2), []string{"a", "ad"}, []string{"user", "contact"}, []string{"note.added", "deal.moved"}
				named := []activity.Entity{deal, person(1, "whatever")}
				query := activity.EventQuery{Tenant: acme, About: named, Named: named, Types: types, Limit: 10}
				counts, countErr := s.store.CountEvents(s.Context(), query)
				found, findErr := s.store.FindEntities(s.Context(), activity.EntityQuery{Tenant: acme, Words: words, Kinds: kinds, Limit: 10})
				relations, relationsErr := s.store.Relations(s.Context(), acme, node(1), 10)
				relatives, relativesErr := s.store.Relatives(s.Context(), activity.RelativesQuery{Tenant: acme, Entities: entities, Descendants: true, Limit: 10})
				if err := errors.Join(countErr, findErr, relationsErr, relativesErr); err != nil {
					s.Fatalf("reading: %v", err)
				}
				if !slices.Equal(entities, nodes(1, 2)) || !slices.Equal(words, []string{"a", "ad"}) || !slices.Equal(kinds, []string{"user", "contact"}) ||
					!slices.Equal(types, []string{"note.added", "deal.moved"}) || !slices.Equal(named, []activity.Entity{deal, person(1, "whatever")}) {
					s.Errorf("a call changed the list that it was given: %v, %v, %v, %v, %v", entities, words, kinds, types, named)
				}
				if !slices.Equal(counts, []activity.TypeCount{ofType("deal.moved", 1), ofType("note.added", 1)}) ||
					!slices.Equal(found, []activity.Entity{person(1, "Ann Adams")}) ||
					!slices.Equal(relations, []activity.Relation{below(node(1), node(2)), into(node(3), node(1))}) || !slices.Equal(relatives, nodes(1, 2, 3, 4)) {
					s.Errorf("there are %v, %v, %v and %v", counts, found, relations, relatives)
				}
				for i := range relations {
					relations[i].Of.Label, relations[i].Entity = "!", deal
				}
				clear(counts)
				clear(found)
				clear(relatives)
				clear(append(counts, counts...))
				clear(append(found, found...))
				clear(append(relatives, relatives...))
				clear(append(relations, relations...))
			}
		}
	})
	// What was passed in may be changed.
	list := []activity.Entity{person(3, "Cid"), deal}
	row := newRow(5, about(list...))
	s.append(row)
	clear(row.About)
	s.seals(1)
	s.indexes(1)
	s.knows("cid", person(3, "Cid"))
	s.knows("big", deal)
}

// otherTenants are names that are not globex.
var otherTenants = []string{acme, "GLOBEX", "globex ", "globe", "globexx", "globe%", "glob_x"}

func checkTenantsOfCounts(s subject) {
	s.append(newRows(1, 4, of(globex), task(newID(epoch, 1)), manual)...)
	s.addTasks(newTask(1, taskOf(globex), taskAbout(deal), runFor(ana)))
	for _, tenant := range otherTenants {
		s.counted(activity.EventQuery{Tenant: tenant})
		s.counted(activity.EventQuery{Tenant: tenant, About: []activity.Entity{deal, call}})
		s.counted(activity.EventQuery{Tenant: tenant, Actor: ana})
		s.counted(activity.EventQuery{Tenant: tenant, Types: []string{"note.added"}})
		s.counted(activity.EventQuery{Tenant: tenant, Named: []activity.Entity{ana, deal}})
		s.counted(activity.EventQuery{Tenant: tenant, Task: newID(epoch, 1)})
		s.counted(activity.EventQuery{Tenant: tenant, Source: activity.Manual, Min: newRow(1).ID, Max: newRow(9).ID})
		s.finds(activity.EventQuery{Tenant: tenant, Named: []activity.Entity{ana, deal}})
		s.findsTasks(activity.TaskFilter{Tenant: tenant, Named: []activity.Entity{ana, deal}})
	}
	s.counted(activity.EventQuery{Tenant: globex, Named: []activity.Entity{ana, deal}}, ofType("note.added", 3))
}

func checkTenantsOfTimelines(s subject) {
	s.registers(newRow(1, of(globex), about(eve)))
	s.relatesIn(globex, below(node(1), node(2)), into(node(3), node(1)))
	mark := activity.ReadMark{Tenant: globex, Reader: ana, Feed: deal, Through: newRow(5).ID}
	s.marks(mark)
	for n, tenant := range otherTenants {
		other := mark
		other.Tenant = tenant
		s.findsEntities(activity.EntityQuery{Tenant: tenant, Words: activity.NameWords("eve")})
		s.findsEntities(activity.EntityQuery{Tenant: tenant, Words: activity.NameWords("an"), Kinds: []string{"user", "contact"}})
		s.relationsOf(tenant, node(1), 10)
		s.stands(activity.RelativesQuery{Tenant: tenant, Entities: nodes(1), Descendants: true}, node(1))
		s.stands(activity.RelativesQuery{Tenant: tenant, Entities: nodes(2), Descendants: true}, node(2))
		s.marked(other, activity.ID{})
		if err := s.store.Unrelate(s.Context(), tenant, node(1), activity.RoleParent); !errors.Is(err, activity.ErrNotFound) {
			s.Errorf("Unrelate of %q's by tenant %q = %v, want ErrNotFound", globex, tenant, err)
		}
		// Each has its own, which are the other way round.
		s.relatesIn(tenant, below(node(2), node(1)), into(node(1), node(3)))
		s.registers(newRow(10+n, of(tenant), about(activity.Entity{Kind: eve.Kind, ID: eve.ID, Label: "Eve of " + tenant})))
		other.Through, other.Back = newRow(1).ID, true
		s.marks(other)
		if e := s.erasesBy(activity.EraseQuery{Tenant: tenant, Entity: node(1), Limit: 10}); e.Names == 0 {
			s.Errorf("Erase of an entity with relations = %+v", e)
		}
		s.relationsOf(tenant, node(3), 10)
	}
	s.findsEntities(activity.EntityQuery{Tenant: globex, Words: activity.NameWords("eve")}, eve)
	s.relationsOf(globex, node(1), 10, below(node(1), node(2)), into(node(3), node(1)))
	s.stands(activity.RelativesQuery{Tenant: globex, Entities: nodes(2), Descendants: true}, nodes(1, 2, 3)...)
	s.marked(mark, newRow(5).ID)
}

// checkTimelinesEndingAnytime is checkEndingAnytime for Index: entries are taken all or none, and each once.
func checkTimelinesEndingAnytime(s subject) {
	const calls, size = 8, 3
	all := persons(calls * size)
	for n, p := range all {
		s.append(newRow(n, about(p)))
	}
	s.seals(len(all))
	for range calls {
		s.cutOff(func(ctx context.Context) error {
			_, err := s.store.Index(ctx, size)
			return err
		})
		found, err := s.store.FindEntities(s.Context(), activity.EntityQuery{Tenant: acme, Words: activity.NameWords("person"), Limit: 100})
		if err != nil || len(found)%size != 0 || !slices.Equal(found, all[:len(found)]) {
			s.Errorf("after calls of Index with a limit of %d whose context ended, %v are found: %v", size, found, err)
		}
	}
	// A call whose context has ended may still be at work, so that another takes none.
	for found, n := 0, 0; found < len(all) && n < 10_000; n++ {
		if _, err := s.store.Index(s.Context(), 100); err != nil {
			s.Fatalf("Index: %v", err)
		}
		list, _ := s.store.FindEntities(s.Context(), activity.EntityQuery{Tenant: acme, Words: activity.NameWords("person"), Limit: 100})
		found = len(list)
	}
	s.knows("person", all...)
	s.indexes(0)
	for n := range calls {
		err := s.cutOff(func(ctx context.Context) error { return s.store.Relate(ctx, acme, below(node(n), node(n+1))) })
		got, relErr := s.store.Relations(s.Context(), acme, node(n), 10)
		if relErr != nil || err == nil && len(got) == 0 {
			s.Errorf("after Relate, which returned %v, there are %v, %v", err, got, relErr)
		}
	}
}

// preparesTimelines makes what writesTimelines changes.
func (s subject) preparesTimelines() {
	s.Helper()
	s.enters(newRow(1, about(person(1, "Ann Adams"))), newRow(2, about(person(2, "Bob"))))
	s.index(1, 1)
	s.relates(below(node(1), node(2)), into(node(3), node(1)))
	s.marks(markOf(1))
}

func (s subject) timelinesArePrepared() {
	s.Helper()
	s.knows("ann", person(1, "Ann Adams"))
	s.knows("bob")
	s.unchanged(below(node(1), node(2)), into(node(3), node(1)))
	s.under(node(2), nodes(1, 2, 3)...)
	s.marked(markOf(1), newRow(1).ID)
	s.counted(activity.EventQuery{Tenant: acme, Named: []activity.Entity{ana}}, ofType("note.added", 2))
}

// writesTimelines does all that can be done.
func (s subject) writesTimelines() {
	s.Helper()
	s.timelinesArePrepared()
	s.append(newRow(3, about(person(1, "Ann Baker")), typed("deal.moved")))
	s.seals(1)
	s.indexes(2)
	s.unrelates(node(3), activity.RoleMerged)
	s.relates(into(node(4), node(2)), below(node(1), node(5)))
	s.refusesRelation(below(node(5), node(1)), activity.ErrCycle)
	s.marks(markOf(7))
	s.timelinesAreWritten()
}

func (s subject) timelinesAreWritten() {
	s.Helper()
	s.knows("ann adams", person(1, "Ann Baker"))
	s.knows("bob", person(2, "Bob"))
	s.unchanged(below(node(1), node(5)), into(node(4), node(2)))
	s.relations(node(3))
	s.under(node(5), nodes(1, 5)...)
	s.merged(nodes(2, 4)...)
	s.marked(markOf(1), newRow(7).ID)
	s.counted(activity.EventQuery{Tenant: acme, Named: []activity.Entity{ana}}, ofType("deal.moved", 1), ofType("note.added", 2))
}

func checkTimelineCommit(s subject) {
	s.tx(func(tx subject) {
		tx.preparesTimelines()
		tx.timelinesArePrepared()
		s.knows("ann")
		s.relations(node(1))
		s.marked(markOf(1), activity.ID{})
		s.counted(activity.EventQuery{Tenant: acme})
	})
	s.timelinesArePrepared()
	s.tx(func(outer subject) {
		outer.tx(func(inner subject) { inner.writesTimelines() })
		outer.timelinesAreWritten()
		s.timelinesArePrepared() // joined is not kept yet
	})
	s.timelinesAreWritten()
	s.indexes(0)
}

func checkTimelineTxError(s subject) {
	s.preparesTimelines()
	fails := func(fn func(tx subject) error) (err error) {
		s.Helper()
		defer func() {
			if v := recover(); v != nil {
				if err = errOfFn; v != any(errOfFn) {
					s.Errorf("InTx panicked with %v, want what fn panicked with", v)
				}
			}
			s.timelinesArePrepared()
		}()
		return s.store.InTx(s.Context(), func(tx activity.Store) error { return fn(s.in(tx)) })
	}
	for what, fn := range map[string]func(tx subject) error{
		"an error": func(tx subject) error { tx.writesTimelines(); return errOfFn },
		"a panic":  func(tx subject) error { tx.writesTimelines(); panic(errOfFn) },
		"an error after what joined": func(tx subject) error {
			tx.tx(func(inner subject) { inner.writesTimelines() })
			return errOfFn
		},
	} {
		if err := fails(fn); !errors.Is(err, errOfFn) {
			s.Errorf("InTx of %s = %v, want the error of fn", what, err)
		}
	}
	// When the outer function goes on after the inner one has failed, nothing of the inner one may be kept.
	fails(func(tx subject) error {
		err := tx.store.InTx(tx.Context(), func(inner activity.Store) error {
			tx.in(inner).writesTimelines()
			return errOfFn
		})
		if !errors.Is(err, errOfFn) {
			s.Errorf("InTx in a transaction = %v, want the error of fn", err)
		}
		return nil
	})
	s.writesTimelines()
}
