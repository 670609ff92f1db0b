package bunstore_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/bunstore"
)

// statementLog is told each statement that is sent to PostgreSQL.
type statementLog struct {
	mu   sync.Mutex
	sent []string
}

func (l *statementLog) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent = append(l.sent, data.SQL)
	return ctx
}

func (l *statementLog) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// A list that is sorted by another column than the start is dear in the eyes of the planner: it must not compile it, and must
// go on as before with what else the host asks for.
func TestSortedTasksAreNotCompiled(t *testing.T) {
	config := must(pgx.ParseConfig(strings.TrimPrefix(fromTemplate(t), "postgres ")))(t)
	log := &statementLog{}
	config.Tracer = log
	db := bun.NewDB(stdlib.OpenDB(*config), pgdialect.New())
	t.Cleanup(func() { check(t, db.Close()) })
	s := bunstore.New(db)
	sorted := activity.TaskFilter{Tenant: "acme", Sort: activity.SortTitle, Limit: 10}
	for name, list := range map[string]func() error{
		"pool": func() error { _, err := s.Tasks(t.Context(), sorted); return err },
		"host's transaction": func() error {
			tx, err := db.BeginTx(t.Context(), nil)
			if err != nil {
				return err
			}
			defer func() { check(t, tx.Commit()) }()
			if _, err := s.Tx(tx).Tasks(t.Context(), sorted); err != nil {
				return err
			}
			var jit string
			if err := tx.QueryRowContext(t.Context(), `SHOW jit`).Scan(&jit); err != nil || jit != "on" {
				t.Errorf("after it, jit is %q, %v", jit, err)
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			log.sent = nil
			check(t, list())
			i := slices.IndexFunc(log.sent, func(s string) bool { return strings.Contains(s, "SELECT DISTINCT f.task_id") })
			if i < 1 || !strings.Contains(log.sent[i-1], "set_config('jit', 'off', true)") {
				t.Errorf("the statements are %q", log.sent)
			}
		})
	}
	log.sent = nil
	_, err := s.Tasks(t.Context(), activity.TaskFilter{Tenant: "acme", Sort: activity.SortStart, Limit: 10})
	check(t, err)
	if len(log.sent) != 1 {
		t.Errorf("a list by start takes %d statements: %q", len(log.sent), log.sent)
	}
}
