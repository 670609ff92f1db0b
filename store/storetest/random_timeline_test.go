package storetest

import (
	"context"
	"errors"
	"testing"

	"github.com/go-activity/activity"
)

// Random operations find what the single cases find, where it shows without concurrency.
func TestRandomTimelinesFindDefects(t *testing.T) {
	findDefects(t, randomCases[5],
		"ignores Named",
		"takes Named for more of About",
		"compares labels of what is named",
		"counts whatever it is about",
		"counts whatever is named",
		"counts one more than the limit",
		"counts events about two entities twice",
		"takes one entry more than the limit",
		"takes nothing with an ID lower than what it took",
		"keeps what an undone transaction took",
		"takes a missing label for a new one",
		"takes actors after entities",
		"has the label of what happened last",
		"finds entities by their IDs always",
		"takes what was erased",
		"takes what was removed",
		"forgets old names",
		"looks for words anywhere",
		"orders by label, those without one first",
		"limits entities before it looks at kinds",
		"leaves names in the directory",
		"gives an entity several parents",
		"merges what is merged into another",
		"looks for parents of parents no further",
		"merges what is below into an ancestor",
		"looks for cycles without merges",
		"finds cycles by what was taken apart",
		"orders relations by kind before role",
		"takes any relations up to the limit",
		"forgets the labels of parents",
		"leaves relations",
		"finds only what it is merged into",
		"finds children only",
		"does not look below what is merged",
		"is too broad at the limit",
		"moves marks back",
		"takes marks away without Back",
		"has one mark of a reader",
		"has marks for all tenants",
	)
}

// What is compared must happen often enough.
func TestRandomTimelinesCoverMuch(t *testing.T) {
	t.Setenv("STORETEST_SEED", "") // the default
	count := map[string]int{}
	saw := func(what string, ok bool) {
		if ok {
			count[what]++
		}
	}
	counting := newBroken(broken{
		feed: func(ctx context.Context, in activity.Store, q activity.EventQuery) ([]activity.Event, error) {
			events, err := in.Feed(ctx, q)
			saw("events that name somebody", len(q.Named) > 0 && len(events) > 0)
			saw("events about relatives", len(q.About) > 1 && len(events) > 0)
			return events, err
		},
		brokenTimeline: brokenTimeline{
			countEvents: func(ctx context.Context, in activity.Store, q activity.EventQuery) ([]activity.TypeCount, error) {
				counts, err := in.CountEvents(ctx, q)
				for _, c := range counts {
					saw("counts up to the limit", c.N == q.Limit)
					saw("counts below the limit", c.N < q.Limit)
				}
				return counts, err
			},
			index: func(ctx context.Context, in activity.Store, limit int) (int, error) {
				n, err := in.Index(ctx, limit)
				count["entries taken"] += n
				return n, err
			},
			findEntities: func(ctx context.Context, in activity.Store, q activity.EntityQuery) ([]activity.Entity, error) {
				found, err := in.FindEntities(ctx, q)
				saw("full lists of entities", len(found) == q.Limit)
				saw("partial lists of entities", len(found) > 0 && len(found) < q.Limit)
				saw("entities by two words", len(found) > 0 && len(q.Words) > 1)
				return found, err
			},
			relate: func(ctx context.Context, in activity.Store, tenant string, r activity.Relation) error {
				err := in.Relate(ctx, tenant, r)
				saw("parents", err == nil && r.Role == activity.RoleParent)
				saw("merges", err == nil && r.Role == activity.RoleMerged)
				saw("cycles of parents", errors.Is(err, activity.ErrCycle) && r.Role == activity.RoleParent)
				saw("cycles of merges", errors.Is(err, activity.ErrCycle) && r.Role == activity.RoleMerged)
				saw("merged already", errors.Is(err, activity.ErrMerged))
				return err
			},
			unrelate: func(ctx context.Context, in activity.Store, tenant string, e activity.Entity, role activity.RelationRole) error {
				err := in.Unrelate(ctx, tenant, e, role)
				saw("relations taken away", err == nil)
				return err
			},
			relatives: func(ctx context.Context, in activity.Store, q activity.RelativesQuery) ([]activity.Entity, error) {
				found, err := in.Relatives(ctx, q)
				saw("relatives", len(found) > len(q.Entities))
				saw("relatives below", q.Descendants && len(found) > len(q.Entities)+2)
				saw("too broad", errors.Is(err, activity.ErrTooBroad))
				return found, err
			},
			mark: func(ctx context.Context, in activity.Store, tenant string, reader, feed activity.Entity) (activity.ID, error) {
				id, err := in.Mark(ctx, tenant, reader, feed)
				saw("marks", !id.IsZero())
				return id, err
			},
		},
		brokenErase: brokenErase{erase: func(ctx context.Context, in activity.Store, q activity.EraseQuery) (activity.Erased, error) {
			e, err := in.Erase(ctx, q)
			saw("erased names", e.Names > 0)
			return e, err
		}},
		inTx: func(ctx context.Context, in activity.Store, fn func(activity.Store) error) error {
			err := in.InTx(ctx, fn)
			saw("commits", err == nil)
			saw("rollbacks", err != nil)
			return err
		},
	})
	if failures := record(t, randomCases[5], counting); len(failures) > 0 {
		t.Errorf("the case fails without a defect: %q", failures)
	}
	t.Log(count)
	for what, n := range map[string]int{
		"events that name somebody": 25, "events about relatives": 20, "counts up to the limit": 20, "counts below the limit": 50,
		"entries taken": 150, "full lists of entities": 20, "partial lists of entities": 50, "entities by two words": 20,
		"parents": 15, "merges": 10, "cycles of parents": 3, "cycles of merges": 2, "merged already": 3, "relations taken away": 2,
		"relatives": 50, "relatives below": 20, "too broad": 5, "marks": 20, "erased names": 2, "commits": 10, "rollbacks": 8,
	} {
		if count[what] < n {
			t.Errorf("there were %d %s, want at least %d", count[what], what, n)
		}
	}
}
