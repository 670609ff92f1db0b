package activity

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"
)

// TaskStore is the part of a [Store] that keeps tasks and their outcomes. Times that a store is to
// take from its clock are those of the database's server, so that all processes share them; in
// memory and in SQLite they are those of the machine.
type TaskStore interface {
	// AddTask stores a task. It is valid, and has its ID, status, and times.
	//
	//   - The task comes back as Task returns it.
	//   - A task whose key its tenant has used for the same content is not stored again: the task
	//     that has the key comes back. Task.Same tells what is the same.
	//   - A task whose key its tenant has used for other content is a KeyConflictError.
	//   - A task ID that exists is an error, never an overwrite.
	AddTask(ctx context.Context, task Task) (Task, error)

	// Task returns one task.
	//
	//   - Every field of a task comes back as it was stored, the input byte for byte.
	//   - A task that the tenant does not have is ErrNotFound.
	Task(ctx context.Context, tenant string, id ID) (Task, error)

	// ChangeTask changes a task if it is as the update expects; see TaskUpdate.Apply, which says
	// what changes.
	//
	//   - The task comes back as it is after the call, and whether the call changed it.
	//   - A task that is not as the update expects stays as it is.
	//   - Of concurrent changes each sees the task as the one before left it.
	//   - A task that was changed since it was seen is changed as it is now.
	//   - The event of a change is stored with it, or neither is.
	//   - Without a time in the update, the store's clock tells it once nobody else can change the task.
	//   - A change of a task that the tenant does not have is ErrNotFound.
	ChangeTask(ctx context.Context, update TaskUpdate) (task Task, changed bool, err error)

	// Tasks returns the tasks that match a filter.
	//
	//   - Exactly the tasks for which TaskFilter.Match is true come back, each once.
	//   - They come in the order of TaskFilter.Compare, from the first after the filter's place.
	//   - When there are more tasks than Limit, the first Limit of that order come back.
	Tasks(ctx context.Context, filter TaskFilter) ([]Task, error)

	// CountTasks counts the tasks that match a filter, whatever its order and place.
	//
	//   - The count stops at Limit.
	CountTasks(ctx context.Context, filter TaskFilter) (int, error)

	// Admit says what a queued task waits for: the zero Wait if it may be started now. Its time is
	// looked at first, then its key, then its place, for which a recipe never waits. Every other
	// queued task with the key is ahead if it is older, whatever it waits for itself.
	//
	//   - Until Wait.Until of the stored task has come, that is what it waits for.
	//   - A task with an exclusive key waits for the one of its tenant that is processing with this
	//     key, and else for the oldest queued one before it.
	//   - A task waits for a place if, with Max above 0, at least Max tasks of its tenant and kind
	//     are processing or queued before it; those that wait for something else do not count, nor
	//     do recipes.
	//   - In a transaction, the answer holds until the transaction ends: others that would admit a
	//     task of the tenant wait.
	//   - A task that the tenant does not have, or that is not queued, is ErrNotFound to Admit.
	Admit(ctx context.Context, admission Admission) (Wait, error)

	// Backlog returns the names of tenants that have tasks for workers: queued, of one of the
	// kinds, no recipes, and without a lease.
	//
	//   - The names are those after After, in ascending order of bytes, at most Limit.
	Backlog(ctx context.Context, query BacklogQuery) ([]string, error)

	// NextTask returns the task that a worker should start next, within a transaction that is then
	// to start it.
	//
	//   - It is the oldest task for workers of the tenant and the kinds that Admit lets start.
	//   - In concurrent transactions, NextTask returns different tasks.
	//   - When there is no task to start, NextTask is ErrNoTask.
	NextTask(ctx context.Context, query NextQuery) (Task, error)

	// LostTasks returns tasks of some kinds, of all tenants, whose lease has run out: by ascending
	// LeaseUntil, then by ID, at most Limit.
	//
	//   - A task is lost when it is queued or processing and its LeaseUntil is set and not after the time.
	LostTasks(ctx context.Context, query LostQuery) ([]Task, error)

	// AddOutcomes stores outcomes of one task, whose sequence numbers are new.
	//
	//   - Either all outcomes are stored or none.
	//   - A sequence number that the task has used is an error.
	AddOutcomes(ctx context.Context, rows []OutcomeRow) error

	// Outcomes returns the outcomes that match a filter.
	//
	//   - Exactly the outcomes for which OutcomeFilter.Match is true come back, each once, byte for byte.
	//   - They come by task and sequence number, ascending, or descending if the filter says so.
	//   - When there are more outcomes than Limit, the first Limit of that order come back.
	Outcomes(ctx context.Context, filter OutcomeFilter) ([]OutcomeRow, error)

	// Tally counts the outcomes of a task.
	//
	//   - There is one number for each kind of outcome that the task has, and no other.
	Tally(ctx context.Context, tenant string, task ID) (map[string]int64, error)
}

