package storetest

import (
	"errors"
	"slices"
	"time"

	"github.com/go-activity/activity"
)

// holdCases are about legal holds.
var holdCases = []testCase{
	{"erasing what is under a legal hold", "An entity under a legal hold is ErrLegalHold, and nothing changes.", checkHeldBack},
	{
		"erasing beside a legal hold",
		"What is of another entity under a legal hold too stays as it is, and Held counts it: events and tasks about it or by it, and outcomes of tasks about it.",
		checkHeldBeside,
	},
	{"legal holds", "LegalHolds returns the legal holds of a tenant, by the kind and the ID of their entities. Every field comes back as it was set.", checkLegalHolds},
	{"replacing a legal hold", "SetLegalHold puts an entity under a legal hold, or replaces the one that it is under.", checkReplaceHold},
	{"lifting a legal hold", "An entity under no legal hold is ErrNotFound.", checkLiftHold},
}

// legalHold is a legal hold of an entity.
func legalHold(entity activity.Entity) activity.LegalHold {
	return activity.LegalHold{Entity: entity, By: ben, Reason: "case 12", At: epoch}
}

// sets sets a legal hold.
func (s subject) sets(tenant string, hold activity.LegalHold) {
	s.Helper()
	if err := s.store.SetLegalHold(s.Context(), tenant, hold); err != nil {
		s.Fatalf("SetLegalHold: %v", err)
	}
}

// holdsBack puts an entity under a legal hold.
func (s subject) holdsBack(tenant string, entity activity.Entity) {
	s.Helper()
	s.sets(tenant, legalHold(entity))
}

// lifts lifts a legal hold.
func (s subject) lifts(tenant string, entity activity.Entity) {
	s.Helper()
	if err := s.store.LiftLegalHold(s.Context(), tenant, entity); err != nil {
		s.Fatalf("LiftLegalHold: %v", err)
	}
}

// hasHolds checks the legal holds of a tenant.
func (s subject) hasHolds(tenant string, want ...activity.LegalHold) {
	s.Helper()
	got, err := s.store.LegalHolds(s.Context(), tenant)
	if err != nil {
		s.Fatalf("LegalHolds: %v", err)
	}
	if d := diffList(want, got); d != "" {
		s.Errorf("LegalHolds of %q: %s", tenant, d)
	}
}

func checkHeldBack(s subject) {
	rows, tasks := erasable(), erasableTasks()
	s.enters(rows...)
	s.addTasks(tasks...)
	s.report(newOutcome(tasks[0].ID, 1, ofRecord(eve)))
	s.mailer()
	s.moves(activity.ConsumerMove{Name: "mailer", Holder: holder(1), Park: []activity.Parked{parkedAt(1, "Eve")}})
	t := newTeller(s)
	t.charge(1, usedBy(eve), held(1))
	for _, label := range []string{eve.Label, "", "Eve Smith"} {
		entity := activity.Entity{Kind: eve.Kind, ID: eve.ID, Label: label}
		s.holdsBack(acme, entity)
		s.refusesErase(eve)
		s.refusesErase(entity)
	}
	s.holds(acme, rows...)
	s.ledgered(book{}.entered(rows...))
	s.holdsTasks(acme, tasks...)
	s.reported(tasks[0].ID, newOutcome(tasks[0].ID, 1, ofRecord(eve)))
	s.hasParked("mailer", parkedAt(1, "Eve"))
	t.keeps()
	if e := s.erasesBy(activity.EraseQuery{Tenant: globex, Entity: eve, Limit: 10}); !e.IsZero() {
		s.Errorf("Erase of what another tenant has = %+v", e)
	}
	s.lifts(acme, eve)
	s.erases(eve)
	left, _ := erased(eve, rows...)
	s.holds(acme, left...)
	s.hasParked("mailer", parkedAt(1, ""))
}

