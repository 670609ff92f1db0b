package activity

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"iter"
	"slices"
	"time"
)

// Limits of a query.
const (
	DefaultLimit = 50   // events on a page, if Query.Limit is zero
	MaxLimit     = 500  // events on a page
	MaxListed    = 1000 // entities, types or categories that one query lists
)

// Query says which events a timeline shows. All its conditions must hold; a zero field is no
// condition, and the zero Query is the tenant's whole timeline.
type Query struct {
	// About one of these: several entities merge into one timeline, and so does what [Tenant.Merge] has merged with
	// them. Labels do not count.
	About []Entity

	// Descendants finds the events about everything below the entities too, at any depth; see [Tenant.SetParent]. With more
	// than [MaxRelatives] entities the query is [ErrTooBroad].
	Descendants bool

	// Search finds the events about or by entities with a name in which each word of the text is the beginning of a word; see
	// [Tenant.Lookup]. A text that finds more than 500 entities is [ErrTooBroad].
	Search string

	Actor      Entity    // done by this actor
	Types      []string  // of one of these types; events of types that are no longer configured are found too
	Categories []string  // of a type in one of these categories
	Task       ID        // recorded by a run of this task
	Source     Source    // automatic or manual
	From       time.Time // occurred at this instant or later
	To         time.Time // occurred before this instant

	After  Cursor // the page that follows: pass Page.Next
	Before Cursor // the page that precedes: pass Page.Prev
	Limit  int    // events on the page. Defaults to 50, at most 500
}

// Page is one page of a timeline, newest event first.
type Page struct {
	Events []Event `json:"events"`
	Next   Cursor  `json:"next,omitempty"` // of the older events; empty if there are none
	Prev   Cursor  `json:"prev,omitempty"` // of the newer events; empty on the first page
}

// Cursor is a place in a timeline. It is opaque, fits into a URL as it is, and holds for the query
// and the tenant that it was made for; with any other it is [ErrInvalidCursor]. The limit may change
// from page to page. Events that are recorded meanwhile neither shift nor repeat others.
type Cursor string

// Timeline returns one page of events. Its cost depends on how many entities and types the query names,
// and not on how many events there are; except that a query for entities and an actor (or a task) walks
// the one with fewer events until the page is full, which takes long where both are busy and hardly
// ever meet.
func (t Tenant) Timeline(ctx context.Context, query Query) (Page, error) {
	q, err := t.compile(ctx, &query)
	if err != nil {
		return Page{}, err
	}
	if q == nil {
		return Page{Events: []Event{}}, nil // no type is in all of the lists
	}
	limit := q.Limit
	q.Limit++ // one more tells whether there is a further page
	events, err := t.journal.store.Feed(ctx, *q)
	if err != nil {
		return Page{}, err
	}
	more := len(events) > limit
	if more {
		events = events[:limit]
	}
	if q.Oldest {
		slices.Reverse(events)
	}
	if len(events) == 0 {
		return Page{Events: []Event{}}, nil // in JSON [], not null
	}
	page := Page{Events: events}
	binding := query.binding(t.name)
	// The event at the cursor that led here lies on its other side.
	if q.Oldest || more {
		page.Next = newEventCursor(binding, events[len(events)-1].ID)
	}
	if q.Oldest && more || query.After != "" {
		page.Prev = newEventCursor(binding, events[0].ID)
	}
	return page, nil
}

// Events streams all events that match, newest first, starting after query.After if that is set.
// It reads a page of query.Limit events at a time (default 500) and holds no connection between
// pages. An event that existed when the loop began comes exactly once; one that is recorded
// meanwhile comes if it lies further down. An error ends the loop.
func (t Tenant) Events(ctx context.Context, query Query) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		query := query // each loop begins anew
		if query.Before != "" {
			yield(Event{}, invalidf("Query.Before", "is not for streams"))
			return
		}
		if query.Limit == 0 {
			query.Limit = MaxLimit
		}
		for {
			page, err := t.Timeline(ctx, query)
			if err != nil {
				yield(Event{}, err)
				return
			}
			for _, e := range page.Events {
				if !yield(e, nil) {
					return
				}
			}
			if page.Next == "" {
				return
			}
			query.After = page.Next
		}
	}
}

// Event returns one event of the tenant, or [ErrNotFound].
func (t Tenant) Event(ctx context.Context, id ID) (Event, error) {
	if err := checkTenant(t.name); err != nil {
		return Event{}, err
	}
	return t.journal.store.Event(ctx, t.name, id)
}

