package activity_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/memstore"
)

// scrapings is a quota of 5 an hour and 8 a day.
var scrapings = activity.Quota{Name: "scrapings", Windows: []activity.Window{
	{Length: time.Hour, Limit: 5},
	{Length: 24 * time.Hour, Limit: 8},
}}

var mailbox = activity.Identity("m1", "ana@mail.test")

// clocked is a journal whose clock a test sets.
type clocked struct {
	*testing.T
	journal *activity.Journal
	acme    activity.Tenant
	now     time.Time
}

func newClocked(t *testing.T, config activity.Config) *clocked {
	t.Helper()
	c := &clocked{T: t, now: noon.Truncate(time.Hour)}
	config.Now = func() time.Time { return c.now }
	c.journal = configured(t, config)
	c.acme = c.journal.Tenant("acme")
	return c
}

func quotas(list ...activity.Quota) activity.Config { return activity.Config{Quotas: list} }

// use uses units, which must succeed.
func (c *clocked) use(n int64, meters ...activity.Meter) {
	c.Helper()
	if err := c.acme.Use(c.Context(), n, meters...); err != nil {
		c.Fatalf("Use of %d at %v = %v", n, c.now, err)
	}
}

// refused uses units, which must be refused, and returns why.
func (c *clocked) refused(n int64, meters ...activity.Meter) *activity.QuotaError {
	c.Helper()
	err := c.acme.Use(c.Context(), n, meters...)
	e, ok := errors.AsType[*activity.QuotaError](err)
	if !ok || !errors.Is(err, activity.ErrQuotaExceeded) {
		c.Fatalf("Use of %d at %v = %v, want a QuotaError", n, c.now, err)
	}
	return e
}

func (c *clocked) reserve(n int64, meters ...activity.Meter) *activity.Reservation {
	c.Helper()
	r, err := c.acme.Reserve(c.Context(), n, meters...)
	if err != nil {
		c.Fatalf("Reserve of %d at %v = %v", n, c.now, err)
	}
	return r
}

// uses checks what a meter shows: for each window what is used, held and free.
func (c *clocked) uses(m activity.Meter, want ...[3]int64) {
	c.Helper()
	var got [][3]int64
	for _, w := range c.usage(m).Windows {
		got = append(got, [3]int64{w.Used, w.Held, w.Free})
	}
	if d := cmp.Diff(want, got); d != "" {
		c.Errorf("usage at %v (-want +got):\n%s", c.now, d)
	}
}

func (c *clocked) usage(m activity.Meter) activity.Usage {
	c.Helper()
	u, err := m.Usage(c.Context())
	if err != nil {
		c.Fatal(err)
	}
	return u
}

func (c *clocked) is(what string, err, want error) {
	c.Helper()
	if !errors.Is(err, want) {
		c.Errorf("%s = %v, want %v", what, err, want)
	}
}

func TestQuotaWindows(t *testing.T) {
	c := newClocked(t, quotas(scrapings))
	m := c.acme.Meter("scrapings", mailbox)
	start := c.now
	c.use(3, m)
	c.uses(m, [3]int64{3, 0, 2}, [3]int64{3, 0, 5})
	c.now = start.Add(30*time.Minute + 30*time.Second)
	c.use(2, m)
	if got, want := c.refused(1, m), (activity.QuotaError{
		Quota: "scrapings", Subject: mailbox, Window: time.Hour, Limit: 5, Used: 5, Requested: 1, RetryAt: start.Add(61 * time.Minute),
	}); *got != want {
		t.Errorf("refused with %+v, want %+v", *got, want)
	}
	c.now = start.Add(61*time.Minute - time.Microsecond)
	c.refused(1, m)
	c.now = start.Add(61 * time.Minute)
	c.use(3, m) // 8 a day
	if e := c.refused(1, m); e.Window != 24*time.Hour || e.Used != 8 || !e.RetryAt.Equal(start.Add(24*time.Hour+15*time.Minute)) {
		t.Errorf("refused with %+v", e)
	}
	c.now = start.Add(24*time.Hour + 15*time.Minute)
	c.uses(m, [3]int64{0, 0, 5}, [3]int64{5, 0, 3})
	c.use(3, m)
	c.refused(1, m)
	c.now = start.Add(1000 * time.Hour)
	c.uses(m, [3]int64{0, 0, 5}, [3]int64{0, 0, 8})
}

