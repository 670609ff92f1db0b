package activity_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/memstore"
)

// imports is a kind of task: what it is called, how its report is divided, and how its end is told.
var imports = activity.Kind{
	Name: "import_contacts", Label: "CSV import", Category: "prospecting", Object: "contacts",
	Outcomes: activity.ImportOutcomes(),
	Summary:  "imported {created, number} contacts{failed, plural, =0 {} other {, # failed}}",
}

// openTasks makes a tenant for the examples, in memory and with a clock that stands still.
func openTasks(kinds ...activity.Kind) (activity.Tenant, *activity.Journal) {
	journal, err := activity.New(memstore.New(), &activity.Config{
		Kinds: kinds,
		Now:   func() time.Time { return time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC) },
	})
	if err != nil {
		panic(err)
	}
	return journal.Tenant("acme"), journal
}

// Do runs a task whose caller waits for it. The run reports what became of each record.
func ExampleTenant_Do() {
	ctx := context.Background()
	acme, journal := openTasks(imports)
	rows := []string{"eve@globex.test", "al@globex.test", "not an address"}

	task, err := acme.Do(ctx, activity.TaskSpec{Kind: "import_contacts", Title: "contacts.csv", Actor: activity.User("ana", "Ana")},
		func(ctx context.Context, run *activity.Run) error {
			for i, row := range rows {
				outcome := activity.Outcome{Kind: "imported", Row: int64(i + 1), Record: activity.Entity{Kind: "contact", ID: row}}
				if !strings.Contains(row, "@") {
					outcome = activity.Outcome{Kind: "error", Row: int64(i + 1), Message: "no email address"}
				}
				if err := run.Report(ctx, outcome); err != nil {
					return err // ErrNotRunning: somebody cancelled it
				}
			}
			return nil
		})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(task.Name(), task.Status, task.Counts.Created, "created,", task.Counts.Failed, "failed")
	for event := range acme.Events(ctx, activity.Query{Task: task.ID}) {
		fmt.Println(event.Actor.Name(), journal.Summary(event, "en"))
	}
	// Output:
	// contacts.csv completed 2 created, 1 failed
	// Ana imported 2 contacts, 1 failed
	// Ana started contacts.csv
	// Ana queued contacts.csv
}

