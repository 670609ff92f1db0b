package main

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/examples/crm/catalogue"
)

// The pages of operations, runs, timelines and contacts have something to show in each of their parts: what the library promises
// of them is to be seen after the first start. The letters and numbers are those of docs/features.md.

func TestPromisesOfOperations(t *testing.T) {
	c := seeded(t)
	acme := c.journal.Tenant("acme")
	all := tasks(t, acme, activity.TaskQuery{})
	now := filled.now
	for what, query := range map[string]activity.TaskQuery{
		"A2 prospecting":           {Categories: []string{"prospecting"}},
		"A2 engagement":            {Categories: []string{"engagement"}},
		"A4 imports of one":        {Kinds: []string{"import_contacts", "import_companies"}, Actor: ana},
		"A4 by a status":           {Statuses: []activity.Status{activity.StatusFailed}},
		"A4 last week":             {From: now.AddDate(0, 0, -7)},
		"A5 by the lead":           {Categories: []string{"engagement"}, Search: "frank"},
		"A5 by the identity":       {Categories: []string{"engagement"}, Search: "ana linkedin"},
		"A15 who exported":         {Kinds: []string{"export_companies", "export_contacts"}, Trigger: activity.ByPerson},
		"B2 by automation":         {Trigger: activity.ByAutomation},
		"B8 companies":             {Objects: []string{"companies"}},
		"B8 a template":            {Attributes: map[string]string{"template": "weekly"}},
		"B8 a run id":              {RunID: all[0].ID.String()[:18]},
		"B8 sorted by what failed": {Sort: activity.SortFailed},
		"B10 progress":             {Statuses: []activity.Status{activity.StatusProcessing}},
	} {
		if found := tasks(t, acme, query); len(found) == 0 || len(found) == len(all) && what != "B8 sorted by what failed" {
			t.Errorf("%s: %d of %d tasks", what, len(found), len(all))
		}
	}
	for _, k := range catalogue.Kinds() {
		if len(tasks(t, acme, activity.TaskQuery{Kinds: []string{k.Name}})) == 0 {
			t.Errorf("A2: there is no %s", k.Name)
		}
	}
	failed := tasks(t, acme, activity.TaskQuery{Kinds: []string{"export_companies"}, Statuses: []activity.Status{activity.StatusFailed}})
	if count(all, func(t activity.Task) bool {
		return slices.ContainsFunc(failed, func(f activity.Task) bool { return f.ID == t.RetryOf })
	}) == 0 {
		t.Error("A13: no task repeats one that failed")
	}
	signs := map[activity.Sign]bool{}
	for _, task := range all {
		for _, sign := range task.Counts.Signs() {
			signs[sign] = true
		}
	}
	if !signs[activity.SignManyFailed] {
		t.Errorf("B11: the counts say %v", signs)
	}
	facets, err := acme.TaskFacets(t.Context(), activity.TaskQuery{})
	if err != nil || len(facets) < 3 {
		t.Errorf("A2: the tabs are %v, %v", facets, err)
	}
}

