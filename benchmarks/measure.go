package main

import (
	"math"
	"runtime"
	"slices"
	"time"
)

// side is one of two ways to do the same work.
type side struct {
	name    string
	prepare func(n int) error // makes what run takes; not timed; may be nil
	run     func(n int) error // does the work n times
	finish  func() error      // does what is left over after run; not timed; may be nil
}

// time returns how long the side takes to do its work n times.
func (s side) time(n int) (time.Duration, error) {
	if s.prepare != nil {
		if err := s.prepare(n); err != nil {
			return 0, err
		}
	}
	runtime.GC() // the garbage of preparing, and of the other side, is not this side's
	start := time.Now()
	err := s.run(n)
	taken := time.Since(start)
	if err == nil && s.finish != nil {
		err = s.finish()
	}
	return taken, err
}

// comparison is what compare measured, slice by slice.
type comparison struct {
	n      int       // how often the work is done in a slice
	a, b   []float64 // seconds that the work takes once
	ratios []float64 // a over b
}

// add adds two neighbouring slices.
func (c *comparison) add(a, b float64) {
	c.a, c.b, c.ratios = append(c.a, a), append(c.b, b), append(c.ratios, a/b)
}

func (c *comparison) ratio() float64 { return quantile(c.ratios, 0.5) }

// compare lets a and b work by turns in short slices, and by turns first, so that what else the
// machine does meets both alike. Each slice lasts at least as long as asked.
func compare(rounds int, slice time.Duration, a, b side) (*comparison, error) {
	n, err := calibrate(slice, a, b)
	if err != nil {
		return nil, err
	}
	c := &comparison{n: n}
	for round := range rounds {
		var taken [2]time.Duration
		for turn := range 2 {
			which := (round + turn) % 2
			if taken[which], err = [...]side{a, b}[which].time(n); err != nil {
				return nil, err
			}
		}
		c.add(taken[0].Seconds()/float64(n), taken[1].Seconds()/float64(n))
	}
	return c, nil
}

// calibrate returns how often the sides have to work for the fastest to take as long as asked. It
// warms all of them up.
func calibrate(slice time.Duration, sides ...side) (int, error) {
	for n := 1; ; {
		shortest := time.Duration(math.MaxInt64)
		for _, s := range sides {
			taken, err := s.time(n)
			if err != nil {
				return 0, err
			}
			shortest = min(shortest, max(taken, 1))
		}
		if shortest >= slice {
			return n, nil
		}
		needed := 1.2 * float64(n) * float64(slice) / float64(shortest)
		n = max(n+1, int(min(needed, 10*float64(n))))
	}
}

// fastest lets the sides work by turns and returns the one with the shortest median, and all
// medians in seconds.
func fastest(rounds int, slice time.Duration, sides ...side) (best int, medians []float64, err error) {
	n, err := calibrate(slice, sides...)
	if err != nil {
		return 0, nil, err
	}
	taken := make([][]float64, len(sides))
	for round := range rounds {
		for turn := range sides {
			which := (round + turn) % len(sides)
			d, err := sides[which].time(n)
			if err != nil {
				return 0, nil, err
			}
			taken[which] = append(taken[which], d.Seconds()/float64(n))
		}
	}
	for i, t := range taken {
		medians = append(medians, quantile(t, 0.5))
		if medians[i] < medians[best] {
			best = i
		}
	}
	return best, medians, nil
}

// quantile returns the value below which a part q of the values lies, between neighbours in
// proportion.
func quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	place := q * float64(len(sorted)-1)
	low := int(place)
	high := min(low+1, len(sorted)-1)
	return sorted[low] + (place-float64(low))*(sorted[high]-sorted[low])
}
