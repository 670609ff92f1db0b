package storetest

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/go-activity/activity"
)

// quotaPromises are what pages promise of limits.
var quotaPromises = []testCase{
	{name: "A7 rolling indicator", check: checkIndicator},
	{name: "A8 limits", check: checkLimits},
	{name: "A9 waiting for a limit", check: checkWaitingForLimit},
	{name: "E6 exact quotas", check: checkExactQuotas},
}

// deskQuotas are what a tool for prospecting limits: by the day, and what is sent by the hour too.
var deskQuotas = []activity.Quota{
	{Name: "scrapings", Windows: []activity.Window{{Length: 24 * time.Hour}}},
	{Name: "searches", Windows: []activity.Window{{Length: 24 * time.Hour}}},
	{Name: "invitations", Windows: []activity.Window{{Length: time.Hour, Limit: 5}, {Length: 24 * time.Hour}}},
	{Name: "emails", Windows: []activity.Window{{Length: time.Hour, Limit: 20}, {Length: 24 * time.Hour}}},
}

// newLimitedDesk returns a desk whose limits of a day are those of a plan: of each quota, and of the workspace, which may use twice as
// much in an hour as an identity.
func newLimitedDesk(s subject, plan map[string]int64) desk {
	s.Helper()
	d := newDesk(s)
	journal, err := activity.New(s.store, &activity.Config{
		Kinds:  deskKinds,
		Quotas: deskQuotas,
		Limits: func(_ context.Context, r activity.LimitRequest) (int64, error) {
			switch {
			case r.Window.Length < 24*time.Hour && r.Subject.IsZero():
				return 2 * r.Window.Limit, nil
			case r.Window.Length < 24*time.Hour:
				return r.Window.Limit, nil
			case r.Subject.IsZero():
				return plan["workspace"], nil
			}
			return plan[r.Quota], nil
		},
		Now: func() time.Time { return time.UnixMicro(d.clock.Load()) },
	})
	if err != nil {
		s.Fatalf("activity.New: %v", err)
	}
	d.journal, d.tenant = journal, journal.Tenant(acme)
	return d
}

// as returns a context in which somebody does something.
func (d desk) as(actor activity.Entity) context.Context {
	return activity.WithActor(d.Context(), actor)
}

func (d desk) usage(m activity.Meter) activity.Usage {
	d.Helper()
	u, err := m.Usage(d.Context())
	d.must(err)
	return u
}

// over checks that an error is a QuotaError, and returns it.
func (d desk) over(err error) *activity.QuotaError {
	d.Helper()
	e, ok := errors.AsType[*activity.QuotaError](err)
	if !ok {
		d.Fatalf("the error is %v, want a QuotaError", err)
	}
	return e
}

func checkIndicator(s subject) {
	plan := map[string]int64{"workspace": 100, "scrapings": 50}
	d := newLimitedDesk(s, plan)
	m := d.tenant.Meter("scrapings", activity.Identity("linkedin:ana", "Ana's profile"))
	d.must(m.Use(d.as(ana), 10))
	d.later(2 * time.Hour)
	d.must(m.Use(d.as(ben), 25))
	d.later(30 * time.Minute)
	r, err := m.Reserve(d.as(ana), 12)
	d.must(err)
	day := d.usage(m).Windows[0]
	d.equal("used, held, free and the limit", []int64{day.Used, day.Held, day.Free, day.Limit}, []int64{35, 12, 3, 50})
	d.equal("what becomes free and when", day.Frees, []activity.Freed{
		{At: epoch.Add(165 * time.Minute), Units: 12}, // unless it is used
		{At: epoch.Add(24*time.Hour + 15*time.Minute), Units: 10},
		{At: epoch.Add(26*time.Hour + 15*time.Minute), Units: 25},
	})
	d.must(r.Commit(d.Context(), 2))
	day = d.usage(m).Windows[0]
	d.equal("what is used and free after a commit", []int64{day.Used, day.Held, day.Free}, []int64{37, 0, 13})
	by, err := m.By(d.Context())
	d.must(err)
	d.equal("who used it", by, []activity.UsedBy{{Actor: ben, Units: 25}, {Actor: ana, Units: 12}})
	plan["scrapings"] = 40 // another plan counts at once
	d.equal("what is free under another plan", d.usage(m).Windows[0].Free, 3)

	// The chart shows the peaks, in the time zone of whoever looks at it.
	lima := time.FixedZone("Lima", -5*3600)
	chart, err := m.History(d.Context(), epoch.In(lima), epoch.Add(4*time.Hour).In(lima), time.Hour)
	d.must(err)
	var bars []any
	for _, bar := range chart {
		bars = append(bars, bar.From.Hour(), bar.Used)
	}
	d.equal("the chart", bars, []any{7, 10, 8, 0, 9, 27, 10, 0})
}

