package bunstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/go-activity/activity"
)

const (
	// fixedTaskColumns do not change after a task was stored.
	fixedTaskColumns = `id, tenant, kind, title, actor_kind, actor_id, actor_label, about, automated, preview, recipe, ` +
		`parent, retry_of, reverts, exclusive, key, input, attributes, queued_at`

	// changingTaskColumns are those that an update sets.
	changingTaskColumns = `revision, status, start_at, started_at, ended_at, attempt, losses, lease_until, ` +
		`wait_for, wait_task, wait_quota, wait_units, wait_until, ` +
		`done, total, created, updated, deleted, unmodified, failed, warned, fields, extras, ` +
		`children_total, children_open, children_failed, children_cancelled, reverted_by, ` +
		`reason, detail, system, ended_by_kind, ended_by_id, ended_by_label`

	// firstInsertParam is the number of the parameter after those of all columns.
	firstInsertParam = 19 + 34 + 1
)

// taskColumns are the columns that scanTask reads, of a table called t.
var taskColumns = "t." + strings.ReplaceAll(fixedTaskColumns+", "+changingTaskColumns, ", ", ", t.")

// parameters writes "$2, $3, …".
func parameters(mark string, from, to int) string {
	list := make([]string, 0, to-from)
	for i := from; i < to; i++ {
		list = append(list, fmt.Sprint(mark, i))
	}
	return strings.Join(list, ", ")
}

// fixedTaskArgs are the values of fixedTaskColumns.
func fixedTaskArgs(e engine, t *activity.Task) ([]any, error) {
	about, err := encodeAbout(t.About)
	if err != nil {
		return nil, err
	}
	attributes, err := encodeJSON(t.Attributes, len(t.Attributes) == 0, "{}")
	if err != nil {
		return nil, err
	}
	return []any{e.id(t.ID), t.Tenant, t.Kind, t.Title, t.Actor.Kind, t.Actor.ID, t.Actor.Label, about,
		t.Automated, t.Preview, t.Recipe, e.id(t.Parent), e.id(t.RetryOf), e.id(t.Reverts), t.Exclusive,
		sql.NullString{String: t.Key, Valid: t.Key != ""}, rawJSON(t.Input), attributes, e.time(t.QueuedAt)}, nil
}

// changingTaskArgs are the values of changingTaskColumns.
func changingTaskArgs(e engine, t *activity.Task) ([]any, error) {
	fields, err := encodeJSON(t.Fields, len(t.Fields) == 0, "[]")
	if err != nil {
		return nil, err
	}
	extras, err := encodeJSON(t.Extras, len(t.Extras) == 0, "[]")
	if err != nil {
		return nil, err
	}
	c, children := t.Counts, t.Children
	return []any{t.Revision, int64(t.Status), e.time(t.Start()), e.time(t.StartedAt), e.time(t.EndedAt), t.Attempt, t.Losses, e.time(t.LeaseUntil),
		int64(t.Wait.For), e.id(t.Wait.Task), t.Wait.Quota, t.Wait.Units, e.time(t.Wait.Until),
		t.Done, t.Total, c.Created, c.Updated, c.Deleted, c.Unmodified, c.Failed, c.Warned, fields, extras,
		children.Total, children.Open, children.Failed, children.Cancelled, e.id(t.RevertedBy),
		t.Reason, t.Detail, t.System, t.EndedBy.Kind, t.EndedBy.ID, t.EndedBy.Label}, nil
}

func encodeJSON(value any, empty bool, text string) (string, error) {
	if empty {
		return text, nil
	}
	b, err := json.Marshal(value)
	return string(b), err
}

// rawJSON is an argument for a column that keeps JSON as it is.
func rawJSON(data json.RawMessage) any {
	if data == nil {
		return nil
	}
	return string(data)
}

// scanTask reads taskColumns, and what comes after them.
func scanTask(row scanner, more ...any) (activity.Task, error) {
	var t activity.Task
	var key sql.NullString
	var start time.Time
	var about, attributes, fields, extras, input []byte
	c, children := &t.Counts, &t.Children
	err := row.Scan(append([]any{&t.ID, &t.Tenant, &t.Kind, &t.Title, &t.Actor.Kind, &t.Actor.ID, &t.Actor.Label, &about,
		&t.Automated, &t.Preview, &t.Recipe, &t.Parent, &t.RetryOf, &t.Reverts, &t.Exclusive,
		&key, &input, &attributes, instant{&t.QueuedAt},
		&t.Revision, &t.Status, instant{&start}, instant{&t.StartedAt}, instant{&t.EndedAt}, &t.Attempt, &t.Losses, instant{&t.LeaseUntil},
		&t.Wait.For, &t.Wait.Task, &t.Wait.Quota, &t.Wait.Units, instant{&t.Wait.Until},
		&t.Done, &t.Total, &c.Created, &c.Updated, &c.Deleted, &c.Unmodified, &c.Failed, &c.Warned, &fields, &extras,
		&children.Total, &children.Open, &children.Failed, &children.Cancelled, &t.RevertedBy,
		&t.Reason, &t.Detail, &t.System, &t.EndedBy.Kind, &t.EndedBy.ID, &t.EndedBy.Label}, more...)...)
	if err != nil {
		return activity.Task{}, err
	}
	t.Key, t.Input = key.String, input
	if t.About, err = decodeAbout(about); err != nil {
		return activity.Task{}, fmt.Errorf("task %s: about: %w", t.ID, err)
	}
	for _, part := range []struct {
		text []byte
		into any
	}{{attributes, &t.Attributes}, {fields, &t.Fields}, {extras, &t.Extras}} {
		if len(part.text) == len("{}") {
			continue
		}
		if err := json.Unmarshal(part.text, part.into); err != nil {
			return activity.Task{}, fmt.Errorf("task %s: %w", t.ID, err)
		}
	}
	return t, nil
}

// instant scans a time, as either engine keeps it.
type instant struct{ t *time.Time }

// Scan implements [sql.Scanner].
func (i instant) Scan(src any) error {
	switch at := src.(type) {
	case nil:
		*i.t = time.Time{}
	case time.Time:
		*i.t = at.UTC()
	case int64:
		*i.t = time.UnixMicro(at).UTC()
	default:
		return fmt.Errorf("%T is no time", src)
	}
	return nil
}

// tasks reads the tasks that a query returns.
func tasks(ctx context.Context, db conn, query string, args ...any) ([]activity.Task, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []activity.Task
	for rows.Next() {
		t, err := scanTask(rows)
		if err != nil {
			return nil, err
		}
		found = append(found, t)
	}
	return found, rows.Err()
}
