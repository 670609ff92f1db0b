package storetest

import (
	"context"
	"slices"
	"strings"

	"github.com/go-activity/activity"
)

func relativesDefects() []defect {
	type query = activity.RelativesQuery
	type relation = activity.Relation
	type entity = activity.Entity
	const same, chains, below, both = "what is merged", "chains of merges", "what is below", "what is below and merged"
	const deep, broad, order, limit = "deep hierarchies", "broad hierarchies", "relatives, each once and in order", "more relatives than the limit"
	stepping := func(next func(q query, r relation, e entity) (entity, bool)) func() activity.Store {
		return relating(func(k *kin) {
			k.next = func(q query, all []relation, e entity) []entity {
				var list []entity
				for _, r := range all {
					if to, ok := next(q, r, e); ok {
						list = append(list, to)
					}
				}
				return list
			}
		})
	}
	step := func(q query, r relation, e entity) (entity, bool) {
		list := nextRelatives(q, []relation{r}, e)
		return append(list, entity{})[0], len(list) > 0
	}
	return []defect{
		{"finds only what it is merged into", same, stepping(func(q query, r relation, e entity) (entity, bool) {
			return r.Of, r.Role == activity.RoleMerged && r.Entity.Is(e)
		})},
		{"finds only what is merged into it", same, stepping(func(q query, r relation, e entity) (entity, bool) {
			return r.Entity, r.Role == activity.RoleMerged && r.Of.Is(e)
		})},
		{"leaves out who was asked for", same, relativesAs(func(q query, found []entity) []entity {
			return slices.DeleteFunc(found, func(e entity) bool { return len(found) > 1 && slices.ContainsFunc(q.Entities, e.Is) })
		})},
		{"finds what is merged whatever the kind", same, stepping(func(q query, r relation, e entity) (entity, bool) {
			if r.Of.ID == e.ID {
				e.Kind = r.Of.Kind
			}
			return step(q, r, e)
		})},
		{"follows ten merges", chains, relating(func(k *kin) { k.depth = 10 })},
		{"follows merges into one entity", chains, stepping(func(q query, r relation, e entity) (entity, bool) {
			to, ok := step(q, r, e)
			return to, ok && (r.Of.ID < "n0200" || r.Of.Is(node(200)))
		})},
		{"finds children only", below, relating(func(k *kin) { k.depth = 1 })},
		{"finds descendants always", below, stepping(func(q query, r relation, e entity) (entity, bool) {
			q.Descendants = true
			return step(q, r, e)
		})},
		{"finds no descendants", below, stepping(func(q query, r relation, e entity) (entity, bool) {
			q.Descendants = false
			return step(q, r, e)
		})},
		{"finds parents too", below, stepping(func(q query, r relation, e entity) (entity, bool) {
			if q.Descendants && r.Entity.Is(e) {
				return r.Of, true
			}
			return step(q, r, e)
		})},
		{"does not look below what is merged", both, relating(func(k *kin) {
			k.next = func(q query, all []relation, e entity) []entity {
				q.Descendants = q.Descendants && !slices.ContainsFunc(all, func(r relation) bool { return r.Role == activity.RoleMerged && r.Of.Is(e) })
				return nextRelatives(q, all, e)
			}
		})},
		{"does not look for what is merged below", both, stepping(func(q query, r relation, e entity) (entity, bool) {
			if q.Descendants && r.Role == activity.RoleMerged && !slices.ContainsFunc(q.Entities, e.Is) {
				return entity{}, false
			}
			return step(q, r, e)
		})},
		{"looks down twenty levels", deep, relating(func(k *kin) { k.depth = 20 })},
		{"looks down fifty steps", deep, relating(func(k *kin) { k.depth = 49 })},
		{"finds five hundred children", broad, relating(func(k *kin) {
			k.next = func(q query, all []relation, e entity) []entity {
				list := nextRelatives(q, all, e)
				return list[:min(len(list), 500)]
			}
		})},
		{"is too broad at a thousand", broad, relating(func(k *kin) {
			k.limited = func(q query, found []entity) ([]entity, error) {
				if len(found) > min(q.Limit, 1000) {
					return nil, activity.ErrTooBroad
				}
				return found, nil
			}
		})},
		{"returns labels of relatives", order, each(labelsRelatives)},
		{"returns relatives as it found them", order, relativesAs(func(q query, found []entity) []entity {
			slices.SortStableFunc(found, func(a, b entity) int {
				if in := slices.ContainsFunc(q.Entities, a.Is); in != slices.ContainsFunc(q.Entities, b.Is) && in {
					return -1
				}
				return 0
			})
			return found
		})},
		{"orders relatives by ID", order, relativesAs(func(_ query, found []entity) []entity {
			slices.SortFunc(found, func(a, b entity) int { return strings.Compare(a.ID+a.Kind, b.ID+b.Kind) })
			return found
		})},
		{"returns a relative once for each way", order, relativesAs(func(q query, found []entity) []entity {
			for _, e := range q.Entities[1:] {
				found = append(found, entity{Kind: e.Kind, ID: e.ID})
			}
			slices.SortFunc(found, compareEntities)
			return found
		})},
		{"returns as many relatives as the limit", limit, relating(func(k *kin) {
			k.limited = func(q query, found []entity) ([]entity, error) { return found[:min(len(found), q.Limit)], nil }
		})},
		{"is too broad at the limit", limit, relating(func(k *kin) {
			k.limited = func(q query, found []entity) ([]entity, error) {
				if len(found) >= q.Limit {
					return nil, activity.ErrTooBroad
				}
				return found, nil
			}
		})},
		{"does not count who was asked for", limit, relating(func(k *kin) {
			k.limited = func(q query, found []entity) ([]entity, error) {
				if len(found)-len(q.Entities) > q.Limit {
					return nil, activity.ErrTooBroad
				}
				return found, nil
			}
		})},
		{"ignores the limit of relatives", limit, relating(func(k *kin) {
			k.limited = func(_ query, found []entity) ([]entity, error) { return found, nil }
		})},
		{"looks for relatives of the first entity", "RelativesQuery.Entities", with(relativesOf(func(q *query) { q.Entities = q.Entities[:1] }))},
		{"looks for relatives of five hundred", "RelativesQuery.Entities", with(relativesOf(func(q *query) { q.Entities = q.Entities[:min(len(q.Entities), 500)] }))},
		{"takes a limit of one relative for none", "RelativesQuery.Limit", with(relativesOf(func(q *query) {
			if q.Limit == 1 {
				q.Limit = activity.MaxRelatives
			}
		}))},
	}
}

