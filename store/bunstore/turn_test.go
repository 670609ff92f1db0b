package bunstore_test

import (
	"testing"
	"time"

	"github.com/go-activity/activity"
)

// Beside a host that keeps the only connection for writing busy, the first write waits for a turn or two and not for
// as many as there are statements.
func TestFirstWriteWaitsForFewTurns(t *testing.T) {
	ctx := t.Context()
	s := migrated(t, "sqlite "+t.TempDir()+"/activity.db")
	tenant := newJournal(s).Tenant("acme")
	if _, err := tenant.Timeline(ctx, activity.Query{}); err != nil { // knows the schema from now on
		t.Fatal(err)
	}
	recorded := make(chan error, 1)
	for turns := 0; ; turns++ {
		conn, err := s.DB().DB.Conn(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if turns == 0 {
			go func() {
				_, err := tenant.Record(ctx, noteAdded.New(note{Text: "first"}).By(ana))
				recorded <- err
			}()
		}
		time.Sleep(5 * time.Millisecond) // what the host does
		if err := conn.Close(); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-recorded:
			if err != nil {
				t.Fatal(err)
			}
			if turns > 15 { // there are 27 statements to prepare
				t.Errorf("the first write waited for %d turns", turns)
			}
			return
		default:
		}
	}
}
