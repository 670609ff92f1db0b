package activity_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/bunstore"
	"github.com/go-activity/activity/store/memstore"
	"github.com/go-activity/activity/store/sqlite"
)

// What follows is the code of README.md, word for word; TestReadme compares.

type StageChange struct {
	From string `json:"from"`
	To   string `json:"to"`
}

var StageChanged = activity.Define[StageChange]("deal.stage_changed", activity.TypeOptions{
	Category: "deals",
	Summary:  "moved from {from} to {to}",
})

func readmeRecord(ctx context.Context, journal *activity.Journal, deal, account activity.Entity) (string, error) {
	acme := journal.Tenant("acme")

	events, err := acme.Record(ctx, StageChanged.New(StageChange{"Proposal", "Negotiation"}).
		By(activity.User("ana@acme.test", "Ana")).
		About(deal, account))
	if err != nil || len(events) != 1 {
		return "", err
	}

	page, err := acme.Timeline(ctx, activity.Query{About: []activity.Entity{account}})
	for _, e := range page.Events {
		fmt.Println(e.OccurredAt, e.Actor.Name(), journal.Summary(e, "en")) // … Ana moved from Proposal to Negotiation
	}
	return fmt.Sprint(page.Events[0].Actor.Name(), " ", journal.Summary(page.Events[0], "en")), err
}

func readmeOpen(ctx context.Context, use func(activity.Tenant, *activity.Journal, *bunstore.Store) error) error {
	store, err := sqlite.Open(ctx, "activity.db") // or postgres.Open(ctx, dsn), bunstore.New(db), memstore.New()
	if err != nil {
		return err
	}
	defer store.Close()
	if err := store.Migrate(ctx); err != nil {
		return err
	}
	journal, err := activity.New(store, &activity.Config{Types: []activity.EventType{StageChanged}})
	if err != nil {
		return err
	}
	acme := journal.Tenant("acme") // every read and write is within one tenant
	return use(acme, journal, store)
}

type readmeDeal struct {
	bun.BaseModel `bun:"table:deal"`

	ID    int64 `bun:",pk"`
	Stage string
}

func readmeTransaction(ctx context.Context, db *bun.DB, store *bunstore.Store, journal *activity.Journal, deal readmeDeal, draft activity.Draft) error {
	err := db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewUpdate().Model(&deal).WherePK().Exec(ctx); err != nil {
			return err
		}
		_, err := journal.With(store.Tx(tx)).Tenant("acme").Record(ctx, draft)
		return err
	})
	return err
}

func readmeTask(ctx context.Context, acme activity.Tenant, ana activity.Entity, rows []string, importRow func(int, string) activity.Outcome, w io.Writer) (activity.Task, error) {
	task, err := acme.Do(ctx, activity.TaskSpec{Kind: "import_contacts", Title: "contacts.csv", Actor: ana},
		func(ctx context.Context, run *activity.Run) error {
			for i, row := range rows {
				if err := run.Report(ctx, importRow(i, row)); err != nil {
					return err
				}
			}
			return nil
		})
	if err != nil {
		return task, err
	}

	err = acme.WriteReport(ctx, w, task.ID, activity.ReportOptions{})
	return task, err
}

func readmeQuota(ctx context.Context, store activity.Store, scrape func(context.Context) (int64, error)) (activity.Usage, error) {
	journal, err := activity.New(store, &activity.Config{Quotas: []activity.Quota{{
		Name:    "scrapings",
		Windows: []activity.Window{{Length: time.Hour, Limit: 20}, {Length: 24 * time.Hour, Limit: 80}},
	}}})
	if err != nil {
		return activity.Usage{}, err
	}
	meter := journal.Tenant("acme").Meter("scrapings", activity.Identity("ana@mail.test", "Ana's mailbox"))

	reservation, err := meter.Reserve(ctx, 10)
	if refused, ok := errors.AsType[*activity.QuotaError](err); ok {
		fmt.Println("no room until", refused.RetryAt)
	}
	if err != nil {
		return activity.Usage{}, err
	}
	used, err := scrape(ctx)
	if err != nil {
		return activity.Usage{}, err
	}

	err = reservation.Commit(ctx, used) // the others are free again
	if err != nil {
		return activity.Usage{}, err
	}

	usage, err := meter.Usage(ctx) // of each window: used, held, free, the limit, and what frees up when
	return usage, err
}

