// Package storetest checks that a store keeps the contract of [activity.Store].
//
// Every sentence of the contract has a case that quotes it, so a failure says which promise is
// broken. Beside these, [Run] uses the store the way a host does, through a journal, and compares it
// with the store in memory over random operations.
package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/go-activity/activity"
)

// patience is how long a case may take before its context ends. It turns a store that hangs into
// one that fails.
const patience = 5 * time.Minute

// Run checks a store, in subtests of t. It calls newStore for each of them; it must return an empty
// store of its own that is ready for use, and Run closes it. Whatever else a store needs is to be
// cleaned up by t.Cleanup.
//
// The subtest "random" repeats the same operations on each run; the environment variable
// STORETEST_SEED, a number, makes it choose others. A failure tells the seed.
//
// Run needs no more of the machine than the store does. Its subtests run one after the other, and
// some of them call the store from up to 16 goroutines.
func Run(t *testing.T, newStore func(t *testing.T) activity.Store) {
	for _, group := range groups() {
		t.Run(group.name, func(t *testing.T) {
			for _, c := range group.cases {
				t.Run(c.name, func(t *testing.T) { c.run(t, newStore(t)) })
			}
		})
	}
}

// group is one subtest of Run, whose cases are subtests of it.
type group struct {
	name  string
	cases []testCase
}

func groups() []group {
	return []group{
		{"rules", rules()},
		{"content", contentCases},
		{"journal", journalCases()},
		{"promises", promiseCases()},
		{"paging while appending", pagingCases},
		{"random", randomCases},
	}
}

// testCase is one thing that a store must do.
type testCase struct {
	name  string
	Rule  string // the sentences of the contract that it checks, word for word; empty if it checks no single ones
	check func(s subject)
}

// run checks a store, which it closes.
func (c testCase) run(t reporter, store activity.Store) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	defer func() {
		if err := store.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}()
	c.check(subject{reporter: quoting{t, ctx, c.Rule}, store: store})
}

// reporter is what a case needs of a *testing.T.
type reporter interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any) // for the goroutine of the case only
	Context() context.Context
}

// quoting is a reporter that adds the rule to what it is told.
type quoting struct {
	reporter
	ctx  context.Context
	rule string
}

func (q quoting) Context() context.Context { return q.ctx }

func (q quoting) Errorf(format string, args ...any) {
	q.Helper()
	q.reporter.Errorf(format+"%s", append(args, q.quote())...)
}

func (q quoting) Fatalf(format string, args ...any) {
	q.Helper()
	q.reporter.Fatalf(format+"%s", append(args, q.quote())...)
}

func (q quoting) quote() string {
	if q.rule == "" {
		return ""
	}
	return "\nThe rule: " + q.rule
}
