package activity_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
)

var account7 = activity.Entity{Kind: "account", ID: "7", Label: "Globex"}

// members returns n people.
func members(n int) []activity.Entity {
	people := make([]activity.Entity, n)
	for i := range people {
		people[i] = activity.User(fmt.Sprint(i), fmt.Sprint("Person ", i))
	}
	return people
}

func TestCommentOn(t *testing.T) {
	journal := newJournal(t)
	for _, test := range []struct {
		name             string
		draft            activity.Draft
		typ              string
		about, mentioned []activity.Entity
		english, spanish string
	}{
		{"a comment", activity.CommentOn(deal, "Call back!"), "activity.comment", []activity.Entity{deal}, nil, "commented: Call back!", "comentó: Call back!"},
		{"a note", activity.NoteOn(deal, "Call back!"), "activity.note", []activity.Entity{deal}, nil, "noted: Call back!", "anotó: Call back!"},
		{"mentions", activity.CommentOn(deal, "@Ben", ben, account7), "activity.comment",
			[]activity.Entity{deal, ben, account7}, []activity.Entity{ben, account7}, "commented: @Ben", "comentó: @Ben"},
		{"mentioned twice", activity.CommentOn(deal, "@Ben", ben, activity.User(ben.ID, "Benny"), deal), "activity.comment",
			[]activity.Entity{deal, ben}, []activity.Entity{ben}, "commented: @Ben", "comentó: @Ben"},
		{"more entities", activity.NoteOn(deal, "@Ben", ben).About(account7), "activity.note",
			[]activity.Entity{deal, ben, account7}, []activity.Entity{ben}, "noted: @Ben", "anotó: @Ben"},
		{"as many as there is room for", activity.NoteOn(deal, "all", members(15)...), "activity.note",
			append([]activity.Entity{deal}, members(15)...), members(15), "noted: all", "anotó: all"},
	} {
		t.Run(test.name, func(t *testing.T) {
			event := record(t, journal, test.draft)
			if event.Type != test.typ || event.Source != activity.Manual || event.Actor != ana {
				t.Errorf("the event is %+v", event)
			}
			if diff := cmp.Diff(test.about, event.About); diff != "" {
				t.Errorf("About (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.mentioned, activity.Mentions(event)); diff != "" {
				t.Errorf("Mentions (-want +got):\n%s", diff)
			}
			for locale, want := range map[string]string{"en": test.english, "es": test.spanish} {
				if got := journal.Summary(event, locale).Text; got != want {
					t.Errorf("Summary in %s = %q, want %q", locale, got, want)
				}
			}
		})
	}
	german := configured(t, activity.Config{Locale: "de"})
	if got := german.Summary(record(t, german, activity.CommentOn(deal, "x")), "de").Text; got != "commented: x" {
		t.Errorf("Summary in a language without a translation = %q", got)
	}
}

func TestCommentErrors(t *testing.T) {
	acme := newJournal(t).Tenant("acme")
	for _, test := range []struct {
		name, field, reason string
		draft               activity.Draft
	}{
		{"empty", "Payload", "is not valid: the text is blank", activity.CommentOn(deal, "")},
		{"blank", "Payload", "is not valid: the text is blank", activity.NoteOn(deal, " \t\n\u00a0")},
		{"invalid UTF-8", "Payload", "is not valid: the text is not valid UTF-8", activity.CommentOn(deal, "a\xff")},
		{"too long", "Payload", "is not valid: the text is longer than 10000 characters", activity.CommentOn(deal, strings.Repeat("é", 10_001))},
		{"negative mentions", "Payload", "is not valid: the number of mentions is negative", activity.Commented.New(activity.Comment{Text: "x", Mentions: -1})},
		{"no subject", "About[0].Kind", "is empty", activity.CommentOn(activity.Entity{}, "x")},
		{"nobody is mentioned", "About[1].Kind", "is empty", activity.CommentOn(deal, "x", activity.Entity{})},
		{"too many mentions", "About", "has more than 16 entities", activity.CommentOn(deal, "x", members(16)...)},
		{"too many mentions on an event", "About", "has more than 16 entities", activity.CommentOnEvent(activity.Event{ID: idValue}, "x", members(16)...)},
		{"no event", "Event.ID", "is missing: comments are on events that were recorded", activity.CommentOnEvent(activity.Event{}, "x")},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := acme.Record(t.Context(), test.draft.By(ana))
			if bad := invalid(t, err); bad.Field != test.field || bad.Reason != test.reason {
				t.Errorf("Record = %v", err)
			}
		})
	}
	if _, err := acme.Record(t.Context(), activity.CommentOn(deal, strings.Repeat("😀", 10_000)).By(ana)); err != nil {
		t.Errorf("a comment of 10,000 characters: %v", err)
	}
	if _, err := activity.New(activity.StoreOf(newJournal(t)), &activity.Config{Types: []activity.EventType{activity.Noted}}); invalid(t, err).Field != "Config.Types" {
		t.Errorf("New with a type of its own = %v", err)
	}
	impostor := activity.Define[activity.Comment]("activity.comment", activity.TypeOptions{})
	if _, err := acme.Record(t.Context(), impostor.New(activity.Comment{Text: "x"}).By(ana)); !errors.Is(err, activity.ErrUnknownType) {
		t.Errorf("Record of another type of the same name = %v", err)
	}
}

