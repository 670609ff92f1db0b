package activity

import (
	"context"
	"time"
)

// LegalHoldEvent is the payload of [LegalHoldSet] and [LegalHoldLifted].
type LegalHoldEvent struct {
	Reason string `json:"reason"`
}

// SetLegalHold puts an entity under a legal hold, or replaces the one that it is under: until it is lifted, nothing of the
// entity is erased, and retention removes no event about it or by it, and no outcome of it or of a task about it. It
// records a [LegalHoldSet] by who asks for it.
func (t Tenant) SetLegalHold(ctx context.Context, entity, by Entity, reason string) error {
	by, err := t.checkHold(ctx, entity, by, reason)
	if err != nil {
		return err
	}
	hold := LegalHold{Entity: entity, By: by, Reason: reason, At: t.journal.shared.now().UTC().Truncate(time.Microsecond)}
	return t.journal.store.InTx(ctx, func(tx Store) error {
		if err := tx.SetLegalHold(ctx, t.name, hold); err != nil {
			return err
		}
		return t.record(ctx, tx, LegalHoldSet.New(LegalHoldEvent{Reason: reason}).By(by).About(entity))
	})
}

// LiftLegalHold ends the legal hold of an entity, and records a [LegalHoldLifted]. An entity under no legal hold is
// [ErrNotFound].
func (t Tenant) LiftLegalHold(ctx context.Context, entity, by Entity, reason string) error {
	by, err := t.checkHold(ctx, entity, by, reason)
	if err != nil {
		return err
	}
	return t.journal.store.InTx(ctx, func(tx Store) error {
		if err := tx.LiftLegalHold(ctx, t.name, entity); err != nil {
			return err
		}
		return t.record(ctx, tx, LegalHoldLifted.New(LegalHoldEvent{Reason: reason}).By(by).About(entity))
	})
}

// LegalHolds returns the legal holds of the tenant, by the kind and the ID of their entities.
func (t Tenant) LegalHolds(ctx context.Context) ([]LegalHold, error) {
	if err := checkTenant(t.name); err != nil {
		return nil, err
	}
	return t.journal.store.LegalHolds(ctx, t.name)
}

// checkHold checks what erasing, and setting and lifting a legal hold, are asked with, and returns who asks.
func (t Tenant) checkHold(ctx context.Context, entity, by Entity, reason string) (Entity, error) {
	if err := checkTenant(t.name); err != nil {
		return by, err
	}
	if err := checkEntity("Entity", entity); err != nil {
		return by, err
	}
	by, err := actor(ctx, "By", by)
	if err != nil {
		return by, err
	}
	return by, checkText("Reason", reason, MaxReason)
}
