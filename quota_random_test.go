package activity_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/storetest"
)

// gambler charges meters at random, while it knows from an oracle what has to come of it.
type gambler struct {
	*clocked
	*rand.Rand
	oracle  storetest.QuotaOracle
	limits  map[time.Duration]int64
	last    map[activity.QuotaKey]time.Time
	held    []*gamble
	outcome map[string]int
}

// gamble is a reservation, and what it holds of each key; until it does no more, when it is given back.
type gamble struct {
	*activity.Reservation
	until map[activity.QuotaKey]time.Time
	left  int64
}

// play does something.
func (g *gambler) play() {
	switch g.IntN(10) {
	case 0, 1, 2, 3:
		g.now = g.now.Add(time.Duration(g.Int64N(int64(3 * time.Minute))))
	case 4:
		g.now = g.now.Add(time.Duration(g.Int64N(int64(time.Hour))))
	case 5:
		g.now = g.now.Add(-time.Duration(g.Int64N(int64(time.Hour))))
	}
	switch n := g.IntN(100); {
	case n < 60:
		g.charge()
	case n < 90:
		if len(g.held) > 0 {
			g.settle(g.held[g.IntN(len(g.held))])
		}
	case n < 95:
		if _, err := g.journal.ExpireHolds(g.Context()); err != nil {
			g.Fatal(err)
		}
		for key := range g.last {
			g.expire(key)
		}
	default:
		length := []time.Duration{10 * time.Minute, time.Hour}[g.IntN(2)]
		g.limits[length] = 1 + g.Int64N(30)
	}
}

// at returns the time at which something counts for a key.
func (g *gambler) at(key activity.QuotaKey) time.Time {
	if last := g.last[key]; last.After(g.now) {
		return last
	}
	return g.now.Truncate(time.Microsecond)
}

func (g *gambler) windows() []activity.Window {
	return []activity.Window{
		{Length: 10 * time.Minute, Limit: g.limits[10*time.Minute], Resolution: 7 * time.Second},
		{Length: time.Hour, Limit: g.limits[time.Hour], Resolution: time.Minute},
	}
}

func (g *gambler) charge() {
	var meters []activity.Meter
	var keys []activity.QuotaKey
	for _, subject := range []activity.Entity{{}, mailbox, ana} {
		if g.IntN(2) == 0 {
			meters = append(meters, g.acme.Meter("calls", subject))
			keys = append(keys, activity.QuotaKey{Tenant: "acme", Quota: "calls", SubjectKind: subject.Kind, SubjectID: subject.ID})
		}
	}
	if len(meters) == 0 {
		return
	}
	n := 1 + g.Int64N(5)
	fits, late := true, true // that there is room, and that there is even if all leaves as late as it may
	for _, key := range keys {
		at := g.at(key)
		for _, w := range g.windows() {
			fits = fits && g.used(key, at.Add(-w.Length), at)+n <= w.Limit
			late = late && g.used(key, at.Add(-w.Length-w.Resolution+time.Microsecond), at)+n <= w.Limit
		}
	}
	var r *activity.Reservation
	var err error
	use := g.IntN(3) == 0
	if use {
		err = g.acme.Use(g.Context(), n, meters...)
	} else {
		r, err = g.acme.Reserve(g.Context(), n, meters...)
	}
	switch {
	case errors.Is(err, activity.ErrQuotaExceeded):
		if late {
			g.Fatalf("%d units were refused at %v, and there was room: %v", n, g.now, err)
		}
		g.outcome["refused"]++
		return
	case err != nil:
		g.Fatal(err)
	case !fits:
		g.Fatalf("%d units were admitted at %v without room", n, g.now)
	}
	g.outcome["admitted"]++
	charged := storetest.QuotaCharged{Units: n, Windows: g.windows()}
	gamble := &gamble{r, map[activity.QuotaKey]time.Time{}, n}
	for _, key := range keys {
		g.last[key] = g.at(key)
		g.expire(key)
		charged.At = g.last[key]
		if !use {
			charged.ID = r.ID()
			gamble.until[key] = charged.At.Add(10 * time.Minute)
		}
		g.oracle.Charge(key, charged)
	}
	if !use {
		g.held = append(g.held, gamble)
	}
}

// used returns what is charged from one time to another, less what is due at the latter.
func (g *gambler) used(key activity.QuotaKey, from, to time.Time) int64 {
	used := g.oracle.Used(key, from, to)
	for _, h := range g.held {
		if until, ok := h.until[key]; ok && !until.After(to) {
			if charged := until.Add(-10 * time.Minute); !charged.Before(from) {
				used -= h.left
			}
		}
	}
	return used
}

// expire gives back what is due of a key.
func (g *gambler) expire(key activity.QuotaKey) {
	for _, h := range g.held {
		if until, ok := h.until[key]; ok && !until.After(g.at(key)) {
			g.oracle.GiveBack(key, h.ID(), h.left)
			delete(h.until, key)
			g.outcome["expired"]++
		}
	}
}

func (g *gambler) settle(h *gamble) {
	whole, alive := true, true
	for _, until := range h.until {
		alive = alive && until.After(g.now)
	}
	whole = len(h.until) == g.meters(h)
	used, keep := g.Int64N(h.left+1), g.IntN(3) == 0 && h.left > 0
	var err error
	if keep {
		used = max(used, 1)
		err = h.Use(g.Context(), used)
	} else {
		err = h.Commit(g.Context(), used)
	}
	if (err == nil) != (whole && alive) {
		g.Fatalf("settled at %v with %v, and it has all: %t, is alive: %t", g.now, err, whole, alive)
	}
	if err != nil && !errors.Is(err, activity.ErrHoldExpired) && !errors.Is(err, activity.ErrSettled) {
		g.Fatal(err)
	}
	switch {
	case err != nil:
		g.outcome["too late"]++
	case keep:
		h.left -= used
	default:
		g.outcome["committed"]++
		for key := range h.until {
			g.oracle.GiveBack(key, h.ID(), h.left-used)
		}
		g.held = slices.DeleteFunc(g.held, func(other *gamble) bool { return other == h })
	}
}

// meters returns how many meters a reservation was made of.
func (g *gambler) meters(h *gamble) int {
	return activity.MetersOf(h.Reservation)
}

// Whatever happens, no window is over its limit, and nothing is refused more than a resolution late.
func TestQuotasAtRandom(t *testing.T) {
	outcome := map[string]int{}
	for seed := range uint64(20) {
		g := &gambler{
			Rand: rand.New(rand.NewPCG(seed, 2)), limits: map[time.Duration]int64{10 * time.Minute: 10, time.Hour: 20},
			last: map[activity.QuotaKey]time.Time{}, outcome: outcome,
		}
		g.clocked = newClocked(t, activity.Config{
			Quotas: []activity.Quota{{Name: "calls", Hold: 10 * time.Minute, Windows: []activity.Window{{Length: 10 * time.Minute, Resolution: 7 * time.Second}, {Length: time.Hour}}}},
			Limits: func(_ context.Context, r activity.LimitRequest) (int64, error) { return g.limits[r.Window.Length], nil },
		})
		for range 1000 {
			g.play()
		}
		if err := g.oracle.Check(); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
	}
	for _, what := range []string{"admitted", "refused", "expired", "committed", "too late"} {
		if outcome[what] < 200 {
			t.Errorf("%s %d times only", what, outcome[what])
		}
	}
}
