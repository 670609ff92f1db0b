package storetest

import (
	"slices"
	"testing"

	"github.com/go-activity/activity"
)

// defect is something that a store may do wrong, and the case that must find it.
type defect struct {
	name  string
	found string // the name of a case; its rule is what the defect breaks
	store func() activity.Store
}

func defects() []defect {
	return slices.Concat(
		wholeDefects(), endDefects(), txDefects(), appendDefects(), keyDefects(), eventDefects(), feedDefects(), queryDefects(),
		taskWholeDefects(), taskTxDefects(), addTaskDefects(), changeTaskDefects(), listTasksDefects(), taskFilterDefects(),
		admitDefects(), claimDefects(), lostDefects(), outcomeDefects(),
		quotaWholeDefects(), chargeQuotaDefects(), settleHoldsDefects(), readQuotaDefects(),
		ledgerWholeDefects(), sealDefects(), entryDefects(), consumerDefects(), eraseDefects(),
		countDefects(), timelineWholeDefects(), directoryDefects(), relationDefects(), markDefects(), eraseNameDefects(),
	)
}

func TestEveryDefectIsFound(t *testing.T) {
	cases := map[string]testCase{}
	for _, c := range rules() {
		cases[c.name] = c
	}
	proven := map[string]bool{}
	for _, d := range defects() {
		t.Run(d.name, func(t *testing.T) {
			c, ok := cases[d.found]
			if !ok {
				t.Fatalf("there is no case %q", d.found)
			}
			proven[d.found] = true
			failures := record(t, c, d.store())
			if len(failures) == 0 {
				t.Errorf("a store that %s passes the case %q: %s", d.name, c.name, c.Rule)
			}
			for _, failure := range failures {
				t.Log(failure)
			}
		})
	}
	for name := range cases {
		if !proven[name] {
			t.Errorf("no defect shows that the case %q can fail", name)
		}
	}
}

// A store without a defect passes, so that what fails does so for its defect.
func TestNoDefectIsFound(t *testing.T) {
	for _, c := range rules() {
		t.Run(c.name, func(t *testing.T) {
			for _, failure := range record(t, c, newBroken(broken{})) {
				t.Error(failure)
			}
		})
	}
}

// with makes the store of a defect.
func with(b broken) func() activity.Store {
	return func() activity.Store { return newBroken(b) }
}

// each makes a new store of a defect that has a state of its own.
func each(b func() broken) func() activity.Store {
	return func() activity.Store { return newBroken(b()) }
}