// Tasks are queued in one place, and worked on in others: by any number of workers in any number of processes.
func ExampleJournal_Claim() {
	ctx := context.Background()
	acme, journal := openTasks(imports)
	for _, file := range []string{"may.csv", "june.csv"} {
		_, err := acme.Enqueue(ctx, activity.TaskSpec{
			Kind: "import_contacts", Title: file, Actor: activity.User("ana", "Ana"), Input: json.RawMessage(`{"file":"` + file + `"}`),
		})
		if err != nil {
			fmt.Println(err)
			return
		}
	}

	for { // a worker
		run, err := journal.Claim(ctx, "import_contacts")
		if errors.Is(err, activity.ErrNoTask) {
			break // a worker would wait, and ask again
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("working on", string(run.Task().Input))
		if err := run.Complete(ctx); err != nil {
			fmt.Println(err)
		}
	}
	// Output:
	// working on {"file":"may.csv"}
	// working on {"file":"june.csv"}
}

// A recipe is a task made of tasks. It shows their counts together, and ends as they do.
func ExampleTenant_Recipe() {
	ctx := context.Background()
	acme, journal := openTasks(imports)
	ana := activity.User("ana", "Ana")
	recipe, steps, err := acme.Recipe(ctx, activity.TaskSpec{Kind: "import_contacts", Title: "weekly", Actor: ana},
		activity.TaskSpec{Kind: "import_contacts", Title: "may.csv", Actor: ana},
		activity.TaskSpec{Kind: "import_contacts", Title: "june.csv", Actor: ana})
	if err != nil {
		fmt.Println(err)
		return
	}
	for range steps {
		run, err := journal.Claim(ctx)
		if err != nil {
			fmt.Println(err)
			return
		}
		if err := errors.Join(run.Report(ctx, activity.Outcome{Kind: "imported"}), run.Complete(ctx)); err != nil {
			fmt.Println(err)
			return
		}
		recipe, _ = acme.Task(ctx, recipe.ID)
		fmt.Println(recipe.Title, "is", recipe.Status, "with", recipe.Counts.Created, "created and", recipe.Children.Open, "steps open")
	}
	// Output:
	// weekly is processing with 1 created and 1 steps open
	// weekly is completed with 2 created and 0 steps open
}

// rename runs a task that renames two contacts.
func rename(ctx context.Context, acme activity.Tenant) (activity.Task, error) {
	return acme.Do(ctx, activity.TaskSpec{Kind: "import_contacts", Title: "names.csv", Actor: activity.User("ana", "Ana")},
		func(ctx context.Context, run *activity.Run) error {
			return run.Report(ctx,
				activity.Outcome{
					Kind: "updated", Row: 1, Record: activity.Entity{Kind: "contact", ID: "c1", Label: "Eve"},
					Before: map[string]any{"name": "Eve"}, After: map[string]any{"name": "=Eva"},
				},
				activity.Outcome{
					Kind: "updated", Row: 2, Record: activity.Entity{Kind: "contact", ID: "c2", Label: "Al"},
					Before: map[string]any{"name": "Al", "age": 41}, After: map[string]any{"name": "Alan", "age": 42},
				})
		})
}

// The report has a line for each record, for spreadsheets: what they would run as a formula gets an apostrophe.
func ExampleTenant_WriteReport() {
	ctx := context.Background()
	acme, _ := openTasks(imports)
	task, err := rename(ctx, acme)
	if err != nil {
		fmt.Println(err)
		return
	}
	var report strings.Builder // os.Create("report.csv"), or an http.ResponseWriter
	if err := acme.WriteReport(ctx, &report, task.ID, activity.ReportOptions{}); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(strings.ReplaceAll(report.String(), "\r\n", "\n"))
	// Output:
	// Row,Result,Message,Record kind,Record ID,Name,Link,age (Before),age (After),name (Before),name (After)
	// 1,Updated,,contact,c1,Eve,,,,Eve,'=Eva
	// 2,Updated,,contact,c2,Al,,41,42,Al,Alan
}

// A run is undone from its last change to its first. A record that somebody edited since is kept, and listed.
func ExampleTenant_Revert() {
	ctx := context.Background()
	acme, _ := openTasks(imports)
	contacts := map[string]map[string]any{"c1": {"name": "Evelyn"}, "c2": {"name": "Alan", "age": 42}} // c1 was edited since
	task, err := rename(ctx, acme)
	if err != nil {
		fmt.Println(err)
		return
	}

	undo, err := acme.Revert(ctx, task.ID, activity.User("ben", "Ben"), func(_ context.Context, change activity.Change) error {
		if err := change.Check(contacts[change.Record.ID]); err != nil {
			return err
		}
		contacts[change.Record.ID] = change.Before
		return nil
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	page, err := acme.Outcomes(ctx, undo.ID, activity.OutcomeQuery{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, outcome := range page.Outcomes {
		fmt.Printf("%s: %s\n", outcome.Record.Name(), strings.Trim(outcome.Kind+", "+outcome.Message, ", "))
	}
	fmt.Println(contacts["c1"]["name"], contacts["c2"]["name"], contacts["c2"]["age"])
	// Output:
	// Al: reverted
	// Eve: kept, record was edited since: name
	// Evelyn Al 41
}

// Lists are filtered by what people ask for: all imports by Ana that failed, say.
func ExampleTenant_Tasks() {
	ctx := context.Background()
	acme, _ := openTasks(imports)
	ana, ben := activity.User("ana", "Ana"), activity.User("ben", "Ben")
	for i, actor := range []activity.Entity{ana, ben, ana, ana} {
		_, err := acme.Do(ctx, activity.TaskSpec{Kind: "import_contacts", Title: fmt.Sprint("file ", i+1), Actor: actor},
			func(context.Context, *activity.Run) error {
				if i < 3 {
					return errors.New("the file is empty")
				}
				return nil
			})
		if err != nil && i == 3 {
			fmt.Println(err)
			return
		}
	}

	page, err := acme.Tasks(ctx, activity.TaskQuery{
		Categories: []string{"prospecting"}, Actor: ana, Statuses: []activity.Status{activity.StatusFailed}, Title: "file",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, task := range page.Tasks {
		fmt.Println(task.Title, task.Status, task.Reason)
	}
	fmt.Println(page.Total, "in all")
	// Output:
	// file 3 failed the file is empty
	// file 1 failed the file is empty
	// 2 in all
}
