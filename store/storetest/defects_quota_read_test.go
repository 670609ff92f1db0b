package storetest

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-activity/activity"
)

// readQuotaDefects has one defect for each field of a query, beside others.
func readQuotaDefects() []defect {
	type query = activity.UseQuery
	type uses = []activity.QuotaUse
	const states, steps, actors, forgets = "state of a key", "use by steps", "use by actors", "use that is forgotten"
	list := []defect{
		{"does not find a key that was never charged", states, with(broken{quotaState: func(ctx context.Context, in activity.Store, key activity.QuotaKey) (activity.QuotaState, error) {
			state, err := in.QuotaState(ctx, key)
			if err == nil && len(binaryOf(state.Counter)) < 4 {
				err = activity.ErrNotFound
			}
			return state, err
		}})},
		{"returns no counter", states, with(stating(func(s *activity.QuotaState) { s.Counter = activity.QuotaCounter{} }))},
		{"returns no holds", states, with(stating(func(s *activity.QuotaState) { s.Holds = nil }))},
		{"returns holds from the last to the first", states, with(stating(func(s *activity.QuotaState) { slices.Reverse(s.Holds) }))},
		{"hides what is due", states, with(stating(func(s *activity.QuotaState) {
			s.Holds = slices.DeleteFunc(s.Holds, func(h activity.Hold) bool { return h.Settled })
		}))},
		{"gives back what is due when it is asked", states, with(stating(func(s *activity.QuotaState) {
			for _, h := range s.Holds {
				if h.Settled {
					s.Counter.GiveBack(&h)
				}
			}
		}))},
		{"returns units that were reserved once", states, with(remembering(
			func(u activity.HoldUpdate, _ time.Time) any { return u.Used },
			func(h *activity.Hold, used any) { h.Units += used.(int64) },
		))},
		{"returns the end that holds had at first", states, with(statingHolds(func(h *activity.Hold) { h.Until = h.At.Add(15 * time.Minute) }))},
		{"includes the minute at To", steps, with(querying(func(q *query) { q.To = q.To.Add(time.Minute) }))},
		{"leaves out the minute at From", steps, with(querying(func(q *query) { q.From = q.From.Add(time.Minute) }))},
		{"counts steps from From on", steps, with(broken{quotaUse: countsFrom})},
		{"has one entry for each minute", steps, with(querying(func(q *query) {
			if q.Step == 0 {
				q.Step = time.Minute
			}
		}))},
		{"returns entries of zero", steps, with(listingUse(func(q query, list uses) uses {
			if len(list) == 0 {
				list = uses{{Start: q.From}}
			}
			return list
		}))},
		{"starts with the first charge", steps, with(broken{quotaUse: func(ctx context.Context, in activity.Store, q query) ([]activity.QuotaUse, error) {
			list, err := in.QuotaUse(ctx, q)
			q.Step = time.Minute
			if first, _ := in.QuotaUse(ctx, q); len(list) == 1 && len(first) > 0 {
				list[0].Start = first[0].Start
			}
			return list, err
		}})},
		{"returns the latest entries first", steps, with(listingUse(func(_ query, list uses) uses { slices.Reverse(list); return list }))},
		{"counts what is due", steps, with(querying(func(q *query) { q.Clock = frozen(epoch) }))},
		{"returns local times from QuotaUse", steps, with(listingUse(func(_ query, list uses) uses {
			for i := range list {
				list[i].Start = list[i].Start.In(elsewhere)
			}
			return list
		}))},
		{"takes who used most first", actors, with(listingUse(func(q query, list uses) uses {
			if q.Step == 0 {
				slices.SortFunc(list, func(a, b activity.QuotaUse) int { return int(b.Units - a.Units) })
			}
			return list
		}))},
		{"orders actors by their letters", actors, with(listingUse(func(_ query, list uses) uses {
			slices.SortStableFunc(list, func(a, b activity.QuotaUse) int {
				if c := a.Start.Compare(b.Start); c != 0 {
					return c
				}
				return strings.Compare(strings.ToLower(a.Actor.Kind+" "+a.Actor.ID), strings.ToLower(b.Actor.Kind+" "+b.Actor.ID))
			})
			return list
		}))},
		{"takes actors of one ID for one", actors, with(charging(func(r *activity.QuotaRequest) {
			if !r.Actor.IsZero() {
				r.Actor.Kind = "user"
			}
		}))},
		{"forgets the labels of actors", actors, with(listingUse(func(_ query, list uses) uses {
			for i := range list {
				list[i].Actor.Label = ""
			}
			return list
		}))},
		{"keeps the first label of an actor", actors, each(keepsFirstLabel)},
		{"knows one label of an actor", actors, with(listingUse(func(_ query, list uses) uses {
			for i := range list {
				if list[i].Actor.Is(activity.User("a", "")) {
					list[i].Actor.Label = "with a new name"
				}
			}
			return list
		}))},
		{"leaves out what nobody used", actors, with(listingUse(func(q query, list uses) uses {
			return slices.DeleteFunc(list, func(u activity.QuotaUse) bool { return q.ByActor && u.Actor.IsZero() })
		}))},
		{"forgets holds with what was used", forgets, with(stating(func(s *activity.QuotaState) {
			s.Holds = slices.DeleteFunc(s.Holds, func(h activity.Hold) bool { return h.ID == newID(epoch, 1) })
		}))},
		{"forgets all quotas", forgets, with(broken{forgetUse: func(ctx context.Context, in activity.Store, q activity.ForgetQuery) (int, error) {
			mails := q
			mails.Quota = "mails"
			in.ForgetUse(ctx, mails)
			return in.ForgetUse(ctx, q)
		}})},
		{"ignores the limit in ForgetUse", forgets, with(forgetting(func(q *activity.ForgetQuery) { q.Limit = 1000 }))},
		{"forgets one entry less", forgets, with(forgetting(func(q *activity.ForgetQuery) { q.Limit = min(q.Limit-1, 2) }))},
		{"forgets minutes that have begun", forgets, with(forgetting(func(q *activity.ForgetQuery) { q.Age -= time.Microsecond }))},
		{"forgets what ended long ago", forgets, with(forgetting(func(q *activity.ForgetQuery) { q.Age += time.Minute }))},
		{"does not tell how much it forgets", forgets, with(broken{forgetUse: func(ctx context.Context, in activity.Store, q activity.ForgetQuery) (int, error) {
			n, err := in.ForgetUse(ctx, q)
			return min(n, 1), err
		}})},
	}
	for field := range reflect.TypeFor[query]().Fields() {
		change := func(q *query) { reflect.ValueOf(q).Elem().FieldByName(field.Name).SetZero() }
		d := defect{"forgets the query's " + field.Name, steps, with(querying(change))}
		switch field.Name {
		case "ByActor":
			d.found = actors
		case "Clock":
			d.store = with(querying(func(q *query) { q.Clock = storeClock }))
		}
		list = append(list, d)
	}
	for field := range reflect.TypeFor[activity.ForgetQuery]().Fields() {
		change := func(q *activity.ForgetQuery) { reflect.ValueOf(q).Elem().FieldByName(field.Name).SetZero() }
		if field.Name == "Clock" {
			change = func(q *activity.ForgetQuery) { q.Clock = storeClock }
		}
		list = append(list, defect{"ignores what is to be forgotten by " + field.Name, forgets, with(forgetting(change))})
	}
	return list
}

// countsFrom adds steps up from From on, and not from midnight.
func countsFrom(ctx context.Context, in activity.Store, q activity.UseQuery) ([]activity.QuotaUse, error) {
	uses, err := in.QuotaUse(ctx, q)
	for i := range uses {
		if q.Step > 0 {
			uses[i].Start = uses[i].Start.Add(q.From.Sub(q.From.Truncate(q.Step)))
		}
	}
	return uses, err
}

// keepsFirstLabel returns the label of the first charge.
func keepsFirstLabel() broken {
	type actor struct{ kind, id string }
	var labels sync.Map
	return charging(func(r *activity.QuotaRequest) {
		label, _ := labels.LoadOrStore(actor{r.Actor.Kind, r.Actor.ID}, r.Actor.Label)
		r.Actor.Label = label.(string)
	})
}
