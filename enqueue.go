package activity

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits of a task. Longer input is an [InvalidError].
const (
	MaxAttributes = 32       // attributes of one task; their names have at most 64 bytes, their values 255
	MaxLevels     = 16       // of tasks whose steps have steps
	MaxReason     = 2048     // bytes of a reason; longer ones are cut
	MaxDetail     = 16 << 10 // bytes of an error's detail; longer ones are cut
)

// TaskSpec says what to do: a task before it is queued.
type TaskSpec struct {
	Kind       string            // the name of one of Config.Kinds
	Title      string            // what people read: "contacts.csv"; at most 255 bytes
	Actor      Entity            // who it runs for. Defaults to the context's actor; see WithActor
	About      []Entity          // what it is about, beside its records: a list, an account; at most 16
	Automated  bool              // started by a schedule or a rule, not by a person
	Preview    bool              // reports what it would do, and does nothing; hidden in lists
	Parent     ID                // the task that it is a step of, which has not ended
	RetryOf    ID                // the task that it repeats
	Exclusive  string            // tasks of the tenant with one key do not overlap: "list:42"; at most 255 bytes
	Total      int64             // how many records there are; 0: not known
	Input      json.RawMessage   // a JSON object for the worker, limited as payloads are
	Attributes map[string]string // what people filter by: {"template": "weekly"}

	// Key makes queueing idempotent: the first task with a key is the tenant's only one. Queueing
	// the same again returns that task, whatever became of it; something else is ErrKeyConflict.
	Key string
}

// Enqueue stores a task that waits to be started, by [Tenant.Start] or by a worker that calls
// [Journal.Claim]. It joins the host's transaction if the journal is in one.
//
// Bad input is an [InvalidError], a kind that is not configured [ErrUnknownKind], a key that was
// used for something else [ErrKeyConflict].
func (t Tenant) Enqueue(ctx context.Context, spec TaskSpec) (Task, error) {
	task, k, err := t.task(ctx, spec)
	if err != nil {
		return Task{}, err
	}
	err = t.journal.store.InTx(ctx, func(tx Store) error {
		task, err = t.enqueue(ctx, tx, task, k)
		return err
	})
	return task, err
}

// Rerun queues a task again that has ended, as a new task of who asks for it: with the same title,
// input, entities, attributes and key for exclusion, and as a step of the same parent if that has
// not ended. The new task's RetryOf is the old one. A task that has not ended is a
// [TransitionError], one about an entity that was erased an [InvalidError].
func (t Tenant) Rerun(ctx context.Context, id ID, by Entity) (Task, error) {
	old, err := t.Task(ctx, id)
	if err != nil {
		return Task{}, err
	}
	if !old.Status.Ended() {
		return Task{}, &TransitionError{ID: id, From: old.Status, To: StatusQueued}
	}
	if old.Recipe || !old.Reverts.IsZero() {
		return Task{}, invalidf("ID", "is a task without a run that could be repeated: a recipe, or an undo")
	}
	if slices.ContainsFunc(old.About, Entity.IsErased) {
		return Task{}, invalidf("ID", "is a task about what was erased, and its input with it")
	}
	parent := old.Parent
	if !parent.IsZero() {
		p, err := t.Task(ctx, parent)
		if err != nil {
			return Task{}, err
		}
		if p.Status.Ended() {
			parent = ID{}
		}
	}
	return t.Enqueue(ctx, TaskSpec{
		Kind: old.Kind, Title: old.Title, Actor: by, About: old.About, Preview: old.Preview, Parent: parent, RetryOf: id,
		Exclusive: old.Exclusive, Total: old.Total, Input: old.Input, Attributes: old.Attributes,
	})
}

// task checks a spec and makes a task of it.
func (t Tenant) task(ctx context.Context, spec TaskSpec) (Task, *kind, error) {
	fail := func(err error) (Task, *kind, error) { return Task{}, nil, err }
	if err := checkTenant(t.name); err != nil {
		return fail(err)
	}
	k, err := t.journal.kind(spec.Kind)
	if err != nil {
		return fail(err)
	}
	if spec.Actor, err = actor(ctx, "Actor", spec.Actor); err != nil {
		return fail(err)
	}
	if err := checkAbout(spec.About); err != nil {
		return fail(err)
	}
	for _, text := range []struct{ field, value string }{{"Title", spec.Title}, {"Exclusive", spec.Exclusive}, {"Key", spec.Key}} {
		if text.value != "" {
			if err := checkText(text.field, text.value, MaxText); err != nil {
				return fail(err)
			}
		}
	}
	if spec.Total < 0 {
		return fail(invalidf("Total", "is negative"))
	}
	if spec.Input != nil {
		if !json.Valid(spec.Input) { // the check below is for what encoding/json wrote
			return fail(invalidf("Input", "is not valid JSON"))
		}
		if err := checkPayload("Input", spec.Input, t.journal.shared.maxPayload); err != nil {
			return fail(err)
		}
	}
	if err := checkAttributes("Attributes", spec.Attributes); err != nil {
		return fail(err)
	}
	now := t.journal.shared.now().UTC().Truncate(time.Microsecond)
	if err := checkTime("Config.Now", now); err != nil {
		return fail(err)
	}
	task := Task{
		ID:     t.journal.shared.ids.assign([]time.Time{now})[0],
		Tenant: t.name, Kind: k.Name, Title: spec.Title, Status: StatusQueued,
		Actor: spec.Actor, About: slices.Clone(spec.About), Automated: spec.Automated, Preview: spec.Preview,
		Parent: spec.Parent, RetryOf: spec.RetryOf, Exclusive: spec.Exclusive, Key: spec.Key,
		Input: slices.Clone(spec.Input), Attributes: maps.Clone(spec.Attributes),
		QueuedAt: now, Total: spec.Total,
	}
	if task.Wait, err = t.quotaWait(ctx, task, k); err != nil {
		return fail(err)
	}
	return task, k, nil
}