func TestCommentOnEvent(t *testing.T) {
	event := activity.Event{ID: idValue, About: []activity.Entity{deal, {Kind: "user"}, ben, account7}}
	acme := newJournal(t).Tenant("acme")
	for _, test := range []struct {
		name             string
		event            activity.Event
		mentions, about  []activity.Entity
		mentionsAreFirst int
	}{
		{"no mentions", event, nil, []activity.Entity{event.Entity(), deal, ben, account7}, 0},
		{"someone of the event", event, []activity.Entity{ben}, []activity.Entity{event.Entity(), ben, deal, account7}, 1},
		{"no room", event, members(15), append([]activity.Entity{event.Entity()}, members(15)...), 15},
		{"room for one", event, members(14), append(append([]activity.Entity{event.Entity()}, members(14)...), deal), 14},
		{"about nothing", activity.Event{ID: idValue}, nil, []activity.Entity{event.Entity()}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			events, err := acme.Record(t.Context(), activity.CommentOnEvent(test.event, "x", test.mentions...).By(ana))
			check(t, err)
			if diff := cmp.Diff(test.about, events[0].About); diff != "" {
				t.Errorf("About (-want +got):\n%s", diff)
			}
			if got := activity.Mentions(events[0]); len(got) != test.mentionsAreFirst {
				t.Errorf("Mentions = %v", got)
			}
		})
	}
}

// A thread has the comments on its event alone, and the account's timeline those on all.
func TestThreads(t *testing.T) {
	journal := newJournal(t, noted)
	acme := journal.Tenant("acme")
	first := record(t, journal, noted.New(note{"first"}).About(deal))
	second := record(t, journal, noted.New(note{"second"}).About(deal))
	record(t, journal, activity.CommentOnEvent(first, "one"))
	two := record(t, journal, activity.CommentOnEvent(second, "two", ben))
	record(t, journal, activity.CommentOnEvent(first, "three"))
	record(t, journal, activity.CommentOnEvent(two, "four"))
	record(t, journal, activity.CommentOn(deal, "five"))
	record(t, journal, activity.NoteOn(deal, "six"))
	for _, test := range []struct {
		name  string
		query activity.Query
		want  string
	}{
		{"of the first", activity.Query{About: []activity.Entity{first.Entity()}}, "three one"},
		{"of the second, with the answer to its comment", activity.Query{About: []activity.Entity{second.Entity()}}, "four two"},
		{"of a comment", activity.Query{About: []activity.Entity{two.Entity()}}, "four"},
		{"of another tenant's", activity.Query{About: []activity.Entity{{Kind: "event", ID: idValue.String()}}}, ""},
		{"on the deal's page", activity.Query{About: []activity.Entity{deal}, Categories: []string{"comments"}}, "five four three two one"},
		{"of whom is mentioned", activity.Query{About: []activity.Entity{ben}}, "four two"},
		{"notes", activity.Query{Categories: []string{"notes"}, Source: activity.Manual}, "six"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var texts []string
			for e, err := range acme.Events(t.Context(), test.query) {
				check(t, err)
				var c activity.Comment
				check(t, json.Unmarshal(e.Payload, &c))
				texts = append(texts, c.Text)
			}
			if got := strings.Join(texts, " "); got != test.want {
				t.Errorf("the thread is %q, want %q", got, test.want)
			}
		})
	}
}

