package activity

import (
	"fmt"
	"time"
)

// Calendar turns days into spans of time, as [Query.From] and [Query.To] take them: what "yesterday" is for who looks,
// in their time zone, also on days of 23 or 25 hours. It is a small value, safe for concurrent use.
//
// A day begins with its first instant, whatever clocks show then: at 01:00 where midnight is skipped, at the first
// midnight where there are two. It ends where the next one begins; one that the zone has skipped is an
// empty span. Where clocks go back over midnight, the end of the old day that they show again counts for the new one.
//
// Spans are cut to the years 1970 to 9999, in which events occur.
type Calendar struct {
	zone  *time.Location // nil: UTC
	today time.Time      // at midnight in UTC, as all days here
}

// NewCalendar makes the calendar of a time zone, given by its IANA name such as "Europe/Madrid", on the day that it has
// now. A name that is empty, unknown or "Local" is an [InvalidError]. Programs for machines without a database
// of time zones import time/tzdata.
func NewCalendar(zone string, now time.Time) (Calendar, error) {
	switch zone {
	case "":
		return Calendar{}, invalidf("Zone", "is empty")
	case "Local":
		return Calendar{}, invalidf("Zone", "is the one of the machine, and not of a person")
	}
	location, err := time.LoadLocation(zone)
	if err != nil {
		return Calendar{}, &InvalidError{Field: "Zone", Reason: fmt.Sprintf("%q is not known", zone), Err: err}
	}
	year, month, day := now.In(location).Date()
	return Calendar{zone: location, today: time.Date(year, month, day, 0, 0, 0, 0, time.UTC)}, nil
}

// Today returns the span of the calendar's day, the hours to come included.
func (c Calendar) Today() (from, to time.Time) { return c.LastDays(1) }

// Yesterday returns the span of the day before.
func (c Calendar) Yesterday() (from, to time.Time) {
	return c.span(c.today.AddDate(0, 0, -1), c.today)
}

// LastDays returns the span of n days of which today is the last; n less than 1 counts as 1.
func (c Calendar) LastDays(n int) (from, to time.Time) {
	const most = 10_000 * 366
	return c.span(c.today.AddDate(0, 0, 1-min(max(n, 1), most)), c.today.AddDate(0, 0, 1))
}

// LastWeek returns the span of the week before this one, from Monday to Sunday as ISO 8601 has it.
func (c Calendar) LastWeek() (from, to time.Time) {
	sinceMonday := (int(c.today.Weekday()) + 6) % 7
	monday := c.today.AddDate(0, 0, -sinceMonday)
	return c.span(monday.AddDate(0, 0, -7), monday)
}

// LastMonth returns the span of the month before this one.
func (c Calendar) LastMonth() (from, to time.Time) {
	first := c.today.AddDate(0, 0, 1-c.today.Day())
	return c.span(first.AddDate(0, -1, 0), first)
}

// Between returns the span of the days from the first to the last, both included, which are written as "2026-10-25".
// Anything else, or a last day before the first, is an [InvalidError].
func (c Calendar) Between(first, last string) (from, to time.Time, err error) {
	var days [2]time.Time
	for i, written := range []struct{ field, day string }{{"First", first}, {"Last", last}} {
		if days[i], err = time.Parse(time.DateOnly, written.day); err != nil {
			return from, to, &InvalidError{Field: written.field, Reason: "is not a day such as 2026-10-25", Err: err}
		}
	}
	if days[1].Before(days[0]) {
		return from, to, invalidf("Last", "is before First")
	}
	from, to = c.span(days[0], days[1].AddDate(0, 0, 1))
	return from, to, nil
}

// span returns the span from the beginning of a day to that of another.
func (c Calendar) span(first, end time.Time) (from, to time.Time) {
	return c.begin(first), c.begin(end)
}

// begin returns the first instant at which the zone has a day, or a later one if it skips that.
func (c Calendar) begin(day time.Time) time.Time {
	zone := c.zone
	if zone == nil {
		zone = time.UTC
	}
	// Within a period between two changes of the clocks, midnight is a matter of subtraction. No zone was ever further
	// than 16 hours from UTC.
	at := day.Add(-24 * time.Hour).In(zone)
	for {
		_, end := at.ZoneBounds()
		_, offset := at.Zone()
		midnight := day.Add(-time.Duration(offset) * time.Second).In(zone)
		if midnight.Before(at) {
			midnight = at
		}
		if end.IsZero() || midnight.Before(end) {
			return inYears(midnight)
		}
		at = end
	}
}

// inYears cuts to the times that a query may have.
func inYears(at time.Time) time.Time {
	switch latest := maxTime.Add(-time.Microsecond); {
	case at.Before(minTime):
		return minTime.In(at.Location())
	case at.After(latest):
		return latest.In(at.Location())
	}
	return at
}