// relativesOf is a store that looks for others.
func relativesOf(change func(q *activity.RelativesQuery)) broken {
	return broken{brokenTimeline: brokenTimeline{relatives: func(ctx context.Context, in activity.Store, q activity.RelativesQuery) ([]activity.Entity, error) {
		change(&q)
		return in.Relatives(ctx, q)
	}}}
}

// relativesAs is a store that returns others than it found.
func relativesAs(answer func(q activity.RelativesQuery, found []activity.Entity) []activity.Entity) func() activity.Store {
	return with(broken{brokenTimeline: brokenTimeline{relatives: func(ctx context.Context, in activity.Store, q activity.RelativesQuery) ([]activity.Entity, error) {
		found, err := in.Relatives(ctx, q)
		if err != nil {
			return nil, err
		}
		return answer(q, found), nil
	}}})
}

// labelsRelatives returns relatives with the labels that they have in relations.
func labelsRelatives() broken {
	labels := map[activity.Entity]string{}
	b := broken{brokenTimeline: brokenTimeline{relate: func(ctx context.Context, in activity.Store, tenant string, r activity.Relation) error {
		labels[activity.Entity{Kind: r.Entity.Kind, ID: r.Entity.ID}] = r.Entity.Label
		return in.Relate(ctx, tenant, r)
	}}}
	b.relatives = func(ctx context.Context, in activity.Store, q activity.RelativesQuery) ([]activity.Entity, error) {
		found, err := in.Relatives(ctx, q)
		for i := range found {
			found[i].Label = labels[found[i]]
		}
		return found, err
	}
	return b
}
