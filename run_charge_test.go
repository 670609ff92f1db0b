package activity_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/memstore"
)

var (
	// perHour is a quota of 5 an hour, in buckets of a minute.
	perHour = activity.Quota{Name: "pages", Windows: []activity.Window{{Length: time.Hour, Limit: 5}}}
	// perMailbox is one of 3 an hour.
	perMailbox = activity.Quota{Name: "mailbox_pages", Windows: []activity.Window{{Length: time.Hour, Limit: 3}}}

	scraping = activity.Kind{Name: "scrape", Quota: "pages", Outcomes: activity.ImportOutcomes(), Lost: activity.LostRequeues}
	bySender = activity.Kind{Name: "send", Quota: "pages", ActorQuota: "mailbox_pages", Outcomes: activity.ImportOutcomes()}
)

// charging is a journal with these quotas and kinds, in a bubble of synctest.
func charging(t *testing.T) (activity.Tenant, *activity.Journal) {
	journal := configured(t, activity.Config{
		Quotas: []activity.Quota{perHour, perMailbox}, Kinds: []activity.Kind{scraping, bySender, importing}, Now: time.Now,
	})
	return journal.Tenant("acme"), journal
}

// wantUsage checks how much is used and held of a meter.
func wantUsage(t *testing.T, m activity.Meter, used, held int64) {
	t.Helper()
	usage, err := m.Usage(t.Context())
	check(t, err)
	if w := usage.Windows[0]; w.Used != used || w.Held != held {
		t.Errorf("of %s %v, %d are used and %d held, want %d and %d", usage.Quota, usage.Subject, w.Used, w.Held, used, held)
	}
}

// fullAt checks that an error says that a quota is full until a time.
func fullAt(t *testing.T, err error, quota string, until time.Time) {
	t.Helper()
	e, ok := errors.AsType[*activity.QuotaError](err)
	if !ok || !errors.Is(err, activity.ErrQuotaExceeded) || e.Quota != quota || !e.RetryAt.Equal(until) {
		t.Errorf("the error is %+v, want that %s is full until %v", err, quota, until)
	}
}

func TestChargeYields(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tenant, journal := charging(t)
		begin := time.Now().UTC().Truncate(time.Minute)
		task := queue(t, tenant, activity.TaskSpec{Kind: "scrape", Total: 7})
		run, err := journal.Claim(t.Context())
		check(t, err)
		for n := range int64(5) {
			check(t, run.Charge(t.Context(), 1))
			check(t, run.Report(t.Context(), activity.Outcome{Kind: "imported", Row: n + 1}))
			check(t, run.Progress(t.Context(), n+1, 0))
		}
		again := begin.Add(time.Hour + time.Minute) // a minute is its resolution
		fullAt(t, run.Charge(t.Context(), 1), "pages", again)

		got := read(t, tenant, task.ID)
		wait := activity.Wait{For: activity.WaitQuota, Quota: "pages", Units: 1, Until: again}
		if got.Status != activity.StatusQueued || got.Wait != wait || got.Done != 5 || got.Counts.Created != 5 || !got.LeaseUntil.IsZero() {
			t.Errorf("the task that yields is %+v", got)
		}
		if want := "pages until " + again.UTC().Format(time.RFC3339); got.Wait.String() != want {
			t.Errorf("it waits for %q, want %q", got.Wait, want)
		}
		wantLife(t, tenant, task.ID, "queued started requeued")
		for call, err := range map[string]error{
			"Charge": run.Charge(t.Context(), 1), "Reserve": run.Reserve(t.Context(), 1), "Report": run.Report(t.Context(), activity.Outcome{Kind: "imported"}),
			"Complete": run.Complete(t.Context()), "the context": context.Cause(run.Context()),
		} {
			if !errors.Is(err, activity.ErrNotRunning) {
				t.Errorf("%s of a run that yielded = %v", call, err)
			}
		}
		wantUsage(t, tenant.Meter("pages", activity.Entity{}), 5, 0)

		// Nobody gets it before its time.
		if _, err := journal.Claim(t.Context()); !errors.Is(err, activity.ErrNoTask) {
			t.Errorf("Claim of a task that waits for a quota = %v", err)
		}
		_, err = tenant.Start(t.Context(), task.ID)
		if e, ok := errors.AsType[*activity.WaitError](err); !ok || e.Wait != wait {
			t.Errorf("Start of a task that waits for a quota = %v", err)
		}
		later := queue(t, tenant, activity.TaskSpec{Kind: "scrape"})
		if wait := read(t, tenant, later.ID).Wait; wait.Quota != "pages" || !wait.Until.Equal(again) {
			t.Errorf("a task that is queued while its quota is full waits for %v", wait)
		}
		time.Sleep(time.Until(again) - time.Microsecond)
		if _, err := journal.Claim(t.Context()); !errors.Is(err, activity.ErrNoTask) {
			t.Errorf("Claim a moment before = %v", err)
		}
		time.Sleep(time.Microsecond)
		run, err = journal.Claim(t.Context())
		check(t, err)
		if got := run.Task(); got.ID != task.ID || got.Attempt != 2 || got.Done != 5 || got.Losses != 0 || !got.Wait.IsZero() {
			t.Errorf("claimed again, the task is %+v", got)
		}
		check(t, run.Charge(t.Context(), 2))
		check(t, run.Complete(t.Context()))
		wantUsage(t, tenant.Meter("pages", activity.Entity{}), 2, 0)
	})
}

