package bunstore_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"slices"
	"sync"
	"testing"
	"time"

	sqlitedriver "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/go-activity/activity"
)

func init() { children["work"] = workUntilKilled }

// workKinds are the kinds of task of the workers' tests.
var workKinds = []activity.Kind{
	{Name: "free", Outcomes: activity.ImportOutcomes(), Lease: time.Second, Lost: activity.LostRequeues, MaxLosses: 100},
	{Name: "limited", Outcomes: activity.ImportOutcomes(), Lease: time.Second, Lost: activity.LostRequeues, MaxLosses: 100, MaxProcessing: 3},
	{Name: "fragile", Outcomes: activity.ImportOutcomes(), Lease: time.Second},
}

func newWorkJournal(store activity.Store) *activity.Journal {
	j, err := activity.New(store, &activity.Config{Kinds: workKinds, Types: []activity.EventType{noteAdded}})
	if err != nil {
		panic(err)
	}
	return j
}

const workersPerProcess = 4

// workUntilKilled claims tasks and works on them, and prints the ID of each that it has ended.
func workUntilKilled(address string) {
	ctx := context.Background()
	s, err := open(ctx, address)
	if err != nil {
		panic(err)
	}
	journal := newWorkJournal(s)
	var printing sync.Mutex
	var workers sync.WaitGroup
	for range workersPerProcess {
		workers.Go(func() {
			for {
				task, err := workOnce(ctx, journal)
				switch {
				case err == nil:
					printing.Lock()
					fmt.Println(task)
					printing.Unlock()
				case errors.Is(err, activity.ErrNoTask), isBusy(err):
					time.Sleep(10 * time.Millisecond)
				case !errors.Is(err, activity.ErrNotRunning):
					panic(err)
				}
			}
		})
	}
	workers.Wait()
}

// workOnce works on the next task. If there is none, all may be held up by tasks of a process that was killed.
func workOnce(ctx context.Context, journal *activity.Journal) (activity.ID, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop() // a run that is left behind loses its lease
	run, err := journal.Claim(ctx)
	if errors.Is(err, activity.ErrNoTask) {
		if _, lost := journal.Recover(ctx); lost != nil {
			return activity.ID{}, lost
		}
		return activity.ID{}, err
	}
	if err != nil {
		return activity.ID{}, err
	}
	return run.Task().ID, work(ctx, run)
}

// isBusy reports whether SQLite gave up waiting for another process that writes.
func isBusy(err error) bool {
	var busy *sqlitedriver.Error
	return errors.As(err, &busy) && busy.Code()&0xff == sqlite3.SQLITE_BUSY
}

func work(ctx context.Context, run *activity.Run) error {
	n := rand.IntN(8)
	for i := range n {
		err := run.Report(ctx, activity.Outcome{
			Kind: "imported", Row: int64(i + 1), Record: activity.Entity{Kind: "contact", ID: fmt.Sprint(i)},
			After: map[string]any{"email": "ana@acme.test"},
		})
		if err == nil && i%3 == 0 {
			err = run.Flush(ctx)
		}
		if err == nil && i%3 == 1 {
			_, err = run.Record(ctx, noteAdded.New(note{Call: i}))
		}
		if err != nil {
			return err
		}
	}
	if n == 7 {
		return run.Fail(ctx, errors.New("it did not work"))
	}
	return run.Complete(ctx)
}

// Workers in two processes, which are killed again and again, end each task exactly once and never
// exceed a limit.
func TestKilledWorkers(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		tasks, kills := 2000, 12
		if onSQLite(address) { // each of its commits reaches the disk
			tasks, kills = 400, 6
		}
		s := migrated(t, address)
		journal := newWorkJournal(s)
		exclusive := queueWork(t, journal, tasks)

		// Each line is a task that a process has ended.
		lines := make(chan struct{}, tasks)
		begin := func() *exec.Cmd {
			cmd, out := start(t, "work", address)
			go func() {
				for {
					if _, err := out.ReadString('\n'); err != nil {
						return
					}
					lines <- struct{}{}
				}
			}()
			return cmd
		}
		kill := func(cmd *exec.Cmd) {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
		processes := [2]*exec.Cmd{begin(), begin()}
		defer func() {
			kill(processes[0])
			kill(processes[1])
		}()
		for i := range kills {
			for range 1 + rand.IntN(tasks/kills*2/3) {
				<-lines
			}
			kill(processes[i%2])
			processes[i%2] = begin()
		}
		for deadline := time.Now().Add(4 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
			if open := unfinished(t, journal); open == 0 {
				break
			} else if time.Now().After(deadline) {
				t.Fatalf("%d tasks have not ended", open)
			}
		}
		lost := 0
		for _, tenant := range workTenants {
			lost += checkHistory(t, journal.Tenant(tenant), exclusive)
		}
		if lost == 0 {
			t.Error("no run was lost: this tests nothing")
		}
	})
}

