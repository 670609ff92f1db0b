package storetest

import (
	"errors"
	"slices"

	"github.com/go-activity/activity"
)

const (
	eraseEventsRule = "Of events about the entity or by it, EventRow.Erase says what is left."
	notFoundRule    = "Neither feeds nor lists nor searches find what was erased."
	namesGoneRule   = "The names of the entity are gone from the directory, and so are its relations, and its marks as a reader and as a feed."
	nothingRule     = "When nothing comes back, nothing of the entity is left but what Held counts."
)

// eraseCases are about erasing, removing, and what may be neither.
var eraseCases = slices.Concat([]testCase{
	{"erasing events", eraseEventsRule, checkEraseEvents},
	{"erasing events in part", eraseEventsRule + " " + nothingRule, checkEraseEventsTwice},
	{"leaves of erased events", "The entry has the leaf that EventRow.Leaf gave when the event was appended.", checkLeavesOfErased},
	{"feeds of erased events", notFoundRule, checkFeedsOfErased},
	{"erasing parked errors", "Parked errors of consumers whose entry is of an erased event are emptied.", checkEraseParked},
	{"EraseQuery.Entity", "its label does not count", checkEraseLabel},
	{"EraseQuery.Limit", "rows, at least 1", checkEraseLimit},
}, eraseTaskCases, eraseNameCases, removeCases, holdCases)

// eve is who is erased.
var eve = activity.Entity{Kind: "contact", ID: "eve-4711", Label: "Eve Adams"}

// erases erases all of an entity of acme, and returns what that was.
func (s subject) erases(entity activity.Entity) activity.Erased {
	s.Helper()
	return s.erasesBy(activity.EraseQuery{Tenant: acme, Entity: entity, Limit: 1000})
}

// erasesBy repeats a call until nothing is left.
func (s subject) erasesBy(query activity.EraseQuery) activity.Erased {
	s.Helper()
	var all activity.Erased
	for range 100 {
		e, err := s.store.Erase(s.Context(), query)
		if err != nil {
			s.Fatalf("Erase of %v: %v", query.Entity, err)
		}
		if all.Held = e.Held; e.IsZero() {
			return all
		}
		if n := len(e.Events) + len(e.Tasks) + e.Outcomes + e.Uses + e.Names; n > query.Limit {
			s.Errorf("Erase of at most %d rows has erased %d: %+v", query.Limit, n, e)
		}
		if !slices.IsSortedFunc(e.Events, activity.ID.Compare) || !slices.IsSortedFunc(e.Tasks, activity.ID.Compare) {
			s.Errorf("the IDs that Erase returned do not ascend: %+v", e)
		}
		all.Events, all.Tasks = append(all.Events, e.Events...), append(all.Tasks, e.Tasks...)
		all.Outcomes, all.Uses, all.Names = all.Outcomes+e.Outcomes, all.Uses+e.Uses, all.Names+e.Names
	}
	s.Fatalf("Erase of %v does not end", query.Entity)
	return all
}

// erased returns rows without an entity, and the IDs of those that it was in.
func erased(entity activity.Entity, rows ...activity.EventRow) ([]activity.EventRow, []activity.ID) {
	var list []activity.EventRow
	var ids []activity.ID
	for _, row := range rows {
		row.Event = row.Event.Clone()
		if row.Erase(entity) {
			ids = append(ids, row.ID)
		}
		list = append(list, row)
	}
	slices.SortFunc(ids, activity.ID.Compare)
	return list, ids
}

// rewritten returns the book with other events of the same IDs, under the leaves that they had.
func (b book) rewritten(rows ...activity.EventRow) book {
	b = slices.Clone(b)
	for i := range b {
		for _, row := range rows {
			if row.ID == b[i].ID {
				b[i].Event = row
			}
		}
	}
	return b
}

// erasable are rows about and by eve, and such that only look like it.
func erasable() []activity.EventRow {
	other := activity.Entity{Kind: "deal", ID: eve.ID, Label: eve.Label}
	return []activity.EventRow{
		newRow(1, about(eve)),
		newRow(2, about(deal, eve, call), key("import 7")),
		newRow(3, about(eve, deal), key("mail to "+eve.ID), manual, task(newID(epoch, 1))),
		newRow(4, about(deal, activity.Entity{Kind: eve.Kind, ID: eve.ID, Label: "Eve Smith"}), key("note on Eve Smith"), typed("deal.moved")),
		newRow(5, about(deal), by(eve), key(eve.ID)),
		newRow(6, about(eve), by(eve), payload(`{"name":"Eve"}`)),
		newRow(7, about()),
		newRow(8, about(other), by(other), payload(`{"name":"Eve"}`)),
		newRow(9, about(activity.Entity{Kind: eve.Kind, ID: eve.ID + "2", Label: eve.Label}), by(activity.Entity{Kind: eve.Kind, ID: "EVE-4711"})),
	}
}

