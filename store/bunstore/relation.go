package bunstore

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-activity/activity"
)

// Relate implements [activity.RelationStore]. Of a tenant, one relation is added at a time.
//
// In a transaction of the host's on PostgreSQL, which must be READ COMMITTED, others wait until the transaction's end.
func (s *Store) Relate(ctx context.Context, tenant string, r activity.Relation) error {
	if err := s.ready(ctx); err != nil {
		return err
	}
	return s.whole(ctx, false, func(tx *Store) error {
		if err := tx.engine.lockRelations(ctx, tx, tenant); err != nil {
			return tx.failed(ctx, "relate", err)
		}
		err := tx.relate(ctx, tenant, &r)
		if errors.Is(err, activity.ErrMerged) || errors.Is(err, activity.ErrCycle) {
			return err
		}
		return tx.failed(ctx, "relate", err)
	})
}

func (s *Store) relate(ctx context.Context, tenant string, r *activity.Relation) error {
	texts := s.engine.relationTexts()
	if r.Role == activity.RoleMerged {
		var merged bool
		err := s.tx.QueryRowContext(ctx, texts.merged, tenant, r.Entity.Kind, r.Entity.ID).Scan(&merged)
		if err == nil {
			err = activity.ErrMerged
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
	}
	// It gets more than it asks for: all that is above, at any height, so that it need not ask for each level.
	err := r.Check(ctx, func(ctx context.Context, entities []activity.Entity) ([]activity.Relation, error) {
		return relations(ctx, s.tx, texts.above, append([]any{tenant}, s.engine.entities(entities)...)...)
	})
	if err != nil {
		return err
	}
	_, err = s.tx.ExecContext(ctx, texts.relate, tenant, r.Entity.Kind, r.Entity.ID, int64(r.Role), r.Entity.Label, r.Of.Kind, r.Of.ID, r.Of.Label)
	return err
}

// Unrelate implements [activity.RelationStore].
func (s *Store) Unrelate(ctx context.Context, tenant string, entity activity.Entity, role activity.RelationRole) error {
	if err := s.ready(ctx); err != nil {
		return err
	}
	return s.whole(ctx, false, func(tx *Store) error {
		result, err := tx.tx.ExecContext(ctx, tx.engine.relationTexts().unrelate, tenant, entity.Kind, entity.ID, int64(role))
		if err != nil {
			return tx.failed(ctx, "unrelate", err)
		}
		n, err := result.RowsAffected()
		if err == nil && n == 0 {
			return fmt.Errorf("%w: a relation of %s %q", activity.ErrNotFound, entity.Kind, entity.ID)
		}
		return tx.failed(ctx, "unrelate", err)
	})
}

// Relations implements [activity.RelationStore].
func (s *Store) Relations(ctx context.Context, tenant string, entity activity.Entity, limit int) ([]activity.Relation, error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	db, done := s.reader()
	defer done()
	found, err := relations(ctx, db, s.engine.relationTexts().relations, tenant, entity.Kind, entity.ID, limit)
	if err != nil {
		return nil, s.failed(ctx, "list relations", err)
	}
	return found, nil
}

// Relatives implements [activity.RelationStore].
func (s *Store) Relatives(ctx context.Context, q activity.RelativesQuery) ([]activity.Entity, error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	db, done := s.reader()
	defer done()
	found, err := s.findRelatives(ctx, db, &q)
	if err != nil {
		return nil, s.failed(ctx, "find relatives", err)
	}
	if len(found) > q.Limit {
		return nil, activity.ErrTooBroad
	}
	return found, nil
}

// findRelatives returns one more than the limit if there are more.
func (s *Store) findRelatives(ctx context.Context, db conn, q *activity.RelativesQuery) ([]activity.Entity, error) {
	least := activity.RoleMerged
	if q.Descendants {
		least = activity.RoleParent
	}
	texts := s.engine.relationTexts()
	args := append(append([]any{q.Tenant}, s.engine.entities(q.Entities)...), int64(least))
	if texts.related != "" {
		related, err := hasRows(ctx, db, texts.related, args...)
		if err != nil {
			return nil, err
		}
		if !related {
			return alone(q.Entities), nil
		}
	}
	rows, err := db.QueryContext(ctx, texts.relatives, append(args, q.Limit+1)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []activity.Entity
	for rows.Next() {
		var e activity.Entity
		if err := rows.Scan(&e.Kind, &e.ID); err != nil {
			return nil, err
		}
		found = append(found, e)
	}
	return found, rows.Err()
}

func hasRows(ctx context.Context, db conn, query string, args ...any) (bool, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	has := rows.Next()
	return has, rows.Err()
}

// alone returns entities as Relatives does if they have none.
func alone(entities []activity.Entity) []activity.Entity {
	found := make([]activity.Entity, len(entities))
	for i, e := range entities {
		found[i] = activity.Entity{Kind: e.Kind, ID: e.ID}
	}
	slices.SortFunc(found, func(a, b activity.Entity) int {
		return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.ID, b.ID))
	})
	return found
}

// relations reads relations.
func relations(ctx context.Context, db conn, query string, args ...any) ([]activity.Relation, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []activity.Relation
	for rows.Next() {
		var r activity.Relation
		if err := rows.Scan(&r.Role, &r.Entity.Kind, &r.Entity.ID, &r.Entity.Label, &r.Of.Kind, &r.Of.ID, &r.Of.Label); err != nil {
			return nil, err
		}
		found = append(found, r)
	}
	return found, rows.Err()
}

// eraseRelations deletes the relations that have the entity on one side.
func (e *eraser) eraseRelations(ctx context.Context) error {
	return e.eraseRows(ctx, e.engine.relationTexts().erase)
}

// eraseMarks deletes how far the entity has read, and how far others have read what is about it.
func (e *eraser) eraseMarks(ctx context.Context) error {
	return e.eraseRows(ctx, e.engine.markTexts().erase)
}

// eraseRows deletes rows of names as far as the limit goes.
func (e *eraser) eraseRows(ctx context.Context, text string) error {
	if e.left == 0 {
		return nil
	}
	result, err := e.tx.ExecContext(ctx, text, e.Tenant, e.Entity.Kind, e.Entity.ID, e.left)
	if err != nil {
		return err
	}
	n, err := result.RowsAffected()
	e.left -= int(n)
	e.done.Names += int(n)
	return err
}