func checkLimits(s subject) {
	d := newLimitedDesk(s, map[string]int64{"workspace": 14, "invitations": 8, "scrapings": 3, "searches": 2, "emails": 30})
	ctx := d.as(ana)
	hers, his := activity.Identity("linkedin:ana", ""), activity.Identity("linkedin:ben", "")
	invite := func(as activity.Entity, n int64) error {
		return d.tenant.Use(ctx, n, d.tenant.Meter("invitations", as), d.tenant.Meter("invitations", activity.Entity{}))
	}
	blocked := func(what string, err error, subject activity.Entity, window time.Duration) {
		d.Helper()
		e := d.over(err)
		d.equal(what, []any{e.Subject.ID, e.Window}, []any{subject.ID, window})
	}
	d.must(invite(hers, 5))
	blocked("what blocks the sixth invitation of an hour", invite(hers, 1), hers, time.Hour)
	d.must(invite(his, 4))
	blocked("what blocks eleven of the workspace in an hour", invite(his, 2), activity.Entity{}, time.Hour)
	d.later(2 * time.Hour)
	d.must(invite(hers, 3))
	d.later(2 * time.Hour)
	blocked("what blocks the ninth invitation of a day", invite(hers, 1), hers, 24*time.Hour)
	d.must(invite(his, 2))
	blocked("what blocks the fifteenth of the workspace", invite(his, 1), activity.Entity{}, 24*time.Hour)
	// Each quota counts by itself, and what is refused counts nowhere.
	for quota, limit := range map[string]int64{"scrapings": 3, "searches": 2} {
		m := d.tenant.Meter(quota, hers)
		d.must(m.Use(ctx, limit))
		blocked("what blocks more "+quota, m.Use(ctx, 1), hers, 24*time.Hour)
		d.equal("how much is used of "+quota, d.usage(m).Windows[0].Used, limit)
	}
	d.must(d.tenant.Meter("emails", hers).Use(ctx, 20))
	// Imports have no cap, and nobody counts them.
	for range 3 {
		d.done(activity.TaskSpec{Kind: "import_contacts"}, outcome("imported", contact(1)), outcome("imported", contact(2)))
	}
	if _, err := d.tenant.Meter("import_contacts", hers).Usage(ctx); !errors.Is(err, activity.ErrUnknownQuota) {
		d.Errorf("Usage of what is not limited = %v, want ErrUnknownQuota", err)
	}
	d.equal("what the identity has used of invitations", d.usage(d.tenant.Meter("invitations", hers)).Windows[1].Used, 8)
}

