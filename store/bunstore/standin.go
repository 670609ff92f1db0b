package bunstore

import (
	"context"
	"errors"

	"github.com/go-activity/activity"
)

func (s *Store) Relate(context.Context, string, activity.Relation) error {
	return errors.ErrUnsupported
}
func (s *Store) Unrelate(context.Context, string, activity.Entity, activity.RelationRole) error {
	return errors.ErrUnsupported
}
func (s *Store) Relations(context.Context, string, activity.Entity, int) ([]activity.Relation, error) {
	return nil, errors.ErrUnsupported
}
func (s *Store) Relatives(_ context.Context, q activity.RelativesQuery) ([]activity.Entity, error) {
	return q.Entities, nil
}
func (s *Store) SetMark(context.Context, activity.ReadMark) error { return errors.ErrUnsupported }
func (s *Store) Mark(context.Context, string, activity.Entity, activity.Entity) (activity.ID, error) {
	return activity.ID{}, errors.ErrUnsupported
}