func checkEraseEvents(s subject) {
	rows := erasable()
	abroad := newRow(20, of(globex), about(eve), by(eve))
	if e := s.erases(eve); !e.IsZero() {
		s.Errorf("Erase of nothing = %+v", e)
	}
	s.append(rows...)
	s.append(abroad)
	s.seals(len(rows) + 1)
	late := newRow(30, about(eve)) // without a position
	s.append(late)
	b := book{}.entered(append(rows, abroad)...)
	left, ids := erased(eve, append(rows, late)...)
	if e := s.erases(eve); !slices.Equal(e.Events, ids) || len(e.Tasks)+e.Outcomes+e.Uses > 0 {
		s.Errorf("Erase = %+v, want events %v", e, ids)
	}
	s.holds(acme, left...)
	s.holds(globex, abroad)
	s.findsEntries(activity.EntryQuery{}, b.rewritten(left...))
	// What is recorded later is not erased, until it is.
	again := newRow(40, about(eve))
	s.append(again)
	s.holds(acme, append(left, again)...)
	more, ids := erased(eve, again)
	if e := s.erases(eve); !slices.Equal(e.Events, ids) {
		s.Errorf("Erase once more = %+v, want events %v", e, ids)
	}
	s.holds(acme, append(left, more...)...)
}

// checkEraseEventsTwice erases others of events of which a part is erased.
func checkEraseEventsTwice(s subject) {
	rows := erasable()
	s.enters(rows...)
	b := book{}.entered(rows...)
	for _, entity := range []activity.Entity{deal, eve, ana} {
		left, ids := erased(entity, rows...)
		if e := s.erases(entity); !slices.Equal(e.Events, ids) {
			s.Errorf("Erase of %v = %v, want %v", entity, e.Events, ids)
		}
		rows = left
		s.holds(acme, rows...)
		b = b.rewritten(rows...)
		s.ledgered(b)
		for _, e := range s.entries(activity.EntryQuery{Limit: 100}) {
			for _, named := range append(e.Event.About, e.Event.Actor) {
				if named.Is(entity) {
					s.Errorf("event %s still names %v", e.ID, entity)
				}
			}
		}
	}
	// A key that was erased is free; one that was not keeps its event, whatever that was about.
	free := newRow(50, key("mail to "+eve.ID))
	if e := s.append(free)[0]; e.ID != free.ID {
		s.Errorf("AppendEvents with a key that was erased returned %s", e.ID)
	}
	repeat := again(erasable()[1], 51)
	if d := diff(rows[1].Event, s.append(repeat)[0]); d != "" {
		s.Errorf("AppendEvents with the key of an erased event returned: %s", d)
	}
	s.holds(acme, append(rows, free)...)
}

func checkLeavesOfErased(s subject) {
	rows := erasable()
	s.append(rows...)
	s.erases(eve) // before there are positions
	s.seals(len(rows))
	left, _ := erased(eve, rows...)
	s.ledgered(book{}.entered(rows...).rewritten(left...))
	for _, e := range s.entries(activity.EntryQuery{Limit: 100}) {
		if leaf, err := e.Event.Check(); err != nil || leaf != e.Leaf {
			s.Errorf("the leaf of what is left of %s is %v, %v, want %v", e.ID, leaf, err, e.Leaf)
		}
	}
}

