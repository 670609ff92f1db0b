package storetest

import (
	"context"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/memstore"
)

// broken is a store in memory with a defect: what is set here is called instead of the store's own
// method, with the store as its argument. The store of a transaction has the same defect, except for
// inTx, which is what makes the transaction.
type broken struct {
	append func(ctx context.Context, in activity.Store, rows []activity.EventRow) ([]activity.Event, error)
	event  func(ctx context.Context, in activity.Store, tenant string, id activity.ID) (activity.Event, error)
	feed   func(ctx context.Context, in activity.Store, query activity.EventQuery) ([]activity.Event, error)

	addTask     func(ctx context.Context, in activity.Store, task activity.Task) (activity.Task, error)
	task        func(ctx context.Context, in activity.Store, tenant string, id activity.ID) (activity.Task, error)
	changeTask  func(ctx context.Context, in activity.Store, update activity.TaskUpdate) (activity.Task, bool, error)
	tasks       func(ctx context.Context, in activity.Store, filter activity.TaskFilter) ([]activity.Task, error)
	countTasks  func(ctx context.Context, in activity.Store, filter activity.TaskFilter) (int, error)
	admit       func(ctx context.Context, in activity.Store, admission activity.Admission) (activity.Wait, error)
	backlog     func(ctx context.Context, in activity.Store, query activity.BacklogQuery) ([]string, error)
	nextTask    func(ctx context.Context, in activity.Store, query activity.NextQuery) (activity.Task, error)
	lostTasks   func(ctx context.Context, in activity.Store, query activity.LostQuery) ([]activity.Task, error)
	addOutcomes func(ctx context.Context, in activity.Store, rows []activity.OutcomeRow) error
	outcomes    func(ctx context.Context, in activity.Store, filter activity.OutcomeFilter) ([]activity.OutcomeRow, error)
	tally       func(ctx context.Context, in activity.Store, tenant string, task activity.ID) (map[string]int64, error)

	chargeQuota  func(ctx context.Context, in activity.Store, request activity.QuotaRequest) (activity.QuotaGrant, error)
	settleHolds  func(ctx context.Context, in activity.Store, update activity.HoldUpdate) (time.Time, error)
	releaseHolds func(ctx context.Context, in activity.Store, tenant string, task activity.ID) error
	giveBack     func(ctx context.Context, in activity.Store, query activity.DueQuery) (int, error)
	quotaState   func(ctx context.Context, in activity.Store, key activity.QuotaKey) (activity.QuotaState, error)
	quotaUse     func(ctx context.Context, in activity.Store, query activity.UseQuery) ([]activity.QuotaUse, error)
	forgetUse    func(ctx context.Context, in activity.Store, query activity.ForgetQuery) (int, error)

	brokenLedger
	brokenErase
	brokenTimeline

	inTx  func(ctx context.Context, in activity.Store, fn func(activity.Store) error) error
	close func(in activity.Store) error
}

// brokenStore is the store that a broken makes of another.
type brokenStore struct {
	in     activity.Store
	defect *broken
}

func newBroken(defect broken) activity.Store {
	return &brokenStore{in: memstore.New(), defect: &defect}
}

func (b *brokenStore) AppendEvents(ctx context.Context, rows []activity.EventRow) ([]activity.Event, error) {
	if b.defect.append != nil {
		return b.defect.append(ctx, b.in, rows)
	}
	return b.in.AppendEvents(ctx, rows)
}

func (b *brokenStore) Event(ctx context.Context, tenant string, id activity.ID) (activity.Event, error) {
	if b.defect.event != nil {
		return b.defect.event(ctx, b.in, tenant, id)
	}
	return b.in.Event(ctx, tenant, id)
}

func (b *brokenStore) Feed(ctx context.Context, query activity.EventQuery) ([]activity.Event, error) {
	if b.defect.feed != nil {
		return b.defect.feed(ctx, b.in, query)
	}
	return b.in.Feed(ctx, query)
}

func (b *brokenStore) AddTask(ctx context.Context, task activity.Task) (activity.Task, error) {
	if b.defect.addTask != nil {
		return b.defect.addTask(ctx, b.in, task)
	}
	return b.in.AddTask(ctx, task)
}

func (b *brokenStore) Task(ctx context.Context, tenant string, id activity.ID) (activity.Task, error) {
	if b.defect.task != nil {
		return b.defect.task(ctx, b.in, tenant, id)
	}
	return b.in.Task(ctx, tenant, id)
}

func (b *brokenStore) ChangeTask(ctx context.Context, update activity.TaskUpdate) (activity.Task, bool, error) {
	if b.defect.changeTask != nil {
		return b.defect.changeTask(ctx, b.in, update)
	}
	return b.in.ChangeTask(ctx, update)
}

func (b *brokenStore) Tasks(ctx context.Context, filter activity.TaskFilter) ([]activity.Task, error) {
	if b.defect.tasks != nil {
		return b.defect.tasks(ctx, b.in, filter)
	}
	return b.in.Tasks(ctx, filter)
}

