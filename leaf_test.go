package activity_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/go-activity/activity"
)

// leafRow returns a row with a value in every field, and salts that are all different.
func leafRow() activity.EventRow {
	row := activity.EventRow{Event: activity.Event{
		ID: idValue, Tenant: "acme", Type: "deal.moved", Version: 2, Actor: ana,
		About: []activity.Entity{deal, {Kind: "account", ID: "7"}}, Task: activity.ID{15: 9}, Source: activity.Manual,
		OccurredAt: noon, RecordedAt: noon.Add(time.Second), Key: "webhook-8841", Payload: []byte(`{"to":"Won"}`),
	}}
	for part := range 5 {
		row.Salts = append(row.Salts, bytes.Repeat([]byte{byte(part + 1)}, 16)...)
	}
	return row
}

// TestLeafIsKnown holds the leaf against a number that was worked out without this library.
func TestLeafIsKnown(t *testing.T) {
	row := leafRow()
	const want = "83fba583e03c968eaf2e3ca1a55216b746d357a3a3208383c1a86d0f231e4d4c"
	if got := row.Leaf(); hex.EncodeToString(got[:]) != want {
		t.Errorf("Leaf = %x, want %s", got, want)
	}
}

// specified computes a leaf straight from what is written about it: the hash of a canonical,
// versioned, length-prefixed header, followed by a commitment to each part.
func specified(r activity.EventRow) [32]byte {
	number := func(n int64, bytes int) (b []byte) {
		for i := bytes - 1; i >= 0; i-- {
			b = append(b, byte(n>>(8*i)))
		}
		return b
	}
	text := func(s string) []byte { return append(number(int64(len(s)), 4), s...) }

	leaf := slices.Concat([]byte{0}, []byte{1}, // RFC 6962: a leaf; version 1
		r.ID[:], text(r.Tenant), text(r.Type), number(int64(r.Version), 8),
		number(r.OccurredAt.UnixMicro(), 8), number(r.RecordedAt.UnixMicro(), 8),
		number(int64(r.Source), 1), r.Task[:], text(r.Actor.Kind), number(int64(len(r.About)), 4))
	for _, e := range r.About {
		leaf = append(leaf, text(e.Kind)...)
	}
	parts := [][]byte{text(string(r.Payload)), append(text(r.Actor.ID), text(r.Actor.Label)...)}
	for _, e := range r.About {
		parts = append(parts, append(text(e.ID), text(e.Label)...))
	}
	if r.Key != "" {
		parts = append(parts, text(r.Key))
	}
	for i, part := range parts {
		mac := hmac.New(sha256.New, r.Salts[16*i:16*(i+1)])
		mac.Write(part)
		leaf = mac.Sum(leaf)
	}
	return sha256.Sum256(leaf)
}

func TestLeafIsAsSpecified(t *testing.T) {
	many := make([]activity.Entity, activity.MaxAbout)
	for i := range many {
		many[i] = activity.Entity{Kind: "contact", ID: fmt.Sprint(i), Label: long(activity.MaxText)}
	}
	for name, change := range map[string]func(*activity.EventRow){
		"full":         func(*activity.EventRow) {},
		"no key":       func(r *activity.EventRow) { r.Key = "" },
		"no entities":  func(r *activity.EventRow) { r.About = nil },
		"zero":         func(r *activity.EventRow) { *r = activity.EventRow{} },
		"all entities": func(r *activity.EventRow) { r.About = many },
		"long payload": func(r *activity.EventRow) { r.Payload = []byte(long(activity.MaxPayload)) },
		"last time":    func(r *activity.EventRow) { r.OccurredAt, r.Version = lastTime, 1<<31-1 },
	} {
		t.Run(name, func(t *testing.T) {
			rows := []activity.EventRow{leafRow()}
			change(&rows[0])
			activity.Salt(rows)
			if got, want := rows[0].Leaf(), specified(rows[0]); got != want {
				t.Errorf("Leaf = %x, want %x", got, want)
			}
		})
	}
}

