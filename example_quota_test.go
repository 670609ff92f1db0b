package activity_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/memstore"
)

// openQuotas makes a tenant for the examples, in memory and with a clock that they set. Scrapings are limited for each
// identity, and for the tenant as a whole.
func openQuotas(clock *time.Time) activity.Tenant {
	journal, err := activity.New(memstore.New(), &activity.Config{
		Quotas: []activity.Quota{
			{Name: "scrapings", Windows: []activity.Window{{Length: time.Hour, Limit: 20}, {Length: 24 * time.Hour, Limit: 80}}},
			{Name: "workspace_scrapings", Windows: []activity.Window{{Length: 24 * time.Hour}}},
		},
		Limits: func(_ context.Context, r activity.LimitRequest) (int64, error) {
			if r.Quota == "workspace_scrapings" {
				return 100, nil // the plan's, from the host's database
			}
			return r.Window.Limit, nil
		},
		Now: func() time.Time { return *clock },
	})
	if err != nil {
		panic(err)
	}
	return journal.Tenant("acme")
}

// A quota has rolling windows. What does not fit into all of them is refused, with the time at which it will.
func ExampleMeter_Use() {
	ctx := context.Background()
	clock := time.Date(2026, 3, 14, 13, 4, 0, 0, time.UTC)
	meter := openQuotas(&clock).Meter("scrapings", activity.Identity("ana@mail.test", "Ana's mailbox"))
	if err := meter.Use(ctx, 20); err != nil {
		fmt.Println(err)
	}
	err := meter.Use(ctx, 5)
	if refused, ok := errors.AsType[*activity.QuotaError](err); ok {
		fmt.Println("no room until", refused.RetryAt.Format("15:04"))
		clock = refused.RetryAt
	}
	fmt.Println(meter.Use(ctx, 5))
	err = meter.Use(ctx, 21)
	fmt.Println(errors.Is(err, activity.ErrQuotaExceeded), err)
	// Output:
	// no room until 14:05
	// <nil>
	// true activity: quota scrapings of identity "ana@mail.test": 21 requested, which can never succeed: the limit is 20 in 1h0m0s
}

// A reservation holds units while it is not known how many will be used. Several meters are charged all or none.
func ExampleTenant_Reserve() {
	ctx := activity.WithActor(context.Background(), activity.User("ana", "Ana"))
	clock := time.Date(2026, 3, 14, 13, 4, 0, 0, time.UTC)
	acme := openQuotas(&clock)
	workspace := acme.Meter("workspace_scrapings", activity.Entity{})
	for _, identity := range []string{"ana@mail.test", "ben@mail.test"} {
		reservation, err := acme.Reserve(ctx, 10, acme.Meter("scrapings", activity.Identity(identity, "")), workspace)
		if err != nil {
			fmt.Println(err)
			return
		}
		found := 7 // of a page of 10; within a transaction of the host: reservation.With(store.Tx(tx)).Commit(ctx, 7)
		if err := reservation.Commit(ctx, int64(found)); err != nil {
			fmt.Println(err) // ErrHoldExpired: it took longer than Quota.Hold
			return
		}
	}
	usage, err := workspace.Usage(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	day := usage.Windows[0]
	fmt.Println(day.Used, "of", day.Limit, "used,", day.Free, "free")
	when, _ := usage.When(90)
	fmt.Println("90 are free at", when.Format(time.DateTime))
	by, err := workspace.By(ctx)
	fmt.Println(by[0].Actor.Name(), by[0].Units, err)
	// Output:
	// 14 of 100 used, 86 free
	// 90 are free at 2026-03-15 13:15:00
	// Ana 14 <nil>
}

// A chart has a bar for each hour of the clock on the wall, also where nothing was used.
func ExampleMeter_History() {
	ctx := context.Background()
	clock := time.Date(2026, 3, 14, 8, 30, 0, 0, time.UTC)
	meter := openQuotas(&clock).Meter("scrapings", activity.User("ana", "Ana"))
	for _, n := range []int64{3, 9, 0, 5} {
		if n > 0 {
			if err := meter.Use(ctx, n); err != nil {
				fmt.Println(err)
			}
		}
		clock = clock.Add(time.Hour)
	}
	kathmandu := time.FixedZone("Kathmandu", 5*3600+45*60)
	from := time.Date(2026, 3, 14, 14, 0, 0, 0, kathmandu)
	history, err := meter.History(ctx, from, from.Add(4*time.Hour), time.Hour)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, bar := range history {
		fmt.Println(strings.TrimSpace(bar.From.Format("15:04 ") + strings.Repeat("#", int(bar.Used))))
	}
	// Output:
	// 14:00 ###
	// 15:00 #########
	// 16:00
	// 17:00 #####
}
