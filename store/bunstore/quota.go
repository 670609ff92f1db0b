package bunstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-activity/activity"
)

// errNoQuotas is what all calls return until there are tables for quotas.
var errNoQuotas = fmt.Errorf("activity: quotas in a database: %w", errors.ErrUnsupported)

// ChargeQuota implements [activity.QuotaStore].
func (s *Store) ChargeQuota(context.Context, activity.QuotaRequest) (activity.QuotaGrant, error) {
	return activity.QuotaGrant{}, errNoQuotas
}

// SettleHolds implements [activity.QuotaStore].
func (s *Store) SettleHolds(context.Context, activity.HoldUpdate) (time.Time, error) {
	return time.Time{}, errNoQuotas
}

// ReleaseHolds implements [activity.QuotaStore].
func (s *Store) ReleaseHolds(context.Context, string, activity.ID) error { return errNoQuotas }

// GiveBack implements [activity.QuotaStore].
func (s *Store) GiveBack(context.Context, activity.DueQuery) (int, error) { return 0, errNoQuotas }

// QuotaState implements [activity.QuotaStore].
func (s *Store) QuotaState(context.Context, activity.QuotaKey) (activity.QuotaState, error) {
	return activity.QuotaState{}, errNoQuotas
}

// QuotaUse implements [activity.QuotaStore].
func (s *Store) QuotaUse(context.Context, activity.UseQuery) ([]activity.QuotaUse, error) {
	return nil, errNoQuotas
}

// ForgetUse implements [activity.QuotaStore].
func (s *Store) ForgetUse(context.Context, activity.ForgetQuery) (int, error) { return 0, errNoQuotas }
