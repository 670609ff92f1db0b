package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/examples/crm/catalogue"
	"github.com/go-activity/activity/examples/crm/contacts"
)

// The tasks of the day.

// importing imports a file of contacts. Each row has an outcome, and each new contact an event that knows its task.
func (c *crm) importing(ctx context.Context) error {
	rows := []struct {
		outcome, message string
		contact          contacts.Contact
	}{
		{"imported", "", hank},
		{"imported", "", lena},
		{"missing_field", "email is empty", contacts.Contact{}},
		{"imported", "", tom},
		{"duplicate", "the same address as row 1", hank},
		{"invalid_field", "email is “ada@”", contacts.Contact{}},
		{"imported", "", cleo},
		{"error", "has 3 columns instead of 4", contacts.Contact{}},
	}
	c.clock.at(9, 0)
	spec := activity.TaskSpec{Kind: "import_contacts", Title: "contacts.csv", Actor: ana, Total: int64(len(rows))}
	_, err := c.acme.Do(ctx, spec, func(ctx context.Context, run *activity.Run) error {
		for i, row := range rows {
			if row.outcome == "imported" {
				added := catalogue.ContactAdded.New(catalogue.AddedContact{Source: spec.Title}).About(row.contact.Entity, row.contact.Account)
				if _, err := run.Record(ctx, added); err != nil {
					return err
				}
			}
			outcome := activity.Outcome{Kind: row.outcome, Row: int64(i + 1), Record: row.contact.Entity, Message: row.message}
			if err := run.Report(ctx, outcome); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}

// lead is somebody to invite.
type lead struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// invitations go out through Ana's account until its hour is full. The next one waits, and goes out when there is room.
func (c *crm) invitations(ctx context.Context) error {
	var leads []lead
	for i := range 10 {
		leads = append(leads, lead{ID: fmt.Sprint(100 + i), Name: fmt.Sprintf("Lead %d", i+1)})
	}
	c.clock.at(10, 0)
	if err := c.invite(ctx, "Spring campaign", leads...); err != nil {
		return err
	}
	c.clock.at(10, 20)
	if err := c.invite(ctx, tom.Entity.Label, lead{tom.Entity.ID, tom.Entity.Label}); err != nil {
		return err
	}
	c.clock.at(10, 30)
	if err := c.operationsPage(ctx); err != nil {
		return err
	}
	c.clock.at(11, 1)
	return c.work(ctx)
}

// invite queues invitations, and works on what can be started.
func (c *crm) invite(ctx context.Context, title string, leads ...lead) error {
	input, err := json.Marshal(map[string]any{"leads": leads})
	if err != nil {
		return err
	}
	var about []activity.Entity // by whose names the task is found
	for _, l := range leads {
		about = append(about, catalogue.Contact(l.ID, l.Name))
	}
	_, err = c.acme.Enqueue(ctx, activity.TaskSpec{
		Kind: "linkedin_invitation", Title: title, Actor: anaOnLinkedIn, About: about, Automated: len(leads) > 1, Total: int64(len(leads)), Input: input,
	})
	if err != nil {
		return err
	}
	return c.work(ctx)
}

// work is the worker: any number of processes call it again and again.
func (c *crm) work(ctx context.Context) error {
	for {
		run, err := c.journal.Claim(ctx, "linkedin_invitation")
		if errors.Is(err, activity.ErrNoTask) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := sendInvitations(run.Context(), run); err != nil {
			return err
		}
	}
}

// sendInvitations charges each invitation before it is sent. At the limit the task is queued again, and goes on from there later.
func sendInvitations(ctx context.Context, run *activity.Run) error {
	task := run.Task()
	var input struct {
		Leads []lead `json:"leads"`
	}
	if err := json.Unmarshal(task.Input, &input); err != nil {
		return run.Fail(ctx, err)
	}
	for i := task.Done; i < int64(len(input.Leads)); i++ {
		err := run.Charge(ctx, 1)
		if _, full := errors.AsType[*activity.QuotaError](err); full {
			return nil
		}
		if err != nil {
			return err
		}
		to := input.Leads[i]
		err = errors.Join(
			run.Report(ctx, activity.Outcome{Kind: "invited", Record: catalogue.Contact(to.ID, to.Name)}),
			run.Progress(ctx, i+1, task.Total))
		if err != nil {
			return err
		}
	}
	return run.Complete(ctx)
}

// searching counts the results of a search as its pages are opened.
func (c *crm) searching(ctx context.Context) error {
	c.clock.at(12, 0)
	task, err := c.acme.Enqueue(ctx, activity.TaskSpec{Kind: "search", Title: "CTOs in Berlin", Actor: ben})
	if err != nil {
		return err
	}
	run, err := c.acme.Start(ctx, task.ID)
	for page := 1; err == nil; page++ {
		if err := run.Charge(ctx, 1); err != nil {
			return err
		}
		for i := range 25 {
			found := catalogue.Contact(fmt.Sprint(1000*page+i), fmt.Sprintf("Result %d", 25*(page-1)+i+1))
			if err := run.Report(ctx, activity.Outcome{Kind: "found", Record: found}); err != nil {
				return err
			}
		}
		if page == 2 {
			return run.Complete(ctx)
		}
		if err := run.Pause(ctx, 15*time.Minute); err != nil { // until the next page is opened
			return err
		}
		c.clock.at(12, 2)
		run, err = c.acme.Resume(ctx, task.ID)
	}
	return err
}

// enriching fills in what is known of contacts elsewhere.
func (c *crm) enriching(ctx context.Context) error {
	c.clock.at(14, 0)
	spec := activity.TaskSpec{Kind: "enrichment", Title: "contacts.csv", Actor: ben, Total: 3}
	_, err := c.acme.Do(ctx, spec, func(ctx context.Context, run *activity.Run) error {
		for i, contact := range []contacts.Contact{tom, cleo} {
			enriched := catalogue.EnrichmentCompleted.New(catalogue.Enrichment{Fields: 4 - 3*i, Source: "Globex Data"}).About(contact.Entity, contact.Account)
			if _, err := run.Record(ctx, enriched); err != nil {
				return err
			}
			if err := run.Report(ctx, activity.Outcome{Kind: "enriched", Record: contact.Entity}); err != nil {
				return err
			}
		}
		return run.Report(ctx, activity.Outcome{Kind: "not_found", Record: lena.Entity})
	})
	return err
}

// exporting exports companies to another CRM. The first time it does not answer; the task is run again.
func (c *crm) exporting(ctx context.Context) error {
	c.clock.at(15, 0)
	spec := activity.TaskSpec{Kind: "export_companies", Title: "Target accounts", Actor: ana, Exclusive: "crm"}
	silent := errors.New("the CRM does not answer")
	failed, err := c.acme.Do(ctx, spec, func(context.Context, *activity.Run) error { return silent })
	if !errors.Is(err, silent) {
		return err
	}
	c.clock.at(15, 10)
	again, err := c.acme.Rerun(ctx, failed.ID, ana)
	if err != nil {
		return err
	}
	run, err := c.acme.Start(ctx, again.ID)
	if err != nil {
		return err
	}
	const crm = "https://crm.test/companies/"
	for _, o := range []struct {
		kind, message, link string
		company             activity.Entity
	}{
		{"created", "", crm + "501", globex},
		{"updated", "", crm + "388", initech},
		{"duplicate", "twice in the CRM", crm + "412", catalogue.Account("9", "Hooli")},
		{"not_associated", "its parent is not in the CRM", crm + "502", catalogue.Account("10", "Vandelay")},
		{"shared_id", "shares its ID with Hooli Ltd", crm + "412", catalogue.Account("11", "Hooli XYZ")},
		{"create_conflict", "somebody else is creating it", "", catalogue.Account("12", "Soylent")},
	} {
		err := run.Report(ctx, activity.Outcome{Kind: o.kind, Record: o.company, Message: o.message, Link: o.link})
		if err != nil {
			return err
		}
	}
	return run.Complete(ctx)
}
