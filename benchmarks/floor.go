package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/go-activity/activity"
)

// What the floors of both databases share: the columns, and what goes into them.

const (
	eventColumns   = "id, tenant, type, version, actor_kind, actor_id, actor_label, about, task, source, occurred_at, recorded_at, payload, salts"
	feedColumns    = "feed, type, source, event_id"
	pendingColumns = "event_id, tenant, recorded_at, leaf"

	// pageColumns are those of an event that a page shows, of a table called e.
	pageColumns = `e.id, e.tenant, e.type, e.version, e.actor_kind, e.actor_id, e.actor_label, e.about,
  e.task, e.source, e.occurred_at, e.recorded_at, e.key, e.payload, e.erased`

	pageLimit = 50
)

// capture is a store that keeps nothing but the rows it is asked to store: what a hand-written
// program would store of the same drafts.
type capture struct {
	activity.Store
	rows []activity.EventRow
}

func (c *capture) AppendEvents(_ context.Context, rows []activity.EventRow) ([]activity.Event, error) {
	c.rows = rows
	return make([]activity.Event, len(rows)), nil
}

// rowsOf returns what is stored of drafts.
func rowsOf(ctx context.Context, journal *activity.Journal, drafts []activity.Draft) ([]activity.EventRow, error) {
	var c capture
	_, err := journal.With(&c).Tenant(tenant).Record(ctx, drafts...)
	return c.rows, err
}

// Roles of feeds, as in bunstore.
const (
	ofTenant = iota
	ofActor
	ofEntity
	ofTask
)

// feedKey is the key of a feed, as in bunstore.
func feedKey(role byte, tenant, kind, id string) int64 {
	b := []byte{role}
	for _, s := range [...]string{tenant, kind, id} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(s)))
		b = append(b, s...)
	}
	sum := sha256.Sum256(b)
	return int64(binary.BigEndian.Uint64(sum[:8]))
}

// feedRow is a row of activity_feed.
type feedRow struct {
	feed int64
	row  *activity.EventRow
}

// feedRows returns the rows of activity_feed for some events, in the order of its primary key.
func feedRows(rows []activity.EventRow) []feedRow {
	var all []feedRow
	for i := range rows {
		r := &rows[i]
		all = append(all, feedRow{feedKey(ofTenant, r.Tenant, "", ""), r}, feedRow{feedKey(ofActor, r.Tenant, r.Actor.Kind, r.Actor.ID), r})
		for _, e := range r.About {
			all = append(all, feedRow{feedKey(ofEntity, r.Tenant, e.Kind, e.ID), r})
		}
		if !r.Task.IsZero() {
			all = append(all, feedRow{feedKey(ofTask, r.Tenant, "", r.Task.String()), r})
		}
	}
	slices.SortFunc(all, func(a, b feedRow) int {
		return cmp.Or(
			cmp.Compare(a.feed, b.feed),
			cmp.Compare(a.row.Type, b.row.Type),
			cmp.Compare(a.row.Source, b.row.Source),
			bytes.Compare(a.row.ID[:], b.row.ID[:]))
	})
	return all
}

func encodeAbout(about []activity.Entity) string {
	list := make([]string, 0, 3*len(about))
	for _, e := range about {
		list = append(list, e.Kind, e.ID, e.Label)
	}
	text, err := json.Marshal(list)
	if err != nil {
		panic(err) // strings always have a JSON form
	}
	return string(text)
}

func decodeAbout(text []byte) ([]activity.Entity, error) {
	var list []string
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, err
	}
	if len(list)%3 != 0 {
		return nil, errors.New("about is incomplete")
	}
	about := make([]activity.Entity, 0, len(list)/3)
	for e := range slices.Chunk(list, 3) {
		about = append(about, activity.Entity{Kind: e[0], ID: e[1], Label: e[2]})
	}
	return about, nil
}

// branches returns one copy of a query for each type and source, put together by UNION ALL: TYPE
// and SOURCE in it become literals.
func branches(query string) string {
	var all []string
	for _, t := range types {
		for _, source := range []string{"1", "2"} {
			all = append(all, strings.NewReplacer("TYPE", "'"+t.Name()+"'", "SOURCE", source).Replace(query))
		}
	}
	return strings.Join(all, "\n  UNION ALL ")
}
