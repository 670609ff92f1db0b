package storetest

import (
	"testing"
	"time"

	"github.com/go-activity/activity"
)

func TestQuotaOracle(t *testing.T) {
	key := activity.QuotaKey{Tenant: acme, Quota: "calls"}
	hour := func(limit int64) []activity.Window { return []activity.Window{{Length: time.Hour, Limit: limit}} }
	both := []activity.Window{{Length: time.Hour, Limit: 3}, {Length: time.Minute, Limit: 2}}
	at := func(d time.Duration, units int64, windows []activity.Window) QuotaCharged {
		return QuotaCharged{ID: newID(epoch.Add(d), 1), At: epoch.Add(d), Units: units, Windows: windows}
	}
	for name, test := range map[string]struct {
		charges []QuotaCharged
		back    int64 // given back of the first
		over    bool
	}{
		"up to the limit":         {charges: []QuotaCharged{at(0, 2, hour(3)), at(time.Minute, 1, hour(3))}},
		"over":                    {charges: []QuotaCharged{at(0, 2, hour(3)), at(time.Minute, 2, hour(3))}, over: true},
		"over, in any order":      {charges: []QuotaCharged{at(time.Minute, 2, hour(3)), at(0, 2, hour(3))}, over: true},
		"over at once":            {charges: []QuotaCharged{at(0, 4, hour(3))}, over: true},
		"at the end":              {charges: []QuotaCharged{at(0, 2, hour(3)), at(time.Hour, 2, hour(3))}, over: true},
		"after the end":           {charges: []QuotaCharged{at(0, 2, hour(3)), at(time.Hour+time.Microsecond, 2, hour(3))}},
		"given back":              {charges: []QuotaCharged{at(0, 2, hour(3)), at(time.Minute, 2, hour(3))}, back: 1},
		"the limit was raised":    {charges: []QuotaCharged{at(0, 3, hour(3)), at(time.Minute, 2, hour(5))}},
		"the limit was lowered":   {charges: []QuotaCharged{at(0, 5, hour(5)), at(time.Minute, 1, hour(5+1)), at(2*time.Hour, 1, hour(1))}},
		"over the lowered limit":  {charges: []QuotaCharged{at(0, 3, hour(5)), at(time.Minute, 1, hour(3))}, over: true},
		"over the shorter window": {charges: []QuotaCharged{at(0, 1, both), at(time.Second, 2, both)}, over: true},
		"over the longer window":  {charges: []QuotaCharged{at(0, 2, both), at(2*time.Minute, 2, both)}, over: true},
	} {
		t.Run(name, func(t *testing.T) {
			var o QuotaOracle
			for _, c := range test.charges {
				o.Charge(key, c)
				o.Charge(activity.QuotaKey{Tenant: globex, Quota: "calls"}, at(c.At.Sub(epoch)*3, 1, hour(1000)))
			}
			o.GiveBack(key, test.charges[0].ID, test.back)
			if err := o.Check(); (err != nil) != test.over {
				t.Errorf("Check = %v", err)
			}
		})
	}
}
