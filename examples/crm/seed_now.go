package main

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/go-activity/activity"
)

// planNow plans what waits and goes on when the program starts.
func (s *seeder) planNow() {
	s.at(-35*time.Minute, s.invitations)
	s.at(-12*time.Minute, s.searching)
	s.at(-8*time.Minute, s.exports)
	s.at(-6*time.Minute, s.enrichments)
	s.at(-5*time.Minute, s.fileImport)
}

// invitations go out until the hour of the identity is full. The others wait.
func (s *seeder) invitations(ctx context.Context) error {
	spec, err := reachOf("linkedin_invitation", s.workspace.by("linkedin")[0], "Spring outreach", s.contacts[:14])
	if err != nil {
		return err
	}
	task, err := s.tenant.Enqueue(ctx, spec)
	if err != nil {
		return err
	}
	run, err := s.tenant.Start(ctx, task.ID)
	if err != nil {
		return err
	}
	for i, c := range s.contacts[:14] {
		s.clock.pass(2 * time.Second)
		err := run.Charge(ctx, 1)
		if full, ok := errors.AsType[*activity.QuotaError](err); ok && !full.RetryAt.IsZero() {
			return nil
		}
		if err != nil {
			return err
		}
		if err := errors.Join(run.Report(ctx, activity.Outcome{Kind: "invited", Record: c.entity()}), run.Progress(ctx, int64(i+1), 14)); err != nil {
			return err
		}
	}
	return errors.New("the limit of invitations is not met")
}

// searching is a search of which two pages were opened, and the next one may be.
func (s *seeder) searching(ctx context.Context) error {
	task, err := s.tenant.Enqueue(ctx, activity.TaskSpec{Kind: "search", Title: "CTOs in Berlin", Actor: s.workspace.members[0].Entity})
	if err != nil {
		return err
	}
	run, err := s.tenant.Start(ctx, task.ID)
	for page := 1; err == nil; page++ {
		s.clock.pass(time.Minute)
		if err := openPage(ctx, run); err != nil || page == 2 {
			return errors.Join(err, run.Pause(ctx, 2*time.Hour))
		}
		if err := run.Pause(ctx, openFor); err != nil {
			return err
		}
		run, err = s.tenant.Resume(ctx, task.ID)
	}
	return err
}

// exports may not overlap: the second one waits for the first.
func (s *seeder) exports(ctx context.Context) error {
	for _, spec := range []activity.TaskSpec{
		{Kind: "export_companies", Title: "Target accounts", Total: int64(len(s.accounts) - 1)},
		{Kind: "export_contacts", Title: "Qualified contacts", Total: int64(min(most, len(s.contacts)))},
	} {
		spec.Actor, spec.Exclusive = s.anyone(), exclusiveCRM
		if _, err := s.tenant.Enqueue(ctx, spec); err != nil {
			return err
		}
		s.clock.pass(20 * time.Second)
	}
	return nil
}

// enrichments are done one after the other: the second one waits for a place.
func (s *seeder) enrichments(ctx context.Context) error {
	for i, title := range []string{"New contacts", "Contacts of the fair"} {
		var in leads
		for _, c := range s.contacts[10*i : 10*i+min(40, len(s.contacts)-10*i)] {
			in.Contacts = append(in.Contacts, c.ID)
		}
		input, err := json.Marshal(in)
		if err != nil {
			return err
		}
		spec := activity.TaskSpec{Kind: "enrichment", Title: title, Actor: s.anyone(), Total: int64(len(in.Contacts)), Input: input}
		if _, err := s.tenant.Enqueue(ctx, spec); err != nil {
			return err
		}
		s.clock.pass(5 * time.Second)
	}
	return nil
}

// fileImport is an import that a worker begins with.
func (s *seeder) fileImport(ctx context.Context) error {
	spec, err := importOf("contacts.csv", s.anyone(), false)
	if err != nil {
		return err
	}
	_, err = s.tenant.Enqueue(ctx, spec)
	return err
}
