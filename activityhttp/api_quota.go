package activityhttp

import (
	"slices"
	"time"

	"github.com/go-activity/activity"
)

// usageView is how much of a quota is used, as the API shows it.
type usageView struct {
	Quota   string          `json:"quota"`
	Label   string          `json:"label"`
	Subject activity.Entity `json:"subject,omitzero"` // zero: the tenant as a whole
	At      time.Time       `json:"at"`
	Windows []windowView    `json:"windows"`
}

// windowView is a window. One without a limit has neither a limit nor what is free of it.
type windowView struct {
	Length     float64          `json:"length"`     // seconds
	Resolution float64          `json:"resolution"` // seconds
	Limit      *int64           `json:"limit,omitempty"`
	Free       *int64           `json:"free,omitempty"`
	Used       int64            `json:"used"`
	Held       int64            `json:"held"`
	Frees      []activity.Freed `json:"frees"`
}

func (c *call) viewUsage(u activity.Usage) usageView {
	v := usageView{Quota: u.Quota, Label: c.label(u.Quota), Subject: u.Subject, At: u.At, Windows: make([]windowView, len(u.Windows))}
	for i, w := range u.Windows {
		v.Windows[i] = windowView{
			Length: w.Length.Seconds(), Resolution: w.Resolution.Seconds(), Used: w.Used, Held: w.Held, Frees: slices.Clone(w.Frees),
		}
		if w.Frees == nil {
			v.Windows[i].Frees = []activity.Freed{}
		}
		if w.Limit != activity.Unlimited {
			v.Windows[i].Limit, v.Windows[i].Free = &w.Limit, &w.Free
		}
	}
	return v
}

// meter reads which quota of whom is asked for.
func (c *call) meter(v *values) activity.Meter {
	quota, subject := v.text("quota"), v.entity("subject")
	if !slices.ContainsFunc(c.known.quotas, func(q activity.Quota) bool { return q.Name == quota }) {
		v.fail("quota", "is no quota")
	}
	return c.tenant.Meter(quota, subject)
}

// getUsage answers with how much of a quota is used.
func (c *call) getUsage() error {
	v := c.values()
	m := c.meter(v)
	if err := v.done(true); err != nil {
		return err
	}
	usage, err := m.Usage(c.ctx())
	if err != nil {
		return err
	}
	return c.write(c.viewUsage(usage))
}

// getUsageHistory answers with how much of a quota was used when.
func (c *call) getUsageHistory() error {
	v := c.values()
	m, from, to, step := c.meter(v), v.time("from"), v.time("to"), v.duration("step")
	if err := v.done(true); err != nil {
		return err
	}
	intervals, err := m.History(c.ctx(), from.In(c.zone.location), to, step)
	if err != nil {
		return err
	}
	return c.write(struct {
		Intervals []activity.Interval `json:"intervals"`
	}{intervals})
}

func (v *values) duration(name string) time.Duration {
	d, err := time.ParseDuration(v.text(name))
	if err != nil {
		v.fail(name, "is no duration such as 1h or 30m")
	}
	return d
}

// getUsedBy answers with who has used a quota.
func (c *call) getUsedBy() error {
	v := c.values()
	m := c.meter(v)
	if err := v.done(true); err != nil {
		return err
	}
	by, err := m.By(c.ctx())
	if err != nil {
		return err
	}
	return c.write(struct {
		By []activity.UsedBy `json:"by"`
	}{by})
}
