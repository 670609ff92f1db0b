package activity

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Status is where a task is in its life.
type Status uint8

// The statuses. Which may follow which is the graph in docs/tasks.md.
const (
	StatusQueued     Status = 1 // waits to be started: for a worker, a free place, another task
	StatusProcessing Status = 2 // a run works on it
	StatusCompleted  Status = 3 // its run came to its end
	StatusFailed     Status = 4 // it ended for a reason that it tells
	StatusCancelled  Status = 5 // somebody stopped it
)

// Statuses are all statuses, in their order.
var Statuses = []Status{StatusQueued, StatusProcessing, StatusCompleted, StatusFailed, StatusCancelled}

// transitions is the one table of what may follow what.
var transitions = map[Status][]Status{
	StatusQueued:     {StatusProcessing, StatusFailed, StatusCancelled},
	StatusProcessing: {StatusQueued, StatusCompleted, StatusFailed, StatusCancelled},
}

var statusNames = [...]string{"", "queued", "processing", "completed", "failed", "cancelled"}

// String returns "queued", "processing", "completed", "failed", "cancelled", or the empty string for
// the zero Status.
func (s Status) String() string {
	if int(s) < len(statusNames) {
		return statusNames[s]
	}
	return fmt.Sprintf("Status(%d)", s)
}

// Ended reports whether nothing can follow: completed, failed and cancelled are ends.
func (s Status) Ended() bool { return s >= StatusCompleted && s <= StatusCancelled }

// CanBecome reports whether a task of status s may get status next.
func (s Status) CanBecome(next Status) bool { return slices.Contains(transitions[s], next) }

// MarshalText implements [encoding.TextMarshaler].
func (s Status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (s *Status) UnmarshalText(text []byte) error {
	for i, name := range statusNames {
		if string(text) == name {
			*s = Status(i)
			return nil
		}
	}
	return &InvalidError{Field: "Status", Reason: "is none of queued, processing, completed, failed and cancelled"}
}

// StatusGraph is the graph of all transitions, as a Mermaid state diagram.
func StatusGraph() string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n    [*] --> queued\n")
	for _, from := range Statuses {
		for _, to := range transitions[from] {
			fmt.Fprintf(&b, "    %v --> %v\n", from, to)
		}
		if from.Ended() {
			fmt.Fprintf(&b, "    %v --> [*]\n", from)
		}
	}
	return b.String()
}

// before returns the statuses that next may follow.
func before(next Status) []Status {
	var list []Status
	for _, s := range Statuses {
		if s.CanBecome(next) {
			list = append(list, s)
		}
	}
	return list
}

// Task is an operation of the host: an import, an export, a scraping, an enrichment. It has a state,
// counts, and a report of one [Outcome] per record. Its ID is the run id that people look it up by.
// Values that the library returns are the caller's own.
type Task struct {
	ID     ID     `json:"id"`
	Tenant string `json:"tenant"`
	Kind   string `json:"kind"`            // the name of a Kind
	Title  string `json:"title,omitempty"` // what people read: "contacts.csv"
	Status Status `json:"status"`

	Actor      Entity            `json:"actor"` // who it runs for
	About      []Entity          `json:"about,omitempty"`
	Automated  bool              `json:"automated,omitempty"` // started by a schedule or a rule, not by a person
	Preview    bool              `json:"preview,omitempty"`   // reports what it would do, and does nothing
	Recipe     bool              `json:"recipe,omitempty"`    // has no run of its own: it is what its children are
	Parent     ID                `json:"parent,omitzero"`     // the task that it is a step of
	RetryOf    ID                `json:"retry_of,omitzero"`   // the task that it repeats
	Reverts    ID                `json:"reverts,omitzero"`    // the task that it undoes
	Exclusive  string            `json:"exclusive,omitempty"` // tasks of a tenant with one key do not overlap
	Key        string            `json:"key,omitempty"`       // see TaskSpec.Key
	Input      json.RawMessage   `json:"input,omitempty"`     // for the worker; a JSON object
	Attributes map[string]string `json:"attributes,omitempty"`

	QueuedAt  time.Time `json:"queued_at"`           // UTC, to the microsecond, as all times are
	StartedAt time.Time `json:"started_at,omitzero"` // when it was started first
	EndedAt   time.Time `json:"ended_at,omitzero"`

	Revision   int64     `json:"revision"`             // how often it was changed
	Attempt    int       `json:"attempt,omitempty"`    // how often it was started: the fencing number of its run
	Losses     int       `json:"losses,omitempty"`     // how often its run was lost, and it was queued again
	LeaseUntil time.Time `json:"lease_until,omitzero"` // when its run, or who waits to run it, counts as lost
	Wait       Wait      `json:"wait,omitzero"`        // what it waits for while it is queued
	Done       int64     `json:"done,omitempty"`       // progress: Done of Total
	Total      int64     `json:"total,omitempty"`      // 0: not known
	Counts     Counts    `json:"counts"`               // of its outcomes and those of its children
	Fields     []string  `json:"fields,omitempty"`     // of the values before and after in its outcomes, as they came up
	Extras     []string  `json:"extras,omitempty"`     // of the further values in its outcomes, as they came up
	Children   Children  `json:"children,omitzero"`    // how many steps it has
	RevertedBy ID        `json:"reverted_by,omitzero"` // the latest task that undoes it

	Reason  string `json:"reason,omitempty"`  // why it failed or was cancelled
	Detail  string `json:"detail,omitempty"`  // more about a failure, for developers: a stack
	System  bool   `json:"system,omitempty"`  // it failed for a reason outside of its work: its run was lost
	EndedBy Entity `json:"ended_by,omitzero"` // who cancelled it
}

