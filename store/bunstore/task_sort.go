package bunstore

import (
	"time"

	"github.com/go-activity/activity"
)

// sortColumn is what tasks are sorted by: an expression over a table called t that is equal to
// TaskSort.Place. What is missing counts as 0.
type sortColumn struct {
	expression string
	typ        string // in PostgreSQL
}

const (
	timeColumn   = "timestamptz"
	textColumn   = "text"
	numberColumn = "bigint"
)

// sortColumns are the columns that both engines have alike; the rest is for each of them.
var sortColumns = map[activity.TaskSort]sortColumn{
	activity.SortStart:      {"t.start_at", timeColumn},
	activity.SortQueued:     {"t.queued_at", timeColumn},
	activity.SortKind:       {"t.kind", textColumn},
	activity.SortTitle:      {"t.title", textColumn},
	activity.SortStatus:     {"t.status", numberColumn},
	activity.SortActor:      {"CASE WHEN t.actor_label <> '' THEN t.actor_label ELSE t.actor_id END", textColumn},
	activity.SortTotal:      {"t.total", numberColumn},
	activity.SortAttempted:  {"t.created + t.updated + t.deleted + t.unmodified + t.failed + t.warned", numberColumn},
	activity.SortSucceeded:  {"t.created + t.updated + t.deleted + t.unmodified", numberColumn},
	activity.SortCreated:    {"t.created", numberColumn},
	activity.SortUpdated:    {"t.updated", numberColumn},
	activity.SortDeleted:    {"t.deleted", numberColumn},
	activity.SortUnmodified: {"t.unmodified", numberColumn},
	activity.SortFailed:     {"t.failed", numberColumn},
	activity.SortWarned:     {"t.warned", numberColumn},
}

// pgSortColumn returns the column of an order for PostgreSQL.
func pgSortColumn(s activity.TaskSort) sortColumn {
	switch s {
	case activity.SortEnd:
		return sortColumn{"COALESCE(t.ended_at, 'epoch'::timestamptz)", timeColumn}
	case activity.SortDuration:
		return sortColumn{"COALESCE((extract(epoch FROM t.ended_at - t.started_at) * 1000000)::bigint, 0)", numberColumn}
	}
	return sortColumns[s]
}

// sqliteSortColumn returns the column of an order for SQLite.
func sqliteSortColumn(s activity.TaskSort) sortColumn {
	switch s {
	case activity.SortEnd:
		return sortColumn{"COALESCE(t.ended_at, 0)", timeColumn}
	case activity.SortDuration:
		return sortColumn{"COALESCE(t.ended_at - t.started_at, 0)", numberColumn}
	}
	return sortColumns[s]
}

// value returns what a place has in the column, as an argument.
func (c sortColumn) value(e engine, p *activity.TaskPlace) any {
	switch c.typ {
	case textColumn:
		return p.Text
	case timeColumn:
		return e.time(time.UnixMicro(p.Number).UTC())
	}
	return p.Number
}
