package main

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/examples/crm/catalogue"
)

const (
	scheduleEvery = 20 // times the pace of workers
	backlog       = 8  // as many tasks as wait for workers, and no more are queued by schedule
	full          = 3  // as many tasks as wait for a quota, and no more that use one are queued
)

// schedule lets something happen every few seconds, until ctx ends: an email is opened, a signal is noticed, a task is queued.
func (c *crm) schedule(ctx context.Context) {
	tick := time.NewTicker(scheduleEvery * c.pace)
	defer tick.Stop()
	chance := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := c.happen(ctx, chance, n); err != nil && ctx.Err() == nil {
			slog.Error("crm: by schedule", "error", err)
		}
	}
}

// happen lets one thing happen: a task each fourth time, and events else.
func (c *crm) happen(ctx context.Context, chance *rand.Rand, n int) error {
	w := workspaces[0]
	if n%5 == 4 {
		w = workspaces[1]
	}
	tenant := c.journal.Tenant(w.id)
	people, err := c.records.list(ctx, w.id, "contact", "", 1000)
	if err != nil || len(people) == 0 {
		return err
	}
	if n%4 == 3 {
		return c.startSomething(ctx, tenant, w, chance, people)
	}
	r := pick(chance, people)
	contact, err := c.records.contact(ctx, c.store.DB(), r)
	if err != nil {
		return err
	}
	about := []activity.Entity{contact.Entity}
	of := contact.Entity
	if !contact.Account.IsZero() {
		about, of = append(about, contact.Account), contact.Account
	}
	var draft activity.Draft
	switch chance.IntN(4) {
	case 0:
		draft = catalogue.SignalDetected.New(catalogue.Signal{Signal: "website_visit", Count: chance.IntN(6) + 1}).By(radar).About(of)
	case 1:
		draft = catalogue.EmailClicked.New(catalogue.ClickedEmail{Subject: "Our offer", Link: w.id + ".test/offer", Times: 1}).By(contact.Entity).About(about...)
	default:
		draft = catalogue.EmailOpened.New(catalogue.OpenedEmail{Subject: "Our offer"}).By(contact.Entity).About(about...)
	}
	// The key is what the provider calls the event: a webhook that comes twice is one event.
	_, err = tenant.Record(ctx, draft.Key(fmt.Sprintf("webhook-%016x", chance.Uint64())))
	return err
}

// startSomething queues a task that nobody has asked for, unless many wait.
func (c *crm) startSomething(ctx context.Context, tenant activity.Tenant, w workspace, chance *rand.Rand, people []record) error {
	page, err := tenant.Tasks(ctx, activity.TaskQuery{Statuses: []activity.Status{activity.StatusQueued}, Limit: 50})
	if err != nil {
		return err
	}
	quota := 0
	for _, t := range page.Tasks {
		if t.Wait.For == activity.WaitQuota {
			quota++
		}
	}
	if len(page.Tasks)-quota >= backlog {
		return nil
	}
	kinds := []string{"enrichment", "like_last_post", "add_to_campaign", "email", "scraping"}
	if quota >= full {
		kinds = kinds[:3]
	}
	chance.Shuffle(len(people), func(i, j int) { people[i], people[j] = people[j], people[i] })
	people = people[:min(6, len(people))]
	kind := pick(chance, kinds)
	spec := activity.TaskSpec{Kind: kind, Title: "People in " + pick(chance, cities), Actor: scheduled, Total: scrapeAll}
	if kind != "scraping" {
		how := reaches[kind]
		identity := scheduled
		if how.scheme != "" {
			identity = pick(chance, w.by(how.scheme))
		}
		if spec, err = reachOf(kind, identity, strings.ToUpper(kind[:1])+strings.ReplaceAll(kind[1:], "_", " ")+" by schedule", people); err != nil {
			return err
		}
	}
	spec.Automated = true
	_, err = c.enqueue(ctx, tenant, spec)
	return err
}
