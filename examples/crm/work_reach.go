package main

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/examples/crm/catalogue"
)

// leads is the input of a task that goes through some contacts.
type leads struct {
	Contacts []string `json:"contacts"` // IDs
}

// reaching is how a kind of task reaches out to people.
type reaching struct {
	scheme   string   // of the identities that it acts through
	charges  bool     // the quotas of the kind
	outcomes []string // in the order of how often they occur
	event    func(title string, about []activity.Entity) activity.Draft
}

var reaches = map[string]reaching{
	"linkedin_invitation": {scheme: "linkedin", charges: true, outcomes: []string{"invited", "connected", "pending"}},
	"linkedin_message": {scheme: "linkedin", outcomes: []string{"sent", "not_connected"}, event: func(title string, about []activity.Entity) activity.Draft {
		return catalogue.ContactMessaged.New(catalogue.MessagedContact{Channel: "linkedin", Text: title}).About(about...)
	}},
	"email": {scheme: "mailto", charges: true, outcomes: []string{"sent", "unsubscribed"}, event: func(title string, about []activity.Entity) activity.Draft {
		return catalogue.EmailSent.New(catalogue.SentEmail{Subject: title}).About(about...)
	}},
	"like_last_post":  {scheme: "linkedin", outcomes: []string{"liked", "liked_before", "no_post"}},
	"add_to_campaign": {scheme: "linkedin", outcomes: []string{"added", "in_campaign", "excluded"}},
}

// reachOf is a task that reaches out to contacts through an identity. It is about them, as far as there is room, so that their
// names find it.
func reachOf(kind string, identity activity.Entity, title string, to []record) (activity.TaskSpec, error) {
	spec := activity.TaskSpec{Kind: kind, Title: title, Actor: identity, Total: int64(len(to))}
	var in leads
	for _, r := range to {
		in.Contacts = append(in.Contacts, r.ID)
		if len(spec.About) < activity.MaxAbout {
			spec.About = append(spec.About, r.entity())
		}
	}
	var err error
	spec.Input, err = json.Marshal(in)
	return spec, err
}

// eachContact goes through the contacts of a task's input, from where it was left. One that was deleted meanwhile is passed over.
func (c *crm) eachContact(ctx context.Context, run *activity.Run, do func(record, []activity.Entity) (result, error)) error {
	task := run.Task()
	var in leads
	if err := json.Unmarshal(task.Input, &in); err != nil {
		return err
	}
	for i := int(task.Done); i < len(in.Contacts); i++ {
		if err := c.wait(ctx); err != nil {
			return err
		}
		r, err := c.records.find(ctx, c.store.DB(), task.Tenant, "contact", in.Contacts[i])
		if errors.Is(err, activity.ErrNotFound) {
			if err := run.Progress(ctx, int64(i+1), int64(len(in.Contacts))); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		contact, err := c.records.contact(ctx, c.store.DB(), r)
		if err != nil {
			return err
		}
		about := []activity.Entity{contact.Entity}
		if !contact.Account.IsZero() {
			about = append(about, contact.Account)
		}
		result, err := do(r, about)
		if err != nil {
			return err
		}
		if err := c.keep(ctx, run, result, i+1, len(in.Contacts)); err != nil {
			return err
		}
	}
	return nil
}

// reach reaches out to the contacts, each of whom is charged before. At a limit, the run ends and the task waits for room.
func (c *crm) reach(ctx context.Context, run *activity.Run) error {
	task := run.Task()
	how := reaches[task.Kind]
	return c.eachContact(ctx, run, func(r record, about []activity.Entity) (result, error) {
		if how.charges {
			if err := run.Charge(ctx, 1); err != nil {
				return result{}, err
			}
		}
		kind := how.outcomes[0]
		if n := chance(task.Kind, r.ID) % 8; int(n) < len(how.outcomes) {
			kind = how.outcomes[n]
		}
		did := result{outcome: activity.Outcome{Kind: kind, Record: r.entity(), Link: link(r.entity()), Message: messages[kind]}}
		if how.event != nil && kind == how.outcomes[0] {
			did.events = []activity.Draft{how.event(task.Name(), about)}
		}
		return did, nil
	})
}

// enrich fills in what others know of the contacts.
func (c *crm) enrich(ctx context.Context, run *activity.Run) error {
	task := run.Task()
	return c.eachContact(ctx, run, func(r record, about []activity.Entity) (result, error) {
		n := chance(task.Title, r.ID)
		if n%6 == 0 {
			return result{outcome: activity.Outcome{Kind: "not_found", Record: r.entity(), Message: messages["not_found"], Link: link(r.entity())}}, nil
		}
		found := map[string]any{"city": cities[n/8%uint32(len(cities))], "title": jobs[n/64%uint32(len(jobs))]}
		did := changed(r, found, "enriched", "nothing_new")
		did.outcome.Extra = map[string]any{"Provider": "Globe Data"}
		fields := len(did.outcome.After)
		did.events = []activity.Draft{catalogue.EnrichmentCompleted.New(catalogue.Enrichment{Fields: fields, Source: "Globe Data"}).By(gatherer).About(about...)}
		return did, nil
	})
}
