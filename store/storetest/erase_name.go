package storetest

import (
	"fmt"
	"slices"

	"github.com/go-activity/activity"
)

// eraseNameCases are about erasing names, relations and marks.
var eraseNameCases = []testCase{
	{"erasing names", namesGoneRule + " " + notFoundRule, checkEraseNames},
	{"erasing relations", namesGoneRule + " " + nothingRule, checkEraseRelations},
	{"erasing marks", namesGoneRule + " " + nothingRule, checkEraseMarks},
	{"erasing names, relations and marks in part", nothingRule, checkEraseNamesInPart},
	{"erasing names while they are taken", namesGoneRule + " " + nothingRule, checkEraseBesideIndex},
	{"names of what is held in an event", namesGoneRule, checkNamesInHeldEvent},
	{"names of what is held", "An entity under a legal hold is ErrLegalHold, and nothing changes.", checkNamesOfHeld},
}

// erasesNames erases an entity of acme of which there is nothing but names, relations and marks.
func (s subject) erasesNames(entity activity.Entity) {
	s.Helper()
	if e := s.erases(entity); e.Names == 0 || len(e.Events)+len(e.Tasks)+e.Outcomes+e.Uses > 0 {
		s.Errorf("Erase = %+v, want names only", e)
	}
	if e := s.erases(entity); !e.IsZero() {
		s.Errorf("Erase of nothing = %+v", e)
	}
}

func checkEraseNames(s subject) {
	smith := activity.Entity{Kind: eve.Kind, ID: eve.ID, Label: "Eve Smith"}
	other := activity.Entity{Kind: "deal", ID: eve.ID, Label: eve.Label}
	longer := activity.Entity{Kind: eve.Kind, ID: eve.ID + "2", Label: "Eve Adams 2"}
	rows := []activity.EventRow{
		newRow(1, about(eve, other, longer)), newRow(2, by(smith)), newRow(3, about(activity.Entity{Kind: eve.Kind, ID: eve.ID})),
		newRow(4, of(globex), about(eve)),
	}
	s.registers(rows...)
	s.knows("eve", other, longer, smith)
	if e := s.erases(eve); len(e.Events) != 3 || e.Names == 0 {
		s.Errorf("Erase = %+v, want 3 events, and names", e)
	}
	for _, text := range []string{"smith", "eve smith", "erased", "contact"} {
		s.knows(text)
	}
	s.knows("eve", other, longer)
	s.knows("eve adams", other, longer)
	s.knows("4711")
	s.findsEntities(activity.EntityQuery{Tenant: acme, Words: activity.NameWords("eve"), Kinds: []string{eve.Kind}}, longer)
	s.findsEntities(activity.EntityQuery{Tenant: globex, Words: activity.NameWords("eve")}, eve)
	s.knows("big", deal)
	s.indexes(0)
	// Who is named later is known by that name only.
	late := activity.Entity{Kind: eve.Kind, ID: eve.ID, Label: "Eva"}
	s.registers(newRow(5, about(late)))
	s.knows("eva", late)
	s.knows("smith")
	// Names are gone whose events are.
	s.removes(acme, newRow(5).ID)
	s.knows("eva", late)
	s.erasesNames(eve)
	s.knows("eva")
	s.knows("eve", other, longer)
}

func checkEraseRelations(s subject) {
	e := activity.Entity{Kind: eve.Kind, ID: eve.ID}
	others := []activity.Relation{
		below(node(5), node(6)), into(node(6), node(7)),
		below(activity.Entity{Kind: "deal", ID: eve.ID}, node(1)), below(activity.Entity{Kind: eve.Kind, ID: eve.ID + "2"}, node(2)),
	}
	own := []activity.Relation{below(eve, node(1)), into(eve, node(2)), below(node(3), e), into(node(4), eve), below(node(9), e)}
	s.relates(slices.Concat(others, own)...)
	s.relatesIn(globex, own...)
	s.stands(activity.RelativesQuery{Entities: nodes(2)}, node(2), node(4), e)
	s.erasesNames(activity.Entity{Kind: eve.Kind, ID: eve.ID, Label: "whatever"})
	s.relations(eve)
	for n := range 10 {
		s.relations(node(n), relationsIn(others, node(n))...)
	}
	s.relations(activity.Entity{Kind: "deal", ID: eve.ID}, others[2])
	s.stands(activity.RelativesQuery{Entities: nodes(2)}, node(2))
	s.stands(activity.RelativesQuery{Entities: []activity.Entity{eve}, Descendants: true}, e)
	s.relationsOf(globex, eve, 10, relationsIn(own, eve)...)
	// It may be related again.
	s.relates(into(eve, node(3)), below(node(1), eve))
	s.relations(eve, into(eve, node(3)), below(node(1), eve))
}

