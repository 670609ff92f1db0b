package storetest

import (
	"slices"
	"time"

	"github.com/go-activity/activity"
)

// clerk is what a randomizer knows of the ledger.
type clerk struct {
	ids  []activity.ID // of events, whatever became of them
	runs []activity.Task
}

var someConsumers = []string{"mailer", "search", "a b"}

// ledger makes operations on the ledger, its consumers, and what is erased and removed.
func (r *randomizer) ledger() {
	r.clerk, r.reported = &clerk{}, map[activity.ID]int64{}
	for range 260 {
		if r.chance(35) {
			r.ledgerTransaction()
		} else {
			r.operateLedger(r.both)
		}
		r.askLedger(r.both)
	}
	r.both.Seal(r.Context(), 1000)
	r.proves()
}

// ledgerTransaction makes a few operations in a transaction, and perhaps gives up in the end.
func (r *randomizer) ledgerTransaction() {
	before, tasks, reported := *r.clerk, slices.Clone(r.model.tasks), r.reported
	err := r.both.InTx(r.Context(), func(tx activity.Store) error {
		for range 1 + r.rand.IntN(5) {
			if err := r.operateLedger(tx); err != nil {
				return err // not every store can go on
			}
			r.askLedger(tx)
		}
		if r.chance(25) {
			return errOfFn
		}
		return nil
	})
	if err != nil {
		*r.clerk, r.model.tasks, r.reported = before, tasks, reported
	}
}

// operateLedger makes one operation. It returns the error of one that failed.
func (r *randomizer) operateLedger(store activity.Store) (err error) {
	ctx, tenant := r.Context(), pick(r, someTenants)
	switch n := r.rand.IntN(100); {
	case n < 30:
		var rows []activity.EventRow
		for range 1 + r.rand.IntN(8) {
			row := r.row(tenant)
			row.Key = ""
			if r.chance(20) { // of few keys, some with the ID of an entity in them
				key(row.ID.String() + " of " + r.entity().ID)(&row)
			}
			salt(&row, r.n)
			rows = append(rows, row)
		}
		if _, err = store.AppendEvents(ctx, rows); err == nil {
			for _, row := range rows {
				r.clerk.ids = append(r.clerk.ids, row.ID)
			}
		}
		return err
	case n < 45: // which come first if not all can, is not said
		waiting, err := store.Unsealed(ctx)
		if err == nil {
			_, err = store.Seal(ctx, max(1, int(waiting.Events)+r.rand.IntN(10)))
		}
		return err
	case n < 60:
		for range 4 {
			if err := r.consume(store); err != nil {
				return err
			}
		}
		return nil
	case n < 68:
		task := r.newTask(tenant)
		task.Key = ""
		if task, err = store.AddTask(ctx, task); err == nil {
			r.clerk.runs = append(r.clerk.runs, task)
		}
		return err
	case n < 76 && len(r.clerk.runs) > 0:
		run := pick(r, r.clerk.runs)
		r.n++
		var rows []activity.OutcomeRow
		for i := range int64(1 + r.rand.IntN(4)) {
			rows = append(rows, newOutcome(run.ID, int64(10*r.n)+i, ofTenant(run.Tenant), ofRecord(r.entity())))
		}
		return store.AddOutcomes(ctx, rows)
	case n < 79:
		limited := newCharge(1, ofKeys(activity.QuotaKey{Tenant: tenant, Quota: "calls"}), usedBy(pick(r, someActors)), withClock(frozen(r.time())))
		limited.Charges[0].Windows = perHourAndDay(activity.Unlimited, activity.Unlimited)
		_, err = store.ChargeQuota(ctx, limited)
		return err
	case n < 83:
		_, err = store.Erase(ctx, activity.EraseQuery{Tenant: tenant, Entity: r.entity(), Limit: 10_000})
		if err != nil && sameError(err, activity.ErrLegalHold) {
			return nil
		}
		return err
	case n < 88:
		_, err = store.RemoveEvents(ctx, tenant, r.someIDs())
		return err
	case n < 92 && len(r.clerk.runs) > 0:
		run := pick(r, r.clerk.runs)
		_, err = store.RemoveOutcomes(ctx, run.Tenant, run.ID, 1+r.rand.IntN(6))
		return err
	case n < 97:
		return store.SetLegalHold(ctx, tenant, activity.LegalHold{Entity: r.entity(), By: pick(r, someActors), Reason: "case", At: r.time()})
	default:
		holds, err := store.LegalHolds(ctx, tenant)
		if err == nil && len(holds) > 0 {
			err = store.LiftLegalHold(ctx, tenant, pick(r, holds).Entity)
		}
		return err
	}
}

// someIDs are a few IDs of events, which may be of any tenant, or removed.
func (r *randomizer) someIDs() []activity.ID {
	ids := []activity.ID{newID(r.time(), 0)}
	for range r.rand.IntN(16) {
		if len(r.clerk.ids) > 0 {
			ids = append(ids, pick(r, r.clerk.ids))
		}
	}
	return ids
}

