package activity

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/go-activity/activity/internal/jsonscan"
)

// TaskEvent is the payload of the events of a task's life: the task as it was then. [Kind.Summary]
// has its fields.
type TaskEvent struct {
	Kind       string `json:"kind"`
	Label      string `json:"label"` // Kind.Label
	Name       string `json:"name"`  // the title, or the label of a task that has none
	Object     string `json:"object,omitempty"`
	Attempt    int    `json:"attempt"`
	Preview    bool   `json:"preview,omitempty"`
	Parent     ID     `json:"parent,omitzero"`
	RetryOf    ID     `json:"retry_of,omitzero"`
	Reverts    ID     `json:"reverts,omitzero"`
	Total      int64  `json:"total,omitempty"`
	Created    int64  `json:"created"`
	Updated    int64  `json:"updated"`
	Deleted    int64  `json:"deleted"`
	Unmodified int64  `json:"unmodified"`
	Failed     int64  `json:"failed"`
	Warned     int64  `json:"warned"`
	Succeeded  int64  `json:"succeeded"` // created, updated, deleted or unmodified
	Attempted  int64  `json:"attempted"` // all outcomes
	System     bool   `json:"system,omitempty"`
	Reason     string `json:"reason,omitempty"`
}

// The events of a task's life. The library records them with each transition, in the same
// transaction: about the entities that the task is about, by its actor, or by who cancelled it, and
// on the timeline of the task ([Query.Task]). Every journal knows these types.
var (
	TaskQueued = lifecycle("task.queued", "Task queued",
		"queued {name}", "puso en cola {name}")
	TaskStarted = lifecycle("task.started", "Task started",
		"{attempt, plural, =1 {started} other {started again}} {name}", "{attempt, plural, =1 {inició} other {volvió a iniciar}} {name}")
	TaskCompleted = lifecycle("task.completed", "Task completed",
		"{preview, select, true {previewed} other {completed}} {name}{attempted, plural, =0 {} other {: {succeeded, number} succeeded{failed, plural, =0 {} other {, # failed}}{warned, plural, =0 {} =1 {, # warning} other {, # warnings}}}}", // =1 and not one: it is for languages without a translation too
		"{preview, select, true {previsualizó} other {completó}} {name}{attempted, plural, =0 {} other {: {succeeded, plural, one {# correcto} other {# correctos}}{failed, plural, =0 {} one {, # fallido} other {, # fallidos}}{warned, plural, =0 {} one {, # aviso} other {, # avisos}}}}")
	TaskFailed = lifecycle("task.failed", "Task failed",
		"{name} failed: {reason}", "{name} falló: {reason}")
	TaskCancelled = lifecycle("task.cancelled", "Task cancelled",
		"cancelled {name}", "canceló {name}")
	TaskRequeued = lifecycle("task.requeued", "Task requeued",
		"queued {name} again: {reason}", "volvió a poner en cola {name}: {reason}")
)

var lifecycleTypes = []EventType{TaskQueued, TaskStarted, TaskCompleted, TaskFailed, TaskCancelled, TaskRequeued}

func lifecycle(name, label, english, spanish string) Type[TaskEvent] {
	return ownType[TaskEvent](name, label, "tasks", "task", english, spanish)
}

// ownType defines a type of the library's own.
func ownType[P any](name, label, category, icon, english, spanish string) Type[P] {
	return Define[P](name, TypeOptions{
		Label: label, Category: category, Icon: icon,
		Translations: map[string]string{"en": english, "es": spanish},
	})
}

// inLocale returns a definition of the library's own as a journal has it, whose patterns are translations
// only: its summary is the one for the journal's locale, or else the English one.
func inLocale(d *definition, locale *chain) *definition {
	own := *d
	own.summary = d.patterns["en"]
	for _, tag := range locale.tags {
		if p := d.patterns[tag]; p != nil {
			own.summary = p
			break
		}
	}
	return &own
}

