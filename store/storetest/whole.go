package storetest

import (
	"errors"
	"time"

	"github.com/go-activity/activity"
)

// wholeCases are about a store as a whole.
var wholeCases = []testCase{
	{"concurrent use", "A store is safe for concurrent use.", checkConcurrent},
	{"reading beside a transaction", "A store is safe for concurrent use.", checkReadingBeside},
	{"memory passed in", "A store shares no memory with its callers: what was passed in or handed out may be changed.", checkPassedIn},
	{"memory handed out", "A store shares no memory with its callers: what was passed in or handed out may be changed.", checkHandedOut},
	{"memory of neighbours", "A store shares no memory with its callers: what was passed in or handed out may be changed.", checkNeighbours},
	{"tenants in Feed", "A store keeps the data of each tenant apart: no call returns what belongs to another tenant.", checkTenantsInFeed},
	{"tenants in Event", "A store keeps the data of each tenant apart: no call returns what belongs to another tenant.", checkTenantsInEvent},
	{"tenants of keys", "A store keeps the data of each tenant apart: no call returns what belongs to another tenant.", checkTenantsOfKeys},
	{"microseconds", "Times are kept to the microsecond and come back in UTC.", checkMicroseconds},
	{"UTC", "Times are kept to the microsecond and come back in UTC.", checkUTC},
}

func checkConcurrent(s subject) {
	const writers, readers, batches, size = 8, 4, 5, 4
	first := newRow(0)
	s.append(first)
	together(writers+readers, func(i int) {
		if i >= writers {
			for range batches * size {
				if _, err := s.store.Event(s.Context(), acme, first.ID); err != nil {
					s.Errorf("Event beside others: %v", err)
				}
				if _, err := s.store.Feed(s.Context(), activity.EventQuery{Tenant: acme, Actor: ana, Limit: 10}); err != nil {
					s.Errorf("Feed beside others: %v", err)
				}
			}
			return
		}
		for b := range batches {
			n := 1 + (i*batches+b)*size
			write := func(store activity.Store) error {
				_, err := store.AppendEvents(s.Context(), newRows(n, n+size))
				return err
			}
			var err error
			if b%2 == 0 {
				err = write(s.store)
			} else {
				err = s.store.InTx(s.Context(), write)
			}
			if err != nil {
				s.Errorf("writing beside others: %v", err)
			}
		}
	})
	s.holds(acme, newRows(0, 1+writers*batches*size)...)
}

func checkReadingBeside(s subject) {
	row := newRow(1)
	s.append(row)
	err := s.store.InTx(s.Context(), func(tx activity.Store) error {
		s.in(tx).append(newRow(2))
		together(4, func(int) {
			if _, err := s.store.Event(s.Context(), acme, row.ID); err != nil {
				s.Errorf("Event beside a transaction: %v", err)
			}
			if _, err := s.store.Feed(s.Context(), activity.EventQuery{Tenant: acme, Limit: 10}); err != nil {
				s.Errorf("Feed beside a transaction: %v", err)
			}
			if _, err := tx.Event(s.Context(), acme, row.ID); err != nil {
				s.Errorf("Event of a transaction from several goroutines: %v", err)
			}
		})
		return nil
	})
	if err != nil {
		s.Errorf("InTx: %v", err)
	}
}

// scribble overwrites the memory of an event, what lies behind its slices included.
func scribble(e *activity.Event) {
	for i := range e.Payload {
		e.Payload[i] = '!'
	}
	for i := range e.About {
		e.About[i] = activity.Entity{Kind: "scribble", ID: "!", Label: "!"}
	}
	e.Payload = append(e.Payload, "!!!!"...)
	e.About = append(e.About, e.About...)
}

func checkPassedIn(s subject) {
	rows := newRows(1, 4, about(deal, call))
	rows[1] = newRow(2, key("k"), about(deal))
	events := s.append(rows...)
	for i := range rows {
		scribble(&rows[i].Event)
		clear(rows[i].Salts)
	}
	want := newRows(1, 4, about(deal, call))
	want[1] = newRow(2, key("k"), about(deal))
	for i, row := range want {
		if d := diff(row.Event, events[i]); d != "" {
			s.Errorf("after a change to the row that was passed in, the event that AppendEvents returned is another: %s", d)
		}
	}
	s.holds(acme, want...)

	// A query belongs to its caller too.
	query := activity.EventQuery{Tenant: acme, About: []activity.Entity{call}, Types: []string{"note.added"}, Limit: 10}
	s.feed(query)
	if query.About[0] != call || query.Types[0] != "note.added" {
		s.Errorf("Feed changed the query's lists")
	}
}

