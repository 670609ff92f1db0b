package main

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/go-activity/activity"
)

const (
	taskColumns = "id, tenant, kind, title, actor_kind, actor_id, actor_label, about, automated, preview, recipe, " +
		"parent, retry_of, reverts, exclusive, key, input, attributes, queued_at, " +
		"revision, status, start_at, started_at, ended_at, attempt, losses, lease_until, wait_for, wait_task, wait_quota, wait_units, wait_until, " +
		"done, total, created, updated, deleted, unmodified, failed, warned, fields, extras, " +
		"children_total, children_open, children_failed, children_cancelled, reverted_by, " +
		"reason, detail, system, ended_by_kind, ended_by_id, ended_by_label"
	facetColumns = "facet, preview, start_at, task_id"
)

// Roles of facets and of records, as in bunstore.
const (
	ofTasks = iota + ofTask + 1
	ofKind
	ofStatus
	ofTaskActor
	ofTaskEntity
	ofParent
	ofTrigger
	ofWord
	ofAttribute
	ofRecord
	ofRow
)

// facetsOf returns the lists that a task is in, as bunstore does.
func facetsOf(t *activity.Task) []int64 {
	facets := []int64{
		feedKey(ofTasks, t.Tenant, "", ""),
		feedKey(ofKind, t.Tenant, t.Kind, ""),
		statusFacet(t),
		feedKey(ofTaskActor, t.Tenant, t.Actor.Kind, t.Actor.ID),
		feedKey(ofTrigger, t.Tenant, "", strconv.FormatBool(t.Automated)),
	}
	for _, e := range t.About {
		facets = append(facets, feedKey(ofTaskEntity, t.Tenant, e.Kind, e.ID))
	}
	if !t.Parent.IsZero() {
		facets = append(facets, feedKey(ofParent, t.Tenant, "", t.Parent.String()))
	}
	for _, word := range activity.Words(t.Title) {
		facets = append(facets, feedKey(ofWord, t.Tenant, "", word))
	}
	for name, value := range t.Attributes {
		facets = append(facets, feedKey(ofAttribute, t.Tenant, name, value))
	}
	slices.Sort(facets)
	return slices.Compact(facets)
}

func statusFacet(t *activity.Task) int64 {
	return feedKey(ofStatus, t.Tenant, "", strconv.Itoa(int(t.Status)))
}

// dialect makes arguments of IDs and times; zero ones are NULL.
type dialect struct {
	id   func(activity.ID) any
	time func(time.Time) any
}

var pgDialect = dialect{
	id:   func(id activity.ID) any { return [16]byte(id) },
	time: func(t time.Time) any { return t },
}

var sqliteDialect = dialect{
	id:   func(id activity.ID) any { return id[:] },
	time: func(t time.Time) any { return t.UnixMicro() },
}

func (d dialect) idOrNull(id activity.ID) any {
	if id.IsZero() {
		return nil
	}
	return d.id(id)
}

func (d dialect) timeOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return d.time(t)
}

// taskValues are the values of taskColumns.
func (d dialect) taskValues(t *activity.Task) []any {
	var key, input any
	if t.Key != "" {
		key = t.Key
	}
	if t.Input != nil {
		input = string(t.Input)
	}
	c, children := t.Counts, t.Children
	return []any{d.id(t.ID), t.Tenant, t.Kind, t.Title, t.Actor.Kind, t.Actor.ID, t.Actor.Label, encodeAbout(t.About),
		t.Automated, t.Preview, t.Recipe, d.idOrNull(t.Parent), d.idOrNull(t.RetryOf), d.idOrNull(t.Reverts), t.Exclusive,
		key, input, encodeJSON(t.Attributes, len(t.Attributes), "{}"), d.time(t.QueuedAt),
		t.Revision, int64(t.Status), d.time(t.Start()), d.timeOrNull(t.StartedAt), d.timeOrNull(t.EndedAt), int64(t.Attempt), int64(t.Losses), d.timeOrNull(t.LeaseUntil),
		int64(t.Wait.For), d.idOrNull(t.Wait.Task), t.Wait.Quota, t.Wait.Units, d.timeOrNull(t.Wait.Until),
		t.Done, t.Total, c.Created, c.Updated, c.Deleted, c.Unmodified, c.Failed, c.Warned,
		encodeJSON(t.Fields, len(t.Fields), "[]"), encodeJSON(t.Extras, len(t.Extras), "[]"),
		int64(children.Total), int64(children.Open), int64(children.Failed), int64(children.Cancelled), d.idOrNull(t.RevertedBy),
		t.Reason, t.Detail, t.System, t.EndedBy.Kind, t.EndedBy.ID, t.EndedBy.Label}
}

func encodeJSON(value any, n int, empty string) string {
	if n == 0 {
		return empty
	}
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // strings always have a JSON form
	}
	return string(text)
}

// facetValues are the rows of activity_task_facet for some tasks, in the order of its primary key.
func (d dialect) facetValues(tasks []activity.Task) [][]any {
	type row struct {
		facet int64
		task  *activity.Task
	}
	var rows []row
	for i := range tasks {
		for _, facet := range facetsOf(&tasks[i]) {
			rows = append(rows, row{facet, &tasks[i]})
		}
	}
	slices.SortFunc(rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(a.facet, b.facet), a.task.Start().Compare(b.task.Start()), a.task.ID.Compare(b.task.ID))
	})
	values := make([][]any, len(rows))
	for i, r := range rows {
		values[i] = []any{r.facet, r.task.Preview, d.time(r.task.Start()), d.id(r.task.ID)}
	}
	return values
}