func readmeLedger(ctx context.Context, journal *activity.Journal) error {
	for entry, err := range journal.Follow(ctx, activity.FollowOptions{Tenant: "acme"}) {
		if err != nil {
			return err
		}
		fmt.Println(entry.Position, journal.Summary(entry.Event, "en"))
	}

	checkpoint, err := journal.Tenant("acme").Ledger().Checkpoint(ctx) // keep it elsewhere

	if err != nil {
		return err
	}

	_, err = journal.Tenant("acme").Ledger().Verify(ctx, &checkpoint) // a TamperError names what was changed since

	return err
}

// quoted checks that the code in a document is in a Go file, and how many blocks there are at least.
func quoted(t *testing.T, document, source string, least int) {
	t.Helper()
	doc, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	code, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	words := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllSubmatch(doc, -1)
	if len(blocks) < least {
		t.Fatalf("%s has %d blocks of code", document, len(blocks))
	}
	for _, block := range blocks {
		for _, paragraph := range strings.Split(string(block[1]), "\n\n") {
			if !strings.Contains(words(string(code)), words(paragraph)) {
				t.Errorf("this code of %s is not what is tested:\n%s", document, paragraph)
			}
		}
	}
}

func TestReadme(t *testing.T) {
	quoted(t, "README.md", "readme_test.go", 5)
	t.Chdir(t.TempDir())
	ctx := t.Context()
	err := readmeOpen(ctx, func(acme activity.Tenant, journal *activity.Journal, store *bunstore.Store) error {
		deal := activity.Entity{Kind: "deal", ID: "42", Label: "Big one"}
		line, err := readmeRecord(ctx, journal, deal, activity.Entity{Kind: "account", ID: "7"})
		if want := "Ana moved from Proposal to Negotiation"; line != want {
			t.Errorf("the summary is %q, want %q", line, want)
		}
		if err != nil {
			return err
		}
		if _, err := store.DB().NewCreateTable().Model((*readmeDeal)(nil)).Exec(ctx); err != nil {
			return err
		}
		draft := StageChanged.New(StageChange{"Negotiation", "Won"}).By(activity.User("ana@acme.test", "Ana")).About(deal)
		if err := readmeTransaction(ctx, store.DB(), store, journal, readmeDeal{ID: 42, Stage: "Won"}, draft); err != nil {
			return err
		}
		withKinds, err := activity.New(store, &activity.Config{Kinds: []activity.Kind{{Name: "import_contacts", Outcomes: activity.ImportOutcomes()}}})
		if err != nil {
			return err
		}
		var report strings.Builder
		importRow := func(i int, row string) activity.Outcome {
			return activity.Outcome{Kind: "imported", Row: int64(i + 1), Record: activity.Entity{Kind: "contact", ID: row}}
		}
		task, err := readmeTask(ctx, withKinds.Tenant("acme"), activity.User("ana", "Ana"), []string{"ben", "eve"}, importRow, &report)
		if err != nil {
			return err
		}
		if task.Counts.Created != 2 || strings.Count(report.String(), "Imported") != 2 {
			t.Errorf("the task has counts %+v and the report\n%s", task.Counts, &report)
		}
		usage, err := readmeQuota(ctx, memstore.New(), func(context.Context) (int64, error) { return 7, nil })
		if err != nil {
			return err
		}
		if usage.Windows[0].Used != 7 || usage.Windows[1].Free != 73 {
			t.Errorf("the quota has %+v", usage.Windows)
		}
		ended, cancel := context.WithCancel(ctx)
		cancel()
		if err := readmeLedger(ended, journal); !errors.Is(err, context.Canceled) {
			t.Errorf("following ended with %v", err)
		}
		page, err := acme.Timeline(ctx, activity.Query{About: []activity.Entity{deal}})
		if len(page.Events) != 2 {
			t.Errorf("the deal has %d events, want 2", len(page.Events))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
