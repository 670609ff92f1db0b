package bunstore_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	signed "golang.org/x/mod/sumdb/note"

	"github.com/go-activity/activity"
)

// The tables that the ledger proves. The columns come from the database, so that one that is added is changed here too.
var tampered = []string{"activity_event", "activity_ledger", "activity_head", "activity_tile"}

// somewhere is the index of a change that is about the ledger as a whole.
const somewhere = -1

type tampering struct {
	*vandal
	journal *activity.Journal
	since   activity.Checkpoint
	index   map[string]int64 // of each event, by its ID
	counts  map[string]int   // changes of each column that the database let pass
	refused int
}

// A change of any byte of any column, and of any row, is seen by Verify against a checkpoint from before, at its index.
func TestTampering(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		x := newTampering(t, address)
		random := rand.New(rand.NewPCG(7, 11))
		each, most := 3, 16 // rows of a table, and bytes of a value
		if os.Getenv("ACTIVITY_TEST_LONG") != "" {
			each, most = 100, 1<<20
		}
		for _, table := range tampered {
			rows := x.rows(table)
			x.columnsOf(rows, random, each, most)
			x.swaps(rows, random, each)
			for range min(each, len(rows)) {
				r := rows[random.IntN(len(rows))]
				x.sees("remove from "+table, x.indexOf(r), func() error { return x.remove(r) })
			}
		}
		x.inserts()
		x.cuts()
		for _, table := range tampered {
			for _, c := range x.columns[table] {
				if x.counts[table+"."+c.name] == 0 {
					t.Errorf("no change of %s.%s was tried that the database lets pass", table, c.name)
				}
			}
		}
		total := 0
		for _, n := range x.counts {
			total += n
		}
		t.Logf("%d changes of values were seen, %d were refused by the database", total, x.refused)
	})
}

// newTampering makes ledgers in which something was erased and removed, and in which there is one full tile.
func newTampering(t *testing.T, address string) *tampering {
	ctx := t.Context()
	private, _, err := activity.GenerateKey("test")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := signed.NewSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	x := &tampering{vandal: disarmed(t, address), index: map[string]int64{}, counts: map[string]int{}}
	now := epoch
	brief := activity.Define[struct{}]("note.seen", activity.TypeOptions{Retention: time.Hour})
	x.journal, err = activity.New(x.store, &activity.Config{
		Types: []activity.EventType{noteAdded, brief}, Kinds: []activity.Kind{{Name: "import"}}, Signer: signer, Now: func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	contact := activity.Entity{Kind: "contact", ID: "42", Label: "Bob"}
	task, err := x.journal.Tenant("acme").Enqueue(ctx, activity.TaskSpec{Kind: "import", Actor: ana})
	if err != nil {
		t.Fatal(err)
	}
	run, err := x.journal.Tenant("acme").Start(ctx, task.ID)
	if err != nil {
		t.Fatal(err)
	}
	var drafts []activity.Draft
	for i := range 260 {
		draft := noteAdded.New(note{i, "said"}).By(ana).About(account)
		switch i % 20 {
		case 1:
			draft = draft.Key(fmt.Sprint("key ", i)).Manual().At(now.Add(-time.Duration(i) * time.Second))
		case 2:
			draft = draft.About(contact).Key(fmt.Sprint("Bob ", i))
		case 3:
			draft = brief.New(struct{}{}).By(contact)
		}
		if drafts = append(drafts, draft); len(drafts) == 20 {
			if _, err := x.journal.Tenant("acme").Record(ctx, drafts...); err != nil {
				t.Fatal(err)
			}
			drafts = nil
			if _, err := x.journal.Tenant("globex").Record(ctx, noteAdded.New(note{i, "other"}).By(ana)); err != nil {
				t.Fatal(err)
			}
			if _, err := run.Record(ctx, noteAdded.New(note{i, "of a run"})); err != nil {
				t.Fatal(err)
			}
			if _, err := x.journal.Seal(ctx); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := x.journal.Seal(ctx); err != nil {
		t.Fatal(err)
	}
	if err := run.Complete(ctx); err != nil {
		t.Fatal(err)
	}
	if n, err := x.journal.Tenant("acme").Erase(ctx, contact, ana, "asked for"); err != nil || n == 0 {
		t.Fatal(n, err)
	}
	now = now.Add(2 * time.Hour)
	if n, err := x.journal.Retain(ctx); err != nil || n == 0 {
		t.Fatal(n, err)
	}
	if x.since, err = x.journal.Tenant("acme").Ledger().Checkpoint(ctx); err != nil {
		t.Fatal(err)
	}
	for _, r := range x.rows("activity_ledger") {
		x.index[x.key(r, "event_id")] = x.number(r, "index")
	}
	x.within(func() error {
		if err := x.verify(); err != nil {
			t.Fatalf("before anything is changed: %v", err)
		}
		return nil
	})
	return x
}

// verify verifies acme as the transaction sees it.
func (x *tampering) verify() error {
	_, err := x.journal.With(x.store.Tx(x.tx)).Tenant("acme").Ledger().Verify(x.t.Context(), &x.since)
	return err
}

// sees makes a change, and checks that Verify names its index.
func (x *tampering) sees(what string, index int64, change func() error) (let bool) {
	x.t.Helper()
	x.within(func() error {
		if err := change(); err != nil {
			x.refused++
			return err
		}
		let = true
		err := x.verify()
		problem, ok := errors.AsType[*activity.TamperError](err)
		if !ok {
			x.t.Errorf("%s (index %d): Verify = %v", what, index, err)
			return nil
		}
		if index != somewhere && !slices.ContainsFunc(problem.Problems, func(p activity.Problem) bool { return p.Index == index }) {
			x.t.Errorf("%s: Verify does not name index %d, but %v", what, index, problem.Problems)
		}
		return nil
	})
	return let
}

// indexOf returns the index that a change of a row is about.
func (x *tampering) indexOf(r row) int64 {
	switch r.table {
	case "activity_event":
		return x.index[x.key(r, "id")]
	case "activity_ledger":
		return x.number(r, "index")
	case "activity_tile":
		return x.number(r, "index") * 256 << (8 * x.number(r, "level"))
	}
	return somewhere
}
