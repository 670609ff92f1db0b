package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/go-activity/activity"
)

// taskShape is a kind of list of tasks, with many examples of it.
type taskShape struct {
	name    string
	queries []activity.TaskQuery
	few     bool // tasks match, of which there are less than a page
}

// taskShapes returns the queries to measure: the list without conditions, and those with one. They are
// the same for a small database and a large one, whose first tasks are those of the small one.
func taskShapes(small int) []taskShape {
	w := newTaskWorkload(taskSeed, small)
	first := w.tasks(small)
	rng := rand.New(rand.NewPCG(7, 0))
	var all []taskShape
	add := func(name string, query func() activity.TaskQuery) *taskShape {
		s := taskShape{name: name}
		for range examples {
			s.queries = append(s.queries, query())
		}
		all = append(all, s)
		return &all[len(all)-1]
	}
	add("all", func() activity.TaskQuery { return activity.TaskQuery{} })
	add("kind", func() activity.TaskQuery {
		return activity.TaskQuery{Kinds: []string{kinds[rng.IntN(len(kinds))].Name}}
	})
	add("category", func() activity.TaskQuery {
		return activity.TaskQuery{Categories: []string{taskCategories[rng.IntN(len(taskCategories))]}}
	})
	add("object", func() activity.TaskQuery {
		return activity.TaskQuery{Objects: []string{taskObjects[rng.IntN(len(taskObjects))]}}
	})
	add("actor", func() activity.TaskQuery { return activity.TaskQuery{Actor: user(rng.IntN(taskActors))} })
	add("status", func() activity.TaskQuery {
		return activity.TaskQuery{Statuses: []activity.Status{activity.Statuses[rng.IntN(len(activity.Statuses))]}}
	})
	add("dates", func() activity.TaskQuery {
		from := queuedAt(rng.IntN(small / 2))
		return activity.TaskQuery{From: from, To: from.Add(24 * time.Hour)}
	})
	add("title_word", func() activity.TaskQuery { return activity.TaskQuery{Title: word(rng.IntN(keyWords))} })
	add("attribute", func() activity.TaskQuery {
		return activity.TaskQuery{Attributes: map[string]string{"template": fmt.Sprintf("template-%d", rng.IntN(templates))}}
	})
	add("run_id_prefix", func() activity.TaskQuery {
		for {
			if t := first[rng.IntN(small)]; t.Tenant == tenant && !t.Preview {
				return activity.TaskQuery{RunID: t.ID.String()[:8]}
			}
		}
	}).few = true
	add("parent", func() activity.TaskQuery { return activity.TaskQuery{Parent: w.parents[rng.IntN(len(w.parents))]} })
	add("trigger", func() activity.TaskQuery { return activity.TaskQuery{Trigger: activity.Trigger(1 + rng.IntN(2))} })
	add("previews", func() activity.TaskQuery { return activity.TaskQuery{Previews: activity.PreviewsOnly} })
	add("entity", func() activity.TaskQuery {
		return activity.TaskQuery{About: []activity.Entity{list(rng.IntN(keyLists))}}
	})
	return all
}

// taskSeed is that of the tasks whose pages are measured.
const taskSeed = 3

// taskPageSide reads a first page of each query in turn.
func taskPageSide(ctx context.Context, name string, t activity.Tenant, queries []activity.TaskQuery) side {
	next := 0
	return side{name: name, run: func(n int) error {
		for range n {
			if _, err := t.Tasks(ctx, queries[next%len(queries)]); err != nil {
				return err
			}
			next++
		}
		return nil
	}}
}

// checkTaskPages makes sure that each query fills a page, and that there is more; if few tasks match,
// that it finds some, as many in one database as in the other.
func checkTaskPages(ctx context.Context, s taskShape, small, large activity.Tenant) error {
	for _, q := range s.queries {
		a, err := small.Tasks(ctx, q)
		if err != nil {
			return err
		}
		b, err := large.Tasks(ctx, q)
		if err != nil {
			return err
		}
		full := len(a.Tasks) == pageLimit && len(b.Tasks) == pageLimit && a.Next != "" && b.Next != ""
		if !s.few && !full || s.few && (len(a.Tasks) == 0 || len(a.Tasks) != len(b.Tasks)) {
			return fmt.Errorf("%s: pages of %+v have %d tasks (of %v) in the small database and %d (of %v) in the large one",
				s.name, q, len(a.Tasks), a.Total, len(b.Tasks), b.Total)
		}
	}
	return nil
}

// taskGrowth measures each shape on a small and a large database, and reports each and the largest.
func (b *bench) taskGrowth(prefix string, small, large activity.Tenant) error {
	largest := 0.0
	for _, s := range taskShapes(b.size.small) {
		if err := checkTaskPages(b.ctx, s, small, large); err != nil {
			return err
		}
		c, err := compare(b.size.rounds, b.size.slice,
			taskPageSide(b.ctx, "large", large, s.queries), taskPageSide(b.ctx, "small", small, s.queries))
		if err != nil {
			return err
		}
		name := prefix + "task_page_growth_" + s.name
		b.tell(name, c)
		b.report(name, c.ratio(), target{})
		largest = max(largest, c.ratio())
	}
	b.report(prefix+"task_page_growth", largest, atMost(1.5))
	return nil
}

// fillTasks hands over tasks in batches until there are so many.
func (b *bench) fillTasks(name string, w *taskWorkload, store func([]activity.Task) error) error {
	const batch = 50_000
	start := time.Now()
	for w.made < w.size {
		if err := store(w.tasks(min(batch, w.size-w.made))); err != nil {
			return err
		}
	}
	b.progress("  %s: %d tasks in %.1f s", name, w.size, time.Since(start).Seconds())
	return nil
}
