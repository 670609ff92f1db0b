package storetest

import (
	"errors"
	"slices"
	"time"

	"github.com/go-activity/activity"
)

const (
	waitingRule = "Events is the number of committed events without a position, and Oldest the earliest RecordedAt among them. " +
		"Last is the highest position, 0 if there is none."
	entriesRule = "Exactly the entries for which EntryQuery.Match is true come back, by ascending position, or ascending index if the query has a tenant."
	removedRule = "An entry whose event was removed has a zero Event."
	noEntryRule = "An event that the tenant does not have, or that has no position yet, is ErrNotFound."
	byIDRule    = "The entry of an event that was removed is found by its ID."
	headRule    = "A tenant without entries has the zero TreeHead. Position is that of the tenant's last entry."
	tilesRule   = "There are as many hashes of a tile as the tree has, up to 256. " +
		"A tile of level 0 has the leaves, and one of level n+1 the roots of the full tiles of level n."
	noTileRule  = "A tile that the tree does not have is empty."
	straysRule  = "No event that the store was given is among them."
	ledgersRule = "Every tenant with an entry comes back, once."
)

// entryCases are about reading the ledger.
var entryCases = []testCase{
	{"what waits", waitingRule, checkUnsealed},
	{"entries", entriesRule, checkEntries},
	{"limit of entries", "When there are more than Limit, the first Limit of that order come back.", checkEntriesLimit},
	{"EntryQuery.Tenant", "of this tenant, unless empty", checkEntriesOfTenant},
	{"EntryQuery.After", "with a higher position", checkEntriesAfter},
	{"EntryQuery.Index", "with an index of at least this; only with a tenant", checkEntriesFromIndex},
	{"EntryQuery.Limit", "at least 1", checkOneEntry},
	{"events of entries", "The event and its salts come back as they are stored.", checkEventsOfEntries},
	{"entries of removed events", removedRule + " " + byIDRule, checkEntriesOfRemoved},
	{"one entry", noEntryRule, checkEntry},
	{"heads", headRule, checkHeads},
	{"tiles", tilesRule, checkTiles},
	{"tiles that there are not", noTileRule, checkNoTiles},
	{"strays", straysRule, checkStrays},
	{"tenants of the ledger", ledgersRule, checkLedgers},
}

// twoLedgers stores rows of two tenants, in turns, and seals them.
func (s subject) twoLedgers(n int) book {
	s.Helper()
	var rows []activity.EventRow
	for i := range n {
		rows = append(rows, newRow(i, of([]string{acme, globex, globex}[i%3])))
	}
	s.enters(rows...)
	return book{}.entered(rows...)
}

func checkUnsealed(s subject) {
	s.waits(activity.Unsealed{})
	old := newRow(5)
	s.append(newRow(9))
	s.append(newRow(6), old)
	s.append(newRow(8, of(globex)))
	s.waits(activity.Unsealed{Events: 4, Oldest: old.RecordedAt})
	s.tx(func(tx subject) {
		tx.append(newRow(1))
		s.waits(activity.Unsealed{Events: 4, Oldest: old.RecordedAt}) // it is not committed yet
	})
	s.waits(activity.Unsealed{Events: 5, Oldest: newRow(1).RecordedAt})
	s.seals(5)
	s.waits(activity.Unsealed{Last: 5})
	s.append(newRow(7))
	s.waits(activity.Unsealed{Events: 1, Oldest: newRow(7).RecordedAt, Last: 5})
	s.seals(1)
	s.waits(activity.Unsealed{Last: 6})
}

func checkEntries(s subject) {
	s.findsEntries(activity.EntryQuery{}, nil)
	b := s.twoLedgers(20)
	s.append(newRow(30), newRow(31)) // they have no position
	for _, q := range []activity.EntryQuery{
		{}, {Tenant: acme}, {Tenant: globex}, {Tenant: "initech"}, {After: 7}, {After: 20}, {Tenant: globex, After: 9}, {Tenant: globex, Index: 5},
		{Tenant: globex, After: 9, Index: 3}, {Tenant: globex, After: 9, Index: 11}, {Tenant: acme, Index: 7}, {After: 1 << 40}, {Tenant: acme, Index: 1 << 40},
	} {
		s.findsEntries(q, b)
		q.Limit = 3
		s.findsEntries(q, b)
	}
}