// Each subject, quota and tenant is counted by itself.
func TestMetersAreSeparate(t *testing.T) {
	other := scrapings
	other.Name = "searches"
	c := newClocked(t, quotas(scrapings, other))
	c.use(5, c.acme.Meter("scrapings", mailbox))
	for name, m := range map[string]activity.Meter{
		"subject":      c.acme.Meter("scrapings", activity.Identity("m2", "")),
		"subject kind": c.acme.Meter("scrapings", activity.User("m1", "")),
		"tenant":       c.acme.Meter("scrapings", activity.Entity{}),
		"quota":        c.acme.Meter("searches", mailbox),
		"other tenant": c.journal.Tenant("globex").Meter("scrapings", mailbox),
	} {
		if err := m.Use(t.Context(), 5); err != nil {
			t.Errorf("other %s: %v", name, err)
		}
	}
	c.refused(1, c.acme.Meter("scrapings", activity.Identity("m1", "by another label")))
}

func TestSeveralMeters(t *testing.T) {
	whole := activity.Quota{Name: "calls", Windows: []activity.Window{{Length: time.Hour, Limit: 7}}, Hold: time.Minute}
	c := newClocked(t, quotas(scrapings, whole))
	one, two, all := c.acme.Meter("scrapings", mailbox), c.acme.Meter("scrapings", activity.Identity("m2", "")), c.acme.Meter("calls", activity.Entity{})
	c.use(4, one, all)
	if e := c.refused(4, two, all); e.Quota != "calls" || e.Limit != 7 || e.Used != 4 {
		t.Errorf("refused with %+v", e)
	}
	c.uses(two, [3]int64{0, 0, 5}, [3]int64{0, 0, 8})
	r := c.reserve(3, all, two)
	c.uses(two, [3]int64{0, 3, 2}, [3]int64{0, 3, 5})
	c.uses(all, [3]int64{4, 3, 0})
	if want := c.now.Add(time.Minute); !r.Until().Equal(want) {
		t.Errorf("expires at %v, want the shorter time %v", r.Until(), want)
	}
	check(t, r.Commit(t.Context(), 1))
	c.uses(two, [3]int64{1, 0, 4}, [3]int64{1, 0, 7})
	c.uses(all, [3]int64{5, 0, 2})
	// Of several windows without room, the error tells the one that has it last.
	c.use(2, all)
	c.now = c.now.Add(30 * time.Minute)
	c.use(4, two)
	if e := c.refused(2, all, two); e.Quota != "scrapings" || e.Subject.ID != "m2" || !e.RetryAt.Equal(c.now.Add(61*time.Minute)) {
		t.Errorf("refused with %+v", e)
	}
}

