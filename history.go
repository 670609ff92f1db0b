package activity

import (
	"context"
	"time"
)

// MaxIntervals is how many intervals one Meter.History has at most.
const MaxIntervals = 10_000

// Interval is how much was charged from one time to the next.
type Interval struct {
	From time.Time `json:"from"` // inclusive
	To   time.Time `json:"to"`   // exclusive
	Used int64     `json:"used"` // what was used, or is held
}

// History returns how much was charged to the meter from one time to another, in steps, for a chart.
// There is one interval for each step, the one that from lies in first and the one that to ends in last, also where
// nothing was charged. It goes back as far as [Quota.Keep] says; what was charged is known to the minute.
//
// Steps are those of clocks in the time zone of from: they begin at each midnight, and whenever a clock on the
// wall shows a multiple of the step. So on days with a change of the clock, steps of an hour are 23 or 25, and
// of longer steps one is shorter or longer. The step is whole minutes that divide a day, or whole days,
// counted from the day of from; all else is an [InvalidError].
func (m Meter) History(ctx context.Context, from, to time.Time, step time.Duration) ([]Interval, error) {
	if _, err := m.check(); err != nil {
		return nil, err
	}
	for field, t := range map[string]time.Time{"From": from, "To": to} {
		if err := checkTime(field, t); err != nil {
			return nil, err
		}
	}
	switch {
	case !from.Before(to):
		return nil, invalidf("To", "is not after From")
	case step < time.Minute || step%time.Minute != 0 || step < day && day%step != 0 || step > day && step%day != 0:
		return nil, invalidf("Step", "is neither minutes that divide a day, nor days")
	case to.Sub(from)/step > MaxIntervals:
		return nil, invalidf("Step", "makes more than %d intervals", MaxIntervals)
	}
	starts := startsOf(from, to.In(from.Location()), step)
	uses, err := m.tenant.journal.store.QuotaUse(ctx, UseQuery{
		Key: m.key(), From: starts[0].UTC().Truncate(time.Minute), To: starts[len(starts)-1].UTC().Truncate(time.Minute), Step: gcd(step, 15*time.Minute), // of which every zone's offset is a multiple
		Clock: m.tenant.journal.shared.clock,
	})
	if err != nil {
		return nil, err
	}
	intervals := make([]Interval, len(starts)-1)
	for i := range intervals {
		intervals[i].From, intervals[i].To = starts[i], starts[i+1]
	}
	i := 0
	for _, use := range uses {
		for !use.Start.Before(intervals[i].To) && i < len(intervals)-1 {
			i++
		}
		intervals[i].Used += use.Units
	}
	return intervals, nil
}

// startsOf returns the starts of the steps from one time to another, and the end of the last one.
func startsOf(from, to time.Time, step time.Duration) []time.Time {
	var starts []time.Time
	year, month, date := from.Date()
	days := max(1, int(step/day))
	for n := 0; ; n += days {
		for _, start := range stepsOfDay(year, month, date+n, step, from.Location()) {
			if !start.After(from) {
				starts = starts[:0]
			}
			starts = append(starts, start)
			if !start.Before(to) {
				return starts
			}
		}
	}
}

// stepsOfDay returns the starts of the steps of a day, which begin whenever the clock shows a multiple of the step.
func stepsOfDay(year int, month time.Month, date int, step time.Duration, zone *time.Location) []time.Time {
	begin, end := midnight(year, month, date, zone), midnight(year, month, date+1, zone)
	if !begin.Before(end) { // where the date line moved, a day was left out
		return nil
	}
	starts := []time.Time{begin}
	if step >= day {
		return starts
	}
	for t := begin; t.Before(end); {
		_, offset := t.Zone()
		_, change := t.ZoneBounds() // until then, the clock goes on evenly
		if change.IsZero() || change.After(end) {
			change = end
		}
		shown := time.Duration(t.Unix()+int64(offset)) * time.Second // by the clock, since 1970
		for next := t.Add((step - shown%step) % step); next.Before(change); next = next.Add(step) {
			if next.After(begin) {
				starts = append(starts, next)
			}
		}
		t = change
	}
	return starts
}

// midnight returns the first instant of a day: later than 0:00 if clocks go forward then.
func midnight(year int, month time.Month, date int, zone *time.Location) time.Time {
	shown := time.Date(year, month, date, 0, 0, 0, 0, time.UTC)
	for t := shown.Add(-2 * day).In(zone); ; { // from a time at which it is the day before, wherever that is
		_, offset := t.Zone()
		_, change := t.ZoneBounds()
		start := latest(t, shown.Add(-time.Duration(offset)*time.Second))
		if change.IsZero() || start.Before(change) {
			return start.In(zone)
		}
		t = change
	}
}

func gcd(a, b time.Duration) time.Duration {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