func (b *brokenStore) CountTasks(ctx context.Context, filter activity.TaskFilter) (int, error) {
	if b.defect.countTasks != nil {
		return b.defect.countTasks(ctx, b.in, filter)
	}
	return b.in.CountTasks(ctx, filter)
}

func (b *brokenStore) Admit(ctx context.Context, admission activity.Admission) (activity.Wait, error) {
	if b.defect.admit != nil {
		return b.defect.admit(ctx, b.in, admission)
	}
	return b.in.Admit(ctx, admission)
}

func (b *brokenStore) Backlog(ctx context.Context, query activity.BacklogQuery) ([]string, error) {
	if b.defect.backlog != nil {
		return b.defect.backlog(ctx, b.in, query)
	}
	return b.in.Backlog(ctx, query)
}

func (b *brokenStore) NextTask(ctx context.Context, query activity.NextQuery) (activity.Task, error) {
	if b.defect.nextTask != nil {
		return b.defect.nextTask(ctx, b.in, query)
	}
	return b.in.NextTask(ctx, query)
}

func (b *brokenStore) LostTasks(ctx context.Context, query activity.LostQuery) ([]activity.Task, error) {
	if b.defect.lostTasks != nil {
		return b.defect.lostTasks(ctx, b.in, query)
	}
	return b.in.LostTasks(ctx, query)
}

func (b *brokenStore) AddOutcomes(ctx context.Context, rows []activity.OutcomeRow) error {
	if b.defect.addOutcomes != nil {
		return b.defect.addOutcomes(ctx, b.in, rows)
	}
	return b.in.AddOutcomes(ctx, rows)
}

func (b *brokenStore) Outcomes(ctx context.Context, filter activity.OutcomeFilter) ([]activity.OutcomeRow, error) {
	if b.defect.outcomes != nil {
		return b.defect.outcomes(ctx, b.in, filter)
	}
	return b.in.Outcomes(ctx, filter)
}

func (b *brokenStore) Tally(ctx context.Context, tenant string, task activity.ID) (map[string]int64, error) {
	if b.defect.tally != nil {
		return b.defect.tally(ctx, b.in, tenant, task)
	}
	return b.in.Tally(ctx, tenant, task)
}

func (b *brokenStore) ChargeQuota(ctx context.Context, request activity.QuotaRequest) (activity.QuotaGrant, error) {
	if b.defect.chargeQuota != nil {
		return b.defect.chargeQuota(ctx, b.in, request)
	}
	return b.in.ChargeQuota(ctx, request)
}

func (b *brokenStore) SettleHolds(ctx context.Context, update activity.HoldUpdate) (time.Time, error) {
	if b.defect.settleHolds != nil {
		return b.defect.settleHolds(ctx, b.in, update)
	}
	return b.in.SettleHolds(ctx, update)
}

func (b *brokenStore) ReleaseHolds(ctx context.Context, tenant string, task activity.ID) error {
	if b.defect.releaseHolds != nil {
		return b.defect.releaseHolds(ctx, b.in, tenant, task)
	}
	return b.in.ReleaseHolds(ctx, tenant, task)
}

func (b *brokenStore) GiveBack(ctx context.Context, query activity.DueQuery) (int, error) {
	if b.defect.giveBack != nil {
		return b.defect.giveBack(ctx, b.in, query)
	}
	return b.in.GiveBack(ctx, query)
}

func (b *brokenStore) QuotaState(ctx context.Context, key activity.QuotaKey) (activity.QuotaState, error) {
	if b.defect.quotaState != nil {
		return b.defect.quotaState(ctx, b.in, key)
	}
	return b.in.QuotaState(ctx, key)
}

func (b *brokenStore) QuotaUse(ctx context.Context, query activity.UseQuery) ([]activity.QuotaUse, error) {
	if b.defect.quotaUse != nil {
		return b.defect.quotaUse(ctx, b.in, query)
	}
	return b.in.QuotaUse(ctx, query)
}

func (b *brokenStore) ForgetUse(ctx context.Context, query activity.ForgetQuery) (int, error) {
	if b.defect.forgetUse != nil {
		return b.defect.forgetUse(ctx, b.in, query)
	}
	return b.in.ForgetUse(ctx, query)
}

func (b *brokenStore) InTx(ctx context.Context, fn func(activity.Store) error) error {
	inside := *b.defect
	inside.inTx = nil
	wrapped := func(tx activity.Store) error { return fn(&brokenStore{in: tx, defect: &inside}) }
	if b.defect.inTx != nil {
		return b.defect.inTx(ctx, b.in, wrapped)
	}
	return b.in.InTx(ctx, wrapped)
}

func (b *brokenStore) Close() error {
	if b.defect.close != nil {
		return b.defect.close(b.in)
	}
	return b.in.Close()
}
