package bunstore_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/bunstore"
)

// Nothing of relations and marks reads a table from end to end, and what comes in the order of an index is not sorted.
func TestRelationPlans(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		s := migrated(t, address)
		seedRelations(t, s)
		explain := explainSQLite
		if !onSQLite(address) {
			explain = explainPostgres
		}
		for _, statistics := range []bool{false, true} {
			if statistics {
				execute(t, s, `ANALYZE`)
				s = openAt(t, address)
			}
			for text, args := range s.RelationStatements("acme", person(1), []activity.Entity{person(1), person(2)}) {
				plan := explain(t, s, text, args)
				checkPlan(t, text, text, plan)
				if strings.Contains(plan, "Bitmap") {
					t.Errorf("is not read in the order of an index:\n%s\n%s", text, plan)
				}
			}
		}
	})
}

// PostgreSQL compiles a statement of which it expects much, which takes a hundred milliseconds. It does not expect that of any, however
// long the lists are that it gets.
func TestNothingIsCompiled(t *testing.T) {
	s := migrated(t, fromTemplate(t))
	seedRelations(t, s)
	seed(t, s)
	execute(t, s, `ANALYZE`)
	var many []activity.Entity
	for n := range activity.MaxRelatives {
		many = append(many, person(n))
	}
	statements := s.RelationStatements("acme", person(1), many)
	for _, q := range []activity.EventQuery{{About: many}, {Named: many[:500]}, {About: many, Types: []string{"note.added", "note.removed"}}, {About: many, Actor: ana}} {
		q.Tenant, q.Limit = "acme", 51
		for _, statement := range []func(context.Context, activity.EventQuery) (string, []any, error){s.FeedStatement, s.CountStatement} {
			text, args, err := statement(t.Context(), q)
			check(t, err)
			statements[text] = args
		}
	}
	for text, args := range statements {
		literals := make([]string, len(args))
		for i, arg := range args {
			literals[i] = bunstore.Literal(arg)
		}
		conn := must(s.DB().DB.Conn(t.Context()))(t)
		for _, setup := range []string{`SET plan_cache_mode = force_custom_plan`, `SET jit = on`, `PREPARE shape AS ` + text} {
			must(conn.ExecContext(t.Context(), setup))(t)
		}
		rows := must(conn.QueryContext(t.Context(), `EXPLAIN EXECUTE shape (`+strings.Join(literals, ", ")+`)`))(t)
		var plan strings.Builder
		for rows.Next() {
			var line string
			check(t, rows.Scan(&line))
			plan.WriteString(line + "\n")
		}
		check(t, errors.Join(rows.Err(), rows.Close()))
		if strings.Contains(plan.String(), "JIT") {
			t.Errorf("is compiled: %s\n%s", text, plan.String())
		}
		must(conn.ExecContext(t.Context(), `DEALLOCATE shape`))(t)
		check(t, conn.Close())
	}
}

// seedRelations stores enough relations and marks for a planner to have a choice.
func seedRelations(t *testing.T, s *bunstore.Store) {
	t.Helper()
	values := `SELECT 'tenant' || n % 3, 'user', CAST(n AS text), 1, '', 'user', CAST(n / 20 AS text), '' FROM n`
	id := `CAST('00000000-0000-7000-8000-000000000001' AS uuid)`
	if s.DB().Dialect().Name().String() != "pg" {
		id = `X'00000000000070008000000000000001'`
	}
	marks := `SELECT 'tenant' || n % 3, 'user', CAST(n % 100 AS text), 'account', CAST(n AS text), ` + id + ` FROM n`
	numbers := `WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 20000) `
	execute(t, s, `INSERT INTO activity_relation (tenant, kind, id, role, label, of_kind, of_id, of_label) `+numbers+values,
		`INSERT INTO activity_mark (tenant, reader_kind, reader_id, feed_kind, feed_id, through) `+numbers+marks)
}