func checkFeedsOfErased(s subject) {
	rows := erasable()
	s.append(rows...)
	s.append(newRow(20, of(globex), about(eve), by(eve)))
	s.erases(eve)
	left, _ := erased(eve, rows...)
	query := func(q activity.EventQuery, rows ...activity.EventRow) {
		s.Helper()
		q.Tenant = acme
		s.finds(q, rows...)
		q.Types, q.Oldest = []string{"note.added", "deal.moved"}, true
		s.finds(q, rows...)
	}
	query(activity.EventQuery{About: []activity.Entity{eve}})
	query(activity.EventQuery{Actor: eve})
	query(activity.EventQuery{Named: []activity.Entity{eve}})
	s.counted(activity.EventQuery{Tenant: acme, Named: []activity.Entity{eve}})
	s.counted(activity.EventQuery{Tenant: acme, About: []activity.Entity{eve, call}}, ofType("note.added", 1))
	query(activity.EventQuery{About: []activity.Entity{eve, call}}, left[1])
	query(activity.EventQuery{About: []activity.Entity{eve, deal}, Actor: ana}, left[1], left[2], left[3])
	// All other feeds have what they had.
	query(activity.EventQuery{}, left...)
	query(activity.EventQuery{About: []activity.Entity{deal}}, left[1:5]...)
	query(activity.EventQuery{Actor: ana}, left[0], left[1], left[2], left[3], left[6])
	query(activity.EventQuery{Task: newID(epoch, 1)}, left[2])
	query(activity.EventQuery{Source: activity.Manual}, left[2])
	s.finds(activity.EventQuery{Tenant: acme, Types: []string{"deal.moved"}}, left[3])
	s.finds(activity.EventQuery{Tenant: globex, About: []activity.Entity{eve}}, newRow(20, of(globex), about(eve), by(eve)))
}

func checkEraseParked(s subject) {
	rows := []activity.EventRow{newRow(1, about(eve)), newRow(2), newRow(3, by(eve)), newRow(4, of(globex), about(eve)), newRow(5, about(eve, deal))}
	s.enters(rows...)
	s.mailer()
	parked := []activity.Parked{parkedAt(1, "no mail for Eve"), parkedAt(2, "other"), parkedAt(3, "Eve again"), parkedAt(4, "abroad"), parkedAt(9, "later")}
	s.moves(activity.ConsumerMove{Name: "mailer", Holder: holder(1), Park: parked})
	other := take(2, epoch)
	other.Name = "other"
	s.takes(other, activity.ConsumerState{Name: "other", Holder: holder(2), Until: epoch.Add(other.Lease)})
	s.moves(activity.ConsumerMove{Name: "other", Holder: holder(2), Park: []activity.Parked{parkedAt(5, "Eve"), parkedAt(2, "kept")}})
	s.erases(eve)
	parked[0].Error, parked[2].Error = "", ""
	s.hasParked("mailer", parked...)
	s.hasParked("other", parkedAt(2, "kept"), parkedAt(5, ""))
}

func checkEraseLabel(s subject) {
	rows := erasable()
	s.append(rows...)
	s.erases(activity.Entity{Kind: eve.Kind, ID: eve.ID, Label: "somebody else"})
	left, _ := erased(eve, rows...)
	s.holds(acme, left...)
}

func checkEraseLimit(s subject) {
	for i, limit := range []int{1, 2, 3} {
		tenant := []string{acme, globex, "initech"}[i]
		var rows []activity.EventRow
		for n := range 7 {
			rows = append(rows, newRow(100*i+n, of(tenant), about(eve, deal)))
		}
		s.append(rows...)
		for n := range 3 {
			s.addTasks(newTask(100*i+n, taskOf(tenant), runFor(eve)))
		}
		s.report(newOutcomes(newTask(100*i).ID, 1, 6, ofTenant(tenant), ofRecord(eve))...)
		s.charges(newCharge(1, usedBy(eve), ofKeys(activity.QuotaKey{Tenant: tenant, Quota: "calls"}), withClock(frozen(epoch))))
		e := s.erasesBy(activity.EraseQuery{Tenant: tenant, Entity: eve, Limit: limit})
		left, ids := erased(eve, rows...)
		slices.SortFunc(e.Events, activity.ID.Compare)
		if !slices.Equal(e.Events, ids) || len(e.Tasks) != 3 || e.Outcomes != 5 || e.Uses < 1 {
			s.Errorf("Erase of at most %d rows, again and again, has erased %d events, %d tasks, %d outcomes and %d rows of quotas, want 7, 3, 5 and some",
				limit, len(e.Events), len(e.Tasks), e.Outcomes, e.Uses)
		}
		s.holds(tenant, left...)
	}
}

// refusesErase checks that an entity of acme cannot be erased.
func (s subject) refusesErase(entity activity.Entity) {
	s.Helper()
	if e, err := s.store.Erase(s.Context(), activity.EraseQuery{Tenant: acme, Entity: entity, Limit: 1000}); !errors.Is(err, activity.ErrLegalHold) {
		s.Errorf("Erase of an entity under a legal hold = %+v, %v, want ErrLegalHold", e, err)
	}
}
