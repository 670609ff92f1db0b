package storetest

import (
	"slices"

	"github.com/go-activity/activity"
)

// appendCases are about AppendEvents, keys aside.
var appendCases = []testCase{
	{"all of a batch", "Either all rows are stored or none.", checkAllOfBatch},
	{"none of a batch", "Either all rows are stored or none.", checkNoneOfBatch},
	{"order of the events", "The events come back in the order of the rows, as Event returns them.", checkOrderOfEvents},
	{"events as Event returns them", "The events come back in the order of the rows, as Event returns them.", checkEventsAsEvent},
	{"existing ID", "An ID that exists is an error, never an overwrite.", checkExistingID},
	{"existing ID of another tenant", "An ID that exists is an error, never an overwrite.", checkExistingIDElsewhere},
	{"ID twice in a batch", "An ID that exists is an error, never an overwrite.", checkIDTwice},
}

func checkAllOfBatch(s subject) {
	var stored []activity.EventRow
	for _, size := range []int{1, 2, 3, 10, 101} {
		rows := newRows(len(stored), len(stored)+size)
		s.append(rows...)
		stored = append(stored, rows...)
		s.holds(acme, stored...)
		s.finds(activity.EventQuery{Tenant: acme, About: []activity.Entity{deal}}, stored...)
	}
}

func checkNoneOfBatch(s subject) {
	keyed := newRow(0, key("k"))
	s.append(keyed)
	for _, bad := range []activity.EventRow{
		newRow(50, id(keyed.ID)),
		again(keyed, 51, payload(`{"other":true}`)),
	} {
		for place := range 3 {
			rows := newRows(10, 12, typed("other.type"), about(call), by(ben))
			s.refuses(slices.Insert(rows, place, bad)...)
			s.holds(acme, keyed)
			s.finds(activity.EventQuery{Tenant: acme, About: []activity.Entity{call}})
			s.finds(activity.EventQuery{Tenant: acme, Actor: ben})
			s.finds(activity.EventQuery{Tenant: acme, Types: []string{"other.type"}})
		}
	}
	// What was refused has used up neither IDs nor keys.
	rows := newRows(10, 12)
	s.append(rows...)
	s.holds(acme, append(rows, keyed)...)
}

func checkOrderOfEvents(s subject) {
	keyed := newRow(100, key("k"))
	s.append(keyed)
	var rows []activity.EventRow
	for _, n := range []int{7, 3, 9, 1, 8, 2} {
		rows = append(rows, newRow(n))
	}
	rows = slices.Insert(rows, 3, again(keyed, 5))
	rows = append(rows, newRow(4, key("new")))
	events := s.append(rows...)
	rows[3] = keyed
	for i, row := range rows {
		if events[i].ID != row.ID {
			s.Errorf("event %d of AppendEvents is %s, want %s", i+1, events[i].ID, row.ID)
		}
	}
}

func checkEventsAsEvent(s subject) {
	full := fullRow(1)
	rows := []activity.EventRow{newRow(2, about()), full, newRow(3, payload(`{ "a" : 1.0, "a" : 1e2 }`))}
	for i, event := range s.append(rows...) {
		if d := diff(rows[i].Event, event); d != "" {
			s.Errorf("event %d of AppendEvents: %s", i+1, d)
		}
		if d := diff(s.event(acme, rows[i].ID), event); d != "" {
			s.Errorf("event %d of AppendEvents is not the one of Event: %s", i+1, d)
		}
	}
	repeat := again(full, 4)
	repeat.Actor.Label, repeat.About[0].Label = "New name", ""
	if d := diff(s.event(acme, full.ID), s.append(repeat)[0]); d != "" {
		s.Errorf("the event of AppendEvents for a key that was used is not the one of Event: %s", d)
	}
}

func checkExistingID(s subject) {
	row := newRow(1)
	s.append(row, newRow(2))
	s.refuses(row) // even the very same
	for _, change := range []change{
		payload(`{"over":"written"}`), by(ben), about(call), about(), typed("other.type"), key("k"), manual,
	} {
		s.refuses(newRow(1, id(row.ID), change))
		s.holds(acme, row, newRow(2))
		s.finds(activity.EventQuery{Tenant: acme, Actor: ben})
		s.finds(activity.EventQuery{Tenant: acme, About: []activity.Entity{call}})
	}
	err := s.store.InTx(s.Context(), func(tx activity.Store) error {
		_, err := tx.AppendEvents(s.Context(), []activity.EventRow{newRow(3, id(row.ID))})
		return err
	})
	if err == nil {
		s.Errorf("a transaction stored an ID that existed")
	}
	s.holds(acme, row, newRow(2))
}

func checkExistingIDElsewhere(s subject) {
	row := newRow(1)
	s.append(row)
	s.refuses(newRow(2, of(globex), id(row.ID)))
	s.holds(acme, row)
	s.holds(globex)
}

func checkIDTwice(s subject) {
	s.refuses(newRow(1), newRow(2), newRow(3, id(newRow(1).ID)))
	s.holds(acme)
}
