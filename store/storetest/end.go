package storetest

import (
	"context"
	"errors"
	"time"

	"github.com/go-activity/activity"
)

// endCases are about contexts that end and stores that are closed.
var endCases = []testCase{
	{"ended context", "When its context has ended, a call returns the context's error and stores nothing.", checkEnded},
	{"ended context in a transaction", "When its context has ended, a call returns the context's error and stores nothing.", checkEndedInTx},
	{"context that ends in a transaction", "When its context has ended, a call returns the context's error and stores nothing.", checkEndingInTx},
	{"context that ends at any moment", "When its context has ended, a call returns the context's error and stores nothing.", checkEndingAnytime},
	{"calls after Close", "After Close, every call returns ErrClosed.", checkClosed},
	{"closing twice", "Closing twice is no error.", checkClosingTwice},
}

// calls are all that can be asked of a store, each with its error only. AppendEvents and InTx store
// a row each, AddTask a task, and AddOutcomes an outcome of the first task, which ChangeTask ends. ChargeQuota makes a
// reservation, and the calls after it end the first one, and forget it. The calls of the ledger change all that storesFirst stores.
func calls(ctx context.Context, store activity.Store, n int) map[string]error {
	errs := map[string]error{}
	first, kinds := newTask(1).ID, []string{"import"}
	_, errs["AppendEvents"] = store.AppendEvents(ctx, newRows(n, n+1))
	_, errs["Event"] = store.Event(ctx, acme, newRow(n).ID)
	_, errs["Feed"] = store.Feed(ctx, activity.EventQuery{Tenant: acme, Limit: 10})
	_, errs["AddTask"] = store.AddTask(ctx, newTask(n))
	_, errs["Task"] = store.Task(ctx, acme, first)
	_, _, errs["ChangeTask"] = store.ChangeTask(ctx, activity.TaskUpdate{Tenant: acme, ID: first, To: activity.StatusCancelled, Now: epoch})
	_, errs["Tasks"] = store.Tasks(ctx, activity.TaskFilter{Tenant: acme, Limit: 10})
	_, errs["CountTasks"] = store.CountTasks(ctx, activity.TaskFilter{Tenant: acme, Limit: 10})
	_, errs["Admit"] = store.Admit(ctx, activity.Admission{Tenant: acme, ID: first, Max: 1, Now: epoch})
	_, errs["Backlog"] = store.Backlog(ctx, activity.BacklogQuery{Kinds: kinds, Limit: 10})
	_, errs["NextTask"] = store.NextTask(ctx, activity.NextQuery{Tenant: acme, Kinds: kindsOf(kinds...), Now: epoch})
	_, errs["LostTasks"] = store.LostTasks(ctx, activity.LostQuery{Kinds: kinds, Now: epoch, Limit: 10})
	errs["AddOutcomes"] = store.AddOutcomes(ctx, newOutcomes(first, int64(n), int64(n+1)))
	_, errs["Outcomes"] = store.Outcomes(ctx, activity.OutcomeFilter{Tenant: acme, Task: first, Limit: 10})
	_, errs["Tally"] = store.Tally(ctx, acme, first)
	later := frozen(epoch.Add(time.Hour))
	_, errs["ChargeQuota"] = store.ChargeQuota(ctx, newCharge(1, held(uint64(n)), withClock(frozen(epoch))))
	settle := settlement(1, 0)
	settle.Clock = frozen(epoch)
	_, errs["SettleHolds"] = store.SettleHolds(ctx, settle)
	errs["ReleaseHolds"] = store.ReleaseHolds(ctx, acme, newID(epoch, 1))
	_, errs["GiveBack"] = store.GiveBack(ctx, activity.DueQuery{Clock: later, Limit: 10})
	_, errs["QuotaState"] = store.QuotaState(ctx, keyA)
	_, errs["QuotaUse"] = store.QuotaUse(ctx, activity.UseQuery{Key: keyA, From: epoch, To: farFuture, Clock: later})
	_, errs["ForgetUse"] = store.ForgetUse(ctx, activity.ForgetQuery{Quota: "calls", Clock: later, Limit: 10})
	ledgerCalls(ctx, store, n, errs)
	timelineCalls(ctx, store, n, errs)
	errs["InTx"] = store.InTx(ctx, func(tx activity.Store) error {
		// Were fn called, its error would not be for the caller to see.
		tx.AppendEvents(context.WithoutCancel(ctx), newRows(n+1, n+2))
		return nil
	})
	return errs
}

