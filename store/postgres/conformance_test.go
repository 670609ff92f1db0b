package postgres_test

import (
	"context"
	"testing"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/internal/pgtest"
	"github.com/go-activity/activity/store/postgres"
	"github.com/go-activity/activity/store/storetest"
)

func TestConformance(t *testing.T) {
	for name, setting := range map[string]string{
		"prepared": "",
		// Behind a pooler, and for hosts that use bun's query builder: nothing is prepared.
		"simple protocol": "&default_query_exec_mode=simple_protocol",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Run(t, func(t *testing.T) activity.Store {
				dsn := pgtest.FromTemplate(t, "conformance", func(ctx context.Context, dsn string) error {
					s, err := postgres.Open(ctx, dsn)
					if err != nil {
						return err
					}
					defer s.Close()
					return s.Migrate(ctx)
				})
				s, err := postgres.Open(t.Context(), dsn+setting)
				if err != nil {
					t.Fatal(err)
				}
				return s
			})
		})
	}
}
