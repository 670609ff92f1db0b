package storetest

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/go-activity/activity"
)

// sealConcurrentCases are about several who seal, write and read at one time.
var sealConcurrentCases = []testCase{
	{"concurrent seals", "An event gets one position, whatever number of calls run at once.", checkConcurrentSeals},
	{"events of open transactions", "An event whose transaction is open is left for a later call, and makes nobody wait.", checkSealBesideTx},
	{"reading beside seals", "Once an entry is seen, so are all with lower positions.", checkReadingBesideSeals},
}

// writeBeside lets writers append events, each in transactions of its own, and returns the rows once all are stored. They
// must be writers goroutines, of which each calls it with its number.
func (s subject) writeBeside(writer, transactions, size int) []activity.EventRow {
	var all []activity.EventRow
	for n := range transactions {
		first := (writer*transactions + n) * size
		rows := newRows(first, first+size, of([]string{acme, globex}[(writer+n)%2]))
		err := s.store.InTx(s.Context(), func(tx activity.Store) error {
			for part := range slices.Chunk(rows, 2) {
				if _, err := tx.AppendEvents(s.Context(), part); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			s.Errorf("appending beside others: %v", err)
			return all
		}
		all = append(all, rows...)
	}
	return all
}

func checkConcurrentSeals(s subject) {
	const writers, sealers, transactions, size = 5, 3, 6, 5
	rows := make([][]activity.EventRow, writers)
	var writing, sealed atomic.Int64
	writing.Store(writers)
	together(writers+sealers, func(i int) {
		if i < writers {
			rows[i] = s.writeBeside(i, transactions, size)
			writing.Add(-1)
			return
		}
		for last := false; ; {
			n, err := s.store.Seal(s.Context(), 1+(i*7+int(sealed.Load()))%11)
			if err != nil {
				s.Errorf("Seal beside others: %v", err)
				return
			}
			sealed.Add(int64(n))
			if last && n == 0 {
				return
			}
			last = writing.Load() == 0
		}
	})
	all := slices.Concat(rows...)
	if n := sealed.Load(); n != int64(len(all)) {
		s.Errorf("all calls of Seal together gave %d positions to %d events", n, len(all))
	}
	s.seals(0)
	s.sound(all...)
}

// sound checks that the ledger has an entry for each row, in whatever order, and that all is as it follows from that.
func (s subject) sound(rows ...activity.EventRow) {
	s.Helper()
	byID := map[activity.ID]activity.EventRow{}
	for _, row := range rows {
		byID[row.ID] = row
	}
	var b book
	for _, e := range s.entries(activity.EntryQuery{Limit: len(rows) + 10}) {
		row, ok := byID[e.ID]
		if !ok {
			s.Fatalf("event %s, at position %d, should have no entry or has two", e.ID, e.Position)
		}
		delete(byID, e.ID)
		b = b.entered(row)
	}
	if len(byID) > 0 {
		s.Errorf("%d of %d events have no entry", len(byID), len(rows))
	}
	s.ledgered(b)
}

// writesBeside stores a row while a transaction is open, and reports whether that can be: where there is one writer, the
// transaction is it.
func (s subject) writesBeside(row activity.EventRow) bool {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), 300*time.Millisecond)
	defer cancel()
	_, err := s.store.AppendEvents(ctx, []activity.EventRow{row})
	if err != nil && ctx.Err() == nil {
		s.Fatalf("AppendEvents beside a transaction: %v", err)
	}
	return err == nil
}

func checkSealBesideTx(s subject) {
	first, other, own, later := newRow(1), newRow(2), newRow(3), newRow(4)
	s.append(other)
	beside := false
	var b book
	s.tx(func(tx subject) {
		tx.append(first)
		if beside = s.writesBeside(own); !beside {
			return
		}
		ctx, cancel := context.WithTimeout(s.Context(), 10*time.Second)
		defer cancel()
		for _, want := range []int{2, 0} {
			if n, err := s.store.Seal(ctx, 10); n != want || err != nil {
				s.Errorf("Seal beside a transaction that has appended = %d, %v, want %d", n, err, want)
			}
		}
		b = b.entered(other, own)
		s.findsEntries(activity.EntryQuery{}, b)
		tx.append(later)
	})
	if !beside {
		s.seals(2)
		s.ledgered(b.entered(first, other))
		return
	}
	s.waits(activity.Unsealed{Events: 2, Oldest: first.RecordedAt, Last: 2})
	s.seals(2)
	s.ledgered(b.entered(first, later))
}

func checkReadingBesideSeals(s subject) {
	const writers, transactions, size = 3, 6, 5
	rows := make([][]activity.EventRow, writers)
	var writing atomic.Int64
	writing.Store(writers)
	together(writers+3, func(i int) {
		if i < writers {
			rows[i] = s.writeBeside(i, transactions, size)
			writing.Add(-1)
			return
		}
		for last := activity.Position(0); ; {
			done := writing.Load() == 0
			if i == writers {
				if n, err := s.store.Seal(s.Context(), 4); err != nil || done && n == 0 {
					if err != nil {
						s.Errorf("Seal beside others: %v", err)
					}
					return
				}
				continue
			}
			if what := s.looks(&last, i%2 == 0); what != "" {
				s.Errorf("reading beside seals: %s", what)
				return
			}
			if done {
				return
			}
		}
	})
	s.seal(1000)
	s.sound(slices.Concat(rows...)...)
}

// looks reads the ledger on from a position, or from its beginning, and tells what is missing of what must be there.
func (s subject) looks(last *activity.Position, on bool) string {
	waiting, err := s.store.Unsealed(s.Context())
	if err != nil {
		return err.Error()
	}
	q := activity.EntryQuery{Limit: 10_000}
	if on {
		q.After = *last
	}
	entries, err := s.store.Entries(s.Context(), q)
	if err != nil {
		return err.Error()
	}
	next := q.After
	indexes := map[string]int64{}
	for _, e := range entries {
		if next++; e.Position != next {
			return fmt.Sprintf("position %d comes where %d should", e.Position, next)
		}
		if !on && e.Index != indexes[e.Tenant] {
			return fmt.Sprintf("position %d has index %d of %q, want %d", e.Position, e.Index, e.Tenant, indexes[e.Tenant])
		}
		indexes[e.Tenant]++
	}
	if next < *last || next < waiting.Last {
		return fmt.Sprintf("the last position is %d, and was %d or %d before", next, *last, waiting.Last)
	}
	*last = next
	return ""
}
