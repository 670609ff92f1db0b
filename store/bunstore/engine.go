package bunstore

import (
	"context"
	"database/sql"
	"time"

	"github.com/uptrace/bun"

	"github.com/go-activity/activity"
)

// engine is what differs between PostgreSQL and SQLite.
type engine interface {
	// insertsAtOnce reports whether insert stores these rows all or none by itself. If not, it is
	// called in a transaction.
	insertsAtOnce(rows []activity.EventRow) bool

	// prepared are the texts of the statements that writing wants prepared.
	prepared() []string

	// insert stores at most maxInsert rows, which are sorted by key, and returns for each whether
	// it was stored: a row whose key exists is not.
	insert(ctx context.Context, s *Store, rows []*activity.EventRow) ([]bool, error)

	// feed returns the first w.limit entries of a walk, in its order. An event may come several
	// times in a row, may not match the query, or be but an ID, if it is gone.
	feed(ctx context.Context, db conn, w *walk) ([]activity.Event, error)

	// count counts entries of feeds, of some types if there are any, up to limit.
	count(ctx context.Context, db conn, feeds []int64, types []string, limit int) (int, error)

	// countTypes counts the events of each type along a walk up to its limit, by ascending type.
	countTypes(ctx context.Context, db conn, w *walk) ([]activity.TypeCount, error)

	// byID returns sql.ErrNoRows if there is no such event.
	byID(ctx context.Context, db conn, id activity.ID) (activity.Event, error)

	// byKeys returns those events that there are, in any order.
	byKeys(ctx context.Context, db conn, tenant string, keys []string) ([]activity.Event, error)

	taskEngine
	outcomeEngine
	quotaEngine
	ledgerEngine
	consumerEngine
	eraseEngine
	directoryEngine
	relationEngine

	// isolation are the options of the store's own transactions.
	isolation() *sql.TxOptions

	// lock begins a transaction, until whose end others that migrate wait.
	lock(ctx context.Context, db *bun.DB) error

	hasTable(ctx context.Context, db conn, name string) (bool, error)
}

// taskEngine is the part of an engine that keeps tasks. A task that there is not is sql.ErrNoRows.
type taskEngine interface {
	// id and time make arguments of an ID and a time. A zero one is NULL, but for key.
	id(activity.ID) any
	key(activity.ID) any
	time(time.Time) any

	// now is the argument for the current time: a given one, or that of the server if it is zero.
	now(time.Time) any

	// addsTaskAtOnce reports whether insertTask stores all or nothing by itself. If not, it is called
	// in a transaction.
	addsTaskAtOnce() bool

	// insertTask stores a task, unless its key exists.
	insertTask(ctx context.Context, s *Store, t *activity.Task) (bool, error)

	// taskByID returns a task, and the server's time.
	taskByID(ctx context.Context, db conn, tenant string, id activity.ID) (activity.Task, time.Time, error)
	taskByKey(ctx context.Context, db conn, tenant, key string) (activity.Task, error)

	// lockTask returns a task that nobody else can change until the transaction ends, and the time.
	lockTask(ctx context.Context, s *Store, tenant string, id activity.ID) (activity.Task, time.Time, error)

	// changesTaskAtOnce reports whether updateTask stores all or nothing by itself. If not, it is called in
	// a transaction.
	changesTaskAtOnce() bool

	// updateTask stores a task that was changed, moves it in its lists, and stores the event. It reports
	// whether the task had the revision from before; if not, nothing is stored.
	updateTask(ctx context.Context, s *Store, c *taskChange) (bool, error)

	// listTasks returns the first w.limit tasks of a walk, in its order. A task may come several times
	// in a row, and may not match the filter.
	listTasks(ctx context.Context, db conn, w *taskWalk) ([]activity.Task, error)

	// countTasks counts the tasks of a walk up to its limit.
	countTasks(ctx context.Context, db conn, w *taskWalk) (int, error)

	// lockAdmission makes others wait who would admit a task of the tenant, until the transaction ends.
	lockAdmission(ctx context.Context, s *Store, tenant string) error

	// admission returns what there is to know of a queued task.
	admission(ctx context.Context, db conn, a *activity.Admission) (admission, error)

	backlog(ctx context.Context, db conn, q *activity.BacklogQuery) ([]string, error)

	// candidates returns tasks for workers that may be started, the oldest first, up to a limit.
	candidates(ctx context.Context, s *Store, q *activity.NextQuery, limit int) ([]candidate, error)

	// take locks and returns the first task of a list, in ascending order, that still is one for
	// workers and that no other transaction has taken.
	take(ctx context.Context, s *Store, q *activity.NextQuery, ids []activity.ID) (activity.Task, error)

	lostTasks(ctx context.Context, db conn, q *activity.LostQuery) ([]activity.Task, error)
}