func TestMentionsOfOddEvents(t *testing.T) {
	about := []activity.Entity{deal, ben}
	for name, e := range map[string]activity.Event{
		"another type":   {Type: "note.added", Version: 1, About: about, Payload: json.RawMessage(`{"text":"x","mentions":1}`)},
		"too many":       {Type: "activity.comment", Version: 1, About: about, Payload: json.RawMessage(`{"text":"x","mentions":2}`)},
		"overflow":       {Type: "activity.comment", Version: 1, About: about, Payload: json.RawMessage(`{"text":"x","mentions":9223372036854775807}`)},
		"negative":       {Type: "activity.note", Version: 1, About: about, Payload: json.RawMessage(`{"text":"x","mentions":-1}`)},
		"not a number":   {Type: "activity.note", Version: 1, About: about, Payload: json.RawMessage(`{"text":"x","mentions":"1"}`)},
		"newer version":  {Type: "activity.note", Version: 2, About: about, Payload: json.RawMessage(`{"text":"x","mentions":1}`)},
		"erased":         {Type: "activity.note", Version: 1, About: about, Erased: true},
		"about nothing":  {Type: "activity.note", Version: 1, Payload: json.RawMessage(`{"text":"x","mentions":1}`)},
		"the zero Event": {},
	} {
		t.Run(name, func(t *testing.T) {
			if got := activity.Mentions(e); got != nil {
				t.Errorf("Mentions = %v", got)
			}
		})
	}
	e := activity.Event{Type: "activity.note", Version: 1, About: about, Payload: json.RawMessage(`{"text":"x","mentions":1}`)}
	activity.Mentions(e)[0].ID = "changed"
	if about[1] != ben {
		t.Error("Mentions hands out the event's memory")
	}
}

// Whoever is erased takes along the comments that mention them.
func TestErasingWhoIsMentioned(t *testing.T) {
	journal := newJournal(t)
	acme := journal.Tenant("acme")
	event := record(t, journal, activity.CommentOn(deal, "Ask Ben", ben))
	if _, err := acme.Erase(t.Context(), ben, ana, "on request"); err != nil {
		t.Fatal(err)
	}
	event, err := acme.Event(t.Context(), event.ID)
	check(t, err)
	if got := activity.Mentions(event); got != nil {
		t.Errorf("Mentions = %v", got)
	}
	if got := journal.Summary(event, "en").Text; got != "Comment (erased)" {
		t.Errorf("Summary = %q", got)
	}
	reply := record(t, journal, activity.CommentOnEvent(event, "Who was that?"))
	if diff := cmp.Diff([]activity.Entity{event.Entity(), deal}, reply.About); diff != "" {
		t.Errorf("About of a reply (-want +got):\n%s", diff)
	}
}

// A comment on an event begins a thread. It is on the page of what the event is about, too.
func ExampleCommentOnEvent() {
	ctx := context.Background()
	journal := open()
	acme := journal.Tenant("acme")
	ana, ben := activity.User("ana", "Ana"), activity.User("ben", "Ben")
	account := activity.Entity{Kind: "account", ID: "7", Label: "Globex"}

	notes, err := acme.Record(ctx, activity.NoteOn(account, "They sign in March.").By(ana))
	if err != nil {
		fmt.Println(err)
		return
	}
	comments, err := acme.Record(ctx,
		activity.CommentOnEvent(notes[0], "Who calls them?", ben).By(ana),
		activity.CommentOnEvent(notes[0], "I do.").By(ben),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("mentioned:", activity.Mentions(comments[0])[0].Name())
	for _, about := range []activity.Entity{notes[0].Entity(), account} {
		fmt.Println(about.Kind)
		page, err := acme.Timeline(ctx, activity.Query{About: []activity.Entity{about}})
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, e := range page.Events {
			fmt.Println("-", e.Actor.Name(), journal.Summary(e, "en"))
		}
	}
	// Output:
	// mentioned: Ben
	// event
	// - Ben commented: I do.
	// - Ana commented: Who calls them?
	// account
	// - Ben commented: I do.
	// - Ana commented: Who calls them?
	// - Ana noted: They sign in March.
}
