package activity

import (
	"context"
	"time"
)

// EraseStore is the part of a [Store] that takes away what must not be kept. Everything else in a store that is
// once recorded stays.
type EraseStore interface {
	// Erase takes an entity out of what is stored of its tenant, at most Limit rows at a time. Nobody records with the
	// entity meanwhile; what is recorded later is not erased. What was erased is not in a database's files either, once it
	// has vacuumed them.
	//
	//   - Of events about the entity or by it, EventRow.Erase says what is left.
	//   - Of tasks about the entity or by it, Task.Erase says what is left, and of outcomes of that record, OutcomeRow.Erase.
	//   - What was used of a quota by the entity counts as nobody's, and what is kept of the entity as a subject of quotas is gone.
	//   - Parked errors of consumers whose entry is of an erased event are emptied.
	//   - The names of the entity are gone from the directory, and so are its relations, and its marks as a reader and as a feed.
	//   - Neither feeds nor lists nor searches find what was erased.
	//   - When nothing comes back, nothing of the entity is left but what Held counts.
	//   - An entity under a legal hold is ErrLegalHold, and nothing changes.
	//   - What is of another entity under a legal hold too stays as it is, and Held counts it: events and tasks about it or by
	//     it, and outcomes of tasks about it.
	Erase(ctx context.Context, erase EraseQuery) (Erased, error)

	// RemoveEvents deletes events, and takes them out of all feeds.
	//
	//   - The IDs of the events that were deleted come back, in ascending order.
	//   - Events of other tenants, events without a position, and events about or by an entity under a legal hold stay.
	//   - Positions, leaves and trees stay as they are.
	//   - The key of an event that was deleted can be used again.
	RemoveEvents(ctx context.Context, tenant string, ids []ID) ([]ID, error)

	// Reports returns tasks that have outcomes, by ascending ID: the first Limit whose IDs are within the bounds.
	//
	//   - A task comes back if it has an outcome and its ID is higher than After and lower than Before.
	Reports(ctx context.Context, query ReportsQuery) ([]ReportRef, error)

	// RemoveOutcomes deletes outcomes of one task: the first limit of those that may go.
	//
	//   - The number of those that were deleted comes back.
	//   - Outcomes of a record under a legal hold stay, and all of a task that is about such an entity.
	//   - What the task and its tally count stays as it is.
	RemoveOutcomes(ctx context.Context, tenant string, task ID, limit int) (int, error)

	// SetLegalHold puts an entity under a legal hold, or replaces the one that it is under.
	SetLegalHold(ctx context.Context, tenant string, hold LegalHold) error

	// LiftLegalHold ends the legal hold of an entity.
	//
	//   - An entity under no legal hold is ErrNotFound.
	LiftLegalHold(ctx context.Context, tenant string, entity Entity) error

	// LegalHolds returns the legal holds of a tenant, by the kind and the ID of their entities.
	//
	//   - Every field comes back as it was set.
	LegalHolds(ctx context.Context, tenant string) ([]LegalHold, error)
}

// EraseQuery says what is to be erased.
type EraseQuery struct {
	Tenant string
	Entity Entity // its label does not count
	Limit  int    // rows, at least 1
}

// Erased is what one call has erased.
type Erased struct {
	Events   []ID // ascending
	Tasks    []ID // ascending
	Outcomes int
	Uses     int // rows of quotas
	Names    int // rows of the directory, of relations, and of marks

	// Held is how many events, tasks and outcomes were seen that stay as they are, because they are of an entity under a
	// legal hold too: all that there are, once nothing else comes back.
	Held int
}

// IsZero reports whether nothing was erased.
func (e Erased) IsZero() bool { return len(e.Events)+len(e.Tasks)+e.Outcomes+e.Uses+e.Names == 0 }

// ReportsQuery says which reports are wanted.
type ReportsQuery struct {
	After  ID // zero: from the first
	Before ID
	Limit  int // at least 1
}

// ReportRef names a task that has outcomes.
type ReportRef struct {
	Tenant string
	Task   ID
}

// LegalHold keeps everything of an entity from being erased or removed.
type LegalHold struct {
	Entity Entity
	By     Entity
	Reason string
	At     time.Time
}
