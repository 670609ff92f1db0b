package activity_test

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/go-activity/activity"
)

// counterKey is a key whose counter is tested alone.
var counterKey = activity.QuotaKey{Tenant: "acme", Quota: "calls"}

// gauge is a counter with the windows that it is asked for.
type gauge struct {
	testing.TB
	activity.QuotaCounter
	windows []activity.Window
}

func (c *gauge) admits(n int64, at time.Time) bool {
	r := activity.QuotaRequest{Units: n, Charges: []activity.QuotaCharge{{Key: counterKey, Windows: c.windows}}}
	return r.Admit([]*activity.QuotaCounter{&c.QuotaCounter}, at)
}

func (c *gauge) charge(n int64, at time.Time) activity.Hold {
	c.Helper()
	if !c.admits(n, at) {
		c.Fatalf("%d units are not admitted at %v", n, at)
	}
	return activity.Hold{Key: counterKey, Units: n, At: at, Settled: true}
}

// free checks how many units there is room for.
func (c *gauge) free(want int64, at time.Time) {
	c.Helper()
	probe := gauge{c.TB, c.Clone(), c.windows}
	if probe.admits(want+1, at) {
		c.Errorf("at %v, %d units are admitted, want %d at most", at, want+1, want)
	}
	if want > 0 && !probe.admits(want, at) {
		c.Errorf("at %v, %d units are not admitted", at, want)
	}
}

func window(length time.Duration, limit int64, resolution time.Duration) activity.Window {
	return activity.Window{Length: length, Limit: limit, Resolution: resolution}
}

// When the windows of a quota are configured in another way, what was charged is still gauge, and leaves late
// rather than early.
func TestCounterWithOtherWindows(t *testing.T) {
	start := noon.Truncate(24 * time.Hour)
	newGauge := func(windows ...activity.Window) *gauge { return &gauge{TB: t, windows: windows} }
	t.Run("another resolution", func(t *testing.T) {
		c := newGauge(window(time.Hour, 10, 15*time.Minute))
		early, late := c.charge(1, start.Add(time.Minute)), c.charge(2, start.Add(14*time.Minute))
		c.charge(4, start.Add(20*time.Minute))
		for _, resolution := range []time.Duration{4 * time.Minute, 15 * time.Minute, 7 * time.Minute, time.Hour, 10 * time.Minute} {
			c.windows[0].Resolution = resolution
			c.free(3, start.Add(30*time.Minute))
			c.free(3, start.Add(74*time.Minute)) // for the late one is a window's length old just then
		}
		c.windows[0].Resolution = 5 * time.Minute
		c.charge(1, start.Add(31*time.Minute))
		c.free(5, start.Add(75*time.Minute))
		c.GiveBack(&early) // is in another bucket now, and not looked for
		c.free(2, start.Add(31*time.Minute))
		c.GiveBack(&late)
		c.free(4, start.Add(31*time.Minute))
	})
	t.Run("another window", func(t *testing.T) {
		c := newGauge(window(time.Hour, 100, time.Minute))
		long := c.charge(1, start)
		c.charge(2, start.Add(time.Hour+30*time.Second)) // when the first has left
		c.charge(4, start.Add(2*time.Hour))
		c.windows = []activity.Window{window(24*time.Hour, 100, 15*time.Minute), window(10*time.Minute, 100, time.Minute), window(time.Hour, 100, time.Minute)}
		at := start.Add(2*time.Hour + time.Minute)
		c.free(94, at)
		c.charge(1, at)
		c.free(93, at)
		c.GiveBack(&long) // which the new window does not know of
		c.free(93, at)
		c.windows = []activity.Window{window(10*time.Minute, 100, time.Minute), window(24*time.Hour, 100, 15*time.Minute)}
		c.free(93, start.Add(3*time.Hour+2*time.Minute))
		c.free(100, start.Add(27*time.Hour))
	})
	t.Run("windows in another order", func(t *testing.T) {
		c := newGauge(window(time.Hour, 10, time.Minute), window(24*time.Hour, 15, 15*time.Minute))
		c.charge(10, start)
		c.charge(1, start.Add(2*time.Hour))
		c.windows[0], c.windows[1] = c.windows[1], c.windows[0]
		c.free(4, start.Add(2*time.Hour))
		c.charge(1, start.Add(2*time.Hour))
		c.free(3, start.Add(2*time.Hour))
	})
}

// Whatever resolutions follow each other, a unit never leaves early.
func TestCounterNeverLeavesEarly(t *testing.T) {
	start := noon.Truncate(time.Hour)
	random := rand.New(rand.NewPCG(1, 3))
	for range 300 {
		c := &gauge{TB: t, windows: []activity.Window{window(time.Hour, 1, time.Minute)}}
		at := start.Add(time.Duration(random.Int64N(int64(time.Hour)))).Truncate(time.Microsecond)
		c.charge(1, at)
		for range 5 {
			c.windows[0].Resolution = time.Duration(10+random.IntN(3590)) * time.Second
			c.windows[0].Limit = 100
			c.charge(1, at)
		}
		c.windows[0].Limit = 6
		c.free(0, at.Add(time.Hour))
		c.free(6, at.Add(7*time.Hour))
	}
}

