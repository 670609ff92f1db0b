package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/go-activity/activity"
)

// journalCases use the store the way a host does. They are no single sentences of the contract, but
// what the contract is for.
func journalCases() []testCase {
	return slices.Concat(recordCases, limitCases, idempotenceCases, timelineCases, cursorCases)
}

// The types of event that journals record here.
var (
	noteAdded = activity.Define[note]("note.added", activity.TypeOptions{Category: "notes"})
	dealMoved = activity.Define[note]("deal.moved", activity.TypeOptions{Category: "deals"})
	dealWon   = activity.Define[note]("deal.won", activity.TypeOptions{Category: "deals"})
	callMade  = activity.Define[object]("call.made", activity.TypeOptions{})
	mailSent  = activity.Define[rawJSON]("mail.sent", activity.TypeOptions{Category: "mails", Version: 3, Upcasts: map[int]func(json.RawMessage) (json.RawMessage, error){
		1: func(b json.RawMessage) (json.RawMessage, error) { return b, nil },
		2: func(b json.RawMessage) (json.RawMessage, error) { return b, nil },
	}})
	unknown = activity.Define[note]("unknown.type", activity.TypeOptions{})
)

type note struct {
	Text string `json:"text"`
}

type object map[string]any

// rawJSON is a payload that is given as JSON.
type rawJSON string

func (r rawJSON) MarshalJSON() ([]byte, error) { return []byte(r), nil }

// host is a program that uses the store through a journal, at a time that it says.
type host struct {
	subject
	journal *activity.Journal
	clock   *time.Time
}

func newHost(s subject) host {
	s.Helper()
	now := epoch
	h := host{subject: s, clock: &now}
	journal, err := activity.New(s.store, &activity.Config{
		Types: []activity.EventType{noteAdded, dealMoved, dealWon, callMade, mailSent},
		Now:   func() time.Time { return *h.clock },
	})
	if err != nil {
		s.Fatalf("activity.New: %v", err)
	}
	h.journal = journal
	return h
}

// record records drafts of acme, which must succeed.
func (h host) record(drafts ...activity.Draft) []activity.Event {
	h.Helper()
	events, err := h.journal.Tenant(acme).Record(h.Context(), drafts...)
	if err != nil {
		h.Fatalf("Record of %d drafts: %v", len(drafts), err)
	}
	if len(events) != len(drafts) {
		h.Fatalf("Record of %d drafts returned %d events", len(drafts), len(events))
	}
	return events
}

// timeline returns all that a query of acme finds.
func (h host) timeline(query activity.Query) []activity.Event {
	h.Helper()
	var events []activity.Event
	for e, err := range h.journal.Tenant(acme).Events(h.Context(), query) {
		if err != nil {
			h.Fatalf("Events: %v", err)
		}
		events = append(events, e)
	}
	return events
}

// shows checks that a query of acme finds the events, newest first.
func (h host) shows(what string, query activity.Query, want ...activity.Event) {
	h.Helper()
	if d := diffAll(want, h.timeline(query)); d != "" {
		h.Errorf("timeline %s: %s", what, d)
	}
}

// invalid checks that an error is an InvalidError about a field.
func (s subject) invalid(what string, err error, field string) {
	s.Helper()
	e, ok := errors.AsType[*activity.InvalidError](err)
	if !ok || !errors.Is(err, activity.ErrInvalid) || e.Field != field {
		s.Errorf("%s: the error is %v, want an InvalidError of %s", what, err, field)
	}
}

// draft returns a valid draft.
func draft(text string) activity.Draft { return noteAdded.New(note{text}).By(ana).About(deal) }

var recordCases = []testCase{
	{name: "record and read", check: checkRecord},
	{name: "actor of the context", check: checkContextActor},
	{name: "several tenants", check: checkSeveralTenants},
	{name: "transaction of the host", check: checkHostTx},
	{name: "closed", check: checkJournalClosed},
	{name: "cancelled", check: checkJournalCancelled},
}

