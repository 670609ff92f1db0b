package main

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/examples/crm/catalogue"
)

// job is a task of the past.
type job struct {
	spec     activity.TaskSpec
	outcomes []activity.Outcome
	fails    string // the reason for which it does, after half of its records
	lost     bool   // its process ends, after half of its records
	stopped  string // the reason for which somebody cancels it, after half of its records
}

// planTasks plans tasks over the year, more of them lately, each at least an hour after the one before: so that the limits of an hour
// are kept.
func (s *seeder) planTasks() {
	taken := map[int]bool{}
	perDay := map[int]int{}
	for range s.volume.tasks {
		for {
			day := 1 + int(363*math.Pow(s.rand.Float64(), 2.2))
			hour := day*24 + 2*s.rand.IntN(6)
			if taken[hour] || perDay[day] == 3 {
				continue
			}
			taken[hour] = true
			perDay[day]++
			s.at(-time.Duration(hour)*time.Hour-time.Duration(s.rand.IntN(50))*time.Minute, s.usual)
			break
		}
	}
}

// usual does a task of some kind. Each kind begins with one that has all kinds of outcome.
func (s *seeder) usual(ctx context.Context) error {
	kinds := catalogue.Kinds()
	kind := kinds[s.rand.IntN(len(kinds))]
	for _, k := range kinds {
		if !s.seen[k.Name] {
			kind = k
			break
		}
	}
	j := s.job(kind.Name)
	if s.seen[kind.Name] {
		switch n := s.rand.IntN(24); {
		case n < 2:
			j.fails = whyFailed(kind)
		case n == 2 && s.kinds[kind.Name].Lost == activity.LostFails:
			j.lost = true
		case n == 3:
			j.stopped = "not needed any more"
		}
	}
	s.seen[kind.Name] = true
	_, err := s.do(ctx, j)
	return err
}

// input is what a worker needs to do a task again.
func (s *seeder) input(j job) json.RawMessage {
	var in any
	switch kind := j.spec.Kind; {
	case strings.HasPrefix(kind, "import_"):
		in = fileInput{j.spec.Title}
	case kind == "enrichment" || s.kinds[kind].Category == "engagement":
		var to leads
		for _, o := range j.outcomes {
			to.Contacts = append(to.Contacts, o.Record.ID)
		}
		in = to
	default:
		return nil
	}
	input, err := json.Marshal(in)
	if err != nil {
		panic(err) // it is made of strings
	}
	return input
}

// whyFailed is a reason for which tasks of a kind fail.
func whyFailed(kind activity.Kind) string {
	switch {
	case strings.HasPrefix(kind.Name, "import_"):
		return "the file ends in the middle of a row"
	case kind.Category == "engagement":
		return "signed out of the profile"
	}
	return "the other side does not answer"
}

// job makes up a task of a kind.
func (s *seeder) job(kind string) job {
	k := s.kinds[kind]
	titles := map[string][]string{
		"scraping": {"Founders in Berlin", "Members of Energy 2030", "Attendees of the fair"}, "search": {"CTOs in Lima", "Buyers of food", "Data engineers"},
		"enrichment": {"New contacts", "Contacts without a phone"}, "import_companies": {"companies.csv", "partners.csv"}, "import_contacts": {"contacts.csv", "fair.csv", "webinar.csv"},
		"export_companies": {"Target accounts"}, "export_contacts": {"Qualified contacts", "Newsletter"},
	}
	spec := activity.TaskSpec{Kind: kind, Actor: s.anyone(), Attributes: map[string]string{"template": pick(s.rand, []string{"weekly", "by hand"})}}
	n := 12 + s.rand.IntN(30)
	if k.Category == "engagement" {
		n = len(k.Outcomes) + s.rand.IntN(3)
		spec.Actor = pick(s.rand, s.workspace.by(map[bool]string{true: "mailto", false: "linkedin"}[kind == "email"]))
		spec.Title, spec.Automated = pick(s.rand, s.campaigns).Label, s.rand.IntN(3) == 0
	} else {
		spec.Title = pick(s.rand, titles[kind])
	}
	if spec.Automated = spec.Automated || s.rand.IntN(8) == 0; spec.Automated && k.Category != "engagement" {
		spec.Actor = scheduled
	}
	if strings.HasPrefix(kind, "export_") {
		spec.Exclusive = exclusiveCRM
	}
	j := job{spec: spec, outcomes: s.outcomes(k, n)}
	j.spec.Input = s.input(j)
	if k.Category == "engagement" {
		for _, o := range j.outcomes {
			if !slices.ContainsFunc(j.spec.About, o.Record.Is) {
				j.spec.About = append(j.spec.About, o.Record)
			}
		}
		j.spec.About = append(j.spec.About, s.campaigns[slices.IndexFunc(s.campaigns, func(c activity.Entity) bool { return c.Label == spec.Title })])
	}
	j.spec.Total = int64(n)
	return j
}

// do does a task, as its worker would have.
func (s *seeder) do(ctx context.Context, j job) (activity.Task, error) {
	task, err := s.tenant.Enqueue(ctx, j.spec)
	if err != nil {
		return task, err
	}
	return s.work(ctx, task, j)
}

// work does a task that is queued.
func (s *seeder) work(ctx context.Context, task activity.Task, j job) (activity.Task, error) {
	s.clock.pass(3 * time.Second)
	run, err := s.tenant.Start(ctx, task.ID)
	if err != nil {
		return task, err
	}
	outcomes := j.outcomes
	if j.fails != "" || j.lost || j.stopped != "" {
		outcomes = outcomes[:len(outcomes)/2]
	}
	if err := s.charge(ctx, run, len(outcomes)); err != nil {
		return task, err
	}
	for i, o := range outcomes {
		s.clock.pass(time.Duration(s.rand.IntN(2000)+300) * time.Millisecond)
		if err := errors.Join(run.Report(ctx, o), run.Progress(ctx, int64(i+1), task.Total)); err != nil {
			return task, err
		}
	}
	if drafts := s.recorded(task, outcomes); len(drafts) > 0 && !task.Preview {
		if _, err := run.Record(ctx, drafts...); err != nil {
			return task, err
		}
	}
	switch {
	case j.lost:
		if err := run.Flush(ctx); err != nil {
			return task, err
		}
		s.clock.pass(2 * s.kinds[task.Kind].Lease)
		_, err = s.past.Recover(ctx)
	case j.stopped != "":
		if err := run.Flush(ctx); err != nil {
			return task, err
		}
		_, err = s.tenant.Cancel(ctx, task.ID, s.anyone(), j.stopped)
	case j.fails != "":
		err = run.Fail(ctx, errors.New(j.fails))
	default:
		err = run.Complete(ctx)
	}
	if err != nil {
		return task, err
	}
	return s.tenant.Task(ctx, task.ID)
}

// charge uses what a run of some records uses of the quotas of its kind.
func (s *seeder) charge(ctx context.Context, run *activity.Run, records int) error {
	k := s.kinds[run.Task().Kind]
	if k.ActorQuota == "" || records == 0 {
		return nil
	}
	units := records
	if k.Category == "prospecting" {
		units = (records + perPage - 1) / perPage
	}
	return run.Charge(ctx, int64(units))
}
