package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/examples/crm/catalogue"
)

func specOf(kind, title string, actor activity.Entity) activity.TaskSpec {
	return activity.TaskSpec{Kind: kind, Title: title, Actor: actor, About: []activity.Entity{globex}}
}

// tasks are some in every state, with their reports, and enough of them for two pages.
func tasks(ctx context.Context, acme activity.Tenant, c *clock) error {
	for i := range 50 {
		c.before(time.Duration(55-i) * 27 * time.Minute)
		spec := specOf("search", fmt.Sprintf("Search %d", i+1), ana)
		spec.Automated = i%2 == 0
		if err := find(ctx, acme, spec); err != nil {
			return err
		}
	}
	for i, step := range []func(context.Context, activity.Tenant) error{importing, failing, cancelling, recipe, preview, invitations} {
		c.before(time.Duration(6-i) * 17 * time.Minute)
		if err := step(ctx, acme); err != nil {
			return fmt.Errorf("task %d: %w", i, err)
		}
	}
	return nil
}

func find(ctx context.Context, acme activity.Tenant, spec activity.TaskSpec) error {
	_, err := acme.Do(ctx, spec, func(ctx context.Context, run *activity.Run) error {
		if err := run.Charge(ctx, 1); err != nil {
			return err
		}
		return run.Report(ctx, activity.Outcome{Kind: "found", Record: people[0]}, activity.Outcome{Kind: "known", Record: people[1]})
	})
	return err
}

// importing has a report of three pages, with values from before and after.
func importing(ctx context.Context, acme activity.Tenant) error {
	spec := specOf("import_contacts", "contacts.csv", ana)
	spec.Attributes = map[string]string{"template": "weekly"}
	_, err := acme.Do(ctx, spec, func(ctx context.Context, run *activity.Run) error {
		var outcomes []activity.Outcome
		for i := range 120 {
			o := activity.Outcome{Row: int64(i + 1), Record: catalogue.Contact(fmt.Sprint(100+i), fmt.Sprintf("Contact %d", i+1))}
			switch i % 6 {
			case 0, 1, 2:
				o.Kind, o.After = "imported", map[string]any{"title": "CTO"}
			case 3:
				o.Kind = "updated"
				o.Before, o.After = map[string]any{"title": "CTO", "phone": "+49 30 1"}, map[string]any{"title": "CEO", "phone": "+49 30 2"}
			case 4:
				o.Kind, o.Message = "duplicate", "the same address as row 1"
			default:
				o.Kind, o.Message, o.Record = "invalid_field", "email is “ada@”", activity.Entity{}
				o.Extra = map[string]any{"line": "ada@,Ada"}
			}
			outcomes = append(outcomes, o)
		}
		return run.Report(ctx, outcomes...)
	})
	return err
}

func failing(ctx context.Context, acme activity.Tenant) error {
	silent := errors.New("the CRM does not answer")
	_, err := acme.Do(ctx, specOf("export_companies", "Target accounts", ben), func(context.Context, *activity.Run) error { return silent })
	if errors.Is(err, silent) {
		return nil
	}
	return fmt.Errorf("the export: %w", err)
}

func cancelling(ctx context.Context, acme activity.Tenant) error {
	task, err := acme.Enqueue(ctx, specOf("search", "CTOs in Berlin", ben))
	if err != nil {
		return err
	}
	_, err = acme.Cancel(ctx, task.ID, ana, "the wrong city")
	return err
}

func recipe(ctx context.Context, acme activity.Tenant) error {
	_, steps, err := acme.Recipe(ctx, specOf("scraping", "Fair visitors", ana), specOf("scraping", "Scrape the fair", ana), specOf("enrichment", "Enrich its visitors", ana))
	if err != nil {
		return err
	}
	run, err := acme.Start(ctx, steps[0].ID)
	if err != nil {
		return err
	}
	if err := run.Report(ctx, activity.Outcome{Kind: "found", Record: people[3]}); err != nil {
		return err
	}
	return run.Complete(ctx)
}

// preview is one, and what really happened after it, which is not quite the same.
func preview(ctx context.Context, acme activity.Tenant) error {
	enrich := func(kinds ...string) func(context.Context, *activity.Run) error {
		return func(ctx context.Context, run *activity.Run) error {
			for i, kind := range kinds {
				o := activity.Outcome{Kind: kind, Record: people[i]}
				if kind == "enriched" {
					o.Before, o.After = map[string]any{"title": "CTO"}, map[string]any{"title": fmt.Sprintf("CEO %d", len(kinds))}
				}
				if err := run.Report(ctx, o); err != nil {
					return err
				}
			}
			return nil
		}
	}
	spec := specOf("enrichment", "Hot leads", ana)
	spec.Preview = true
	shown, err := acme.Do(ctx, spec, enrich("enriched", "enriched", "not_found"))
	if err != nil {
		return err
	}
	spec.Preview, spec.RetryOf = false, shown.ID
	_, err = acme.Do(ctx, spec, enrich("enriched", "not_found", "not_found", "enriched"))
	return err
}

// invitations fill the hour of an identity, and wait. The last one is started when the host is.
func invitations(ctx context.Context, acme activity.Tenant) error {
	sent := specOf("linkedin_invitation", "First wave", anaOnLinkedIn)
	_, err := acme.Do(ctx, sent, func(ctx context.Context, run *activity.Run) error {
		for i := range 8 {
			if err := run.Charge(ctx, 1); err != nil {
				return err
			}
			if err := run.Report(ctx, activity.Outcome{Kind: "invited", Record: people[i%len(people)]}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, spec := range []activity.TaskSpec{specOf("linkedin_invitation", "Second wave", anaOnLinkedIn), specOf("email", campaign, ana)} {
		spec.Total = 40
		if _, err := acme.Enqueue(ctx, spec); err != nil {
			return err
		}
	}
	return nil
}