func checkRecord(s subject) {
	h := newHost(s)
	acme := h.journal.Tenant(acme)
	occurred := epoch.Add(-time.Hour).Add(1234567 * time.Nanosecond)
	events := h.record(
		draft("first"),
		dealMoved.New(note{"second"}).By(ben).About(deal, call).At(occurred.In(time.FixedZone("", 7200))).Key("k").Manual(),
		mailSent.New(`{"to": ["a", 1e3]}`).By(activity.System("mailer")),
	)
	want := []activity.Event{
		{Type: "note.added", Version: 1, Actor: ana, About: []activity.Entity{deal}, Source: activity.Automatic, OccurredAt: epoch, Payload: []byte(`{"text":"first"}`)},
		{Type: "deal.moved", Version: 1, Actor: ben, About: []activity.Entity{deal, call}, Source: activity.Manual, OccurredAt: occurred.Truncate(time.Microsecond), Key: "k", Payload: []byte(`{"text":"second"}`)},
		{Type: "mail.sent", Version: 3, Actor: activity.System("mailer"), Source: activity.Automatic, OccurredAt: epoch, Payload: []byte(`{"to":["a",1e3]}`)},
	}
	for i := range want {
		want[i].ID, want[i].Tenant, want[i].RecordedAt = events[i].ID, acme.Name(), epoch
		if d := diff(want[i], events[i]); d != "" {
			s.Errorf("event %d of Record: %s", i+1, d)
		}
		if !events[i].ID.Time().Equal(want[i].OccurredAt) {
			s.Errorf("the time in ID %s is %v, want %v", events[i].ID, events[i].ID.Time(), want[i].OccurredAt)
		}
		event, err := acme.Event(h.Context(), events[i].ID)
		if err != nil {
			s.Errorf("Event: %v", err)
		} else if d := diff(want[i], event); d != "" {
			s.Errorf("event %d of Record by its ID: %s", i+1, d)
		}
	}
	h.shows("of all", activity.Query{}, want[2], want[0], want[1])
	if p, err := noteAdded.Payload(events[0]); err != nil || p.Text != "first" {
		s.Errorf("Payload = %v, %v", p, err)
	}
	if _, err := acme.Event(h.Context(), activity.ID{1}); !errors.Is(err, activity.ErrNotFound) {
		s.Errorf("Event of an ID that does not exist = %v, want ErrNotFound", err)
	}
	if events, err := acme.Record(h.Context()); err != nil || len(events) != 0 {
		s.Errorf("Record of nothing = %v, %v", events, err)
	}
}

func checkContextActor(s subject) {
	h := newHost(s)
	ctx := activity.WithActor(h.Context(), ben)
	events, err := h.journal.Tenant(acme).Record(ctx, callMade.New(object{}), draft("by ana"))
	if err != nil {
		s.Fatalf("Record: %v", err)
	}
	if events[0].Actor != ben || events[1].Actor != ana {
		s.Errorf("the actors are %v and %v, want the context's and the draft's own", events[0].Actor, events[1].Actor)
	}
	h.shows("of the context's actor", activity.Query{Actor: ben}, events[0])
}

func checkSeveralTenants(s subject) {
	h := newHost(s)
	own := h.record(draft("ours").Key("k"))
	others, err := h.journal.Tenant(globex).Record(h.Context(), draft("theirs").Key("k"))
	if err != nil {
		s.Fatalf("Record: %v", err)
	}
	h.shows("of one tenant", activity.Query{}, own...)
	if _, err := h.journal.Tenant(acme).Event(h.Context(), others[0].ID); !errors.Is(err, activity.ErrNotFound) {
		s.Errorf("Event of another tenant = %v, want ErrNotFound", err)
	}
	page, err := h.journal.Tenant(globex).Timeline(h.Context(), activity.Query{About: []activity.Entity{deal}})
	if err != nil {
		s.Fatalf("Timeline: %v", err)
	}
	if d := diffAll(others, page.Events); d != "" {
		s.Errorf("timeline of the other tenant: %s", d)
	}
}

func checkHostTx(s subject) {
	h := newHost(s)
	inTx := func(text string, result error) (recorded []activity.Event) {
		err := s.store.InTx(h.Context(), func(tx activity.Store) error {
			inside := h
			inside.subject, inside.journal = s.in(tx), h.journal.With(tx)
			recorded = inside.record(draft(text))
			if d := diff(recorded[0], inside.timeline(activity.Query{})[0]); d != "" {
				s.Errorf("the newest event in the transaction: %s", d)
			}
			return result
		})
		if !errors.Is(err, result) {
			s.Errorf("InTx = %v, want %v", err, result)
		}
		return recorded
	}
	kept := inTx("kept", nil)
	h.shows("after the transaction", activity.Query{}, kept...)
	inTx("dropped", errOfFn)
	h.shows("after the second transaction", activity.Query{}, kept...)
}

func checkJournalClosed(s subject) {
	h := newHost(s)
	event := h.record(draft("kept"))[0]
	if err := s.store.Close(); err != nil {
		s.Fatalf("Close: %v", err)
	}
	for call, err := range h.calls(h.Context(), event.ID) {
		if !errors.Is(err, activity.ErrClosed) {
			s.Errorf("%s of a closed store = %v, want ErrClosed", call, err)
		}
	}
}

func checkJournalCancelled(s subject) {
	h := newHost(s)
	event := h.record(draft("kept"))[0]
	for want, ctx := range ended(h.Context()) {
		for call, err := range h.calls(ctx, event.ID) {
			if !errors.Is(err, want) {
				s.Errorf("%s = %v, want %v", call, err, want)
			}
		}
	}
	h.shows("after calls that were cancelled", activity.Query{}, event)
}

// calls are all that can be asked of a journal, each with its error only.
func (h host) calls(ctx context.Context, id activity.ID) map[string]error {
	tenant, errs := h.journal.Tenant(acme), map[string]error{}
	_, errs["Record"] = tenant.Record(ctx, draft("lost"))
	_, errs["Event"] = tenant.Event(ctx, id)
	_, errs["Timeline"] = tenant.Timeline(ctx, activity.Query{})
	for _, err := range tenant.Events(ctx, activity.Query{}) {
		errs["Events"] = err
	}
	return errs
}
