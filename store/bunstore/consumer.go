package bunstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/go-activity/activity"
)

// consumerColumns are the columns that scanConsumer reads, of a table called c.
const consumerColumns = `c.name, c.position, c.holder, c.until, c.failures, c.error, c.retry_at,
	(SELECT count(*) FROM activity_parked p WHERE p.consumer = c.name)`

func scanConsumer(row scanner) (c activity.ConsumerState, err error) {
	err = row.Scan(&c.Name, &c.Position, &c.Holder, instant{&c.Until}, &c.Failures, &c.Error, instant{&c.RetryAt}, &c.Parked)
	return c, err
}

// TakeConsumer implements [activity.ConsumerStore].
func (s *Store) TakeConsumer(ctx context.Context, take activity.ConsumerTake) (c activity.ConsumerState, err error) {
	if err := s.ready(ctx); err != nil {
		return activity.ConsumerState{}, err
	}
	e := s.engine
	texts := e.consumerTexts()
	err = s.whole(ctx, false, func(tx *Store) error {
		c, err = scanConsumer(tx.tx.QueryRowContext(ctx, texts.take, take.Name, e.id(take.Holder), e.now(take.Now), take.Lease.Microseconds()))
		if errors.Is(err, sql.ErrNoRows) {
			c, err = scanConsumer(tx.tx.QueryRowContext(ctx, texts.consumer, take.Name))
		}
		return s.failed(ctx, "take consumer", err)
	})
	if err != nil {
		return activity.ConsumerState{}, err
	}
	return c, nil
}

// MoveConsumer implements [activity.ConsumerStore]. In a transaction of the host's, what the host has made of the entries and how
// far the consumer has come are stored together, or neither is.
func (s *Store) MoveConsumer(ctx context.Context, move activity.ConsumerMove) error {
	if err := s.ready(ctx); err != nil {
		return err
	}
	move.Park = lastOfEach(move.Park)
	return s.whole(ctx, s.engine.movesAtOnce(), func(tx *Store) error {
		held, err := s.engine.moveConsumer(ctx, tx, &move)
		switch {
		case err != nil:
			return s.failed(ctx, "move consumer", err)
		case !held:
			return fmt.Errorf("%w: %q", activity.ErrNotHolder, move.Name)
		}
		return nil
	})
}

// lastOfEach returns what is parked, by ascending position, the last one of each.
func lastOfEach(list []activity.Parked) []activity.Parked {
	byPosition := map[activity.Position]activity.Parked{}
	for _, p := range list {
		byPosition[p.Position] = p
	}
	list = make([]activity.Parked, 0, len(byPosition))
	for _, p := range byPosition {
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b activity.Parked) int { return int(a.Position - b.Position) })
	return list
}

// ResetConsumer implements [activity.ConsumerStore].
func (s *Store) ResetConsumer(ctx context.Context, reset activity.ConsumerReset) error {
	if err := s.ready(ctx); err != nil {
		return err
	}
	e := s.engine
	return s.changeOne(ctx, "reset consumer", fmt.Errorf("%w: %q", activity.ErrConsuming, reset.Name),
		e.consumerTexts().reset, reset.Name, int64(reset.Position), e.now(reset.Now))
}

// Unpark implements [activity.ConsumerStore].
func (s *Store) Unpark(ctx context.Context, name string, position activity.Position) error {
	if err := s.ready(ctx); err != nil {
		return err
	}
	return s.changeOne(ctx, "unpark", fmt.Errorf("%w: consumer %q has nothing parked at position %d", activity.ErrNotFound, name, position),
		s.engine.consumerTexts().unpark, name, int64(position))
}

// changeOne sends a statement that changes one row; none is an error.
func (s *Store) changeOne(ctx context.Context, doing string, none error, text string, args ...any) error {
	return s.whole(ctx, false, func(tx *Store) error {
		result, err := tx.tx.ExecContext(ctx, text, args...)
		if err != nil {
			return s.failed(ctx, doing, err)
		}
		n, err := result.RowsAffected()
		if err != nil {
			return s.failed(ctx, doing, err)
		}
		if n == 0 {
			return none
		}
		return nil
	})
}

// Consumers implements [activity.ConsumerStore].
func (s *Store) Consumers(ctx context.Context) ([]activity.ConsumerState, error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	db, done := s.ledgerReader()
	defer done()
	found, err := scanAll(ctx, db, scanConsumer, s.engine.consumerTexts().consumers)
	return found, s.failed(ctx, "read consumers", err)
}

// Parked implements [activity.ConsumerStore].
func (s *Store) Parked(ctx context.Context, name string, after activity.Position, limit int) ([]activity.Parked, error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	db, done := s.ledgerReader()
	defer done()
	found, err := scanAll(ctx, db, scanParked, s.engine.consumerTexts().parked, name, int64(after), limit)
	return found, s.failed(ctx, "read what is parked", err)
}

func scanParked(row scanner) (p activity.Parked, err error) {
	err = row.Scan(&p.Position, &p.Through, &p.Error, instant{&p.At})
	return p, err
}

// scanAll reads the rows of a query.
func scanAll[T any](ctx context.Context, db conn, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []T
	for rows.Next() {
		value, err := scan(rows)
		if err != nil {
			return nil, err
		}
		found = append(found, value)
	}
	return found, rows.Err()
}
