package bunstore

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun/migrate"

	"github.com/go-activity/activity"
)

// FeedKey is the key of an entity's feed.
func FeedKey(tenant string, e activity.Entity) int64 {
	return feedKey(ofEntity, tenant, e.Kind, e.ID)
}

// FeedStatement returns the statement that answers a query, with its arguments.
func (s *Store) FeedStatement(ctx context.Context, q activity.EventQuery) (string, []any, error) {
	db, done := s.reader()
	defer done()
	w, err := s.plan(ctx, db, &q)
	if err != nil {
		return "", nil, err
	}
	w.limit = q.Limit
	if _, ok := s.engine.(postgres); ok {
		return pgFeedText(&w), pgFeedArgs(&w), nil
	}
	return sqliteFeedText(&w), sqliteFeedArgs(&w), nil
}

// OtherStatements returns what else Feed and Event send.
func (s *Store) OtherStatements() map[string][]any {
	if _, ok := s.engine.(postgres); ok {
		return map[string][]any{
			pgCount:      {"{1,2}", 10},
			pgCountTypes: {"{1,2}", 10, `{"a","b"}`},
			pgByID:       {lastID.String()},
			pgByKeys:     {"acme", `{"k","l"}`},
		}
	}
	return map[string][]any{
		sqliteCount:      {"[1,2]", 10},
		sqliteCountTypes: {"[1,2]", 10, `["a","b"]`},
		sqliteByID:       {lastID[:]},
		sqliteByKeys:     {"acme", `["k","l"]`},
	}
}

// TaskStatements returns the statements that list and count what a filter selects.
func (s *Store) TaskStatements(ctx context.Context, f activity.TaskFilter) (map[string][]any, error) {
	db, done := s.reader()
	defer done()
	w, err := s.planTasks(ctx, db, &f)
	if err != nil {
		return nil, err
	}
	w.limit = f.Limit
	if _, ok := s.engine.(postgres); ok {
		text, args := pgTasks(&w)
		return map[string][]any{text: args, pgTaskText(&w, pgCountTasks, pgCountTasksOfIDs): pgTaskArgs(&w)}, nil
	}
	text, args := sqliteTasks(&w)
	return map[string][]any{text: args, sqliteTaskText(&w, sqliteCountTasks, sqliteCountTasksOfIDs): sqliteTaskArgs(&w)}, nil
}

// OutcomeStatement returns the statement that lists what a filter selects.
func (s *Store) OutcomeStatement(f activity.OutcomeFilter) (string, []any) {
	w := planOutcomes(&f)
	w.limit = f.Limit
	if _, ok := s.engine.(postgres); ok {
		return pgOutcomeText(&w), pgOutcomeArgs(&w)
	}
	return sqliteOutcomeText(&w), sqliteOutcomeArgs(&w)
}

// OtherTaskStatements returns what else is sent for tasks, but for what inserts.
func (s *Store) OtherTaskStatements(t activity.Task) map[string][]any {
	e := s.engine
	now := e.time(t.QueuedAt)
	started := t.Clone()
	started.Status, started.StartedAt = activity.StatusProcessing, t.QueuedAt.Add(time.Second)
	change := &taskChange{&t, &started, &activity.EventRow{Event: activity.Event{ID: t.ID, Tenant: t.Tenant, Type: "task.started", Task: t.ID, Payload: []byte("{}")}, Salts: make([]byte, 32)}}
	if _, ok := e.(postgres); ok {
		update, args, err := pgUpdateTask(change)
		if err != nil {
			panic(err)
		}
		return map[string][]any{
			update:        args,
			pgTaskByID:    {t.ID, t.Tenant},
			pgTaskByKey:   {t.Tenant, "k"},
			pgLockTask:    {t.ID, t.Tenant},
			pgLostTasks:   {now, pgTexts([]string{t.Kind, "other"}), 50},
			pgAdmission:   {t.ID, t.Tenant, now, 3},
			pgBacklog:     {pgTexts([]string{t.Kind, "other"}), "", 50},
			pgCandidates:  {pgTexts([]string{t.Tenant, t.Tenant}), pgTexts([]string{t.Kind, "other"}), "{0,3}", now, 16},
			pgTake:        {"{" + t.ID.String() + "}", now},
			pgTally:       {t.ID, t.Tenant},
			pgInsertTally: {t.ID, t.Tenant, "{a,b}", "{1,2}"},
		}
	}
	set, values, err := change.set(e)
	if err != nil {
		panic(err)
	}
	return map[string][]any{
		sqliteUpdates[set]:   append([]any{t.ID[:], t.Revision}, values...),
		sqliteTaskByID:       {t.ID[:], t.Tenant},
		sqliteTaskByKey:      {t.Tenant, "k"},
		sqliteMoveTask:       {1, 2, now, jsonList(facetsOf(&t)), t.Preview, now, t.ID[:]},
		sqliteLostTasks:      {now, jsonList([]string{t.Kind, "other"}), 50},
		sqliteAdmission:      {t.ID[:], t.Tenant, now, 3},
		sqliteBacklog:        {jsonList([]string{t.Kind, "other"}), "", 50},
		sqliteOldest:         {t.Tenant, t.Kind, now},
		sqliteOldestOfPlaces: {t.Tenant, t.Kind, now, 3},
		sqliteTally:          {t.ID[:], t.Tenant},
	}
}

// MigrateDown undoes one migration, as if the program had never known it.
func (s *Store) MigrateDown(ctx context.Context, name string) error {
	migrations, err := s.migrations()
	if err != nil {
		return err
	}
	for _, m := range migrations.Sorted() {
		if m.Name != name {
			continue
		}
		if err := m.Down(ctx, migrate.NewMigrator(s.write, migrations), &m); err != nil {
			return err
		}
	}
	_, err = s.write.ExecContext(ctx, `DELETE FROM `+migrationTable+` WHERE name = ?`, name)
	return err
}

// Literal writes an argument into SQL text.
func Literal(arg any) string {
	switch a := arg.(type) {
	case nil:
		return "NULL"
	case time.Time:
		return "'" + a.Format(time.RFC3339Nano) + "'"
	case activity.ID:
		return "'" + a.String() + "'"
	case []byte:
		return fmt.Sprintf(`'\x%x'`, a)
	case sql.NullString:
		return "NULL"
	case string:
		return "'" + strings.ReplaceAll(a, "'", "''") + "'"
	}
	return fmt.Sprint(arg)
}