func TestReservations(t *testing.T) {
	c := newClocked(t, quotas(scrapings))
	m := c.acme.Meter("scrapings", mailbox)
	start := c.now
	r := c.reserve(5, m)
	c.uses(m, [3]int64{0, 5, 0}, [3]int64{0, 5, 3})
	if e := c.refused(1, m); e.Used != 0 || e.Held != 5 || !e.RetryAt.Equal(start.Add(15*time.Minute)) {
		t.Errorf("refused with %+v", e)
	}
	if r.Held() != 5 || !r.At().Equal(start) || !r.Until().Equal(start.Add(15*time.Minute)) {
		t.Errorf("holds %d from %v to %v", r.Held(), r.At(), r.Until())
	}
	c.is("Commit of more", r.Commit(t.Context(), 6), activity.ErrNotHeld)
	c.is("Commit of less than 0", r.Commit(t.Context(), -1), activity.ErrInvalid)
	c.is("Use of 0", r.Use(t.Context(), 0), activity.ErrInvalid)
	check(t, r.Use(t.Context(), 1))
	c.uses(m, [3]int64{1, 4, 0}, [3]int64{1, 4, 3})
	c.is("Commit of more than is left", r.Commit(t.Context(), 5), activity.ErrNotHeld)
	check(t, r.Commit(t.Context(), 2))
	c.uses(m, [3]int64{3, 0, 2}, [3]int64{3, 0, 5})
	for name, again := range map[string]func() error{
		"Commit":  func() error { return r.Commit(t.Context(), 0) },
		"Release": func() error { return r.Release(t.Context()) },
		"Use":     func() error { return r.Use(t.Context(), 1) },
		"Extend":  func() error { return r.Extend(t.Context()) },
	} {
		c.is(name+" after Commit", again(), activity.ErrSettled)
	}
	c.uses(m, [3]int64{3, 0, 2}, [3]int64{3, 0, 5})
	c.use(2, m)
	c.refused(1, m)

	c.now = start.Add(2 * time.Hour)
	check(t, c.reserve(3, m).Release(t.Context()))
	r = c.reserve(3, m)
	check(t, r.Commit(t.Context(), 3))
	c.uses(m, [3]int64{3, 0, 2}, [3]int64{8, 0, 0})
}

// The store tells of a reservation that another copy of it has settled.
func TestReservationSettledElsewhere(t *testing.T) {
	c := newClocked(t, quotas(scrapings))
	m := c.acme.Meter("scrapings", mailbox)
	for _, used := range []int64{0, 1, 3} { // with what is given back, and without
		r := c.reserve(3, m)
		check(t, r.With(activity.StoreOf(c.journal)).Commit(t.Context(), used))
		c.is("Commit", r.Commit(t.Context(), 1), activity.ErrSettled)
		if used < 3 {
			check(t, c.reserve(1, m).Commit(t.Context(), 0)) // which takes what was given back off
			c.is("Commit", r.Commit(t.Context(), 1), activity.ErrSettled)
		}
	}
	c.uses(m, [3]int64{4, 0, 1}, [3]int64{4, 0, 4})
}

// A refund frees the charge that it is of, hours later, and nothing else.
func TestRefundOfLongAgo(t *testing.T) {
	quota := activity.Quota{Name: "scrapings", Hold: 20 * time.Hour, Windows: scrapings.Windows}
	c := newClocked(t, quotas(quota))
	m := c.acme.Meter("scrapings", mailbox)
	start := c.now
	c.use(1, m)
	r := c.reserve(4, m)
	c.now = start.Add(10 * time.Hour)
	c.use(3, m)
	c.uses(m, [3]int64{3, 0, 2}, [3]int64{4, 4, 0})
	check(t, r.Commit(t.Context(), 1))
	c.uses(m, [3]int64{3, 0, 2}, [3]int64{5, 0, 3})
	c.use(2, m)
	c.now = start.Add(24*time.Hour + 15*time.Minute)
	c.uses(m, [3]int64{0, 0, 5}, [3]int64{5, 0, 3})
	c.now = start.Add(34*time.Hour + 15*time.Minute)
	c.uses(m, [3]int64{0, 0, 5}, [3]int64{0, 0, 8})
}

func TestReservationExpires(t *testing.T) {
	for name, sweep := range map[string]func(*clocked, activity.Meter){
		"by a charge": func(c *clocked, m activity.Meter) { c.use(1, m) },
		"by Journal.ExpireHolds": func(c *clocked, m activity.Meter) {
			if n, err := c.journal.ExpireHolds(c.Context()); n != 1 || err != nil {
				c.Errorf("ExpireHolds = %d, %v", n, err)
			}
			c.use(1, m)
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newClocked(t, quotas(scrapings))
			m := c.acme.Meter("scrapings", mailbox)
			r := c.reserve(5, m)
			c.now = r.Until().Add(-time.Microsecond)
			c.refused(1, m)
			if n, err := c.journal.ExpireHolds(t.Context()); n != 0 || err != nil {
				t.Errorf("ExpireHolds before its time = %d, %v", n, err)
			}
			check(t, r.Use(t.Context(), 2))
			c.now = r.Until()
			c.uses(m, [3]int64{2, 0, 3}, [3]int64{2, 0, 6})
			c.is("Commit", r.Commit(t.Context(), 3), activity.ErrHoldExpired)
			sweep(c, m)
			c.is("Commit", r.Commit(t.Context(), 3), activity.ErrHoldExpired)
			c.is("Release", r.Release(t.Context()), activity.ErrHoldExpired)
			c.uses(m, [3]int64{3, 0, 2}, [3]int64{3, 0, 5})
		})
	}
}

