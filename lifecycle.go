package activity

import ()

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
		"completed {name}{attempted, plural, =0 {} other {: {succeeded, number} succeeded{failed, plural, =0 {} other {, # failed}}{warned, plural, =0 {} one {, # warning} other {, # warnings}}}}",
		"completó {name}{attempted, plural, =0 {} other {: {succeeded, plural, one {# correcto} other {# correctos}}{failed, plural, =0 {} one {, # fallido} other {, # fallidos}}{warned, plural, =0 {} one {, # aviso} other {, # avisos}}}}")
	TaskFailed = lifecycle("task.failed", "Task failed",
		"{name} failed: {reason}", "{name} falló: {reason}")
	TaskCancelled = lifecycle("task.cancelled", "Task cancelled",
		"cancelled {name}", "canceló {name}")
	TaskRequeued = lifecycle("task.requeued", "Task requeued",
		"queued {name} again: {reason}", "volvió a poner en cola {name}: {reason}")
)

var lifecycleTypes = []EventType{TaskQueued, TaskStarted, TaskCompleted, TaskFailed, TaskCancelled, TaskRequeued}

func lifecycle(name, label, english, spanish string) Type[TaskEvent] {
	return Define[TaskEvent](name, TypeOptions{
		Label: label, Category: "tasks", Icon: "task", Summary: english,
		Translations: map[string]string{"en": english, "es": spanish},
	})
}