func checkEraseMarks(s subject) {
	other := activity.Entity{Kind: "user", ID: eve.ID}
	at := func(tenant string, reader, feed activity.Entity) activity.ReadMark {
		return activity.ReadMark{Tenant: tenant, Reader: reader, Feed: feed, Through: newRow(1).ID}
	}
	own := []activity.ReadMark{at(acme, eve, deal), at(acme, eve, activity.Entity{}), at(acme, eve, eve), at(acme, ana, eve), at(acme, ben, eve)}
	others := []activity.ReadMark{
		at(acme, ana, deal), at(acme, ana, activity.Entity{}), at(acme, other, deal), at(acme, ana, other), at(globex, eve, deal), at(globex, ana, eve),
	}
	for _, mark := range slices.Concat(own, others) {
		s.marks(mark)
	}
	s.erasesNames(eve)
	for _, mark := range own {
		s.marked(mark, activity.ID{})
	}
	for _, mark := range others {
		s.marked(mark, newRow(1).ID)
	}
	s.marks(own[0])
	s.marked(own[0], newRow(1).ID)
}

func checkEraseNamesInPart(s subject) {
	for i, limit := range []int{1, 2, 5} {
		tenant := fmt.Sprint("tenant", i)
		s.registers(newRow(100*i+1, of(tenant), about(eve)), newRow(100*i+2, of(tenant), about(activity.Entity{Kind: eve.Kind, ID: eve.ID, Label: "Eve Smith"})))
		for n := range 3 {
			s.relatesIn(tenant, below(node(n), eve), into(node(10+n), eve))
			s.marks(activity.ReadMark{Tenant: tenant, Reader: eve, Feed: node(n), Through: newRow(n).ID})
			s.marks(activity.ReadMark{Tenant: tenant, Reader: node(n), Feed: eve, Through: newRow(n).ID})
		}
		e := s.erasesBy(activity.EraseQuery{Tenant: tenant, Entity: eve, Limit: limit})
		if len(e.Events) != 2 || e.Names < 3*4 {
			s.Errorf("Erase of at most %d rows, again and again, has erased %d events and %d names, want 2 and 12 at least", limit, len(e.Events), e.Names)
		}
		s.findsEntities(activity.EntityQuery{Tenant: tenant, Words: activity.NameWords("eve")})
		s.relationsOf(tenant, eve, 100)
		for n := range 3 {
			s.relationsOf(tenant, node(n), 100)
			s.relationsOf(tenant, node(10+n), 100)
			s.marked(activity.ReadMark{Tenant: tenant, Reader: eve, Feed: node(n)}, activity.ID{})
			s.marked(activity.ReadMark{Tenant: tenant, Reader: node(n), Feed: eve}, activity.ID{})
		}
	}
}

func checkNamesOfHeld(s subject) {
	s.registers(newRow(1, about(eve, call)))
	s.relates(below(eve, node(1)), into(node(2), eve))
	mark := activity.ReadMark{Tenant: acme, Reader: eve, Feed: deal, Through: newRow(1).ID}
	s.marks(mark)
	s.holdsBack(acme, eve)
	s.refusesErase(eve)
	s.knows("eve", eve)
	s.relations(eve, below(eve, node(1)), into(node(2), eve))
	s.marked(mark, newRow(1).ID)
	s.lifts(acme, eve)
	// What only belongs to an entity under a legal hold goes.
	s.holdsBack(acme, node(1))
	s.erases(eve)
	s.knows("eve")
	s.relations(eve)
	s.marked(mark, activity.ID{})
}

// checkEraseBesideIndex erases whom the entries are about that are taken into the directory meanwhile.
func checkEraseBesideIndex(s subject) {
	for round := range 4 {
		who := person(round, fmt.Sprintf("Gone %d", round))
		s.append(newRows(100*round, 100*round+10, about(who, deal))...)
		s.seals(10)
		together(3, func(i int) {
			for n := range 20 {
				if i < 2 {
					if _, err := s.store.Index(s.Context(), 1); err != nil {
						s.Errorf("Index beside Erase: %v", err)
					}
					if n == 2 {
						return
					}
					continue
				}
				e, err := s.store.Erase(s.Context(), activity.EraseQuery{Tenant: acme, Entity: who, Limit: 3})
				if err != nil {
					s.Errorf("Erase beside Index: %v", err)
				}
				if err != nil || e.IsZero() {
					return
				}
			}
		})
		if _, err := s.store.Index(s.Context(), 100); err != nil {
			s.Fatalf("Index: %v", err)
		}
		s.knows("gone")
	}
	s.indexes(0)
	s.knows("big", deal)
}

// checkNamesInHeldEvent erases whom an event names that stays as it is.
func checkNamesInHeldEvent(s subject) {
	held := newRow(1, about(eve, call))
	s.registers(held, newRow(2, about(eve)))
	s.relates(below(call, eve))
	s.holdsBack(acme, call)
	if e := s.erases(eve); len(e.Events) != 1 || e.Held != 1 {
		s.Errorf("Erase = %+v, want one event, and one that is held", e)
	}
	s.finds(activity.EventQuery{Tenant: acme, About: []activity.Entity{eve}}, held)
	s.knows("eve")
	s.knows("call", call)
	s.relations(eve)
	s.relations(call)
	s.indexes(0)
	s.knows("eve")
}