// outcomeEngine is the part of an engine that keeps outcomes.
type outcomeEngine interface {
	// addsOutcomesAtOnce reports whether insertOutcomes stores these rows all or none by itself. If
	// not, it is called in a transaction.
	addsOutcomesAtOnce(rows []activity.OutcomeRow) bool

	// insertOutcomes stores outcomes of one task, and adds up the numbers of its kinds.
	insertOutcomes(ctx context.Context, s *Store, rows []activity.OutcomeRow, sums []sum) error

	// outcomes returns the first w.limit outcomes of a walk, in its order.
	outcomes(ctx context.Context, db conn, w *outcomeWalk) ([]activity.OutcomeRow, error)

	// tally returns the rows of a task: kind and number.
	tally(ctx context.Context, db conn, tenant string, task activity.ID) (*sql.Rows, error)
}

// quotaEngine is the part of an engine that keeps quotas. What it is given of keys is in their order.
type quotaEngine interface {
	// lockMeters returns what is kept of keys, which nobody else can change until the transaction ends, and the
	// time once all are locked: nothing, if one of them was never charged.
	lockMeters(ctx context.Context, s *Store, keys []activity.QuotaKey) ([]meter, time.Time, error)

	// addMeters stores zero counters for those keys that have none.
	addMeters(ctx context.Context, s *Store, keys []activity.QuotaKey) error

	// takeDue deletes and returns the holds of meters that are due at their times, up to a limit, but for those
	// that others have locked, and takes them off what was used.
	takeDue(ctx context.Context, s *Store, meters []meter, times []time.Time, limit int) ([]activity.Hold, error)

	// setMeters stores meters that were locked.
	setMeters(ctx context.Context, s *Store, meters []meter) error

	// charge stores meters that were charged, their holds if there are any, and what was used.
	charge(ctx context.Context, s *Store, r *activity.QuotaRequest, meters []meter, holds []activity.Hold) error

	// settleHold settles a reservation of one key in a statement that commits by itself. If it did not, for
	// whatever reason, nothing has changed.
	settleHold(ctx context.Context, s *Store, u *activity.HoldUpdate) (bool, error)

	// settlesAtOnce reports whether updateHolds and releaseHolds change all or none by themselves. If not, they
	// are called in a transaction.
	settlesAtOnce() bool

	// lockHolds returns the holds of a reservation, without an ID where there is none, which nobody else can
	// change until the transaction ends, and the time once all are locked.
	lockHolds(ctx context.Context, s *Store, u *activity.HoldUpdate) ([]activity.Hold, time.Time, error)

	// updateHolds stores holds that were locked, or deletes them if they are settled and have no units.
	updateHolds(ctx context.Context, s *Store, u *activity.HoldUpdate, holds []activity.Hold) error

	// releaseHolds settles what is held for a task.
	releaseHolds(ctx context.Context, s *Store, tenant string, task activity.ID) error

	// dueKeys returns keys with holds that are due, in any order: those of limit settled holds, and those of limit
	// that expired first.
	dueKeys(ctx context.Context, db conn, now time.Time, limit int) ([]activity.QuotaKey, error)

	quotaState(ctx context.Context, db conn, key activity.QuotaKey) (activity.QuotaState, error)
	quotaUse(ctx context.Context, db conn, q *activity.UseQuery) ([]activity.QuotaUse, error)
	forgetUse(ctx context.Context, s *Store, q *activity.ForgetQuery) (int, error)
}

// eraseEngine is the part of an engine that erases and removes, always within a transaction.
type eraseEngine interface {
	// ints makes an argument of a list.
	ints([]int64) any

	// lockLegalHolds makes those who set and lift legal holds of a tenant wait until the transaction ends, or, if it is to
	// change them, those who heed them too.
	lockLegalHolds(ctx context.Context, s *Store, tenant string, change bool) error

	// lockEvents returns those events that there are with their salts, by ascending ID, which nobody else can change until the
	// transaction ends.
	lockEvents(ctx context.Context, s *Store, ids []activity.ID) ([]activity.EventRow, error)

	// positions returns the positions of those events that have one.
	positions(ctx context.Context, db conn, ids []activity.ID) (map[activity.ID]int64, error)

	// setEvents stores what is left of events.
	setEvents(ctx context.Context, s *Store, rows []activity.EventRow) error

	// leaveFeeds deletes rows of feeds.
	leaveFeeds(ctx context.Context, s *Store, rows []feedRow) error

	deleteEvents(ctx context.Context, s *Store, ids []activity.ID) error

	// setOutcomes stores that outcomes are erased.
	setOutcomes(ctx context.Context, s *Store, rows []activity.OutcomeRow) error

	deleteOutcomes(ctx context.Context, s *Store, task activity.ID, seqs []int64) error

	// disown makes what an actor used in some minutes that of nobody, and what was held in them.
	disown(ctx context.Context, s *Store, actor activity.Entity, minutes []minute) error

	eraseTexts() *eraseTexts
}

// eraseTexts are statements that differ between engines in how they are written.
type eraseTexts struct {
	beginStep, endStep string // step
	emptyParked        string // position
	emptyRange         string // position
	emptyConsumers     string // position
	endedBy            string // tenant, kind, ID, task after, limit
	setTask            string // all columns
	leaveLists         string // facets, preview, start, task
	eraseHolders       string // tenant, kind, ID

	subjectKeys string // tenant, kind, ID: keys
	minutesOf   string // tenant, kind, ID, limit: keys and minutes
	deleteUses  string // key, limit
	deleteHolds string // key
	deleteKey   string // key

	reports        string // ID after, ID before, limit
	setLegalHold   string
	liftLegalHold  string // tenant, kind, ID
	heldEntities   string // tenant
	listLegalHolds string // tenant
}

