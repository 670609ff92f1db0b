package main

import (
	"context"
	"fmt"

	"github.com/go-activity/activity"
)

// view is what a page shows beside a plain timeline, with examples of it.
type view struct {
	name string
	show func(ctx context.Context, t activity.Tenant, example int) error
}

const (
	hierarchies = 2
	below       = 200 // sites of each
)

// top is the account above all sites of a hierarchy.
func top(i int) activity.Entity {
	return activity.Entity{Kind: "account", ID: fmt.Sprintf("top_%02d", i), Label: fmt.Sprintf("Holding %d", i)}
}

// prepareViews adds what views need: hierarchies of two levels, contacts that are merged, three into one, marks of a reader of
// deals, and the directory.
func (b *bench) prepareViews(w *workload, j *activity.Journal) error {
	t := j.Tenant(tenant)
	ctx := activity.WithActor(b.ctx, user(0))
	for i := range hierarchies {
		first := i * below
		for n := range below {
			parent := top(i)
			if n >= 10 {
				parent = site(first + n%10)
			}
			if err := t.SetParent(ctx, site(first+n), parent, activity.Entity{}); err != nil {
				return err
			}
		}
	}
	for n := range w.keys {
		if n%3 > 0 {
			if err := t.Merge(ctx, contact(n), contact(n-n%3), activity.Entity{}); err != nil {
				return err
			}
		}
		page, err := t.Timeline(ctx, activity.Query{About: []activity.Entity{deal(n)}})
		if err != nil {
			return err
		}
		if err := t.Reader(user(0)).MarkRead(ctx, deal(n), page.Events[len(page.Events)-1].ID); err != nil {
			return err
		}
	}
	_, err := j.Seal(ctx)
	return err
}

// views returns the views to measure.
func views(w *workload) []view {
	page := func(query func(example int) activity.Query) func(context.Context, activity.Tenant, int) error {
		return func(ctx context.Context, t activity.Tenant, example int) error {
			page, err := t.Timeline(ctx, query(example))
			if err == nil && len(page.Events) != pageLimit {
				err = fmt.Errorf("a page has %d events", len(page.Events))
			}
			return err
		}
	}
	return []view{
		{"hierarchy_200", page(func(i int) activity.Query {
			return activity.Query{About: []activity.Entity{top(i % hierarchies)}, Descendants: true}
		})},
		{"search", page(func(i int) activity.Query {
			return activity.Query{Search: fmt.Sprintf("muller %06d", i%w.keys)}
		})},
		{"merged", page(func(i int) activity.Query {
			n := i % w.keys
			return activity.Query{About: []activity.Entity{contact(n - n%3)}}
		})},
		{"facets", func(ctx context.Context, t activity.Tenant, i int) error {
			_, err := t.Facets(ctx, ofDeal(w, i))
			return err
		}},
		{"unread", func(ctx context.Context, t activity.Tenant, i int) error {
			n, err := t.Reader(user(0)).Unread(ctx, deal(i%w.keys))
			if err == nil && n.N != pageLimit-1 {
				err = fmt.Errorf("%v are unread", n)
			}
			return err
		}},
	}
}

func ofDeal(w *workload, example int) activity.Query {
	return activity.Query{About: []activity.Entity{deal(example % w.keys)}}
}

// viewSide shows one example after the other.
func viewSide(ctx context.Context, name string, t activity.Tenant, v view) side {
	next := 0
	return side{name: name, run: func(n int) error {
		for range n {
			if err := v.show(ctx, t, next); err != nil {
				return fmt.Errorf("%s: %w", v.name, err)
			}
			next++
		}
		return nil
	}}
}

// viewed is a database whose views are measured.
type viewed struct {
	journal *activity.Journal
	settle  func() error
}

// viewNames are the results of compareViews.
func viewNames(prefix string) []string {
	names := []string{prefix + "facets_vs_page"}
	for _, v := range views(newWorkload(2, full.small)) {
		names = append(names, prefix+"page_growth_"+v.name)
	}
	return names
}

// compareViews measures each view on a small and a large database, and the numbers of tabs against a page.
func (b *bench) compareViews(prefix string, small, large viewed) error {
	if !b.anyWanted(part{names: viewNames(prefix)}) {
		return nil
	}
	w := newWorkload(2, b.size.small)
	for _, v := range []viewed{small, large} {
		if err := b.prepareViews(w, v.journal); err != nil {
			return err
		}
		if err := v.settle(); err != nil {
			return err
		}
	}
	ofSmall, ofLarge := small.journal.Tenant(tenant), large.journal.Tenant(tenant)
	for _, v := range views(w) {
		name := prefix + "page_growth_" + v.name
		if !b.wanted(name) {
			continue
		}
		c, err := compare(b.size.rounds, b.size.slice,
			viewSide(b.ctx, "large", ofLarge, v), viewSide(b.ctx, "small", ofSmall, v))
		if err != nil {
			return err
		}
		b.tell(name, c)
		b.report(name, c.ratio(), atMost(b.growthLimit()))
	}
	name := prefix + "facets_vs_page"
	if !b.wanted(name) {
		return nil
	}
	queries := make([]activity.Query, examples)
	for i := range queries {
		queries[i] = ofDeal(w, i)
	}
	facets := views(w)[3]
	c, err := compare(b.size.rounds, b.size.slice, viewSide(b.ctx, "Facets", ofLarge, facets), pageSide(b.ctx, "Timeline", ofLarge, queries))
	if err != nil {
		return err
	}
	b.tell(name, c)
	b.report(name, c.ratio(), atMost(3))
	return nil
}
