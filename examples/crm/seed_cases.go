package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/examples/crm/contacts"
)

// planCases plans what there is to be seen of everything, whatever chance makes, at hours that planTasks leaves free.
func (s *seeder) planCases() {
	const day, hour = 24 * time.Hour, time.Hour
	s.at(-60*day+8*hour, s.merge)
	s.at(-21*day+8*hour, s.twoRecipes)
	s.at(-15*day+8*hour, s.aside)
	s.at(-12*day+8*hour, s.previewed)
	s.at(-9*day+8*hour, s.reverted)
	s.at(-6*day+8*hour, s.repeated)
	s.at(-4*day+8*hour, s.ended)
	s.at(-2*day+8*hour, s.forget)
}

// merge makes one account of two that turn out to be the same.
func (s *seeder) merge(ctx context.Context) error {
	from, into := &s.accounts[len(s.accounts)-1], s.accounts[len(s.accounts)-2]
	if err := s.tenant.Merge(ctx, from.entity(), into.entity(), s.anyone()); err != nil {
		return err
	}
	from.Archived = true
	for _, list := range [][]record{s.contacts, s.deals} {
		for i := range list {
			if list[i].Account == from.ID {
				list[i].Account = into.ID
			}
		}
	}
	return nil
}

// twoRecipes are one that comes to its end and one whose second step fails.
func (s *seeder) twoRecipes(ctx context.Context) error {
	for i, title := range []string{"New leads of the week", "Leads of the fair"} {
		var steps []activity.TaskSpec
		var jobs []job
		for _, kind := range []string{"scraping", "enrichment", "export_contacts"} {
			j := s.job(kind)
			j.spec.Actor, j.spec.Automated, j.spec.Title = s.workspace.members[0].Entity, true, title
			jobs, steps = append(jobs, j), append(steps, j.spec)
		}
		if i == 1 {
			jobs[1].fails = "the provider is out of credits"
		}
		spec := activity.TaskSpec{Kind: recipe, Title: title, Actor: s.workspace.members[0].Entity, Automated: true}
		_, tasks, err := s.tenant.Recipe(ctx, spec, steps...)
		if err != nil {
			return err
		}
		for n, task := range tasks {
			if _, err := s.work(ctx, task, jobs[n]); err != nil {
				return err
			}
		}
	}
	return nil
}

// previewed is an enrichment that was previewed, and done later, when some records had changed.
func (s *seeder) previewed(ctx context.Context) error {
	j := s.job("enrichment")
	j.spec.Title, j.spec.Preview, j.spec.Actor, j.spec.Automated = "Contacts without a phone", true, s.anyone(), false
	preview, err := s.do(ctx, j)
	if err != nil {
		return err
	}
	s.clock.pass(20 * time.Minute)
	j.spec.Preview, j.spec.RetryOf = false, preview.ID
	j.outcomes = slices.Clone(j.outcomes)
	for i := range j.outcomes {
		if o := &j.outcomes[i]; o.Kind == "enriched" && i%3 == 0 {
			o.Kind, o.Before, o.After, o.Message = "nothing_new", nil, nil, ""
		}
	}
	_, err = s.do(ctx, j)
	return err
}

// reverted is an import that was undone, but for what was edited since.
func (s *seeder) reverted(ctx context.Context) error {
	j := s.job("import_contacts")
	j.spec.Title = "fair.csv"
	task, err := s.do(ctx, j)
	if err != nil {
		return err
	}
	s.clock.pass(time.Hour)
	n := 0
	_, err = s.tenant.Revert(ctx, task.ID, s.anyone(), func(context.Context, activity.Change) error {
		s.clock.pass(200 * time.Millisecond)
		if n++; n%5 == 0 {
			return fmt.Errorf("%w: city", activity.ErrEdited)
		}
		return nil
	})
	return err
}

// repeated is an export that failed and was run again.
func (s *seeder) repeated(ctx context.Context) error {
	j := s.job("export_companies")
	j.fails, j.spec.Automated, j.spec.Actor = "the CRM does not answer", false, s.anyone()
	failed, err := s.do(ctx, j)
	if err != nil {
		return err
	}
	s.clock.pass(10 * time.Minute)
	again, err := s.tenant.Rerun(ctx, failed.ID, s.anyone())
	if err != nil {
		return err
	}
	j.fails = ""
	_, err = s.work(ctx, again, j)
	return err
}

// ended are tasks that did not come to their end: lost with their process, cancelled at work, and cancelled before.
func (s *seeder) ended(ctx context.Context) error {
	lost, stopped := s.job("export_contacts"), s.job("import_contacts")
	lost.lost, stopped.stopped = true, "it is the list of last year"
	for _, j := range []job{lost, stopped} {
		if _, err := s.do(ctx, j); err != nil {
			return err
		}
	}
	task, err := s.tenant.Enqueue(ctx, s.job("scraping").spec)
	if err != nil {
		return err
	}
	s.clock.pass(time.Minute)
	_, err = s.tenant.Cancel(ctx, task.ID, s.anyone(), "started twice")
	return err
}

// aside archives a contact.
func (s *seeder) aside(ctx context.Context) error {
	old := &s.contacts[len(s.contacts)-1]
	old.Archived = true
	contact := contacts.Contact{Entity: old.entity(), Account: s.account(old.Account)}
	_, err := contacts.Archive(ctx, s.tenant, contact, s.anyone(), "retired")
	return err
}

// forget deletes a contact for good.
func (s *seeder) forget(ctx context.Context) error {
	const i = 4 // one that is known from the start
	gone := s.contacts[i]
	s.contacts = slices.Delete(s.contacts, i, i+1)
	s.late = slices.DeleteFunc(s.late, func(e dated) bool { return e.of == gone.ID })
	contact := contacts.Contact{Entity: gone.entity(), Account: s.account(gone.Account)}
	_, err := contacts.Delete(ctx, s.tenant, contact, s.anyone(), "asked to be forgotten")
	return err
}
