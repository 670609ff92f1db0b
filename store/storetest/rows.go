package storetest

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"github.com/go-activity/activity"
)

// What the rows of most cases are about.
const (
	acme   = "acme"
	globex = "globex"
)

var (
	epoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	ana   = activity.User("ana", "Ana")
	ben   = activity.User("ben", "Ben")
	deal  = activity.Entity{Kind: "deal", ID: "1", Label: "Big one"}
	call  = activity.Entity{Kind: "call", ID: "1", Label: "Call"}
)

// elsewhere is a time zone.
var elsewhere = time.FixedZone("elsewhere", 3600)

// newRow returns a valid row, of acme, by ana, about the deal. Of two rows, the one with the greater
// n is the later; a row that gets another time by a change keeps an ID of its own by its n.
func newRow(n int, changes ...change) activity.EventRow {
	at := epoch.Add(time.Duration(n) * time.Second)
	row := activity.EventRow{Event: activity.Event{
		Tenant:     acme,
		Type:       "note.added",
		Version:    1,
		Actor:      ana,
		About:      []activity.Entity{deal},
		Source:     activity.Automatic,
		OccurredAt: at,
		RecordedAt: at,
		Payload:    fmt.Appendf(nil, `{"n": %d}`, n),
	}}
	for _, change := range changes {
		change(&row)
	}
	if row.ID.IsZero() {
		row.ID = newID(row.OccurredAt, uint64(n))
	}
	salt(&row, n)
	return row
}

// salt gives a row as many salts as it must have.
func salt(row *activity.EventRow, n int) {
	parts := 2 + len(row.About) // the payload and the actor too
	if row.Key != "" {
		parts++
	}
	row.Salts = noise(n, 16*parts)
}

// newRows returns rows number from to to-1.
func newRows(from, to int, changes ...change) []activity.EventRow {
	var rows []activity.EventRow
	for n := from; n < to; n++ {
		rows = append(rows, newRow(n, changes...))
	}
	return rows
}

// change makes a row another one.
type change func(*activity.EventRow)

func id(id activity.ID) change             { return func(r *activity.EventRow) { r.ID = id } }
func of(tenant string) change              { return func(r *activity.EventRow) { r.Tenant = tenant } }
func typed(name string) change             { return func(r *activity.EventRow) { r.Type = name } }
func version(v int) change                 { return func(r *activity.EventRow) { r.Version = v } }
func by(actor activity.Entity) change      { return func(r *activity.EventRow) { r.Actor = actor } }
func about(list ...activity.Entity) change { return func(r *activity.EventRow) { r.About = list } }
func task(id activity.ID) change           { return func(r *activity.EventRow) { r.Task = id } }
func manual(r *activity.EventRow)          { r.Source = activity.Manual }
func key(key string) change                { return func(r *activity.EventRow) { r.Key = key } }
func payload(text string) change {
	return func(r *activity.EventRow) { r.Payload = json.RawMessage(text) }
}

// at gives a row a time that counts as content.
func at(t time.Time) change {
	return func(r *activity.EventRow) { r.OccurredAt, r.Dated = t, true }
}

// again returns the row as it would be recorded once more: later, and so under another ID.
func again(row activity.EventRow, n int, changes ...change) activity.EventRow {
	later := newRow(n)
	repeat := row
	repeat.Event = row.Event.Clone()
	repeat.RecordedAt = later.RecordedAt
	if !row.Dated {
		repeat.OccurredAt = later.OccurredAt
	}
	for _, change := range changes {
		change(&repeat)
	}
	repeat.ID = newID(repeat.OccurredAt, uint64(n))
	salt(&repeat, n)
	return repeat
}

// newID makes an ID the way the library does: a UUIDv7 with microseconds, and n for its random bits.
func newID(t time.Time, n uint64) activity.ID {
	us := t.UnixMicro()
	var id activity.ID
	binary.BigEndian.PutUint64(id[:8], uint64(us/1000)<<16|0x7000|uint64(us%1000*4096/1000))
	binary.BigEndian.PutUint64(id[8:], 1<<63|n)
	return id
}

// noise returns bytes that look random and are the same for the same n.
func noise(n, length int) []byte {
	var b []byte
	for block := 0; len(b) < length; block++ {
		sum := sha256.Sum256(fmt.Append(nil, n, block))
		b = append(b, sum[:]...)
	}
	return b[:length]
}