// Same reports whether t, which has the same tenant and key as a stored task, has the same content:
// what a TaskSpec says, labels aside.
func (t *Task) Same(stored Task) bool {
	return t.Kind == stored.Kind && t.Title == stored.Title && t.Actor.Is(stored.Actor) &&
		slices.EqualFunc(t.About, stored.About, Entity.Is) && t.Automated == stored.Automated &&
		t.Preview == stored.Preview && t.Recipe == stored.Recipe && t.Parent == stored.Parent && t.RetryOf == stored.RetryOf &&
		t.Reverts == stored.Reverts && t.Exclusive == stored.Exclusive &&
		string(t.Input) == string(stored.Input) && maps.Equal(t.Attributes, stored.Attributes)
}

// TaskUpdate is a change of a task, and what must be true for it to happen.
type TaskUpdate struct {
	Tenant string
	ID     ID
	Now    time.Time // the time of the change; zero: the store's clock

	// Seen is the task as the caller saw it last, or nil: a store need not read it again. Its Revision
	// tells whether it has changed since.
	Seen *Task

	// What is expected.
	From    []Status // the task's status is one of these; empty: any
	Attempt int      // the task is in this attempt, unless zero
	Lost    bool     // its lease is set and has run out
	Settled bool     // all its children have completed

	// What changes.
	To         Status        // the status, unless zero
	Lease      time.Duration // above 0: the lease lasts so long from now; below 0: there is no lease any more
	Wait       *Wait         // what it waits for
	Progress   *Progress     // Done and Total
	Counts     Counts        // added
	Fields     []string      // those that it lacks are added, in this order
	Extras     []string      // those that it lacks are added, in this order
	Children   Children      // added
	RevertedBy ID            // unless zero
	Reason     string        // with an end: why
	Detail     string        // with an end: more about it
	System     bool          // with an end: for a reason of the system
	EndedBy    Entity        // with an end: who wanted it

	// Event makes the event that goes with the change, unless it is nil: of the task as it is then, and the
	// time of the change. Its error is the call's. A store may call it again, for another state of the task;
	// it must not use the store.
	Event func(after Task, now time.Time) (EventRow, error)
}

// Progress is how far a task is: Done of Total. A Total of 0 is not known.
type Progress struct{ Done, Total int64 }

// Apply changes a task as the update says, at a time, and reports whether the task was as it
// expects; if not, the task stays as it is.
//
// Each change counts the revision up. A start counts the attempt up, sets StartedAt if it is the first one, and takes Wait away. An end
// sets EndedAt and takes the lease away. A return to the queue takes the lease away, and counts the losses
// up if it is because the task is lost.
func (u *TaskUpdate) Apply(t *Task, now time.Time) bool {
	now = now.UTC().Truncate(time.Microsecond)
	if len(u.From) > 0 && !slices.Contains(u.From, t.Status) || u.Attempt != 0 && u.Attempt != t.Attempt ||
		u.Lost && !t.lost(now) || u.Settled && t.Children.Open+t.Children.Failed+t.Children.Cancelled > 0 {
		return false
	}
	switch {
	case u.To == 0:
	case u.To == StatusProcessing:
		t.Attempt++
		t.Wait = Wait{}
		if t.StartedAt.IsZero() {
			t.StartedAt = latest(now, t.QueuedAt)
		}
	case u.To == StatusQueued:
		t.LeaseUntil = time.Time{}
		if u.Lost {
			t.Losses++
		}
	case u.To.Ended():
		t.LeaseUntil, t.Wait = time.Time{}, Wait{}
		t.EndedAt = latest(now, t.Start())
		t.Reason, t.Detail, t.System, t.EndedBy = u.Reason, u.Detail, u.System, u.EndedBy
	}
	t.Revision++
	if u.To != 0 {
		t.Status = u.To
	}
	switch {
	case u.Lease > 0:
		t.LeaseUntil = now.Add(u.Lease.Truncate(time.Microsecond))
	case u.Lease < 0:
		t.LeaseUntil = time.Time{}
	}
	if u.Wait != nil {
		t.Wait = *u.Wait
		if !t.Wait.Until.IsZero() {
			t.Wait.Until = t.Wait.Until.UTC().Truncate(time.Microsecond)
		}
	}
	if u.Progress != nil {
		t.Done, t.Total = u.Progress.Done, u.Progress.Total
	}
	t.Counts = t.Counts.Plus(u.Counts)
	t.Fields, t.Extras = union(t.Fields, u.Fields), union(t.Extras, u.Extras)
	t.Children.Total += u.Children.Total
	t.Children.Open += u.Children.Open
	t.Children.Failed += u.Children.Failed
	t.Children.Cancelled += u.Children.Cancelled
	if !u.RevertedBy.IsZero() {
		t.RevertedBy = u.RevertedBy
	}
	return true
}