// Journal.Run gives back what nobody settles, and forgets what is old.
func TestRunExpiresReservations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		quota := scrapings
		quota.Keep = 48 * time.Hour
		journal := configured(t, activity.Config{Quotas: []activity.Quota{quota}, Now: time.Now})
		m := journal.Tenant("acme").Meter("scrapings", mailbox)
		check(t, m.Use(t.Context(), 1))
		_, err := m.Reserve(t.Context(), 4)
		check(t, err)
		ctx, stop := context.WithTimeout(t.Context(), 72*time.Hour)
		defer stop()
		start, ended := time.Now(), make(chan error, 1)
		go func() { ended <- journal.Run(ctx) }()
		kept := func(holds int, used int64) {
			t.Helper()
			state, err := activity.StoreOf(journal).QuotaState(t.Context(), activity.QuotaKey{Tenant: "acme", Quota: "scrapings", SubjectKind: "identity", SubjectID: "m1"})
			check(t, err)
			history, err := m.History(t.Context(), start, start.Add(time.Minute), time.Minute)
			check(t, err)
			if len(state.Holds) != holds || history[0].Used != used {
				t.Errorf("after %v, %d holds are kept and %+v", time.Since(start), len(state.Holds), history)
			}
		}
		time.Sleep(14 * time.Minute)
		kept(1, 5)
		time.Sleep(time.Minute + 3*time.Second)
		kept(0, 1)
		time.Sleep(47 * time.Hour)
		kept(0, 1)
		time.Sleep(2 * time.Hour)
		kept(0, 0)
		<-ended
	})
}

func TestExtend(t *testing.T) {
	c := newClocked(t, quotas(scrapings))
	m := c.acme.Meter("scrapings", mailbox)
	r := c.reserve(5, m)
	for range 10 {
		c.now = c.now.Add(10 * time.Minute)
		check(t, r.Extend(t.Context()))
		if want := c.now.Add(15 * time.Minute); !r.Until().Equal(want) {
			t.Errorf("expires at %v, want %v", r.Until(), want)
		}
	}
	c.uses(m, [3]int64{0, 0, 5}, [3]int64{0, 5, 3})
	c.now = c.now.Add(15 * time.Minute)
	c.is("Extend", r.Extend(t.Context()), activity.ErrHoldExpired)
	c.uses(m, [3]int64{0, 0, 5}, [3]int64{0, 0, 8})
}

func TestCommitInATransaction(t *testing.T) {
	c := newClocked(t, quotas(scrapings))
	m := c.acme.Meter("scrapings", mailbox)
	store := activity.StoreOf(c.journal)
	r := c.reserve(5, m)
	failed := errors.New("the host gives up")
	err := store.InTx(t.Context(), func(tx activity.Store) error {
		check(t, r.With(tx).Commit(t.Context(), 2))
		inside, err := c.journal.With(tx).Tenant("acme").Meter("scrapings", mailbox).Usage(t.Context())
		if err != nil || inside.Windows[0].Used != 2 {
			t.Errorf("within, usage is %+v, %v", inside, err)
		}
		c.uses(m, [3]int64{0, 5, 0}, [3]int64{0, 5, 3}) // as others see it
		return failed
	})
	c.is("InTx", err, failed)
	c.uses(m, [3]int64{0, 5, 0}, [3]int64{0, 5, 3})
	check(t, store.InTx(t.Context(), func(tx activity.Store) error {
		inner := tx.InTx(t.Context(), func(tx activity.Store) error {
			check(t, r.With(tx).Commit(t.Context(), 1))
			check(t, c.journal.With(tx).Tenant("acme").Meter("scrapings", mailbox).Use(t.Context(), 4))
			return failed
		})
		c.is("joined InTx", inner, failed)
		return r.With(tx).Commit(t.Context(), 3)
	}))
	c.uses(m, [3]int64{3, 0, 2}, [3]int64{3, 0, 5})
	c.is("Release", r.Release(t.Context()), activity.ErrSettled)
}

