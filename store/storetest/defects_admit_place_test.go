package storetest

import (
	"context"
	"slices"

	"github.com/go-activity/activity"
)

func placeDefects() []defect {
	isKind := func(task, other activity.Task) bool { return other.Kind == task.Kind }
	ahead := func(task, other activity.Task) bool {
		return other.Status == activity.StatusProcessing || other.Status == activity.StatusQueued && other.ID.Compare(task.ID) < 0
	}
	const others, waits, recipes = "places of others", "places and what waits for something else", "places and recipes"
	return []defect{
		{"lets one more start", "waiting for a place", with(admitting(func(a *activity.Admission) {
			if a.Max > 0 {
				a.Max++
			}
		}))},
		{"lets one less start", "waiting for a place", with(admitting(func(a *activity.Admission) {
			if a.Max > 1 {
				a.Max--
			}
		}))},
		{"takes no limit for no place", "waiting for a place", with(admitting(func(a *activity.Admission) { a.Max = max(a.Max, 1) }))},
		{"counts places of what is queued after", "waiting for a place", with(placing(func(p placed) bool {
			return isKind(p.task, p.other) && !p.other.Status.Ended() && !p.other.Recipe && !p.waits
		}, false))},
		{"counts what is processing only", "waiting for a place", with(placing(func(p placed) bool {
			return isKind(p.task, p.other) && p.other.Status == activity.StatusProcessing && !p.other.Recipe
		}, false))},
		{"gives no place to what is leased", "waiting for a place", with(placing(func(p placed) bool {
			return isKind(p.task, p.other) && ahead(p.task, p.other) && !p.other.Recipe && !p.waits && (p.other.Status == activity.StatusProcessing || p.other.LeaseUntil.IsZero())
		}, false))},
		{"counts places of other kinds", others, with(placing(func(p placed) bool {
			return ahead(p.task, p.other) && !p.other.Recipe && !p.waits
		}, false))},
		{"counts places of other tenants", others, with(placing(func(p placed) bool {
			return isKind(p.task, p.other) && ahead(p.task, p.other) && !p.other.Recipe && !p.waits
		}, true))},
		{"counts places of what has ended", others, with(placing(func(p placed) bool {
			return isKind(p.task, p.other) && (ahead(p.task, p.other) || p.other.Status.Ended()) && !p.other.Recipe && !p.waits
		}, false))},
		{"counts what waits for something else", waits, with(placing(func(p placed) bool {
			return isKind(p.task, p.other) && ahead(p.task, p.other) && !p.other.Recipe
		}, false))},
		{"counts what waits for its time", waits, with(placing(func(p placed) bool {
			return isKind(p.task, p.other) && ahead(p.task, p.other) && !p.other.Recipe && (!p.waits || !p.other.Wait.Until.IsZero())
		}, false))},
		{"believes what tasks ahead waited for", waits, with(placing(func(p placed) bool {
			return isKind(p.task, p.other) && ahead(p.task, p.other) && !p.other.Recipe && !p.waits && p.other.Wait.IsZero()
		}, false))},
		{"counts recipes", recipes, with(placing(func(p placed) bool {
			return isKind(p.task, p.other) && ahead(p.task, p.other) && !p.waits
		}, false))},
		{"lets recipes wait for a place", recipes, with(answeringRecipes())},
	}
}

// placed is a task that is to be started, and another that may have a place before it.
type placed struct {
	task, other activity.Task
	waits       bool // the other waits for something else than a place
}

// placing is a store that counts other places than it should: of one tenant, or of globex beside it.
func placing(counts func(placed) bool, globexToo bool) broken {
	return broken{admit: func(ctx context.Context, in activity.Store, a activity.Admission) (activity.Wait, error) {
		places := a.Max
		a.Max = 0
		w, err := in.Admit(ctx, a)
		if err != nil || !w.IsZero() || places == 0 {
			return w, err
		}
		task, err := in.Task(ctx, a.Tenant, a.ID)
		if err != nil || task.Recipe {
			return w, err
		}
		others := everyTask(ctx, in, a.Tenant)
		if globexToo && a.Tenant != globex {
			others = append(others, everyTask(ctx, in, globex)...)
		}
		n := 0
		for _, other := range others {
			blocked, _ := in.Admit(ctx, activity.Admission{Tenant: other.Tenant, ID: other.ID, Now: a.Now})
			if other.ID != task.ID && counts(placed{task, other, !blocked.IsZero()}) {
				n++
			}
		}
		if n >= places {
			return forPlace, nil
		}
		return w, nil
	}}
}

// answeringRecipes is a store in which a recipe needs a place that nothing processing of its kind has.
func answeringRecipes() broken {
	return answering(func(task activity.Task, all []activity.Task, w activity.Wait) activity.Wait {
		if task.Recipe && w.IsZero() && slices.ContainsFunc(all, func(other activity.Task) bool {
			return other.Kind == task.Kind && other.Status == activity.StatusProcessing
		}) {
			return forPlace
		}
		return w
	})
}