// TestLeafCoversEveryField changes each field of an event. A field that is added to Event or Entity
// fails it until the leaf covers it and a change of it is written down here.
func TestLeafCoversEveryField(t *testing.T) {
	changes := map[string]func(*activity.EventRow){
		"ID":             func(r *activity.EventRow) { r.ID[15]++ },
		"Tenant":         func(r *activity.EventRow) { r.Tenant += "x" },
		"Type":           func(r *activity.EventRow) { r.Type += "x" },
		"Version":        func(r *activity.EventRow) { r.Version++ },
		"Actor.Kind":     func(r *activity.EventRow) { r.Actor.Kind += "x" },
		"Actor.ID":       func(r *activity.EventRow) { r.Actor.ID += "x" },
		"Actor.Label":    func(r *activity.EventRow) { r.Actor.Label += "x" },
		"About[0].Kind":  func(r *activity.EventRow) { r.About[0].Kind += "x" },
		"About[0].ID":    func(r *activity.EventRow) { r.About[0].ID += "x" },
		"About[0].Label": func(r *activity.EventRow) { r.About[0].Label += "x" },
		"About[1].Kind":  func(r *activity.EventRow) { r.About[1].Kind += "x" },
		"About[1].ID":    func(r *activity.EventRow) { r.About[1].ID += "x" },
		"About[1].Label": func(r *activity.EventRow) { r.About[1].Label += "x" },
		"Task":           func(r *activity.EventRow) { r.Task[0]++ },
		"Source":         func(r *activity.EventRow) { r.Source = activity.Automatic },
		"OccurredAt":     func(r *activity.EventRow) { r.OccurredAt = r.OccurredAt.Add(time.Microsecond) },
		"RecordedAt":     func(r *activity.EventRow) { r.RecordedAt = r.RecordedAt.Add(time.Microsecond) },
		"Key":            func(r *activity.EventRow) { r.Key += "x" },
		"Payload":        func(r *activity.EventRow) { r.Payload = []byte(`{"to":"Won" }`) },
	}
	var fields []string
	var walk func(path string, v reflect.Value)
	walk = func(path string, v reflect.Value) {
		switch entities, ok := v.Interface().([]activity.Entity); {
		case ok:
			for i := range entities {
				walk(fmt.Sprintf("%s[%d]", path, i), v.Index(i))
			}
		case v.Type() == reflect.TypeFor[activity.Entity]():
			for i := range v.NumField() {
				walk(path+"."+v.Type().Field(i).Name, v.Field(i))
			}
		default:
			fields = append(fields, path)
		}
	}
	event := reflect.ValueOf(leafRow().Event)
	for i := range event.NumField() {
		// An event's erasure comes after its leaf, which must still stand then.
		if name := event.Type().Field(i).Name; name != "Erased" {
			walk(name, event.Field(i))
		}
	}

	leaves := map[[32]byte]string{}
	note := func(name string, row activity.EventRow) {
		leaf := row.Leaf()
		if other, ok := leaves[leaf]; ok {
			t.Errorf("the leaf is the same after a change of %s as of %s", name, other)
		}
		leaves[leaf] = name
	}
	note("nothing", leafRow())
	for _, name := range fields {
		row := leafRow()
		if change := changes[name]; change != nil {
			change(&row)
		}
		note(name, row)
		delete(changes, name)
	}
	if len(changes) > 0 {
		t.Errorf("Event has no %v any more", slices.Sorted(maps.Keys(changes)))
	}
	for i := range len(leafRow().Salts) {
		row := leafRow()
		row.Salts[i]++
		note(fmt.Sprintf("salt byte %d", i), row)
	}
	for name, change := range map[string]func(*activity.EventRow){
		"order of entities": func(r *activity.EventRow) { slices.Reverse(r.About) },
		"actor and entity":  func(r *activity.EventRow) { r.Actor, r.About[0] = r.About[0], r.Actor },
		"ID or label":       func(r *activity.EventRow) { r.Actor.ID, r.Actor.Label = r.Actor.ID+"A", "na" },
		"tenant or type":    func(r *activity.EventRow) { r.Tenant, r.Type = "acmed", "eal.moved" },
		"key or entity":     func(r *activity.EventRow) { r.Key, r.About = "", append(r.About, activity.Entity{ID: "webhook-8841"}) },
		"fewer entities":    func(r *activity.EventRow) { r.About = r.About[:1] },
		"times swapped":     func(r *activity.EventRow) { r.OccurredAt, r.RecordedAt = r.RecordedAt, r.OccurredAt },
	} {
		row := leafRow()
		change(&row)
		note(name, row)
	}
}

func TestSalts(t *testing.T) {
	var rows []activity.EventRow
	parts := 0
	for i := range 300 {
		row := activity.EventRow{Event: activity.Event{About: make([]activity.Entity, i%17)}}
		parts += 2 + i%17
		if i%2 == 0 {
			row.Key = "k"
			parts++
		}
		rows = append(rows, row)
	}
	activity.Salt(rows)
	seen := map[string]bool{}
	for i, row := range rows {
		want := 16 * (2 + i%17 + (i+1)%2)
		if len(row.Salts) != want || cap(row.Salts) != want {
			t.Errorf("row %d has %d bytes of salts, room for %d, want %d", i, len(row.Salts), cap(row.Salts), want)
		}
		for salt := range slices.Chunk(row.Salts, 16) {
			seen[string(salt)] = true
		}
	}
	if len(seen) != parts {
		t.Errorf("%d salts are different, of %d", len(seen), parts)
	}
}
