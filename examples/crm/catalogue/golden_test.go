package catalogue_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/examples/crm/catalogue"
)

var update = flag.Bool("update", false, "write the golden files of testdata")

var locales = []string{"en", "es"}

// payloads of each type: with nothing, one, two and many of what is counted, and with fields missing.
var payloads = map[string][]string{
	"email.sent": {
		`{"subject":"Our offer","recipients":0}`, `{"subject":"Our offer","recipients":1}`, `{"subject":"Our offer","recipients":2}`,
		`{"subject":"Our offer","recipients":1500}`, `{"recipients":2}`, `{}`,
	},
	"email.opened": {
		`{"subject":"Our offer","times":0}`, `{"subject":"Our offer","times":1}`, `{"subject":"Our offer","times":2}`,
		`{"subject":"Our offer","times":1500}`, `{"times":3}`, `{}`,
	},
	"email.clicked": {
		`{"subject":"Our offer","link":"acme.test/offer","times":0}`, `{"subject":"Our offer","link":"acme.test/offer","times":1}`,
		`{"subject":"Our offer","link":"acme.test/offer","times":2}`, `{"subject":"Our offer","times":1500}`, `{"link":"acme.test/offer"}`, `{}`,
	},
	"email.bounced": {
		`{"subject":"Our offer","address":"hank@globex.test","permanent":true,"reason":"no such mailbox"}`,
		`{"subject":"Our offer"}`, `{"reason":"mailbox full"}`, `{}`,
	},
	"call.completed": {
		`{"minutes":0}`, `{"minutes":1}`, `{"minutes":2,"topic":"the pilot"}`, `{"minutes":1500}`, `{"inbound":true,"minutes":12}`,
		`{"outcome":"no_answer"}`, `{"outcome":"busy"}`, `{"outcome":"voicemail"}`, `{}`,
	},
	"note.added":       {`{"text":"no budget before May"}`, `{}`},
	"contact.added":    {`{"source":"contacts.csv"}`, `{}`},
	"contact.archived": {`{"reason":"left the company"}`, `{}`},
	"contact.deleted":  {`{"reason":"asked to be forgotten"}`, `{}`},
	"contact.invited":  {`{"email":"hank@globex.test"}`, `{}`},
	"contact.messaged": {
		`{"channel":"email","text":"see you on Monday"}`, `{"channel":"linkedin","text":"see you on Monday"}`, `{"channel":"sms","text":"see you on Monday"}`,
		`{"channel":"whatsapp","text":"see you on Monday"}`, `{"channel":"linkedin"}`, `{"text":"see you on Monday"}`, `{}`,
	},
	"contact.shared":     {`{"with":[],"count":0}`, `{"with":["ben@acme.test"],"count":1}`, `{"with":["ben@acme.test","eve@acme.test"],"count":2}`, `{"count":1500}`, `{}`},
	"deal.stage_changed": {`{"from":"Proposal","to":"Negotiation"}`, `{"to":"Proposal"}`, `{"from":"Proposal"}`, `{}`},
	"deal.won": {
		`{"amount":0,"currency":"EUR"}`, `{"amount":1,"currency":"EUR"}`, `{"amount":2,"currency":"EUR"}`, `{"amount":48000,"currency":"EUR"}`, `{"currency":"EUR"}`, `{}`,
	},
	"signal.detected": {
		`{"signal":"hiring","count":0}`, `{"signal":"hiring","count":1,"detail":"Head of Sales"}`, `{"signal":"hiring","count":2}`, `{"signal":"hiring","count":1500}`,
		`{"signal":"website_visit"}`, `{"signal":"website_visit","count":1}`, `{"signal":"website_visit","count":2,"detail":"/pricing"}`,
		`{"signal":"funding","detail":"Series B"}`, `{"signal":"job_change","detail":"Hank is CTO now"}`, `{"signal":"other","detail":"a new office"}`, `{}`,
	},
	"enrichment.completed": {`{"fields":0}`, `{"fields":1,"source":"Globex Data"}`, `{"fields":2}`, `{"fields":1500}`, `{"source":"Northdata"}`, `{}`},
}

