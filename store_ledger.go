package activity

import (
	"context"
	"time"
)

// LedgerStore is the part of a [Store] that gives events their positions, and keeps the trees that prove them.
type LedgerStore interface {
	// Seal gives positions to at most limit events that have none, and adds their leaves to the trees of their tenants. It
	// works in a short transaction of its own, or in the store's, which then makes all others that seal wait for its end.
	//
	//   - Every event that was committed before the call, and has no position when it returns, is one for which limit left no
	//     room.
	//   - Positions of the store begin at 1, indexes of a tenant at 0, and neither has gaps.
	//   - The events of a call get their positions by ascending RecordedAt, then ID.
	//   - An event gets one position, whatever number of calls run at once.
	//   - An event whose transaction is open is left for a later call, and makes nobody wait.
	//   - An event whose transaction is undone never gets a position.
	//   - Once an entry is seen, so are all with lower positions.
	//   - The entry has the leaf that EventRow.Leaf gave when the event was appended.
	//   - Head and tiles of a tenant are those that Tree.Grow makes of its leaves in the order of their indexes.
	//   - It returns how many events it has given a position.
	Seal(ctx context.Context, limit int) (int, error)

	// Unsealed tells what waits for Seal.
	//
	//   - Events is the number of committed events without a position, and Oldest the earliest RecordedAt among them.
	//   - Last is the highest position, 0 if there is none.
	Unsealed(ctx context.Context) (Unsealed, error)

	// Entries returns entries of the ledger with their events.
	//
	//   - Exactly the entries for which EntryQuery.Match is true come back, by ascending position, or ascending index if the
	//     query has a tenant.
	//   - When there are more than Limit, the first Limit of that order come back.
	//   - The event and its salts come back as they are stored.
	//   - An entry whose event was removed has a zero Event.
	Entries(ctx context.Context, query EntryQuery) ([]EntryRow, error)

	// Entry returns the entry of one event, of the tenant, or of any tenant if it is empty.
	//
	//   - An event that the tenant does not have, or that has no position yet, is ErrNotFound.
	//   - The entry of an event that was removed is found by its ID.
	Entry(ctx context.Context, tenant string, id ID) (EntryRow, error)

	// Head returns the tree of a tenant.
	//
	//   - A tenant without entries has the zero TreeHead.
	//   - Position is that of the tenant's last entry.
	Head(ctx context.Context, tenant string) (TreeHead, error)

	// Tiles returns the hashes of tiles, those of each tile one after the other, 32 bytes each.
	//
	//   - There are as many hashes of a tile as the tree has, up to 256.
	//   - A tile of level 0 has the leaves, and one of level n+1 the roots of the full tiles of level n.
	//   - A tile that the tree does not have is empty.
	Tiles(ctx context.Context, tenant string, tiles []TileID) ([][]byte, error)

	// Strays returns the IDs of the tenant's events that neither have a position nor wait for one, by ascending ID, at
	// most limit that are higher than after. Only who writes past the library makes such events.
	//
	//   - No event that the store was given is among them.
	Strays(ctx context.Context, tenant string, after ID, limit int) ([]ID, error)

	// Ledgers returns the names of tenants that have entries, in ascending order: the first limit after a name.
	//
	//   - Every tenant with an entry comes back, once.
	Ledgers(ctx context.Context, after string, limit int) ([]string, error)

	ConsumerStore
}

// Unsealed is what waits for a position.
type Unsealed struct {
	Events int64
	Oldest time.Time // zero if there are none
	Last   Position  // the highest that was given
}

// EntryQuery says which entries are wanted. All its conditions must hold.
type EntryQuery struct {
	Tenant string   // of this tenant, unless empty
	After  Position // with a higher position
	Index  int64    // with an index of at least this; only with a tenant
	Limit  int      // at least 1
}

// Match reports whether an entry belongs to the query's result, its limit aside.
func (q *EntryQuery) Match(e *EntryRow) bool {
	return (q.Tenant == "" || q.Tenant == e.Tenant) && e.Position > q.After && e.Index >= q.Index
}