// checkHeldBeside erases the deal, while what is about eve or by her has to stay.
func checkHeldBeside(s subject) {
	rows, tasks := append(erasable(), newRow(10), newRow(11, about(call, deal))), erasableTasks()
	s.enters(rows...)
	s.addTasks(tasks...)
	ofDeal := ofRecord(deal)
	s.report(newOutcome(tasks[0].ID, 1, ofDeal), newOutcome(tasks[0].ID, 2))
	s.report(newOutcome(tasks[2].ID, 1, ofDeal))
	s.holdsBack(acme, eve)
	s.holdsBack(globex, call) // of another tenant
	free, ids := erased(deal, rows[9:]...)
	freeTasks, taskIDs := erasedTasks(deal, tasks[5])
	e := s.erases(deal)
	if want := 4 + 3 + 1; !slices.Equal(e.Events, ids) || !slices.Equal(e.Tasks, taskIDs) || e.Outcomes != 1 || e.Held != want {
		s.Errorf("Erase beside a legal hold = %+v, want events %v, tasks %v, 1 outcome, and %d held", e, ids, taskIDs, want)
	}
	left := append(slices.Clone(rows[:9]), free...)
	s.holds(acme, left...)
	s.ledgered(book{}.entered(rows...).rewritten(left...))
	s.holdsTasks(acme, slices.Concat(tasks[:5], freeTasks, tasks[6:])...)
	s.reported(tasks[0].ID, newOutcome(tasks[0].ID, 1, ofDeal), newOutcome(tasks[0].ID, 2))
	gone := newOutcome(tasks[2].ID, 1, ofDeal)
	gone.Erase(deal)
	s.reported(tasks[2].ID, gone)
	s.lifts(acme, eve)
	if e := s.erases(deal); len(e.Events) != 4 || len(e.Tasks) != 3 || e.Outcomes != 1 || e.Held != 0 {
		s.Errorf("Erase once the legal hold is lifted = %+v", e)
	}
	left, _ = erased(deal, rows...)
	s.holds(acme, left...)
}

func checkLegalHolds(s subject) {
	s.hasHolds(acme)
	entities := []activity.Entity{{Kind: "B", ID: "1"}, {Kind: "a", ID: "10"}, {Kind: "a", ID: "9", Label: "Nine"}, {Kind: "a", ID: "B"}, {Kind: "a", ID: "a"}, {Kind: "ab", ID: "1", Label: "é"}}
	var holds []activity.LegalHold
	for i, entity := range entities {
		holds = append(holds, activity.LegalHold{
			Entity: entity, By: []activity.Entity{ana, ben, {Kind: "system", ID: "x"}}[i%3], Reason: []string{"", "né\n\"x\"", "case"}[i%3],
			At: []time.Time{time.Unix(0, 1000).UTC(), epoch.Add(999_999 * time.Microsecond), time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC)}[i%3],
		})
	}
	for _, i := range []int{3, 0, 5, 2, 4, 1} {
		hold := holds[i]
		hold.At = hold.At.In(elsewhere)
		s.sets(acme, hold)
	}
	s.sets(globex, legalHold(entities[0]))
	s.hasHolds(acme, holds...)
	s.hasHolds(globex, legalHold(entities[0]))
	for _, tenant := range []string{"ACME", "acme ", "acm_", ""} {
		s.hasHolds(tenant)
	}
}

func checkReplaceHold(s subject) {
	first, second := legalHold(eve), activity.LegalHold{Entity: activity.Entity{Kind: eve.Kind, ID: eve.ID, Label: "Eve Smith"}, By: ana, Reason: "case 13", At: epoch.Add(time.Hour)}
	s.sets(acme, first)
	s.sets(acme, legalHold(deal))
	s.sets(acme, second)
	s.hasHolds(acme, second, legalHold(deal))
	s.sets(acme, first)
	s.hasHolds(acme, first, legalHold(deal))
	s.lifts(acme, eve) // one is enough
	s.hasHolds(acme, legalHold(deal))
	s.erases(eve)
}

func checkLiftHold(s subject) {
	absent := func(tenant string, entity activity.Entity) {
		s.Helper()
		if err := s.store.LiftLegalHold(s.Context(), tenant, entity); !errors.Is(err, activity.ErrNotFound) {
			s.Errorf("LiftLegalHold of %v of %q = %v, want ErrNotFound", entity, tenant, err)
		}
	}
	absent(acme, eve)
	s.holdsBack(acme, eve)
	absent(globex, eve)
	absent(acme, activity.Entity{Kind: "deal", ID: eve.ID})
	absent(acme, activity.Entity{Kind: eve.Kind, ID: eve.ID + "2"})
	s.hasHolds(acme, legalHold(eve))
	s.lifts(acme, activity.Entity{Kind: eve.Kind, ID: eve.ID})
	s.hasHolds(acme)
	absent(acme, eve)
}