var workTenants = []string{"acme", "globex", "initech"}

// queueWork queues tasks and returns the exclusive keys that they have.
func queueWork(t *testing.T, journal *activity.Journal, n int) map[activity.ID]string {
	t.Helper()
	exclusive := map[activity.ID]string{}
	for i := range n {
		spec := activity.TaskSpec{Kind: workKinds[i%len(workKinds)].Name, Actor: ana}
		if i%5 == 0 {
			spec.Exclusive = fmt.Sprintf("list:%d", i%2)
		}
		task, err := journal.Tenant(workTenants[i%7%len(workTenants)]).Enqueue(t.Context(), spec)
		if err != nil {
			t.Fatal(err)
		}
		if spec.Exclusive != "" {
			exclusive[task.ID] = spec.Exclusive
		}
	}
	return exclusive
}

func unfinished(t *testing.T, journal *activity.Journal) int {
	t.Helper()
	n := 0
	for _, tenant := range workTenants {
		page, err := journal.Tenant(tenant).Tasks(t.Context(), activity.TaskQuery{
			Statuses: []activity.Status{activity.StatusQueued, activity.StatusProcessing}, Limit: 1,
		})
		if err != nil {
			t.Fatal(err)
		}
		n += page.Total.N
	}
	return n
}

// checkHistory reads all of a tenant's events, oldest first, and checks that they are possible. It returns how many
// runs were lost.
func checkHistory(t *testing.T, tenant activity.Tenant, exclusive map[activity.ID]string) (lost int) {
	t.Helper()
	var events []activity.Event
	for e, err := range tenant.Events(t.Context(), activity.Query{Categories: []string{"tasks"}}) {
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, e)
	}
	// Of events at one microsecond, a place is given back before it is taken.
	starts := func(e activity.Event) int {
		if e.Type == activity.TaskStarted.Name() {
			return 1
		}
		return 0
	}
	slices.Reverse(events)
	slices.SortStableFunc(events, func(a, b activity.Event) int {
		return cmp.Or(a.OccurredAt.Compare(b.OccurredAt), cmp.Compare(starts(a), starts(b)))
	})

	status := map[activity.ID]activity.Status{}
	processing := map[string]int{}               // by kind
	holders := map[string]map[activity.ID]bool{} // of exclusive keys
	next := map[string]activity.Status{
		"task.queued": activity.StatusQueued, "task.requeued": activity.StatusQueued, "task.started": activity.StatusProcessing,
		"task.completed": activity.StatusCompleted, "task.failed": activity.StatusFailed, "task.cancelled": activity.StatusCancelled,
	}
	for _, e := range events {
		payload, err := activity.TaskStarted.Payload(activity.Event{Type: "task.started", Version: 1, Payload: e.Payload})
		if err != nil {
			t.Fatal(err)
		}
		from, to := status[e.Task], next[e.Type]
		if e.Type == "task.queued" && from != 0 || e.Type != "task.queued" && !from.CanBecome(to) {
			t.Fatalf("task %s went from %v to %v", e.Task, from, to)
		}
		status[e.Task] = to
		key := exclusive[e.Task]
		switch {
		case to == activity.StatusProcessing:
			if processing[payload.Kind]++; payload.Kind == "limited" && processing[payload.Kind] > 3 {
				t.Fatalf("%d tasks of kind %s were processing at %v", processing[payload.Kind], payload.Kind, e.OccurredAt)
			}
			if key != "" {
				if holders[key] == nil {
					holders[key] = map[activity.ID]bool{}
				}
				if holders[key][e.Task] = true; len(holders[key]) > 1 {
					t.Fatalf("%d tasks had the key %s at %v", len(holders[key]), key, e.OccurredAt)
				}
			}
		case from == activity.StatusProcessing:
			processing[payload.Kind]--
			delete(holders[key], e.Task)
			if payload.System || to == activity.StatusQueued {
				lost++
			}
		}
	}

	tasks := 0
	for task, err := range allTasks(t.Context(), tenant) {
		if err != nil {
			t.Fatal(err)
		}
		tasks++
		if task.Status != status[task.ID] || !task.Status.Ended() {
			t.Errorf("task %s is %v and its events say %v", task.ID, task.Status, status[task.ID])
		}
		report, err := tenant.Report(t.Context(), task.ID)
		if err != nil {
			t.Fatal(err)
		}
		reported := int64(0)
		for _, category := range report.Categories {
			reported += category.Count
		}
		listed := int64(0)
		for q := (activity.OutcomeQuery{Limit: 500}); ; {
			page, err := tenant.Outcomes(t.Context(), task.ID, q)
			if err != nil {
				t.Fatal(err)
			}
			listed += int64(len(page.Outcomes))
			if q.After = page.Next; q.After == "" {
				break
			}
		}
		if n := task.Counts.Attempted(); n != reported || n != listed {
			t.Errorf("task %s counts %d, its report %d, and has %d outcomes", task.ID, n, reported, listed)
		}
	}
	if tasks != len(status) {
		t.Errorf("there are %d tasks, and %d in the events", tasks, len(status))
	}
	t.Logf("tenant %s: %d tasks, %d events, %d lost runs", tenant.Name(), tasks, len(events), lost)
	return lost
}

