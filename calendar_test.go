package activity_test

import (
	"fmt"
	"math"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/go-activity/activity"
)

func calendar(t testing.TB, zone string, now time.Time) activity.Calendar {
	t.Helper()
	c, err := activity.NewCalendar(zone, now)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCalendarSpans(t *testing.T) {
	spans := func(c activity.Calendar) map[string][2]time.Time {
		of := map[string][2]time.Time{}
		for name, span := range map[string]func() (time.Time, time.Time){
			"today": c.Today, "yesterday": c.Yesterday, "last week": c.LastWeek, "last month": c.LastMonth,
			"no days":    func() (time.Time, time.Time) { return c.LastDays(0) },
			"minus one":  func() (time.Time, time.Time) { return c.LastDays(-1) },
			"seven days": func() (time.Time, time.Time) { return c.LastDays(7) },
			"ever":       func() (time.Time, time.Time) { return c.LastDays(math.MaxInt) },
		} {
			from, to := span()
			of[name] = [2]time.Time{from, to}
		}
		return of
	}
	for name, test := range map[string]struct {
		zone, now string
		want      map[string][2]string
	}{
		"a Wednesday": {"UTC", "2026-03-18T12:00:00Z", map[string][2]string{
			"today": {"2026-03-18T00:00:00Z", "2026-03-19T00:00:00Z"}, "yesterday": {"2026-03-17T00:00:00Z", "2026-03-18T00:00:00Z"},
			"no days": {"2026-03-18T00:00:00Z", "2026-03-19T00:00:00Z"}, "minus one": {"2026-03-18T00:00:00Z", "2026-03-19T00:00:00Z"},
			"seven days": {"2026-03-12T00:00:00Z", "2026-03-19T00:00:00Z"}, "ever": {"1970-01-01T00:00:00Z", "2026-03-19T00:00:00Z"},
			"last week": {"2026-03-09T00:00:00Z", "2026-03-16T00:00:00Z"}, "last month": {"2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"},
		}},
		"a Monday":               {"UTC", "2026-03-16T00:00:00Z", map[string][2]string{"last week": {"2026-03-09T00:00:00Z", "2026-03-16T00:00:00Z"}}},
		"a Sunday":               {"UTC", "2026-03-22T23:59:59Z", map[string][2]string{"last week": {"2026-03-09T00:00:00Z", "2026-03-16T00:00:00Z"}}},
		"January":                {"UTC", "2026-01-31T00:00:00Z", map[string][2]string{"last month": {"2025-12-01T00:00:00Z", "2026-01-01T00:00:00Z"}}},
		"the 31st":               {"UTC", "2026-03-31T00:00:00Z", map[string][2]string{"last month": {"2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"}}},
		"already tomorrow":       {"Asia/Tokyo", "2026-03-18T15:00:00Z", map[string][2]string{"today": {"2026-03-18T15:00:00Z", "2026-03-19T15:00:00Z"}}},
		"still yesterday":        {"America/New_York", "2026-03-18T03:00:00Z", map[string][2]string{"today": {"2026-03-17T04:00:00Z", "2026-03-18T04:00:00Z"}}},
		"25 hours":               {"Europe/Madrid", "2026-10-25T12:00:00Z", map[string][2]string{"today": {"2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"}, "last month": {"2026-08-31T22:00:00Z", "2026-09-30T22:00:00Z"}}},
		"23 hours":               {"Europe/Madrid", "2026-03-30T12:00:00Z", map[string][2]string{"yesterday": {"2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"}, "seven days": {"2026-03-23T23:00:00Z", "2026-03-30T22:00:00Z"}}},
		"a month with a change":  {"Europe/Madrid", "2026-04-10T12:00:00Z", map[string][2]string{"last month": {"2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z"}}},
		"midnight is skipped":    {"America/Sao_Paulo", "2018-11-04T12:00:00Z", map[string][2]string{"today": {"2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"}, "yesterday": {"2018-11-03T03:00:00Z", "2018-11-04T03:00:00Z"}}},
		"skipped in Beirut":      {"Asia/Beirut", "2022-03-27T12:00:00Z", map[string][2]string{"today": {"2022-03-26T22:00:00Z", "2022-03-27T21:00:00Z"}}},
		"midnight occurs twice":  {"America/Havana", "2026-11-01T12:00:00Z", map[string][2]string{"today": {"2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"}}},
		"clocks go back to 23h":  {"America/Sao_Paulo", "2018-02-17T12:00:00Z", map[string][2]string{"today": {"2018-02-17T02:00:00Z", "2018-02-18T03:00:00Z"}}},
		"back over midnight":     {"America/St_Johns", "2010-11-07T12:00:00Z", map[string][2]string{"today": {"2010-11-07T02:30:00Z", "2010-11-08T03:30:00Z"}}},
		"yesterday was skipped":  {"Pacific/Apia", "2011-12-31T00:00:00Z", map[string][2]string{"yesterday": {"2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z"}, "today": {"2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z"}}},
		"before the first event": {"Europe/Madrid", "1970-01-01T00:00:00Z", map[string][2]string{"today": {"1970-01-01T00:00:00Z", "1970-01-01T23:00:00Z"}, "yesterday": {"1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"}}},
		"after the last event":   {"UTC", "9999-12-31T12:00:00Z", map[string][2]string{"today": {"9999-12-31T00:00:00Z", "9999-12-31T23:59:59.999999Z"}}},
	} {
		t.Run(name, func(t *testing.T) {
			now, err := time.Parse(time.RFC3339, test.now)
			check(t, err)
			c := calendar(t, test.zone, now)
			journal := newJournal(t)
			for name, span := range spans(c) {
				if got := [2]string{span[0].UTC().Format(time.RFC3339Nano), span[1].UTC().Format(time.RFC3339Nano)}; test.want[name][0] != "" && got != test.want[name] {
					t.Errorf("%s = %v, want %v", name, got, test.want[name])
				}
				if _, err := journal.Tenant("acme").Timeline(t.Context(), activity.Query{From: span[0], To: span[1]}); err != nil {
					t.Errorf("a query of %s: %v", name, err)
				}
			}
		})
	}
}

func TestCalendarBetween(t *testing.T) {
	for name, test := range map[string]struct{ zone, first, last, from, to string }{
		"one day":            {"Europe/Madrid", "2026-10-25", "2026-10-25", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"},
		"across a change":    {"Europe/Madrid", "2026-10-24", "2026-10-26", "2026-10-23T22:00:00Z", "2026-10-26T23:00:00Z"},
		"leap day":           {"UTC", "2024-02-29", "2024-02-29", "2024-02-29T00:00:00Z", "2024-03-01T00:00:00Z"},
		"skipped day":        {"Pacific/Apia", "2011-12-30", "2011-12-30", "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z"},
		"around skipped day": {"Pacific/Apia", "2011-12-29", "2011-12-31", "2011-12-29T10:00:00Z", "2011-12-31T10:00:00Z"},
		"from long ago":      {"UTC", "0001-01-01", "2026-01-01", "1970-01-01T00:00:00Z", "2026-01-02T00:00:00Z"},
		"to the end":         {"America/New_York", "2026-01-01", "9999-12-31", "2026-01-01T05:00:00Z", "9999-12-31T23:59:59.999999Z"},
	} {
		t.Run(name, func(t *testing.T) {
			from, to, err := calendar(t, test.zone, noon).Between(test.first, test.last)
			if err != nil || from.UTC().Format(time.RFC3339Nano) != test.from || to.UTC().Format(time.RFC3339Nano) != test.to {
				t.Errorf("Between = %v, %v, %v, want %s, %s", from.UTC(), to.UTC(), err, test.from, test.to)
			}
		})
	}
	for name, test := range map[string]struct{ first, last, field string }{
		"empty":       {"", "2026-01-01", "First"},
		"no last":     {"2026-01-01", "", "Last"},
		"with a time": {"2026-01-01T00:00:00Z", "2026-01-01", "First"},
		"American":    {"01/02/2026", "2026-01-01", "First"},
		"short":       {"2026-1-1", "2026-01-01", "First"},
		"no such day": {"2026-02-29", "2026-03-01", "First"},
		"backwards":   {"2026-01-02", "2026-01-01", "Last"},
		"spaces":      {" 2026-01-01", "2026-01-01", "First"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, _, err := calendar(t, "UTC", noon).Between(test.first, test.last); invalid(t, err).Field != test.field {
				t.Errorf("Between = %v, want an error of %s", err, test.field)
			}
		})
	}
}

func TestCalendarZones(t *testing.T) {
	for _, zone := range []string{"", "Local", "Europe/Nowhere", "../../etc/passwd", "/etc/localtime", "a\x00", "a\xff", "CET+1", "zone.tab"} {
		if _, err := activity.NewCalendar(zone, noon); invalid(t, err).Field != "Zone" {
			t.Errorf("NewCalendar(%q) = %v", zone, err)
		}
	}
	if from, to := (activity.Calendar{}).Today(); from.After(to) {
		t.Errorf("today of the zero Calendar is %v to %v", from, to)
	}
}

// TestCalendarDays walks over the days of years in zones with all kinds of changes: each begins where the one before
// has ended, and all of it has its date.
func TestCalendarDays(t *testing.T) {
	for _, zone := range []string{
		"UTC", "Europe/Madrid", "America/New_York", "America/Sao_Paulo", "America/Asuncion", "America/Havana", "America/Scoresbysund", "Asia/Beirut",
		"Asia/Gaza", "Asia/Tehran", "Asia/Kolkata", "Asia/Pyongyang", "Africa/Cairo", "Africa/Casablanca", "Australia/Lord_Howe", "Pacific/Apia", "Pacific/Chatham",
	} {
		t.Run(zone, func(t *testing.T) {
			t.Parallel()
			c := calendar(t, zone, noon)
			var end time.Time
			skipped := 0
			for day := time.Date(2009, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() < 2030; day = day.AddDate(0, 0, 1) {
				date := day.Format(time.DateOnly)
				from, to, err := c.Between(date, date)
				if err != nil {
					t.Fatal(err)
				}
				if !end.IsZero() && !from.Equal(end) {
					t.Fatalf("%s begins at %v, and the day before ends at %v", date, from, end)
				}
				end = to
				if from.Equal(to) {
					skipped++
					continue
				}
				for at := from; at.Before(to); at = at.Add(time.Hour) {
					if at.Day() != day.Day() || at.Month() != day.Month() {
						t.Fatalf("%s has %v", date, at)
					}
				}
				if at := to.Add(-1); at.Format(time.DateOnly) != date || from.Add(-1).Format(time.DateOnly) == date || to.Format(time.DateOnly) == date {
					t.Fatalf("%s begins at %v and ends at %v", date, from, to)
				}
				if to.Sub(from) == 24*time.Hour && day.Day() > 1 {
					continue // to make a calendar takes its time
				}
				today, tomorrow := calendar(t, zone, to.Add(-1)).Today()
				if !today.Equal(from) || !tomorrow.Equal(to) {
					t.Fatalf("at the end of %s, today is %v to %v", date, today, tomorrow)
				}
			}
			if want := map[string]int{"Pacific/Apia": 1}[zone]; skipped != want {
				t.Errorf("%d days are skipped, want %d", skipped, want)
			}
		})
	}
}

// What is today for who looks makes a query.
func ExampleCalendar() {
	calendar, err := activity.NewCalendar("Europe/Madrid", time.Date(2026, 10, 25, 9, 0, 0, 0, time.UTC)) // time.Now()
	if err != nil {
		fmt.Println(err)
		return
	}
	var query activity.Query
	query.From, query.To = calendar.Today()
	fmt.Println(query.From.Format(time.RFC3339), query.To.Format(time.RFC3339), query.To.Sub(query.From))
	query.From, query.To = calendar.LastWeek()
	fmt.Println(query.From.Format(time.RFC3339), query.To.Format(time.RFC3339))
	// Output:
	// 2026-10-25T00:00:00+02:00 2026-10-26T00:00:00+01:00 25h0m0s
	// 2026-10-12T00:00:00+02:00 2026-10-19T00:00:00+02:00
}
