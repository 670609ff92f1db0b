package storetest

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"github.com/go-activity/activity"
)

// ledgerWholeCases are about a store as a whole, as far as it keeps the ledger and erases.
var ledgerWholeCases = []testCase{
	{"concurrent use of the ledger", "A store is safe for concurrent use.", checkConcurrentLedger},
	{"memory of the ledger", memoryRule, checkMemoryOfLedger},
	{"tenants of all that is erased", "A store keeps the data of each tenant apart: no call returns what belongs to another tenant.", checkTenantsOfErased},
	{"times of the ledger", "Times are kept to the microsecond and come back in UTC.", checkLedgerTimes},
	{"context that ends at any moment, ledger", "When its context has ended, a call returns the context's error and stores nothing.", checkLedgerEndingAnytime},
}

// checkConcurrentLedger appends, seals, erases, removes, consumes and reads at one time. Nobody erases or removes what is still
// to be sealed.
func checkConcurrentLedger(s subject) {
	const writers, transactions, size = 3, 4, 3
	old := make([]activity.EventRow, 12)
	for n := range old {
		old[n] = newRow(1000+n, about(eve, deal))
	}
	s.enters(old...)
	rows := make([][]activity.EventRow, writers)
	var writing atomic.Int64
	writing.Store(writers)
	var gone []activity.ID
	together(writers+5, func(i int) {
		var err error
		for done := false; err == nil && !done; {
			done = writing.Load() == 0
			switch i - writers {
			case 0, 1:
				_, err = s.store.Seal(s.Context(), 5)
			case 2:
				var last activity.Position
				if what := s.looks(&last, false); what != "" {
					err = errors.New(what)
				}
				_, headErr := s.store.Head(s.Context(), acme)
				_, tilesErr := s.store.Tiles(s.Context(), acme, []activity.TileID{{}})
				_, straysErr := s.store.Strays(s.Context(), acme, activity.ID{}, 10)
				_, ledgersErr := s.store.Ledgers(s.Context(), "", 10)
				err = errors.Join(err, headErr, tilesErr, straysErr, ledgersErr)
			case 3:
				_, eraseErr := s.store.Erase(s.Context(), activity.EraseQuery{Tenant: acme, Entity: eve, Limit: 2})
				_, listErr := s.store.LegalHolds(s.Context(), acme)
				err = errors.Join(eraseErr, listErr, s.store.SetLegalHold(s.Context(), acme, legalHold(call)))
			case 4:
				var removed []activity.ID
				removed, err = s.store.RemoveEvents(s.Context(), acme, []activity.ID{old[0].ID, old[5].ID})
				gone = append(gone, removed...)
				t := take(1, time.Time{})
				_, takeErr := s.store.TakeConsumer(s.Context(), t)
				_, consumersErr := s.store.Consumers(s.Context())
				err = errors.Join(err, takeErr, s.store.MoveConsumer(s.Context(), activity.ConsumerMove{Name: t.Name, Holder: t.Holder, Position: 1}), consumersErr)
			default:
				rows[i] = s.writeBeside(i, transactions, size)
				writing.Add(-1)
				return
			}
		}
		if err != nil {
			s.Errorf("using the ledger beside others: %v", err)
		}
	})
	for s.seal(100) > 0 {
	}
	s.erases(eve)
	left, _ := erased(eve, old...)
	if want := []activity.ID{old[0].ID, old[5].ID}; !slices.Equal(gone, want) {
		s.Errorf("RemoveEvents beside others has removed %v, want %v", gone, want)
	}
	left = slices.Concat(left[1:5], left[6:])
	for _, written := range rows {
		for _, row := range written {
			if row.Tenant == acme {
				left = append(left, row)
			}
		}
	}
	s.holds(acme, left...)
	var last activity.Position
	if what := s.looks(&last, false); what != "" || int(last) != len(old)+writers*transactions*size {
		s.Errorf("after all, the last position is %d: %s", last, what)
	}
}

