package bunstore_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/memstore"
)

// asker makes random rows and queries. There are few of everything, so that conditions combine.
type asker struct{ *rand.Rand }

func (r asker) chance(percent int) bool { return r.IntN(100) < percent }

func (r asker) entity() activity.Entity {
	return activity.Entity{Kind: [...]string{"contact", "user"}[r.IntN(2)], ID: fmt.Sprint(r.IntN(8))}
}

func (r asker) entities(most int) []activity.Entity {
	var some []activity.Entity
	for range 1 + r.IntN(most) {
		if e := r.entity(); !slices.Contains(some, e) {
			some = append(some, e)
		}
	}
	return some
}

// list returns entities for a condition: sometimes so many that they are not probed, most of which nothing is about.
func (r asker) list() []activity.Entity {
	some := r.entities(4)
	if r.chance(40) {
		for i := range 30 {
			some = append(some, activity.Entity{Kind: "nobody", ID: fmt.Sprint(i)})
		}
	}
	return some
}

func (r asker) id() activity.ID {
	id := activity.ID{0x01, 0x9c, 0, 0, 0, 0, 0x70, 0, 0x80}
	id[14], id[15] = byte(r.IntN(48)), byte(r.IntN(256))
	return id
}

func (r asker) row(tenant string) activity.EventRow {
	row := activity.EventRow{Event: activity.Event{
		ID: r.id(), Tenant: tenant, Type: fmt.Sprint("type.", r.IntN(6)*r.IntN(2)), Version: 1, Actor: r.entity(), About: r.entities(3),
		Source: activity.Source(1 + r.IntN(2)), OccurredAt: epoch, RecordedAt: epoch, Payload: []byte("{}"),
	}}
	if r.chance(30) {
		row.Task = activity.ID{byte(r.IntN(3))}
	}
	row.Salts = make([]byte, 16*(2+len(row.About)))
	return row
}

func (r asker) query() activity.EventQuery {
	q := activity.EventQuery{Tenant: "acme", Limit: 1 + r.IntN(9)*r.IntN(9), Oldest: r.chance(50)}
	if r.chance(40) {
		q.About = r.list()
	}
	if r.chance(30) {
		q.Actor = r.entity()
	}
	if r.chance(40) {
		q.Named = r.list()
	}
	if r.chance(20) {
		q.Types = []string{"type.0", "type.3", "type.9"}[:1+r.IntN(3)]
	}
	if r.chance(20) {
		q.Source = activity.Manual
	}
	if r.chance(20) {
		q.Task = activity.ID{1}
	}
	if r.chance(30) {
		q.Min = r.id()
	}
	if r.chance(30) {
		q.Max = r.id()
	}
	return q
}

// What is found and counted is what is in memory, whatever the query.
func TestRandomCounts(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		ctx := t.Context()
		s, memory := migrated(t, address), memstore.New()
		r := asker{rand.New(rand.NewPCG(20260301, 0))}
		seen := map[activity.ID]bool{}
		for len(seen) < 6000 {
			var rows []activity.EventRow
			tenant := []string{"acme", "acme", "acme", "rival"}[r.IntN(4)]
			for len(rows) < 500 {
				if row := r.row(tenant); !seen[row.ID] {
					seen[row.ID] = true
					rows = append(rows, row)
				}
			}
			for _, store := range []activity.Store{s, memory} {
				must(store.AppendEvents(ctx, rows))(t)
			}
		}
		for range 600 {
			q := r.query()
			if diff := cmp.Diff(must(memory.Feed(ctx, q))(t), must(s.Feed(ctx, q))(t)); diff != "" && len(must(memory.Feed(ctx, q))(t)) > 0 {
				t.Fatalf("Feed(%+v) (-memory +store):\n%s", q, diff)
			}
			if diff := cmp.Diff(must(memory.CountEvents(ctx, q))(t), must(s.CountEvents(ctx, q))(t)); diff != "" {
				t.Fatalf("CountEvents(%+v) (-memory +store):\n%s", q, diff)
			}
		}
	})
}

// Tasks about or for one of many are those in memory, and as many.
func TestRandomNamedTasks(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		ctx := t.Context()
		s, memory := migrated(t, address), memstore.New()
		r := asker{rand.New(rand.NewPCG(20260302, 0))}
		for n := range 400 {
			task := activity.Task{ID: taskID(n + 1), Tenant: "acme", Kind: fmt.Sprint("kind", r.IntN(3)), Status: activity.StatusQueued,
				Actor: r.entity(), About: r.entities(3), QueuedAt: epoch.Add(time.Duration(r.IntN(100)) * time.Minute)}
			for _, store := range []activity.Store{s, memory} {
				must(store.AddTask(ctx, task))(t)
			}
		}
		for range 300 {
			f := activity.TaskFilter{Tenant: "acme", Named: r.list(), Limit: 1 + r.IntN(9)*r.IntN(20), Sort: activity.SortStart, Descending: r.chance(50)}
			if r.chance(50) {
				f.Entities = r.list()
			}
			if r.chance(50) {
				f.Kinds = []string{"kind1", "kind2"}
			}
			if r.chance(30) {
				f.Actor = r.entity()
			}
			if r.chance(30) {
				f.Sort = activity.SortKind
			}
			if r.chance(20) {
				f.MinID, f.MaxID = taskID(r.IntN(200)), taskID(200+r.IntN(200))
			}
			if want := must(memory.Tasks(ctx, f))(t); len(want) > 0 {
				if diff := cmp.Diff(want, must(s.Tasks(ctx, f))(t)); diff != "" {
					t.Fatalf("Tasks(%+v) (-memory +store):\n%s", f, diff)
				}
			}
			if want, got := must(memory.CountTasks(ctx, f))(t), must(s.CountTasks(ctx, f))(t); got != want {
				t.Fatalf("CountTasks(%+v) = %d, want %d", f, got, want)
			}
		}
	})
}