// enqueue stores a task, within a transaction, and what goes with it. It returns the task of the key
// if there is one; its ID tells.
func (t Tenant) enqueue(ctx context.Context, tx Store, task Task, k *kind) (Task, error) {
	if !task.Parent.IsZero() {
		path, err := t.journal.path(ctx, tx, t.name, task.Parent)
		if err != nil {
			return Task{}, reference("Parent", err)
		}
		if 1+len(path) > MaxLevels {
			return Task{}, invalidf("Parent", "is on level %d already", MaxLevels)
		}
	}
	if !task.RetryOf.IsZero() {
		if _, err := tx.Task(ctx, t.name, task.RetryOf); err != nil {
			return Task{}, reference("RetryOf", err)
		}
	}
	stored, err := tx.AddTask(ctx, task)
	if err != nil || stored.ID != task.ID {
		return stored, err
	}
	if !task.Parent.IsZero() {
		_, open, err := tx.ChangeTask(ctx, TaskUpdate{
			Tenant: t.name, ID: task.Parent, Now: t.journal.shared.clock(),
			From: []Status{StatusQueued, StatusProcessing}, Children: Children{Total: 1, Open: 1},
		})
		if err != nil {
			return Task{}, err
		}
		if !open {
			return Task{}, invalidf("Parent", "has ended")
		}
	}
	event, err := t.journal.moment(TaskQueued, stored, stored.Actor, stored.QueuedAt, "")
	if err != nil {
		return Task{}, err
	}
	if _, err := tx.AppendEvents(ctx, []EventRow{event}); err != nil {
		return Task{}, err
	}
	if !task.Recipe && (k.MaxProcessing > 0 || task.Exclusive != "") {
		wait, err := tx.Admit(ctx, Admission{Tenant: t.name, ID: task.ID, Max: k.MaxProcessing, Now: t.journal.shared.clock(), Peek: true})
		if err != nil {
			return Task{}, err
		}
		if !wait.IsZero() && wait != stored.Wait {
			return t.waits(ctx, tx, task.ID, wait)
		}
	}
	return stored, nil
}

// waits writes on a task what it waits for.
func (t Tenant) waits(ctx context.Context, tx Store, id ID, wait Wait) (Task, error) {
	task, _, err := tx.ChangeTask(ctx, TaskUpdate{
		Tenant: t.name, ID: id, Now: t.journal.shared.clock(), From: []Status{StatusQueued}, Wait: &wait,
	})
	return task, err
}

// reference says that a task that a spec refers to is not there.
func reference(field string, err error) error {
	if isNotFound(err) {
		return &InvalidError{Field: field, Reason: "is no task of the tenant", Err: err}
	}
	return err
}

// actor returns an entity that acts, or that of the context.
func actor(ctx context.Context, field string, e Entity) (Entity, error) {
	if e.IsZero() {
		e, _ = ActorFrom(ctx)
	}
	if e.IsZero() {
		return e, invalidf(field, "is missing: give one or use WithActor")
	}
	return e, checkEntity(field, e)
}

func checkAttributes(field string, attributes map[string]string) error {
	if len(attributes) > MaxAttributes {
		return invalidf(field, "has more than %d attributes", MaxAttributes)
	}
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		value := attributes[name]
		if err := checkText(field+" name", name, MaxEntityKind); err != nil {
			return err
		}
		if value != "" {
			if err := checkText(field+"["+strconv.Quote(name)+"]", value, MaxText); err != nil {
				return err
			}
		}
	}
	return nil
}

// cut makes text of an error fit to be stored: valid, and of at most limit bytes.
func cut(text string, limit int) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
	if len(text) <= limit {
		return text
	}
	const mark = "…"
	end := limit - len(mark)
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + mark
}

// grouped writes a number with its thousands separated by commas.
func grouped(n int) string {
	text := strconv.Itoa(n)
	var b strings.Builder
	for i, c := range text {
		if i > 0 && (len(text)-i)%3 == 0 && text[i-1] != '-' {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	return b.String()
}
