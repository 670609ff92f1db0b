package activity

import (
	"context"
	"maps"
	"slices"
)

// MaxFacet is as far as the events or tasks of a tab are counted.
const MaxFacet = 99

// Facet is the number of events, or of tasks, in a category: what a tab shows beside its name.
type Facet struct {
	Category string `json:"category"` // empty: all together, also those in no category
	Count    Total  `json:"count"`    // up to MaxFacet: "99+"
}

// Facets counts the events that match a query in each category: first all together, then each category that a type is in, by
// name, also those without an event. The query's categories, cursors and limit do not count, so that the tabs stay
// as they are whichever is open. It costs about as much as a page.
func (t Tenant) Facets(ctx context.Context, query Query) ([]Facet, error) {
	query.Categories, query.After, query.Before, query.Limit = nil, "", "", 0
	q, err := t.compile(ctx, &query)
	if err != nil {
		return nil, err
	}
	var counts []TypeCount
	if q != nil {
		q.Limit = MaxFacet + 1
		if counts, err = t.journal.store.CountEvents(ctx, *q); err != nil {
			return nil, err
		}
	}
	facets := []Facet{{Count: facetTotal(sumOf(counts))}}
	for _, category := range slices.Sorted(maps.Keys(t.journal.shared.categories)) {
		n := 0
		for _, c := range counts {
			if d := t.journal.shared.types[c.Type]; d != nil && d.options.Category == category {
				n += c.N
			}
		}
		facets = append(facets, Facet{Category: category, Count: facetTotal(n)})
	}
	return facets, nil
}

// TaskFacets counts the tasks that match a query in each category of the configured kinds, as [Tenant.Facets] does with events.
// The query's categories, order, cursors and limit do not count.
func (t Tenant) TaskFacets(ctx context.Context, query TaskQuery) ([]Facet, error) {
	query.Categories, query.Sort, query.Ascending, query.After, query.Before, query.Limit = nil, "", false, "", "", 0
	f, err := t.compileTasks(ctx, &query)
	if err != nil {
		return nil, err
	}
	kinds := map[string][]string{}
	for name, k := range t.journal.shared.kinds {
		if k.Category != "" {
			kinds[k.Category] = append(kinds[k.Category], name)
		}
	}
	facets := []Facet{{}}
	for _, category := range slices.Sorted(maps.Keys(kinds)) {
		facets = append(facets, Facet{Category: category})
	}
	if f == nil {
		return facets, nil
	}
	f.Limit = MaxFacet + 1
	wanted := f.Kinds
	for i := range facets {
		if category := facets[i].Category; category != "" {
			f.Kinds = slices.Sorted(slices.Values(kinds[category]))
			if len(wanted) > 0 {
				f.Kinds = slices.DeleteFunc(f.Kinds, func(name string) bool { return !slices.Contains(wanted, name) })
			}
			if len(f.Kinds) == 0 {
				continue
			}
		}
		n, err := t.journal.store.CountTasks(ctx, *f)
		if err != nil {
			return nil, err
		}
		facets[i].Count = facetTotal(n)
	}
	return facets, nil
}

func facetTotal(n int) Total { return Total{N: min(n, MaxFacet), More: n > MaxFacet} }

func sumOf(counts []TypeCount) int {
	n := 0
	for _, c := range counts {
		n += c.N
	}
	return n
}