// ledgerCalls are those of calls that are about the ledger, and about what is not kept.
func ledgerCalls(ctx context.Context, store activity.Store, n int, errs map[string]error) {
	_, errs["Seal"] = store.Seal(ctx, 10)
	_, errs["Unsealed"] = store.Unsealed(ctx)
	_, errs["Entries"] = store.Entries(ctx, activity.EntryQuery{Limit: 10})
	_, errs["Entry"] = store.Entry(ctx, acme, newRow(n).ID)
	_, errs["Head"] = store.Head(ctx, acme)
	_, errs["Tiles"] = store.Tiles(ctx, acme, []activity.TileID{{}})
	_, errs["Strays"] = store.Strays(ctx, acme, activity.ID{}, 10)
	_, errs["Ledgers"] = store.Ledgers(ctx, "", 10)
	_, errs["TakeConsumer"] = store.TakeConsumer(ctx, take(2, epoch.Add(time.Hour)))
	errs["MoveConsumer"] = store.MoveConsumer(ctx, activity.ConsumerMove{Name: "mailer", Holder: holder(1), Position: 9, Park: []activity.Parked{parkedAt(7, "no")}})
	errs["ResetConsumer"] = store.ResetConsumer(ctx, activity.ConsumerReset{Name: "new", Position: 9, Now: epoch})
	_, errs["Consumers"] = store.Consumers(ctx)
	_, errs["Parked"] = store.Parked(ctx, "mailer", 0, 10)
	errs["Unpark"] = store.Unpark(ctx, "mailer", 1)
	_, errs["Erase"] = store.Erase(ctx, activity.EraseQuery{Tenant: acme, Entity: deal, Limit: 10})
	_, errs["RemoveEvents"] = store.RemoveEvents(ctx, acme, []activity.ID{newRow(1).ID})
	_, errs["Reports"] = store.Reports(ctx, activity.ReportsQuery{Before: lastID, Limit: 10})
	_, errs["RemoveOutcomes"] = store.RemoveOutcomes(ctx, acme, newTask(1).ID, 10)
	errs["SetLegalHold"] = store.SetLegalHold(ctx, acme, legalHold(eve))
	errs["LiftLegalHold"] = store.LiftLegalHold(ctx, acme, call)
	_, errs["LegalHolds"] = store.LegalHolds(ctx, acme)
}

// timelineCalls are those of calls that count, and that are about names, relations and marks.
func timelineCalls(ctx context.Context, store activity.Store, n int, errs map[string]error) {
	_, errs["CountEvents"] = store.CountEvents(ctx, activity.EventQuery{Tenant: acme, Limit: 10})
	_, errs["Index"] = store.Index(ctx, 10)
	_, errs["FindEntities"] = store.FindEntities(ctx, activity.EntityQuery{Tenant: acme, Words: activity.NameWords("ana"), Limit: 10})
	errs["Relate"] = store.Relate(ctx, acme, into(node(n), node(n+1)))
	errs["Unrelate"] = store.Unrelate(ctx, acme, node(1), activity.RoleParent)
	_, errs["Relations"] = store.Relations(ctx, acme, node(1), 10)
	_, errs["Relatives"] = store.Relatives(ctx, activity.RelativesQuery{Tenant: acme, Entities: nodes(1), Descendants: true, Limit: 10})
	errs["SetMark"] = store.SetMark(ctx, markOf(n))
	_, errs["Mark"] = store.Mark(ctx, acme, ana, deal)
}

// storesFirst stores the first row, which gets a position, the first task, the first reservation, a consumer, a legal hold, a
// relation and a mark.
func (s subject) storesFirst() {
	s.Helper()
	s.enters(newRow(1))
	s.addTasks(newTask(1))
	newTeller(s).charge(1, held(1), ofTask(1))
	s.mailer()
	s.moves(activity.ConsumerMove{Name: "mailer", Holder: holder(1), Position: 1, Park: []activity.Parked{parkedAt(1, "no")}})
	s.holdsBack(acme, call)
	s.relates(below(node(1), node(0)))
	s.marks(markOf(1))
}

