package activity

import (
	"context"
	"slices"
)

// Store keeps what the library records. The library checks input, makes IDs and computes hashes
// before it calls a store; a store only keeps and finds. The package storetest checks every
// sentence of this file against a store, and quotes the one that fails.
//
// Rules for the whole store:
//   - A store is safe for concurrent use.
//   - A store shares no memory with its callers: what was passed in or handed out may be changed.
//   - A store keeps the data of each tenant apart: no call returns what belongs to another tenant.
//   - Times are kept to the microsecond and come back in UTC.
//   - When its context has ended, a call returns the context's error and stores nothing.
//   - After Close, every call returns ErrClosed.
type Store interface {
	EventStore
	TaskStore
	QuotaStore
	LedgerStore
	DirectoryStore
	RelationStore
	MarkStore
	EraseStore

	// InTx runs fn in one transaction. The store that fn gets is good until fn returns. Writing
	// through another store within fn may wait for fn, and so until ctx ends: where there is one
	// writer, fn is it. An InTx of fn's store must not overlap with other calls on it.
	//
	//   - When fn returns nil, all that was written through its store is kept, at once.
	//   - When fn returns an error or panics, nothing of it is kept, and InTx passes that on.
	//   - Until then only fn's store sees what was written through it.
	//   - InTx of a store that is in a transaction already joins it.
	InTx(ctx context.Context, fn func(Store) error) error

	// Close gives back what the store holds.
	//
	//   - Closing twice is no error.
	Close() error
}

// EventStore is the part of a [Store] that keeps events.
type EventStore interface {
	// AppendEvents stores events. The rows are valid, of one tenant, and no two have the same key.
	//
	//   - Either all rows are stored or none.
	//   - The events come back in the order of the rows, as Event returns them.
	//   - A row whose key its tenant has used for the same content is not stored again: the event
	//     that has the key comes back in its place. EventRow.Same tells what is the same.
	//   - A row whose key its tenant has used for other content is a KeyConflictError.
	//   - Of concurrent appends with one key, one stores and the others get its event.
	//   - An ID that exists is an error, never an overwrite.
	AppendEvents(ctx context.Context, rows []EventRow) ([]Event, error)

	// Event returns one event.
	//
	//   - Every field comes back as it was stored, the payload byte for byte.
	//   - An event that the tenant does not have is ErrNotFound.
	Event(ctx context.Context, tenant string, id ID) (Event, error)

	// Feed returns the events that match a query.
	//
	//   - Exactly the events for which EventQuery.Match is true come back, each once.
	//   - They come newest first, that is by descending ID, or oldest first if the query says so.
	//   - When there are more than Limit, the first Limit of that order come back.
	//   - An event is found as soon as the call that stored it has returned.
	Feed(ctx context.Context, query EventQuery) ([]Event, error)

	// CountEvents counts the events that match a query, by their type. It goes by what leads to events, and need not look at
	// each of them.
	//
	//   - Each type of which events match comes back once, by ascending name, with their number.
	//   - No type is counted further than Limit.
	CountEvents(ctx context.Context, query EventQuery) ([]TypeCount, error)
}

// TypeCount is a number of events of one type.
type TypeCount struct {
	Type string
	N    int
}

// EventRow is an event on its way into a store.
type EventRow struct {
	Event

	// Dated says that the caller gave OccurredAt, so that it counts as content; see Same.
	Dated bool

	// Salts are 16 random bytes for each part of the event that the leaf commits to: the payload,
	// the actor, each entity in order, and the key if there is one. A store keeps them beside the
	// event. Once a part is erased they are, for each part, a byte 0 and the salt, or a byte 1 and the
	// 32 bytes of the commitment.
	Salts []byte
}

// Same reports whether a stored event, which has the same tenant and key, has the same content as
// the row: type, version, payload, actor, entities (labels aside), source, task, and the time if
// the row is dated. What was erased is not compared.
func (r *EventRow) Same(stored Event) bool {
	if r.Type != stored.Type || r.Version != stored.Version || r.Source != stored.Source || r.Task != stored.Task ||
		len(r.About) != len(stored.About) || r.Dated && !r.OccurredAt.Equal(stored.OccurredAt) {
		return false
	}
	for i, e := range r.About {
		if !sameOrErased(e, stored.About[i]) {
			return false
		}
	}
	return sameOrErased(r.Actor, stored.Actor) && (stored.Erased || string(r.Payload) == string(stored.Payload))
}

func sameOrErased(e, stored Entity) bool {
	return e.Is(stored) || stored.ID == "" && e.Kind == stored.Kind
}

// EventQuery is a [Query] as a store gets it: checked, with the cursors and times turned into bounds
// on IDs and the categories into types. All its conditions must hold.
type EventQuery struct {
	Tenant string
	About  []Entity // about one of these, if there are any; labels do not count
	Actor  Entity   // by this actor, unless zero
	Named  []Entity // about or by one of these, if there are any
	Types  []string // of one of these types, if there are any
	Task   ID       // recorded by this task, unless zero
	Source Source   // from this source, unless zero
	Min    ID       // ID at least this
	Max    ID       // ID less than this, unless zero
	Oldest bool     // oldest first instead of newest first
	Limit  int      // at least 1
}

// Match reports whether an event belongs to the query's result, its limit aside.
func (q *EventQuery) Match(e *Event) bool {
	return e.Tenant == q.Tenant &&
		e.ID.Compare(q.Min) >= 0 && (q.Max.IsZero() || e.ID.Compare(q.Max) < 0) &&
		(q.Actor.IsZero() || q.Actor.Is(e.Actor)) &&
		(q.Task.IsZero() || q.Task == e.Task) &&
		(q.Source == 0 || q.Source == e.Source) &&
		(len(q.Types) == 0 || slices.Contains(q.Types, e.Type)) &&
		(len(q.About) == 0 || anyIs(q.About, e.About)) &&
		(len(q.Named) == 0 || names(q.Named, e.Actor, e.About))
}

// names reports whether one of the entities is the actor or among those about whom something is.
func names(entities []Entity, actor Entity, about []Entity) bool {
	return slices.ContainsFunc(entities, actor.Is) || anyIs(entities, about)
}

func anyIs(a, b []Entity) bool {
	return slices.ContainsFunc(a, func(x Entity) bool { return slices.ContainsFunc(b, x.Is) })
}
