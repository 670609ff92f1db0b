package bunstore_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/bunstore"
)

// seedQuotas stores 100,000 keys, and 100,000 holds and minutes of use, of which the first key has half. In SQLite, whose
// plans do not depend on how many there are, it is 5,000.
func seedQuotas(t *testing.T, s *bunstore.Store, postgres bool) {
	t.Helper()
	numbers, id, at, empty := `WITH RECURSIVE g (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM g WHERE n < 4999)`,
		`CAST(printf('%016d', n) AS BLOB)`, `1000000 * (1700000000 + n)`, `x''`
	if postgres {
		numbers, id, at, empty = `WITH g AS (SELECT generate_series(0, 99999) AS n)`,
			`lpad(n::text, 32, '0')::uuid`, `to_timestamp(1700000000 + n)`, `''::bytea`
	}
	subject := `'user', 'u' || CASE WHEN n % 2 = 0 THEN 0 ELSE n END`
	for _, statement := range []string{
		`INSERT INTO activity_quota (tenant, quota, subject_kind, subject_id, counter, due) ` + numbers +
			` SELECT 'acme', 'calls', 'user', 'u' || n, ` + empty + `, ` + at + ` FROM g`,
		`INSERT INTO activity_quota_hold (tenant, quota, subject_kind, subject_id, id, task, actor_kind, actor_id, actor_label, units, at, minute, until, settled) ` + numbers +
			` SELECT 'acme', 'calls', ` + subject + `, ` + id + `, CASE WHEN n % 3 = 0 THEN ` + id + ` END, '', '', '', 1, ` + at + `, 28333333 + n / 60, ` + at + `, n % 100 = 0 FROM g`,
		`INSERT INTO activity_quota_use (tenant, quota, subject_kind, subject_id, minute, actor_kind, actor_id, actor_label, units) ` + numbers +
			` SELECT 'acme', 'calls', ` + subject + `, 28000000 + n, 'user', 'ana', 'Ana', 1 FROM g`,
	} {
		if _, err := s.DB().DB.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%v\n%s", err, statement)
		}
	}
}

// wholeQuotas is a table that is read from end to end. The index of what is settled may be: it is the list of what
// is to be done.
var wholeQuotas = regexp.MustCompile(`Seq Scan on activity|SCAN activity_quota`)

// No statement for quotas reads a table from end to end, whatever there is of keys, holds and minutes, and none but
// those that answer with a list of a few sort it.
func TestQuotaPlans(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		s := migrated(t, address)
		postgres := !onSQLite(address)
		seedQuotas(t, s, postgres)
		var keys []activity.QuotaKey
		for i := range 3 {
			keys = append(keys, activity.QuotaKey{Tenant: "acme", Quota: "calls", SubjectKind: "user", SubjectID: fmt.Sprint("u", i)})
		}
		explain := explainSQLite
		if postgres {
			explain = explainPostgres
		}
		for _, statistics := range []bool{false, true} {
			if statistics {
				if _, err := s.DB().ExecContext(t.Context(), `ANALYZE`); err != nil {
					t.Fatal(err)
				}
				s = openAt(t, address)
			}
			for text, args := range s.QuotaStatements(keys, taskID(1), taskID(2), time.Unix(1700000000, 0)) {
				plan := explain(t, s, text, args)
				for line := range strings.Lines(plan) {
					if wholeQuotas.MatchString(line) && !strings.Contains(line, "activity_quota_hold_settled") {
						t.Errorf("a whole table is read:\n%s\n%s", text, plan)
						break
					}
				}
				if few := strings.Contains(text, "k.n") || strings.Contains(text, "GROUP BY") || strings.Contains(text, "task = $2"); !few &&
					(strings.Contains(plan, "Sort") || strings.Contains(plan, "USE TEMP B-TREE")) {
					t.Errorf("more than a page is sorted:\n%s\n%s", text, plan)
				}
			}
		}
	})
}
