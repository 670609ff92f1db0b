package activity

import (
	"cmp"
	"context"
	"encoding/binary"
	"encoding/hex"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
)

// TaskQuery says which tasks a list shows. All its conditions must hold; a zero field is no condition,
// and the zero TaskQuery is the list of all the tenant's tasks but previews, those that were started
// last on top.
type TaskQuery struct {
	Kinds      []string          // of one of these kinds; tasks of kinds that are no longer configured are found too
	Categories []string          // of a kind in one of these categories
	Objects    []string          // of a kind whose records are one of these: "contacts"
	Statuses   []Status          // of one of these statuses
	Actor      Entity            // run for this actor
	About      []Entity          // about one of these entities, or what is merged with them
	Search     string            // about or for entities with such a name; see Query.Search
	Parent     ID                // a step of this task
	Trigger    Trigger           // started by a person, or automatically
	Previews   Previews          // previews are hidden unless this says otherwise
	Title      string            // with all of these words in the title, whatever their order and case
	Attributes map[string]string // with all of these attributes: {"template": "weekly"}
	RunID      string            // with this ID, or an ID that begins with this: at least 8 digits, dashes or not
	From       time.Time         // started at this instant or later; see Task.Start
	To         time.Time         // started before this instant

	// Sort is the column that the list is sorted by. Defaults to SortStart. A list by start costs
	// the same whatever the number of tasks; any other order reads all tasks that match.
	Sort      TaskSort
	Ascending bool // from the smallest to the greatest, instead of from the greatest or newest

	After  Cursor // the page that follows: pass TaskPage.Next
	Before Cursor // the page that precedes: pass TaskPage.Prev
	Limit  int    // tasks on the page. Defaults to 50, at most 500
}

// TaskPage is one page of a list of tasks.
type TaskPage struct {
	Tasks []Task `json:"tasks"`
	Next  Cursor `json:"next,omitempty"` // of the tasks further down; empty if there are none
	Prev  Cursor `json:"prev,omitempty"` // of the tasks further up; empty on the first page
	Total Total  `json:"total"`          // of all tasks that match
}

// MaxTotal is as far as tasks are counted for a [Total].
const MaxTotal = 1000

// Total is a number of tasks that is counted no further than [MaxTotal].
type Total struct {
	N    int  `json:"n"`
	More bool `json:"more"` // there are more than N
}

// String returns the number with thousands separated, and "+" if there are more: "1,000+".
func (t Total) String() string {
	text := grouped(t.N)
	if t.More {
		text += "+"
	}
	return text
}

// Trigger says what started a task.
type Trigger uint8

// The triggers. In a [TaskQuery], the zero Trigger means any.
const (
	ByPerson     Trigger = 1
	ByAutomation Trigger = 2
)

func triggerOf(automated bool) Trigger {
	if automated {
		return ByAutomation
	}
	return ByPerson
}

// Previews says whether a list shows previews.
type Previews uint8

// What a list shows.
const (
	PreviewsHidden Previews = 0 // no previews
	PreviewsShown  Previews = 1 // previews beside the others
	PreviewsOnly   Previews = 2 // nothing but previews
)

func (p Previews) match(preview bool) bool {
	return p == PreviewsShown || preview == (p == PreviewsOnly)
}

// TaskSort is a column that a list of tasks can be sorted by.
type TaskSort string

// The columns. What a task does not have, such as an end, is smallest.
const (
	SortStart      TaskSort = "start"  // Task.Start; the zero TaskSort means the same
	SortQueued     TaskSort = "queued" // Task.QueuedAt, which is the order of IDs
	SortEnd        TaskSort = "end"
	SortDuration   TaskSort = "duration"
	SortKind       TaskSort = "kind"
	SortTitle      TaskSort = "title"
	SortStatus     TaskSort = "status" // in the order of Statuses
	SortActor      TaskSort = "actor"  // by Entity.Name
	SortTotal      TaskSort = "total"
	SortAttempted  TaskSort = "attempted"
	SortSucceeded  TaskSort = "succeeded"
	SortCreated    TaskSort = "created"
	SortUpdated    TaskSort = "updated"
	SortDeleted    TaskSort = "deleted"
	SortUnmodified TaskSort = "unmodified"
	SortFailed     TaskSort = "failed"
	SortWarned     TaskSort = "warned"
)

