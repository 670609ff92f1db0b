package activity_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
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

// What follows is the code of docs/quotas.md, word for word; TestQuotaGuide compares.

func guideOpen(store activity.Store, planOf func(context.Context, string) (int64, error)) (activity.Tenant, activity.Meter, activity.Meter, error) {
	journal, err := activity.New(store, &activity.Config{
		Quotas: []activity.Quota{
			{Name: "scrapings", Windows: []activity.Window{
				{Length: time.Hour, Limit: 20},
				{Length: 24 * time.Hour, Limit: 80},
			}},
			{Name: "workspace_scrapings", Windows: []activity.Window{{Length: 24 * time.Hour}}},
		},
		Limits: func(ctx context.Context, r activity.LimitRequest) (int64, error) {
			if r.Quota == "workspace_scrapings" {
				return planOf(ctx, r.Tenant) // from your database; activity.Unlimited is no limit, 0 is nothing at all
			}
			return r.Window.Limit, nil
		},
	})
	if err != nil {
		return activity.Tenant{}, activity.Meter{}, activity.Meter{}, err
	}

	acme := journal.Tenant("acme")
	mailbox := acme.Meter("scrapings", activity.Identity("ana@mail.test", "Ana's mailbox"))
	workspace := acme.Meter("workspace_scrapings", activity.Entity{}) // no subject: the tenant as a whole
	return acme, mailbox, workspace, nil
}

func guideUse(ctx context.Context, mailbox activity.Meter) error {
	err := mailbox.Use(ctx, 1)
	if refused, ok := errors.AsType[*activity.QuotaError](err); ok {
		return fmt.Errorf("%d of %d used, try again at %v", refused.Used, refused.Limit, refused.RetryAt)
	}
	return err
}

type guidePage struct {
	bun.BaseModel `bun:"table:page"`

	ID int64 `bun:",pk"`
}

func guideReserve(ctx context.Context, acme activity.Tenant, mailbox, workspace activity.Meter, db *bun.DB, store *bunstore.Store, scrape func(context.Context) ([]guidePage, error)) error {
	reservation, err := acme.Reserve(ctx, 10, mailbox, workspace)
	if err != nil {
		return err
	}
	found, err := scrape(ctx) // a page of at most 10
	if err != nil {
		return errors.Join(err, reservation.Release(ctx))
	}
	err = db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewInsert().Model(&found).Exec(ctx); err != nil {
			return err
		}
		return reservation.With(store.Tx(tx)).Commit(ctx, int64(len(found))) // the others are free again
	})
	return err
}

func guideKind() activity.Kind {
	scraping := activity.Kind{
		Name:       "scraping",
		Quota:      "workspace_scrapings", // of the tenant as a whole
		ActorQuota: "scrapings",           // of who the task runs for
	}
	return scraping
}

func guideCharge(ctx context.Context, run *activity.Run, pages int64, scrapePage func(context.Context, int64) (activity.Outcome, error)) error {
	for page := run.Task().Done; page < pages; page++ {
		if err := run.Charge(ctx, 1); err != nil {
			return err // a QuotaError: the task is queued again, and the next run goes on here
		}
		outcome, err := scrapePage(ctx, page)
		if err != nil {
			return err
		}
		if err := run.Report(ctx, outcome); err != nil {
			return err
		}
		if err := run.Progress(ctx, page+1, pages); err != nil {
			return err
		}
	}
	return run.Complete(ctx)
}

// guideFacts is what guideUsage finds out.
type guideFacts struct {
	used  int64
	when  time.Time
	ever  bool
	by    []activity.UsedBy
	hours []activity.Interval
}

func guideUsage(ctx context.Context, workspace activity.Meter, midnight time.Time) (guideFacts, error) {
	usage, err := workspace.Usage(ctx)
	for _, w := range usage.Windows {
		fmt.Println(w.Length, w.Used, "used,", w.Held, "held,", w.Free, "free of", w.Limit)
	}
	when, ever := usage.When(50) // 50 are admitted from then on, if nothing else happens

	if err != nil {
		return guideFacts{}, err
	}

	by, err := workspace.By(ctx) // who used it within the longest window: the actor of the context, see WithActor

	if err != nil {
		return guideFacts{}, err
	}

	hours, err := workspace.History(ctx, midnight, midnight.AddDate(0, 0, 1), time.Hour)

	return guideFacts{usage.Windows[0].Used, when, ever, by, hours}, err
}

func TestQuotaGuide(t *testing.T) {
	quoted(t, "docs/quotas.md", "guide_test.go", 6)

	ctx := activity.WithActor(t.Context(), activity.User("ana", "Ana"))
	limit := int64(50)
	acme, mailbox, workspace, err := guideOpen(memstore.New(), func(context.Context, string) (int64, error) { return limit, nil })
	if err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	err = guideReserve(ctx, acme, mailbox, workspace, nil, nil, func(context.Context) ([]guidePage, error) {
		usage, err := workspace.Usage(ctx)
		if err != nil || usage.Windows[0].Held != 10 {
			t.Errorf("the workspace has %+v, %v", usage.Windows, err)
		}
		return nil, broken
	})
	if !errors.Is(err, broken) || errors.Is(err, activity.ErrSettled) {
		t.Error(err)
	}
	for range 20 {
		if err := guideUse(ctx, mailbox); err != nil {
			t.Fatal(err)
		}
	}
	if err := guideUse(ctx, mailbox); err == nil || !strings.HasPrefix(err.Error(), "20 of 20 used, try again at 2") {
		t.Error(err)
	}
	if err := workspace.Use(ctx, 20); err != nil {
		t.Fatal(err)
	}
	midnight := time.Now().UTC().Truncate(24 * time.Hour)
	facts, err := guideUsage(ctx, workspace, midnight)
	if err != nil {
		t.Fatal(err)
	}
	if facts.used != 20 || len(facts.by) != 1 || facts.by[0].Units != 20 || facts.by[0].Actor.Name() != "Ana" || len(facts.hours) != 24 {
		t.Errorf("the workspace has %+v", facts)
	}
	if !facts.ever || facts.when.Before(midnight.Add(24*time.Hour)) {
		t.Errorf("50 are free at %v, %v", facts.when, facts.ever)
	}
	limit = 49
	if facts, err := guideUsage(ctx, workspace, midnight); facts.ever || err != nil {
		t.Errorf("50 of 49 are admitted at %v, %v", facts.when, err)
	}
}

