package storetest

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/go-activity/activity"
)

func directoryDefects() []defect {
	type query = activity.EntityQuery
	type entry = activity.EntryRow
	const takes, inTx, concurrent = "taking entries into the directory", "taking entries in transactions", "concurrent calls of Index"
	const label, position, names, gone = "labels of entities", "labels by position", "words of names", "what is gone before it is taken"
	const find, old, order, limit = "finding entities", "finding entities by old names", "order of entities", "limit of entities"
	byID := func(a, b entry) int { return a.ID.Compare(b.ID) }
	return []defect{
		{"takes all entries, whatever the limit", takes, with(indexing(func(_ context.Context, in activity.Store, _ int) (int, error) {
			return in.Index(context.Background(), 1000)
		}))},
		{"takes one entry more than the limit", takes, with(indexing(func(ctx context.Context, in activity.Store, limit int) (int, error) {
			n, err := in.Index(ctx, limit+1)
			return min(n, limit), err
		}))},
		{"tells that it took as many as it might", takes, with(indexing(func(ctx context.Context, in activity.Store, limit int) (int, error) {
			_, err := in.Index(ctx, limit)
			return limit, err
		}))},
		{"tells of no entries that it took", takes, with(indexing(func(ctx context.Context, in activity.Store, limit int) (int, error) {
			_, err := in.Index(ctx, limit)
			return 0, err
		}))},
		{"takes the last entries first", takes, registering(func(r *register) { r.order = func(a, b entry) int { return int(b.Position - a.Position) } })},
		{"takes events without a position", takes, with(indexing(func(ctx context.Context, in activity.Store, limit int) (int, error) {
			if _, err := in.Seal(ctx, 100); err != nil {
				return 0, err
			}
			return in.Index(ctx, limit)
		}))},
		{"takes nothing with an ID lower than what it took", takes, registering(func(r *register) {
			var last activity.ID
			names := r.names
			r.names = func(r *register, e entry) []activity.Entity {
				if e.ID.Compare(last) < 0 {
					return nil
				}
				last = e.ID
				return names(r, e)
			}
		})},
		{"takes entries of one tenant", takes, registering(func(r *register) {
			names := r.names
			r.names = func(r *register, e entry) []activity.Entity {
				if e.Tenant != acme {
					return nil
				}
				return names(r, e)
			}
		})},
		{"keeps what an undone transaction took", inTx, registering(func(*register) {})},
		{"shows what a transaction took early", inTx, with(broken{inTx: noTransaction})},
		{"hides from a transaction what it took", inTx, with(broken{inTx: readsOutside})},
		{"refuses to take entries beside others", concurrent, each(refusesIndex)},
		{"counts what others took", concurrent, with(indexing(func(ctx context.Context, in activity.Store, limit int) (int, error) {
			n, err := in.Index(ctx, limit)
			if n == 0 {
				n = limit
			}
			return n, err
		}))},
		{"gives up what it had no room for", concurrent, each(givesUpTheRest)},
		{"takes a missing label for a new one", label, registering(func(r *register) { r.label = func(_ *listed, _ entry, label string) string { return label } })},
		{"keeps the first label", label, registering(func(r *register) {
			r.label = func(before *listed, _ entry, label string) string {
				if before.Label != "" {
					return before.Label
				}
				return label
			}
		})},
		{"takes actors after entities", label, registering(func(r *register) {
			names := r.names
			r.names = func(r *register, e entry) []activity.Entity {
				list := names(r, e)
				if len(list) == 0 {
					return nil
				}
				return append(list[1:], list[0])
			}
		})},
		{"takes no labels of actors", label, registering(func(r *register) {
			names := r.names
			r.names = func(r *register, e entry) []activity.Entity {
				list := names(r, e)
				if len(list) > 0 {
					list[0].Label = ""
				}
				return list
			}
		})},
		{"keeps the greatest label", label, registering(func(r *register) {
			r.label = func(before *listed, _ entry, label string) string { return max(before.Label, label) }
		})},
		{"has the label of what happened last", position, registering(func(r *register) {
			label := r.label
			r.label = func(before *listed, e entry, text string) string {
				if e.ID.Compare(before.last.ID) < 0 {
					return before.Label
				}
				return label(before, e, text)
			}
		})},
		{"takes the entries of a call by ID", position, registering(func(r *register) { r.order = byID })},
		{"finds entities by their IDs always", names, registering(func(r *register) {
			words := r.words
			r.words = func(before *listed, e activity.Entity) []string {
				return append(words(before, e), activity.NameWords(e.ID)...)
			}
		})},
		{"finds entities by their labels only", names, registering(func(r *register) {
			r.words = func(before *listed, e activity.Entity) []string {
				return append(before.words, activity.NameWords(e.Label)...)
			}
		})},
		{"finds an entity without a label by the one it had", names, registering(func(r *register) {
			words := r.words
			r.words = func(before *listed, e activity.Entity) []string {
				if e.Label == "" && before.Label != "" {
					return before.words
				}
				return words(before, e)
			}
		})},
		{"finds entities by words between spaces", names, registering(func(r *register) {
			r.words = func(before *listed, e activity.Entity) []string {
				return append(before.words, strings.Fields(strings.ToLower(e.Name()))...)
			}
		})},
		{"finds entities by eight words", names, registering(func(r *register) {
			r.words = func(before *listed, e activity.Entity) []string {
				words := activity.NameWords(e.Name())
				return append(before.words, words[:min(len(words), 8)]...)
			}
		})},
		{"takes what was erased", gone, registering(func(r *register) {
			names := r.names
			r.names = func(r *register, e entry) []activity.Entity {
				if !e.Event.ID.IsZero() {
					e.Event = r.rows[e.ID]
				}
				return names(r, e)
			}
		})},
		{"takes what was removed", gone, registering(func(r *register) {
			names := r.names
			r.names = func(r *register, e entry) []activity.Entity {
				if e.Event.ID.IsZero() {
					e.Event = r.rows[e.ID]
				}
				return names(r, e)
			}
		})},
		{"takes what is left of an erased entity", gone, registering(func(r *register) {
			r.names = func(_ *register, e entry) []activity.Entity {
				if e.Event.ID.IsZero() {
					return nil
				}
				return append([]activity.Entity{e.Event.Actor}, e.Event.About...)
			}
		})},
		{"takes events for entities with names", gone, registering(func(r *register) {
			names := r.names
			r.names = func(r *register, e entry) []activity.Entity {
				events := slices.DeleteFunc(slices.Clone(e.Event.About), func(e activity.Entity) bool { return e.Kind != activity.EventKind })
				return append(names(r, e), events...)
			}
		})},
		{"takes nothing of erased events", gone, registering(func(r *register) {
			names := r.names
			r.names = func(r *register, e entry) []activity.Entity {
				if e.Event.Erased {
					return nil
				}
				return names(r, e)
			}
		})},
		{"counts no entries of removed events", gone, with(indexing(countsWhatIsThere))},
		{"takes events for entities", "events that are entities", registering(func(r *register) {
			r.names = func(_ *register, e entry) []activity.Entity {
				return append([]activity.Entity{e.Event.Actor}, e.Event.About...)
			}
		})},
		{"takes actors that are events for entities", "events that are entities", registering(func(r *register) {
			names := r.names
			r.names = func(r *register, e entry) []activity.Entity {
				list := names(r, e)
				if e.Event.Actor.Kind == activity.EventKind {
					list = append(list, e.Event.Actor)
				}
				return list
			}
		})},
		{"leaves out kinds that begin as those of events", "events that are entities", registering(func(r *register) {
			match := r.match
			r.match = func(q query, has *listed) bool {
				return match(q, has) && !strings.HasPrefix(has.Kind, activity.EventKind)
			}
		})},
		{"wants whole words", find, registering(func(r *register) {
			r.match = func(q query, has *listed) bool {
				return hasKind(q, has) && !slices.ContainsFunc(q.Words, func(word string) bool { return !slices.Contains(has.words, word) })
			}
		})},
		{"looks for words anywhere", find, registering(func(r *register) {
			r.match = func(q query, has *listed) bool {
				return hasKind(q, has) && !slices.ContainsFunc(q.Words, func(word string) bool { return !strings.Contains(strings.Join(has.words, " "), word) })
			}
		})},
		{"wants one of the words", find, registering(func(r *register) {
			r.match = func(q query, has *listed) bool {
				return hasKind(q, has) && slices.ContainsFunc(q.Words, func(word string) bool { return has.begins(word) })
			}
		})},
		{"wants a word for each", find, registering(func(r *register) {
			match := r.match
			r.match = func(q query, has *listed) bool { return match(q, has) && len(has.words) >= 2*len(q.Words) }
		})},
		{"looks for the last word only", find, with(finding(func(q *query) { q.Words = q.Words[len(q.Words)-1:] }))},
		{"finds entities of one plane of characters", find, with(finding(func(q *query) {
			if strings.ContainsFunc(q.Words[0], func(r rune) bool { return r > 0xffff }) {
				q.Words = []string{"absent"}
			}
		}))},
		{"forgets old names", old, registering(func(r *register) {
			r.words = func(before *listed, e activity.Entity) []string {
				if e.Label == "" && before.Label != "" {
					return before.words
				}
				return activity.NameWords(e.Name())
			}
		})},
		{"orders by old names", old, registering(func(r *register) {
			r.compare = func(a, b *listed) int { return strings.Compare(a.first, b.first) }
		})},
		{"returns the first label", old, registering(func(r *register) {
			r.answer = func(_ query, found []*listed) []activity.Entity {
				list := entitiesOf(found)
				for i := range list {
					list[i].Label = found[i].first
				}
				return list
			}
		})},
		{"finds an entity once for each word", old, registering(func(r *register) {
			r.answer = func(q query, found []*listed) []activity.Entity {
				var list []activity.Entity
				for _, has := range found {
					for _, word := range has.words {
						if strings.HasPrefix(word, q.Words[0]) {
							list = append(list, has.Entity)
						}
					}
				}
				return list
			}
		})},
		{"orders by kind and ID only", order, registering(func(r *register) { r.compare = func(a, b *listed) int { return compareEntities(a.Entity, b.Entity) } })},
		{"orders by label, those without one first", order, registering(func(r *register) {
			compare := r.compare
			r.compare = func(a, b *listed) int {
				if a.Label == "" != (b.Label == "") {
					return strings.Compare(a.Label, b.Label)
				}
				return compare(a, b)
			}
		})},
		{"orders by name whatever the case", order, registering(func(r *register) {
			r.compare = func(a, b *listed) int {
				if n := strings.Compare(strings.ToLower(a.Name()), strings.ToLower(b.Name())); n != 0 {
					return n
				}
				return compareEntities(a.Entity, b.Entity)
			}
		})},
		{"orders IDs as numbers", order, registering(func(r *register) {
			compare := r.compare
			r.compare = func(a, b *listed) int {
				n, errA := strconv.Atoi(a.ID)
				m, errB := strconv.Atoi(b.ID)
				if a.Name() == b.Name() && a.Kind == b.Kind && errA == nil && errB == nil {
					return n - m
				}
				return compare(a, b)
			}
		})},
		{"orders one name by ID before kind", order, registering(func(r *register) {
			compare := r.compare
			r.compare = func(a, b *listed) int {
				if n := strings.Compare(a.ID, b.ID); a.Name() == b.Name() && n != 0 {
					return n
				}
				return compare(a, b)
			}
		})},
		{"returns no labels", order, registering(func(r *register) {
			r.answer = func(_ query, found []*listed) []activity.Entity {
				list := entitiesOf(found)
				for i := range list {
					list[i].Label = ""
				}
				return list
			}
		})},
		{"ignores the limit of entities", limit, with(finding(func(q *query) { q.Limit = 1000 }))},
		{"returns one entity less than the limit", limit, with(finding(func(q *query) { q.Limit = max(1, q.Limit-1) }))},
		{"limits entities before it looks at kinds", limit, registering(func(r *register) {
			match := r.match
			r.match = func(q query, has *listed) bool { q.Kinds = nil; return match(q, has) }
			r.answer = func(q query, found []*listed) []activity.Entity {
				found = found[:min(len(found), q.Limit)]
				return entitiesOf(slices.DeleteFunc(found, func(has *listed) bool { return !hasKind(q, has) }))
			}
		})},
		{"limits words and not entities", limit, registering(func(r *register) {
			r.answer = func(q query, found []*listed) []activity.Entity {
				var list []activity.Entity
				for _, has := range found {
					if q.Limit -= len(has.words); q.Limit >= 0 || len(list) == 0 {
						list = append(list, has.Entity)
					}
				}
				return list
			}
		})},
		{"looks for four words", "EntityQuery.Words", with(finding(func(q *query) { q.Words = q.Words[:min(len(q.Words), 4)] }))},
		{"ignores the kinds of entities", "EntityQuery.Kinds", with(finding(func(q *query) { q.Kinds = nil }))},
		{"looks for entities of the first kind", "EntityQuery.Kinds", with(finding(func(q *query) { q.Kinds = q.Kinds[:min(len(q.Kinds), 1)] }))},
		{"ignores the case of kinds", "EntityQuery.Kinds", registering(func(r *register) {
			match := r.match
			r.match = func(q query, has *listed) bool {
				return match(query{Words: q.Words}, has) && (len(q.Kinds) == 0 || slices.ContainsFunc(q.Kinds, func(kind string) bool { return strings.EqualFold(kind, has.Kind) }))
			}
		})},
		{"looks for a hundred kinds of entities", "EntityQuery.Kinds, long", with(finding(func(q *query) { q.Kinds = q.Kinds[:min(len(q.Kinds), 100)] }))},
		{"takes a limit of one entity for none", "EntityQuery.Limit", with(finding(func(q *query) {
			if q.Limit == 1 {
				q.Limit = 20
			}
		}))},
	}
}

