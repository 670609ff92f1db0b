package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"

	"github.com/go-activity/activity"
)

// shape is a kind of query, with many examples of it.
type shape struct {
	name    string
	queries []activity.Query
}

// examples is how many queries there are of each shape.
const examples = 64

// shapes returns the queries to measure, the same for a small database and a large one.
func shapes(w *workload) []shape {
	rng := rand.New(rand.NewPCG(7, 0))
	one := func(n int) activity.Entity {
		kind := [...]func(int) activity.Entity{account, contact, deal}[rng.IntN(3)]
		return kind(rng.IntN(n))
	}
	rare := []string{ownerChanged.Name()}
	make := map[string]func() activity.Query{
		"tenant":           func() activity.Query { return activity.Query{} },
		"entity":           func() activity.Query { return activity.Query{About: []activity.Entity{one(w.keys)}} },
		"entity_rare_type": func() activity.Query { return activity.Query{About: []activity.Entity{one(w.rareKeys)}, Types: rare} },
		"actor_rare_type":  func() activity.Query { return activity.Query{Actor: user(rng.IntN(w.rareKeys)), Types: rare} },
		"category": func() activity.Query {
			return activity.Query{Categories: []string{categories[rng.IntN(len(categories))]}}
		},
		"entities_20": func() (q activity.Query) {
			for len(q.About) < 20 {
				if e := one(w.keys); !slices.ContainsFunc(q.About, e.Is) {
					q.About = append(q.About, e)
				}
			}
			return q
		},
	}
	var all []shape
	for _, name := range []string{"tenant", "entity", "entity_rare_type", "actor_rare_type", "category", "entities_20"} {
		s := shape{name: name}
		for range examples {
			s.queries = append(s.queries, make[name]())
		}
		all = append(all, s)
	}
	return all
}

// pageSide reads a first page of each query in turn.
func pageSide(ctx context.Context, name string, t activity.Tenant, queries []activity.Query) side {
	next := 0
	return side{name: name, run: func(n int) error {
		for range n {
			if _, err := t.Timeline(ctx, queries[next%len(queries)]); err != nil {
				return err
			}
			next++
		}
		return nil
	}}
}

// checkFull makes sure that each query fills a page and that there is more.
func checkFull(ctx context.Context, t activity.Tenant, s shape) error {
	for _, q := range s.queries {
		page, err := t.Timeline(ctx, q)
		if err != nil {
			return err
		}
		if len(page.Events) != pageLimit || page.Next == "" {
			return fmt.Errorf("%s: a page has %d events, and %t is whether there are more", s.name, len(page.Events), page.Next != "")
		}
	}
	return nil
}

// growth measures each shape on a small and a large database, and reports each and the largest.
func (b *bench) growth(prefix string, w *workload, small, large activity.Tenant) error {
	largest := 0.0
	for _, s := range shapes(w) {
		for _, t := range []activity.Tenant{small, large} {
			if err := checkFull(b.ctx, t, s); err != nil {
				return err
			}
		}
		c, err := compare(b.size.rounds, b.size.slice,
			pageSide(b.ctx, "large", large, s.queries), pageSide(b.ctx, "small", small, s.queries))
		if err != nil {
			return err
		}
		b.tell(prefix+"page_growth_"+s.name, c)
		b.report(prefix+"page_growth_"+s.name, c.ratio(), target{})
		largest = max(largest, c.ratio())
	}
	b.report(prefix+"page_growth", largest, atMost(b.growthLimit()))
	return nil
}

// growthLimit is how many times as slow a page of the large database may be.
func (b *bench) growthLimit() float64 {
	if b.size.large > full.large {
		return 2
	}
	return 1.5
}

// reader reads the newest page of an entity by hand.
type reader struct {
	name string
	read func(activity.Entity) ([]activity.Event, error)
}

// pageVsFloor measures an entity's page against the fastest of the readers.
func (b *bench) pageVsFloor(name string, w *workload, t activity.Tenant, readers []reader) error {
	queries := shapes(w)[1].queries
	var floors []side
	for _, r := range readers {
		if err := sameAs(b.ctx, t, queries, r); err != nil {
			return err
		}
		next := 0
		floors = append(floors, side{name: r.name, run: func(n int) error {
			for range n {
				if _, err := r.read(queries[next%len(queries)].About[0]); err != nil {
					return err
				}
				next++
			}
			return nil
		}})
	}
	best, medians, err := fastest(3, b.size.slice, floors...)
	if err != nil {
		return err
	}
	for i, r := range readers {
		b.progress("  a page by hand, %s: %.0f µs", r.name, medians[i]*1e6)
	}
	c, err := compare(b.size.rounds, b.size.slice, pageSide(b.ctx, "Timeline", t, queries), floors[best])
	if err != nil {
		return err
	}
	b.progress("  the floor is %s", floors[best].name)
	b.tell(name, c)
	b.report(name, c.ratio(), atMost(2))
	return nil
}

// sameAs makes sure that a reader returns what Timeline returns.
func sameAs(ctx context.Context, t activity.Tenant, queries []activity.Query, r reader) error {
	for _, q := range queries {
		page, err := t.Timeline(ctx, q)
		if err != nil {
			return err
		}
		events, err := r.read(q.About[0])
		if err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
		if !reflect.DeepEqual(page.Events, events) {
			return errors.New(r.name + ": the page by hand is not Timeline's")
		}
	}
	return nil
}