// holdsFirst checks that what storesFirst stores is there, and nothing else.
func (s subject) holdsFirst() {
	s.Helper()
	s.holds(acme, newRow(1))
	s.holdsTasks(acme, newTask(1))
	s.reported(newTask(1).ID)
	t := newTeller(s)
	r := newCharge(1, held(1), ofTask(1))
	if _, err := t.model.charge(&r, epoch); err != nil {
		t.Fatalf("%v", err)
	}
	t.keeps()
	s.ledgered(book{}.entered(newRow(1)))
	s.consumes(activity.ConsumerState{Name: "mailer", Holder: holder(1), Until: epoch.Add(30 * time.Second), Position: 1, Parked: 1})
	s.hasParked("mailer", parkedAt(1, "no"))
	s.hasHolds(acme, legalHold(call))
	s.knows("ana")
	s.knows("big")
	s.relations(node(0), below(node(1), node(0)))
	s.relations(node(1), below(node(1), node(0)))
	s.relations(node(2))
	s.marked(markOf(1), newRow(1).ID)
}

// holdsNothing checks that nothing of what storesFirst stores is there.
func (s subject) holdsNothing() {
	s.Helper()
	s.holds(acme)
	s.holdsTasks(acme)
	s.keeps(keyA, activity.QuotaState{})
	s.ledgered(nil)
	s.consumes()
	s.hasHolds(acme)
	s.relations(node(1))
	s.marked(markOf(1), activity.ID{})
}

func checkEnded(s subject) {
	s.storesFirst()
	for want, ctx := range ended(s.Context()) {
		for call, err := range calls(ctx, s.store, 2) {
			if !errors.Is(err, want) {
				s.Errorf("%s = %v, want %v", call, err, want)
			}
		}
	}
	s.holdsFirst()
}

func checkEndedInTx(s subject) {
	err := s.store.InTx(s.Context(), func(tx activity.Store) error {
		s.in(tx).storesFirst()
		for want, ctx := range ended(s.Context()) {
			for call, err := range calls(ctx, tx, 2) {
				if !errors.Is(err, want) {
					s.Errorf("%s of a transaction = %v, want %v", call, err, want)
				}
			}
		}
		return nil
	})
	// Whether the transaction survives that is the store's choice.
	if err == nil {
		s.holdsFirst()
	} else {
		s.holdsNothing()
	}
}

func checkEndingInTx(s subject) {
	ctx, cancel := context.WithCancel(s.Context())
	defer cancel()
	err := s.store.InTx(ctx, func(tx activity.Store) error {
		s.in(tx).storesFirst()
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		s.Errorf("InTx whose context ended before fn returned = %v, want %v", err, context.Canceled)
	}
	s.holdsNothing()
}

// A context may end while the store already keeps the rows, so here an error leaves open whether they
// are stored, now or soon; but not whether one of them is. That is why all are looked at at once.
func checkEndingAnytime(s subject) {
	const calls = 20
	var kept [calls]bool
	for n := range calls {
		err := s.cutOff(func(ctx context.Context) error {
			_, err := s.store.AppendEvents(ctx, newRows(2*n, 2*n+2))
			return err
		})
		kept[n] = err == nil
	}
	stored := map[activity.ID]bool{}
	for _, e := range s.feed(activity.EventQuery{Tenant: acme, Limit: 2 * calls}) {
		stored[e.ID] = true
	}
	for n := range calls {
		first, second := stored[newRow(2*n).ID], stored[newRow(2*n+1).ID]
		if first != second || kept[n] && !first {
			s.Errorf("of the two rows of call %d, which returned no error: %v, it is stored: %v and %v", n, kept[n], first, second)
		}
	}
}

func checkClosed(s subject) {
	s.append(newRow(1))
	if err := s.store.Close(); err != nil {
		s.Fatalf("Close: %v", err)
	}
	for call, err := range calls(s.Context(), s.store, 1) {
		if !errors.Is(err, activity.ErrClosed) {
			s.Errorf("%s after Close = %v, want ErrClosed", call, err)
		}
	}
}

func checkClosingTwice(s subject) {
	for range 3 {
		if err := s.store.Close(); err != nil {
			s.Errorf("Close: %v", err)
		}
	}
}