// indexing is a store with another Index.
func indexing(index func(ctx context.Context, in activity.Store, limit int) (int, error)) broken {
	return broken{brokenTimeline: brokenTimeline{index: index}}
}

// finding is a store that looks for something else.
func finding(change func(q *activity.EntityQuery)) broken {
	return broken{brokenTimeline: brokenTimeline{findEntities: func(ctx context.Context, in activity.Store, q activity.EntityQuery) ([]activity.Entity, error) {
		change(&q)
		return in.FindEntities(ctx, q)
	}}}
}

func refusesIndex() broken {
	var calls atomic.Int64
	return indexing(func(ctx context.Context, in activity.Store, limit int) (int, error) {
		if calls.Add(1)%5 == 3 {
			return 0, errBusy
		}
		return in.Index(ctx, limit)
	})
}

// givesUpTheRest loses the entry after those for which a call had room.
func givesUpTheRest() broken {
	r := newRegister()
	b := r.broken()
	b.index = func(ctx context.Context, in activity.Store, limit int) (int, error) {
		n, err := r.index(ctx, in, limit)
		if n == limit {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.taken[activity.Position(len(r.taken)+1)] = true
		}
		return n, err
	}
	return b
}

// countsWhatIsThere counts those entries only whose events are still there.
func countsWhatIsThere(ctx context.Context, in activity.Store, limit int) (int, error) {
	n, err := in.Index(ctx, limit)
	if err != nil || n == 0 {
		return n, err
	}
	entries, err := in.Entries(ctx, activity.EntryQuery{Limit: n})
	for _, e := range entries {
		if e.Event.ID.IsZero() {
			n--
		}
	}
	return n, err
}
