package activity_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
)

func TestUsageFrees(t *testing.T) {
	c := newClocked(t, quotas(scrapings))
	m := c.acme.Meter("scrapings", mailbox)
	start := c.now
	if u := c.usage(m); u.Quota != "scrapings" || u.Subject != mailbox || !u.At.Equal(start) || u.Windows[0].Limit != 5 || u.Windows[1].Length != 24*time.Hour {
		t.Errorf("Usage = %+v", u)
	}
	c.use(1, m)
	c.now = start.Add(20 * time.Second)
	c.use(1, m)
	r := c.reserve(1, m)
	c.now = start.Add(10 * time.Minute)
	check(t, r.Release(t.Context()))
	c.now = start.Add(50 * time.Minute)
	r = c.reserve(1, m)
	want := [][]activity.Freed{
		{{At: start.Add(61 * time.Minute), Units: 2}, {At: r.Until(), Units: 1}},
		{{At: r.Until(), Units: 1}, {At: start.Add(24*time.Hour + 15*time.Minute), Units: 2}},
	}
	for i, w := range c.usage(m).Windows {
		if d := cmp.Diff(want[i], w.Frees); d != "" {
			t.Errorf("window %d becomes free (-want +got):\n%s", i, d)
		}
	}
	u := c.usage(m)
	for n, want := range map[int64]time.Time{
		0: c.now, 2: c.now, 3: start.Add(61 * time.Minute), 4: start.Add(61 * time.Minute), 5: r.Until(),
	} {
		if when, ok := u.When(n); !ok || !when.Equal(want) {
			t.Errorf("When(%d) = %v, %t, want %v", n, when, ok, want)
		}
	}
	if when, ok := u.When(6); ok || !when.IsZero() {
		t.Errorf("When(6) = %v, %t", when, ok)
	}
}

// At the time of When, and at that of QuotaError.RetryAt, there is room, and a moment before there is none.
func TestWhenIsExact(t *testing.T) {
	quota := activity.Quota{Name: "calls", Hold: time.Hour, Windows: []activity.Window{
		{Length: 10 * time.Minute, Limit: 20, Resolution: 7 * time.Second}, {Length: time.Hour, Limit: 40}, {Length: 5 * time.Hour, Limit: 60, Resolution: time.Hour},
	}}
	refusals := 0
	for seed := range uint64(60) {
		random := rand.New(rand.NewPCG(seed, 1))
		c := newClocked(t, quotas(quota))
		m := c.acme.Meter("calls", mailbox)
		var held []*activity.Reservation
		for range 150 {
			c.now = c.now.Add(time.Duration(random.Int64N(int64(4 * time.Minute))))
			n := 1 + random.Int64N(8)
			switch random.IntN(3) {
			case 0:
				if len(held) > 0 {
					i := random.IntN(len(held))
					_ = held[i].Commit(t.Context(), random.Int64N(held[i].Held()+1)) // which may have expired
					held = append(held[:i], held[i+1:]...)
				}
			case 1:
				_ = m.Use(t.Context(), n)
			default:
				if r, err := m.Reserve(t.Context(), n); err == nil {
					held = append(held, r)
				}
			}
			n = 1 + random.Int64N(20)
			u := c.usage(m)
			when, ok := u.When(n)
			if !ok {
				t.Fatalf("When(%d) is never", n)
			}
			if !when.After(c.now) {
				continue
			}
			refusals++
			if e := c.refused(n, m); !e.RetryAt.Equal(when) {
				t.Fatalf("refused until %v, and When(%d) = %v", e.RetryAt, n, when)
			}
			before := c.now
			c.now = when.Add(-time.Microsecond)
			c.refused(n, m)
			if c.now = when.Add(-7 * time.Second); c.now.After(before) {
				c.refused(n, m)
			}
			if c.now = before; random.IntN(10) == 0 {
				c.now = when
				c.use(n, m)
			}
		}
	}
	if refusals < 1000 {
		t.Errorf("only %d times there was no room", refusals)
	}
}

func TestBy(t *testing.T) {
	c := newClocked(t, quotas(scrapings))
	m := c.acme.Meter("scrapings", activity.Entity{})
	start := c.now
	ben := activity.User("ben@acme.test", "Ben")
	as := func(actor activity.Entity, n int64) *activity.Reservation {
		t.Helper()
		r, err := m.Reserve(activity.WithActor(t.Context(), actor), n)
		check(t, err)
		return r
	}
	by := func(want ...activity.UsedBy) {
		t.Helper()
		got, err := m.By(t.Context())
		check(t, err)
		if d := cmp.Diff(want, got, cmp.Transformer("list", func(l []activity.UsedBy) []activity.UsedBy { return append([]activity.UsedBy{}, l...) })); d != "" {
			t.Errorf("by (-want +got):\n%s", d)
		}
	}
	by()
	check(t, as(activity.User(ana.ID, "Ana before she married"), 1).Commit(t.Context(), 1))
	c.use(1, m) // by nobody knows whom
	c.now = start.Add(14 * time.Minute)
	check(t, as(ana, 1).Commit(t.Context(), 1))
	back := as(ben, 2)
	by(activity.UsedBy{Actor: ana, Units: 2}, activity.UsedBy{Actor: ben, Units: 2}, activity.UsedBy{Units: 1})
	check(t, back.Commit(t.Context(), 1))
	by(activity.UsedBy{Actor: ana, Units: 2}, activity.UsedBy{Units: 1}, activity.UsedBy{Actor: ben, Units: 1})
	c.now = start.Add(2 * time.Hour)
	check(t, as(ben, 3).Commit(t.Context(), 3)) // which takes what was given back off
	by(activity.UsedBy{Actor: ben, Units: 4}, activity.UsedBy{Actor: ana, Units: 2}, activity.UsedBy{Units: 1})
	as(ben, 1)
	c.now = start.Add(3 * time.Hour) // it has expired, and nobody has noticed
	by(activity.UsedBy{Actor: ben, Units: 4}, activity.UsedBy{Actor: ana, Units: 2}, activity.UsedBy{Units: 1})
	c.now = start.Add(24*time.Hour + 15*time.Minute - 1)
	by(activity.UsedBy{Actor: ben, Units: 4}, activity.UsedBy{Actor: ana, Units: 2}, activity.UsedBy{Units: 1})
	c.now = start.Add(24*time.Hour + 15*time.Minute)
	by(activity.UsedBy{Actor: ben, Units: 3})
	c.uses(m, [3]int64{0, 0, 5}, [3]int64{3, 0, 5})
	c.now = start.Add(100 * time.Hour)
	by()
}
