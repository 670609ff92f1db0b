package activity

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// The limits of what a quota may be.
const (
	MaxWindows = 8   // windows of one quota
	MaxBuckets = 360 // resolutions in one window
	MaxMeters  = 16  // meters that are charged at once
)

// Unlimited is the limit of a window that has none. What is used is counted all the same.
const Unlimited = math.MaxInt64

// Quota limits how much of something may be used, as [Config.Quotas] lists them: "scrapings". It
// counts for each subject by itself; see [Tenant.Meter].
type Quota struct {
	// Name identifies the quota: a-z, 0-9, _ and single dots, at most 100 bytes.
	Name string

	// Windows are the rolling windows that limit it, at most 8, no two of the same length: per hour
	// and per day, say. What is charged has to fit into all of them.
	Windows []Window

	// Hold is how long a reservation holds its units until they are given back, unless it is settled
	// or extended. Units count from when they were reserved, whenever the work is done; so it should be
	// short beside the windows. Defaults to 15 minutes; at least a second.
	Hold time.Duration

	// Keep is how long Meter.History goes back. Defaults to 90 days; at least the longest window.
	Keep time.Duration
}

// Window is a rolling window: in no period of its length is more than the limit used. It is no day or
// hour of the calendar.
//
// What is charged is counted by buckets of the resolution, and leaves the window when all of its bucket
// has. So a unit is free again up to one resolution late, and never early, by the clock of the store: when that
// jumps ahead, so does what leaves.
type Window struct {
	// Length is how long it is: from a millisecond to 3,660 days, in whole microseconds.
	Length time.Duration

	// Limit is how many units may be used within the length. With Config.Limits, it is for that
	// function to say, and may be left out here.
	Limit int64

	// Resolution is the length of a bucket, in whole microseconds; at least a 360th of the length, and
	// at most all of it. Defaults to a round time between a 60th and a 100th of the length: a minute for an hour,
	// 15 minutes for a day, and whole days for more than 100 days.
	Resolution time.Duration
}

// LimitRequest is what [Config.Limits] is asked for: the limit of one window of a meter.
type LimitRequest struct {
	Tenant  string
	Quota   string
	Subject Entity // zero: the tenant as a whole
	Window  Window // as it is configured
}

// The bounds of what Config.Quotas may say.
const (
	windowMin   = time.Millisecond
	windowMax   = 3660 * 24 * time.Hour
	holdDefault = 15 * time.Minute
	holdMin     = time.Second
	keepDefault = 90 * 24 * time.Hour
	day         = 24 * time.Hour
)

// resolutions are those that windows get by default; longer ones are whole days.
var resolutions = []time.Duration{
	10 * time.Microsecond, 20 * time.Microsecond, 50 * time.Microsecond, 100 * time.Microsecond, 200 * time.Microsecond, 500 * time.Microsecond,
	time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond, 50 * time.Millisecond,
	100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour, 12 * time.Hour, day,
}

// resolution returns the resolution that a window of a length gets by default.
func resolution(length time.Duration) time.Duration {
	for _, r := range resolutions {
		if r*100 >= length {
			return r
		}
	}
	return (length + 100*day - 1) / (100 * day) * day
}

// addQuotas checks quotas, fills in their defaults, and adds them.
func (s *shared) addQuotas(quotas []Quota, limits func(context.Context, LimitRequest) (int64, error)) error {
	s.limits = limits
	for i, q := range quotas {
		field := fmt.Sprintf("Config.Quotas[%d]", i)
		if err := checkTypeName(field+".Name", q.Name); err != nil {
			return err
		}
		if s.quotas[q.Name] != nil {
			return invalidf(field, "is a second quota named %q", q.Name)
		}
		windows, err := s.windows(field+".Windows", q.Windows)
		if err != nil {
			return err
		}
		q.Windows = windows
		if q.Hold == 0 {
			q.Hold = holdDefault
		}
		longest := q.longest()
		if q.Keep == 0 {
			q.Keep = max(keepDefault, longest)
		}
		switch {
		case q.Hold < holdMin:
			return invalidf(field+".Hold", "is less than %v", holdMin)
		case q.Keep < longest:
			return invalidf(field+".Keep", "is less than the longest window")
		case q.Hold > q.Keep:
			return invalidf(field+".Hold", "is longer than Keep")
		}
		s.quotas[q.Name] = &q
		s.configured.quotas = append(s.configured.quotas, q.Name)
	}
	return nil
}

func (s *shared) windows(field string, windows []Window) ([]Window, error) {
	if len(windows) == 0 || len(windows) > MaxWindows {
		return nil, invalidf(field, "does not have 1 to %d windows", MaxWindows)
	}
	windows = slices.Clone(windows)
	for i := range windows {
		w, field := &windows[i], fmt.Sprintf("%s[%d]", field, i)
		if w.Resolution == 0 {
			w.Resolution = resolution(w.Length)
		}
		switch {
		case w.Length < windowMin || w.Length > windowMax:
			return nil, invalidf(field+".Length", "is not between %v and %d days", windowMin, windowMax/day)
		case w.Length%time.Microsecond != 0:
			return nil, invalidf(field+".Length", "is not a whole number of microseconds")
		case slices.ContainsFunc(windows[:i], func(other Window) bool { return other.Length == w.Length }):
			return nil, invalidf(field, "is a second window of %v", w.Length)
		case w.Resolution < 0 || w.Resolution%time.Microsecond != 0:
			return nil, invalidf(field+".Resolution", "is not a whole number of microseconds")
		case w.Resolution > w.Length:
			return nil, invalidf(field+".Resolution", "is longer than the window")
		case w.Resolution*MaxBuckets < w.Length:
			return nil, invalidf(field+".Resolution", "is shorter than a %dth of the window", MaxBuckets)
		case w.Limit < 0 || w.Limit == 0 && s.limits == nil:
			return nil, invalidf(field+".Limit", "is less than 1")
		}
	}
	return windows, nil
}

// longest returns the length of the longest window.
func (q *Quota) longest() time.Duration { return q.Windows[q.last()].Length }

// last returns the place of the longest window.
func (q *Quota) last() int {
	last := 0
	for i := range q.Windows {
		if q.Windows[i].Length > q.Windows[last].Length {
			last = i
		}
	}
	return last
}

// quota returns a configured quota.
func (s *shared) quota(name string) (*Quota, error) {
	if q := s.quotas[name]; q != nil {
		return q, nil
	}
	return nil, &InvalidError{Field: "Quota", Reason: fmt.Sprintf("%q is not among Config.Quotas", strings.ToValidUTF8(name, "?")), Err: ErrUnknownQuota}
}

// limited returns the windows of a quota with the limits that a meter has now.
func (m Meter) limited(ctx context.Context, q *Quota) ([]Window, error) {
	s := m.tenant.journal.shared
	if s.limits == nil {
		return q.Windows, nil
	}
	windows := slices.Clone(q.Windows)
	for i := range windows {
		limit, err := s.limits(ctx, LimitRequest{Tenant: m.tenant.name, Quota: q.Name, Subject: m.subject, Window: q.Windows[i]})
		if err != nil {
			return nil, fmt.Errorf("activity: limit of quota %s: %w", q.Name, err)
		}
		if limit < 0 {
			return nil, invalidf("Config.Limits", "returned %d for quota %q, which is negative", limit, q.Name)
		}
		windows[i].Limit = limit
	}
	return windows, nil
}