// A request that is not admitted is refused with a reason, also when the windows have changed since the holds that
// are due were charged.
func TestEveryRefusalHasAReason(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	refused := 0
	for range 200 {
		var state activity.QuotaState
		now := noon.Truncate(24 * time.Hour)
		for range 60 {
			now = now.Add(time.Duration(r.Int64N(int64(5 * time.Minute))))
			windows := []activity.Window{
				window(time.Hour, 5+r.Int64N(10), time.Duration(1+r.IntN(7))*time.Minute), window(24*time.Hour, 20+r.Int64N(20), 15*time.Minute),
			}
			request := activity.QuotaRequest{Units: 1 + r.Int64N(4), Charges: []activity.QuotaCharge{{Key: counterKey, Windows: windows[:1+r.IntN(2)]}}}
			counter, kept := state.Counter.Clone(), []activity.Hold{}
			for _, h := range state.Holds {
				if h.Due(now) {
					counter.GiveBack(&h)
				} else {
					kept = append(kept, h)
				}
			}
			admitted := request.Admit([]*activity.QuotaCounter{&counter}, now)
			if e := request.Refusal([]activity.QuotaState{state}, now); admitted != (e == nil) {
				t.Fatalf("a request is admitted: %t, and the reason why not is %v", admitted, e)
			}
			if !admitted {
				refused++
				continue
			}
			kept = append(kept, activity.Hold{Key: counterKey, Units: request.Units, At: now, Until: now.Add(time.Duration(r.Int64N(int64(time.Hour))))})
			state = activity.QuotaState{Counter: counter, Holds: kept}
		}
	}
	if refused < 1000 {
		t.Errorf("%d requests were refused", refused)
	}
}

func TestCounterInBinary(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 4))
	c := &gauge{TB: t, windows: []activity.Window{window(time.Hour, activity.Unlimited, time.Minute), window(24*time.Hour, activity.Unlimited, 15*time.Minute)}}
	at, largest := noon, 0
	for i := range 100_000 {
		if i%100 == 0 {
			at = at.Add(time.Duration(random.Int64N(int64(time.Minute))))
		}
		c.charge(1+random.Int64N(3), at)
		if i%1000 != 0 {
			continue
		}
		b, err := c.MarshalBinary()
		check(t, err)
		largest = max(largest, len(b))
		var read activity.QuotaCounter
		check(t, read.UnmarshalBinary(b))
		again, err := read.MarshalBinary()
		check(t, err)
		if !bytes.Equal(b, again) {
			t.Fatalf("%x is read and written as %x", b, again)
		}
		c.QuotaCounter = read
	}
	if largest > 700 {
		t.Errorf("a counter of an hour and a day takes %d bytes", largest)
	}
	var zero activity.QuotaCounter
	check(t, zero.UnmarshalBinary(nil))
	// The widest that there can be.
	c = &gauge{TB: t}
	for i := range int64(activity.MaxWindows) {
		length := 3000*24*time.Hour + time.Duration(i)*360*time.Microsecond
		c.windows = append(c.windows, window(length, activity.Unlimited, length/activity.MaxBuckets))
	}
	for range 1000 {
		at = at.Add(4 * 24 * time.Hour)
		c.charge(activity.Unlimited/1000, at)
	}
	b, err := c.MarshalBinary()
	check(t, err)
	check(t, zero.UnmarshalBinary(b))
	t.Logf("%d bytes for an hour and a day, %d for the widest", largest, len(b))
}

func FuzzQuotaCounter(f *testing.F) {
	c := &gauge{TB: f, windows: []activity.Window{window(time.Hour, 100, time.Minute), window(24*time.Hour, 100, 15*time.Minute)}}
	for i := range 5 {
		c.charge(1, noon.Add(time.Duration(i)*time.Hour))
	}
	b, err := c.MarshalBinary()
	check(f, err)
	f.Add(b)
	f.Add([]byte{})
	f.Add([]byte{1, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		var read activity.QuotaCounter
		if read.UnmarshalBinary(b) != nil {
			return
		}
		written, err := read.MarshalBinary()
		check(t, err)
		var again activity.QuotaCounter
		check(t, again.UnmarshalBinary(written))
		probe := gauge{t, read, c.windows}
		probe.admits(1, noon)
	})
}

func BenchmarkAdmit(b *testing.B) {
	c := &gauge{TB: b, windows: []activity.Window{window(time.Hour, activity.Unlimited, time.Minute), window(24*time.Hour, activity.Unlimited, 15*time.Minute)}}
	at := noon
	for b.Loop() {
		at = at.Add(time.Second)
		c.charge(1, at)
	}
}

func BenchmarkCounterInBinary(b *testing.B) {
	c := &gauge{TB: b, windows: []activity.Window{window(time.Hour, activity.Unlimited, time.Minute), window(24*time.Hour, activity.Unlimited, 15*time.Minute)}}
	for i := range 1_000_000 {
		c.charge(1, noon.Add(time.Duration(i)*80*time.Millisecond))
	}
	var text []byte
	for b.Loop() {
		var err error
		if text, err = c.AppendBinary(text[:0]); err == nil {
			err = c.UnmarshalBinary(text)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}
