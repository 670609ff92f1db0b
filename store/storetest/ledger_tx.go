package storetest

import (
	"errors"
	"time"

	"github.com/go-activity/activity"
)

// ledgerTxCases are about transactions, as far as they seal, consume, erase and remove.
var ledgerTxCases = []testCase{
	{
		"commit of the ledger",
		"When fn returns nil, all that was written through its store is kept, at once. Until then only fn's store sees what was written through it. " +
			"InTx of a store that is in a transaction already joins it.",
		checkLedgerCommit,
	},
	{"error or panic after writing the ledger", "When fn returns an error or panics, nothing of it is kept, and InTx passes that on.", checkLedgerTxError},
}

// ledgerRows are six rows, of which the second is about eve, and the third by her, and a seventh.
func ledgerRows() ([]activity.EventRow, activity.EventRow) {
	rows := newRows(1, 7)
	rows[1], rows[2] = newRow(2, about(eve, deal)), newRow(3, by(eve))
	return rows, newRow(7, about(eve))
}

// preparesLedger makes what writesLedger changes.
func (s subject) preparesLedger() {
	s.Helper()
	rows, seventh := ledgerRows()
	s.enters(rows...)
	s.append(seventh)
	s.addTasks(newTask(1, taskAbout(eve)), newTask(2))
	s.report(newOutcomes(newTask(2).ID, 1, 4)...)
	s.mailer()
	s.moves(activity.ConsumerMove{Name: "mailer", Holder: holder(1), Position: 3, Park: []activity.Parked{parkedAt(2, "Eve"), parkedAt(4, "no")}})
	s.holdsBack(acme, call)
}

// isPrepared checks that all is as preparesLedger has made it.
func (s subject) isPrepared() {
	s.Helper()
	rows, seventh := ledgerRows()
	s.holds(acme, append(rows, seventh)...)
	s.findsEntries(activity.EntryQuery{}, book{}.entered(rows...))
	s.grown(acme, book{}.entered(rows...))
	s.waits(activity.Unsealed{Events: 1, Oldest: seventh.RecordedAt, Last: 6})
	s.holdsTasks(acme, newTask(1, taskAbout(eve)), newTask(2))
	s.reported(newTask(2).ID, newOutcomes(newTask(2).ID, 1, 4)...)
	s.consumes(activity.ConsumerState{Name: "mailer", Holder: holder(1), Until: epoch.Add(30 * time.Second), Position: 3, Parked: 2})
	s.hasParked("mailer", parkedAt(2, "Eve"), parkedAt(4, "no"))
	s.hasHolds(acme, legalHold(call))
}

// writesLedger does all that can be done.
func (s subject) writesLedger() {
	s.Helper()
	s.isPrepared()
	s.seals(1)
	s.moves(activity.ConsumerMove{Name: "mailer", Holder: holder(1), Position: 6, Park: []activity.Parked{parkedAt(6, "late")}, Release: true})
	s.takes(take(2, epoch), activity.ConsumerState{Name: "mailer", Holder: holder(2), Until: epoch.Add(30 * time.Second), Position: 6, Parked: 3})
	if err := s.store.Unpark(s.Context(), "mailer", 4); err != nil {
		s.Fatalf("Unpark: %v", err)
	}
	s.resets(activity.ConsumerReset{Name: "new", Position: 2, Now: epoch})
	s.erases(eve)
	s.removes(acme, newRow(1).ID, newRow(5).ID)
	s.removesOutcomes(newTask(2), 2, 2)
	s.holdsBack(acme, ben)
	s.lifts(acme, call)
	s.isWritten()
}

// isWritten checks that all is as writesLedger has left it.
func (s subject) isWritten() {
	s.Helper()
	rows, seventh := ledgerRows()
	b := book{}.entered(append(rows, seventh)...)
	left, _ := erased(eve, rows[1], rows[2], rows[3], rows[5], seventh)
	s.holds(acme, left...)
	s.ledgered(b.removed(rows[0].ID, rows[4].ID).rewritten(left...))
	tasks, _ := erasedTasks(eve, newTask(1, taskAbout(eve)), newTask(2))
	s.holdsTasks(acme, tasks...)
	s.lists(activity.OutcomeFilter{Tenant: acme, Task: newTask(2).ID}, newOutcomes(newTask(2).ID, 3, 4)...)
	s.tallies(acme, newTask(2).ID, newOutcomes(newTask(2).ID, 1, 4)...)
	s.consumes(
		activity.ConsumerState{Name: "mailer", Holder: holder(2), Until: epoch.Add(30 * time.Second), Position: 6, Parked: 2},
		activity.ConsumerState{Name: "new", Position: 2},
	)
	s.hasParked("mailer", parkedAt(2, ""), parkedAt(6, "late"))
	s.hasHolds(acme, legalHold(ben))
}

func checkLedgerCommit(s subject) {
	s.tx(func(tx subject) {
		tx.preparesLedger()
		tx.isPrepared()
		s.ledgered(nil)
		s.consumes()
		s.hasHolds(acme)
	})
	s.isPrepared()
	s.tx(func(outer subject) {
		outer.tx(func(inner subject) { inner.writesLedger() })
		outer.isWritten()
		s.isPrepared() // joined is not kept yet
	})
	s.isWritten()
}

func checkLedgerTxError(s subject) {
	s.preparesLedger()
	fails := func(fn func(tx subject) error) (err error) {
		s.Helper()
		defer func() {
			if v := recover(); v != nil {
				if err = errOfFn; v != any(errOfFn) {
					s.Errorf("InTx panicked with %v, want what fn panicked with", v)
				}
			}
			s.isPrepared()
		}()
		return s.store.InTx(s.Context(), func(tx activity.Store) error { return fn(s.in(tx)) })
	}
	for what, fn := range map[string]func(tx subject) error{
		"an error": func(tx subject) error { tx.writesLedger(); return errOfFn },
		"a panic":  func(tx subject) error { tx.writesLedger(); panic(errOfFn) },
		"an error after what joined": func(tx subject) error {
			tx.tx(func(inner subject) { inner.writesLedger() })
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
			tx.in(inner).writesLedger()
			return errOfFn
		})
		if !errors.Is(err, errOfFn) {
			s.Errorf("InTx in a transaction = %v, want the error of fn", err)
		}
		return nil
	})
	s.writesLedger()
}
