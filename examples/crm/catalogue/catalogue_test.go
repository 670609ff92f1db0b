package catalogue_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/examples/crm/catalogue"
	"github.com/go-activity/activity/store/memstore"
)

// What a CRM with prospecting records and does.
var (
	types = []string{
		"email.sent", "email.opened", "email.clicked", "email.bounced", "call.completed", "note.added", "contact.added",
		"deal.won", "deal.stage_changed", "signal.detected", "enrichment.completed",
		"contact.archived", "contact.deleted", "contact.invited", "contact.messaged", "contact.shared",
	}
	tabs = map[string][]string{
		"prospecting": {"scraping", "search", "enrichment", "import_companies", "import_contacts", "export_companies", "export_contacts"},
		"engagement":  {"add_to_campaign", "email", "like_last_post", "linkedin_invitation", "linkedin_message"},
	}
	importOutcomes = []string{"imported", "error", "invalid_field", "missing_field", "duplicate"}
	exportOutcomes = []string{"created", "updated", "duplicate", "not_associated", "shared_id", "create_conflict"}
	limited        = map[string]string{"scraping": "scrapings", "search": "searches", "linkedin_invitation": "invitations", "email": "emails"}
)

func newJournal(t *testing.T) *activity.Journal {
	t.Helper()
	config := catalogue.Config()
	journal, err := activity.New(memstore.New(), &config)
	if err != nil {
		t.Fatal(err)
	}
	return journal
}

func TestTypes(t *testing.T) {
	newJournal(t)
	var got []string
	for _, typ := range catalogue.Types() {
		got = append(got, typ.Name())
		o := typ.Options()
		switch {
		case o.Label == "" || o.Category == "" || o.Icon == "":
			t.Errorf("%s lacks a label, a category or an icon: %+v", typ.Name(), o)
		case o.Summary == "" || o.Translations["es"] == "" || o.Summary == o.Translations["es"]:
			t.Errorf("%s is not summarized in English and in Spanish", typ.Name())
		case o.Group.Within > 0 && (o.Group.Summary == "" || o.Group.Translations["es"] == ""):
			t.Errorf("groups of %s are not summarized in English and in Spanish", typ.Name())
		}
		for _, labels := range []catalogue.Labels{catalogue.English, catalogue.Spanish} {
			if labels.Types[typ.Name()] == "" || labels.Categories[o.Category] == "" {
				t.Errorf("%s or its category %s has no label in a language", typ.Name(), o.Category)
			}
		}
	}
	slices.Sort(got)
	want := slices.Clone(types)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("types (-want +got):\n%s", diff)
	}
}

func TestKinds(t *testing.T) {
	got := map[string][]string{}
	for _, k := range catalogue.Kinds() {
		got[k.Category] = append(got[k.Category], k.Name)
		if k.Label == "" || k.Object == "" || len(k.Outcomes) == 0 || k.Summary == "" || k.Translations["es"] == "" {
			t.Errorf("%s lacks a label, an object, outcomes or a summary in English or Spanish", k.Name)
		}
		if catalogue.Spanish.Kinds[k.Name] == "" {
			t.Errorf("%s has no label in Spanish", k.Name)
		}
		for _, o := range k.Outcomes {
			if catalogue.Spanish.Outcomes[o.Name] == "" {
				t.Errorf("%s of %s has no label in Spanish", o.Name, k.Name)
			}
		}
		quota, ofWorkspace := limited[k.Name], ""
		if quota != "" {
			ofWorkspace = "workspace_" + quota
		}
		if k.ActorQuota != quota || k.Quota != ofWorkspace {
			t.Errorf("%s uses the quotas %q and %q", k.Name, k.ActorQuota, k.Quota)
		}
	}
	if diff := cmp.Diff(tabs, got); diff != "" {
		t.Errorf("kinds by tab (-want +got):\n%s", diff)
	}
}

