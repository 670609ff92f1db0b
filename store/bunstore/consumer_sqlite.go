package bunstore

import (
	"context"
	"time"

	"github.com/go-activity/activity"
)

const (
	sqliteTakeConsumer = `
INSERT INTO activity_consumer AS c (name, holder, until)
VALUES (?1, ?2, ?3 + ?4)
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
WHERE c.holder IS NULL OR c.holder = excluded.holder OR c.until <= ?3
RETURNING name, position, holder, until, failures, error, retry_at,
  (SELECT count(*) FROM activity_parked p WHERE p.consumer = activity_consumer.name)`

	sqliteMoveConsumer = `
UPDATE activity_consumer
SET position = ?3, failures = ?4, error = ?5, retry_at = ?6,
  holder = CASE WHEN ?7 THEN NULL ELSE holder END, until = CASE WHEN ?7 THEN NULL ELSE until END
WHERE name = ?1 AND holder = ?2`
	sqlitePark = `
INSERT INTO activity_parked (consumer, position, through, error, at)
VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (consumer, position) DO UPDATE SET through = excluded.through, error = excluded.error, at = excluded.at`

	sqliteResetConsumer = `
INSERT INTO activity_consumer AS c (name, position)
VALUES (?1, ?2)
ON CONFLICT (name) DO UPDATE
SET position = excluded.position, holder = NULL, until = NULL, failures = 0, error = '', retry_at = NULL
WHERE c.holder IS NULL OR c.until <= ?3`

	sqliteConsumer  = `SELECT ` + consumerColumns + ` FROM activity_consumer c WHERE c.name = ?1`
	sqliteConsumers = `SELECT ` + consumerColumns + ` FROM activity_consumer c ORDER BY c.name`
	sqliteParked    = `
SELECT position, through, error, at
FROM activity_parked
WHERE consumer = ?1 AND position > ?2
ORDER BY position
LIMIT ?3`
	sqliteUnpark = `DELETE FROM activity_parked WHERE consumer = ?1 AND position = ?2`
)

var sqliteConsumerTexts = consumerTexts{
	take:      sqliteTakeConsumer,
	reset:     sqliteResetConsumer,
	consumer:  sqliteConsumer,
	consumers: sqliteConsumers,
	parked:    sqliteParked,
	unpark:    sqliteUnpark,
}

func (sqlite) consumerTexts() *consumerTexts { return &sqliteConsumerTexts }

func (sqlite) now(t time.Time) any { return sqliteNow(t) }

func (sqlite) movesAtOnce() bool { return false }

func (e sqlite) moveConsumer(ctx context.Context, s *Store, m *activity.ConsumerMove) (bool, error) {
	result, err := s.tx.ExecContext(ctx, sqliteMoveConsumer, m.Name, e.id(m.Holder), int64(m.Position), m.Failures, m.Error, e.time(m.RetryAt), m.Release)
	if err != nil {
		return false, err
	}
	if n, err := result.RowsAffected(); n == 0 || err != nil {
		return false, err
	}
	for _, p := range m.Park {
		if _, err := s.tx.ExecContext(ctx, sqlitePark, m.Name, int64(p.Position), int64(p.Through), p.Error, e.time(p.At)); err != nil {
			return false, err
		}
	}
	return true, nil
}
