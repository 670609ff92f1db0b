package activity_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
)

var update = flag.Bool("update", false, "write the golden files of testdata")

// shown are types whose patterns use all that there is.
var shown = []activity.EventType{
	activity.Define[map[string]any]("mail.opened", activity.TypeOptions{
		Summary: "{actor} opened {count, plural, =0 {no email} one {# email} other {# emails}} of {about}",
		Translations: map[string]string{
			"es": "{actor} abrió {count, plural, =0 {ningún correo} one {# correo} other {# correos}} de {about}",
			"de": "{actor} hat {count, plural, =0 {keine E-Mail} one {# E-Mail} other {# E-Mails}} von {about} geöffnet",
			"pl": "{actor} otworzył(a) {count, plural, =0 {zero listów} one {# list} few {# listy} many {# listów} other {# listu}} od {about}",
			"ar": "{count, plural, zero {لا رسائل} one {رسالة} two {رسالتان} few {# رسائل} many {# رسالة} other {# رسالة}}",
		},
	}),
	activity.Define[map[string]any]("deal.moved", activity.TypeOptions{
		Summary: "moved from {from} to {to} on {day, date}: {outcome, select, won {won} other {open}}, {sum, number}",
		Translations: map[string]string{
			"es":    "movido de {from} a {to} el {day, date}: {outcome, select, won {ganado} other {abierto}}, {sum, number}",
			"es-MX": "se movió de {from} a {to}, {sum, number}",
		},
	}),
	activity.Define[note]("note.labelled", activity.TypeOptions{Label: "Note added"}),
	activity.Define[note]("note.only_german", activity.TypeOptions{Translations: map[string]string{"de": "Notiz: {text}"}}),
	counting,
}

func shownEvents() []activity.Event {
	event := func(typ string, version int, payload string) activity.Event {
		return activity.Event{Type: typ, Version: version, Actor: ana, About: []activity.Entity{deal}, Payload: json.RawMessage(payload)}
	}
	var events []activity.Event
	for _, count := range []string{"0", "1", "2", "3", "5", "11", "22", "100", "1234567", "-1", "1.5"} {
		events = append(events, event("mail.opened", 1, `{"count":`+count+`}`))
	}
	erased := event("mail.opened", 1, "")
	erased.Erased = true
	unknown := event("crm.lead_lost", 1, `{}`)
	erasedUnknown := unknown
	erasedUnknown.Erased, erasedUnknown.Payload = true, nil
	return append(events,
		event("deal.moved", 1, `{"from":"Proposal","to":"Won","day":"2026-02-28T23:59:59+01:00","outcome":"won","sum":12345.678}`),
		event("deal.moved", 1, `{"from":"Offer","to":"Talk","day":"2024-02-29","outcome":"lost","sum":1e6}`),
		event("deal.moved", 1, `{}`),
		event("note.labelled", 1, `{"text":"hello"}`),
		event("note.only_german", 1, `{"text":"hello"}`),
		event("a.counted", 1, `{"number":1}`),
		event("a.counted", 2, `{"count":"2"}`),
		event("a.counted", 3, `{"count":3}`),
		event("a.counted", 4, `{"count":4,"unit":"kg"}`),
		event("a.counted", 4, `{"unit":"kg"}`),
		event("a.counted", 1, `{"number":"no number"}`),
		unknown, erased, erasedUnknown,
	)
}

var shownLocales = []string{"en", "es", "es-MX", "pl", "de", "ar", "", "garbage!!", "xx"}

func TestSummaries(t *testing.T) {
	var b strings.Builder
	for _, locale := range []string{"en", "de"} {
		types := shown
		if locale != "en" {
			types = shown[3:] // those whose patterns are not English
		}
		journal := configured(t, activity.Config{Types: types, Locale: locale})
		for _, e := range shownEvents() {
			fmt.Fprintf(&b, "Config.Locale %s, %s version %d %s\n", locale, e.Type, e.Version, e.Payload)
			for _, asked := range shownLocales {
				fmt.Fprintf(&b, "  %-9s  %s\n", asked, journal.Summary(e, asked))
			}
		}
	}
	golden(t, "testdata/summaries.golden", b.String())
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
