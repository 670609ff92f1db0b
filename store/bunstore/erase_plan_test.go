package bunstore_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/bunstore"
)

// seedErasure adds legal holds and parked entries, as no table is chosen to be read by an index that has but a few rows.
func seedErasure(t *testing.T, s *bunstore.Store) {
	t.Helper()
	check(t, s.InTx(t.Context(), func(tx activity.Store) error {
		for i := range 3000 {
			hold := activity.LegalHold{Entity: person(i), By: ana, Reason: "lawsuit", At: epoch}
			if err := tx.SetLegalHold(t.Context(), fmt.Sprint("tenant", i%100), hold); err != nil {
				return err
			}
		}
		return nil
	}))
	holder := activity.ID{1}
	must(s.TakeConsumer(t.Context(), activity.ConsumerTake{Name: "mailer", Holder: holder, Lease: time.Minute}))(t)
	move := activity.ConsumerMove{Name: "mailer", Holder: holder}
	for i := range activity.Position(5000) {
		p := activity.Parked{Position: 10 * i, Through: 10 * i, Error: "refused", At: epoch}
		if i%10 == 0 {
			p.Through += 5
		}
		move.Park = append(move.Park, p)
	}
	check(t, s.MoveConsumer(t.Context(), move))
}

// Nothing that erases or removes reads a table from end to end. Following feeds and lists is looked at by TestPlans
// and TestTaskPlans.
func TestErasePlans(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		s := migrated(t, address)
		seed(t, s)
		known := seedTasks(t, s)
		explain := explainSQLite
		if !onSQLite(address) {
			explain = explainPostgres
		}
		seedQuotas(t, s, !onSQLite(address))
		for must(s.Seal(t.Context(), 5000))(t) > 0 {
		}
		seedErasure(t, s)
		for _, statistics := range []bool{false, true} {
			if statistics {
				execute(t, s, `ANALYZE`)
				s = openAt(t, address)
			}
			for text, args := range s.EraseStatements(known, time.Unix(1700000000, 0)) {
				checkPlan(t, text, text, explain(t, s, text, args))
			}
		}
	})
}
