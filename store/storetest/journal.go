package storetest

import (
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
