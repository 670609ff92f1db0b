package postgres_test

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/internal/pgtest"
	"github.com/go-activity/activity/store/postgres"
)

// The grants of the README are enough to record and read, and not enough to change or delete.
func TestGrantsOfReadme(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	grants := regexp.MustCompile("(?s)```sql\n(.*?)```").FindSubmatch(readme)
	if grants == nil {
		t.Fatal("README.md has no grants")
	}
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
	role := fmt.Sprintf("service_%d", time.Now().UnixNano())
	_, err = owner.DB().ExecContext(ctx, `CREATE ROLE `+role)
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok && refused.Code == "42501" {
		t.Skip("the user of ACTIVITY_TEST_POSTGRES may not create roles")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if _, err := owner.DB().ExecContext(t.Context(), `DROP OWNED BY `+role+`; DROP ROLE `+role); err != nil {
			t.Error(err)
		}
	}()
	if _, err := owner.DB().ExecContext(ctx, strings.ReplaceAll(string(grants[1]), "TO service", "TO "+role)); err != nil {
		t.Fatal(err)
	}

	service, err := postgres.Open(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer service.Close()
	service.DB().SetMaxOpenConns(1)
	if _, err := service.DB().ExecContext(ctx, `SET ROLE `+role); err != nil {
		t.Fatal(err)
	}
	j, err := activity.New(service, &activity.Config{Types: []activity.EventType{noteAdded}})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{1, 2, 200} {
		drafts := make([]activity.Draft, n)
		for i := range drafts {
			drafts[i] = noteAdded.New(note{}).By(activity.System("test"))
		}
		drafts[0] = drafts[0].Key(fmt.Sprint(n))
		for _, drafts := range [][]activity.Draft{drafts, drafts, drafts[1:]} {
			if _, err := j.Tenant("acme").Record(ctx, drafts...); err != nil {
				t.Fatal(err)
			}
		}
	}
	if page, err := j.Tenant("acme").Timeline(ctx, activity.Query{}); err != nil || len(page.Events) != 50 {
		t.Errorf("the timeline has %d events, %v", len(page.Events), err)
	}
	for _, statement := range []string{
		`UPDATE activity_event SET actor_label = ''`, `DELETE FROM activity_event`, `TRUNCATE activity_event`,
		`DROP TRIGGER activity_event_append_only ON activity_event`, `DROP TABLE activity_event`,
		`ALTER TABLE activity_event DISABLE TRIGGER ALL`, `DELETE FROM activity_feed`,
	} {
		_, err := service.DB().ExecContext(ctx, statement)
		if refused, ok := errors.AsType[*pgconn.PgError](err); !ok || refused.Code != "42501" {
			t.Errorf("%s: %v, want insufficient privilege", statement, err)
		}
	}
}
