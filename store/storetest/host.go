package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/go-activity/activity"
)

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

// timeline returns all that a query of acme finds, which must end.
func (h host) timeline(query activity.Query) []activity.Event {
	h.Helper()
	var events []activity.Event
	for e, err := range h.journal.Tenant(acme).Events(h.Context(), query) {
		if err != nil {
			h.Fatalf("Events: %v", err)
		}
		if events = append(events, e); len(events) > 10_000 {
			h.Fatalf("Events does not end: event %s came after %s", e.ID, events[len(events)-2].ID)
		}
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
