package storetest

import (
	"errors"
	"fmt"
	"time"

	"github.com/go-activity/activity"
)

// keyCases are about rows with keys.
var keyCases = []testCase{
	{"key again", "A row whose key its tenant has used for the same content is not stored again: the event that has the key comes back in its place.", checkKeyAgain},
	{"key again in a batch", "A row whose key its tenant has used for the same content is not stored again: the event that has the key comes back in its place.", checkKeyInBatch},
	{"key of another tenant", "A row whose key its tenant has used for the same content is not stored again: the event that has the key comes back in its place.", checkKeyElsewhere},
	{"keys that look alike", "A row whose key its tenant has used for the same content is not stored again: the event that has the key comes back in its place.", checkKeysAlike},
	{"the same content", "EventRow.Same tells what is the same.", checkSameContent},
	{"other content", "EventRow.Same tells what is the same.", checkOtherContent},
	{"key conflict", "A row whose key its tenant has used for other content is a KeyConflictError.", checkKeyConflict},
	{"concurrent key", "Of concurrent appends with one key, one stores and the others get its event.", checkConcurrentKey},
	{"concurrent keys in other orders", "Of concurrent appends with one key, one stores and the others get its event.", checkConcurrentKeys},
	{"concurrent key of a transaction", "Of concurrent appends with one key, one stores and the others get its event.", checkKeyOfTx},
}

func checkKeyAgain(s subject) {
	row := newRow(1, key("k"))
	s.append(row)
	for n := 2; n < 5; n++ {
		if d := diff(row.Event, s.append(again(row, n))[0]); d != "" {
			s.Errorf("AppendEvents of a key that was used returned: %s", d)
		}
		s.holds(acme, row)
	}
	s.tx(func(tx subject) { tx.append(again(row, 5)) })
	s.holds(acme, row)
	s.append(newRow(6), newRow(7)) // no key is no key that was used
	s.append(newRow(8))
	s.holds(acme, append(newRows(6, 9), row)...)
}

func checkKeyInBatch(s subject) {
	known := newRows(1, 4)
	for i := range known {
		known[i] = newRow(i+1, key(fmt.Sprint("k", i)))
	}
	s.append(known...)
	rows := []activity.EventRow{newRow(11, key("new")), again(known[2], 12), newRow(13), again(known[0], 14)}
	events := s.append(rows...)
	for i, want := range []activity.EventRow{rows[0], known[2], rows[2], known[0]} {
		if d := diff(want.Event, events[i]); d != "" {
			s.Errorf("event %d of a batch with known and new keys: %s", i+1, d)
		}
	}
	s.holds(acme, append(known, rows[0], rows[2])...)
}

func checkKeyElsewhere(s subject) {
	row, other := newRow(1, key("k")), newRow(2, of(globex), key("k"))
	for n := range 3 {
		for _, r := range []activity.EventRow{row, other} {
			repeat := r
			if n > 0 {
				repeat = again(r, 10+n)
			}
			if d := diff(r.Event, s.append(repeat)[0]); d != "" {
				s.Errorf("AppendEvents of a key that both tenants use: %s", d)
			}
		}
	}
	s.holds(acme, row)
	s.holds(globex, other)
}

func checkKeysAlike(s subject) {
	var rows []activity.EventRow
	for i, k := range []string{"k", "K", "k ", " k", "ḱ", "k\u0301", "k\n", "%", "_", "k%", "0", "NULL", "null"} {
		rows = append(rows, newRow(i, key(k)))
	}
	s.append(rows...)
	s.holds(acme, rows...)
}

func checkSameContent(s subject) {
	labels := func(r *activity.EventRow) { r.Actor.Label, r.About[0].Label, r.About[1].Label = "", "New", "Newer" }
	later := epoch.Add(time.Hour)
	for i, test := range []struct {
		name   string
		row    activity.EventRow
		change change
	}{
		{"later", newRow(1, about(deal, call)), func(*activity.EventRow) {}},
		{"other labels", newRow(2, about(deal, call)), labels},
		{"no longer dated", newRow(3, at(later)), func(r *activity.EventRow) { r.OccurredAt, r.Dated = epoch, false }},
		{"dated as it was", newRow(4, at(later)), at(later)},
		{"dated as it was recorded", newRow(5), func(r *activity.EventRow) { at(newRow(5).OccurredAt)(r) }},
		{"all of it", fullRow(6), func(*activity.EventRow) {}},
	} {
		key(fmt.Sprint("k", i))(&test.row)
		salt(&test.row, i)
		s.append(test.row)
		repeat := again(test.row, 100+i, test.change)
		if d := diff(test.row.Event, s.append(repeat)[0]); d != "" {
			s.Errorf("AppendEvents of the same content, %s: %s", test.name, d)
		}
	}
	if n := len(s.feed(activity.EventQuery{Tenant: acme, Limit: 100})); n != 6 {
		s.Errorf("there are %d events, want 6", n)
	}
}

// otherContent are changes that make a row with two entities one of other content.
var otherContent = []struct {
	name   string
	change change
}{
	{"type", typed("note.changed")},
	{"version", version(2)},
	{"payload", payload(`{"other": 1}`)},
	{"spaces in the payload", func(r *activity.EventRow) { r.Payload = append(r.Payload[:len(r.Payload)-1], " }"...) }},
	{"actor", by(ben)},
	{"kind of the actor", by(activity.Identity("ana", "Ana"))},
	{"entity", about(deal, activity.Entity{Kind: "call", ID: "2"})},
	{"kind of an entity", about(deal, activity.Entity{Kind: "mail", ID: "1"})},
	{"more entities", about(deal, call, ben)},
	{"fewer entities", about(deal)},
	{"no entities", about()},
	{"order of entities", about(call, deal)},
	{"source", manual},
	{"task", task(newID(epoch, 9))},
	{"time", at(epoch.Add(time.Minute))},
	{"microsecond", at(newRow(1).OccurredAt.Add(time.Microsecond))},
}

func checkOtherContent(s subject) {
	row := newRow(1, key("k"), about(deal, call))
	s.append(row)
	for i, other := range otherContent {
		repeat := again(row, 2+i, other.change)
		if _, err := s.store.AppendEvents(s.Context(), []activity.EventRow{repeat}); !errors.Is(err, activity.ErrKeyConflict) {
			s.Errorf("AppendEvents of a used key with other %s = %v, want ErrKeyConflict", other.name, err)
		}
	}
	s.holds(acme, row)
}

func checkKeyConflict(s subject) {
	row := newRow(1, key("k"))
	s.append(row, newRow(2, key("l")))
	other := again(row, 3, payload(`{"other":true}`))
	conflict := func(err error) {
		s.Helper()
		if e, ok := errors.AsType[*activity.KeyConflictError](err); !ok || e.Key != "k" || e.ID != row.ID {
			s.Errorf("AppendEvents of a used key with other content = %#v, want a KeyConflictError for %q and %s", err, "k", row.ID)
		}
	}
	conflict(s.refuses(other))
	conflict(s.refuses(newRow(4), other, newRow(5, key("new"))))
	conflict(s.store.InTx(s.Context(), func(tx activity.Store) error {
		_, err := tx.AppendEvents(s.Context(), []activity.EventRow{other})
		return err
	}))
	s.holds(acme, row, newRow(2, key("l")))
}