func TestOutcomes(t *testing.T) {
	want := map[string][]string{
		"import_companies": importOutcomes, "import_contacts": importOutcomes,
		"export_companies": exportOutcomes, "export_contacts": exportOutcomes,
	}
	for _, k := range catalogue.Kinds() {
		for _, name := range want[k.Name] {
			if !slices.ContainsFunc(k.Outcomes, func(o activity.OutcomeKind) bool { return o.Name == name }) {
				t.Errorf("%s has no outcome %s", k.Name, name)
			}
		}
	}
}

func TestQuotas(t *testing.T) {
	quotas := map[string][]time.Duration{}
	for _, q := range catalogue.Quotas() {
		for _, w := range q.Windows {
			quotas[q.Name] = append(quotas[q.Name], w.Length)
		}
	}
	for _, name := range limited {
		for _, name := range []string{name, "workspace_" + name} {
			if diff := cmp.Diff([]time.Duration{time.Hour, 24 * time.Hour}, quotas[name]); diff != "" {
				t.Errorf("windows of %s (-want +got):\n%s", name, diff)
			}
			delete(quotas, name)
		}
	}
	if len(quotas) > 0 {
		t.Errorf("more quotas: %v", slices.Sorted(maps.Keys(quotas)))
	}
}

// A host may change what it gets.
func TestConfigIsTheCallers(t *testing.T) {
	config := catalogue.Config()
	config.Types[0], config.Kinds[0].Outcomes[0].Name, config.Quotas[0].Windows[0].Limit = nil, "changed", 1
	config = catalogue.Config()
	if config.Types[0] == nil || config.Kinds[0].Outcomes[0].Name == "changed" || config.Quotas[0].Windows[0].Limit == 1 {
		t.Error("what is changed in one configuration is changed in the next")
	}
}

func TestValidate(t *testing.T) {
	for _, test := range []struct {
		name    string
		payload interface{ Validate() error }
		ok      bool
	}{
		{"address", catalogue.InvitedContact{Email: "hank@globex.test"}, true},
		{"address with a tag", catalogue.InvitedContact{Email: "hank+crm@globex.test"}, true},
		{"no address", catalogue.InvitedContact{}, false},
		{"no domain", catalogue.InvitedContact{Email: "hank"}, false},
		{"display name", catalogue.InvitedContact{Email: "Hank <hank@globex.test>"}, false},
		{"angle brackets", catalogue.InvitedContact{Email: "<hank@globex.test>"}, false},
		{"comment", catalogue.InvitedContact{Email: "hank@globex.test (Hank)"}, false},
		{"two addresses", catalogue.InvitedContact{Email: "hank@globex.test, lena@globex.test"}, false},
		{"space", catalogue.InvitedContact{Email: " hank@globex.test"}, false},
		{"two lines", catalogue.InvitedContact{Email: "hank@globex.test\nBcc: eve@evil.test"}, false},
		{"shared", catalogue.ShareWith("ben@acme.test", "eve@acme.test"), true},
		{"shared with nobody", catalogue.ShareWith(), false},
		{"shared twice", catalogue.ShareWith("ben@acme.test", "ben@acme.test"), false},
		{"shared with no address", catalogue.ShareWith("ben@acme.test", "Ben"), false},
		{"another count", catalogue.SharedContact{With: []string{"ben@acme.test"}, Count: 2}, false},
		{"message", catalogue.MessagedContact{Channel: "sms", Text: "hello"}, true},
		{"empty message", catalogue.MessagedContact{Channel: "sms"}, false},
		{"unknown channel", catalogue.MessagedContact{Channel: "fax", Text: "hello"}, false},
		{"deleted for no reason", catalogue.DeletedContact{}, false},
		{"call", catalogue.Call{Outcome: "busy"}, true},
		{"unknown outcome", catalogue.Call{Outcome: "good"}, false},
		{"minutes below zero", catalogue.Call{Minutes: -1}, false},
		{"no stage", catalogue.StageChange{From: "Proposal"}, false},
		{"empty note", catalogue.Note{}, false},
		{"no signal", catalogue.Signal{}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if err := test.payload.Validate(); (err == nil) != test.ok {
				t.Errorf("got %v", err)
			}
		})
	}
}