// Clone returns a copy that shares no memory with t.
func (t Task) Clone() Task {
	t.About = slices.Clone(t.About)
	t.Input = slices.Clone(t.Input)
	t.Attributes = maps.Clone(t.Attributes)
	t.Fields, t.Extras = slices.Clone(t.Fields), slices.Clone(t.Extras)
	return t
}

// Name is what people read: the title, or the kind of a task that has none.
func (t Task) Name() string {
	if t.Title != "" {
		return t.Title
	}
	return readable(t.Kind)
}

// Start is the instant by which lists are sorted: that at which the task was started first, or at
// which it was queued as long as it was not.
func (t Task) Start() time.Time {
	if t.StartedAt.IsZero() {
		return t.QueuedAt
	}
	return t.StartedAt
}

// Duration is the time from start to end; 0 before the end.
func (t Task) Duration() time.Duration {
	if t.EndedAt.IsZero() || t.StartedAt.IsZero() {
		return 0
	}
	return t.EndedAt.Sub(t.StartedAt)
}

// Wait is what a queued task waits for. The zero Wait means that nothing but a worker is missing.
type Wait struct {
	For   WaitFor   `json:"for,omitempty"`
	Task  ID        `json:"task,omitzero"`   // the task that has the exclusive key, or will have it first
	Quota string    `json:"quota,omitempty"` // the quota that has no room
	Units int64     `json:"units,omitempty"` // that it needs of the quota
	Until time.Time `json:"until,omitzero"`  // not to be started before, if known
}

// IsZero reports whether w is the zero Wait.
func (w Wait) IsZero() bool { return w == Wait{} }

// String says what is waited for: "a free place".
func (w Wait) String() string {
	text := map[WaitFor]string{WaitPlace: "a free place", WaitExclusive: "task " + w.Task.String(), WaitLater: "its time", WaitQuota: readable(w.Quota)}[w.For]
	if !w.Until.IsZero() {
		text += " until " + w.Until.UTC().Format(time.RFC3339)
	}
	return text
}

// WaitFor is a reason for which a queued task cannot be started.
type WaitFor uint8

// The reasons.
const (
	WaitPlace     WaitFor = 1 // as many tasks of its kind as may are processing, or are ahead of it
	WaitExclusive WaitFor = 2 // another task has its exclusive key, or is ahead of it for the key
	WaitLater     WaitFor = 3 // it is to be started later
	WaitQuota     WaitFor = 4 // a quota of its kind has no room
)

// Children counts the steps of a task: tasks whose Parent it is.
type Children struct {
	Total     int `json:"total"`
	Open      int `json:"open"`      // not ended yet
	Failed    int `json:"failed"`    // ended as failed
	Cancelled int `json:"cancelled"` // ended as cancelled
}

// Counts are the standard counters of outcomes. Each outcome counts once.
type Counts struct {
	Created    int64 `json:"created"`
	Updated    int64 `json:"updated"`
	Deleted    int64 `json:"deleted"`
	Unmodified int64 `json:"unmodified"`
	Failed     int64 `json:"failed"`
	Warned     int64 `json:"warned"` // not done, for a reason in the record: a duplicate, an invalid field
}

// Succeeded is the number of records that were created, updated, deleted, or rightly left alone.
func (c Counts) Succeeded() int64 { return c.Created + c.Updated + c.Deleted + c.Unmodified }

// Attempted is the number of all outcomes.
func (c Counts) Attempted() int64 { return c.Succeeded() + c.Failed + c.Warned }

// Plus returns the sum of both.
func (c Counts) Plus(d Counts) Counts {
	return Counts{c.Created + d.Created, c.Updated + d.Updated, c.Deleted + d.Deleted,
		c.Unmodified + d.Unmodified, c.Failed + d.Failed, c.Warned + d.Warned}
}

// Sign is something in the counts of a run that calls for a look at its report.
type Sign string

// The signs.
const (
	SignManyFailed     Sign = "many_failed"     // a tenth of the records or more failed
	SignNoneSucceeded  Sign = "none_succeeded"  // records were attempted, and not one succeeded
	SignManyUnmodified Sign = "many_unmodified" // nine tenths of the records or more were left as they are
)

// Signs tells from the counts alone what seems wrong with a run; nothing, mostly.
func (c Counts) Signs() []Sign {
	var signs []Sign
	n := c.Attempted()
	if n == 0 {
		return nil
	}
	if c.Succeeded() == 0 {
		signs = append(signs, SignNoneSucceeded)
	}
	if c.Failed*10 >= n {
		signs = append(signs, SignManyFailed)
	}
	if c.Unmodified*10 >= n*9 {
		signs = append(signs, SignManyUnmodified)
	}
	return signs
}