func allTasks(ctx context.Context, tenant activity.Tenant) func(yield func(activity.Task, error) bool) {
	return func(yield func(activity.Task, error) bool) {
		q := activity.TaskQuery{Limit: activity.MaxLimit, Previews: activity.PreviewsShown}
		for {
			page, err := tenant.Tasks(ctx, q)
			if err != nil {
				yield(activity.Task{}, err)
				return
			}
			for _, task := range page.Tasks {
				if !yield(task, nil) {
					return
				}
			}
			if q.After = page.Next; q.After == "" {
				return
			}
		}
	}
}

// Cancelling a task while its run completes it has one winner.
func TestCancelRacesComplete(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		races := 2000          // and 10,000 in memory, in the root
		if onSQLite(address) { // each of its commits reaches the disk
			races = 500
		}
		s := migrated(t, address)
		tenant := newWorkJournal(s).Tenant("acme")
		var won [2]int
		var mu sync.Mutex
		var racing sync.WaitGroup
		const lanes = 4
		for range lanes {
			racing.Go(func() {
				for range races / lanes {
					winner, err := race(t.Context(), tenant)
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					won[winner]++
					mu.Unlock()
				}
			})
		}
		racing.Wait()
		if t.Failed() {
			return
		}
		t.Logf("completed %d, cancelled %d", won[0], won[1])
		if won[0]+won[1] != races || min(won[0], won[1]) < races/100 {
			t.Errorf("of %d races Complete won %d and Cancel %d", races, won[0], won[1])
		}
		completed, cancelled := 0, 0
		for e, err := range tenant.Events(t.Context(), activity.Query{Categories: []string{"tasks"}}) {
			if err != nil {
				t.Fatal(err)
			}
			switch e.Type {
			case "task.completed":
				completed++
			case "task.cancelled":
				cancelled++
			}
		}
		if completed != won[0] || cancelled != won[1] {
			t.Errorf("the events say that %d were completed and %d cancelled", completed, cancelled)
		}
	})
}

// race lets Complete and Cancel meet, and returns who won: 0 or 1.
func race(ctx context.Context, tenant activity.Tenant) (int, error) {
	task, err := tenant.Enqueue(ctx, activity.TaskSpec{Kind: "free", Actor: ana})
	if err != nil {
		return 0, err
	}
	run, err := tenant.Start(ctx, task.ID)
	if err != nil {
		return 0, err
	}
	var completing, cancelling error
	var both sync.WaitGroup
	ready := make(chan struct{})
	both.Go(func() {
		<-ready
		completing = run.Complete(ctx)
	})
	both.Go(func() {
		<-ready
		_, cancelling = tenant.Cancel(ctx, task.ID, ana, "")
	})
	close(ready)
	both.Wait()
	task, err = tenant.Task(ctx, task.ID)
	if err != nil {
		return 0, err
	}
	winner, loser := activity.StatusCompleted, cancelling
	if cancelling == nil {
		winner, loser = activity.StatusCancelled, completing
	}
	var transition *activity.TransitionError
	switch {
	case (completing == nil) == (cancelling == nil):
		return 0, fmt.Errorf("Complete: %v, Cancel: %v", completing, cancelling)
	case task.Status != winner:
		return 0, fmt.Errorf("the winner's status is %v, and the task is %v", winner, task.Status)
	case !errors.As(loser, &transition) || transition.From != winner:
		return 0, fmt.Errorf("the loser got %v", loser)
	}
	if winner == activity.StatusCancelled {
		return 1, nil
	}
	return 0, nil
}

func onSQLite(address string) bool { return len(address) > 6 && address[:6] == "sqlite" }
