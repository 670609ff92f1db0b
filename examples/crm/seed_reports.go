package main

import (
	"math"
	"strconv"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/examples/crm/catalogue"
)

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
