package bunstore_test

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/go-activity/activity"
)

// The table of the position has one row. What is read by place is read to its end before the limit counts.
var (
	onePosition = regexp.MustCompile(`(Seq Scan on|SCAN) activity_directory`)
	byPlace     = regexp.MustCompile(`Bitmap`)
	ofDirectory = regexp.MustCompile(`Seq Scan on activity|SCAN (activity_\w+|[nle])\b`)
)

// No statement of the directory reads a table from end to end, and words and entries are read in the order of an index, no further
// than the limit.
func TestDirectoryPlans(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		s := migrated(t, address)
		explain := explainPostgres
		if onSQLite(address) {
			explain = explainSQLite
		}
		for _, tenant := range []string{"acme", "beta"} {
			var entities []activity.Entity
			for i := range 2500 * seedBatches(s) {
				entities = append(entities, contact(i, fmt.Sprintf("Person %d of some name%d", i, i%100)))
			}
			recordAbout(t, s, tenant, 16, entities...)
		}
		indexAll(t, s, 1000)
		recordAbout(t, s, "acme", 1, account)
		for _, setup := range []string{`SELECT 1`, `ANALYZE`, `VACUUM`} {
			execute(t, s, setup)
			s = openAt(t, address)
			words, others := s.DirectoryStatements("acme")
			check := func(text string, args []any, more *regexp.Regexp) {
				plan := onePosition.ReplaceAllString(explain(t, s, text, args), "")
				if ofDirectory.MatchString(plan) || more != nil && (more.MatchString(plan) || byPlace.MatchString(plan)) {
					t.Errorf("after %s, it reads too much:\n%s\n%s", setup, text, plan)
				}
			}
			for text, args := range words {
				check(text, args, sorted)
			}
			for text, args := range others {
				check(text, args, nil)
			}
		}
	})
}