func TestSummaries(t *testing.T) {
	journal := newJournal(t)
	about := map[string]activity.Entity{"contact": catalogue.Contact("31", "Hank"), "deal": catalogue.Deal("42", "Weather machine")}
	var b strings.Builder
	for _, typ := range catalogue.Types() {
		fmt.Fprintln(&b, typ.Name())
		if len(payloads[typ.Name()]) == 0 {
			t.Errorf("there is no payload of %s", typ.Name())
		}
		entity := about["contact"]
		if typ.Options().Category == "deals" {
			entity = about["deal"]
		}
		for _, payload := range payloads[typ.Name()] {
			e := activity.Event{Type: typ.Name(), Version: 1, Actor: activity.User("ana", "Ana"), About: []activity.Entity{entity}, Payload: json.RawMessage(payload)}
			fmt.Fprintf(&b, "  %s\n", payload)
			for _, locale := range locales {
				fmt.Fprintf(&b, "    %s  %s\n", locale, journal.Summary(e, locale))
			}
		}
	}
	golden(t, "testdata/summaries.golden", b.String())
}

// What of a type that is grouped becomes one line.
func TestGroupSummaries(t *testing.T) {
	journal := newJournal(t)
	var b strings.Builder
	for _, typ := range catalogue.Types() {
		if typ.Options().Group.Within == 0 {
			continue
		}
		fmt.Fprintln(&b, typ.Name())
		e := activity.Event{Type: typ.Name(), Version: 1, Actor: activity.User("ana", "Ana"), Payload: json.RawMessage(`{"subject":"Our offer"}`)}
		for _, n := range []int{1, 2, 3, activity.MaxGroup} {
			fmt.Fprintf(&b, "  %d\n", n)
			for _, locale := range locales {
				group := activity.Group{Events: slices.Repeat([]activity.Event{e}, n)}
				fmt.Fprintf(&b, "    %s  %s\n", locale, journal.GroupSummary(group, locale))
			}
		}
	}
	golden(t, "testdata/groups.golden", b.String())
}

// The end of a task of each kind, with several counts.
func TestKindSummaries(t *testing.T) {
	journal := newJournal(t)
	var events []activity.TaskEvent
	for _, n := range []int64{0, 1, 2, 1500} {
		events = append(events, activity.TaskEvent{Created: n, Succeeded: n}, activity.TaskEvent{Updated: n, Succeeded: n, Warned: n, Failed: n})
	}
	var b strings.Builder
	for _, kind := range catalogue.Kinds() {
		fmt.Fprintf(&b, "%s\n", kind.Name)
		for _, p := range events[1:] {
			p.Kind, p.Label, p.Name, p.Object = kind.Name, kind.Label, "May", kind.Object
			payload, err := json.Marshal(p)
			if err != nil {
				t.Fatal(err)
			}
			e := activity.Event{Type: activity.TaskCompleted.Name(), Version: 1, Actor: activity.User("ana", "Ana"), Payload: payload}
			fmt.Fprintf(&b, "  %d created, %d updated, %d warned, %d failed\n", p.Created, p.Updated, p.Warned, p.Failed)
			for _, locale := range locales {
				fmt.Fprintf(&b, "    %s  %s\n", locale, journal.Summary(e, locale))
			}
		}
	}
	golden(t, "testdata/kinds.golden", b.String())
}

func TestLabels(t *testing.T) {
	var b strings.Builder
	section := func(title string, english, spanish map[string]string) {
		fmt.Fprintln(&b, title)
		for _, name := range slices.Sorted(maps.Keys(english)) {
			if spanish[name] == "" {
				t.Errorf("%s of %s is not in Spanish", name, title)
			}
			fmt.Fprintf(&b, "  %-22s %-32s %s\n", name, english[name], spanish[name])
		}
		if len(english) != len(spanish) {
			t.Errorf("%s: %d labels in English and %d in Spanish", title, len(english), len(spanish))
		}
	}
	en, es := catalogue.In("en"), catalogue.In("es")
	section("types", en.Types, es.Types)
	section("categories", en.Categories, es.Categories)
	section("kinds", en.Kinds, es.Kinds)
	section("outcomes", en.Outcomes, es.Outcomes)
	fmt.Fprintln(&b, "statuses")
	for _, s := range activity.Statuses {
		fmt.Fprintf(&b, "  %-22s %-32s %s\n", s, en.Statuses[s], es.Statuses[s])
	}
	fmt.Fprintln(&b, "reports")
	for _, k := range catalogue.Kinds() {
		var labels []string
		for _, o := range k.Outcomes {
			labels = append(labels, o.Label)
		}
		fmt.Fprintf(&b, "  %-22s %s\n", k.Name, strings.Join(labels, " · "))
	}
	golden(t, "testdata/labels.golden", b.String())
}

// golden compares with a file, or writes it if the flag -update is given.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}
