package bunstore

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"github.com/go-activity/activity"
)

// An event is in several feeds: its tenant's, its actor's, that of each entity it is about, and its
// task's. The role keeps apart what a user did from what happened to them.
type role byte

const (
	ofTenant role = iota
	ofActor
	ofEntity
	ofTask
)

// feedKey is the first 8 bytes of a SHA-256 over role, tenant, kind and id, each after its length.
// Two feeds may share a key; readers therefore check each event that a feed leads to.
func feedKey(r role, tenant, kind, id string) int64 {
	b := make([]byte, 0, 256)
	b = append(b, byte(r))
	for _, s := range [...]string{tenant, kind, id} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(s)))
		b = append(b, s...)
	}
	sum := sha256.Sum256(b)
	return int64(binary.BigEndian.Uint64(sum[:8]))
}

// feedsOf appends the keys of the feeds that an event is in. Entities that were erased have none.
func feedsOf(keys []int64, e *activity.Event) []int64 {
	keys = append(keys, feedKey(ofTenant, e.Tenant, "", ""))
	if !e.Actor.IsErased() {
		keys = append(keys, feedKey(ofActor, e.Tenant, e.Actor.Kind, e.Actor.ID))
	}
	for _, about := range e.About {
		if !about.IsErased() {
			keys = append(keys, feedKey(ofEntity, e.Tenant, about.Kind, about.ID))
		}
	}
	if !e.Task.IsZero() {
		keys = append(keys, feedKey(ofTask, e.Tenant, "", e.Task.String()))
	}
	return keys
}

// feedRow is a row of activity_feed.
type feedRow struct {
	feed  int64
	event *activity.EventRow
}

// feedRows returns the rows of the feeds that events are in, in the order of the index, so that
// neighbours are written together.
func feedRows(events []*activity.EventRow) []feedRow {
	rows := make([]feedRow, 0, 6*len(events))
	var keys []int64
	for _, e := range events {
		keys = feedsOf(keys[:0], &e.Event)
		for _, key := range keys {
			rows = append(rows, feedRow{key, e})
		}
	}
	slices.SortFunc(rows, func(a, b feedRow) int {
		if a.feed != b.feed {
			return cmp.Compare(a.feed, b.feed)
		}
		return cmp.Or(
			cmp.Compare(a.event.Type, b.event.Type),
			cmp.Compare(a.event.Source, b.event.Source),
			a.event.ID.Compare(b.event.ID))
	})
	return rows
}

// condition is what a row must be in: one of these feeds, or of these lists, at least.
type condition struct {
	feeds    []int64
	entities []activity.Entity // of whom the feeds are, if they are entities'
	actor    bool              // it may be by these too
}

// conditions returns the feeds that a query's events are in.
func conditions(q *activity.EventQuery) []condition {
	about := func(e activity.Entity) int64 { return feedKey(ofEntity, q.Tenant, e.Kind, e.ID) }
	by := func(e activity.Entity) int64 { return feedKey(ofActor, q.Tenant, e.Kind, e.ID) }
	var all []condition
	if len(q.About) > 0 {
		all = append(all, condition{alternatives(q.About, about), q.About, false})
	}
	if !q.Actor.IsZero() {
		all = append(all, condition{feeds: []int64{by(q.Actor)}})
	}
	if len(q.Named) > 0 {
		all = append(all, condition{alternatives(q.Named, about, by), q.Named, true})
	}
	if !q.Task.IsZero() {
		all = append(all, condition{feeds: []int64{feedKey(ofTask, q.Tenant, "", q.Task.String())}})
	}
	if len(all) == 0 {
		all = append(all, condition{feeds: []int64{feedKey(ofTenant, q.Tenant, "", "")}})
	}
	return all
}
