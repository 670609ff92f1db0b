package bunstore

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-activity/activity"
)

const (
	maxInsert = 2500 // rows that go into one statement
	maxRounds = 10   // of storing rows whose keys were taken and became free again
)

// AppendEvents implements [activity.Store].
func (s *Store) AppendEvents(ctx context.Context, rows []activity.EventRow) (events []activity.Event, err error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	atOnce := s.engine.insertsAtOnce(rows)
	switch {
	case len(rows) == 0:
		return nil, nil
	case s.tx == nil && s.copies(rows):
		return s.copy(ctx, rows)
	case s.tx == nil && atOnce: // one round trip, at the price that the end of ctx may cut off its commit
		return s.append(ctx, rows)
	}
	err = s.whole(ctx, atOnce, func(tx *Store) error {
		events, err = tx.append(ctx, rows)
		return err
	})
	if err != nil {
		return nil, err
	}
	return events, nil
}

// append stores rows. Where it takes several statements, the caller makes them one.
func (s *Store) append(ctx context.Context, rows []activity.EventRow) ([]activity.Event, error) {
	// All transactions claim keys in the same order, so they do not wait for each other in a circle.
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(rows[a].Key, rows[b].Key) })

	events := make([]activity.Event, len(rows))
	batch := make([]*activity.EventRow, 0, min(len(rows), maxInsert))
	for places := range slices.Chunk(order, maxInsert) {
		for rounds := 0; len(places) > 0; rounds++ {
			if rounds == maxRounds {
				return nil, fmt.Errorf("activity: record: key %q is taken, but its event cannot be found", rows[places[0]].Key)
			}
			batch = batch[:0]
			for _, i := range places {
				batch = append(batch, &rows[i])
			}
			stored, err := s.engine.insert(ctx, s, batch)
			if err != nil {
				return nil, s.failed(ctx, "record", err)
			}
			var taken []int // whose key exists
			for n, i := range places {
				if stored[n] {
					events[i] = asStored(&rows[i])
				} else {
					taken = append(taken, i)
				}
			}
			// A key may be free again, because retention has deleted its event since.
			if places, err = s.settle(ctx, rows, taken, events); err != nil {
				return nil, err
			}
		}
	}
	return events, nil
}

// settle puts the events that have the keys of some rows into their places. It returns the rows
// whose key nobody has.
func (s *Store) settle(ctx context.Context, rows []activity.EventRow, places []int, events []activity.Event) (free []int, err error) {
	if len(places) == 0 {
		return nil, nil
	}
	keys := make([]string, len(places))
	for n, i := range places {
		keys[n] = rows[i].Key
	}
	found, err := s.engine.byKeys(ctx, s.writer(), rows[places[0]].Tenant, keys)
	if err != nil {
		return nil, s.failed(ctx, "record", err)
	}
	byKey := make(map[string]activity.Event, len(found))
	for _, e := range found {
		byKey[e.Key] = e
	}
	for _, i := range places {
		e, ok := byKey[rows[i].Key]
		switch {
		case !ok:
			free = append(free, i)
		case !rows[i].Same(e):
			return nil, &activity.KeyConflictError{Key: e.Key, ID: e.ID}
		default:
			events[i] = e
		}
	}
	return free, nil
}

// asStored returns a row's event as it will be read.
func asStored(row *activity.EventRow) activity.Event {
	e := row.Clone()
	e.OccurredAt = e.OccurredAt.UTC().Truncate(time.Microsecond)
	e.RecordedAt = e.RecordedAt.UTC().Truncate(time.Microsecond)
	return e
}

// Event implements [activity.Store].
func (s *Store) Event(ctx context.Context, tenant string, id activity.ID) (activity.Event, error) {
	if err := s.ready(ctx); err != nil {
		return activity.Event{}, err
	}
	db, done := s.reader()
	defer done()
	e, err := s.engine.byID(ctx, db, id)
	if errors.Is(err, sql.ErrNoRows) || err == nil && e.Tenant != tenant {
		return activity.Event{}, fmt.Errorf("%w: event %s", activity.ErrNotFound, id)
	}
	if err != nil {
		return activity.Event{}, s.failed(ctx, "read event", err)
	}
	return e, nil
}

func keyed(rows []activity.EventRow) bool {
	return slices.ContainsFunc(rows, func(r activity.EventRow) bool { return r.Key != "" })
}

type scanner interface{ Scan(...any) error }

// events reads the events that a query returns.
func events(ctx context.Context, db conn, scan func(scanner) (activity.Event, error), query string, args ...any) ([]activity.Event, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []activity.Event
	for rows.Next() {
		e, err := scan(rows)
		if err != nil {
			return nil, err
		}
		found = append(found, e)
	}
	return found, rows.Err()
}