func TestChargeTwoQuotas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tenant, journal := charging(t)
		all := tenant.Meter("pages", activity.Entity{})
		mailbox := func(n int) activity.Entity { return activity.Identity(fmt.Sprint("m", n), "") }
		var tasks []activity.Task
		for n := range 3 {
			tasks = append(tasks, queue(t, tenant, activity.TaskSpec{Kind: "send", Actor: mailbox(n)}))
		}
		first := start(t, tenant, tasks[0].ID)
		check(t, first.Charge(t.Context(), 3))
		if err := first.Charge(t.Context(), 1); !errors.Is(err, activity.ErrQuotaExceeded) {
			t.Errorf("Charge of a mailbox that is full = %v", err)
		}
		wantUsage(t, all, 3, 0) // all or nothing
		if wait := read(t, tenant, tasks[0].ID).Wait; wait.Quota != "mailbox_pages" {
			t.Errorf("the task waits for %+v", wait)
		}
		// The task of another mailbox comes first, though it is younger.
		another, err := journal.Claim(t.Context())
		check(t, err)
		if another.Task().ID != tasks[1].ID {
			t.Errorf("Claim returned task %v", another.Task().ID)
		}
		check(t, another.Charge(t.Context(), 2))
		wantUsage(t, tenant.Meter("mailbox_pages", mailbox(1)), 2, 0)
		if used, err := all.By(t.Context()); err != nil || len(used) != 2 || used[0].Actor.ID != "m0" || used[1].Actor.ID != "m1" {
			t.Errorf("By = %+v, %v", used, err)
		}
		// The tenant is full now, so nobody gets the third.
		if _, err := journal.Claim(t.Context()); !errors.Is(err, activity.ErrNoTask) {
			t.Errorf("Claim = %v", err)
		}
		if wait := read(t, tenant, tasks[2].ID).Wait; wait.Quota != "pages" {
			t.Errorf("the third task waits for %+v", wait)
		}
		never := another.Charge(t.Context(), 6)
		if !errors.Is(never, activity.ErrOverLimit) {
			t.Errorf("Charge of more than the limit = %v", never)
		}
		if another.Context().Err() != nil {
			t.Error("what can never be charged has ended the run")
		}
		check(t, another.Complete(t.Context()))
	})
}

// However a run ends, what it holds and has not used is given back.
func TestReserveIsGivenBack(t *testing.T) {
	for how, end := range map[string]func(*testing.T, activity.Tenant, *activity.Journal, *activity.Run){
		"complete": func(t *testing.T, _ activity.Tenant, _ *activity.Journal, run *activity.Run) {
			check(t, run.Complete(t.Context()))
		},
		"fail": func(t *testing.T, _ activity.Tenant, _ *activity.Journal, run *activity.Run) {
			check(t, run.Fail(t.Context(), io.EOF))
		},
		"requeue": func(t *testing.T, _ activity.Tenant, _ *activity.Journal, run *activity.Run) {
			check(t, run.Requeue(t.Context(), ""))
		},
		"pause": func(t *testing.T, _ activity.Tenant, _ *activity.Journal, run *activity.Run) {
			check(t, run.Pause(t.Context(), time.Minute))
		},
		"cancel": func(t *testing.T, tenant activity.Tenant, _ *activity.Journal, run *activity.Run) {
			_, err := tenant.Cancel(t.Context(), run.Task().ID, ben, "")
			check(t, err)
		},
		"yield": func(t *testing.T, _ activity.Tenant, _ *activity.Journal, run *activity.Run) {
			if err := run.Charge(t.Context(), 5); !errors.Is(err, activity.ErrQuotaExceeded) {
				t.Errorf("Charge = %v", err)
			}
		},
	} {
		t.Run(how, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tenant, journal := charging(t)
				meter := tenant.Meter("pages", activity.Entity{})
				run := start(t, tenant, queue(t, tenant, activity.TaskSpec{Kind: "scrape"}).ID)
				check(t, run.Reserve(t.Context(), 2))
				wantUsage(t, meter, 0, 2)
				check(t, run.Charge(t.Context(), 1))
				wantUsage(t, meter, 1, 1)
				check(t, run.Reserve(t.Context(), 2))
				wantUsage(t, meter, 1, 3)
				check(t, run.Charge(t.Context(), 2))
				wantUsage(t, meter, 3, 1)
				time.Sleep(20 * time.Minute) // the run is alive, and so is what it holds
				wantUsage(t, meter, 3, 1)
				end(t, tenant, journal, run)
				wantUsage(t, meter, 3, 0)
			})
		})
	}
}