// Change is Apply, and makes the event that goes with the change, if there is one. If it is an error, the
// task is of no use.
func (u *TaskUpdate) Change(t *Task, now time.Time) (event *EventRow, changed bool, err error) {
	now = now.UTC().Truncate(time.Microsecond)
	if !u.Apply(t, now) {
		return nil, false, nil
	}
	if u.Event == nil {
		return nil, true, nil
	}
	row, err := u.Event(t.Clone(), now)
	return &row, true, err
}

// union returns a list with what it lacks of another added.
func union(list, more []string) []string {
	for _, s := range more {
		if !slices.Contains(list, s) {
			list = append(slices.Clip(list), s)
		}
	}
	return list
}

func (t *Task) lost(now time.Time) bool { return !t.LeaseUntil.IsZero() && !t.LeaseUntil.After(now) }

func latest(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// TaskFilter is a [TaskQuery] as a store gets it: checked, with categories and objects turned into
// kinds. All its conditions must hold.
type TaskFilter struct {
	Tenant     string
	Kinds      []string          // of one of these kinds, if there are any
	Statuses   []Status          // of one of these statuses, if there are any
	Actor      Entity            // run for this actor, unless zero
	Entities   []Entity          // about one of these entities, if there are any
	Named      []Entity          // about one of these entities or run for it, if there are any
	Parent     ID                // a step of this task, unless zero
	Trigger    Trigger           // started so, unless zero
	Previews   Previews          // no previews, previews too, or nothing else
	Words      []string          // each of these is a word of the title; see Words
	Attributes map[string]string // with each of these attributes
	MinID      ID                // task ID at least this
	MaxID      ID                // task ID less than this, unless zero
	From       time.Time         // Start at this instant or later, unless zero
	To         time.Time         // Start before this instant, unless zero

	Sort       TaskSort   // by this, then by ID
	Descending bool       // from the greatest to the smallest
	After      *TaskPlace // after this place of the order, unless nil
	Limit      int        // at least 1
}

// Match reports whether a task belongs to the filter's result, its place and limit aside.
func (f *TaskFilter) Match(t *Task) bool {
	return t.Tenant == f.Tenant &&
		(len(f.Kinds) == 0 || slices.Contains(f.Kinds, t.Kind)) &&
		(len(f.Statuses) == 0 || slices.Contains(f.Statuses, t.Status)) &&
		(f.Actor.IsZero() || f.Actor.Is(t.Actor)) &&
		(len(f.Entities) == 0 || anyIs(f.Entities, t.About)) &&
		(len(f.Named) == 0 || names(f.Named, t.Actor, t.About)) &&
		(f.Parent.IsZero() || f.Parent == t.Parent) &&
		(f.Trigger == 0 || f.Trigger == triggerOf(t.Automated)) &&
		f.Previews.match(t.Preview) &&
		containsAll(Words(t.Title), f.Words) &&
		hasAll(t.Attributes, f.Attributes) &&
		t.ID.Compare(f.MinID) >= 0 && (f.MaxID.IsZero() || t.ID.Compare(f.MaxID) < 0) &&
		(f.From.IsZero() || !t.Start().Before(f.From)) && (f.To.IsZero() || t.Start().Before(f.To))
}

// Compare orders two tasks as the filter says: it is negative if a comes before b.
func (f *TaskFilter) Compare(a, b *Task) int {
	return f.Sort.Place(a).compare(f.Sort.Place(b), f.Descending)
}

// Behind reports whether a task comes after the filter's place.
func (f *TaskFilter) Behind(t *Task) bool {
	return f.After == nil || f.After.compare(f.Sort.Place(t), f.Descending) < 0
}

func containsAll(list, wanted []string) bool {
	for _, s := range wanted {
		if !slices.Contains(list, s) {
			return false
		}
	}
	return true
}

func hasAll(attributes, wanted map[string]string) bool {
	for name, value := range wanted {
		if has, ok := attributes[name]; !ok || has != value {
			return false
		}
	}
	return true
}

// TaskPlace is a place in an order of tasks: what they are sorted by, and the ID.
type TaskPlace struct {
	Number int64  // of columns that are numbers; times are microseconds since 1970
	Text   string // of columns that are text, which are compared byte by byte
	ID     ID
}

func (p TaskPlace) compare(q TaskPlace, descending bool) int {
	c := cmp.Or(cmp.Compare(p.Number, q.Number), cmp.Compare(p.Text, q.Text), p.ID.Compare(q.ID))
	if descending {
		return -c
	}
	return c
}

// Admission asks whether a task may be started.
type Admission struct {
	Tenant string
	ID     ID
	Max    int       // places of its kind; 0: any number
	Now    time.Time // zero: the store's clock
	Peek   bool      // only look: the answer does not hold, and nobody waits for it
}

// BacklogQuery asks for tenants that have tasks for workers.
type BacklogQuery struct {
	Kinds []string
	After string
	Limit int // at least 1
}

// NextQuery asks for the task to be started next.
type NextQuery struct {
	Tenant string
	Kinds  []KindLimit
	Now    time.Time // zero: the store's clock
}

// KindLimit is a kind of task and how many of it may be processing; 0: any number.
type KindLimit struct {
	Name string
	Max  int
}

// LostQuery asks for tasks whose lease has run out.
type LostQuery struct {
	Kinds []string
	Now   time.Time // zero: the store's clock
	Limit int       // at least 1
}

// OutcomeRow is an outcome as a store keeps it.
type OutcomeRow struct {
	Tenant  string
	Task    ID
	Seq     int64 // its place in the report, from 1
	Kind    string
	Record  Entity // zero: none
	Row     int64
	Message string
	Link    string
	Before  json.RawMessage // a JSON object, or nil
	After   json.RawMessage // a JSON object, or nil
	Extra   json.RawMessage // a JSON object, or nil
	Preview bool            // of a task that is a preview
	At      time.Time
}

// Clone returns a copy that shares no memory with r.
func (r OutcomeRow) Clone() OutcomeRow {
	r.Before, r.After, r.Extra = slices.Clone(r.Before), slices.Clone(r.After), slices.Clone(r.Extra)
	return r
}

// OutcomeFilter is an [OutcomeQuery] as a store gets it. All its conditions must hold. It has a task, or
// records.
type OutcomeFilter struct {
	Tenant     string
	Task       ID            // of this task, unless zero
	Kinds      []string      // of one of these outcome kinds, if there are any
	Records    []Entity      // about one of these records, if there are any; labels do not count
	Rows       []int64       // of one of these rows, and without a record, if there are any
	Search     string        // with this in message, record ID or label, whatever the case of letters; see Fold
	After      *OutcomePlace // after this place of the order, unless nil
	Descending bool          // from the last to the first
	Limit      int           // at least 1
}

// OutcomePlace is a place in the order of outcomes.
type OutcomePlace struct {
	Task ID
	Seq  int64
}

// Compare orders places by task and sequence number.
func (p OutcomePlace) Compare(q OutcomePlace) int {
	return cmp.Or(p.Task.Compare(q.Task), cmp.Compare(p.Seq, q.Seq))
}

// Place returns the place of an outcome.
func (r *OutcomeRow) Place() OutcomePlace { return OutcomePlace{r.Task, r.Seq} }

// Match reports whether an outcome belongs to the filter's result, its limit aside.
func (f *OutcomeFilter) Match(r *OutcomeRow) bool {
	return r.Tenant == f.Tenant &&
		(f.Task.IsZero() || f.Task == r.Task) &&
		(len(f.Kinds) == 0 || slices.Contains(f.Kinds, r.Kind)) &&
		(len(f.Records) == 0 || slices.ContainsFunc(f.Records, r.Record.Is)) &&
		(len(f.Rows) == 0 || r.Record.IsZero() && slices.Contains(f.Rows, r.Row)) &&
		(f.Search == "" || f.found(r)) &&
		(f.After == nil || !f.Descending && r.Place().Compare(*f.After) > 0 || f.Descending && r.Place().Compare(*f.After) < 0)
}

func (f *OutcomeFilter) found(r *OutcomeRow) bool {
	needle := Fold(f.Search)
	return strings.Contains(Fold(r.Message), needle) || strings.Contains(Fold(r.Record.ID), needle) || strings.Contains(Fold(r.Record.Label), needle)
}
