package bunstore_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/bunstore"
)

func record(t *testing.T, s *bunstore.Store, n int) {
	t.Helper()
	if _, err := newJournal(s).Tenant("acme").Record(t.Context(), draftsOf(n, "")...); err != nil {
		t.Fatal(err)
	}
}

func sealed(t *testing.T, s *bunstore.Store, want int) {
	t.Helper()
	if n, err := sealAll(t.Context(), s, 5000); n != want || err != nil {
		t.Fatalf("%d were sealed, %v, want %d", n, err, want)
	}
}

// The pending tables change their roles as soon as nobody is in the way, and whichever table an event is in, it is sealed.
func TestTurns(t *testing.T) {
	ctx := t.Context()
	address := fromTemplate(t)
	s, other := openAt(t, address), openAt(t, address)
	s.SetTurns(1<<13, 0)
	record(t, s, 300)
	sealed(t, s, 300)
	for _, n := range []int{1, 5, 300} { // each way of recording
		record(t, s, n)
	}
	reportTransition(t, s)
	if got := rowsOf(t, s.DB(), "activity_pending_b"); got != 307 {
		t.Errorf("activity_pending_b has %d rows after the turn, want 307", got)
	}
	record(t, other, 7)
	if _, err := s.DB().ExecContext(ctx, `WITH late AS (DELETE FROM activity_pending_b WHERE ctid IN (SELECT ctid FROM activity_pending_b LIMIT 7) RETURNING *)
INSERT INTO activity_pending SELECT * FROM late`); err != nil { // as if the other process had not known yet
		t.Fatal(err)
	}
	sealed(t, s, 314)
	if got := turn(t, s); got {
		t.Fatal("they did not change back")
	}

	tx, err := s.DB().BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO activity_pending_b SELECT event_id, tenant, now(), leaf FROM activity_ledger LIMIT 1`); err != nil {
		t.Fatal(err)
	}
	record(t, s, 300)
	sealed(t, s, 300)
	if turn(t, s) {
		t.Error("a table was truncated to which somebody was adding")
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	record(t, s, 1)
	sealed(t, s, 1)
	if !turn(t, s) {
		t.Error("with nobody in the way they did not change their roles")
	}
}

// What was added to a table between the look at it and its lock is not lost.
func TestTurnFindsLateEvents(t *testing.T) {
	ctx := t.Context()
	s := openAt(t, fromTemplate(t))
	if err := s.EndTurn(ctx, false); err != nil || !turn(t, s) {
		t.Fatalf("with both tables empty they did not change their roles: %v", err)
	}
	if err := s.EndTurn(ctx, false); err != nil || !turn(t, s) { // as another process was first
		t.Fatalf("a turn ended twice: %v", err)
	}
	record(t, s, 3)
	if _, err := s.DB().ExecContext(ctx, `UPDATE activity_pending_turn SET b = false`); err != nil {
		t.Fatal(err)
	}
	if got := rowsOf(t, s.DB(), "activity_pending_b"); got != 3 {
		t.Fatalf("activity_pending_b has %d rows: this tests nothing", got)
	}
	if err := s.EndTurn(ctx, false); err != nil || turn(t, s) {
		t.Errorf("the table was not empty, and the roles changed: %v", err)
	}
	sealed(t, s, 3)
}

// turn reports whether activity_pending_b is being filled.
func turn(t *testing.T, s *bunstore.Store) (b bool) {
	t.Helper()
	if err := s.DB().QueryRowContext(t.Context(), `SELECT b FROM activity_pending_turn`).Scan(&b); err != nil {
		t.Fatal(err)
	}
	return b
}

// reportTransition adds a task and starts it, which tells of it in the same statement.
func reportTransition(t *testing.T, s *bunstore.Store) {
	t.Helper()
	ctx := t.Context()
	task, err := s.AddTask(ctx, activity.Task{ID: taskID(1), Tenant: "acme", Kind: "import", Status: activity.StatusQueued, Actor: ana, QueuedAt: epoch})
	if err != nil {
		t.Fatal(err)
	}
	event := func(after activity.Task, now time.Time) (activity.EventRow, error) {
		row := activity.EventRow{Event: activity.Event{ID: taskID(2), Tenant: "acme", Type: "task.started", Version: 1, Actor: ana, Task: after.ID,
			Source: activity.Automatic, OccurredAt: now, RecordedAt: now, Payload: []byte("{}")}, Salts: make([]byte, 32)}
		return row, nil
	}
	_, changed, err := s.ChangeTask(ctx, activity.TaskUpdate{Tenant: "acme", ID: task.ID, To: activity.StatusProcessing, Event: event})
	if err != nil || !changed {
		t.Fatalf("the task was started: %v, %v", changed, err)
	}
}

// While a snapshot is held, the rows that sealing deletes stay in one table forever, and in two tables until the next turn.
func TestTurnsUnderLongSnapshot(t *testing.T) {
	ctx := t.Context()
	size := func(pause time.Duration) (bytes int64) {
		s := openAt(t, fromTemplate(t))
		s.SetTurns(1<<15, pause)
		err := s.DB().RunInTx(ctx, nil, func(_ context.Context, snapshot bun.Tx) error {
			for _, statement := range []string{`SET TRANSACTION ISOLATION LEVEL REPEATABLE READ`, `SELECT count(*) FROM activity_event`} {
				if _, err := snapshot.ExecContext(ctx, statement); err != nil {
					return err
				}
			}
			for range 12 {
				record(t, s, 500)
				sealed(t, s, 500)
				if _, err := s.DB().ExecContext(ctx, `VACUUM activity_pending, activity_pending_b`); err != nil {
					return err
				}
			}
			return s.DB().QueryRowContext(ctx, `SELECT pg_relation_size('activity_pending') + pg_relation_size('activity_pending_b')`).Scan(&bytes)
		})
		if err != nil {
			t.Fatal(err)
		}
		return bytes
	}
	with, without := size(0), size(time.Hour)
	if with*3 > without {
		t.Errorf("the pending tables have %d bytes, and %d without turns", with, without)
	}
}

// A role that may not truncate seals all the same.
func TestSealWithoutTruncate(t *testing.T) {
	ctx := t.Context()
	address := fromTemplate(t)
	owner, s := openAt(t, address), openAt(t, address)
	role := fmt.Sprintf("sealer_%d", time.Now().UnixNano())
	if _, err := owner.DB().ExecContext(ctx, `CREATE ROLE `+role); err != nil {
		t.Skip("the user of ACTIVITY_TEST_POSTGRES may not create roles")
	}
	defer func() {
		if _, err := owner.DB().ExecContext(t.Context(), `DROP OWNED BY `+role+`; DROP ROLE `+role); err != nil {
			t.Error(err)
		}
	}()
	if _, err := owner.DB().ExecContext(ctx, `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO `+role); err != nil {
		t.Fatal(err)
	}
	s.DB().SetMaxOpenConns(1)
	if _, err := s.DB().ExecContext(ctx, `SET ROLE `+role); err != nil {
		t.Fatal(err)
	}
	s.SetTurns(1<<13, 0)
	for range 3 {
		record(t, s, 300)
		sealed(t, s, 300)
	}
	if turn(t, owner) {
		t.Error("they changed their roles")
	}
	checkLedger(t, s)
}