func checkHandedOut(s subject) {
	row, repeated := newRow(1, about(deal, call)), newRow(2, key("k"))
	s.append(repeated)
	for _, event := range s.append(row, again(repeated, 3)) {
		scribble(&event)
	}
	s.holds(acme, row, repeated)
	event := s.event(acme, row.ID)
	scribble(&event)
	s.holds(acme, row, repeated)
	for _, event := range s.feed(activity.EventQuery{Tenant: acme, Limit: 10}) {
		scribble(&event)
	}
	s.holds(acme, row, repeated)
	err := s.store.InTx(s.Context(), func(tx activity.Store) error {
		event := s.in(tx).append(newRow(4))[0]
		scribble(&event)
		event = s.in(tx).event(acme, row.ID)
		scribble(&event)
		return nil
	})
	if err != nil {
		s.Errorf("InTx: %v", err)
	}
	s.holds(acme, row, repeated, newRow(4))
}

func checkNeighbours(s subject) {
	rows := newRows(1, 6, about(deal, call))
	unharmed := func(call string, events []activity.Event) {
		s.Helper()
		if len(events) != len(rows) {
			s.Fatalf("%s returned %d events, want %d", call, len(events), len(rows))
		}
		for i := range events {
			if d := diff(rows[i].Event, events[i]); d != "" {
				s.Errorf("after a change to an event that %s returned, another is: %s", call, d)
			}
			scribble(&events[i])
		}
	}
	unharmed("AppendEvents", s.append(rows...))
	unharmed("Feed", s.feed(activity.EventQuery{Tenant: acme, Oldest: true, Limit: 10}))
}

func checkTenantsInFeed(s subject) {
	other := newRows(1, 4, of(globex), task(newID(epoch, 1)), manual)
	s.append(other...)
	query := activity.EventQuery{
		About:  []activity.Entity{deal},
		Actor:  ana,
		Types:  []string{"note.added"},
		Task:   newID(epoch, 1),
		Source: activity.Manual,
	}
	for _, tenant := range []string{acme, "GLOBEX", "globex ", "globe", "globexx", "globe%", "glob_x"} {
		s.finds(activity.EventQuery{Tenant: tenant})
		query.Tenant = tenant
		s.finds(query)
	}
	own := newRows(4, 6)
	s.append(own...)
	s.holds(acme, own...)
	s.holds(globex, other...)
}

func checkTenantsInEvent(s subject) {
	row := newRow(1, of(globex))
	s.append(row)
	for _, tenant := range []string{acme, "GLOBEX", "globex ", ""} {
		if _, err := s.store.Event(s.Context(), tenant, row.ID); !errors.Is(err, activity.ErrNotFound) {
			s.Errorf("Event of %q's by tenant %q = %v, want ErrNotFound", globex, tenant, err)
		}
	}
	s.holds(globex, row)
}

func checkTenantsOfKeys(s subject) {
	row, same, different := newRow(1, of(globex), key("k")), newRow(2, key("k")), newRow(3, of("initech"), key("k"), payload(`{}`))
	same.Payload = row.Payload
	for _, r := range []activity.EventRow{row, same, different} {
		if event := s.append(r)[0]; event.ID != r.ID {
			s.Errorf("AppendEvents of tenant %q returned event %s of tenant %q", r.Tenant, event.ID, event.Tenant)
		}
		s.holds(r.Tenant, r)
	}
}

func checkMicroseconds(s subject) {
	var rows []activity.EventRow
	for i, t := range []time.Time{
		time.Unix(0, 0).UTC(),
		time.Unix(0, 1000).UTC(),
		epoch.Add(1 * time.Microsecond),
		epoch.Add(999_999 * time.Microsecond),
		epoch.Add(123_457 * time.Microsecond),
		time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC),
	} {
		row := newRow(i, at(t))
		row.RecordedAt = t.Add(-time.Microsecond * time.Duration(min(i, 1)))
		rows = append(rows, row)
	}
	s.append(rows...)
	s.holds(acme, rows...)
}

func checkUTC(s subject) {
	for i, zone := range []*time.Location{time.UTC, time.Local, time.FixedZone("UTC", 0), time.FixedZone("IST", 5*3600+1800), time.FixedZone("", -8*3600)} {
		row := newRow(i)
		local := row
		local.OccurredAt, local.RecordedAt = row.OccurredAt.In(zone), row.RecordedAt.In(zone)
		if d := diff(row.Event, s.append(local)[0]); d != "" {
			s.Errorf("AppendEvents with times in zone %s returned: %s", zone, d)
		}
	}
	s.holds(acme, newRows(0, 5)...)
}