// TaskSorts are all columns that a list can be sorted by.
var TaskSorts = []TaskSort{SortStart, SortQueued, SortEnd, SortDuration, SortKind, SortTitle, SortStatus, SortActor, SortTotal,
	SortAttempted, SortSucceeded, SortCreated, SortUpdated, SortDeleted, SortUnmodified, SortFailed, SortWarned}

// Place returns the place of a task in the order by a column. Text is compared byte by byte.
func (s TaskSort) Place(t *Task) TaskPlace {
	p := TaskPlace{ID: t.ID}
	switch s {
	case SortStart, "":
		p.Number = t.Start().UnixMicro()
	case SortQueued:
		p.Number = t.QueuedAt.UnixMicro()
	case SortEnd:
		if !t.EndedAt.IsZero() {
			p.Number = t.EndedAt.UnixMicro()
		}
	case SortDuration:
		p.Number = t.Duration().Microseconds()
	case SortKind:
		p.Text = t.Kind
	case SortTitle:
		p.Text = t.Title
	case SortStatus:
		p.Number = int64(t.Status)
	case SortActor:
		p.Text = cmp.Or(t.Actor.Label, t.Actor.ID)
	case SortTotal:
		p.Number = t.Total
	case SortAttempted:
		p.Number = t.Counts.Attempted()
	case SortSucceeded:
		p.Number = t.Counts.Succeeded()
	case SortCreated:
		p.Number = t.Counts.Created
	case SortUpdated:
		p.Number = t.Counts.Updated
	case SortDeleted:
		p.Number = t.Counts.Deleted
	case SortUnmodified:
		p.Number = t.Counts.Unmodified
	case SortFailed:
		p.Number = t.Counts.Failed
	case SortWarned:
		p.Number = t.Counts.Warned
	}
	return p
}

// MaxWords is the most words of a title that it is found by.
const MaxWords = 16

// Words returns the words of a title by which a task is found: runs of letters and digits, in lower
// case, each once, at most [MaxWords].
func Words(title string) []string {
	words := strings.FieldsFunc(Fold(title), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	})
	words = distinct(words, func(word string) string { return word })
	return words[:min(len(words), MaxWords)]
}

// Fold makes texts equal that differ in the case of letters only, by [strings.ToLower].
func Fold(text string) string { return strings.ToLower(text) }

// Tasks returns one page of tasks.
//
// A list by start, which is the default, takes the same time however many tasks there are, with any
// one condition; with several, the one that fewest tasks meet is followed, and the others are looked
// up for each of these. A task that is started while somebody turns pages moves to the top.
func (t Tenant) Tasks(ctx context.Context, query TaskQuery) (TaskPage, error) {
	f, err := t.compileTasks(ctx, &query)
	if err != nil {
		return TaskPage{}, err
	}
	if f == nil {
		return TaskPage{Tasks: []Task{}}, nil // no kind is in all of the lists
	}
	limit := f.Limit
	f.Limit++ // one more tells whether there is a further page
	tasks, err := t.journal.store.Tasks(ctx, *f)
	if err != nil {
		return TaskPage{}, err
	}
	more := len(tasks) > limit
	if more {
		tasks = tasks[:limit]
	}
	if query.Before != "" {
		slices.Reverse(tasks)
	}
	count := *f
	count.After, count.Limit = nil, MaxTotal+1
	n, err := t.journal.store.CountTasks(ctx, count)
	if err != nil {
		return TaskPage{}, err
	}
	page := TaskPage{Tasks: tasks, Total: Total{N: min(n, MaxTotal), More: n > MaxTotal}}
	if len(tasks) == 0 {
		page.Tasks = []Task{}
		return page, nil
	}
	binding := query.binding(t.name)
	if query.Before != "" || more {
		page.Next = newTaskCursor(binding, f.Sort.Place(&tasks[len(tasks)-1]))
	}
	if query.Before != "" && more || query.After != "" {
		page.Prev = newTaskCursor(binding, f.Sort.Place(&tasks[0]))
	}
	return page, nil
}

