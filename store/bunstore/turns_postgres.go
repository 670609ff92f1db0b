package bunstore

import (
	"context"
	"database/sql"
	"strings"
	"sync/atomic"
	"time"
)

// turns knows which of PostgreSQL's two tables for events without a position is being filled. To be wrong does no harm:
// both are emptied.
//
// With one table, sealing gets slower as long as some snapshot of the cluster is held: the rows that it has deleted stay,
// and every batch reads past them. A table that is empty for everybody can be truncated instead.
type turns struct {
	b     atomic.Bool // it is activity_pending_b
	asked pace
	tried pace // to change them

	size  int64         // bytes of the table that is being filled from which on they change
	pause time.Duration // between two tries
}

const (
	turnSize  = 1 << 20 // about 10,000 events, which are read past in less than a millisecond
	turnPause = time.Second
)

const (
	pgTurn = `SELECT b FROM activity_pending_turn`

	// It is worth it if the one table has become large, the other is empty, and the role may truncate that.
	pgTurnIsDue = `
SELECT t.b, CASE t.b
  WHEN false THEN pg_relation_size('activity_pending') >= $1::bigint AND has_table_privilege('activity_pending_b', 'TRUNCATE')
    AND NOT EXISTS (SELECT 1 FROM activity_pending_b)
  ELSE pg_relation_size('activity_pending_b') >= $1::bigint AND has_table_privilege('activity_pending', 'TRUNCATE')
    AND NOT EXISTS (SELECT 1 FROM activity_pending)
  END
FROM activity_pending_turn t`

	pgTryLockSeal   = `SELECT pg_try_advisory_xact_lock(` + pgSealKey + `)`
	pgLockPending   = `LOCK TABLE activity_pending IN ACCESS EXCLUSIVE MODE NOWAIT`
	pgPendingEmpty  = `SELECT NOT EXISTS (SELECT 1 FROM activity_pending)`
	pgTruncate      = `TRUNCATE activity_pending`
	pgChangeTurns   = `UPDATE activity_pending_turn SET b = NOT b`
	pendingTable    = "activity_pending"
	pendingTableOfB = "activity_pending_b"
)

// ofBoth returns a statement for each of the two tables.
func ofBoth(text string) [2]string {
	return [2]string{text, strings.ReplaceAll(text, pendingTable, pendingTableOfB)}
}

// of returns the statement for the table that is being filled.
func (t *turns) of(texts [2]string) string { return texts[t.index()] }

func (t *turns) index() int {
	if t.b.Load() {
		return 1
	}
	return 0
}

// heard learns from an answer which table is being filled.
func (t *turns) heard(b bool) {
	t.b.Store(b)
	t.asked.happened()
}

// ask asks which table is being filled, unless somebody has in the last second, as those who seal do.
func (t *turns) ask(ctx context.Context, db conn) error {
	if !t.asked.due(time.Second) {
		return nil
	}
	var b bool
	if err := db.QueryRowContext(ctx, pgTurn).Scan(&b); err != nil {
		return err
	}
	t.b.Store(b)
	return nil
}

// changeTurns lets the tables change their roles if it is worth it.
func (e postgres) changeTurns(ctx context.Context, s *Store) error {
	var b, due bool
	if err := s.write.DB.QueryRowContext(ctx, pgTurnIsDue, s.turns.size).Scan(&b, &due); err != nil || !due {
		return err
	}
	return e.endTurn(ctx, s, b)
}

// endTurn ends the turn of activity_pending_b, or that of activity_pending: the other one is truncated, and filled from then on, if
// it is empty and can be locked at once. Who has added to it and not committed yet is in the way, as is a dump of the database.
func (postgres) endTurn(ctx context.Context, s *Store, b bool) error {
	changed := false
	err := s.begin(ctx, func(_ *sql.Conn, tx *sql.Tx) error {
		var locked, empty, now bool
		if err := tx.QueryRowContext(ctx, pgTryLockSeal).Scan(&locked); err != nil || !locked {
			return err
		}
		if err := tx.QueryRowContext(ctx, pgTurn).Scan(&now); err != nil || now != b {
			return err // another process was first
		}
		idle := func(text string) string {
			if b {
				return text
			}
			return ofBoth(text)[1]
		}
		if _, err := tx.ExecContext(ctx, idle(pgLockPending)); err != nil {
			return err
		}
		// Only a statement that begins after the lock sees all that was committed before it.
		if err := tx.QueryRowContext(ctx, idle(pgPendingEmpty)).Scan(&empty); err != nil || !empty {
			return err
		}
		for _, text := range []string{idle(pgTruncate), pgChangeTurns} {
			if _, err := tx.ExecContext(ctx, text); err != nil {
				return err
			}
		}
		changed = true
		return nil
	})
	if err == nil && changed {
		s.turns.heard(!b)
	}
	return err
}