// docs/quotas.md lists the resolutions that windows have by default.
func TestResolutionsInTheGuide(t *testing.T) {
	doc, err := os.ReadFile("docs/quotas.md")
	if err != nil {
		t.Fatal(err)
	}
	const day = 24 * time.Hour
	named := map[string]time.Duration{
		"a second": time.Second, "a minute": time.Minute, "an hour": time.Hour, "a day": day, "7 days": 7 * day, "30 days": 30 * day, "365 days": 365 * day,
		"10 ms": 10 * time.Millisecond, "1 second": time.Second, "1 minute": time.Minute, "15 minutes": 15 * time.Minute, "2 hours": 2 * time.Hour, "8 hours": 8 * time.Hour, "4 days": 4 * day,
	}
	rows := regexp.MustCompile(`(?m)^\| (.+) \| (.+) \| (\d+) \| (.+) % \|$`).FindAllStringSubmatch(string(doc), -1)
	if len(rows) != 7 {
		t.Errorf("docs/quotas.md has %d windows", len(rows))
	}
	for _, row := range rows {
		length, resolution := named[row[1]], named[row[2]]
		journal, err := activity.New(memstore.New(), &activity.Config{Quotas: []activity.Quota{{Name: "q", Windows: []activity.Window{{Length: length, Limit: 1}}}}})
		if err != nil {
			t.Fatal(row[0], err)
		}
		usage, err := journal.Tenant("acme").Meter("q", activity.Entity{}).Usage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		buckets, late := fmt.Sprint(int64((length+resolution-1)/resolution)), fmt.Sprintf("%.1f", 100*resolution.Seconds()/length.Seconds())
		if got := usage.Windows[0].Resolution; got != resolution || row[3] != buckets || row[4] != late {
			t.Errorf("%s: the resolution is %v, and %v has %s buckets and is %s %%", row[0], got, resolution, buckets, late)
		}
	}
}

// The tasks of the guide go on where a quota stopped them.
func TestQuotaGuideTask(t *testing.T) {
	kind := guideKind()
	kind.Outcomes = activity.ImportOutcomes()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	journal, err := activity.New(memstore.New(), &activity.Config{
		Quotas: []activity.Quota{
			{Name: "scrapings", Windows: []activity.Window{{Length: time.Hour, Limit: 2}}},
			{Name: "workspace_scrapings", Windows: []activity.Window{{Length: 24 * time.Hour, Limit: 100}}},
		},
		Kinds: []activity.Kind{kind},
		Now:   func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	acme := journal.Tenant("acme")
	task, err := acme.Enqueue(t.Context(), activity.TaskSpec{Kind: "scraping", Actor: activity.Identity("ana@mail.test", "")})
	if err != nil {
		t.Fatal(err)
	}
	for n, end := range []error{activity.ErrQuotaExceeded, activity.ErrQuotaExceeded, nil} {
		run, err := journal.Claim(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ctx := run.Context()
		err = guideCharge(t.Context(), run, 5, func(_ context.Context, page int64) (activity.Outcome, error) {
			return activity.Outcome{Kind: "imported", Row: page + 1}, nil
		})
		if !errors.Is(err, end) {
			t.Errorf("run %d = %v, want %v", n+1, err, end)
		}
		<-ctx.Done() // nothing of the run looks at the clock any more
		if task, err = acme.Task(t.Context(), task.ID); err != nil {
			t.Fatal(err)
		}
		now = task.Wait.Until
	}
	if task.Status != activity.StatusCompleted || task.Done != 5 || task.Counts.Created != 5 {
		t.Errorf("the task is %+v", task)
	}
}

// What is reserved in the guide is committed with what was found, in the host's transaction.
func TestQuotaGuideTransaction(t *testing.T) {
	ctx := t.Context()
	store, err := sqlite.Open(ctx, filepath.Join(t.TempDir(), "activity.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if err := store.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := store.DB().NewCreateTable().Model((*guidePage)(nil)).Exec(ctx); err != nil {
		t.Fatal(err)
	}
	acme, mailbox, workspace, err := guideOpen(store, func(context.Context, string) (int64, error) { return 50, nil })
	if err != nil {
		t.Fatal(err)
	}
	scrape := func(context.Context) ([]guidePage, error) { return []guidePage{{ID: 1}, {ID: 2}, {ID: 3}}, nil }
	if err := guideReserve(ctx, acme, mailbox, workspace, store.DB(), store, scrape); err != nil {
		t.Fatal(err)
	}
	if err := guideReserve(ctx, acme, mailbox, workspace, store.DB(), store, scrape); err == nil {
		t.Fatal("the same pages were stored twice")
	}
	usage, err := workspace.Usage(ctx)
	if err != nil || usage.Windows[0].Used != 3 || usage.Windows[0].Held != 10 {
		t.Errorf("after a commit of 3 and a transaction that failed: %+v, %v", usage.Windows, err)
	}
}
