package postgres_test

import (
	"context"
	"errors"
	"testing"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/internal/pgtest"
	"github.com/go-activity/activity/store/postgres"
)

// Behind a pooler in transaction mode everything works but Listen, which says so.
func TestBehindPooler(t *testing.T) {
	ctx := t.Context()
	dsn := pgtest.New(t)
	owner, err := postgres.Open(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer owner.Close()
	if err := owner.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	s, err := postgres.Open(ctx, pgtest.Pooled(t, dsn))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	useTasks(t, s)
	useQuotas(t, s)
	useLedger(t, s)
	err = s.Listen(ctx, func() { t.Error("there was a hint") })
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, activity.ErrClosed) {
		t.Errorf("Listen returned %v, want an error that says that nothing arrives", err)
	}
}