// What a process holds that is killed is given back with its task, or when its time has come.
func TestReserveOfALostRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tenant, journal := charging(t)
		meter := tenant.Meter("pages", activity.Entity{})
		task := queue(t, tenant, activity.TaskSpec{Kind: "scrape"})
		ctx, kill := context.WithCancel(t.Context())
		run, err := tenant.Start(ctx, task.ID)
		check(t, err)
		check(t, run.Reserve(ctx, 4))
		check(t, run.Charge(ctx, 1))
		kill()
		wantUsage(t, meter, 1, 3)
		time.Sleep(time.Minute)
		if n, err := journal.Recover(t.Context()); n != 1 || err != nil {
			t.Errorf("Recover = %d, %v", n, err)
		}
		wantUsage(t, meter, 1, 0)
		if got := read(t, tenant, task.ID); got.Losses != 1 || got.Status != activity.StatusQueued {
			t.Errorf("the task is %+v", got)
		}
		next := start(t, tenant, task.ID)
		check(t, next.Charge(t.Context(), 4))
		check(t, next.Complete(t.Context()))
		wantUsage(t, meter, 5, 0)
	})
}

func TestChargeAfterCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tenant, _ := charging(t)
		meter := tenant.Meter("pages", activity.Entity{})
		run := start(t, tenant, queue(t, tenant, activity.TaskSpec{Kind: "scrape"}).ID)
		check(t, run.Reserve(t.Context(), 1))
		_, err := tenant.Cancel(t.Context(), run.Task().ID, ben, "")
		check(t, err)
		for call, err := range map[string]error{"Charge": run.Charge(t.Context(), 1), "Reserve": run.Reserve(t.Context(), 1)} {
			if !errors.Is(err, activity.ErrNotRunning) {
				t.Errorf("%s after Cancel = %v", call, err)
			}
		}
		wantUsage(t, meter, 0, 0)
	})
}

// A task that waits for a quota is started when there is room before its time.
func TestWake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tenant, journal := charging(t)
		meter := tenant.Meter("pages", activity.Entity{})
		reservation, err := meter.Reserve(t.Context(), 4)
		check(t, err)
		needs := func(n int64) *activity.Run {
			run := start(t, tenant, queue(t, tenant, activity.TaskSpec{Kind: "scrape"}).ID)
			if err := run.Charge(t.Context(), n); !errors.Is(err, activity.ErrQuotaExceeded) {
				t.Errorf("Charge of %d = %v", n, err)
			}
			return run
		}
		many, few, more := needs(4), needs(2), needs(2)
		wake := func(want int) {
			t.Helper()
			if n, err := journal.Wake(t.Context()); n != want || err != nil {
				t.Errorf("Wake = %d, %v, want %d", n, err, want)
			}
		}
		wake(0)
		check(t, reservation.Commit(t.Context(), 3))
		wake(1) // there is room for two units
		claimed, err := journal.Claim(t.Context())
		check(t, err)
		if claimed.Task().ID != few.Task().ID {
			t.Errorf("Claim returned the wrong task of %v, %v and %v", many.Task().ID, few.Task().ID, more.Task().ID)
		}
		wake(1) // nothing is charged yet
		check(t, claimed.Charge(t.Context(), 2))
		check(t, claimed.Complete(t.Context()))
		if _, err := journal.Claim(t.Context()); !errors.Is(err, activity.ErrNoTask) {
			t.Errorf("Claim when there is no room any more = %v", err)
		}
		wake(0)
	})
}

func TestWakeRaisedLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limit := int64(1)
		journal := configured(t, activity.Config{
			Quotas: []activity.Quota{perHour}, Kinds: []activity.Kind{scraping}, Now: time.Now,
			Limits: func(context.Context, activity.LimitRequest) (int64, error) { return limit, nil },
		})
		tenant := journal.Tenant("acme")
		run := start(t, tenant, queue(t, tenant, activity.TaskSpec{Kind: "scrape"}).ID)
		check(t, run.Charge(t.Context(), 1))
		if err := run.Charge(t.Context(), 1); !errors.Is(err, activity.ErrQuotaExceeded) {
			t.Errorf("Charge = %v", err)
		}
		limit = 2
		// Start looks by itself; for workers, Wake does.
		if n, err := journal.Wake(t.Context()); n != 1 || err != nil {
			t.Errorf("Wake = %d, %v", n, err)
		}
		again, err := journal.Claim(t.Context())
		check(t, err)
		check(t, again.Charge(t.Context(), 1))
		if err := again.Charge(t.Context(), 1); !errors.Is(err, activity.ErrQuotaExceeded) {
			t.Errorf("Charge = %v", err)
		}
		limit = 3
		check(t, start(t, tenant, again.Task().ID).Complete(t.Context()))
	})
}

func TestDoYields(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tenant, journal := charging(t)
		begin := time.Now()
		calls := 0
		task, err := tenant.Do(activity.WithActor(t.Context(), ana), activity.TaskSpec{Kind: "scrape", Total: 12}, func(ctx context.Context, run *activity.Run) error {
			calls++
			for n := run.Task().Done; n < 12; n++ {
				if err := run.Charge(ctx, 1); err != nil {
					return err
				}
				if err := run.Report(ctx, activity.Outcome{Kind: "imported", Row: n + 1}); err != nil {
					return err
				}
				if err := run.Progress(ctx, n+1, 0); err != nil {
					return err
				}
				if n == 6 {
					// While Do waits, the task is for no worker.
					if _, err := journal.Claim(t.Context()); !errors.Is(err, activity.ErrNoTask) {
						t.Errorf("Claim beside Do = %v", err)
					}
				}
			}
			return nil
		})
		check(t, err)
		if task.Status != activity.StatusCompleted || task.Counts.Created != 12 || task.Attempt != 3 || calls != 3 {
			t.Errorf("after %d calls the task is %+v", calls, task)
		}
		if took := time.Since(begin); took < 2*time.Hour || took > 2*time.Hour+3*time.Minute {
			t.Errorf("12 units of 5 an hour took %v", took)
		}
		wantLife(t, tenant, task.ID, "queued started requeued started requeued started completed")
		wantEqualCounts(t, journal, task.ID)

		// When nobody waits any more, it does not stay behind.
		ctx, cancel := context.WithTimeout(activity.WithActor(t.Context(), ana), time.Minute)
		defer cancel()
		task, err = tenant.Do(ctx, activity.TaskSpec{Kind: "scrape"}, func(ctx context.Context, run *activity.Run) error {
			return run.Charge(ctx, 4)
		})
		if !errors.Is(err, context.DeadlineExceeded) || task.Status != activity.StatusCancelled {
			t.Errorf("Do whose context ends while the task waits = %v, %v", task.Status, err)
		}
	})
}

// unlimited fails whatever has to do with quotas.
type unlimited struct{ activity.Store }

func (u unlimited) InTx(ctx context.Context, fn func(activity.Store) error) error {
	return u.Store.InTx(ctx, func(tx activity.Store) error { return fn(unlimited{tx}) })
}

var errCounted = errors.New("what is not limited was counted")

func (unlimited) ChargeQuota(context.Context, activity.QuotaRequest) (activity.QuotaGrant, error) {
	return activity.QuotaGrant{}, errCounted
}
func (unlimited) ReleaseHolds(context.Context, string, activity.ID) error { return errCounted }
func (unlimited) QuotaState(context.Context, activity.QuotaKey) (activity.QuotaState, error) {
	return activity.QuotaState{}, errCounted
}

// A kind without a quota has nothing to do with the tables of quotas.
func TestOnlyWhatIsLimitedIsCounted(t *testing.T) {
	journal, err := activity.New(unlimited{memstore.New()}, &activity.Config{
		Quotas: []activity.Quota{perHour, perMailbox}, Kinds: []activity.Kind{scraping, importing},
	})
	check(t, err)
	tenant := journal.Tenant("acme")
	run := start(t, tenant, queue(t, tenant, activity.TaskSpec{}).ID)
	check(t, run.Report(t.Context(), activity.Outcome{Kind: "imported"}))
	check(t, run.Requeue(t.Context(), ""))
	run, err = journal.Claim(t.Context(), importing.Name)
	check(t, err)
	if err := run.Charge(t.Context(), 1); !errors.Is(err, activity.ErrInvalid) {
		t.Errorf("Charge of a kind without a quota = %v", err)
	}
	check(t, run.Complete(t.Context()))
	if _, err := tenant.Enqueue(activity.WithActor(t.Context(), ana), activity.TaskSpec{Kind: "scrape"}); !errors.Is(err, errCounted) {
		t.Errorf("the test finds nothing: %v", err)
	}
}