// completion returns the definition by which the end of a task of the kind is summarized. Without a summary
// of its own, a kind has the general one in the languages that it has no translation into.
func (k *kind) completion(general *definition, locale *chain) *definition {
	own := *general
	switch {
	case k.summary != nil:
		own.summary, own.patterns = k.summary, k.patterns
	case len(k.patterns) == 0:
		return general
	default:
		own.patterns = maps.Clone(general.patterns)
		maps.Copy(own.patterns, k.patterns)
		return inLocale(&own, locale)
	}
	return &own
}

// definitionOf returns what the library knows of an event's type; for the end of a task, what it
// knows of the task's kind.
func (s *shared) definitionOf(e *Event) *definition {
	d := s.types[e.Type]
	if d != nil && e.Type == TaskCompleted.def.name {
		return s.completedOf(e.Payload, d)
	}
	return d
}

// completedOf is for the end of a task. That of a preview, which has done nothing, is told in
// general words.
func (s *shared) completedOf(payload []byte, general *definition) *definition {
	of := general
	jsonscan.Object(payload, func(name, value []byte) {
		switch {
		case string(name) == "kind" && len(value) > 2:
			if k := s.kinds[string(value[1:len(value)-1])]; k != nil { // names have nothing that JSON escapes
				of = k.completed
			}
		case string(name) == "preview" && string(value) == "true":
			of = general
		}
	})
	return of
}

// lifecycleOf are the types by the status that a task got. Queued is for a task that was queued
// again; one that is new has TaskQueued.
var lifecycleOf = map[Status]Type[TaskEvent]{
	StatusQueued:     TaskRequeued,
	StatusProcessing: TaskStarted,
	StatusCompleted:  TaskCompleted,
	StatusFailed:     TaskFailed,
	StatusCancelled:  TaskCancelled,
}

// moment makes an event of a task's life. Of an actor or an entity that was erased it has what the task has, the kind.
func (j *Journal) moment(typ Type[TaskEvent], t Task, by Entity, at time.Time, reason string) (EventRow, error) {
	label := readable(t.Kind)
	var object string
	if k := j.shared.kinds[t.Kind]; k != nil {
		label, object = k.Label, k.Object
	}
	draft := typ.New(TaskEvent{
		Kind: t.Kind, Label: label, Name: cmp.Or(t.Title, label), Object: object,
		Attempt: t.Attempt, Preview: t.Preview, Parent: t.Parent, RetryOf: t.RetryOf, Reverts: t.Reverts, Total: t.Total,
		Created: t.Counts.Created, Updated: t.Counts.Updated, Deleted: t.Counts.Deleted,
		Unmodified: t.Counts.Unmodified, Failed: t.Counts.Failed, Warned: t.Counts.Warned,
		Succeeded: t.Counts.Succeeded(), Attempted: t.Counts.Attempted(),
		System: t.System, Reason: reason,
	})
	actor := by
	if actor.IsErased() {
		actor = System("erased") // for the check
	}
	event, err := draft.event(t.Tenant, actor, MaxPayload) // whatever Config.MaxPayload says of the host's
	if err != nil {
		return EventRow{}, err
	}
	event.Actor, event.About = by, slices.Clone(t.About) // checked when the task was queued
	rows := []EventRow{{Event: event}}
	rows[0].Task = t.ID
	rows[0].OccurredAt = at
	rows[0].RecordedAt = latest(j.shared.now().UTC().Truncate(time.Microsecond), at)
	j.shared.identify(rows)
	return rows[0], nil
}

// change is a change of a task with all that follows from it, within a transaction.
type change struct {
	update TaskUpdate
	path   []ID   // the task's ancestors, from the root to its parent
	by     Entity // who does it; zero: the task's actor
	rows   []OutcomeRow
}