// compile checks a query and translates it for the store. It returns nil if no event can match.
func (t Tenant) compile(ctx context.Context, query *Query) (*EventQuery, error) {
	if err := query.check(t.name); err != nil {
		return nil, err
	}
	q := &EventQuery{
		Tenant: t.name,
		About:  distinct(query.About, unlabelled),
		Actor:  query.Actor,
		Types:  distinct(query.Types, func(name string) string { return name }),
		Task:   query.Task,
		Source: query.Source,
		Limit:  cmp.Or(query.Limit, DefaultLimit),
	}
	if len(query.Categories) > 0 {
		types, err := t.journal.typesOf(query.Categories)
		if err != nil {
			return nil, err
		}
		if len(q.Types) > 0 {
			types = slices.DeleteFunc(types, func(name string) bool { return !slices.Contains(q.Types, name) })
		}
		q.Types = types
	}
	if !query.From.IsZero() {
		q.Min = firstID(ceil(query.From))
	}
	if !query.To.IsZero() {
		q.Max = firstID(ceil(query.To))
	}
	binding := query.binding(t.name)
	switch {
	case query.After != "":
		id, err := query.After.openEvent(binding)
		if err != nil {
			return nil, err
		}
		if q.Max.IsZero() || id.Compare(q.Max) < 0 {
			q.Max = id
		}
	case query.Before != "":
		id, err := query.Before.openEvent(binding)
		if err != nil {
			return nil, err
		}
		if id = id.Next(); id.Compare(q.Min) > 0 {
			q.Min = id
		}
		q.Oldest = true
	}
	if len(query.Categories) > 0 && len(q.Types) == 0 {
		return nil, nil
	}
	return t.resolve(ctx, query, q)
}

// resolve finds the entities that a query stands for. It returns nil if there are none.
func (t Tenant) resolve(ctx context.Context, query *Query, q *EventQuery) (*EventQuery, error) {
	var err error
	if len(q.About) > 0 {
		if q.About, err = t.relatives(ctx, q.About, query.Descendants); err != nil {
			return nil, err
		}
	}
	if query.Search != "" {
		if q.Named, err = t.named(ctx, "Query.Search", query.Search); err != nil || len(q.Named) == 0 {
			return nil, err
		}
	}
	return q, nil
}

// distinct returns a list without what has the key of something before it: lists come from requests,
// and a store does its work for each element.
func distinct[T any, K comparable](list []T, key func(T) K) []T {
	seen := make(map[K]bool, len(list))
	var kept []T
	for _, x := range list {
		if k := key(x); !seen[k] {
			seen[k] = true
			kept = append(kept, x)
		}
	}
	return kept
}

func (q *Query) check(tenant string) error {
	if err := checkTenant(tenant); err != nil {
		return err
	}
	if len(q.About) > MaxListed || len(q.Types) > MaxListed || len(q.Categories) > MaxListed {
		return invalidf("Query", "lists more than %d entities, types or categories", MaxListed)
	}
	if err := checkWho("Query", q.Actor, q.About); err != nil {
		return err
	}
	for _, name := range q.Types {
		if err := checkTypeName("Query.Types", name); err != nil {
			return err
		}
	}
	if q.Search != "" {
		if _, err := searchWords("Query.Search", q.Search); err != nil {
			return err
		}
	}
	if q.Descendants && len(q.About) == 0 {
		return invalidf("Query.Descendants", "needs an entity in About")
	}
	if q.Source > Manual {
		return invalidf("Query.Source", "is neither automatic nor manual")
	}
	if err := checkSpan("Query", q.From, q.To); err != nil {
		return err
	}
	return checkPage("Query", q.After, q.Before, q.Limit)
}

// checkWho checks the entities that a query names.
func checkWho(query string, actor Entity, about []Entity) error {
	for _, e := range about {
		if err := checkEntity(query+".About", e); err != nil {
			return err
		}
	}
	if actor.IsZero() {
		return nil
	}
	return checkEntity(query+".Actor", actor)
}

// checkSpan checks the times of a query.
func checkSpan(query string, from, to time.Time) error {
	if !from.IsZero() {
		if err := checkTime(query+".From", from); err != nil {
			return err
		}
	}
	if !to.IsZero() {
		if err := checkTime(query+".To", to); err != nil {
			return err
		}
	}
	if !from.IsZero() && !to.IsZero() && to.Before(from) {
		return invalidf(query+".To", "is before From")
	}
	return nil
}