func checkMemoryOfLedger(s subject) {
	rows := newRows(1, 5, about(deal, call))
	rows[2] = newRow(3, about(eve))
	s.enters(rows...)
	b := book{}.entered(rows...)
	s.mailer()
	park := []activity.Parked{parkedAt(2, "a"), parkedAt(3, "b")}
	s.moves(activity.ConsumerMove{Name: "mailer", Holder: holder(1), Park: park})
	clear(park)
	use := func(s subject) {
		s.Helper()
		for _, e := range s.entries(activity.EntryQuery{Limit: 10}) {
			clear(e.Event.Salts)
			if !e.Event.ID.IsZero() {
				scribble(&e.Event.Event)
			}
		}
		e, err := s.store.Entry(s.Context(), acme, rows[1].ID)
		if err != nil {
			s.Fatalf("Entry: %v", err)
		}
		clear(e.Event.Salts)
		scribble(&e.Event.Event)
		head, err := s.store.Head(s.Context(), acme)
		if err != nil {
			s.Fatalf("Head: %v", err)
		}
		clear(head.Edge)
		ids := []activity.TileID{{}, {Index: 1}}
		for _, tile := range s.tiles(acme, ids...) {
			clear(tile)
		}
		if ids[1].Index != 1 {
			s.Errorf("Tiles changed the list that it was given")
		}
		parked, err := s.store.Parked(s.Context(), "mailer", 0, 10)
		if err != nil {
			s.Fatalf("Parked: %v", err)
		}
		clear(parked)
		s.ledgered(b)
		s.hasParked("mailer", parkedAt(2, "a"), parkedAt(3, "b"))
	}
	use(s)
	s.tx(use)
	// Neighbours in one answer have memory of their own.
	entries := s.entries(activity.EntryQuery{Limit: 10})
	for i := range entries {
		if d := diffEntry(b[i], entries[i]); d != "" {
			s.Errorf("after a change to an entry that Entries returned, another is: %s", d)
		}
		_ = append(entries[i].Event.Salts, "!!!!!!!!!!!!!!!!"...)
		scribble(&entries[i].Event.Event)
	}
	ids := []activity.ID{rows[3].ID, rows[0].ID}
	removed := s.removes(acme, ids...)
	if ids[0] != rows[3].ID {
		s.Errorf("RemoveEvents changed the list that it was given")
	}
	clear(removed)
	clear(ids)
	e := s.erases(eve)
	clear(e.Events)
	left, _ := erased(eve, rows[2])
	b = b.removed(rows[0].ID, rows[3].ID).rewritten(left...)
	s.ledgered(b)
	for range 2 {
		for _, e := range s.entries(activity.EntryQuery{Limit: 10}) {
			clear(e.Event.Salts)
		}
	}
	s.ledgered(b)
}

func checkTenantsOfErased(s subject) {
	other := newRow(1, of(globex), about(eve))
	s.enters(other)
	task := newTask(1, taskOf(globex), taskAbout(eve))
	s.addTasks(task)
	s.report(newOutcome(task.ID, 1, ofTenant(globex), ofRecord(eve)))
	s.holdsBack(globex, call)
	for _, tenant := range []string{acme, "GLOBEX", "globex ", "globe", "globe%", "glob_x"} {
		s.findsEntries(activity.EntryQuery{Tenant: tenant}, nil)
		s.grown(tenant, nil)
		if e := s.erasesBy(activity.EraseQuery{Tenant: tenant, Entity: eve, Limit: 10}); !e.IsZero() {
			s.Errorf("Erase of %q's by tenant %q = %+v", globex, tenant, e)
		}
		if ids := s.removes(tenant, other.ID); len(ids) > 0 {
			s.Errorf("RemoveEvents of %q's by tenant %q = %v", globex, tenant, ids)
		}
		s.removesOutcomes(newTask(1, taskOf(tenant), taskAbout(eve)), 10, 0)
		s.hasHolds(tenant)
		if err := s.store.LiftLegalHold(s.Context(), tenant, call); !errors.Is(err, activity.ErrNotFound) {
			s.Errorf("LiftLegalHold of %q's by tenant %q = %v, want ErrNotFound", globex, tenant, err)
		}
	}
	s.holds(globex, other)
	s.holdsTasks(globex, task)
	s.hasHolds(globex, legalHold(call))
}

func checkLedgerTimes(s subject) {
	for n, at := range []time.Time{time.Unix(0, 1000).UTC(), epoch.Add(999_999 * time.Microsecond), time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC)} {
		row := newRow(n)
		row.RecordedAt = at.In(elsewhere)
		s.append(row)
		s.waits(activity.Unsealed{Events: 1, Oldest: at, Last: activity.Position(n)})
		s.seals(1)
		entry := s.entries(activity.EntryQuery{After: activity.Position(n), Limit: 1})[0]
		if !sameValue(at, entry.Event.RecordedAt) || !sameValue(row.OccurredAt, entry.Event.OccurredAt) {
			s.Errorf("an event that was recorded at %v came back as recorded at %v, and occurred at %v", at, entry.Event.RecordedAt, entry.Event.OccurredAt)
		}
	}
}

// checkLedgerEndingAnytime is checkEndingAnytime for the ledger. What was sealed or erased must be so altogether.
func checkLedgerEndingAnytime(s subject) {
	const calls, size = 8, 4
	rows := newRows(0, calls*size, about(eve))
	s.append(rows...)
	for range calls {
		s.cutOff(func(ctx context.Context) error {
			_, err := s.store.Seal(ctx, size)
			return err
		})
		u, err := s.store.Unsealed(s.Context())
		if err != nil || u.Events+int64(u.Last) != int64(len(rows)) || u.Last%size != 0 {
			s.Errorf("after calls of Seal with a limit of %d whose context ended, %d events have positions, and %d wait: %v", size, u.Last, u.Events, err)
		}
	}
	s.seal(1000)
	s.sound(rows...)
	before := 0
	for range calls {
		s.cutOff(func(ctx context.Context) error {
			_, err := s.store.Erase(ctx, activity.EraseQuery{Tenant: acme, Entity: eve, Limit: size})
			return err
		})
		erased, found := 0, s.feed(activity.EventQuery{Tenant: acme, About: []activity.Entity{eve}, Limit: 1000})
		for _, e := range s.feed(activity.EventQuery{Tenant: acme, Limit: 1000}) {
			if e.Erased {
				erased++
			}
		}
		if erased+len(found) != len(rows) || erased%size != 0 || erased < before {
			s.Errorf("after calls of Erase with a limit of %d whose context ended, %d events are erased, and %d are found", size, erased, len(found))
		}
		before = erased
	}
}