func TestUseInATransaction(t *testing.T) {
	c := newClocked(t, quotas(scrapings))
	m := c.acme.Meter("scrapings", mailbox)
	store := activity.StoreOf(c.journal)
	c.use(1, m)
	for _, keep := range []bool{false, true} {
		failed := errors.New("the host gives up")
		err := store.InTx(t.Context(), func(tx activity.Store) error {
			inside := c.journal.With(tx).Tenant("acme").Meter("scrapings", mailbox)
			check(t, inside.Use(t.Context(), 3))
			if err := inside.Use(t.Context(), 2); !errors.Is(err, activity.ErrQuotaExceeded) {
				t.Errorf("Use of more = %v", err)
			}
			c.uses(m, [3]int64{1, 0, 4}, [3]int64{1, 0, 7})
			if keep {
				return nil
			}
			return failed
		})
		if !keep {
			c.is("InTx", err, failed)
			c.uses(m, [3]int64{1, 0, 4}, [3]int64{1, 0, 7})
		} else {
			check(t, err)
		}
	}
	c.uses(m, [3]int64{4, 0, 1}, [3]int64{4, 0, 4})
}

// A limit that changes counts at once, for what is asked next.
func TestLimitChanges(t *testing.T) {
	limit, failed := int64(3), error(nil)
	var asked activity.LimitRequest
	c := newClocked(t, activity.Config{
		Quotas: []activity.Quota{{Name: "scrapings", Windows: []activity.Window{{Length: time.Hour}}}},
		Limits: func(_ context.Context, request activity.LimitRequest) (int64, error) {
			asked = request
			return limit, failed
		},
	})
	m := c.acme.Meter("scrapings", mailbox)
	c.use(3, m)
	c.refused(1, m)
	if want := (activity.LimitRequest{Tenant: "acme", Quota: "scrapings", Subject: mailbox, Window: activity.Window{Length: time.Hour, Resolution: time.Minute}}); asked != want {
		t.Errorf("asked for %+v, want %+v", asked, want)
	}
	limit = 5
	c.use(2, m)
	limit = 2
	c.uses(m, [3]int64{5, 0, 0})
	c.refused(1, m)
	c.is("Use of more than the limit", m.Use(t.Context(), 3), activity.ErrOverLimit)
	limit = 0
	c.is("Use with a limit of 0", m.Use(t.Context(), 1), activity.ErrOverLimit)
	limit = activity.Unlimited
	c.use(math.MaxInt64-5, m)
	c.refused(1, m)
	limit = -1
	if bad := invalid(t, m.Use(t.Context(), 1)); bad.Field != "Config.Limits" {
		t.Errorf("a negative limit is %v", bad)
	}
	limit, failed = 5, errors.New("no plan")
	c.is("Use without a limit", m.Use(t.Context(), 1), failed)
	_, err := m.Usage(t.Context())
	c.is("Usage without a limit", err, failed)
}

// Time does not go back for a meter: what is charged while the clock does counts from the latest time that was seen.
func TestClockJumpsBack(t *testing.T) {
	c := newClocked(t, quotas(scrapings))
	m := c.acme.Meter("scrapings", mailbox)
	start := c.now
	c.use(2, m)
	c.now = start.Add(-3 * time.Hour)
	r := c.reserve(3, m)
	if !r.At().Equal(start) || !r.Until().Equal(start.Add(15*time.Minute)) {
		t.Errorf("charged at %v until %v", r.At(), r.Until())
	}
	if e := c.refused(1, m); !e.RetryAt.Equal(start.Add(15 * time.Minute)) {
		t.Errorf("refused until %v", e.RetryAt)
	}
	if u := c.usage(m); !u.At.Equal(start) || u.Windows[0].Held != 3 {
		t.Errorf("usage is %+v", u)
	}
	check(t, r.Commit(t.Context(), 3))
	c.now = start.Add(61*time.Minute - 1)
	c.refused(1, m)
	c.now = start.Add(61 * time.Minute)
	c.use(3, m)
}

