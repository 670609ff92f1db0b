package main

import (
	"context"
	"errors"
	"math"
	"slices"
	"strconv"
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

// planTasks plans tasks over the year, more of them lately, no two in an hour: so that the limits of an hour are kept.
func (s *seeder) planTasks() {
	taken := map[int]bool{}
	perDay := map[int]int{}
	for range s.volume.tasks {
		for {
			day := 1 + int(363*math.Pow(s.rand.Float64(), 2.2))
			hour := day*24 + s.rand.IntN(12)
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
	if slices.Contains([]string{"export_companies", "export_contacts"}, kind) {
		spec.Exclusive = exclusiveCRM
	}
	j := job{spec: spec, outcomes: s.outcomes(k, n)}
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

// outcomes are of all kinds of outcome first, and then mostly of the better ones.
func (s *seeder) outcomes(k activity.Kind, n int) []activity.Outcome {
	var all []activity.Outcome
	for i := range max(n, len(k.Outcomes)) {
		of := k.Outcomes[min(i, len(k.Outcomes)-1)]
		if i >= len(k.Outcomes) {
			of = k.Outcomes[int(float64(len(k.Outcomes))*math.Pow(s.rand.Float64(), 3))]
		}
		all = append(all, s.outcome(k, of, i))
	}
	return all
}

// outcome makes up what became of a record. The values after it are those of the table, so that it can be undone.
func (s *seeder) outcome(k activity.Kind, of activity.OutcomeKind, i int) activity.Outcome {
	r := s.someone(s.clock.read().Add(time.Second))
	if k.Object == "companies" {
		r = pick(s.rand, s.accounts)
	}
	o := activity.Outcome{Kind: of.Name, Record: r.entity(), Message: messages[of.Name]}
	switch k.Name {
	case "import_contacts", "import_companies":
		o.Row = int64(i + 1)
		o.Extra = map[string]any{"Owner": s.anyone().Name()}
		if of.Counts == activity.Warned || of.Counts == activity.Failed {
			o.Record = activity.Entity{}
			o.Extra["Line"] = r.Name + ";" + r.City
		}
	case "export_contacts", "export_companies":
		o.Link = "https://crm.test/" + k.Object + "/" + strconv.Itoa(500+i)
		o.Extra = map[string]any{"CRM ID": 500 + i}
	case "enrichment":
		o.Extra = map[string]any{"Provider": "Globe Data"}
	default:
		return o
	}
	switch of.Counts {
	case activity.Created:
		o.After = r.values()
	case activity.Updated:
		o.Before = map[string]any{"city": pick(s.rand, cities), "phone": ""}
		o.After = map[string]any{"city": r.City, "phone": r.Phone}
	}
	return o
}

// messages say why, by the name of the outcome.
var messages = map[string]string{
	"invalid_field": "email is “ada@”", "missing_field": "email is empty", "duplicate": "the same address as an earlier row", "error": "the other side refused it",
	"not_associated": "its parent is not in the CRM", "shared_id": "shares its ID with another company", "create_conflict": "somebody else is creating it",
	"not_found": "nobody knows it", "excluded": "asked not to be written to", "unsubscribed": "has unsubscribed", "no_address": "has no address",
	"no_post": "has not posted anything", "not_connected": "is not connected",
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

// recorded are the events of single records in a run, of a few.
func (s *seeder) recorded(task activity.Task, outcomes []activity.Outcome) []activity.Draft {
	var drafts []activity.Draft
	for _, o := range outcomes {
		switch {
		case len(drafts) == 5:
			return drafts
		case task.Kind == "import_contacts" && o.Kind == "imported":
			drafts = append(drafts, catalogue.ContactAdded.New(catalogue.AddedContact{Source: task.Title}).About(o.Record))
		case task.Kind == "enrichment" && o.Kind == "enriched":
			drafts = append(drafts, catalogue.EnrichmentCompleted.New(catalogue.Enrichment{Fields: 2, Source: "Globe Data"}).About(o.Record))
		case task.Kind == "email" && o.Kind == "sent":
			drafts = append(drafts, catalogue.EmailSent.New(catalogue.SentEmail{Subject: task.Title}).About(o.Record))
		}
	}
	return drafts
}
