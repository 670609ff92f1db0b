package storetest

import (
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/go-activity/activity"
)

const (
	sealedRule  = "Every event that was committed before the call, and has no position when it returns, is one for which limit left no room."
	numbersRule = "Positions of the store begin at 1, indexes of a tenant at 0, and neither has gaps."
	givenRule   = "The events of a call get their positions by ascending RecordedAt, then ID."
	undoneRule  = "An event whose transaction is undone never gets a position."
	leafRule    = "The entry has the leaf that EventRow.Leaf gave when the event was appended."
	treeRule    = "Head and tiles of a tenant are those that Tree.Grow makes of its leaves in the order of their indexes."
	sealingRule = "It returns how many events it has given a position."
)

// sealCases are about Seal.
var sealCases = slices.Concat([]testCase{
	{"sealing all", sealedRule + " " + sealingRule, checkSealAll},
	{"sealing a part", sealedRule + " " + sealingRule, checkSealPart},
	{"positions and indexes", numbersRule, checkNumbers},
	{"order of positions", givenRule, checkOrderOfPositions},
	{"events that were undone", undoneRule, checkSealUndone},
	{"leaves", leafRule, checkLeaves},
	{"trees", treeRule, checkTrees},
}, sealConcurrentCases)

func checkSealAll(s subject) {
	s.seals(0)
	s.ledgered(nil)
	keyed := newRow(1, key("k"))
	s.append(keyed)
	s.append(newRow(2))
	s.seals(2)
	b := book{}.entered(keyed, newRow(2))
	s.ledgered(b)
	s.seals(0)
	s.ledgered(b)
	// What is not stored again gets no second position.
	s.append(newRow(3), again(keyed, 4))
	s.append(again(keyed, 5))
	s.refuses(newRow(6), newRow(7, id(keyed.ID)))
	s.seals(1)
	b = b.entered(newRow(3))
	s.ledgered(b)
	for n := 10; n < 15; n++ {
		s.append(newRow(n, of([]string{acme, globex}[n%2])))
		s.seals(1)
		b = b.entered(newRow(n, of([]string{acme, globex}[n%2])))
	}
	s.ledgered(b)
}

func checkSealPart(s subject) {
	const events = 20
	want := map[activity.ID]activity.EventRow{}
	for n := range events {
		row := newRow(n, of([]string{acme, globex, "initech"}[n%3]))
		want[row.ID] = row
		s.append(row)
	}
	var b book
	for _, step := range []struct{ limit, n int }{{1, 1}, {7, 7}, {2, 2}, {10, 10}, {1, 0}} {
		if n := s.seal(step.limit); n != step.n {
			s.Errorf("Seal of at most %d of %d = %d", step.limit, events-len(b), n)
		}
		// Which of those that wait come first is the store's choice.
		added := s.entries(activity.EntryQuery{After: activity.Position(len(b)), Limit: events})
		if len(added) != step.n {
			s.Fatalf("Seal of at most %d added %d entries, want %d", step.limit, len(added), step.n)
		}
		for _, e := range added {
			if want[e.ID].ID.IsZero() {
				s.Fatalf("event %s has a position that it should not have, or two", e.ID)
			}
			b = b.entered(want[e.ID])
			delete(want, e.ID)
		}
		s.findsEntries(activity.EntryQuery{}, b)
	}
	s.ledgered(b)
}

func checkNumbers(s subject) {
	var b book
	random := rand.New(rand.NewPCG(1, 0))
	tenants := []string{acme, globex, "initech", "acme2"}
	for n := 0; n < 60; {
		size := 1 + random.IntN(9)
		for range size {
			row := newRow(n, of(tenants[random.IntN(1+n%len(tenants))]))
			s.append(row)
			b = b.entered(row)
			n++
		}
		s.seals(size)
		s.findsEntries(activity.EntryQuery{}, b)
	}
	s.ledgered(b)
}