func TestChargeInAHostTransaction(t *testing.T) {
	store := memstore.New()
	journal, err := activity.New(store, &activity.Config{Quotas: []activity.Quota{perHour}, Kinds: []activity.Kind{scraping}})
	check(t, err)
	tenant := journal.Tenant("acme")
	meter := tenant.Meter("pages", activity.Entity{})
	run := start(t, tenant, queue(t, tenant, activity.TaskSpec{Kind: "scrape"}).ID)
	check(t, run.Reserve(t.Context(), 1))
	for _, keep := range []bool{false, true} {
		err := store.InTx(t.Context(), func(tx activity.Store) error {
			inside := run.With(tx)
			check(t, inside.Charge(t.Context(), 2))
			if err := inside.Reserve(t.Context(), 1); !errors.Is(err, activity.ErrInvalid) {
				t.Errorf("Reserve = %v", err)
			}
			check(t, inside.Flush(t.Context()))
			if err := inside.Charge(t.Context(), 3); !errors.Is(err, activity.ErrQuotaExceeded) {
				t.Errorf("Charge = %v", err)
			}
			if keep {
				return nil
			}
			return io.EOF
		})
		if keep {
			check(t, err)
		}
	}
	wantUsage(t, meter, 2, 1)
	check(t, run.Charge(t.Context(), 1))
	wantUsage(t, meter, 3, 0)
	if got := read(t, tenant, run.Task().ID); got.Status != activity.StatusProcessing || run.Context().Err() != nil {
		t.Errorf("a refusal in a transaction of the host has ended the run: %v", got.Status)
	}
	check(t, run.Complete(t.Context()))
}

func TestKindQuotas(t *testing.T) {
	for name, kind := range map[string]activity.Kind{
		"unknown":           {Name: "a", Quota: "nothing"},
		"unknown for actor": {Name: "a", ActorQuota: "nothing"},
	} {
		_, err := activity.New(memstore.New(), &activity.Config{Quotas: []activity.Quota{perHour}, Kinds: []activity.Kind{kind}})
		if !errors.Is(err, activity.ErrUnknownQuota) || !errors.Is(err, activity.ErrInvalid) {
			t.Errorf("a kind with a quota that is %s: %v", name, err)
		}
	}
	_, err := activity.New(memstore.New(), &activity.Config{Quotas: []activity.Quota{perHour}, Kinds: []activity.Kind{{Name: "a", Quota: "pages", ActorQuota: "pages"}}})
	if !errors.Is(err, activity.ErrInvalid) {
		t.Errorf("a kind with one quota for both: %v", err)
	}
	for _, n := range []int64{0, -1} {
		synctest.Test(t, func(t *testing.T) {
			tenant, _ := charging(t)
			run := start(t, tenant, queue(t, tenant, activity.TaskSpec{Kind: "scrape"}).ID)
			for call, err := range map[string]error{"Charge": run.Charge(t.Context(), n), "Reserve": run.Reserve(t.Context(), n)} {
				if !errors.Is(err, activity.ErrInvalid) {
					t.Errorf("%s of %d = %v", call, n, err)
				}
			}
			if diff := cmp.Diff(run.Task(), read(t, tenant, run.Task().ID)); diff != "" {
				t.Errorf("bad input has changed the task:\n%s", diff)
			}
			check(t, run.Complete(t.Context()))
		})
	}
}

// What a run thinks that it holds may be gone: then it charges like one that holds nothing.
func TestChargeWhenTheHoldIsGone(t *testing.T) {
	store := memstore.New()
	journal, err := activity.New(store, &activity.Config{Quotas: []activity.Quota{perHour}, Kinds: []activity.Kind{scraping}})
	check(t, err)
	tenant := journal.Tenant("acme")
	meter := tenant.Meter("pages", activity.Entity{})
	run := start(t, tenant, queue(t, tenant, activity.TaskSpec{Kind: "scrape"}).ID)
	for _, again := range []func(context.Context, int64) error{run.Charge, run.Reserve} {
		check(t, run.Reserve(t.Context(), 1))
		check(t, store.ReleaseHolds(t.Context(), "acme", run.Task().ID))
		check(t, again(t.Context(), 1))
		check(t, run.Charge(t.Context(), 1))
	}
	wantUsage(t, meter, 3, 0)
	check(t, run.Complete(t.Context()))
}
