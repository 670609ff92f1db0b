package bunstore

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/go-activity/activity"
)

// engine is what differs between PostgreSQL and SQLite.
type engine interface {
	// insertsAtOnce reports whether insert stores these rows all or none by itself. If not, it is
	// called in a transaction.
	insertsAtOnce(rows []activity.EventRow) bool

	// prepared are the texts of the statements that insert wants prepared.
	prepared() []string

	// insert stores at most maxInsert rows, which are sorted by key, and returns for each whether
	// it was stored: a row whose key exists is not.
	insert(ctx context.Context, s *Store, rows []*activity.EventRow) ([]bool, error)

	// feed returns the first w.limit entries of a walk, in its order. An event may come several
	// times in a row, may not match the query, or be but an ID, if it is gone.
	feed(ctx context.Context, db conn, w *walk) ([]activity.Event, error)

	// count counts entries of feeds, of some types if there are any, up to limit.
	count(ctx context.Context, db conn, feeds []int64, types []string, limit int) (int, error)

	// byID returns sql.ErrNoRows if there is no such event.
	byID(ctx context.Context, db conn, id activity.ID) (activity.Event, error)

	// byKeys returns those events that there are, in any order.
	byKeys(ctx context.Context, db conn, tenant string, keys []string) ([]activity.Event, error)

	// lock begins a transaction, until whose end others that migrate wait.
	lock(ctx context.Context, db *bun.DB) error

	hasTable(ctx context.Context, db conn, name string) (bool, error)
}
