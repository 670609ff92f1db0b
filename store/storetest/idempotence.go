package storetest

import (
	"errors"
	"fmt"
	"time"

	"github.com/go-activity/activity"
)

var idempotenceCases = []testCase{
	{name: "key with the same", check: checkKeySame},
	{name: "key with something else", check: checkKeyOther},
	{name: "key twice in a call", check: checkKeyTwice},
	{name: "keys in a batch", check: checkKeyBatch},
	{name: "key from many goroutines", check: checkKeyMany},
}

// repeats checks that recording a draft returns an event that was recorded before.
func (h host) repeats(what string, d activity.Draft, want activity.Event) {
	h.Helper()
	if d := diff(want, h.record(d)[0]); d != "" {
		h.Errorf("recording the same again, %s: %s", what, d)
	}
}

func checkKeySame(s subject) {
	h := newHost(s)
	at := epoch.Add(-time.Hour)
	undated := h.record(draft("x").Key("undated"))[0]
	dated := h.record(draft("x").Key("dated").At(at))[0]
	*h.clock = epoch.Add(time.Minute)
	relabelled := noteAdded.New(note{"x"}).By(activity.User("ana", "New name")).About(activity.Entity{Kind: "deal", ID: "1"})
	h.repeats("later", draft("x").Key("undated"), undated)
	h.repeats("with other labels", relabelled.Key("undated"), undated)
	h.repeats("at the time at which it was recorded", draft("x").Key("undated").At(epoch), undated)
	h.repeats("at its time", draft("x").Key("dated").At(at), dated)
	h.repeats("at its time in another zone", draft("x").Key("dated").At(at.Add(999).In(time.FixedZone("", 3600))), dated)
	h.repeats("without its time", draft("x").Key("dated"), dated)
	h.shows("after recording the same again", activity.Query{}, undated, dated)
}

func checkKeyOther(s subject) {
	h := newHost(s)
	event := h.record(draft("x").Key("k").At(epoch))[0]
	for what, d := range map[string]activity.Draft{
		"type":     dealMoved.New(note{"x"}).By(ana).About(deal),
		"payload":  draft("y"),
		"actor":    draft("x").By(ben),
		"entities": draft("x").About(call),
		"source":   draft("x").Manual(),
		"time":     draft("x").At(epoch.Add(time.Microsecond)),
	} {
		for _, drafts := range [][]activity.Draft{{d.Key("k")}, {draft("new").Key("new"), d.Key("k"), draft("newer")}} {
			_, err := h.journal.Tenant(acme).Record(h.Context(), drafts...)
			conflict, ok := errors.AsType[*activity.KeyConflictError](err)
			if !ok || !errors.Is(err, activity.ErrKeyConflict) || conflict.Key != "k" || conflict.ID != event.ID {
				s.Errorf("recording another %s under the key = %v, want a KeyConflictError", what, err)
			}
		}
	}
	h.shows("after key conflicts", activity.Query{}, event)
}

func checkKeyTwice(s subject) {
	h := newHost(s)
	tenant := h.journal.Tenant(acme)
	for what, d := range map[string]activity.Draft{"other content": draft("y").Key("k"), "a time": draft("x").Key("k").At(epoch)} {
		_, err := tenant.Record(h.Context(), draft("x").Key("k"), draft("z"), d)
		if conflict, ok := errors.AsType[*activity.KeyConflictError](err); !ok || conflict.Key != "k" {
			s.Errorf("recording a key twice in a call, with %s = %v, want a KeyConflictError", what, err)
		}
		h.empty(what)
	}
	events := h.record(draft("x").Key("k"), draft("z"), draft("x").Key("k"), draft("x").Key("k").By(activity.User("ana", "")))
	for _, i := range []int{2, 3} {
		if d := diff(events[0], events[i]); d != "" {
			s.Errorf("event %d of a key that is there more than once: %s", i+1, d)
		}
	}
	scribble(&events[2])
	h.shows("after a key twice in a call", activity.Query{}, events[1], events[0])
	h.repeats("after a key twice in a call", draft("x").Key("k"), events[0])
}

func checkKeyBatch(s subject) {
	h := newHost(s)
	old := h.record(draft("0").Key("k0"), draft("1").Key("k1"))
	*h.clock = epoch.Add(time.Second)
	events := h.record(draft("2").Key("k2"), draft("1").Key("k1"), draft("3"), draft("0").Key("k0"), draft("2").Key("k2"))
	for i, want := range []activity.Event{events[0], old[1], events[2], old[0], events[0]} {
		if d := diff(want, events[i]); d != "" {
			s.Errorf("event %d of a batch with known and new keys: %s", i+1, d)
		}
	}
	h.shows("after a batch with known and new keys", activity.Query{}, events[2], events[0], old[1], old[0])
}

func checkKeyMany(s subject) {
	const goroutines = 16
	h := newHost(s)
	for round := range 3 {
		key := fmt.Sprint("k", round)
		got := make([]activity.Event, goroutines)
		together(goroutines, func(i int) {
			events, err := h.journal.Tenant(acme).Record(h.Context(), draft("x").Key(key))
			if err != nil || len(events) != 1 {
				s.Errorf("Record from %d goroutines with one key: %d events, %v", goroutines, len(events), err)
				return
			}
			got[i] = events[0]
		})
		for i := range got {
			if d := diff(got[0], got[i]); d != "" {
				s.Errorf("Record from %d goroutines with one key returned two events: %s", goroutines, d)
			}
		}
		if n := len(h.timeline(activity.Query{})); n != round+1 {
			s.Errorf("%d keys made %d events", round+1, n)
		}
	}
}