// ledgerEngine is the part of an engine that keeps the ledger.
type ledgerEngine interface {
	// waits reports whether an event without a position is there.
	waits(ctx context.Context, s *Store, db conn) (bool, error)

	// lockSeal makes others that seal wait until the transaction ends.
	lockSeal(ctx context.Context, s *Store) error

	// takeWaiting deletes and returns at most limit events without a position.
	takeWaiting(ctx context.Context, s *Store, limit int) ([]waiting, error)

	// heads returns the trees of tenants, and the last position.
	heads(ctx context.Context, s *Store, tenants []string) (map[string]activity.TreeHead, activity.Position, error)

	// leaves returns, for each range, the leaves that there are, one after the other, at most 256.
	leaves(ctx context.Context, db conn, wanted []leafRange) ([][]byte, error)

	addEntries(ctx context.Context, s *Store, b *batch) error

	// sealed is called after a batch that is not part of a transaction of the host.
	sealed(ctx context.Context, s *Store)

	// tiles returns what is stored of tiles.
	tiles(ctx context.Context, db conn, tenant string, tiles []activity.TileID) ([][]byte, error)

	ledgerTexts() *ledgerTexts
}

// ledgerTexts are statements that differ between engines in how they are written.
type ledgerTexts struct {
	unsealed   string
	entries    string // of all tenants: position after, least index, limit
	ofTenant   string // tenant, position after, least index, limit
	ofTenantBy string // as ofTenant, for a position that may be far from the index
	entry      string // ID
	head       string // tenant
	strays     string // tenant, ID after, limit
	ledgers    string // name after, limit
}

// consumerEngine is the part of an engine that keeps consumers.
type consumerEngine interface {
	// movesAtOnce reports whether moveConsumer changes all or nothing by itself. If not, it is called in a transaction.
	movesAtOnce() bool

	// moveConsumer reports whether the holder holds the consumer; if not, nothing has changed. Each position is parked once.
	moveConsumer(ctx context.Context, s *Store, m *activity.ConsumerMove) (bool, error)

	consumerTexts() *consumerTexts
}

// consumerTexts are statements that differ between engines in how they are written. Times are now, or NULL for
// the server's.
type consumerTexts struct {
	take      string // name, holder, now, lease in microseconds: what is stored then, nothing if another holds it
	reset     string // name, position, now
	consumer  string // name
	consumers string
	parked    string // name, position after, limit
	unpark    string // name, position
}

// directoryEngine is the part of an engine that keeps the directory.
type directoryEngine interface {
	// texts makes an argument of a list.
	texts([]string) any

	// tryLockDirectory makes others who index take nothing, and those who erase wait, until the transaction ends. It reports whether
	// nobody else has done so.
	tryLockDirectory(ctx context.Context, s *Store) (bool, error)

	// lockDirectory is tryLockDirectory that waits for who has done so.
	lockDirectory(ctx context.Context, s *Store) error

	// names returns what is stored of entities, of those that are known.
	names(ctx context.Context, s *Store, keys []nameKey) (map[nameKey]name, error)

	// setNames stores names, and up to where the ledger is in the directory.
	setNames(ctx context.Context, s *Store, names []name, position int64) error

	directoryTexts() *directoryTexts
}

// directoryTexts are statements that differ between engines in how they are written.
type directoryTexts struct {
	behind      string
	unindexed   string // limit
	countWords  string // tenant, the beginnings of words, those after them, limit for each
	candidates  string // tenant, the beginning of words, the one after it, limit
	deleteName  string // tenant, kind, ID: words
	deleteWords string // tenant, kind, ID, words
}

// relationEngine is the part of an engine that keeps relations and marks.
type relationEngine interface {
	// entities makes arguments of a list.
	entities([]activity.Entity) []any

	// lockRelations makes others who relate entities of the tenant wait until the transaction ends.
	lockRelations(ctx context.Context, s *Store, tenant string) error

	relationTexts() *relationTexts
	markTexts() *markTexts
}

// relationTexts are statements that differ between engines in how they are written.
type relationTexts struct {
	merged    string // tenant, kind, ID: a row if it is merged
	above     string // tenant, entities: the relations of all that is as high as these or higher
	relate    string // tenant, kind, ID, role, label, and kind, ID, label of the other one
	unrelate  string // tenant, kind, ID, role
	relations string // tenant, kind, ID, limit
	related   string // tenant, entities, role: a row if relatives finds more than these; empty if that takes as long as to find them
	relatives string // tenant, entities, the least role that is followed to an entity, limit
	erase     string // tenant, kind, ID, limit
}

// markTexts are statements that differ between engines in how they are written. A mark is tenant, kind and ID of the
// reader, kind and ID of the feed.
type markTexts struct {
	mark    string // mark
	set     string // mark, ID
	advance string // mark, ID
	remove  string // mark
	erase   string // tenant, kind, ID, limit
}
