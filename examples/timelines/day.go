package main

import (
	"context"
	"errors"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/examples/crm/catalogue"
	"github.com/go-activity/activity/examples/crm/contacts"
)

// day is what happens on the day, in chapters.
func (c *crm) day(ctx context.Context) error {
	for _, chapter := range []func(context.Context) error{
		c.structure, c.signals, c.importing, c.emails, c.invitations, c.talks, c.searching, c.enriching, c.exporting, c.people, c.cleaning, c.closing,
	} {
		if err := chapter(ctx); err != nil {
			return err
		}
	}
	return nil
}

// record records events at a time of the day.
func (c *crm) record(ctx context.Context, hour, minute int, drafts ...activity.Draft) error {
	c.clock.at(hour, minute)
	_, err := c.acme.Record(ctx, drafts...)
	return err
}

// structure says what belongs to an account.
func (c *crm) structure(ctx context.Context) error {
	for _, below := range []activity.Entity{globexBerlin, weatherMachine} {
		if err := c.acme.SetParent(ctx, below, globex, ana); err != nil {
			return err
		}
	}
	return nil
}

// signals come in overnight; they are recorded in the morning, with the time at which they were noticed.
func (c *crm) signals(ctx context.Context) error {
	ctx = activity.WithActor(ctx, radar)
	noticed := c.clock.read()
	return c.record(ctx, 8, 30,
		catalogue.SignalDetected.New(catalogue.Signal{Signal: "hiring", Count: 3, Detail: "sales, Berlin"}).About(globex).At(noticed),
		catalogue.SignalDetected.New(catalogue.Signal{Signal: "funding", Detail: "12 M EUR"}).About(initechGmbH),
		catalogue.SignalDetected.New(catalogue.Signal{Signal: "website_visit", Count: 5}).About(globexBerlin))
}

// emails are sent, opened, clicked and bounced. The provider tells of it by webhooks, which may come twice.
func (c *crm) emails(ctx context.Context) error {
	const subject = "Our offer"
	err := c.record(activity.WithActor(ctx, ana), 9, 20,
		catalogue.EmailSent.New(catalogue.SentEmail{Subject: subject, Recipients: 2}).About(hank.Entity, lena.Entity, globex))
	if err != nil {
		return err
	}
	bounced := catalogue.EmailBounced.New(catalogue.BouncedEmail{Subject: subject, Address: "lena@globex.test", Reason: "the mailbox is full"}).
		By(anaByEmail).About(lena.Entity, globex)
	opened := catalogue.EmailOpened.New(catalogue.OpenedEmail{Subject: subject}).By(hank.Entity).About(hank.Entity, globex)
	clicked := catalogue.EmailClicked.New(catalogue.ClickedEmail{Subject: subject, Link: "acme.test/offer", Times: 1}).By(hank.Entity).About(hank.Entity, globex)
	for i, webhook := range []activity.Draft{
		bounced.Key("webhook-8840"),
		opened.Key("webhook-8841"),
		opened.Key("webhook-8842"), opened.Key("webhook-8842"),
		opened.Key("webhook-8843"),
		clicked.Key("webhook-8844"),
	} {
		if err := c.record(ctx, 9, 21+6*i, webhook); err != nil {
			return err
		}
	}
	return nil
}

// talks are recorded by hand, but for the call, of which the telephone system tells. Ana comments on the call itself.
func (c *crm) talks(ctx context.Context) error {
	c.clock.at(11, 10)
	called, err := c.acme.Record(ctx, catalogue.CallCompleted.New(catalogue.Call{Minutes: 12, Topic: "the pilot"}).By(ben).About(hank.Entity, globex))
	if err != nil {
		return err
	}
	return errors.Join(
		c.record(ctx, 11, 25, catalogue.NoteAdded.New(catalogue.Note{Text: "wants the pilot to start in April"}).By(ben).About(hank.Entity, globex).Manual()),
		c.record(ctx, 11, 30, activity.CommentOnEvent(called[0], "April is fine, I will draft the contract", ben).By(ana)),
		c.record(ctx, 11, 40, catalogue.DealStageChanged.New(catalogue.StageChange{From: "Proposal", To: "Negotiation"}).By(ana).About(weatherMachine, globex)))
}

// people is what is done with contacts.
func (c *crm) people(ctx context.Context) error {
	for _, action := range []struct {
		minute int
		do     func() (activity.Event, error)
	}{
		{0, func() (activity.Event, error) { return contacts.Invite(ctx, c.acme, hank, ana, "hank@globex.test") }},
		{10, func() (activity.Event, error) {
			return contacts.Share(ctx, c.acme, hank, ana, "eve@acme.test", "joe@acme.test")
		}},
		{15, func() (activity.Event, error) {
			return contacts.Message(ctx, c.acme, lena, ben, "linkedin", "your mailbox is full")
		}},
		{20, func() (activity.Event, error) {
			return contacts.Comment(ctx, c.acme, lena, ben, "does anyone know where she works now?", ana)
		}},
		{40, func() (activity.Event, error) {
			return contacts.Archive(ctx, c.acme, lena, ben, "moved to another company")
		}},
	} {
		c.clock.at(16, action.minute)
		if _, err := action.do(); err != nil {
			return err
		}
	}
	return nil
}

// cleaning makes one account of two that turn out to be the same.
func (c *crm) cleaning(ctx context.Context) error {
	c.clock.at(16, 50)
	return c.acme.Merge(ctx, initechGmbH, initech, ben)
}

// closing ends the day: a deal is won, and somebody asks to be forgotten.
func (c *crm) closing(ctx context.Context) error {
	err := c.record(ctx, 17, 0, catalogue.DealWon.New(catalogue.WonDeal{Amount: 48000, Currency: "EUR"}).By(ana).About(weatherMachine, globex))
	if err != nil {
		return err
	}
	c.clock.at(17, 20)
	_, err = contacts.Delete(ctx, c.acme, cleo, ben, "asked to be forgotten")
	return err
}
