package bunstore_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/memstore"
)

var epoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// taskID returns an ID that is greater the greater n is.
func taskID(n int) activity.ID {
	id := activity.ID{0x01, 0x9c, 0x00, 0x00, 0x00, 0x00, 0x70, 0x00, 0x80}
	for i := range 4 {
		id[15-i] = byte(n >> (8 * i))
	}
	return id
}

func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

func person(n int) activity.Entity { return activity.Entity{Kind: "user", ID: fmt.Sprint(n)} }

func randomTask(r *rand.Rand, n int) activity.Task {
	t := activity.Task{
		ID: taskID(n), Tenant: pick(r, "acme", "acme", "acme", "rival"), Kind: pick(r, "import", "export", "scrape"),
		Title: pick(r, "", "Contacts of May", "contacts.csv", "Übersicht MAI", "deals"), Status: activity.StatusQueued,
		Actor: pick(r, person(1), person(2), activity.Entity{Kind: "user", ID: "3", Label: "Zoë"}), Automated: r.IntN(3) == 0,
		Preview: r.IntN(5) == 0, Recipe: r.IntN(9) == 0, Exclusive: pick(r, "", "", "", "crm", "files"),
		QueuedAt: epoch.Add(time.Duration(n/3) * time.Second),
	}
	for range r.IntN(3) {
		t.About = append(t.About, activity.Entity{Kind: "list", ID: fmt.Sprint(r.IntN(4)), Label: "a \"list\""})
	}
	if r.IntN(2) == 0 {
		t.Attributes = map[string]string{"template": pick(r, "weekly", "daily"), "region": pick(r, "", "eu")}
	}
	if r.IntN(4) == 0 && n > 1 {
		t.Parent = taskID(1 + r.IntN(5))
	}
	if r.IntN(4) == 0 {
		t.Key, t.Input = fmt.Sprint("key", n), json.RawMessage(`{"a" : [1, "<x>"]}`)
	}
	if r.IntN(3) == 0 {
		t.LeaseUntil = t.QueuedAt.Add(time.Minute)
	}
	if r.IntN(6) == 0 {
		t.Wait = activity.Wait{For: activity.WaitLater, Until: epoch.Add(time.Duration(r.IntN(200)) * time.Second)}
	}
	return t
}

func randomUpdate(r *rand.Rand, task activity.Task, now time.Time) activity.TaskUpdate {
	u := activity.TaskUpdate{Tenant: task.Tenant, ID: task.ID, Now: now}
	switch r.IntN(6) {
	case 0, 1:
		u.From, u.To, u.Lease = []activity.Status{activity.StatusQueued}, activity.StatusProcessing, time.Minute
	case 2:
		u.From = []activity.Status{activity.StatusProcessing}
		u.To = pick(r, activity.StatusCompleted, activity.StatusFailed, activity.StatusCancelled, activity.StatusQueued)
		u.Reason, u.Detail, u.System, u.EndedBy = "because", "stack", true, person(2)
	case 3:
		u.Counts = activity.Counts{Created: r.Int64N(5), Updated: r.Int64N(5), Failed: r.Int64N(3), Warned: 1}
		u.Fields, u.Extras = []string{pick(r, "name", "email")}, []string{"score"}
		u.Progress = &activity.Progress{Done: r.Int64N(9), Total: 9}
	case 4:
		u.Wait = &activity.Wait{For: activity.WaitLater, Until: now.Add(time.Duration(r.IntN(50)-25) * time.Second)}
		u.Lease, u.RevertedBy = -1, taskID(3)
	case 5:
		u.Children, u.Lost = activity.Children{Total: 1, Open: 1}, r.IntN(2) == 0
	}
	return u
}