// What waits is told until when, and has to do no more than to try again then.
func checkWaitingForLimit(s subject) {
	d := newLimitedDesk(s, map[string]int64{"workspace": 100, "emails": 100, "scrapings": 10})
	ctx := d.as(ana)
	m := d.tenant.Meter("emails", activity.Identity("mailbox", ""))
	d.must(m.Use(ctx, 15))
	d.later(10 * time.Minute)
	_, err := m.Reserve(ctx, 5) // by a process that is killed
	d.must(err)
	d.later(time.Minute)
	for _, wait := range []struct {
		n     int64
		until time.Duration
	}{{5, 25 * time.Minute}, {15, 61 * time.Minute}} {
		e := d.over(m.Use(ctx, wait.n))
		d.equal("until when there is no room", e.RetryAt, epoch.Add(wait.until))
		when, ever := d.usage(m).When(wait.n)
		d.equal("what the indicator says of it", []any{when, ever}, []any{e.RetryAt, true})
		d.clock.Store(e.RetryAt.UnixMicro() - 1)
		d.equal("until when there is no room, a moment before", d.over(m.Use(ctx, wait.n)).RetryAt, e.RetryAt)
		d.clock.Store(e.RetryAt.UnixMicro())
		r, err := m.Reserve(ctx, wait.n)
		d.must(err)
		d.must(r.Commit(ctx, wait.n))
	}
	scrapings := d.tenant.Meter("scrapings", activity.Entity{Kind: "identity", ID: "mailbox"})
	if err := scrapings.Use(ctx, 11); !errors.Is(err, activity.ErrOverLimit) {
		d.Errorf("Use of more than the limit = %v, want ErrOverLimit", err)
	}
}

// checkExactQuotas reserves, commits and releases at random. What QuotaOracle knows does not depend on the store.
func checkExactQuotas(s subject) {
	d := newLimitedDesk(s, map[string]int64{"workspace": 30, "invitations": 12})
	ctx, random := d.as(ana), rand.New(rand.NewPCG(6, 0))
	subjects := []activity.Entity{activity.Identity("linkedin:ana", ""), {}}
	meters := []activity.Meter{d.tenant.Meter("invitations", subjects[0]), d.tenant.Meter("invitations", subjects[1])}
	limits := [][]activity.Window{{{Length: time.Hour, Limit: 5}, {Length: 24 * time.Hour, Limit: 12}}, {{Length: time.Hour, Limit: 10}, {Length: 24 * time.Hour, Limit: 30}}}
	var oracle QuotaOracle
	charged := func(r *activity.Reservation, used int64) {
		for i, subject := range subjects {
			key := activity.QuotaKey{Tenant: acme, Quota: "invitations", SubjectKind: subject.Kind, SubjectID: subject.ID}
			oracle.Charge(key, QuotaCharged{ID: r.ID(), At: r.At(), Units: used, Windows: limits[i]})
		}
	}
	for range 40 {
		n := 1 + random.Int64N(4)
		r, err := d.tenant.Reserve(ctx, n, meters...)
		if errors.Is(err, activity.ErrQuotaExceeded) {
			e := d.over(err)
			when := time.UnixMicro(d.clock.Load()).UTC()
			for _, m := range meters {
				at, ever := d.usage(m).When(n)
				d.equal("that there will be room", ever, true)
				if at.After(when) {
					when = at
				}
			}
			d.equal("when there will be room", e.RetryAt, when)
			d.clock.Store(when.UnixMicro() - 1)
			d.over(d.tenant.Use(ctx, n, meters...)) // not a moment earlier
			d.clock.Store(when.UnixMicro())
			r, err = d.tenant.Reserve(ctx, n, meters...)
		}
		d.must(err)
		d.later(time.Duration(random.Int64N(int64(10 * time.Minute))))
		switch used := random.Int64N(n + 1); {
		case random.IntN(4) == 0:
			d.clock.Store(max(d.clock.Load(), r.Until().UnixMicro())) // it expires
			if err := r.Commit(ctx, used); !errors.Is(err, activity.ErrHoldExpired) {
				d.Errorf("Commit of what has expired = %v, want ErrHoldExpired", err)
			}
		case used == 0:
			d.must(r.Release(ctx))
		case random.IntN(3) == 0:
			d.must(s.store.InTx(ctx, func(tx activity.Store) error { return r.With(tx).Commit(ctx, used) }))
			charged(r, used)
		default:
			d.must(r.Commit(ctx, used))
			charged(r, used)
			if err := r.Release(ctx); !errors.Is(err, activity.ErrSettled) {
				d.Errorf("Release after Commit = %v, want ErrSettled", err)
			}
		}
	}
	if err := oracle.Check(); err != nil {
		d.Errorf("a window is over its limit: %v", err)
	}
	if n := oracle.Len(); n < 20 {
		d.Errorf("only %d charges were used", n)
	}
}
