package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/examples/crm/catalogue"
)

func TestSeedOfEvents(t *testing.T) {
	c := seeded(t)
	for workspace, least := range map[string]int{"acme": 6000, "initech": 800} {
		tenant := c.journal.Tenant(workspace)
		all := events(t, tenant, activity.Query{})
		if len(all) < least {
			t.Errorf("%s has %d events", workspace, len(all))
		}
		types, months := map[string]int{}, map[string]int{}
		for _, e := range all {
			types[e.Type]++
			months[e.OccurredAt.Format("2006-01")]++
			if e.OccurredAt.After(filled.now) || e.RecordedAt.After(filled.now) || e.OccurredAt.Before(filled.now.Add(-year-72*time.Hour)) {
				t.Fatalf("%s of %v was recorded at %v", e.Type, e.OccurredAt, e.RecordedAt)
			}
		}
		want := []string{"activity.comment", "activity.note", "activity.merged", "activity.parent_set", "activity.erased",
			"task.queued", "task.started", "task.completed", "task.failed", "task.cancelled", "task.requeued"}
		for _, typ := range catalogue.Types() {
			want = append(want, typ.Name())
		}
		for _, name := range want {
			if types[name] == 0 {
				t.Errorf("%s has no event of type %s", workspace, name)
			}
		}
		if len(months) < 12 {
			t.Errorf("%s has events in %d months only", workspace, len(months))
		}
		if lately, before := len(events(t, tenant, activity.Query{From: filled.now.AddDate(0, 0, -30)})), len(events(t, tenant, activity.Query{
			From: filled.now.AddDate(0, 0, -120), To: filled.now.AddDate(0, 0, -90)})); lately < 2*before {
			t.Errorf("%s has %d events of late, and %d of the same time before", workspace, lately, before)
		}
		threads := count(all, func(e activity.Event) bool {
			return e.Type == activity.Commented.Name() && slices.ContainsFunc(e.About, func(a activity.Entity) bool { return a.Kind == activity.EventKind })
		})
		mentions := count(all, func(e activity.Event) bool { return len(activity.Mentions(e)) > 0 })
		manual := count(all, func(e activity.Event) bool { return e.Source == activity.Manual })
		keys := count(all, func(e activity.Event) bool { return e.Key != "" })
		if threads == 0 || mentions == 0 || manual == 0 || manual == len(all) || keys == 0 {
			t.Errorf("%s has %d comments on events, %d mentions, %d events by hand, %d keys", workspace, threads, mentions, manual, keys)
		}
	}
}

func TestSeedOfTasks(t *testing.T) {
	c := seeded(t)
	for _, w := range workspaces {
		tenant := c.journal.Tenant(w.id)
		all := tasks(t, tenant, activity.TaskQuery{Previews: activity.PreviewsShown})
		if least := volumes[w.id].tasks; len(all) < least {
			t.Errorf("%s has %d tasks", w.id, len(all))
		}
		for what, is := range map[string]func(activity.Task) bool{
			"waits for a quota":    func(t activity.Task) bool { return t.Wait.For == activity.WaitQuota && t.Wait.Until.After(filled.now) },
			"waits for another":    func(t activity.Task) bool { return t.Wait.For == activity.WaitExclusive },
			"waits for a place":    func(t activity.Task) bool { return t.Wait.For == activity.WaitPlace },
			"is processing":        func(t activity.Task) bool { return t.Status == activity.StatusProcessing },
			"completed":            func(t activity.Task) bool { return t.Status == activity.StatusCompleted },
			"failed":               func(t activity.Task) bool { return t.Status == activity.StatusFailed && t.Reason != "" && !t.System },
			"failed by the system": func(t activity.Task) bool { return t.Status == activity.StatusFailed && t.System },
			"was cancelled at work": func(t activity.Task) bool {
				return t.Status == activity.StatusCancelled && !t.StartedAt.IsZero() && t.Counts.Attempted() > 0
			},
			"was cancelled before": func(t activity.Task) bool { return t.Status == activity.StatusCancelled && t.StartedAt.IsZero() },
			"repeats one": func(t activity.Task) bool {
				return !t.RetryOf.IsZero() && t.Kind == "export_companies" && t.Status == activity.StatusCompleted
			},
			"is a preview": func(t activity.Task) bool { return t.Preview && t.Status == activity.StatusCompleted },
			"was undone":   func(t activity.Task) bool { return !t.RevertedBy.IsZero() },
			"undoes one, and keeps some": func(t activity.Task) bool {
				return !t.Reverts.IsZero() && t.Counts.Updated > 0 && t.Counts.Unmodified > 0
			},
			"is a recipe": func(t activity.Task) bool {
				return t.Recipe && t.Children.Total == 3 && t.Status == activity.StatusCompleted
			},
			"is a recipe that failed": func(t activity.Task) bool { return t.Recipe && t.Status == activity.StatusFailed },
			"was automatic":           func(t activity.Task) bool { return t.Automated },
			"has a template":          func(t activity.Task) bool { return t.Attributes["template"] != "" },
		} {
			if count(all, is) == 0 {
				t.Errorf("in %s, no task %s", w.id, what)
			}
		}
		update := slices.IndexFunc(all, func(t activity.Task) bool { return !t.RetryOf.IsZero() && t.Kind == "enrichment" })
		if update < 0 {
			t.Fatalf("%s has no update after a preview", w.id)
		}
		differences := 0
		for _, err := range tenant.Drift(t.Context(), all[update].RetryOf, all[update].ID) {
			if err != nil {
				t.Fatal(err)
			}
			differences++
		}
		if differences == 0 {
			t.Errorf("in %s, the update is what the preview was", w.id)
		}
	}
}