func TestQuotaConfig(t *testing.T) {
	hour := []activity.Window{{Length: time.Hour, Limit: 1}}
	window := func(w activity.Window) activity.Quota {
		return activity.Quota{Name: "q", Windows: []activity.Window{w}}
	}
	for name, test := range map[string]struct {
		quotas []activity.Quota
		field  string
	}{
		"no name":               {[]activity.Quota{{Windows: hour}}, "Config.Quotas[0].Name"},
		"bad name":              {[]activity.Quota{{Name: "Q", Windows: hour}}, "Config.Quotas[0].Name"},
		"twice":                 {[]activity.Quota{{Name: "q", Windows: hour}, {Name: "q", Windows: hour}}, "Config.Quotas[1]"},
		"no window":             {[]activity.Quota{{Name: "q"}}, "Config.Quotas[0].Windows"},
		"too many windows":      {[]activity.Quota{{Name: "q", Windows: make([]activity.Window, 9)}}, "Config.Quotas[0].Windows"},
		"two of a length":       {[]activity.Quota{{Name: "q", Windows: append(hour, hour...)}}, "Config.Quotas[0].Windows[1]"},
		"zero length":           {[]activity.Quota{window(activity.Window{Limit: 1})}, "Config.Quotas[0].Windows[0].Length"},
		"negative length":       {[]activity.Quota{window(activity.Window{Length: -time.Hour, Limit: 1})}, "Config.Quotas[0].Windows[0].Length"},
		"too long":              {[]activity.Quota{window(activity.Window{Length: 3661 * 24 * time.Hour, Limit: 1})}, "Config.Quotas[0].Windows[0].Length"},
		"nanoseconds":           {[]activity.Quota{window(activity.Window{Length: time.Hour + 1, Limit: 1})}, "Config.Quotas[0].Windows[0].Length"},
		"coarse":                {[]activity.Quota{window(activity.Window{Length: time.Hour, Limit: 1, Resolution: time.Hour + time.Second})}, "Config.Quotas[0].Windows[0].Resolution"},
		"fine":                  {[]activity.Quota{window(activity.Window{Length: time.Hour, Limit: 1, Resolution: 9 * time.Second})}, "Config.Quotas[0].Windows[0].Resolution"},
		"negative resolution":   {[]activity.Quota{window(activity.Window{Length: time.Hour, Limit: 1, Resolution: -time.Minute})}, "Config.Quotas[0].Windows[0].Resolution"},
		"resolution in ns":      {[]activity.Quota{window(activity.Window{Length: time.Hour, Limit: 1, Resolution: time.Minute + 1})}, "Config.Quotas[0].Windows[0].Resolution"},
		"no limit":              {[]activity.Quota{window(activity.Window{Length: time.Hour})}, "Config.Quotas[0].Windows[0].Limit"},
		"negative limit":        {[]activity.Quota{window(activity.Window{Length: time.Hour, Limit: -1})}, "Config.Quotas[0].Windows[0].Limit"},
		"short hold":            {[]activity.Quota{{Name: "q", Windows: hour, Hold: time.Millisecond}}, "Config.Quotas[0].Hold"},
		"hold longer than kept": {[]activity.Quota{{Name: "q", Windows: hour, Hold: 200 * 24 * time.Hour}}, "Config.Quotas[0].Hold"},
		"kept for too short":    {[]activity.Quota{{Name: "q", Windows: hour, Keep: time.Minute}}, "Config.Quotas[0].Keep"},
		"all of it is no error": {[]activity.Quota{window(activity.Window{Length: time.Hour, Limit: 1, Resolution: time.Hour})}, ""},
		"a 360th is no error":   {[]activity.Quota{window(activity.Window{Length: time.Hour, Limit: 1, Resolution: 10 * time.Second})}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := activity.New(memstore.New(), &activity.Config{Quotas: test.quotas})
			if test.field == "" {
				check(t, err)
			} else if bad := invalid(t, err); bad.Field != test.field {
				t.Errorf("the error is %v, want one of %s", err, test.field)
			}
		})
	}
}