// allTasks streams all tasks that match, f.Limit at a time.
func allTasks(ctx context.Context, store Store, f TaskFilter) iter.Seq2[Task, error] {
	return func(yield func(Task, error) bool) {
		f := f
		for {
			tasks, err := store.Tasks(ctx, f)
			if err != nil {
				yield(Task{}, err)
				return
			}
			for _, task := range tasks {
				if !yield(task, nil) {
					return
				}
			}
			if len(tasks) < f.Limit {
				return
			}
			place := f.Sort.Place(&tasks[len(tasks)-1])
			f.After = &place
		}
	}
}

// Task returns one task of the tenant, or [ErrNotFound].
func (t Tenant) Task(ctx context.Context, id ID) (Task, error) {
	if err := checkTenant(t.name); err != nil {
		return Task{}, err
	}
	return t.journal.store.Task(ctx, t.name, id)
}

// compileTasks checks a query and translates it for the store. It returns nil if no task can match.
func (t Tenant) compileTasks(ctx context.Context, q *TaskQuery) (*TaskFilter, error) {
	if err := q.check(t.name); err != nil {
		return nil, err
	}
	f := &TaskFilter{
		Tenant:     t.name,
		Kinds:      distinct(q.Kinds, func(name string) string { return name }),
		Statuses:   distinct(q.Statuses, func(s Status) Status { return s }),
		Actor:      q.Actor,
		Entities:   distinct(q.About, unlabelled),
		Parent:     q.Parent,
		Trigger:    q.Trigger,
		Previews:   q.Previews,
		Words:      Words(q.Title),
		Attributes: maps.Clone(q.Attributes),
		Sort:       cmp.Or(q.Sort, SortStart),
		Descending: !q.Ascending,
		Limit:      cmp.Or(q.Limit, DefaultLimit),
	}
	for _, c := range []struct {
		field string
		names []string
		of    func(*kind) string
	}{
		{"Categories", q.Categories, func(k *kind) string { return k.Category }},
		{"Objects", q.Objects, func(k *kind) string { return k.Object }},
	} {
		if len(c.names) == 0 {
			continue
		}
		kinds, err := t.journal.kindsOf("TaskQuery."+c.field, c.names, c.of)
		if err != nil {
			return nil, err
		}
		if len(f.Kinds) > 0 {
			kinds = slices.DeleteFunc(kinds, func(name string) bool { return !slices.Contains(f.Kinds, name) })
		}
		if len(kinds) == 0 {
			return nil, nil
		}
		f.Kinds = kinds
	}
	if q.RunID != "" {
		var err error
		if f.MinID, f.MaxID, err = idRange(q.RunID); err != nil {
			return nil, err
		}
	}
	if !q.From.IsZero() {
		f.From = ceil(q.From).UTC()
	}
	if !q.To.IsZero() {
		f.To = ceil(q.To).UTC()
	}
	cursor := cmp.Or(q.After, q.Before)
	if cursor != "" {
		place, err := cursor.openTask(q.binding(t.name))
		if err != nil {
			return nil, err
		}
		f.After = &place
	}
	if q.Before != "" {
		f.Descending = !f.Descending
	}
	return t.resolveTasks(ctx, q, f)
}

// resolveTasks finds the entities that a query stands for. It returns nil if there are none.
func (t Tenant) resolveTasks(ctx context.Context, q *TaskQuery, f *TaskFilter) (*TaskFilter, error) {
	var err error
	if len(f.Entities) > 0 {
		if f.Entities, err = t.relatives(ctx, f.Entities, false); err != nil {
			return nil, err
		}
	}
	if q.Search != "" {
		if f.Named, err = t.named(ctx, "TaskQuery.Search", q.Search); err != nil || len(f.Named) == 0 {
			return nil, err
		}
	}
	return f, nil
}