// consume makes an operation on a consumer. That it is somebody else's is no error here.
func (r *randomizer) consume(store activity.Store) error {
	ctx, name, who := r.Context(), pick(r, someConsumers), holder(uint64(r.rand.IntN(2)))
	position := activity.Position(r.rand.IntN(12))
	var err error
	switch r.rand.IntN(6) {
	case 0, 1:
		_, err = store.TakeConsumer(ctx, activity.ConsumerTake{Name: name, Holder: who, Lease: time.Duration(1+r.rand.IntN(20)) * time.Minute, Now: r.time()})
	case 2, 3:
		move := activity.ConsumerMove{Name: name, Holder: who, Position: position, Release: r.chance(30)}
		if r.chance(40) {
			move.Failures, move.Error, move.RetryAt = 1+r.rand.IntN(5), "no", r.time()
		}
		if r.chance(50) {
			move.Park = []activity.Parked{{Position: position, Through: position + activity.Position(r.rand.IntN(3)), Error: "parked", At: r.time()}}
		}
		err = store.MoveConsumer(ctx, move)
	case 4:
		err = store.ResetConsumer(ctx, activity.ConsumerReset{Name: name, Position: position, Now: r.time()})
	default:
		var list []activity.Parked
		if list, err = store.Parked(ctx, name, 0, 100); err == nil && len(list) > 0 {
			err = store.Unpark(ctx, name, pick(r, list).Position)
		}
	}
	for _, known := range []error{activity.ErrNotHolder, activity.ErrConsuming, activity.ErrNotFound} {
		if err != nil && sameError(err, known) {
			return nil
		}
	}
	return err
}

// askLedger asks for a little of all, which both compare.
func (r *randomizer) askLedger(store activity.Store) {
	ctx, tenant := r.Context(), pick(r, append(someTenants, ""))
	store.Unsealed(ctx)
	query := activity.EntryQuery{Tenant: tenant, After: activity.Position(r.rand.IntN(300)), Limit: 1 + r.rand.IntN(40)}
	if tenant != "" {
		query.Index = int64(r.rand.IntN(60))
	}
	if r.chance(30) {
		query.After, query.Index = 0, 0
	}
	store.Entries(ctx, query)
	for _, id := range r.someIDs() {
		store.Entry(ctx, tenant, id)
	}
	tenant = pick(r, someTenants)
	store.Head(ctx, tenant)
	store.Tiles(ctx, tenant, []activity.TileID{{}, {Index: 1}, {Level: 1}})
	store.Strays(ctx, tenant, activity.ID{}, 100)
	store.Ledgers(ctx, pick(r, append(someTenants, "")), 1+r.rand.IntN(3))
	store.Consumers(ctx)
	store.Parked(ctx, pick(r, someConsumers), activity.Position(r.rand.IntN(20)), 1+r.rand.IntN(5))
	store.LegalHolds(ctx, tenant)
	store.Reports(ctx, activity.ReportsQuery{After: pick(r, []activity.ID{{}, newID(r.time(), 0)}), Before: lastID, Limit: 1 + r.rand.IntN(20)})
	store.Feed(ctx, activity.EventQuery{Tenant: tenant, About: r.entities(3), Oldest: r.chance(50), Limit: 1 + r.rand.IntN(50)})
	store.Feed(ctx, activity.EventQuery{Tenant: tenant, Actor: pick(r, someActors), Limit: 50})
	filter := activity.TaskFilter{Tenant: tenant, Previews: activity.PreviewsShown, Limit: 50}
	if r.chance(60) {
		filter.Entities = r.entities(3)
	}
	store.Tasks(ctx, filter)
	if len(r.clerk.runs) > 0 {
		run := pick(r, r.clerk.runs)
		store.Task(ctx, run.Tenant, run.ID)
		store.Outcomes(ctx, activity.OutcomeFilter{Tenant: run.Tenant, Task: run.ID, Limit: 100})
		store.Tally(ctx, run.Tenant, run.ID)
	}
	store.QuotaUse(ctx, activity.UseQuery{Key: activity.QuotaKey{Tenant: tenant, Quota: "calls"}, From: epoch, To: farFuture, ByActor: true, Clock: frozen(epoch)})
}

// proves checks that the ledger is one: of what the entries of all say, positions, indexes, leaves and trees follow.
func (r *randomizer) proves() {
	r.Helper()
	entries := r.entries(activity.EntryQuery{Limit: 100_000})
	var b book
	for i, e := range entries {
		if leaf, err := e.Event.Check(); !e.Event.ID.IsZero() && (err != nil || leaf != e.Leaf) {
			r.Errorf("the leaf of what is stored at position %d is %v, %v, want %v", e.Position, leaf, err, e.Leaf)
		}
		if want := int64(len(b.of(e.Tenant))); e.Position != activity.Position(i+1) || e.Index != want {
			r.Errorf("entry %d has position %d, and index %d, want %d", i+1, e.Position, e.Index, want)
		}
		b = append(b, e)
	}
	r.ledgered(b)
}
