package main

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/examples/crm/catalogue"
)

const (
	perPage    = 25               // results on a page of a search
	scrapePage = 5                // people on a page that is scraped
	scrapeAll  = 20               // people that one scraping finds
	lastPage   = 4                // of a search
	openFor    = 15 * time.Minute // in which the next page of a search may be opened
)

// chance is a number that looks accidental, and is the same for the same texts.
func chance(texts ...string) uint32 {
	h := fnv.New32a()
	for _, text := range texts {
		h.Write([]byte(text))
		h.Write([]byte{0})
	}
	return h.Sum32()
}

// search opens the first page of results. For the next ones somebody has to ask: see nextPage.
func (c *crm) search(ctx context.Context, run *activity.Run) error {
	if err := c.wait(ctx); err != nil {
		return err
	}
	if err := openPage(ctx, run); err != nil {
		return err
	}
	return turnPage(ctx, run)
}

// turnPage leaves a search open for the next page, or ends it after the last one.
func turnPage(ctx context.Context, run *activity.Run) error {
	if run.Task().Done >= lastPage*perPage {
		return run.Complete(ctx)
	}
	return run.Pause(ctx, openFor)
}

// nextPage opens the next page of a search, the last of which ends it.
func (c *crm) nextPage(ctx context.Context, tenant activity.Tenant, id activity.ID) error {
	task, err := tenant.Task(ctx, id)
	if err != nil {
		return err
	}
	if task.Kind != "search" {
		return fmt.Errorf("%w: %s is no search", activity.ErrInvalid, task.Kind)
	}
	run, err := tenant.Resume(context.WithoutCancel(ctx), id)
	if err != nil {
		return err
	}
	if err := openPage(run.Context(), run); err != nil {
		if full, ok := errors.AsType[*activity.QuotaError](err); ok && !full.RetryAt.IsZero() {
			return nil // it waits, and the first worker goes on
		}
		return errors.Join(err, run.Pause(run.Context(), openFor))
	}
	return turnPage(run.Context(), run)
}

// openPage counts the results of a page, which is charged first.
func openPage(ctx context.Context, run *activity.Run) error {
	if err := run.Charge(ctx, 1); err != nil {
		return err
	}
	task := run.Task()
	var found []activity.Outcome
	for i := range perPage {
		n := int(task.Done) + i
		id := fmt.Sprintf("%s-%d", task.ID.String()[24:], n)
		who := chance(task.Title, fmt.Sprint(n))
		name := firstNames[who%uint32(len(firstNames))] + " " + lastNames[who/32%uint32(len(lastNames))]
		o := activity.Outcome{Kind: "found", Record: activity.Entity{Kind: "lead", ID: id, Label: name}, Link: "https://profiles.test/" + id}
		if who%7 == 0 {
			o.Kind, o.Message = "known", "is a contact already"
		}
		found = append(found, o)
	}
	if err := run.Report(ctx, found...); err != nil {
		return err
	}
	return errors.Join(run.Progress(ctx, task.Done+perPage, lastPage*perPage), run.Flush(ctx))
}

// scrape finds people on pages, each of which is charged before it is read. Who is not known becomes a contact.
func (c *crm) scrape(ctx context.Context, run *activity.Run) error {
	task := run.Task()
	accounts, err := c.records.list(ctx, task.Tenant, "account", "", 100)
	if err != nil {
		return err
	}
	if len(accounts) == 0 {
		return errors.New("there are no accounts")
	}
	for n := int(task.Done); n < scrapeAll; n++ {
		if err := c.wait(ctx); err != nil {
			return err
		}
		if n%scrapePage == 0 {
			if err := run.Charge(ctx, 1); err != nil {
				return err
			}
		}
		who := chance(task.Title, fmt.Sprint(n))
		account := accounts[who%uint32(len(accounts))]
		r := invented(task.Tenant, firstNames[who/16%uint32(len(firstNames))], lastNames[who/512%uint32(len(lastNames))], account)
		r.Title = jobs[who%uint32(len(jobs))]
		old, err := c.records.find(ctx, c.store.DB(), r.Workspace, r.Kind, r.ID)
		result := result{outcome: activity.Outcome{Kind: "known", Record: old.entity(), Link: link(old.entity())}}
		switch {
		case errors.Is(err, activity.ErrNotFound):
			result.outcome = activity.Outcome{Kind: "found", Record: r.entity(), Link: link(r.entity()), After: r.values()}
			result.record = &r
			result.events = []activity.Draft{catalogue.ContactAdded.New(catalogue.AddedContact{Source: task.Name()}).About(r.entity(), account.entity())}
		case err != nil:
			return err
		}
		if err := c.keep(ctx, run, result, n+1, scrapeAll); err != nil {
			return err
		}
	}
	return nil
}