// eventColumns are the columns that scanEvent reads, of a table called e.
const eventColumns = `e.tenant, e.type, e.version, e.actor_kind, e.actor_id, e.actor_label, e.about,
	e.task, e.source, e.occurred_at, e.recorded_at, e.key, e.payload, e.erased`

// scanned is where a row's columns go on their way into an event. All are nullable, because a feed
// may lead to an event that is gone.
type scanned struct {
	tenant, typ, actorKind, actorID, actorLabel, key sql.NullString
	version, source                                  sql.NullInt64
	about, payload                                   []byte
	task                                             activity.ID
	erased                                           sql.NullBool
}

// targets are the places for eventColumns; the times go where the engine wants them.
func (r *scanned) targets(occurred, recorded any) []any {
	return []any{&r.tenant, &r.typ, &r.version, &r.actorKind, &r.actorID, &r.actorLabel, &r.about,
		&r.task, &r.source, occurred, recorded, &r.key, &r.payload, &r.erased}
}

func (r *scanned) event(id activity.ID) (activity.Event, error) {
	about, err := decodeAbout(r.about)
	if err != nil {
		return activity.Event{}, fmt.Errorf("event %s: about: %w", id, err)
	}
	return activity.Event{
		ID:      id,
		Tenant:  r.tenant.String,
		Type:    r.typ.String,
		Version: int(r.version.Int64),
		Actor:   activity.Entity{Kind: r.actorKind.String, ID: r.actorID.String, Label: r.actorLabel.String},
		About:   about,
		Task:    r.task,
		Source:  activity.Source(r.source.Int64),
		Key:     r.key.String,
		Payload: r.payload,
		Erased:  r.erased.Bool,
	}, nil
}

// The entities of an event are one column: a JSON array of kind, id, label, kind, id, label, …
func encodeAbout(about []activity.Entity) (string, error) {
	list := make([]string, 0, 3*len(about))
	for _, e := range about {
		list = append(list, e.Kind, e.ID, e.Label)
	}
	text, err := json.Marshal(list)
	return string(text), err
}

func decodeAbout(text []byte) ([]activity.Entity, error) {
	list, ok := plainTexts(text)
	if !ok {
		if err := json.Unmarshal(text, &list); err != nil {
			return nil, err
		}
	}
	if len(list) == 0 {
		return nil, nil
	}
	about := make([]activity.Entity, 0, len(list)/3)
	for e := range slices.Chunk(list, 3) {
		if len(e) != 3 {
			return nil, errors.New("is incomplete")
		}
		about = append(about, activity.Entity{Kind: e[0], ID: e[1], Label: e[2]})
	}
	return about, nil
}

// plainTexts reads a JSON array of strings if it has no spaces between them and no escapes, as nearly all have that are
// stored. With encoding/json this took a third of what Go spends on reading an event.
func plainTexts(text []byte) (list []string, ok bool) {
	s := string(text)
	special := func(r rune) bool { return r < ' ' || r == '\\' || r == utf8.RuneError }
	if len(s) < 2 || s[0] != '[' || s[len(s)-1] != ']' || strings.ContainsFunc(s, special) {
		return nil, false
	}
	s = s[1 : len(s)-1]
	list = make([]string, 0, strings.Count(s, `"`)/2)
	for s != "" {
		if len(list) > 0 {
			if s, ok = strings.CutPrefix(s, ","); !ok {
				return nil, false
			}
		}
		if s, ok = strings.CutPrefix(s, `"`); !ok {
			return nil, false
		}
		var one string
		if one, s, ok = strings.Cut(s, `"`); !ok {
			return nil, false
		}
		list = append(list, one)
	}
	return list, true
}

// eventRows reads events with their salts: an ID, eventColumns, salts.
func eventRows(ctx context.Context, db conn, query string, args ...any) ([]activity.EventRow, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []activity.EventRow
	for rows.Next() {
		var id activity.ID
		var r scanned
		var salts []byte
		var occurred, recorded time.Time
		targets := append([]any{&id}, r.targets(instant{&occurred}, instant{&recorded})...)
		if err := rows.Scan(append(targets, &salts)...); err != nil {
			return nil, err
		}
		e, err := r.event(id)
		if err != nil {
			return nil, err
		}
		e.OccurredAt, e.RecordedAt = occurred, recorded
		found = append(found, activity.EventRow{Event: e, Salts: salts})
	}
	return found, rows.Err()
}
