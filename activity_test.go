package activity_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/memstore"
)

// noon is what the clocks of the tests show.
var noon = time.Date(2026, 3, 14, 12, 0, 0, 123456000, time.UTC)

var (
	ana  = activity.User("ana@acme.test", "Ana")
	deal = activity.Entity{Kind: "deal", ID: "42", Label: "Big one"}
)

type note struct {
	Text string `json:"text"`
}

var noted = activity.Define[note]("note.added", activity.TypeOptions{Category: "notes", Summary: "noted {text}"})

// newJournal makes a journal with an empty store and a clock that stands still.
func newJournal(t testing.TB, types ...activity.EventType) *activity.Journal {
	t.Helper()
	return configured(t, activity.Config{Types: types})
}

func configured(t testing.TB, config activity.Config) *activity.Journal {
	t.Helper()
	if config.Now == nil {
		config.Now = func() time.Time { return noon }
	}
	journal, err := activity.New(memstore.New(), &config)
	if err != nil {
		t.Fatal(err)
	}
	return journal
}

// record records one draft and returns its event.
func record(t testing.TB, journal *activity.Journal, draft activity.Draft) activity.Event {
	t.Helper()
	events, err := journal.Tenant("acme").Record(activity.WithActor(t.Context(), ana), draft)
	if err != nil {
		t.Fatal(err)
	}
	return events[0]
}

// invalid returns the InvalidError that err is, and makes sure that it is an ErrInvalid.
func invalid(t testing.TB, err error) *activity.InvalidError {
	t.Helper()
	var bad *activity.InvalidError
	if !errors.As(err, &bad) || !errors.Is(err, activity.ErrInvalid) {
		t.Fatalf("error = %v, want an InvalidError", err)
	}
	return bad
}

func TestDefaults(t *testing.T) {
	for _, config := range []*activity.Config{nil, {}} {
		if _, err := activity.New(memstore.New(), config); err != nil {
			t.Errorf("New(%v) = %v", config, err)
		}
	}
	store := memstore.New()
	journal, err := activity.New(store, &activity.Config{Types: []activity.EventType{noted}})
	if err != nil {
		t.Fatal(err)
	}
	before := time.Now().Truncate(time.Microsecond)
	event := record(t, journal, noted.New(note{"hello"}))
	if at := event.OccurredAt; at.Before(before) || at.After(time.Now()) {
		t.Errorf("OccurredAt = %v without Config.Now, want now", at)
	}
	if event.OccurredAt.Location() != time.UTC || event.RecordedAt != event.OccurredAt {
		t.Errorf("OccurredAt = %v, RecordedAt = %v, want the same in UTC", event.OccurredAt, event.RecordedAt)
	}

	long := func(n int) activity.Draft { return noted.New(note{strings.Repeat("x", n-len(`{"text":""}`))}) }
	record(t, journal, long(activity.MaxPayload))
	_, err = journal.Tenant("acme").Record(t.Context(), long(activity.MaxPayload+1).By(ana))
	if bad := invalid(t, err); bad.Field != "Payload" {
		t.Errorf("Field = %q for a payload that is too long", bad.Field)
	}
}

func TestConfigErrors(t *testing.T) {
	polish := activity.Define[map[string]any]("mail.read", activity.TypeOptions{Summary: "{n, plural, one {#} few {#} other {#}}"})
	for _, test := range []struct {
		name, field string
		config      activity.Config
	}{
		{"negative payload", "Config.MaxPayload", activity.Config{MaxPayload: -1}},
		{"payload too small for an object", "Config.MaxPayload", activity.Config{MaxPayload: 1}},
		{"malformed locale", "Config.Locale", activity.Config{Locale: "garbage!!"}},
		{"unknown locale", "Config.Locale", activity.Config{Locale: "xx"}},
		{"no language", "Config.Locale", activity.Config{Locale: "und"}},
		{"nil type", "Config.Types[1]", activity.Config{Types: []activity.EventType{noted, nil}}},
		{"zero type", "Config.Types[0]", activity.Config{Types: []activity.EventType{activity.Type[note]{}}}},
		{"type twice", "Config.Types[1]", activity.Config{Types: []activity.EventType{noted, noted}}},
		{"plural of another language", "Config.Types[1]", activity.Config{Types: []activity.EventType{noted, polish}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			journal, err := activity.New(memstore.New(), &test.config)
			if bad := invalid(t, err); bad.Field != test.field || journal != nil {
				t.Errorf("New = %v, field %q, want nil and field %q", journal, bad.Field, test.field)
			}
		})
	}
	if _, err := activity.New(nil, nil); invalid(t, err).Field != "Store" {
		t.Errorf("New without a store = %v", err)
	}
	if _, err := activity.New(memstore.New(), &activity.Config{Locale: "pl", Types: []activity.EventType{polish}}); err != nil {
		t.Errorf("New with a Polish plural and locale = %v", err)
	}
}

