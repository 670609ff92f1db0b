package bunstore_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/bunstore"
)

// seedTasks stores enough tasks for a planner to have a choice: most have ended, some wait.
func seedTasks(t *testing.T, s *bunstore.Store) activity.Task {
	t.Helper()
	ctx := t.Context()
	var last activity.Task
	for batch := range seedBatches(s) {
		err := s.InTx(ctx, func(tx activity.Store) error {
			for i := range 500 {
				n := 500*batch + i
				at := epoch.Add(time.Duration(n) * time.Minute)
				task := activity.Task{
					ID: taskID(n + 1), Tenant: fmt.Sprint("tenant", n%3), Kind: fmt.Sprint("kind", n%5), Title: fmt.Sprint("contacts ", n),
					Status: activity.StatusCompleted, Actor: person(n % 7), About: []activity.Entity{{Kind: "list", ID: fmt.Sprint(n % 300)}},
					Attributes: map[string]string{"template": fmt.Sprint(n % 20)}, QueuedAt: at, StartedAt: at, EndedAt: at.Add(time.Minute),
				}
				switch n % 100 {
				case 1, 2:
					task.Status, task.StartedAt, task.EndedAt = activity.StatusQueued, time.Time{}, time.Time{}
				case 3:
					task.Status, task.EndedAt, task.LeaseUntil = activity.StatusProcessing, time.Time{}, at
				case 4:
					task.Status, task.StartedAt, task.EndedAt, task.Exclusive = activity.StatusQueued, time.Time{}, time.Time{}, "crm"
				}
				if i%10 == 0 {
					task.Key = fmt.Sprint("key", n)
				}
				var err error
				if last, err = tx.AddTask(ctx, task); err != nil {
					return err
				}
				rows := make([]activity.OutcomeRow, 5)
				for seq := range rows {
					rows[seq] = activity.OutcomeRow{Tenant: task.Tenant, Task: task.ID, Seq: int64(seq + 1), Kind: fmt.Sprint("kind", seq%2),
						Record: activity.Entity{Kind: "contact", ID: fmt.Sprint(n % 500)}, At: at}
				}
				if err := tx.AddOutcomes(ctx, rows); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return last
}

// taskShapes are filters of every condition, alone and with another one, both ways.
func taskShapes(known activity.Task) map[string]activity.TaskFilter {
	conditions := []struct {
		name string
		set  func(*activity.TaskFilter)
	}{
		{"nothing", func(*activity.TaskFilter) {}},
		{"kinds", func(f *activity.TaskFilter) { f.Kinds = []string{"kind1", "kind2"} }},
		{"a status", func(f *activity.TaskFilter) { f.Statuses = []activity.Status{activity.StatusQueued} }},
		{"an actor", func(f *activity.TaskFilter) { f.Actor = person(1) }},
		{"an entity", func(f *activity.TaskFilter) { f.Entities = []activity.Entity{{Kind: "list", ID: "1"}} }},
		{"an entity of few", func(f *activity.TaskFilter) { f.Named = []activity.Entity{person(1), {Kind: "list", ID: "1"}} }},
		{"an entity of many", func(f *activity.TaskFilter) {
			for n := range 20 {
				f.Named = append(f.Named, person(n))
			}
		}},
		{"a parent", func(f *activity.TaskFilter) { f.Parent = known.ID }},
		{"a trigger", func(f *activity.TaskFilter) { f.Trigger = activity.ByPerson }},
		{"words", func(f *activity.TaskFilter) { f.Words = []string{"contacts", "17"} }},
		{"an attribute", func(f *activity.TaskFilter) { f.Attributes = map[string]string{"template": "3"} }},
		{"IDs", func(f *activity.TaskFilter) { f.MinID, f.MaxID = known.ID, known.ID.Next() }},
	}
	shapes := map[string]activity.TaskFilter{}
	for i, first := range conditions {
		for _, second := range conditions[i:] {
			for _, descending := range []bool{false, true} {
				for _, previews := range []activity.Previews{activity.PreviewsHidden, activity.PreviewsShown} {
					f := activity.TaskFilter{Tenant: known.Tenant, Sort: activity.SortStart, Descending: descending, Previews: previews, Limit: 51}
					first.set(&f)
					second.set(&f)
					shapes[fmt.Sprint(first.name, " and ", second.name, descending, previews)] = f
				}
			}
		}
	}
	for _, sort := range activity.TaskSorts {
		f := activity.TaskFilter{Tenant: known.Tenant, Sort: sort, Limit: 51}
		place := sort.Place(&known)
		f.After = &place
		shapes["all by "+string(sort)] = f
	}
	return shapes
}

func outcomeShapes(known activity.Task) map[string]activity.OutcomeFilter {
	contact := activity.Entity{Kind: "contact", ID: "1"}
	shapes := map[string]activity.OutcomeFilter{
		"all":              {Task: known.ID},
		"kinds":            {Task: known.ID, Kinds: []string{"kind0", "kind1"}},
		"a record":         {Records: []activity.Entity{contact}},
		"a record of it":   {Task: known.ID, Records: []activity.Entity{contact}},
		"records of it":    {Task: known.ID, Records: []activity.Entity{contact, {Kind: "contact", ID: "2"}}},
		"rows of the task": {Task: known.ID, Rows: []int64{1, 2}},
	}
	for name, f := range shapes {
		f.Tenant, f.Limit = known.Tenant, 51
		shapes[name] = f
		f.Descending = true
		shapes[name+", last first"] = f
	}
	return shapes
}

// No statement for tasks and outcomes reads a table from end to end, and a list by start is not sorted.
func TestTaskPlans(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		s := migrated(t, address)
		known := seedTasks(t, s)
		for _, statistics := range []bool{false, true} {
			if statistics {
				if _, err := s.DB().ExecContext(t.Context(), `ANALYZE`); err != nil {
					t.Fatal(err)
				}
				s = openAt(t, address)
			}
			explain := explainSQLite
			if strings.HasPrefix(address, "postgres") {
				explain = explainPostgres
			}
			for name, f := range taskShapes(known) {
				statements, err := s.TaskStatements(t.Context(), f)
				if err != nil {
					t.Fatal(err)
				}
				for text, args := range statements {
					plan := explain(t, s, text, args)
					checkPlan(t, name, text, plan)
					if f.Sort == activity.SortStart && f.MinID.IsZero() {
						checkOrder(t, name, plan)
					}
				}
			}
			for name, f := range outcomeShapes(known) {
				text, args := s.OutcomeStatement(f)
				plan := explain(t, s, text, args)
				checkPlan(t, name, text, plan)
				checkOrder(t, name, plan)
			}
			for text, args := range s.OtherTaskStatements(known) {
				checkPlan(t, text, text, explain(t, s, text, args))
			}
		}
	})
}

// checkOrder checks that what comes in the order of an index is read in that order, and no further than
// the page: PostgreSQL sorts what a bitmap leads to. SQLite may sort the page, and the tasks that are
// merged from several lists.
func checkOrder(t *testing.T, name, plan string) {
	t.Helper()
	if strings.Contains(plan, "Bitmap") || strings.Count(plan, "USE TEMP B-TREE FOR ORDER BY") > 1 {
		t.Errorf("%s is not read in the order of an index:\n%s", name, plan)
	}
}
