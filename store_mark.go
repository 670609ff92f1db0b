package activity

import "context"

// MarkStore is the part of a [Store] that keeps how far readers have read.
type MarkStore interface {
	// SetMark moves the mark of a reader in a feed.
	//
	//   - The mark moves to Through if that is later than where it is, or wherever it is if Back is true.
	//   - A zero Through with Back takes the mark away.
	SetMark(ctx context.Context, mark ReadMark) error

	// Mark returns the mark of a reader in a feed.
	//
	//   - A reader who has none there has the zero ID.
	Mark(ctx context.Context, tenant string, reader, feed Entity) (ID, error)
}

// ReadMark is a move of a mark.
type ReadMark struct {
	Tenant  string
	Reader  Entity
	Feed    Entity // what the timeline is about; zero: the tenant as a whole
	Through ID     // of the last event that was read
	Back    bool   // also if the mark is later
}
