package bunstore_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/bunstore"
)

// shapes are queries of every combination of conditions, with and without types, both ways.
func shapes() map[string]activity.EventQuery {
	all := map[string]activity.EventQuery{}
	var about []activity.Entity
	for i := range 20 {
		about = append(about, activity.Entity{Kind: "account", ID: fmt.Sprint(i)})
	}
	for bits := range 1 << 6 {
		q := activity.EventQuery{Tenant: "acme", Limit: 51}
		var name []string
		for i, with := range []struct {
			name string
			set  func()
		}{
			{"about", func() { q.About = about[:1] }},
			{"actor", func() { q.Actor = ana }},
			{"task", func() { q.Task = activity.ID{1} }},
			{"types", func() { q.Types = []string{"note.added", "note.removed"} }},
			{"source", func() { q.Source = activity.Manual }},
			{"oldest", func() { q.Oldest = true }},
		} {
			if bits>>i&1 == 1 {
				name = append(name, with.name)
				with.set()
			}
		}
		all["all of "+strings.Join(name, "+")] = q
		if len(q.About) > 0 {
			q.About = about
			all["all of 20 "+strings.Join(name, "+")] = q
			q.Named = about[:5]
			all["all of 20 and named "+strings.Join(name, "+")] = q
			q.About, q.Named = about[:1], about
			all["all of 20 named "+strings.Join(name, "+")] = q
		}
	}
	return all
}

// seed records enough for a planner to have a choice.
func seed(t *testing.T, s *bunstore.Store) {
	t.Helper()
	tenant := newJournal(s).Tenant("acme")
	for range seedBatches(s) {
		drafts := make([]activity.Draft, 2500)
		for i := range drafts {
			typ := noteAdded
			if i%500 == 0 {
				typ = noteRemoved
			}
			drafts[i] = typ.New(note{Text: "text"}).By(activity.User(fmt.Sprint(i%7), "")).
				About(activity.Entity{Kind: "account", ID: fmt.Sprint(i % 300)})
			if i%11 == 0 {
				drafts[i] = drafts[i].Manual()
			}
		}
		if _, err := tenant.Record(t.Context(), drafts...); err != nil {
			t.Fatal(err)
		}
	}
}

// No query reads a table from end to end, skips over rows, or counts without end, with or without
// statistics, whether it is planned for its arguments or for any.
func TestPlans(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		s := migrated(t, address)
		seed(t, s)
		for _, statistics := range []bool{false, true} {
			if statistics {
				if _, err := s.DB().ExecContext(t.Context(), `ANALYZE`); err != nil {
					t.Fatal(err)
				}
				s = openAt(t, address)
			}
			explain := explainSQLite
			if strings.HasPrefix(address, "postgres") {
				explain = explainPostgres
			}
			for name, q := range shapes() {
				text, args, err := s.FeedStatement(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				checkPlan(t, name, text, explain(t, s, text, args))
				if q.Oldest {
					continue // which makes no difference to a number
				}
				if text, args, err = s.CountStatement(t.Context(), q); err != nil {
					t.Fatal(err)
				}
				checkPlan(t, "the number of "+name, text, explain(t, s, text, args))
			}
			for text, args := range s.OtherStatements() {
				checkPlan(t, text, text, explain(t, s, text, args))
			}
		}
	})
}

var (
	// e, f and o are what the statements call the tables; other names are of lists and of results.
	forbidden = regexp.MustCompile(`Seq Scan on activity|SCAN (activity_\w+|[efo])\b`)
	unbounded = regexp.MustCompile(`(?i)\bOFFSET\b`)
	counting  = regexp.MustCompile(`(?i)\bcount\(`)
)

func checkPlan(t *testing.T, name, text, plan string) {
	t.Helper()
	for line := range strings.Lines(plan) {
		if forbidden.MatchString(line) {
			t.Errorf("%s reads a whole table:\n%s\n%s", name, text, plan)
			return
		}
	}
	if unbounded.MatchString(text) || counting.MatchString(text) && !strings.Contains(text, "LIMIT") {
		t.Errorf("%s skips or counts without a limit:\n%s", name, text)
	}
}

func explainSQLite(t *testing.T, s *bunstore.Store, text string, args []any) string {
	t.Helper()
	rows, err := s.DB().DB.QueryContext(t.Context(), `EXPLAIN QUERY PLAN `+text, args...)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	defer rows.Close()
	var plan strings.Builder
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		plan.WriteString(detail + "\n")
	}
	if plan.Len() == 0 || rows.Err() != nil {
		t.Fatalf("no plan: %v", rows.Err())
	}
	return plan.String()
}

func explainPostgres(t *testing.T, s *bunstore.Store, text string, args []any) string {
	t.Helper()
	conn, err := s.DB().DB.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	literals := make([]string, len(args))
	for i, arg := range args {
		literals[i] = bunstore.Literal(arg)
	}
	var plan strings.Builder
	for _, mode := range []string{"force_custom_plan", "force_generic_plan"} {
		for _, setup := range []string{`SET plan_cache_mode = ` + mode, `PREPARE shape AS ` + text} {
			if _, err := conn.ExecContext(t.Context(), setup); err != nil {
				t.Fatalf("%v\n%s", err, setup)
			}
		}
		call := `shape (` + strings.Join(literals, ", ") + `)`
		if len(args) == 0 {
			call = `shape`
		}
		rows, err := conn.QueryContext(t.Context(), `EXPLAIN (COSTS OFF) EXECUTE `+call)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				t.Fatal(err)
			}
			plan.WriteString(line + "\n")
		}
		if err := rows.Err(); err != nil || plan.Len() == 0 {
			t.Fatalf("no plan: %v", err)
		}
		rows.Close()
		if _, err := conn.ExecContext(t.Context(), `DEALLOCATE shape`); err != nil {
			t.Fatal(err)
		}
	}
	return plan.String()
}
