package storetest

import (
	"slices"

	"github.com/go-activity/activity"
)

// addOutcomesCases are about AddOutcomes.
var addOutcomesCases = []testCase{
	{"all of some outcomes", "Either all outcomes are stored or none.", checkAllOutcomes},
	{"all of many outcomes", "Either all outcomes are stored or none.", checkManyOutcomes},
	{"none of some outcomes", "Either all outcomes are stored or none.", checkNoneOfOutcomes},
	{"commit after refused outcomes", "Either all outcomes are stored or none.", checkCommitAfterRefusedOutcomes},
	{"used sequence number", "A sequence number that the task has used is an error.", checkUsedSeq},
	{"sequence number twice", "A sequence number that the task has used is an error.", checkSeqTwice},
}

func checkAllOutcomes(s subject) {
	run := newTask(1)
	s.stores(run)
	var stored []activity.OutcomeRow
	for _, size := range []int64{1, 2, 9, 101} {
		first := int64(len(stored)) + 1
		rows := mixedOutcomes(run.ID, first, first+size)
		s.report(rows...)
		stored = append(stored, rows...)
		s.reported(run.ID, stored...)
	}
}

// A store may take another way for many rows, and yet another one in a transaction.
func checkManyOutcomes(s subject) {
	const many = 2000
	alone, inTx := newTask(1), newTask(2)
	s.stores(alone, inTx)
	rows := mixedOutcomes(alone.ID, 1, many+1)
	s.report(rows...)
	s.reported(alone.ID, rows...)
	rows = mixedOutcomes(inTx.ID, 1, many+1)
	s.tx(func(tx subject) {
		tx.report(rows[:many-1]...)
		tx.reported(inTx.ID, rows[:many-1]...)
		tx.report(rows[many-1])
	})
	s.reported(inTx.ID, rows...)
}

// badPlaces calls fn with lists of new outcomes, few and many, into which it has put a bad one at the
// beginning, in the middle and at the end.
func badPlaces(task activity.ID, bad activity.OutcomeRow, fn func(rows []activity.OutcomeRow)) {
	for _, size := range []int64{2, 150} {
		fresh := mixedOutcomes(task, 10, 10+size)
		for _, place := range []int64{0, size / 2, size} {
			fn(slices.Insert(slices.Clone(fresh), int(place), bad))
		}
	}
}

func checkNoneOfOutcomes(s subject) {
	run := newTask(1)
	s.stores(run)
	first := newOutcome(run.ID, 1)
	s.report(first)
	badPlaces(run.ID, newOutcome(run.ID, 1, ofKind("error")), func(rows []activity.OutcomeRow) {
		s.refusesOutcomes(rows...)
		s.reported(run.ID, first)
	})
	// What was refused has used up no numbers.
	rows := mixedOutcomes(run.ID, 10, 160)
	s.report(rows...)
	s.reported(run.ID, append(rows, first)...)
}

// Refused outcomes leave nothing behind. A store may have to give up the transaction then, but must
// say so.
func checkCommitAfterRefusedOutcomes(s subject) {
	run := newTask(1)
	s.stores(run)
	stored := newOutcomes(run.ID, 1, 2)
	s.report(stored...)
	next := int64(1000)
	badPlaces(run.ID, newOutcome(run.ID, 1, ofKind("error")), func(rows []activity.OutcomeRow) {
		next++
		kept := newOutcome(run.ID, next)
		err := s.store.InTx(s.Context(), func(tx activity.Store) error {
			s.in(tx).report(kept)
			s.in(tx).refusesOutcomes(rows...)
			return nil
		})
		if err == nil {
			stored = append(stored, kept)
		}
		s.reported(run.ID, stored...)
	})
}

func checkUsedSeq(s subject) {
	run, other := newTask(1), newTask(2)
	s.stores(run, other)
	rows := newOutcomes(run.ID, 1, 4)
	s.report(rows...)
	s.refusesOutcomes(rows[1]) // even the very same
	for _, change := range []outcomeChange{ofKind("error"), ofRecord(deal), noRecord, atRow(7), message("other"), withValues(nil, nil, nil)} {
		s.refusesOutcomes(newOutcome(run.ID, 2, change))
		s.reported(run.ID, rows...)
	}
	err := s.store.InTx(s.Context(), func(tx activity.Store) error {
		return tx.AddOutcomes(s.Context(), newOutcomes(run.ID, 3, 4))
	})
	if err == nil {
		s.Errorf("a transaction stored a sequence number that was used")
	}
	s.reported(run.ID, rows...)
	// The number is the task's own.
	s.report(newOutcomes(other.ID, 1, 4)...)
	s.reported(other.ID, newOutcomes(other.ID, 1, 4)...)
	s.reported(run.ID, rows...)
}

func checkSeqTwice(s subject) {
	run := newTask(1)
	s.stores(run)
	for _, n := range []int64{4, 150} {
		rows := newOutcomes(run.ID, 1, n)
		s.refusesOutcomes(append(rows, newOutcome(run.ID, n/2, ofKind("error")))...)
		s.reported(run.ID)
	}
}