func TestPromisesOfQuotas(t *testing.T) {
	c := seeded(t)
	acme := c.journal.Tenant("acme")
	usage, err := acme.Meter("invitations", anaOnLinkedIn).Usage(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	hour := usage.Windows[0]
	if hour.Used != hour.Limit || len(hour.Frees) == 0 || !hour.Frees[0].At.After(filled.now) {
		t.Errorf("A7: the hour of Ana's invitations is %+v", hour)
	}
	workspace := acme.Meter("workspace_invitations", activity.Entity{})
	by, err := workspace.By(t.Context())
	if err != nil || len(by) == 0 {
		t.Errorf("A7: who used it: %v, %v", by, err)
	}
	history, err := workspace.History(t.Context(), filled.now.AddDate(0, 0, -20), filled.now, 24*time.Hour)
	if err != nil || count(history, func(i activity.Interval) bool { return i.Used > 0 }) < 2 {
		t.Errorf("A7: the chart is %v, %v", history, err)
	}
}

func TestPromisesOfReports(t *testing.T) {
	c := seeded(t)
	acme := c.journal.Tenant("acme")
	imports := tasks(t, acme, activity.TaskQuery{Kinds: []string{"import_contacts"}, Statuses: []activity.Status{activity.StatusCompleted}, Ascending: true})
	var out bytes.Buffer
	if err := acme.WriteReport(t.Context(), &out, imports[0].ID, activity.ReportOptions{}); err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(&out).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	head := strings.Join(lines[0], ",")
	if !strings.Contains(head, "city (Before),city (After)") || !strings.Contains(head, "Owner") || int64(len(lines)-1) != imports[0].Counts.Attempted() {
		t.Errorf("A10, B6: the report has %d lines under %s", len(lines)-1, head)
	}
	record := activity.Entity{}
	page, err := acme.Outcomes(t.Context(), imports[0].ID, activity.OutcomeQuery{Kinds: []string{"imported"}})
	if err != nil || len(page.Outcomes) == 0 {
		t.Fatal(err)
	}
	record = page.Outcomes[0].Record
	runs := 0
	for _, err := range acme.RunsOf(t.Context(), record) {
		if err != nil {
			t.Fatal(err)
		}
		runs++
	}
	if runs < 2 {
		t.Errorf("B1: %s was in %d runs", record.Name(), runs)
	}
	recipes := tasks(t, acme, activity.TaskQuery{Kinds: []string{recipe}})
	if len(recipes) == 0 || len(tasks(t, acme, activity.TaskQuery{Parent: recipes[0].ID})) != 3 || recipes[0].Counts == (activity.Counts{}) {
		t.Errorf("B5: the recipes are %+v", recipes)
	}
}

func TestPromisesOfTimelines(t *testing.T) {
	c := seeded(t)
	acme := c.journal.Tenant("acme")
	contact, err := c.records.list(t.Context(), "acme", "contact", "", 1)
	if err != nil {
		t.Fatal(err)
	}
	globex, below, merged := catalogue.Account("1", ""), catalogue.Account("6", ""), catalogue.Account("13", "")
	for what, query := range map[string]activity.Query{
		"C3 a contact":        {About: []activity.Entity{contact[0].entity()}},
		"C5 by hand":          {Source: activity.Manual},
		"C5 by itself":        {Source: activity.Automatic},
		"C7 email":            {About: []activity.Entity{globex}, Categories: []string{"email"}},
		"C7 signals":          {About: []activity.Entity{globex}, Categories: []string{"signals"}},
		"C7 notes":            {About: []activity.Entity{globex}, Categories: []string{"notes"}},
		"C7 comments":         {Categories: []string{"comments"}},
		"C7 below":            {About: []activity.Entity{below}},
		"C7 deals":            {Categories: []string{"deals"}},
		"D1 what is done":     {Types: []string{"contact.archived", "contact.invited", "contact.messaged", "contact.shared"}},
		"D2 deleted":          {Types: []string{"contact.deleted"}},
		"D3 who is mentioned": {About: []activity.Entity{ben}, Types: []string{activity.Commented.Name()}},
		"E8 a campaign":       {About: []activity.Entity{{Kind: "campaign", ID: "1"}}},
		"E9 merged":           {About: []activity.Entity{merged}},
	} {
		page, err := acme.Timeline(t.Context(), query)
		if err != nil || len(page.Events) == 0 {
			t.Errorf("%s: %d events, %v", what, len(page.Events), err)
		}
	}
	own, all := len(events(t, acme, activity.Query{About: []activity.Entity{globex}})), len(events(t, acme, activity.Query{About: []activity.Entity{globex}, Descendants: true}))
	if own == 0 || all < 3*own {
		t.Errorf("C7: Globex has %d events, and with all that is below it %d", own, all)
	}
	if a, b := len(events(t, acme, activity.Query{About: []activity.Entity{merged}})), len(events(t, acme, activity.Query{About: []activity.Entity{catalogue.Account("12", "")}})); a != b {
		t.Errorf("E9: the merged account has %d events, the other %d", a, b)
	}
	erased := count(events(t, acme, activity.Query{}), func(e activity.Event) bool { return e.Erased })
	if erased == 0 {
		t.Error("D2: no event is of who was deleted")
	}
	if _, err := acme.Ledger().Verify(t.Context(), nil); err != nil {
		t.Errorf("C4: %v", err)
	}
	if checkpoint, err := acme.Ledger().Checkpoint(t.Context()); err != nil || len(checkpoint.Note) == 0 {
		t.Errorf("C4: the checkpoint is %+v, %v", checkpoint, err)
	}
	groups, err := acme.Groups(t.Context(), activity.Query{Categories: []string{"email"}, Limit: 200})
	if err != nil || count(groups.Groups, func(g activity.Group) bool { return len(g.Events) > 1 }) == 0 {
		t.Errorf("E13: nothing is grouped, %v", err)
	}
}

// Who was deleted is not found by name, and neither in the table nor in any event.
func TestSeedForgets(t *testing.T) {
	c := seeded(t)
	acme := c.journal.Tenant("acme")
	ran := working(t, c) // names are found once Journal.Run has taken them in
	until(t, "names are found", func() bool {
		found, err := acme.Lookup(t.Context(), "lena", nil)
		if err != nil {
			t.Fatal(err)
		}
		return len(found) > 0
	})
	ran()
	gone := firstNames[4] + " " + lastNames[4] // the fifth, and nobody else of that name
	for _, e := range events(t, acme, activity.Query{To: filled.now}) {
		for _, a := range append(e.About, e.Actor) {
			if a.Label == gone {
				t.Fatalf("%s is in %s of %v", gone, e.Type, e.OccurredAt)
			}
		}
	}
	if found, err := acme.Lookup(t.Context(), gone, nil); err != nil || len(found) > 0 {
		t.Errorf("%s is found: %v, %v", gone, found, err)
	}
}
