package storetest

import (
	"errors"
	"time"

	"github.com/go-activity/activity"
)

// quotaTaskPromises are about tasks that use what is limited.
var quotaTaskPromises = []testCase{
	{name: "A9 tasks that wait for a limit", check: checkTasksThatWait},
	{name: "A9 tasks that give back", check: checkTasksThatGiveBack},
}

// newScrapingDesk is a desk whose scrapings are limited: 5 in an hour, and 3 of each actor.
func newScrapingDesk(s subject) desk {
	s.Helper()
	d := newDesk(s)
	journal, err := activity.New(s.store, &activity.Config{
		Quotas: []activity.Quota{
			{Name: "scrapings", Windows: []activity.Window{{Length: time.Hour, Limit: 5}}},
			{Name: "own_scrapings", Windows: []activity.Window{{Length: time.Hour, Limit: 3}}},
		},
		Kinds: []activity.Kind{{
			Name: "scraping", Object: "leads", Outcomes: []activity.OutcomeKind{{Name: "found", Counts: activity.Created}}, Lost: activity.LostRequeues,
			Quota: "scrapings", ActorQuota: "own_scrapings", Lease: 24 * time.Hour,
		}},
		Now: func() time.Time { return time.UnixMicro(d.clock.Load()) },
	})
	if err != nil {
		s.Fatalf("activity.New: %v", err)
	}
	d.journal, d.tenant = journal, journal.Tenant(acme)
	return d
}

// used checks how much is used and held of a meter.
func (d desk) used(quota string, subject activity.Entity, used, held int64) {
	d.Helper()
	usage, err := d.tenant.Meter(quota, subject).Usage(d.Context())
	d.must(err)
	if w := usage.Windows[0]; w.Used != used || w.Held != held {
		d.Errorf("of %s %v, %d are used and %d held, want %d and %d", quota, subject, w.Used, w.Held, used, held)
	}
}

// scrapes charges and reports until the task is done, or a quota is full.
func (d desk) scrapes(run *activity.Run, leads int64) error {
	d.Helper()
	for n := run.Task().Done; n < leads; n++ {
		if err := run.Charge(d.Context(), 1); err != nil {
			return err
		}
		d.must(run.Report(d.Context(), outcome("found", contact(int(n)))))
		d.must(run.Progress(d.Context(), n+1, leads))
	}
	d.must(run.Complete(d.Context()))
	return nil
}

func checkTasksThatWait(s subject) {
	d := newScrapingDesk(s)
	first, second := d.queue(activity.TaskSpec{Kind: "scraping"}), d.queue(activity.TaskSpec{Kind: "scraping", Actor: ben})
	claim := func(want activity.Task) *activity.Run {
		d.Helper()
		run, err := d.journal.Claim(d.Context())
		d.must(err)
		if run.Task().ID != want.ID {
			d.Fatalf("Claim returned task %v, want %v", run.Task().ID, want.ID)
		}
		return run
	}
	nothing := func() {
		d.Helper()
		if run, err := d.journal.Claim(d.Context()); !errors.Is(err, activity.ErrNoTask) {
			d.Fatalf("Claim when all that is queued waits = %v, %v", run, err)
		}
	}
	yields := func(run *activity.Run, leads int64, quota string, until time.Time) {
		d.Helper()
		if err := d.scrapes(run, leads); !errors.Is(err, activity.ErrQuotaExceeded) {
			d.Fatalf("a run at the limit returns %v", err)
		}
		task := d.task(run.Task().ID)
		d.equal("what the task waits for", task.Wait, activity.Wait{For: activity.WaitQuota, Quota: quota, Units: 1, Until: until})
		d.equal("its status", task.Status, activity.StatusQueued)
		if n := task.Counts.Created; n != task.Done || n == 0 {
			d.Errorf("the task that waits has done %d, and reported %d", task.Done, n)
		}
	}
	full := epoch.Truncate(time.Minute).Add(time.Hour + time.Minute)
	yields(claim(first), 4, "own_scrapings", full)
	yields(claim(second), 3, "scrapings", full)
	nothing()
	d.used("scrapings", activity.Entity{}, 5, 0)
	d.used("own_scrapings", ben, 2, 0)
	third := d.queue(activity.TaskSpec{Kind: "scraping", Actor: ben})
	d.equal("what a new task waits for", third.Wait.Quota, "scrapings")
	d.clock.Store(full.UnixMicro() - 1)
	nothing()
	d.later(time.Microsecond)
	d.must(d.scrapes(claim(first), 4))
	d.must(d.scrapes(claim(second), 3))
	d.must(d.scrapes(claim(third), 1))
	for _, task := range []activity.Task{first, second, third} {
		after := d.task(task.ID)
		d.equal("its status", after.Status, activity.StatusCompleted)
		counts, err := d.tenant.Report(d.Context(), task.ID)
		d.must(err)
		d.equal("its outcomes", counts.Categories[0].Count, after.Done)
	}
	d.equal("what happened to the first", d.summaries(activity.Query{Task: first.ID}), []string{
		"Ana queued scraping", "Ana started scraping", "Ana queued scraping again: it waits for own scrapings until 2026-03-01T13:01:00Z",
		"Ana started again scraping", "Ana completed scraping: 4 succeeded",
	})
	d.used("scrapings", activity.Entity{}, 3, 0)
}

// However a task ends, what it holds and did not use is free again, and other tasks get it.
func checkTasksThatGiveBack(s subject) {
	d := newScrapingDesk(s)
	holding := func(n, charged int64, actor activity.Entity) *activity.Run {
		d.Helper()
		run := d.start(d.queue(activity.TaskSpec{Kind: "scraping", Actor: actor}).ID)
		d.must(run.Reserve(d.Context(), n))
		d.must(run.Charge(d.Context(), charged))
		return run
	}
	cancelled, failed := holding(3, 1, ana), holding(2, 1, ben)
	d.used("scrapings", activity.Entity{}, 2, 3)
	d.used("own_scrapings", ana, 1, 2)
	waiting := d.queue(activity.TaskSpec{Kind: "scraping", Actor: ben})
	d.equal("what the next task waits for", waiting.Wait.Quota, "scrapings")
	_, err := d.tenant.Cancel(d.Context(), cancelled.Task().ID, ben, "")
	d.must(err)
	d.used("scrapings", activity.Entity{}, 2, 1)
	if err := cancelled.Charge(d.Context(), 1); !errors.Is(err, activity.ErrNotRunning) {
		d.Errorf("Charge of a run that was cancelled = %v", err)
	}
	d.must(failed.Fail(d.Context(), errOfFn))
	d.used("scrapings", activity.Entity{}, 2, 0)
	d.used("own_scrapings", ana, 1, 0)
	if n, err := d.journal.Wake(d.Context()); n != 1 || err != nil {
		d.Errorf("Wake after units were given back = %d, %v", n, err)
	}
	run, err := d.journal.Claim(d.Context())
	d.must(err)
	d.equal("the task that waited", run.Task().ID, waiting.ID)
	// What a run holds whose process is gone comes back when its task is recovered.
	d.must(run.Reserve(d.Context(), 2))
	d.later(24 * time.Hour)
	if n, err := d.journal.Recover(d.Context()); n != 1 || err != nil {
		d.Errorf("Recover = %d, %v", n, err)
	}
	d.used("scrapings", activity.Entity{}, 0, 0)
	again := d.start(waiting.ID)
	d.must(again.Charge(d.Context(), 3))
	d.must(again.Complete(d.Context()))
	d.used("own_scrapings", ben, 3, 0)
}