// checkPage checks which page of a list is asked for.
func checkPage(query string, after, before Cursor, limit int) error {
	if after != "" && before != "" {
		return invalidf(query+".After", "excludes Before")
	}
	if limit < 0 || limit > MaxLimit {
		return invalidf(query+".Limit", "is not in 0 to %d", MaxLimit)
	}
	return nil
}

// ceil rounds up to the microsecond: an event that occurs at a microsecond lies before an instant
// within the next one exactly if it lies before the end of that.
func ceil(t time.Time) time.Time {
	if r := t.Truncate(time.Microsecond); r.Equal(t) {
		return t
	}
	return t.Truncate(time.Microsecond).Add(time.Microsecond)
}

// A cursor is a version byte, which tells what it is of, its place, and the first 8 bytes of a SHA-256 over
// both, the tenant and the query. The hash is no secret: it finds mistakes, and what a forged cursor could
// reach is only another place in the same list.
const (
	eventCursor   = 1 // the place is an ID
	taskCursor    = 2 // a number, an ID and a text; see TaskPlace
	outcomeCursor = 3 // a number

	cursorHash = 8
)

var cursorEncoding = base64.RawURLEncoding.Strict()

func makeCursor(version byte, binding [32]byte, place []byte) Cursor {
	raw := append([]byte{version}, place...)
	return Cursor(cursorEncoding.EncodeToString(append(raw, cursorSum(binding, raw)...)))
}

// open returns the place of a cursor.
func (c Cursor) open(version byte, binding [32]byte) ([]byte, error) {
	raw, err := cursorEncoding.DecodeString(string(c)) // which passes over line ends
	if err != nil || len(c) != cursorEncoding.EncodedLen(len(raw)) || len(raw) < 1+cursorHash || raw[0] != version {
		return nil, ErrInvalidCursor
	}
	raw, sum := raw[:len(raw)-cursorHash], raw[len(raw)-cursorHash:]
	if string(sum) != string(cursorSum(binding, raw)) {
		return nil, ErrInvalidCursor
	}
	return raw[1:], nil
}

func cursorSum(binding [32]byte, raw []byte) []byte {
	sum := sha256.Sum256(append(binding[:], raw...))
	return sum[:cursorHash]
}

func newEventCursor(binding [32]byte, id ID) Cursor { return makeCursor(eventCursor, binding, id[:]) }

func (c Cursor) openEvent(binding [32]byte) (ID, error) {
	place, err := c.open(eventCursor, binding)
	if err != nil || len(place) != len(ID{}) {
		return ID{}, ErrInvalidCursor
	}
	return ID(place), nil
}

// binding is a hash of what a cursor holds for. The order of lists does not matter.
func (q *Query) binding(tenant string) [32]byte {
	var h hasher
	h.text(tenant)
	h.list(entityKeys(q.About))
	h.bool(q.Descendants)
	h.list(boundWords(q.Search))
	h.text(q.Actor.Kind)
	h.text(q.Actor.ID)
	h.list(q.Types)
	h.list(q.Categories)
	h.b = append(h.b, q.Task[:]...)
	h.b = append(h.b, byte(q.Source))
	h.time(q.From)
	h.time(q.To)
	return h.sum()
}

// boundWords returns what a search is for, or nothing if it is none.
func boundWords(search string) []string {
	words, err := searchWords("Search", search)
	if err != nil {
		return nil
	}
	return words
}

// hasher collects what a cursor is bound to, so that no two different queries have the same bytes.
type hasher struct{ b []byte }

func (h *hasher) text(s string) {
	h.b = binary.AppendUvarint(h.b, uint64(len(s)))
	h.b = append(h.b, s...)
}

// list adds texts whose order does not matter.
func (h *hasher) list(items []string) {
	items = slices.Compact(slices.Sorted(slices.Values(items)))
	h.b = binary.AppendUvarint(h.b, uint64(len(items)))
	for _, s := range items {
		h.text(s)
	}
}

func (h *hasher) bool(b bool) {
	if b {
		h.b = append(h.b, 1)
		return
	}
	h.b = append(h.b, 0)
}

// time adds an instant as far as it makes a difference, or that there is none.
func (h *hasher) time(at time.Time) {
	if at.IsZero() {
		h.b = append(h.b, 0)
		return
	}
	h.b = binary.BigEndian.AppendUint64(append(h.b, 1), uint64(ceil(at).UnixMicro()))
}

func (h *hasher) sum() [32]byte { return sha256.Sum256(h.b) }

func entityKeys(entities []Entity) []string {
	keys := make([]string, len(entities))
	for i, e := range entities {
		keys[i] = e.Kind + "\x00" + e.ID // neither contains a NUL
	}
	return keys
}