// change changes a task, stores its outcomes, counts for its ancestors, records the event, and ends
// the parent if that was its last step. Rows are always locked from the root down, so that no two
// changes wait for each other.
//
// A task that is not as the update expects is a TransitionError.
func (j *Journal) change(ctx context.Context, tx Store, c change) (Task, error) {
	u := c.update
	var parent Task
	for i, id := range c.path {
		above := TaskUpdate{Tenant: u.Tenant, ID: id, Now: u.Now, Counts: u.Counts}
		if i == len(c.path)-1 && u.To.Ended() {
			above.Children = childEnded(u.To)
		}
		if above.Counts == (Counts{}) && !u.To.Ended() && u.To != StatusProcessing {
			continue
		}
		var err error
		if parent, _, err = tx.ChangeTask(ctx, above); err != nil {
			return Task{}, err
		}
		if parent.Recipe && parent.Status == StatusQueued && u.To == StatusProcessing { // its first step begins it
			if parent, err = j.turn(ctx, tx, TaskUpdate{Tenant: u.Tenant, ID: id, Now: u.Now, To: StatusProcessing}, Entity{}); err != nil {
				return Task{}, err
			}
		}
	}
	task, err := j.turn(ctx, tx, u, c.by)
	if err != nil {
		return task, err
	}
	if len(c.rows) > 0 {
		if err := tx.AddOutcomes(ctx, c.rows); err != nil {
			return task, err
		}
	}
	if u.To.Ended() && len(c.path) > 0 {
		return task, j.settle(ctx, tx, parent, u.Now, c.path[:len(c.path)-1])
	}
	return task, nil
}

// turn makes one guarded update of a task, with the event of its new status, if it has one.
func (j *Journal) turn(ctx context.Context, tx Store, u TaskUpdate, by Entity) (Task, error) {
	if u.To != 0 && len(u.From) == 0 {
		u.From = before(u.To)
	}
	if u.To != 0 {
		u.Event = func(t Task, now time.Time) (EventRow, error) {
			at, by := now, by
			if by.IsZero() {
				by = t.Actor
			}
			switch {
			case t.Status.Ended():
				at = t.EndedAt
			case t.Status == StatusProcessing && t.Attempt == 1:
				at = t.StartedAt
			}
			return j.moment(lifecycleOf[u.To], t, by, at, u.Reason)
		}
	}
	task, changed, err := tx.ChangeTask(ctx, u)
	if err != nil {
		return Task{}, err
	}
	if !changed {
		return task, &TransitionError{ID: task.ID, From: task.Status, To: u.To, Attempt: u.Attempt}
	}
	if u.To != 0 && u.To != StatusProcessing && j.holds(task) {
		return task, tx.ReleaseHolds(ctx, task.Tenant, task.ID)
	}
	return task, nil
}

// holds reports whether there may be something that is held for a task.
func (j *Journal) holds(task Task) bool {
	k := j.shared.kinds[task.Kind]
	return task.Attempt > 0 && (k == nil || k.charges())
}

// settle ends a task whose steps have all ended, unless a run of its own still works.
func (j *Journal) settle(ctx context.Context, tx Store, t Task, now time.Time, path []ID) error {
	if t.Status.Ended() || t.Children.Open > 0 || !t.Recipe && (t.Status != StatusProcessing || !t.LeaseUntil.IsZero()) {
		return nil
	}
	to, reason := verdict(t.Children)
	_, err := j.change(ctx, tx, change{
		update: TaskUpdate{Tenant: t.Tenant, ID: t.ID, Now: now, To: to, Reason: reason},
		path:   path,
	})
	return err
}

// verdict is how a task ends that depends on its steps.
func verdict(c Children) (Status, string) {
	switch {
	case c.Failed > 0:
		return StatusFailed, fmt.Sprintf("%d of %d steps failed", c.Failed, c.Total)
	case c.Cancelled > 0:
		return StatusCancelled, fmt.Sprintf("%d of %d steps were cancelled", c.Cancelled, c.Total)
	}
	return StatusCompleted, ""
}

func childEnded(as Status) Children {
	c := Children{Open: -1}
	switch as {
	case StatusFailed:
		c.Failed = 1
	case StatusCancelled:
		c.Cancelled = 1
	}
	return c
}

// path returns the ancestors of a task, from the root to its parent.
func (j *Journal) path(ctx context.Context, store Store, tenant string, parent ID) ([]ID, error) {
	var path []ID
	for !parent.IsZero() {
		t, err := store.Task(ctx, tenant, parent)
		if err != nil {
			return nil, err
		}
		path = append(path, parent)
		parent = t.Parent
	}
	slices.Reverse(path)
	return path, nil
}
