// Quota counts the invitations that a prospecting tool sends, and shows how limits fill, block and free again.
//
//	go run ./examples/quota
//
// A day passes at once, because the clock is the program's own.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"time"
	_ "time/tzdata" // for machines without time zones

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/memstore"
)

// A quota has rolling windows: no 60 minutes, and no 24 hours, whenever they begin, have more than the limit.
var quotas = []activity.Quota{
	{Name: "invitations", Windows: []activity.Window{
		{Length: time.Hour, Limit: 20},
		{Length: 24 * time.Hour, Limit: 80},
	}},
	{Name: "workspace_invitations", Windows: []activity.Window{
		{Length: 24 * time.Hour}, // whose limit depends on the plan
	}},
}

var plans = map[string]int64{"Starter": 45, "Pro": 200}

// A quota counts for each subject by itself: here for what the tool sends invitations through.
var (
	anaID = activity.Identity("ana@acme.test", "Ana's identity")
	benID = activity.Identity("ben@acme.test", "Ben's identity")
	eveID = activity.Identity("eve@acme.test", "Eve's identity")
)

// The actor is who uses it.
var (
	ana      = activity.User("ana", "Ana")
	ben      = activity.User("ben", "Ben")
	eve      = activity.User("eve", "Eve")
	campaign = activity.System("campaign")
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// tool is the prospecting tool.
type tool struct {
	clock time.Time
	plan  string
	acme  activity.Tenant
	page  page
}

func run(ctx context.Context, w io.Writer) error {
	madrid, err := time.LoadLocation("Europe/Madrid")
	if err != nil {
		return err
	}
	t := &tool{clock: time.Date(2026, time.March, 3, 9, 0, 0, 0, madrid), plan: "Starter"}
	t.page = page{w: w, now: func() time.Time { return t.clock }}

	// In memory here; sqlite.Open and postgres.Open keep it in a database, for any number of processes.
	journal, err := activity.New(memstore.New(), &activity.Config{
		Quotas: quotas,
		Limits: func(_ context.Context, r activity.LimitRequest) (int64, error) {
			if r.Quota == "workspace_invitations" {
				return plans[t.plan], nil // of r.Tenant, in a real tool
			}
			return r.Window.Limit, nil
		},
		Now: t.page.now, // leave it out: then it is the database's clock
	})
	if err != nil {
		return err
	}
	t.acme = journal.Tenant("acme")

	fmt.Fprintf(w, "Invitations of Acme, which has three identities and the plan %s: %d a day.\n", t.plan, plans[t.plan])
	fmt.Fprintln(w, "# is what is used, = what is reserved.")
	for _, chapter := range []func(context.Context) error{
		t.fill, t.reserve, t.expire, t.allOrNone, t.afternoon, t.who, t.chart,
	} {
		if err := chapter(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (t *tool) at(hour, minute int) {
	t.clock = time.Date(t.clock.Year(), t.clock.Month(), t.clock.Day(), hour, minute, 0, 0, t.clock.Location())
}

func (t *tool) identity(id activity.Entity) activity.Meter { return t.acme.Meter("invitations", id) }

func (t *tool) workspace() activity.Meter {
	return t.acme.Meter("workspace_invitations", activity.Entity{}) // no subject: the tenant as a whole
}

// send charges what is sent through an identity to it and to the workspace: to both or to none.
func (t *tool) send(ctx context.Context, n int64, by, id activity.Entity) error {
	return t.acme.Use(activity.WithActor(ctx, by), n, t.identity(id), t.workspace())
}

// show prints how much of some meters is used.
func (t *tool) show(ctx context.Context, meters ...activity.Meter) error {
	for _, m := range meters {
		usage, err := m.Usage(ctx)
		if err != nil {
			return err
		}
		t.page.indicator(usage)
	}
	return nil
}

// sends sends what there is room for.
func (t *tool) sends(ctx context.Context, n int64, by, id activity.Entity) error {
	t.page.line("%s sends %d", by.Name(), n)
	if err := t.send(ctx, n, by, id); err != nil {
		return err
	}
	return t.show(ctx, t.identity(id))
}

// wants tries to send what there is no room for, and returns when there is.
func (t *tool) wants(ctx context.Context, n int64, by, id activity.Entity) (time.Time, error) {
	t.page.line("%s wants to send %d", by.Name(), n)
	err := t.send(ctx, n, by, id)
	refused, ok := errors.AsType[*activity.QuotaError](err)
	if !ok {
		return time.Time{}, errors.Join(errors.New("it is not refused"), err)
	}
	t.page.refusal(refused)
	return refused.RetryAt.In(t.clock.Location()), nil
}
