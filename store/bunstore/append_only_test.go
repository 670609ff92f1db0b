package bunstore_test

import (
	"context"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/bunstore"
)

func recorded(t *testing.T, s *bunstore.Store) activity.Event {
	t.Helper()
	events, err := newJournal(s).Tenant("acme").Record(t.Context(), noteAdded.New(note{Text: "kept"}).By(ana).About(account))
	if err != nil {
		t.Fatal(err)
	}
	return events[0]
}

func TestAppendOnly(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		ctx := t.Context()
		s := migrated(t, address)
		want := recorded(t, s)
		statements := []string{
			`UPDATE activity_event SET actor_label = 'somebody else'`,
			`DELETE FROM activity_event`,
		}
		if strings.HasPrefix(address, "sqlite") {
			statements = append(statements, `INSERT OR REPLACE INTO activity_event SELECT * FROM activity_event`)
		} else {
			statements = append(statements, `TRUNCATE activity_event`, `SET activity.step = 'anything'; DELETE FROM activity_event`)
		}
		for _, statement := range statements {
			if _, err := s.DB().ExecContext(ctx, statement); err == nil || !strings.Contains(err.Error(), "append-only") {
				t.Errorf("%s: %v, want an error that says append-only", statement, err)
			}
		}
		got, err := s.Event(ctx, "acme", want.ID)
		if err != nil || string(got.Payload) != string(want.Payload) {
			t.Errorf("after the attempts the event is %v, %v", got, err)
		}
	})
}

// The steps that may change events say so within their transaction, and only there.
func TestNamedSteps(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		ctx := t.Context()
		s := migrated(t, address)
		recorded(t, s)
		name, unname := `SET LOCAL activity.step = 'erase'`, `SELECT 1`
		if strings.HasPrefix(address, "sqlite") {
			name, unname = `INSERT INTO activity_guard (step) VALUES ('erase')`, `DELETE FROM activity_guard`
		}
		run := func(statements ...string) error {
			return s.DB().RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
				for _, statement := range statements {
					if _, err := tx.ExecContext(ctx, statement); err != nil {
						return err
					}
				}
				return nil
			})
		}
		if err := run(name, `UPDATE activity_event SET actor_label = ''`, unname); err != nil {
			t.Errorf("a step that names itself: %v", err)
		}
		if err := run(`DELETE FROM activity_event`); err == nil {
			t.Error("the next transaction could delete without naming a step")
		}
		if strings.HasPrefix(address, "sqlite") {
			if err := run(name, `DELETE FROM activity_event`); err == nil {
				t.Error("a transaction that left its guard row behind could commit")
			}
			if got := rowsOf(t, s.DB(), "activity_event"); got != 1 {
				t.Errorf("there are %d events, want 1", got)
			}
		}
	})
}

func reported(t *testing.T, s *bunstore.Store) activity.OutcomeRow {
	t.Helper()
	row := activity.OutcomeRow{Tenant: "acme", Task: taskID(1), Seq: 1, Kind: "created", Row: 7, Message: "kept", At: epoch}
	if err := s.AddOutcomes(t.Context(), []activity.OutcomeRow{row}); err != nil {
		t.Fatal(err)
	}
	return row
}

// What a run reported cannot be changed either, but by a step that names itself.
func TestOutcomesAppendOnly(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		ctx := t.Context()
		s := migrated(t, address)
		want := reported(t, s)
		statements := []string{
			`UPDATE activity_outcome SET message = 'something else'`,
			`DELETE FROM activity_outcome`,
		}
		name, unname := `SET LOCAL activity.step = 'retention'`, `SELECT 1`
		if strings.HasPrefix(address, "sqlite") {
			statements = append(statements, `INSERT OR REPLACE INTO activity_outcome SELECT * FROM activity_outcome`)
			name, unname = `INSERT INTO activity_guard (step) VALUES ('retention')`, `DELETE FROM activity_guard`
		} else {
			statements = append(statements, `TRUNCATE activity_outcome`, `SET activity.step = 'anything'; DELETE FROM activity_outcome`)
		}
		for _, statement := range statements {
			if _, err := s.DB().ExecContext(ctx, statement); err == nil || !strings.Contains(err.Error(), "append-only") {
				t.Errorf("%s: %v, want an error that says append-only", statement, err)
			}
		}
		rows, err := s.Outcomes(ctx, activity.OutcomeFilter{Tenant: "acme", Task: want.Task, Limit: 2})
		if err != nil || len(rows) != 1 || rows[0].Message != want.Message {
			t.Errorf("after the attempts the outcomes are %v, %v", rows, err)
		}
		err = s.DB().RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			for _, statement := range []string{name, `DELETE FROM activity_outcome`, unname} {
				if _, err := tx.ExecContext(ctx, statement); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Errorf("a step that names itself: %v", err)
		}
	})
}

// Nobody changes the ledger, not even a step that may change events.
func TestLedgerAppendOnly(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		ctx := t.Context()
		s := migrated(t, address)
		recorded(t, s)
		if n, err := s.Seal(ctx, 10); n != 1 || err != nil {
			t.Fatalf("Seal = %d, %v", n, err)
		}
		statements := []string{
			`UPDATE activity_ledger SET tenant = 'somebody else'`,
			`DELETE FROM activity_ledger`,
		}
		name := `SET LOCAL activity.step = 'erase'`
		if strings.HasPrefix(address, "sqlite") {
			statements = append(statements, `INSERT OR REPLACE INTO activity_ledger SELECT * FROM activity_ledger`)
			name = `INSERT INTO activity_guard (step) VALUES ('erase')`
		} else {
			statements = append(statements, `TRUNCATE activity_ledger`)
		}
		for _, statement := range statements {
			err := s.DB().RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
				if _, err := tx.ExecContext(ctx, name); err != nil {
					t.Fatal(err)
				}
				_, err := tx.ExecContext(ctx, statement)
				return err
			})
			if err == nil || !strings.Contains(err.Error(), "append-only") {
				t.Errorf("%s: %v, want an error that says append-only", statement, err)
			}
		}
		checkLedger(t, s)
	})
}