func checkEntriesLimit(s subject) {
	b := s.twoLedgers(12)
	for _, limit := range []int{1, 2, 11, 12, 13} {
		s.findsEntries(activity.EntryQuery{Limit: limit}, b)
		s.findsEntries(activity.EntryQuery{After: 3, Limit: limit}, b)
		s.findsEntries(activity.EntryQuery{Tenant: globex, Limit: limit}, b)
		s.findsEntries(activity.EntryQuery{Tenant: globex, Index: 2, Limit: limit}, b)
	}
}

func checkEntriesOfTenant(s subject) {
	b := s.twoLedgers(9)
	for _, tenant := range []string{acme, globex, "ACME", "acme ", "acm", "acm_", "acme%", ""} {
		s.findsEntries(activity.EntryQuery{Tenant: tenant}, b)
	}
}

func checkEntriesAfter(s subject) {
	b := s.twoLedgers(9)
	for after := range activity.Position(11) {
		s.findsEntries(activity.EntryQuery{After: after}, b)
		s.findsEntries(activity.EntryQuery{After: after, Tenant: globex}, b)
	}
}

func checkEntriesFromIndex(s subject) {
	b := s.twoLedgers(9)
	for index := range int64(8) {
		s.findsEntries(activity.EntryQuery{Tenant: globex, Index: index}, b)
	}
}

func checkOneEntry(s subject) {
	b := s.twoLedgers(3)
	s.findsEntries(activity.EntryQuery{Limit: 1}, b)
	s.findsEntries(activity.EntryQuery{Tenant: globex, Limit: 1}, b)
	s.findsEntries(activity.EntryQuery{After: 1, Limit: 1}, b)
}

func checkEventsOfEntries(s subject) {
	full := newRow(1, key("k"), about(deal, call, ben), by(ben), version(7), manual, task(newID(epoch, 1)), typed("deal.moved"), payload(`{ "a" : [1.0,null] , "é": "\u00e9" }`))
	bare := newRow(2, about(), payload(`{}`))
	large := newRow(3, payload(`{"text":"`+string(slices.Repeat([]byte("x"), 60<<10))+`"}`))
	dated := newRow(4, at(epoch.Add(-time.Hour+time.Microsecond)))
	dated.RecordedAt = epoch.Add(4*time.Second + 7*time.Microsecond)
	s.enters(full, bare, large, dated)
	s.ledgered(book{}.entered(full, bare, large, dated))
}

func checkEntriesOfRemoved(s subject) {
	b := s.twoLedgers(12)
	gone := []activity.ID{b[3].ID, b[6].ID}
	if got := s.removes(acme, gone...); !slices.Equal(got, gone) {
		s.Fatalf("RemoveEvents = %v, want %v", got, gone)
	}
	b = b.removed(gone...)
	s.ledgered(b)
	for _, i := range []int{3, 6} {
		s.findsEntry(acme, b[i])
		s.findsEntry("", b[i])
		if _, err := s.store.Entry(s.Context(), globex, b[i].ID); !errors.Is(err, activity.ErrNotFound) {
			s.Errorf("Entry of another tenant's removed event = %v, want ErrNotFound", err)
		}
	}
	s.findsEntries(activity.EntryQuery{After: 3, Limit: 1}, b)
	s.findsEntries(activity.EntryQuery{Tenant: acme, Index: 1, Limit: 2}, b)
}

// removes removes events.
func (s subject) removes(tenant string, ids ...activity.ID) []activity.ID {
	s.Helper()
	removed, err := s.store.RemoveEvents(s.Context(), tenant, ids)
	if err != nil {
		s.Fatalf("RemoveEvents: %v", err)
	}
	return removed
}

func checkEntry(s subject) {
	b := s.twoLedgers(6)
	for _, e := range b {
		s.findsEntry(e.Tenant, e)
		s.findsEntry("", e)
		other := map[string]string{acme: globex, globex: acme}[e.Tenant]
		for _, tenant := range []string{other, "initech", e.Tenant + " ", "%"} {
			if _, err := s.store.Entry(s.Context(), tenant, e.ID); !errors.Is(err, activity.ErrNotFound) {
				s.Errorf("Entry of %q's event by tenant %q = %v, want ErrNotFound", e.Tenant, tenant, err)
			}
		}
	}
	waiting := newRow(20)
	s.append(waiting)
	for _, id := range []activity.ID{waiting.ID, newRow(21).ID, {}} {
		for _, tenant := range []string{acme, ""} {
			if _, err := s.store.Entry(s.Context(), tenant, id); !errors.Is(err, activity.ErrNotFound) {
				s.Errorf("Entry of an event without a position = %v, want ErrNotFound", err)
			}
		}
	}
	s.seals(1)
	s.findsEntry(acme, b.entered(waiting)[6])
}

