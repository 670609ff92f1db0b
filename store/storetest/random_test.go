package storetest

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/go-activity/activity"
)

// Random operations find what the single cases find, where it shows without concurrency.
func TestRandomFindsDefects(t *testing.T) {
	findDefects(t, randomCases[0],
		"loses the last row of a batch",
		"stores what comes before an error",
		"drops a row with an existing ID",
		"stores a key twice",
		"ignores a conflict",
		"keeps milliseconds",
		"keeps writes on an error",
		"repeats events about two queried entities",
		"ignores the actor beside entities",
		"orders by the time only",
		"returns one less than the limit",
		"limits each entity",
		"wants all of About",
		"finds the actor's events by About",
		"ignores Task",
		"ignores Source",
		"leaves out the event at Min",
		"includes the event at Max",
		"ignores Min beside Max",
		"looks for types that begin so",
		"takes the newest and turns them around",
	)
}

// findDefects checks that a case finds some of the defects.
func findDefects(t *testing.T, c testCase, names ...string) {
	t.Helper()
	t.Setenv("STORETEST_SEED", "") // the default
	found := map[string]bool{}
	for _, name := range names {
		found[name] = false
	}
	for _, d := range defects() {
		if _, ok := found[d.name]; !ok {
			continue
		}
		found[d.name] = true
		if len(record(t, c, d.store())) == 0 {
			t.Errorf("random operations do not show that a store %s", d.name)
		}
	}
	for name, ok := range found {
		if !ok {
			t.Errorf("there is no defect %q", name)
		}
	}
}

// What is compared must happen often enough.
func TestRandomCoversMuch(t *testing.T) {
	t.Setenv("STORETEST_SEED", "") // the default
	for _, c := range randomCases[:2] {
		t.Run(c.name, func(t *testing.T) {
			var mu sync.Mutex
			count := map[string]int{}
			saw := func(what string, ok bool) {
				mu.Lock()
				defer mu.Unlock()
				if ok {
					count[what]++
				}
			}
			counting := newBroken(broken{
				append: func(ctx context.Context, in activity.Store, rows []activity.EventRow) ([]activity.Event, error) {
					events, err := in.AppendEvents(ctx, rows)
					saw("key conflicts", errors.Is(err, activity.ErrKeyConflict))
					saw("existing IDs", err != nil && !errors.Is(err, activity.ErrKeyConflict))
					for i, e := range events {
						saw("events", e.ID == rows[i].ID)
						saw("used keys", e.ID != rows[i].ID)
					}
					return events, err
				},
				feed: func(ctx context.Context, in activity.Store, query activity.EventQuery) ([]activity.Event, error) {
					events, err := in.Feed(ctx, query)
					saw("queries", true)
					saw("full pages", len(events) == query.Limit)
					saw("partial pages", len(events) > 0 && len(events) < query.Limit)
					saw("empty pages", len(events) == 0)
					saw("merged entities", len(query.About) > 1 && len(events) > 1)
					saw("merged types", len(query.Types) > 1 && len(events) > 1)
					saw("entities and an actor", len(query.About) > 0 && !query.Actor.IsZero() && len(events) > 0)
					saw("tasks", !query.Task.IsZero() && len(events) > 0)
					saw("sources", query.Source != 0 && len(events) > 0)
					saw("intervals", !query.Min.IsZero() && !query.Max.IsZero() && len(events) > 0)
					return events, err
				},
				event: func(ctx context.Context, in activity.Store, tenant string, id activity.ID) (activity.Event, error) {
					e, err := in.Event(ctx, tenant, id)
					saw("known IDs", err == nil)
					saw("unknown IDs", err != nil)
					return e, err
				},
				inTx: func(ctx context.Context, in activity.Store, fn func(activity.Store) error) error {
					err := in.InTx(ctx, fn)
					saw("commits", err == nil)
					saw("rollbacks", err != nil)
					return err
				},
			})
			if failures := record(t, c, counting); len(failures) > 0 {
				t.Errorf("the case fails without a defect: %q", failures)
			}
			t.Log(count)
			least := map[string]int{
				"events": 3000, "queries": 500, "key conflicts": 3, "existing IDs": 3, "used keys": 50,
				"full pages": 50, "partial pages": 50, "empty pages": 20, "merged entities": 50, "merged types": 50,
				"entities and an actor": 20, "tasks": 10, "sources": 20, "intervals": 10,
				"known IDs": 20, "unknown IDs": 20, "commits": 5, "rollbacks": 5,
			}
			if c.name == "journal" {
				least = map[string]int{
					"events": 300, "queries": 200, "used keys": 3, "key conflicts": 3, "full pages": 50, "partial pages": 50,
					"merged entities": 20, "merged types": 20, "entities and an actor": 5, "sources": 10, "intervals": 10,
				}
			}
			for what, n := range least {
				if count[what] < n {
					t.Errorf("there were %d %s, want at least %d", count[what], what, n)
				}
			}
		})
	}
}

func TestSeed(t *testing.T) {
	t.Setenv("STORETEST_SEED", "7")
	if n, err := seed(); n != 7 || err != nil {
		t.Errorf("seed = %d, %v", n, err)
	}
	t.Setenv("STORETEST_SEED", "many")
	if _, err := seed(); err == nil {
		t.Error("a seed that is no number is no error")
	}
}