// Of events that are recorded at one time, those that occurred first have the lower ID.
func checkOrderOfPositions(s subject) {
	recorded := func(after time.Duration) change {
		return func(r *activity.EventRow) { r.RecordedAt = epoch.Add(after) }
	}
	order := []activity.EventRow{
		newRow(900, recorded(-time.Hour)),
		newRow(7, recorded(0)),
		newRow(8, recorded(0), of(globex)),
		newRow(9, recorded(0)),
		newRow(3, recorded(time.Microsecond), of(globex)),
		newRow(300, recorded(time.Microsecond), of("initech")),
		newRow(1, recorded(999*time.Microsecond)),
		newRow(2, recorded(time.Millisecond)),
		newRow(0, recorded(time.Second), at(epoch.Add(-1000*time.Hour))),
		newRow(500, recorded(24*time.Hour), of("initech")),
	}
	for _, i := range []int{4, 9, 3, 0, 7, 2, 6, 8, 1, 5} {
		s.append(order[i])
	}
	s.seals(len(order))
	b := book{}.entered(order...)
	s.ledgered(b)
	// What is sealed later comes later, whenever it was recorded.
	late := []activity.EventRow{newRow(20, recorded(-2*time.Hour)), newRow(21, recorded(-time.Hour))}
	s.append(late[1], late[0])
	s.seals(2)
	s.ledgered(b.entered(late...))
}

func checkSealUndone(s subject) {
	undone := func(fn func(tx subject)) {
		s.Helper()
		err := s.store.InTx(s.Context(), func(tx activity.Store) error {
			fn(s.in(tx))
			return errOfFn
		})
		if !errors.Is(err, errOfFn) {
			s.Errorf("InTx = %v, want the error of fn", err)
		}
	}
	undone(func(tx subject) { tx.append(newRows(1, 4)...) })
	s.seals(0)
	s.append(newRow(4))
	undone(func(tx subject) { tx.append(newRow(5)) })
	s.append(newRow(6))
	s.seals(2)
	b := book{}.entered(newRow(4), newRow(6))
	s.ledgered(b)
	undone(func(tx subject) { // what is given with the event goes with it
		tx.append(newRow(7))
		tx.seals(1)
	})
	s.ledgered(b)
	s.append(newRow(8))
	s.seals(1)
	b = b.entered(newRow(8))
	s.ledgered(b)
	err := s.store.InTx(s.Context(), func(tx activity.Store) error {
		s.in(tx).append(newRow(9))
		undone := tx.InTx(s.Context(), func(inner activity.Store) error {
			s.in(inner).append(newRow(10))
			return errOfFn
		})
		if !errors.Is(undone, errOfFn) {
			s.Errorf("InTx in a transaction = %v, want the error of fn", undone)
		}
		return nil
	})
	if err == nil { // not every store can go on
		s.seals(1)
		b = b.entered(newRow(9))
	}
	s.seals(0)
	s.ledgered(b)
}

func checkLeaves(s subject) {
	rows := []activity.EventRow{
		newRow(1),
		newRow(2, key("k")),
		newRow(3, about()),
		newRow(4, about(deal, call, ben), by(ben), typed("deal.moved"), version(3), manual, task(newID(epoch, 1)), payload(`{ "a" : 1.0, "é": "\u00e9" }`)),
		newRow(5, of(globex), by(activity.Entity{Kind: "a", ID: "bc"}), about(activity.Entity{Kind: "ab", ID: "c"})),
		newRow(6, at(time.Unix(0, 1000).UTC())),
	}
	for i := range rows {
		rows[i].RecordedAt = epoch.Add(time.Duration(i) * time.Microsecond)
	}
	local := rows[0]
	local.OccurredAt, local.RecordedAt = local.OccurredAt.In(elsewhere), local.RecordedAt.In(elsewhere)
	s.append(local)
	s.append(append(slices.Clone(rows[1:4]), rows[5])...)
	s.append(rows[4])
	s.seals(len(rows))
	s.ledgered(book{}.entered(rows...))
	for _, e := range s.entries(activity.EntryQuery{Limit: 10}) {
		if leaf, err := e.Event.Check(); err != nil || leaf != e.Leaf {
			s.Errorf("the leaf of what is stored of %s is %v, %v, want %v", e.ID, leaf, err, e.Leaf)
		}
	}
}

// checkTrees lets a tree grow over the edges of tiles, beside a small one.
func checkTrees(s subject) {
	var b book
	n := 0
	for _, size := range []int{1, 1, 1, 252, 1, 1, 200, 54, 1, 1, 1, 256, 30} { // 255, 256, 257 …, 511, 512, 513, 770
		rows := newRows(n, n+size)
		if size == 1 {
			other := newRow(5000+n, of(globex))
			other.RecordedAt = rows[0].RecordedAt
			s.append(other)
			rows = append(rows, other)
		}
		s.append(rows[:size]...)
		s.seals(len(rows))
		n += size
		b = b.entered(rows...)
		s.grown(acme, b.of(acme))
		s.grown(globex, b.of(globex))
	}
	s.ledgered(b)
	s.enters(newRows(n, n+600)...) // two tiles and a half at once
	s.ledgered(b.entered(newRows(n, n+600)...))
}