func checkHeads(s subject) {
	s.append(newRow(50))
	for _, tenant := range []string{acme, globex} {
		s.grown(tenant, nil)
	}
	s.seals(1)
	s.grown(globex, nil)
	b := book{}.entered(newRow(50))
	s.grown(acme, b)
	for n := 51; n < 58; n++ {
		row := newRow(n, of([]string{globex, acme}[n%2]))
		s.enters(row)
		b = b.entered(row)
		s.grown(acme, b.of(acme))
		s.grown(globex, b.of(globex))
		s.grown("GLOBEX", nil)
	}
}

func checkTiles(s subject) {
	rows := newRows(0, 520)
	s.enters(rows[:100]...)
	b := book{}.entered(rows[:100]...)
	s.grown(acme, b)
	s.enters(rows[100:]...)
	b = b.entered(rows[100:]...)
	s.grown(acme, b)
	// In any order, and more than once.
	ids := []activity.TileID{{Level: 1}, {Index: 2}, {Index: 0}, {Index: 3}, {Index: 1}, {Index: 2}, {Level: 1}}
	for i, tile := range s.tiles(acme, ids...) {
		if want := b.tile(ids[i]); string(tile) != string(want) {
			s.Errorf("tile %v, number %d of %d, has %d bytes, want %d", ids[i], i+1, len(ids), len(tile), len(want))
		}
	}
	s.tiles(acme) // of none
}

func checkNoTiles(s subject) {
	empty := func(tenant string, ids ...activity.TileID) {
		s.Helper()
		for i, tile := range s.tiles(tenant, ids...) {
			if len(tile) > 0 {
				s.Errorf("tile %v of %q has %d bytes, want none", ids[i], tenant, len(tile))
			}
		}
	}
	some := []activity.TileID{{}, {Index: 1}, {Level: 1}, {Level: 1, Index: 1}, {Level: 2}, {Level: 7}, {Index: 1 << 40}}
	empty(acme, some...)
	s.enters(newRows(0, tileWidth)...)
	s.append(newRow(tileWidth))
	empty(acme, append(some[3:], activity.TileID{Index: 1})...)
	empty(globex, some...)
	empty("ACME", some...)
}

func checkStrays(s subject) {
	none := func(tenants ...string) {
		s.Helper()
		for _, tenant := range tenants {
			for _, after := range []activity.ID{{}, newRow(2).ID} {
				if ids, err := s.store.Strays(s.Context(), tenant, after, 100); err != nil || len(ids) > 0 {
					s.Errorf("Strays of %q = %v, %v, want none", tenant, ids, err)
				}
			}
		}
	}
	none(acme)
	s.append(newRows(0, 6)...)
	s.append(newRow(6, of(globex)))
	none(acme, globex, "initech")
	s.seal(3)
	none(acme, globex)
	s.seal(10)
	s.append(newRow(7))
	none(acme, globex)
	s.removes(acme, newRow(1).ID, newRow(4).ID)
	none(acme, globex)
	s.tx(func(tx subject) {
		tx.append(newRow(8))
		tx.seal(1)
		none(acme)
	})
	none(acme, globex)
}

func checkLedgers(s subject) {
	names := func(after string, limit int, want ...string) {
		s.Helper()
		got, err := s.store.Ledgers(s.Context(), after, limit)
		if err != nil || !slices.Equal(got, want) {
			s.Errorf("Ledgers after %q, at most %d = %q, %v, want %q", after, limit, got, err, want)
		}
	}
	names("", 10)
	tenants := []string{"A", "B", "a", "a b", "a-b", "aa", "acme", "z", "é", "日"}
	for i, tenant := range []int{3, 7, 0, 9, 1, 5, 8, 2, 6, 4} {
		s.append(newRow(2*i, of(tenants[tenant])), newRow(2*i+1, of(tenants[tenant])))
	}
	names("", 10)
	s.seals(2 * len(tenants))
	s.append(newRow(100, of("waits")))
	names("", 100, tenants...)
	for i, after := range tenants {
		names(after, 100, tenants[i+1:]...)
		names(after, 2, tenants[i+1:min(len(tenants), i+3)]...)
	}
	names("ab", 1, "acme")
	s.removes("acme", newRow(16).ID, newRow(17).ID)
	names("ab", 1, "acme") // its entries are still there
}