func (q *TaskQuery) check(tenant string) error {
	if err := checkTenant(tenant); err != nil {
		return err
	}
	if len(q.About) > MaxListed || len(q.Kinds) > MaxListed || len(q.Categories) > MaxListed || len(q.Objects) > MaxListed || len(q.Statuses) > MaxListed {
		return invalidf("TaskQuery", "lists more than %d entities, kinds, categories, objects or statuses", MaxListed)
	}
	if err := checkWho("TaskQuery", q.Actor, q.About); err != nil {
		return err
	}
	for _, name := range q.Kinds {
		if err := checkTypeName("TaskQuery.Kinds", name); err != nil {
			return err
		}
	}
	for _, s := range q.Statuses {
		if !slices.Contains(Statuses, s) {
			return invalidf("TaskQuery.Statuses", "has %d, which is no status", s)
		}
	}
	if q.Title != "" {
		if err := checkText("TaskQuery.Title", q.Title, MaxText); err != nil {
			return err
		}
		if len(Words(q.Title)) == 0 {
			return invalidf("TaskQuery.Title", "has no word in it")
		}
	}
	if q.Search != "" {
		if _, err := searchWords("TaskQuery.Search", q.Search); err != nil {
			return err
		}
	}
	if err := checkAttributes("TaskQuery.Attributes", q.Attributes); err != nil {
		return err
	}
	switch {
	case q.Trigger > ByAutomation:
		return invalidf("TaskQuery.Trigger", "is neither ByPerson nor ByAutomation")
	case q.Previews > PreviewsOnly:
		return invalidf("TaskQuery.Previews", "is none of the three")
	case q.Sort != "" && !slices.Contains(TaskSorts, q.Sort):
		return invalidf("TaskQuery.Sort", "is %q, which is no column", q.Sort)
	}
	if err := checkPage("TaskQuery", q.After, q.Before, q.Limit); err != nil {
		return err
	}
	return checkSpan("TaskQuery", q.From, q.To)
}

// minRunID is how many digits of an ID select few enough: those of about a minute.
const minRunID = 8

// idRange returns the range of the IDs that begin with some hexadecimal digits. A max of zero is none.
func idRange(prefix string) (low, high ID, err error) {
	digits := strings.ReplaceAll(prefix, "-", "")
	if len(digits) < minRunID || len(digits) > 32 {
		return low, high, invalidf("TaskQuery.RunID", "has not between %d and 32 digits", minRunID)
	}
	if _, err := hex.Decode(low[:], []byte(digits+strings.Repeat("0", 32-len(digits)))); err != nil {
		return low, high, &InvalidError{Field: "TaskQuery.RunID", Reason: "is not hexadecimal", Err: err}
	}
	if _, err := hex.Decode(high[:], []byte(digits+strings.Repeat("f", 32-len(digits)))); err != nil {
		return low, high, &InvalidError{Field: "TaskQuery.RunID", Reason: "is not hexadecimal", Err: err}
	}
	return low, high.Next(), nil
}

func newTaskCursor(binding [32]byte, p TaskPlace) Cursor {
	place := binary.BigEndian.AppendUint64(nil, uint64(p.Number))
	return makeCursor(taskCursor, binding, append(append(place, p.ID[:]...), p.Text...))
}

func (c Cursor) openTask(binding [32]byte) (TaskPlace, error) {
	const fixed = 8 + 16
	place, err := c.open(taskCursor, binding)
	if err != nil || len(place) < fixed {
		return TaskPlace{}, ErrInvalidCursor
	}
	return TaskPlace{Number: int64(binary.BigEndian.Uint64(place)), ID: ID(place[8:fixed]), Text: string(place[fixed:])}, nil
}

// binding is a hash of what a cursor holds for. The order of lists does not matter.
func (q *TaskQuery) binding(tenant string) [32]byte {
	var h hasher
	h.text("tasks")
	h.text(tenant)
	h.list(q.Kinds)
	h.list(q.Categories)
	h.list(q.Objects)
	statuses := make([]string, len(q.Statuses))
	for i, s := range q.Statuses {
		statuses[i] = s.String()
	}
	h.list(statuses)
	h.text(q.Actor.Kind)
	h.text(q.Actor.ID)
	h.list(entityKeys(q.About))
	h.list(Words(q.Title))
	h.list(boundWords(q.Search))
	for _, name := range slices.Sorted(maps.Keys(q.Attributes)) {
		h.text(name)
		h.text(q.Attributes[name])
	}
	h.text(strings.ToLower(strings.ReplaceAll(q.RunID, "-", "")))
	h.text(string(cmp.Or(q.Sort, SortStart)))
	h.b = append(h.b, q.Parent[:]...)
	h.b = append(h.b, byte(q.Trigger), byte(q.Previews))
	if q.Ascending {
		h.b = append(h.b, 1)
	}
	h.time(q.From)
	h.time(q.To)
	return h.sum()
}
