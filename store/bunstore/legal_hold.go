package bunstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/go-activity/activity"
)

// legalHolds are the entities of a tenant that are under a legal hold, without their labels. They are few.
type legalHolds map[activity.Entity]bool

// has reports whether one of some entities is under a legal hold.
func (h legalHolds) has(entities ...activity.Entity) bool {
	for _, e := range entities {
		if h[activity.Entity{Kind: e.Kind, ID: e.ID}] {
			return true
		}
	}
	return false
}

// lockHeld returns the entities under a legal hold, which stay the same until the transaction ends.
func (s *Store) lockHeld(ctx context.Context, tenant string) (legalHolds, error) {
	if err := s.engine.lockLegalHolds(ctx, s, tenant, false); err != nil {
		return nil, err
	}
	rows, err := s.tx.QueryContext(ctx, s.engine.eraseTexts().heldEntities, tenant)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	held := legalHolds{}
	for rows.Next() {
		var e activity.Entity
		if err := rows.Scan(&e.Kind, &e.ID); err != nil {
			return nil, err
		}
		held[e] = true
	}
	return held, rows.Err()
}

// aboutOf returns what a task is about; nothing, if there is no such task.
func (s *Store) aboutOf(ctx context.Context, tenant string, task activity.ID) ([]activity.Entity, error) {
	t, _, err := s.engine.taskByID(ctx, s.tx, tenant, task)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return t.About, err
}

// SetLegalHold implements [activity.EraseStore].
func (s *Store) SetLegalHold(ctx context.Context, tenant string, hold activity.LegalHold) error {
	return s.changeHolds(ctx, tenant, "set legal hold", func(tx *Store) error {
		_, err := tx.tx.ExecContext(ctx, tx.engine.eraseTexts().setLegalHold, tenant, hold.Entity.Kind, hold.Entity.ID, hold.Entity.Label,
			hold.By.Kind, hold.By.ID, hold.By.Label, hold.Reason, tx.engine.time(hold.At))
		return err
	})
}

// LiftLegalHold implements [activity.EraseStore].
func (s *Store) LiftLegalHold(ctx context.Context, tenant string, entity activity.Entity) error {
	return s.changeHolds(ctx, tenant, "lift legal hold", func(tx *Store) error {
		result, err := tx.tx.ExecContext(ctx, tx.engine.eraseTexts().liftLegalHold, tenant, entity.Kind, entity.ID)
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		if err == nil && n == 0 {
			return fmt.Errorf("%w: %s is under none", activity.ErrNotFound, entity.Kind)
		}
		return err
	})
}

// changeHolds changes legal holds once nobody is at work who heeds them as they were.
func (s *Store) changeHolds(ctx context.Context, tenant, doing string, change func(*Store) error) error {
	if err := s.ready(ctx); err != nil {
		return err
	}
	return s.whole(ctx, false, func(tx *Store) error {
		if err := tx.engine.lockLegalHolds(ctx, tx, tenant, true); err != nil {
			return tx.failed(ctx, doing, err)
		}
		return tx.failed(ctx, doing, change(tx))
	})
}

// LegalHolds implements [activity.EraseStore].
func (s *Store) LegalHolds(ctx context.Context, tenant string) ([]activity.LegalHold, error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	db, done := s.reader()
	defer done()
	rows, err := db.QueryContext(ctx, s.engine.eraseTexts().listLegalHolds, tenant)
	if err != nil {
		return nil, s.failed(ctx, "list legal holds", err)
	}
	defer rows.Close()
	var found []activity.LegalHold
	for rows.Next() {
		var h activity.LegalHold
		err := rows.Scan(&h.Entity.Kind, &h.Entity.ID, &h.Entity.Label, &h.By.Kind, &h.By.ID, &h.By.Label, &h.Reason, instant{&h.At})
		if err != nil {
			return nil, s.failed(ctx, "list legal holds", err)
		}
		found = append(found, h)
	}
	return found, s.failed(ctx, "list legal holds", rows.Err())
}
