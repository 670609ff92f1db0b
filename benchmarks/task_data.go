package main

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/go-activity/activity"
)

// What tasks have. The first of the words and lists are the key ones, which queries are about.
const (
	taskActors = 40
	words      = 300
	keyWords   = 60
	templates  = 30
	lists      = 5000
	keyLists   = 20
	openTasks  = 600  // the last ones have not ended yet
	recipeStep = 1000 // so many tasks make a recipe and its steps, among others
	steps      = 90
)

// taskTenants share the tasks 7 : 2 : 1. Pages are those of the first.
var taskTenants = []string{tenant, "globex", "initech"}

var taskCategories = []string{"prospecting", "enrichment", "crm", "campaigns"}

var taskObjects = []string{"contacts", "companies", "leads"}

// kinds are twelve, without limits: each category has one for each object.
var kinds = func() (all []activity.Kind) {
	for _, category := range taskCategories {
		for _, object := range taskObjects {
			all = append(all, activity.Kind{
				Name: category + "_" + object, Category: category, Object: object, Outcomes: activity.ImportOutcomes(),
			})
		}
	}
	return all
}()

// taskWorkload makes tasks as they look some time after they were queued: the same ones for the same
// seed, but for the last ones, which are open.
//
// Two of a hundred are previews, three of ten are automated, 5 % failed and 3 % were cancelled. Of the
// last 600, every third is processing and the others are queued. A title has two to four words, half
// of which are key words; a task is about none to two lists, of which four of ten are key lists. The
// first of 1,000 tasks is a recipe of the first tenant, and the 90 that follow are its steps.
type taskWorkload struct {
	rng     *rand.Rand
	size    int
	made    int
	parents []activity.ID // recipes so far
}

func newTaskWorkload(seed uint64, size int) *taskWorkload {
	return &taskWorkload{rng: rand.New(rand.NewPCG(seed, 0)), size: size}
}

func (w *taskWorkload) tasks(n int) []activity.Task {
	tasks := make([]activity.Task, n)
	for i := range tasks {
		tasks[i] = w.next()
	}
	return tasks
}

// queuedAt is when the n-th task was queued, roughly: eight tasks in five minutes.
func queuedAt(n int) time.Time { return epoch.Add(time.Duration(n) * 37 * time.Second) }

func (w *taskWorkload) next() activity.Task {
	n := w.made
	w.made++
	at := queuedAt(n).Add(time.Duration(w.rng.IntN(1e6)) * time.Microsecond)
	t := activity.Task{
		ID:         w.id(at),
		Kind:       kinds[w.rng.IntN(len(kinds))].Name,
		Tenant:     taskTenants[[10]int{7: 1, 8: 1, 9: 2}[w.rng.IntN(10)]],
		Title:      w.title(),
		Actor:      user(w.rng.IntN(taskActors)),
		About:      w.lists(),
		Automated:  w.rng.IntN(10) < 3,
		Preview:    w.rng.IntN(100) < 2,
		Attributes: map[string]string{"template": fmt.Sprintf("template-%d", w.rng.IntN(templates))},
		QueuedAt:   at,
	}
	end := w.rng.IntN(100)
	wait := time.Duration(1+w.rng.IntN(20e6)) * time.Microsecond
	work := time.Duration(1+w.rng.IntN(600e6)) * time.Microsecond
	total := int64(1 + w.rng.IntN(1000))
	switch place := n % recipeStep; {
	case place == 0:
		t.Tenant, t.Preview, t.Recipe = tenant, false, true
		t.Children = activity.Children{Total: steps}
		w.parents = append(w.parents, t.ID)
	case place <= steps:
		t.Tenant, t.Preview, t.Parent = tenant, false, w.parents[len(w.parents)-1]
	}
	if n >= w.size-openTasks && n%3 != 0 {
		t.Status = activity.StatusQueued
		return t
	}
	t.StartedAt, t.Attempt, t.Total = at.Add(wait), 1, total
	if n >= w.size-openTasks {
		t.Status, t.LeaseUntil = activity.StatusProcessing, t.StartedAt.Add(time.Minute)
		return t
	}
	t.EndedAt, t.Done = t.StartedAt.Add(work), t.Total
	t.Counts = activity.Counts{Created: t.Total / 2, Updated: t.Total - t.Total/2}
	t.Fields = []string{"email", "name", "phone"}
	switch {
	case end < 5:
		t.Status, t.Reason = activity.StatusFailed, "The mailbox refused the connection"
	case end < 8:
		t.Status, t.Reason, t.EndedBy = activity.StatusCancelled, "Not needed any more", t.Actor
	default:
		t.Status = activity.StatusCompleted
	}
	return t
}

// id makes an ID as the library does.
func (w *taskWorkload) id(at time.Time) activity.ID {
	var id activity.ID
	us := at.UnixMicro()
	binary.BigEndian.PutUint64(id[:8], uint64(us/1000)<<16|7<<12|uint64(us%1000*4096/1000))
	binary.BigEndian.PutUint64(id[8:], 1<<63|w.rng.Uint64()>>2)
	return id
}

func (w *taskWorkload) title() string {
	chosen := make([]string, 2+w.rng.IntN(3))
	for i := range chosen {
		chosen[i] = word(w.oneOf(words, keyWords, 5))
	}
	return strings.Join(chosen, " ")
}

func (w *taskWorkload) lists() []activity.Entity {
	var about []activity.Entity
	for range w.rng.IntN(3) {
		if e := list(w.oneOf(lists, keyLists, 4)); !slices.ContainsFunc(about, e.Is) {
			about = append(about, e)
		}
	}
	return about
}

// oneOf returns one of n, a key one in so many of ten cases.
func (w *taskWorkload) oneOf(n, keys, often int) int {
	if w.rng.IntN(10) < often {
		return w.rng.IntN(keys)
	}
	return w.rng.IntN(n)
}

// spec makes a task that is to be queued: about one list, with three different words in its title.
func (w *taskWorkload) spec() activity.TaskSpec {
	n := w.made
	w.made++
	first := w.rng.IntN(words / 3)
	return activity.TaskSpec{
		Kind:       kinds[n%len(kinds)].Name,
		Title:      strings.Join([]string{word(first), word(first + words/3), word(first + 2*words/3)}, " "),
		Actor:      user(w.rng.IntN(taskActors)),
		About:      []activity.Entity{list(w.oneOf(lists, keyLists, 4))},
		Attributes: map[string]string{"template": fmt.Sprintf("template-%d", w.rng.IntN(templates))},
		Total:      100,
	}
}

func list(i int) activity.Entity {
	return activity.Entity{Kind: "list", ID: fmt.Sprintf("list_%05d", i), Label: fmt.Sprintf("Spring list %d", i)}
}

// word returns a word of titles, which is no part of another.
func word(i int) string {
	syllables := [...]string{"ba", "de", "fi", "go", "lu", "ma", "ne"}
	return syllables[i/49%7] + syllables[i/7%7] + syllables[i%7]
}
