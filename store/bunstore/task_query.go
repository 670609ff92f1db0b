package bunstore

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/go-activity/activity"
)

// taskWalk is a filter as the engines run it: along the lists of some facets, or along a range of
// IDs, looking each task up in the lists of others.
type taskWalk struct {
	tenant     string
	facets     []int64     // walked; nil: the range of IDs is
	others     [][]int64   // a task must have one facet of each
	looks      []condition // so many facets that the task is looked at instead
	previews   []bool
	minID      activity.ID // inclusive
	maxID      activity.ID // exclusive
	min        taskStart   // inclusive
	max        taskStart   // exclusive
	sort       activity.TaskSort
	after      *activity.TaskPlace // of another order than that by start
	descending bool
	limit      int
}

// taskStart is a place in the order by start.
type taskStart struct {
	at time.Time
	id activity.ID
}

func (a taskStart) compare(b taskStart) int {
	return cmp.Or(a.at.Compare(b.at), a.id.Compare(b.id))
}

// after returns the first place after a.
func (a taskStart) after() taskStart {
	if next := a.id.Next(); !next.IsZero() {
		return taskStart{a.at, next}
	}
	return taskStart{a.at.Add(time.Microsecond), activity.ID{}}
}

// Every task starts between these.
var (
	firstStart = taskStart{at: time.UnixMicro(0).UTC()}
	lastStart  = taskStart{at: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}
)

// Tasks implements [activity.TaskStore].
func (s *Store) Tasks(ctx context.Context, f activity.TaskFilter) ([]activity.Task, error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	db, done := s.reader()
	defer done()
	tasks, err := s.walkTasks(ctx, db, &f)
	if err != nil {
		return nil, s.failed(ctx, "list tasks", err)
	}
	return tasks, nil
}

func (s *Store) walkTasks(ctx context.Context, db conn, f *activity.TaskFilter) ([]activity.Task, error) {
	w, err := s.planTasks(ctx, db, f)
	if err != nil {
		return nil, err
	}
	tasks := make([]activity.Task, 0, min(f.Limit, activity.MaxLimit))
	seen := make(map[activity.ID]bool, cap(tasks)) // a task may be in two lists, or be started meanwhile
	for {
		w.limit = f.Limit - len(tasks)
		found, err := s.engine.listTasks(ctx, db, &w)
		if err != nil {
			return nil, err
		}
		for i := range found {
			t := &found[i]
			if seen[t.ID] || !f.Match(t) {
				continue
			}
			seen[t.ID] = true
			if tasks = append(tasks, *t); len(tasks) == f.Limit {
				return tasks, nil
			}
		}
		if len(found) < w.limit {
			return tasks, nil
		}
		w.goOn(&found[len(found)-1])
	}
}

// byStart reports whether the walk is in the order of lists.
func (w *taskWalk) byStart() bool { return w.facets != nil && w.sort == activity.SortStart }

// goOn makes the walk go on after a task.
func (w *taskWalk) goOn(last *activity.Task) {
	if w.byStart() {
		w.behind(taskStart{last.Start(), last.ID})
		return
	}
	place := w.sort.Place(last)
	w.after = &place
}

// behind leaves out what comes no later than a place in the order by start.
func (w *taskWalk) behind(p taskStart) {
	switch {
	case w.descending && p.compare(w.max) < 0:
		w.max = p
	case !w.descending && p.compare(w.min) >= 0:
		w.min = p.after()
	}
}

// planTasks chooses the lists to walk: those of the condition with the fewest tasks.
func (s *Store) planTasks(ctx context.Context, db conn, f *activity.TaskFilter) (taskWalk, error) {
	w := taskWalk{
		tenant:     f.Tenant,
		previews:   previewsOf(f.Previews),
		minID:      f.MinID,
		maxID:      f.MaxID,
		min:        firstStart,
		max:        lastStart,
		sort:       cmp.Or(f.Sort, activity.SortStart),
		descending: f.Descending,
	}
	if w.maxID.IsZero() {
		w.maxID = lastID
	}
	if !f.From.IsZero() {
		w.min.at = f.From
	}
	if !f.To.IsZero() {
		w.max.at = f.To
	}
	conditions := facetConditions(f)
	if !hasIDs(f) {
		shortest, err := shortest(conditions, func(facets []int64, limit int) (int, error) {
			alone := w
			alone.facets, alone.limit = facets, limit
			return s.engine.countTasks(ctx, db, &alone)
		})
		if err != nil {
			return taskWalk{}, err
		}
		w.facets = conditions[shortest].feeds
		conditions = slices.Delete(conditions, shortest, shortest+1)
	}
	w.others, w.looks = divide(conditions)
	if f.After != nil && w.byStart() {
		w.behind(taskStart{time.UnixMicro(f.After.Number).UTC(), f.After.ID})
	} else {
		w.after = f.After
	}
	return w, nil
}

// CountTasks implements [activity.TaskStore]. It counts rows of lists, and looks at tasks only for conditions of many lists.
func (s *Store) CountTasks(ctx context.Context, f activity.TaskFilter) (int, error) {
	if err := s.ready(ctx); err != nil {
		return 0, err
	}
	db, done := s.reader()
	defer done()
	f.After = nil
	w, err := s.planTasks(ctx, db, &f)
	if err != nil {
		return 0, s.failed(ctx, "count tasks", err)
	}
	w.limit = f.Limit
	n, err := s.engine.countTasks(ctx, db, &w)
	if err != nil {
		return 0, s.failed(ctx, "count tasks", err)
	}
	return n, nil
}