func TestConfigIsCopied(t *testing.T) {
	other := activity.Define[note]("note.other", activity.TypeOptions{})
	config := activity.Config{Types: []activity.EventType{noted}, Now: func() time.Time { return noon }}
	journal := configured(t, config)
	config.Types[0] = other
	config.Now = func() time.Time { return noon.Add(time.Hour) }
	event := record(t, journal, noted.New(note{"hello"}))
	if !event.OccurredAt.Equal(noon) {
		t.Errorf("OccurredAt = %v, want %v", event.OccurredAt, noon)
	}
	if _, err := journal.Tenant("acme").Record(t.Context(), other.New(note{}).By(ana)); !errors.Is(err, activity.ErrUnknownType) {
		t.Errorf("Record of a type that came after New = %v, want ErrUnknownType", err)
	}
}

func TestWith(t *testing.T) {
	one := newJournal(t, noted)
	two := one.With(memstore.New())
	event := record(t, two, noted.New(note{"hello"}))
	if _, err := one.Tenant("acme").Event(t.Context(), event.ID); !errors.Is(err, activity.ErrNotFound) {
		t.Errorf("Event in the first store = %v, want ErrNotFound", err)
	}
	got, err := two.Tenant("acme").Event(t.Context(), event.ID)
	if diff := cmp.Diff(event, got); err != nil || diff != "" {
		t.Errorf("Event = %v (-want +got):\n%s", err, diff)
	}
	if got := two.Summary(event, "en").Text; got != "noted hello" {
		t.Errorf("Summary = %q of a journal made by With", got)
	}
	// One source of IDs for all: order holds across them.
	if later := record(t, one, noted.New(note{"hello"})); later.ID.Compare(event.ID) <= 0 {
		t.Errorf("ID %s, recorded after %s at the same time, is not greater", later.ID, event.ID)
	}
}

func TestTenant(t *testing.T) {
	journal := newJournal(t, noted)
	if got := journal.Tenant("acme").Name(); got != "acme" {
		t.Errorf("Name() = %q", got)
	}
	for _, name := range []string{"", strings.Repeat("t", activity.MaxTenant+1), "a\x00b", "\xff"} {
		tenant, ctx := journal.Tenant(name), context.Background()
		_, recordErr := tenant.Record(ctx, noted.New(note{}).By(ana))
		_, timelineErr := tenant.Timeline(ctx, activity.Query{})
		_, eventErr := tenant.Event(ctx, activity.ID{1})
		for call, err := range map[string]error{"Record": recordErr, "Timeline": timelineErr, "Event": eventErr} {
			if bad := invalid(t, err); bad.Field != "Tenant" {
				t.Errorf("%s of tenant %q is about %q", call, name, bad.Field)
			}
		}
	}
}

func TestErrorsOfTheStore(t *testing.T) {
	store, ctx := memstore.New(), t.Context()
	journal, err := activity.New(store, &activity.Config{Types: []activity.EventType{noted}})
	if err != nil {
		t.Fatal(err)
	}
	tenant := journal.Tenant("acme")
	store.Close()
	_, recordErr := tenant.Record(ctx, noted.New(note{}).By(ana))
	_, timelineErr := tenant.Timeline(ctx, activity.Query{})
	_, eventErr := tenant.Event(ctx, idValue)
	var eventsErr error
	for _, eventsErr = range tenant.Events(ctx, activity.Query{}) {
	}
	for call, err := range map[string]error{"Record": recordErr, "Timeline": timelineErr, "Event": eventErr, "Events": eventsErr} {
		if !errors.Is(err, activity.ErrClosed) {
			t.Errorf("%s = %v, want ErrClosed", call, err)
		}
	}
	if events, err := tenant.Record(ctx); events != nil || err != nil {
		t.Errorf("Record of nothing = %v, %v", events, err)
	}
}

func TestClockOutOfRange(t *testing.T) {
	for _, now := range []time.Time{{}, time.Unix(-1, 0), lastTime.Add(time.Microsecond)} {
		journal := configured(t, activity.Config{Types: []activity.EventType{noted}, Now: func() time.Time { return now }})
		_, err := journal.Tenant("acme").Record(t.Context(), noted.New(note{}).By(ana).At(noon))
		if bad := invalid(t, err); bad.Field != "Config.Now" {
			t.Errorf("Record at %v is about %q", now, bad.Field)
		}
	}
}