// EntryRow is an entry of the ledger as a store keeps it.
type EntryRow struct {
	Position Position
	Tenant   string
	Index    int64
	ID       ID // of the event
	Leaf     Hash

	// Event is what is stored of the event with this ID; zero if there is none. It is as it was found, which need
	// not be what was recorded: comparing is for Verify. Dated is not kept.
	Event EventRow

	// Err says why Event could not be read: what is stored is not what a store writes. Event is zero then.
	Err error
}

// TreeHead is the tree of a tenant as a store keeps it.
type TreeHead struct {
	Tree
	Position Position // of the last leaf; 0 if there is none
}

// ConsumerStore is the part of a [Store] that keeps how far consumers have come.
type ConsumerStore interface {
	// TakeConsumer makes a holder the one that consumes under a name, or renews that it is, and returns what is stored then.
	//
	//   - A name that is new begins at position 0.
	//   - A consumer is taken if nobody holds it, the holder does, or the lease of the one that does has ended.
	//   - While another's lease lasts, nothing changes, and the consumer comes back with that holder.
	//   - Of concurrent calls for a consumer that is free, one takes it.
	//   - The lease ends Lease after Now, or after the store's own time if Now is zero.
	TakeConsumer(ctx context.Context, take ConsumerTake) (ConsumerState, error)

	// MoveConsumer stores how far a consumer has come, and what it parked.
	//
	//   - The position, the failures, the error and the time of the next try are the update's.
	//   - What is parked is added; an entry that is parked already is replaced.
	//   - If Release is true, nobody holds the consumer from then on.
	//   - Unless the update's holder holds the consumer, be its lease over or not, nothing changes, and the error is ErrNotHolder.
	MoveConsumer(ctx context.Context, move ConsumerMove) error

	// ResetConsumer sets a consumer's position, adding it if its name is new, and takes its failures away.
	//
	//   - What is parked stays, and nobody holds the consumer from then on.
	//   - While somebody's lease lasts, nothing changes, and the error is ErrConsuming.
	ResetConsumer(ctx context.Context, reset ConsumerReset) error

	// Consumers returns all consumers by ascending name.
	//
	//   - Each has the number of those that Parked returns.
	Consumers(ctx context.Context) ([]ConsumerState, error)

	// Parked returns what a consumer has parked, by ascending position: the first limit after a position.
	//
	//   - A consumer that there is not has parked nothing.
	Parked(ctx context.Context, name string, after Position, limit int) ([]Parked, error)

	// Unpark takes an entry away from those that a consumer has parked.
	//
	//   - An entry that is not parked is ErrNotFound.
	Unpark(ctx context.Context, name string, position Position) error
}

// ConsumerState is how far a consumer has come.
type ConsumerState struct {
	Name     string
	Position Position  // of the last entry that was handled or parked
	Holder   ID        // the call of Consume that works; zero if none does
	Until    time.Time // when the holder's lease ends; zero if there is no holder
	Failures int       // of the entries after Position, one after the other
	Error    string    // of the last failure
	RetryAt  time.Time // when they are tried again; zero if they did not fail
	Parked   int64     // entries
}

// ConsumerTake says who wants to consume under a name.
type ConsumerTake struct {
	Name   string
	Holder ID
	Lease  time.Duration
	Now    time.Time // zero: the store's own time
}

// ConsumerMove is what a holder has to say of its consumer.
type ConsumerMove struct {
	Name     string
	Holder   ID
	Position Position
	Failures int
	Error    string
	RetryAt  time.Time
	Park     []Parked
	Release  bool
}

// ConsumerReset sets where a consumer goes on.
type ConsumerReset struct {
	Name     string
	Position Position
	Now      time.Time // zero: the store's own time
}

// Parked is an entry, or several one after the other, that a consumer has put aside.
type Parked struct {
	Position Position
	Through  Position  // the last of several; as Position if it is one
	Error    string    // why
	At       time.Time // when
}
