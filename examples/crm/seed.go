package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/go-activity/activity"
)

// year is how far the past of a seed goes back.
const year = 365 * 24 * time.Hour

// volume is how much happened in a workspace: events on each day, and more of them lately, and tasks.
type volume struct {
	perDay, lately         float64
	contacts, deals, tasks int
}

var volumes = map[string]volume{
	"acme":    {perDay: 11.5, lately: 52, contacts: 150, deals: 40, tasks: 120},
	"initech": {perDay: 1.5, lately: 8, contacts: 24, deals: 8, tasks: 16},
}

// seeder makes the past of one workspace, with a journal whose clock it sets. What comes by chance is the same each time.
type seeder struct {
	*crm
	workspace workspace
	volume    volume
	clock     *clock
	past      *activity.Journal
	tenant    activity.Tenant
	rand      *rand.Rand
	now       time.Time // at which the past ends

	accounts  []record
	contacts  []record
	deals     []record
	campaigns []activity.Entity
	added     map[string]time.Time // contacts, and since when they are known
	kinds     map[string]activity.Kind
	seen      map[string]bool // kinds of task that there was one of
	keys      int
	told      int     // events, of which some are commented on
	late      []dated // what happens after the batch that it begins in
	steps     []step
}

// step is something that happens at a time.
type step struct {
	at time.Time
	do func(context.Context) error
}

// seed fills the workspaces that are empty with a past that ends now.
func (c *crm) seed(ctx context.Context, now time.Time, say func(string)) error {
	for _, w := range workspaces {
		n, err := c.records.count(ctx, w.id)
		if err != nil {
			return err
		}
		if n > 0 {
			continue
		}
		page, err := c.journal.Tenant(w.id).Timeline(ctx, activity.Query{Limit: 1})
		if err != nil {
			return err
		}
		if len(page.Events) > 0 {
			return fmt.Errorf("workspace %s was filled in part only, by a program that was interrupted: begin with another database", w.id)
		}
		say("filling the workspace " + w.name)
		s, err := newSeeder(c, w, now)
		if err != nil {
			return err
		}
		if err := s.run(ctx); err != nil {
			return fmt.Errorf("filling the workspace %s: %w", w.id, err)
		}
	}
	_, err := c.journal.Seal(ctx)
	return err
}

func newSeeder(c *crm, w workspace, now time.Time) (*seeder, error) {
	s := &seeder{
		crm: c, workspace: w, volume: volumes[w.id], now: now.UTC(), clock: &clock{now: now.Add(-year - 48*time.Hour)},
		rand: rand.New(rand.NewPCG(uint64(len(w.id)), 2026)), added: map[string]time.Time{}, kinds: map[string]activity.Kind{}, seen: map[string]bool{},
	}
	config := c.config
	config.Now = s.clock.read
	var err error
	if s.past, err = activity.New(c.store, &config); err != nil {
		return nil, err
	}
	for _, k := range s.past.Kinds() {
		s.kinds[k.Name] = k
	}
	s.tenant = s.past.Tenant(w.id)
	s.invent()
	return s, nil
}

// run makes everything happen, in the order of time. The table is filled last: that tells that a seed came to its end.
func (s *seeder) run(ctx context.Context) error {
	s.at(-year-24*time.Hour, s.hierarchy)
	s.planEvents()
	s.planTasks()
	s.planCases()
	s.planNow()
	slices.SortStableFunc(s.steps, func(a, b step) int { return a.at.Compare(b.at) })
	for _, step := range s.steps {
		s.clock.forward(step.at)
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("at %s: %w", step.at.Format(time.RFC3339), err)
		}
	}
	if s.clock.read().After(s.now) {
		return errors.New("the past ends in the future")
	}
	return put(ctx, s.store.DB(), slices.Concat(s.accounts, s.contacts, s.deals)...)
}

// at plans a step, some time before now.
func (s *seeder) at(before time.Duration, do func(context.Context) error) {
	s.steps = append(s.steps, step{s.now.Add(before), do})
}

// hierarchy says which account is below which.
func (s *seeder) hierarchy(ctx context.Context) error {
	for _, a := range s.accounts {
		if a.Account == "" {
			continue
		}
		if err := s.tenant.SetParent(ctx, a.entity(), s.account(a.Account), s.anyone()); err != nil {
			return err
		}
	}
	return nil
}

// account returns an account as an entity.
func (s *seeder) account(id string) activity.Entity {
	i := slices.IndexFunc(s.accounts, func(a record) bool { return a.ID == id })
	return s.accounts[i].entity()
}

func (s *seeder) anyone() activity.Entity { return pick(s.rand, s.workspace.editors()) }

// someone returns a contact that is known at a time.
func (s *seeder) someone(at time.Time) record {
	for {
		if c := pick(s.rand, s.contacts); !c.Archived && s.added[c.ID].Before(at) {
			return c
		}
	}
}

// about is a contact with its account.
func (s *seeder) about(c record) []activity.Entity {
	return []activity.Entity{c.entity(), s.account(c.Account)}
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }
