package catalogue

import (
	"time"

	"github.com/go-activity/activity"
)

// Quotas limit what goes out through one identity, and through all of a workspace, per hour and per day. Meters of the latter have no
// subject. The limits are for a host to change: by plan, with Config.Limits.
func Quotas() []activity.Quota {
	return []activity.Quota{
		perHourAndDay("scrapings", 20, 100),
		perHourAndDay("searches", 30, 150),
		perHourAndDay("invitations", 10, 40),
		perHourAndDay("emails", 50, 200),
		perHourAndDay("workspace_scrapings", 100, 500),
		perHourAndDay("workspace_searches", 150, 750),
		perHourAndDay("workspace_invitations", 50, 200),
		perHourAndDay("workspace_emails", 250, 1000),
	}
}

func perHourAndDay(name string, hour, day int64) activity.Quota {
	return activity.Quota{Name: name, Windows: []activity.Window{
		{Length: time.Hour, Limit: hour},
		{Length: 24 * time.Hour, Limit: day},
	}}
}
