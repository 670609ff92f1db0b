package activity

import (
	"context"
	"time"
)

// What the tests in activity_test reach into.

// IDSource is what makes the IDs of one journal.
type IDSource = idSource

func (s *idSource) Assign(times []time.Time) []ID { return s.assign(times) }

// MakeCursor makes a cursor as a page of the query would have it.
func MakeCursor(q Query, tenant string, id ID) Cursor { return newEventCursor(q.binding(tenant), id) }

// OpenCursor reads a cursor that was given along with the query.
func OpenCursor(c Cursor, q Query, tenant string) (ID, error) { return c.openEvent(q.binding(tenant)) }

// Salt does what Record does to the rows before it stores them.
func Salt(rows []EventRow) { salt(rows) }

// Remembered counts the languages that a journal remembers, and the bytes of their tags.
func Remembered(j *Journal) (count, bytes int) {
	known := j.shared.locales.known.Load()
	if known == nil {
		return 0, 0
	}
	for tag := range *known {
		bytes += len(tag)
	}
	return len(*known), bytes
}

// StoreOf returns the store of a journal.
func StoreOf(j *Journal) Store { return j.store }

// MakeTaskCursor makes a cursor as a page of the query would have it.
func MakeTaskCursor(q TaskQuery, tenant string, place TaskPlace) Cursor {
	return newTaskCursor(q.binding(tenant), place)
}

// OpenTaskCursor reads a cursor that was given along with the query.
func OpenTaskCursor(c Cursor, q TaskQuery, tenant string) (TaskPlace, error) {
	return c.openTask(q.binding(tenant))
}

// MakeOutcomeCursor makes a cursor as a page of the query would have it.
func MakeOutcomeCursor(q OutcomeQuery, tenant string, task ID, seq int64) Cursor {
	return newOutcomeCursor(q.binding(tenant, task), seq)
}

// OpenOutcomeCursor reads a cursor that was given along with the query.
func OpenOutcomeCursor(c Cursor, q OutcomeQuery, tenant string, task ID) (int64, error) {
	return c.openOutcome(q.binding(tenant, task))
}

// ForgetUse deletes what is older than Quota.Keep, as Journal.Run does every hour.
func ForgetUse(ctx context.Context, j *Journal) (int, error) { return j.forgetUse(ctx) }

// MetersOf returns how many meters a reservation was made of.
func MetersOf(r *Reservation) int { return len(r.keys) }

// Tailing reports whether the tailer of a journal works.
func Tailing(j *Journal) bool {
	j.shared.tailer.mu.Lock()
	defer j.shared.tailer.mu.Unlock()
	return j.shared.tailer.tail != nil
}

// SearchWords returns the words of a search for names.
func SearchWords(field, text string) ([]string, error) { return searchWords(field, text) }

// NameMatches reports whether a search finds a name, both by their words.
func NameMatches(name, search []string) bool { return nameMatches(name, search) }
