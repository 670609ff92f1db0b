package storetest

import (
	"context"
	"testing"

	"github.com/go-activity/activity"
)

// Random operations find what the single cases find, where it shows without concurrency.
func TestRandomLedgerFindsDefects(t *testing.T) {
	findDefects(t, randomCases[4],
		"leaves the last event without a position",
		"gives positions in any order of one time",
		"begins indexes at 1",
		"has leaves without keys",
		"ignores Index beside After",
		"includes the entry at After",
		"forgets salts",
		"leaves out entries of removed events",
		"finds entries of any tenant",
		"returns the last tile for those after it",
		"takes what was removed for strays",
		"includes the tenant after which it lists",
		"gives a consumer to whoever wants it",
		"lets others move a consumer",
		"forgets when to try again",
		"resets what is in use",
		"leaves parked errors",
		"includes what is parked at the position",
		"erases for all tenants",
		"leaves the actors of events",
		"erases the salts of events",
		"finds erased events by whom they were about",
		"leaves the titles of tasks",
		"erases what is under a legal hold",
		"erases what is also of another under a legal hold",
		"removes what is under a legal hold",
		"removes what has no position",
		"removes events of any tenant",
		"removes outcomes under a legal hold",
		"counts removed outcomes no more",
		"ignores the limit of reports",
		"forgets the reasons of legal holds",
		"keeps the ledger on an error",
	)
}

// What is compared must happen often enough.
func TestRandomLedgerCoversMuch(t *testing.T) {
	t.Setenv("STORETEST_SEED", "") // the default
	count := map[string]int{}
	saw := func(what string, ok bool) {
		if ok {
			count[what]++
		}
	}
	counting := newBroken(broken{
		brokenLedger: brokenLedger{
			seal: func(ctx context.Context, in activity.Store, limit int) (int, error) {
				n, err := in.Seal(ctx, limit)
				count["positions"] += n
				return n, err
			},
			entries: func(ctx context.Context, in activity.Store, q activity.EntryQuery) ([]activity.EntryRow, error) {
				entries, err := in.Entries(ctx, q)
				saw("full pages", len(entries) == q.Limit)
				saw("partial pages", len(entries) > 0 && len(entries) < q.Limit)
				for _, e := range entries {
					saw("removed entries", e.Event.ID.IsZero())
					saw("erased entries", e.Event.Erased)
				}
				return entries, err
			},
			takeConsumer: func(ctx context.Context, in activity.Store, take activity.ConsumerTake) (activity.ConsumerState, error) {
				s, err := in.TakeConsumer(ctx, take)
				saw("consumers taken", s.Holder == take.Holder)
				saw("consumers of others", s.Holder != take.Holder)
				return s, err
			},
			moveConsumer: func(ctx context.Context, in activity.Store, move activity.ConsumerMove) error {
				err := in.MoveConsumer(ctx, move)
				saw("moves", err == nil)
				saw("moves by others", err != nil)
				return err
			},
			resetConsumer: func(ctx context.Context, in activity.Store, reset activity.ConsumerReset) error {
				err := in.ResetConsumer(ctx, reset)
				saw("resets", err == nil)
				saw("resets in use", err != nil)
				return err
			},
			unpark: func(ctx context.Context, in activity.Store, name string, position activity.Position) error {
				saw("parked entries that were taken away", true)
				return in.Unpark(ctx, name, position)
			},
		},
		brokenErase: brokenErase{
			erase: func(ctx context.Context, in activity.Store, q activity.EraseQuery) (activity.Erased, error) {
				e, err := in.Erase(ctx, q)
				count["erased events"] += len(e.Events)
				count["erased tasks"] += len(e.Tasks)
				count["erased outcomes"] += e.Outcomes
				count["erased uses"] += e.Uses
				count["held"] += e.Held
				saw("refused", err != nil)
				return e, err
			},
			removeEvents: func(ctx context.Context, in activity.Store, tenant string, ids []activity.ID) ([]activity.ID, error) {
				removed, err := in.RemoveEvents(ctx, tenant, ids)
				count["removed events"] += len(removed)
				return removed, err
			},
			removeOutcomes: func(ctx context.Context, in activity.Store, tenant string, task activity.ID, limit int) (int, error) {
				n, err := in.RemoveOutcomes(ctx, tenant, task, limit)
				count["removed outcomes"] += n
				return n, err
			},
			liftLegalHold: func(ctx context.Context, in activity.Store, tenant string, entity activity.Entity) error {
				saw("lifted", true)
				return in.LiftLegalHold(ctx, tenant, entity)
			},
		},
		inTx: func(ctx context.Context, in activity.Store, fn func(activity.Store) error) error {
			err := in.InTx(ctx, fn)
			saw("commits", err == nil)
			saw("rollbacks", err != nil)
			return err
		},
	})
	if failures := record(t, randomCases[4], counting); len(failures) > 0 {
		t.Errorf("the case fails without a defect: %q", failures)
	}
	t.Log(count)
	for what, n := range map[string]int{
		"positions": 300, "full pages": 30, "partial pages": 30, "removed entries": 50, "erased entries": 100,
		"consumers taken": 10, "consumers of others": 4, "moves": 6, "moves by others": 6, "resets": 4, "resets in use": 2, "parked entries that were taken away": 2,
		"erased events": 50, "erased tasks": 3, "erased outcomes": 2, "erased uses": 1, "held": 3, "refused": 1,
		"removed events": 10, "removed outcomes": 3, "lifted": 3, "commits": 15, "rollbacks": 8,
	} {
		if count[what] < n {
			t.Errorf("there were %d %s, want at least %d", count[what], what, n)
		}
	}
}
