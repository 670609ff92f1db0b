package activity_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	location, err := time.LoadLocation(name)
	check(t, err)
	return location
}

// busy has room for whatever is used.
var busy = activity.Quota{Name: "scrapings", Windows: []activity.Window{{Length: time.Hour, Limit: activity.Unlimited}}, Hold: time.Hour}

// Charts begin at midnight and at whole hours of the clock on the wall, also on days on which it changes.
func TestHistorySteps(t *testing.T) {
	for _, test := range []struct {
		zone, from, to string
		step           time.Duration
		want           string
	}{
		{"UTC", "2026-03-14 10:20", "2026-03-14 13:00", time.Hour, "10:00 11:00 12:00 | 13:00"},
		{"UTC", "2026-03-14 10:20", "2026-03-14 13:01", time.Hour, "10:00 11:00 12:00 13:00 | 14:00"},
		{"UTC", "2026-03-14 22:00", "2026-03-15 01:00", 45 * time.Minute, "21:45 22:30 23:15 00:00 00:45 | 01:30"},
		{"UTC", "2026-03-14 22:00", "2026-03-17 01:00", 24 * time.Hour, "14 15 16 17 | 18"},
		{"UTC", "2026-03-14 22:00", "2026-03-24 01:00", 7 * 24 * time.Hour, "14 21 | 28"},
		{"UTC", "2026-03-14 10:00", "2026-03-14 10:01", time.Minute, "10:00 | 10:01"},
		{"Asia/Kathmandu", "2026-03-14 23:10", "2026-03-15 01:00", 30 * time.Minute, "23:00 23:30 00:00 00:30 | 01:00"}, // 5:45
		{"Europe/Madrid", "2026-03-29 00:00", "2026-03-29 05:00", time.Hour, "00:00 01:00 03:00 04:00 | 05:00"},
		{"Europe/Madrid", "2026-03-29 00:00", "2026-03-30 00:00", 6 * time.Hour, "00:00 06:00 12:00 18:00 | 00:00"},
		{"Europe/Madrid", "2026-10-25 01:00", "2026-10-25 04:00", time.Hour, "01:00 02:00 02:00 03:00 | 04:00"},
		{"Europe/Madrid", "2026-10-25 01:00", "2026-10-25 04:00", 30 * time.Minute, "01:00 01:30 02:00 02:30 02:00 02:30 03:00 03:30 | 04:00"},
		{"Europe/Madrid", "2026-10-24 01:00", "2026-10-27 00:00", 24 * time.Hour, "24 25 26 | 27"},
		{"Australia/Lord_Howe", "2026-04-05 00:00", "2026-04-05 04:00", time.Hour, "00:00 01:00 02:00 03:00 | 04:00"},             // back by half an hour
		{"America/Havana", "2026-03-07 22:00", "2026-03-08 03:00", time.Hour, "22:00 23:00 01:00 02:00 | 03:00"},                  // forward at midnight
		{"America/Havana", "2026-10-31 23:00", "2026-11-01 02:00", time.Hour, "23:00 00:00 00:00 01:00 | 02:00"},                  // back to midnight
		{"America/Havana", "2026-10-31 23:00", "2026-11-02 00:00", 24 * time.Hour, "31 01 | 02"},                                  //
		{"Pacific/Apia", "2011-12-29 20:00", "2011-12-31 04:00", 4 * time.Hour, "20:00 00:00 | 04:00"},                            // a day was left out
		{"Pacific/Apia", "2011-12-28 20:00", "2012-01-01 04:00", 24 * time.Hour, "28 29 31 01 | 02"},                              //
		{"America/Santiago", "2026-09-05 20:00", "2026-09-06 12:00", 12 * time.Hour, "12:00 01:00 | 12:00"},                       // forward at midnight
		{"America/St_Johns", "2006-10-28 22:00", "2006-10-29 02:00", time.Hour, "22:00 23:00 00:00 00:00 01:00 | 02:00"},          // back at 0:01
		{"Africa/Casablanca", "2026-02-15 00:00", "2026-02-16 00:00", 8 * time.Hour, "00:00 08:00 16:00 | 00:00"},                 // back for Ramadan
		{"America/Sao_Paulo", "2018-11-03 12:00", "2018-11-05 00:00", 24 * time.Hour, "03 04 | 05"},                               // forward at midnight
		{"Asia/Kolkata", "2026-03-14 00:00", "2026-03-14 02:00", 20 * time.Minute, "00:00 00:20 00:40 01:00 01:20 01:40 | 02:00"}, // 5:30
	} {
		t.Run(fmt.Sprintf("%s %s %v", strings.ReplaceAll(test.zone, "/", " "), test.from[:10], test.step), func(t *testing.T) {
			c := newClocked(t, quotas(busy))
			parse := func(s string) time.Time {
				at, err := time.ParseInLocation("2006-01-02 15:04", s, zone(t, test.zone))
				check(t, err)
				return at
			}
			from, to := parse(test.from), parse(test.to)
			history, err := c.acme.Meter("scrapings", mailbox).History(t.Context(), from, to, test.step)
			check(t, err)
			layout := "15:04"
			if test.step >= 24*time.Hour {
				layout = "02"
			}
			var got []string
			for i, interval := range history {
				got = append(got, interval.From.Format(layout))
				if i > 0 && !interval.From.Equal(history[i-1].To) || !interval.From.Before(interval.To) || interval.Used != 0 {
					t.Errorf("interval %d is %+v", i, interval)
				}
			}
			last := history[len(history)-1]
			got = append(got, "|", last.To.Format(layout))
			if text := strings.Join(got, " "); text != test.want {
				t.Errorf("steps are %s, want %s", text, test.want)
			}
			if history[0].From.After(from) || !history[0].To.After(from) || last.To.Before(to) || !last.From.Before(to) {
				t.Errorf("steps from %v to %v", history[0].From, last.To)
			}
		})
	}
}