func randomFilter(r *rand.Rand, known []activity.Task) activity.TaskFilter {
	f := activity.TaskFilter{
		Tenant: "acme", Previews: pick(r, activity.PreviewsHidden, activity.PreviewsShown, activity.PreviewsOnly),
		Sort: pick(r, activity.SortStart, activity.SortStart, pick(r, activity.TaskSorts...)), Descending: r.IntN(2) == 0, Limit: 1 + r.IntN(30),
	}
	for range pick(r, 0, 1, 1, 2, 3) {
		switch r.IntN(10) {
		case 0:
			f.Kinds = []string{"import", pick(r, "export", "unknown")}
		case 1:
			f.Statuses = []activity.Status{pick(r, activity.Statuses...), pick(r, activity.Statuses...)}
		case 2:
			f.Actor = person(1 + r.IntN(4))
		case 3:
			f.Entities = []activity.Entity{{Kind: "list", ID: "1"}, {Kind: "list", ID: fmt.Sprint(r.IntN(5))}}
		case 4:
			f.Parent = taskID(1 + r.IntN(5))
		case 5:
			f.Trigger = pick(r, activity.ByPerson, activity.ByAutomation)
		case 6:
			f.Words = activity.Words(pick(r, "contacts", "mai übersicht", "may contacts", "nothing"))
		case 7:
			f.Attributes = map[string]string{"template": "weekly", "region": pick(r, "", "eu")}
		case 8:
			f.MinID = taskID(r.IntN(100))
			f.MaxID = taskID(100 + r.IntN(300))
		case 9:
			f.From, f.To = epoch.Add(time.Duration(r.IntN(50))*time.Second), epoch.Add(time.Duration(50+r.IntN(80))*time.Second)
		}
	}
	if r.IntN(2) == 0 {
		place := f.Sort.Place(&known[r.IntN(len(known))])
		f.After = &place
	}
	return f
}

func randomOutcomes(r *rand.Rand, task activity.Task, from, n int) []activity.OutcomeRow {
	rows := make([]activity.OutcomeRow, n)
	for i := range rows {
		rows[i] = activity.OutcomeRow{Tenant: task.Tenant, Task: task.ID, Seq: int64(from + i), Kind: pick(r, "created", "updated", "error"),
			Message: pick(r, "", "no \"such\" ÄCCOUNT"), Preview: task.Preview, At: epoch.Add(time.Duration(i) * time.Microsecond)}
		switch r.IntN(3) {
		case 0:
			rows[i].Record = activity.Entity{Kind: "contact", ID: fmt.Sprint(r.IntN(6)), Label: "Ada"}
			rows[i].Before, rows[i].Extra = json.RawMessage(`{"name": "\"A\""}`), json.RawMessage(`{}`)
		case 1:
			rows[i].Row, rows[i].After = int64(r.IntN(6)), json.RawMessage(`{ "n":1.0}`)
		}
	}
	return rows
}

func randomOutcomeFilter(r *rand.Rand) activity.OutcomeFilter {
	f := activity.OutcomeFilter{Tenant: "acme", Task: taskID(1 + r.IntN(8)), Descending: r.IntN(2) == 0, Limit: 1 + r.IntN(30)}
	switch r.IntN(4) {
	case 0:
		f.Records = []activity.Entity{{Kind: "contact", ID: "1"}}
		if r.IntN(2) == 0 {
			f.Task = activity.ID{}
		}
	case 1:
		f.Records = []activity.Entity{{Kind: "contact", ID: "1"}, {Kind: "contact", ID: "2"}, {Kind: "contact", ID: "9"}}
	case 2:
		f.Rows = []int64{r.Int64N(6), 2}
	}
	if r.IntN(2) == 0 {
		f.Kinds = []string{"error", pick(r, "created", "error", "unknown")}
	}
	if r.IntN(3) == 0 {
		f.Search = pick(r, "äcc", "ada", "5")
	}
	if r.IntN(2) == 0 {
		f.After = &activity.OutcomePlace{Task: taskID(1 + r.IntN(8)), Seq: r.Int64N(60)}
	}
	return f
}