// Each kind has a report with each of its outcome kinds, and there are values, further fields and links.
func TestSeedOfReports(t *testing.T) {
	c := seeded(t)
	acme := c.journal.Tenant("acme")
	missing := map[string]bool{}
	for _, k := range catalogue.Kinds() {
		for _, o := range k.Outcomes {
			missing[k.Name+" "+o.Name] = true
		}
	}
	var before, extra, links, rows int
	for _, task := range tasks(t, acme, activity.TaskQuery{Statuses: []activity.Status{activity.StatusCompleted}}) {
		page, err := acme.Outcomes(t.Context(), task.ID, activity.OutcomeQuery{Limit: activity.MaxLimit})
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range page.Outcomes {
			delete(missing, task.Kind+" "+o.Kind)
			before += min(1, len(o.Before)) * len(o.After)
			extra += len(o.Extra)
			links += len(o.Link)
			rows += int(o.Row)
		}
	}
	for what := range missing {
		t.Errorf("there is no outcome of %s", what)
	}
	if before == 0 || extra == 0 || links == 0 || rows == 0 {
		t.Errorf("there are %d values, %d further ones, %d links, %d rows", before, extra, links, rows)
	}
}

// digest is what does not depend on the moment at which a database was filled.
func digest(t *testing.T, c *crm) []string {
	t.Helper()
	var lines []string
	for _, w := range workspaces {
		for _, e := range events(t, c.journal.Tenant(w.id), activity.Query{}) {
			lines = append(lines, e.Type+" "+e.Actor.Name()+" "+c.journal.Summary(e, "es").Text)
		}
		for _, task := range tasks(t, c.journal.Tenant(w.id), activity.TaskQuery{Previews: activity.PreviewsShown, Sort: activity.SortQueued}) {
			lines = append(lines, fmt.Sprint(task.Kind, task.Name(), task.Status, task.Counts, task.Duration()))
		}
	}
	return lines
}

func TestSeedIsTheSame(t *testing.T) {
	c := open(t, filepath.Join(t.TempDir(), "again.db"))
	first := seeded(t) // says when
	if err := c.seed(t.Context(), filled.now, func(string) {}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(digest(t, first), digest(t, c)); diff != "" {
		t.Errorf("(-first +second):\n%s", diff)
	}
}

// A database that is filled stays as it is; one that was filled in part is refused.
func TestSeedOnce(t *testing.T) {
	c := seeded(t)
	was := len(events(t, c.journal.Tenant("acme"), activity.Query{}))
	if err := c.seed(t.Context(), time.Now(), func(text string) { t.Errorf("it says %q", text) }); err != nil {
		t.Fatal(err)
	}
	if is := len(events(t, c.journal.Tenant("acme"), activity.Query{})); is != was {
		t.Errorf("%d events became %d", was, is)
	}
	if _, err := c.store.DB().NewDelete().Model((*record)(nil)).Where("workspace = ?", "initech").Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.seed(t.Context(), time.Now(), func(string) {}); err == nil || !strings.Contains(err.Error(), "initech was filled in part") {
		t.Errorf("a part of a seed: %v", err)
	}
}

func TestSeedOnPostgres(t *testing.T) {
	c := onPostgres(t)
	first := seeded(t)
	if err := c.seed(t.Context(), filled.now, func(string) {}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(digest(t, first), digest(t, c)); diff != "" {
		t.Errorf("(-SQLite +PostgreSQL):\n%s", diff)
	}
}