func TestBadCharges(t *testing.T) {
	c := newClocked(t, quotas(scrapings))
	m := c.acme.Meter("scrapings", mailbox)
	many := make([]activity.Meter, 17)
	for i := range many {
		many[i] = c.acme.Meter("scrapings", activity.Identity(strings.Repeat("x", i+1), ""))
	}
	for name, test := range map[string]struct {
		n      int64
		meters []activity.Meter
		is     error
		field  string
	}{
		"0":             {0, []activity.Meter{m}, activity.ErrInvalid, "Units"},
		"-1":            {-1, []activity.Meter{m}, activity.ErrInvalid, "Units"},
		"no meter":      {1, nil, activity.ErrInvalid, "Meters"},
		"17 meters":     {1, many, activity.ErrInvalid, "Meters"},
		"the same":      {1, []activity.Meter{m, c.acme.Meter("scrapings", activity.Identity("m1", "other label"))}, activity.ErrInvalid, "Meters"},
		"other tenant":  {1, []activity.Meter{m, c.journal.Tenant("globex").Meter("scrapings", mailbox)}, activity.ErrInvalid, "Meters[1].Tenant"},
		"zero meter":    {1, []activity.Meter{{}}, activity.ErrInvalid, "Meter"},
		"unknown quota": {1, []activity.Meter{c.acme.Meter("absent", mailbox)}, activity.ErrUnknownQuota, "Quota"},
		"bad subject":   {1, []activity.Meter{m, c.acme.Meter("scrapings", activity.Entity{Kind: "user"})}, activity.ErrInvalid, "Meters[1].Subject.ID"},
		"over an hour":  {6, []activity.Meter{m}, activity.ErrOverLimit, ""},
		"over a day":    {9, []activity.Meter{m}, activity.ErrOverLimit, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, reserve := c.acme.Reserve(t.Context(), test.n, test.meters...)
			for call, err := range map[string]error{"Use": c.acme.Use(t.Context(), test.n, test.meters...), "Reserve": reserve} {
				c.is(call, err, test.is)
				if test.field == "" {
					if e, ok := errors.AsType[*activity.QuotaError](err); !ok || !e.RetryAt.IsZero() || !strings.Contains(err.Error(), "can never succeed") {
						t.Errorf("%s = %v", call, err)
					}
				} else if bad := invalid(t, err); bad.Field != test.field {
					t.Errorf("%s = %v, want an error of %s", call, err, test.field)
				}
			}
		})
	}
	bad := c.journal.Tenant("").Meter("scrapings", mailbox)
	if got := invalid(t, bad.Use(t.Context(), 1)); got.Field != "Tenant" {
		t.Errorf("without a tenant: %v", got)
	}
	if got := invalid(t, m.Use(activity.WithActor(t.Context(), activity.Entity{Kind: "user"}), 1)); got.Field != "Actor.ID" {
		t.Errorf("with a bad actor: %v", got)
	}
	_, usage := c.acme.Meter("absent", mailbox).Usage(t.Context())
	_, by := c.acme.Meter("absent", mailbox).By(t.Context())
	_, history := c.acme.Meter("absent", mailbox).History(t.Context(), noon, noon.Add(time.Hour), time.Minute)
	for call, err := range map[string]error{"Usage": usage, "By": by, "History": history} {
		c.is(call, err, activity.ErrUnknownQuota)
	}
	c.uses(m, [3]int64{0, 0, 5}, [3]int64{0, 0, 8})
}
