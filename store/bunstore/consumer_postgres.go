package bunstore

import (
	"context"
	"time"

	"github.com/go-activity/activity"
)

const (
	// The clock is read once the row is locked.
	pgNow          = `COALESCE($3::timestamptz, clock_timestamp())`
	pgTakeConsumer = `
INSERT INTO activity_consumer AS c (name, holder, until)
VALUES ($1::text, $2::uuid, ` + pgNow + ` + $4::bigint * interval '1 microsecond')
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = ` + pgNow + ` + $4::bigint * interval '1 microsecond'
WHERE c.holder IS NULL OR c.holder = excluded.holder OR c.until <= ` + pgNow + `
RETURNING ` + consumerColumns

	pgMoveConsumer = `
WITH moved AS (
  UPDATE activity_consumer
  SET position = $3::bigint, failures = $4::bigint, error = $5::text, retry_at = $6::timestamptz,
    holder = CASE WHEN $7::boolean THEN NULL ELSE holder END, until = CASE WHEN $7::boolean THEN NULL ELSE until END
  WHERE name = $1::text AND holder = $2::uuid
  RETURNING name
), parked AS (
  INSERT INTO activity_parked (consumer, position, through, error, at)
  SELECT moved.name, p.*
  FROM moved, unnest($8::bigint[], $9::bigint[], $10::text[], $11::timestamptz[]) AS p
  ON CONFLICT (consumer, position) DO UPDATE SET through = excluded.through, error = excluded.error, at = excluded.at
)
SELECT name FROM moved`

	pgResetConsumer = `
INSERT INTO activity_consumer AS c (name, position)
VALUES ($1::text, $2::bigint)
ON CONFLICT (name) DO UPDATE
SET position = excluded.position, holder = NULL, until = NULL, failures = 0, error = '', retry_at = NULL
WHERE c.holder IS NULL OR c.until <= ` + pgNow

	pgConsumer  = `SELECT ` + consumerColumns + ` FROM activity_consumer c WHERE c.name = $1::text`
	pgConsumers = `SELECT ` + consumerColumns + ` FROM activity_consumer c ORDER BY c.name`
	pgParked    = `
SELECT position, through, error, at
FROM activity_parked
WHERE consumer = $1::text AND position > $2::bigint
ORDER BY position
LIMIT $3::integer`
	pgUnpark = `DELETE FROM activity_parked WHERE consumer = $1::text AND position = $2::bigint`
)

var pgConsumerTexts = consumerTexts{
	take:      pgTakeConsumer,
	reset:     pgResetConsumer,
	consumer:  pgConsumer,
	consumers: pgConsumers,
	parked:    pgParked,
	unpark:    pgUnpark,
}

func (postgres) consumerTexts() *consumerTexts { return &pgConsumerTexts }

func (e postgres) now(t time.Time) any { return e.time(t) }

func (postgres) movesAtOnce() bool { return true }

func (e postgres) moveConsumer(ctx context.Context, s *Store, m *activity.ConsumerMove) (bool, error) {
	result, err := s.tx.ExecContext(ctx, pgMoveConsumer, pgMoveColumns(e, m)...)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n == 1, err
}

func pgMoveColumns(e postgres, m *activity.ConsumerMove) []any {
	var positions, throughs, errors, times pgArray
	for _, p := range m.Park {
		positions.int(int64(p.Position))
		throughs.int(int64(p.Through))
		errors.text(p.Error)
		if p.At.IsZero() {
			times.null()
		} else {
			times.time(p.At)
		}
	}
	return []any{m.Name, e.id(m.Holder), int64(m.Position), m.Failures, m.Error, e.time(m.RetryAt), m.Release,
		positions.String(), throughs.String(), errors.String(), times.String()}
}
