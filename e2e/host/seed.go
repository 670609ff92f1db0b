package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/examples/crm/catalogue"
)

// clock is the time of what is filled in, which happened over some days. It goes on whenever somebody looks at it, so that things take
// their time.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(150 * time.Millisecond)
	return c.now
}

// before sets the time to one that is so long ago.
func (c *clock) before(ago time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = time.Now().Add(-ago)
}

// fill records what happened in the CRM until now.
func fill(ctx context.Context, store activity.Store, config activity.Config) error {
	c := &clock{}
	config.Now = c.read
	journal, err := activity.New(store, &config)
	if err != nil {
		return err
	}
	acme := journal.Tenant(tenant)
	c.before(8 * 24 * time.Hour)
	if _, err := acme.Record(ctx, hostileEvents()...); err != nil {
		return err
	}
	if _, err := acme.Erase(ctx, hostileGone, ana, "tested"); err != nil {
		return err
	}
	if err := hostileTasks(ctx, acme); err != nil {
		return err
	}
	if err := relations(ctx, acme); err != nil {
		return err
	}
	if err := events(ctx, acme, c); err != nil {
		return err
	}
	if err := tasks(ctx, acme, c); err != nil {
		return err
	}
	_, err = journal.Seal(ctx)
	return err
}

func noteOf(text string) activity.Draft {
	return catalogue.NoteAdded.New(catalogue.Note{Text: text}).By(ben).About(people[0], globex).Manual()
}

// events are what people and machines did: 120 events of a week, the oldest first.
func events(ctx context.Context, acme activity.Tenant, c *clock) error {
	for i := 119; i >= 0; i-- {
		c.before(time.Duration(i*i) * 42 * time.Second)
		who, by := people[i%len(people)], []activity.Entity{ana, ben}[i%3/2]
		of := globex
		if i%5 == 0 {
			of = []activity.Entity{globexBerlin, initech, initechGmbH}[i%3]
		}
		var d activity.Draft
		switch i % 9 {
		case 0:
			d = catalogue.EmailOpened.New(catalogue.OpenedEmail{Subject: "Our offer"}).By(who).About(who, of)
		case 1:
			d = catalogue.DealStageChanged.New(catalogue.StageChange{From: "Proposal", To: "Negotiation"}).By(by).About(machine, of)
		case 2:
			d = catalogue.NoteAdded.New(catalogue.Note{Text: "wants the pilot to start in April"}).By(by).About(who, of).Manual()
		case 3:
			d = catalogue.CallCompleted.New(catalogue.Call{Minutes: 12, Topic: "the pilot"}).By(by).About(who, of)
		case 4:
			d = catalogue.SignalDetected.New(catalogue.Signal{Signal: "hiring", Count: 3, Detail: "sales, Berlin"}).By(radar).About(of)
		case 5:
			d = catalogue.EmailSent.New(catalogue.SentEmail{Subject: "Our offer", Recipients: 2}).By(by).About(who, of)
		case 6:
			d = activity.CommentOn(of, "April is fine, I will draft the contract").By(by)
		case 7:
			d = catalogue.EmailBounced.New(catalogue.BouncedEmail{Subject: "Our offer", Address: "hank@globex.test", Permanent: true}).By(radar).About(who, of)
		default:
			d = catalogue.ContactAdded.New(catalogue.AddedContact{Source: "contacts.csv"}).By(by).About(who, of)
		}
		recorded, err := acme.Record(ctx, d)
		if err != nil {
			return fmt.Errorf("event %d: %w", i, err)
		}
		if i == 3 {
			_, err := acme.Record(ctx, activity.CommentOnEvent(recorded[0], "who calls back?").By(ben))
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// relations put accounts and contacts where they belong, merge an account, and erase a contact.
func relations(ctx context.Context, acme activity.Tenant) error {
	if err := acme.SetParent(ctx, globexBerlin, globex, ana); err != nil {
		return err
	}
	for _, child := range people[:3] {
		if err := acme.SetParent(ctx, child, globexBerlin, ana); err != nil {
			return err
		}
	}
	if err := acme.SetParent(ctx, hostileContact, hostileAccount, hostileUser); err != nil {
		return err
	}
	if err := acme.Merge(ctx, initechGmbH, initech, ben); err != nil {
		return err
	}
	_, err := acme.Record(ctx,
		catalogue.EmailSent.New(catalogue.SentEmail{Subject: "Your stapler"}).By(ana).About(gone, initech),
		catalogue.EmailOpened.New(catalogue.OpenedEmail{Subject: "Your stapler"}).By(gone).About(gone, initech))
	if err != nil {
		return err
	}
	_, err = acme.Erase(ctx, gone, ana, "asked for by the person")
	return err
}