// Whatever is asked about tasks and outcomes, the answer is that of the store in memory.
func TestTasksLikeInMemory(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		ctx := t.Context()
		s, oracle := migrated(t, address), memstore.New()
		r := rand.New(rand.NewPCG(7, 11))
		same := func(what string, call func(s activity.Store) (any, error)) {
			t.Helper()
			got, err := call(s)
			want, wanted := call(oracle)
			if (err == nil) != (wanted == nil) || wanted != nil && !sameFamily(err, wanted) {
				t.Fatalf("%s: %v, want %v", what, err, wanted)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%s differs (-memory +database):\n%.3000s", what, diff)
			}
		}
		var known []activity.Task
		for n := 1; n <= 400; n++ {
			task := randomTask(r, n)
			known = append(known, task)
			same("AddTask", func(s activity.Store) (any, error) { return s.AddTask(ctx, task) })
			if task.Key != "" {
				same("AddTask again", func(s activity.Store) (any, error) { return s.AddTask(ctx, task) })
				other := task
				other.ID, other.Title = taskID(10_000+n), "other"
				same("AddTask of other content", func(s activity.Store) (any, error) { return s.AddTask(ctx, other) })
			}
		}
		for n := range 400 {
			i := r.IntN(len(known))
			now := epoch.Add(time.Duration(n) * 250 * time.Millisecond)
			u := randomUpdate(r, known[i], now)
			kinds := []activity.KindLimit{{Name: "import", Max: pick(r, 0, 3, 12)}, {Name: "export", Max: pick(r, 0, 50)}}
			if u.To == activity.StatusProcessing { // only what is admitted
				wait, err := oracle.Admit(ctx, activity.Admission{Tenant: u.Tenant, ID: u.ID, Now: now})
				if err != nil || !wait.IsZero() {
					u.To = 0
				}
			}
			a := activity.Admission{Tenant: u.Tenant, ID: u.ID, Max: pick(r, 0, 1, 3, 20), Now: now}
			same(fmt.Sprintf("Admit %+v", a), func(s activity.Store) (any, error) { return s.Admit(ctx, a) })
			same("Admit in a transaction", func(s activity.Store) (wait any, err error) {
				err = s.InTx(ctx, func(tx activity.Store) error {
					wait, err = tx.Admit(ctx, a)
					return err
				})
				return wait, err
			})
			same("NextTask", func(s activity.Store) (next any, err error) {
				err = s.InTx(ctx, func(tx activity.Store) error {
					next, err = tx.NextTask(ctx, activity.NextQuery{Tenant: u.Tenant, Kinds: kinds, Now: now})
					return err
				})
				return next, err
			})
			same(fmt.Sprintf("ChangeTask %+v", u), func(s activity.Store) (any, error) {
				task, changed, err := s.ChangeTask(ctx, u)
				return []any{task, changed}, err
			})
			f := randomFilter(r, known)
			same(fmt.Sprintf("Tasks %+v", f), func(s activity.Store) (any, error) {
				tasks, err := s.Tasks(ctx, f)
				return append([]activity.Task{}, tasks...), err
			})
			same(fmt.Sprintf("CountTasks %+v", f), func(s activity.Store) (any, error) { return s.CountTasks(ctx, f) })
			lost := activity.LostQuery{Kinds: []string{"import", "scrape"}, Now: now, Limit: 1 + r.IntN(20)}
			same("LostTasks", func(s activity.Store) (any, error) { return s.LostTasks(ctx, lost) })
			backlog := activity.BacklogQuery{Kinds: []string{"import", "export"}, After: pick(r, "", "acme", "b"), Limit: 1 + r.IntN(2)}
			same("Backlog", func(s activity.Store) (any, error) { return s.Backlog(ctx, backlog) })
			if n%50 == 0 {
				if fresh, err := oracle.Task(ctx, known[i].Tenant, known[i].ID); err == nil {
					known[i] = fresh
				}
			}
		}
		for _, task := range known {
			same("Task", func(s activity.Store) (any, error) { return s.Task(ctx, "acme", task.ID) })
		}
		for i, task := range known[:8] {
			for from, n := 1, 1; from < 60; from, n = from+n, pick(r, 1, 5, 20, 150) {
				rows := randomOutcomes(r, task, from, n)
				call := func(s activity.Store) (any, error) { return nil, s.AddOutcomes(ctx, rows) }
				if i%2 == 0 {
					call = func(s activity.Store) (any, error) {
						return nil, s.InTx(ctx, func(tx activity.Store) error { return tx.AddOutcomes(ctx, rows) })
					}
				}
				same("AddOutcomes", call)
				same("AddOutcomes again", call)
			}
			same("Tally", func(s activity.Store) (any, error) { return s.Tally(ctx, "acme", task.ID) })
		}
		for range 500 {
			f := randomOutcomeFilter(r)
			same(fmt.Sprintf("Outcomes %+v", f), func(s activity.Store) (any, error) {
				rows, err := s.Outcomes(ctx, f)
				return append([]activity.OutcomeRow{}, rows...), err
			})
		}
	})
}

// sameFamily reports whether an error is of the same kind as another, which one without a kind is.
func sameFamily(err, want error) bool {
	for _, family := range []error{activity.ErrNotFound, activity.ErrNoTask, activity.ErrKeyConflict, context.Canceled} {
		if errors.Is(want, family) {
			return errors.Is(err, family)
		}
	}
	return true
}