// What is charged on a day of 25 hours is in the hour in which it was.
func TestHistoryOfALongDay(t *testing.T) {
	madrid := zone(t, "Europe/Madrid")
	c := newClocked(t, quotas(busy))
	m := c.acme.Meter("scrapings", mailbox)
	midnight := time.Date(2026, 10, 25, 0, 0, 0, 0, madrid)
	var want []int64
	for hour := range 25 {
		c.now = midnight.Add(time.Duration(hour) * time.Hour)
		c.use(int64(hour)+1, m)
		c.now = c.now.Add(59*time.Minute + 59*time.Second)
		c.use(100, m)
		want = append(want, int64(hour)+101)
	}
	c.now = midnight.Add(25 * time.Hour)
	c.use(1000, m)
	history, err := m.History(t.Context(), midnight, c.now, time.Hour)
	check(t, err)
	var got []int64
	for _, interval := range history {
		got = append(got, interval.Used)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("history (-want +got):\n%s", d)
	}
	days, err := m.History(t.Context(), midnight.AddDate(0, 0, -1), midnight.AddDate(0, 0, 2), 24*time.Hour)
	check(t, err)
	if len(days) != 3 || days[0].Used != 0 || days[1].Used != 25*26/2+2500 || days[2].Used != 1000 || days[1].To.Sub(days[1].From) != 25*time.Hour {
		t.Errorf("days are %+v", days)
	}
}

// What is given back is taken off where it was charged.
func TestHistoryOfRefunds(t *testing.T) {
	c := newClocked(t, quotas(busy))
	m := c.acme.Meter("scrapings", mailbox)
	start := c.now
	used := func(want ...int64) {
		t.Helper()
		history, err := m.History(t.Context(), start, start.Add(30*time.Minute), 10*time.Minute)
		check(t, err)
		got := []int64{history[0].Used, history[1].Used, history[2].Used}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("history (-want +got):\n%s", d)
		}
	}
	committed, expired := c.reserve(5, m), c.reserve(3, m)
	c.now = start.Add(10 * time.Minute)
	c.use(1, m)
	used(8, 1, 0)
	check(t, committed.Commit(t.Context(), 2))
	used(5, 1, 0)
	c.now = start.Add(20 * time.Minute)
	c.use(1, m)
	used(5, 1, 1)
	c.now = expired.Until()
	used(2, 1, 1)
	c.use(1, m)
	used(2, 1, 1)
}

func TestHistoryIsForgotten(t *testing.T) {
	quota := busy
	quota.Keep = 10 * 24 * time.Hour
	c := newClocked(t, quotas(quota))
	m := c.acme.Meter("scrapings", mailbox)
	start := c.now
	for range 20 {
		c.use(1, m)
		c.now = c.now.Add(24 * time.Hour)
	}
	if n, err := activity.ForgetUse(t.Context(), c.journal); n != 10 || err != nil {
		t.Errorf("forgot %d, %v", n, err)
	}
	history, err := m.History(t.Context(), start, c.now, 24*time.Hour)
	check(t, err)
	for i, interval := range history {
		if want := int64(min(max(0, i-9), 1)); i < 20 && interval.Used != want {
			t.Errorf("on day %d, %d were used, want %d", i, interval.Used, want)
		}
	}
}

func TestBadHistory(t *testing.T) {
	m := newClocked(t, quotas(busy)).acme.Meter("scrapings", mailbox)
	for name, test := range map[string]struct {
		from, to time.Time
		step     time.Duration
		field    string
	}{
		"no time":         {time.Time{}, noon, time.Hour, "From"},
		"the wrong way":   {noon, noon, time.Hour, "To"},
		"no step":         {noon, noon.Add(time.Hour), 0, "Step"},
		"negative step":   {noon, noon.Add(time.Hour), -time.Hour, "Step"},
		"seconds":         {noon, noon.Add(time.Hour), 90 * time.Second, "Step"},
		"no part of days": {noon, noon.Add(time.Hour), 7 * time.Hour, "Step"},
		"no whole days":   {noon, noon.Add(time.Hour), 36 * time.Hour, "Step"},
		"too many":        {noon, noon.Add(10_001 * time.Minute), time.Minute, "Step"},
	} {
		_, err := m.History(t.Context(), test.from, test.to, test.step)
		if bad := invalid(t, err); bad.Field != test.field {
			t.Errorf("%s: %v, want an error of %s", name, err, test.field)
		}
	}
	history, err := m.History(t.Context(), noon, noon.Add(9_999*time.Minute), time.Minute)
	if err != nil || len(history) != 10_000 {
		t.Errorf("%d intervals, %v", len(history), err)
	}
}
