package activity_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
)

func TestWithActor(t *testing.T) {
	ctx := t.Context()
	if actor, ok := activity.ActorFrom(ctx); ok || !actor.IsZero() {
		t.Errorf("ActorFrom = %v, %v of a context without one", actor, ok)
	}
	outer := activity.WithActor(ctx, activity.System("importer"))
	inner := activity.WithActor(outer, ana)
	for name, test := range map[string]struct {
		ctx  context.Context
		want activity.Entity
	}{"outer": {outer, activity.System("importer")}, "inner": {inner, ana}} {
		if actor, ok := activity.ActorFrom(test.ctx); actor != test.want || !ok {
			t.Errorf("ActorFrom(%s) = %v, %v", name, actor, ok)
		}
	}

	tenant := newJournal(t, noted).Tenant("acme")
	events, err := tenant.Record(outer, noted.New(note{}), noted.New(note{}).By(ana), noted.New(note{}).By(activity.Entity{}))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []activity.Entity{activity.System("importer"), ana, activity.System("importer")} {
		if events[i].Actor != want {
			t.Errorf("event %d has actor %v, want %v", i, events[i].Actor, want)
		}
	}
	_, err = tenant.Record(activity.WithActor(ctx, activity.User("", "Ana")), noted.New(note{}))
	if bad := invalid(t, err); bad.Field != "Actor.ID" {
		t.Errorf("Record with a bad actor in the context is about %q", bad.Field)
	}
}

func TestEntity(t *testing.T) {
	for _, test := range []struct {
		got, want activity.Entity
		name      string
	}{
		{activity.User("1", "Ana"), activity.Entity{Kind: "user", ID: "1", Label: "Ana"}, "Ana"},
		{activity.System("importer"), activity.Entity{Kind: "system", ID: "importer", Label: "importer"}, "importer"},
		{activity.Identity("a@b.test", ""), activity.Entity{Kind: "identity", ID: "a@b.test"}, "a@b.test"},
		{activity.Entity{}, activity.Entity{}, ""},
	} {
		if test.got != test.want || test.got.Name() != test.name || test.got.IsZero() != (test.name == "") {
			t.Errorf("%+v, named %q, want %+v, named %q", test.got, test.got.Name(), test.want, test.name)
		}
	}
	if !ana.Is(activity.User(ana.ID, "Ana Maria")) {
		t.Error("an entity with another label is another")
	}
	if ana.Is(activity.User("1", ana.Label)) || ana.Is(activity.Identity(ana.ID, ana.Label)) {
		t.Error("an entity of another kind or ID is the same")
	}
}

func TestEventInJSON(t *testing.T) {
	full := activity.Event{
		ID: idValue, Tenant: "acme", Type: "note.added", Version: 2, Actor: ana, About: []activity.Entity{deal},
		Task: idValue, Source: activity.Manual, OccurredAt: noon, RecordedAt: noon, Key: "k",
		Payload: json.RawMessage(`{"text":"hello"}`), Erased: true,
	}
	small := full
	small.About, small.Task, small.Key, small.Erased, small.Source = nil, activity.ID{}, "", false, activity.Automatic
	for name, test := range map[string]struct {
		event activity.Event
		want  string
	}{
		"full": {full, `{"id":"` + idText + `","tenant":"acme","type":"note.added","version":2,` +
			`"actor":{"kind":"user","id":"ana@acme.test","label":"Ana"},"about":[{"kind":"deal","id":"42","label":"Big one"}],` +
			`"task":"` + idText + `","source":"manual","occurred_at":"2026-03-14T12:00:00.123456Z","recorded_at":"2026-03-14T12:00:00.123456Z",` +
			`"key":"k","payload":{"text":"hello"},"erased":true}`},
		"small": {small, `{"id":"` + idText + `","tenant":"acme","type":"note.added","version":2,` +
			`"actor":{"kind":"user","id":"ana@acme.test","label":"Ana"},"source":"automatic",` +
			`"occurred_at":"2026-03-14T12:00:00.123456Z","recorded_at":"2026-03-14T12:00:00.123456Z","payload":{"text":"hello"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			data, err := json.Marshal(test.event)
			if diff := cmp.Diff(test.want, string(data)); err != nil || diff != "" {
				t.Errorf("Marshal: %v (-want +got):\n%s", err, diff)
			}
			var got activity.Event
			if err := json.Unmarshal(data, &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.event, got); diff != "" {
				t.Errorf("Unmarshal (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEventClone(t *testing.T) {
	event := activity.Event{About: []activity.Entity{deal}, Payload: json.RawMessage(`{}`)}
	clone := event.Clone()
	clone.About[0].ID, clone.Payload[0] = "changed", '!'
	if event.About[0] != deal || string(event.Payload) != `{}` {
		t.Errorf("a change of the clone shows in %+v", event)
	}
}

func TestSource(t *testing.T) {
	for source, want := range map[activity.Source]string{0: "", activity.Automatic: "automatic", activity.Manual: "manual"} {
		text, err := source.MarshalText()
		if string(text) != want || source.String() != want || err != nil {
			t.Errorf("source %d is %q, %v, want %q", source, text, err, want)
		}
		got := activity.Source(9)
		if err := got.UnmarshalText(text); got != source || err != nil {
			t.Errorf("UnmarshalText(%q) = %d, %v", text, got, err)
		}
	}
	source := activity.Manual
	if err := source.UnmarshalText([]byte("Manual")); invalid(t, err).Field != "Source" || source != activity.Manual {
		t.Errorf("UnmarshalText(Manual) = %v and leaves %v", err, source)
	}
	if got := activity.Source(9).String(); got != "" {
		t.Errorf("String() = %q of no source", got)
	}
}
