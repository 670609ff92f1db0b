package bunstore

import (
	"context"
	"database/sql"
	"errors"

	"github.com/go-activity/activity"
)

// SetMark implements [activity.MarkStore].
func (s *Store) SetMark(ctx context.Context, m activity.ReadMark) error {
	if err := s.ready(ctx); err != nil {
		return err
	}
	if m.Through.IsZero() && !m.Back {
		return nil // no mark is earlier
	}
	text, args := s.setMark(&m)
	return s.whole(ctx, false, func(tx *Store) error {
		_, err := tx.tx.ExecContext(ctx, text, args...)
		return tx.failed(ctx, "set mark", err)
	})
}

// setMark returns the statement that moves a mark, with its arguments.
func (s *Store) setMark(m *activity.ReadMark) (text string, args []any) {
	texts := s.engine.markTexts()
	args = markArgs(m.Tenant, m.Reader, m.Feed)
	switch {
	case m.Back && m.Through.IsZero():
		return texts.remove, args
	case m.Back:
		text = texts.set
	default:
		text = texts.advance
	}
	return text, append(args, s.engine.key(m.Through))
}

func markArgs(tenant string, reader, feed activity.Entity) []any {
	return []any{tenant, reader.Kind, reader.ID, feed.Kind, feed.ID}
}

// Mark implements [activity.MarkStore].
func (s *Store) Mark(ctx context.Context, tenant string, reader, feed activity.Entity) (through activity.ID, err error) {
	if err := s.ready(ctx); err != nil {
		return activity.ID{}, err
	}
	db, done := s.reader()
	defer done()
	err = db.QueryRowContext(ctx, s.engine.markTexts().mark, markArgs(tenant, reader, feed)...).Scan(&through)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return activity.ID{}, s.failed(ctx, "read mark", err)
	}
	return through, nil
}
