package bunstore_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/bunstore"
)

func init() {
	children["erase"] = func(address string) {
		onJournal(address, func(ctx context.Context, j *activity.Journal) error {
			_, err := j.Tenant("acme").Erase(ctx, subject, ana, "on request")
			return err
		})
	}
	children["retain"] = func(address string) {
		onJournal(address, func(ctx context.Context, j *activity.Journal) error {
			_, err := j.Retain(ctx)
			return err
		})
	}
}

func onJournal(address string, do func(context.Context, *activity.Journal) error) {
	ctx := context.Background()
	s, err := open(ctx, address)
	if err != nil {
		panic(err)
	}
	if err := do(ctx, newErasing(s, nil)); err != nil {
		panic(err)
	}
}

// many records events that are to be erased or removed, and returns their IDs, ascending.
func many(t *testing.T, s *bunstore.Store, draft activity.Draft) []activity.ID {
	t.Helper()
	var ids []activity.ID
	acme := newErasing(s, nil).Tenant("acme")
	for range 5 {
		drafts := make([]activity.Draft, 2500)
		for i := range drafts {
			drafts[i] = draft
		}
		for _, e := range must(acme.Record(t.Context(), drafts...))(t) {
			ids = append(ids, e.ID)
		}
	}
	for must(s.Seal(t.Context(), 5000))(t) > 0 {
	}
	slices.SortFunc(ids, activity.ID.Compare)
	return ids
}

// killed starts a child, and kills it once it has said of the type's events that something is done.
func killed(t *testing.T, s *bunstore.Store, address, child string, typ activity.EventType) {
	t.Helper()
	cmd, _ := start(t, child, address)
	done := activity.Query{Types: []string{typ.Name()}}
	acme := newErasing(s, nil).Tenant("acme")
	for before := count(t, acme, done); count(t, acme, done) == before; {
		if t.Context().Err() != nil {
			break
		}
	}
	check(t, cmd.Process.Kill())
	_ = cmd.Wait() // says that it was killed
	quiet(t, s)
}

// A process that is killed while it erases leaves no half of a step, and calling again finishes: every event is listed once.
func TestKillErasing(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		s := migrated(t, address)
		want := many(t, s, noteAdded.New(note{Text: "gone"}).By(ana).About(subject, account))
		acme := newErasing(s, nil).Tenant("acme")
		about := activity.Query{About: []activity.Entity{subject}}
		for range 2 {
			killed(t, s, address, "erase", activity.EntityErased)
			erased, left := len(erasedIDs(t, acme)), count(t, acme, about)
			if left == 0 {
				t.Fatal("it was not killed in the middle")
			}
			if erased+left != len(want) {
				t.Errorf("%d events are listed as erased, and %d are left of %d", erased, left, len(want))
			}
		}
		if _, err := acme.Erase(t.Context(), subject, ana, "on request"); err != nil {
			t.Fatal(err)
		}
		listed := erasedIDs(t, acme)
		slices.SortFunc(listed, activity.ID.Compare)
		if !slices.Equal(listed, want) {
			t.Errorf("%d events are listed as erased, want each of %d once", len(listed), len(want))
		}
		if n := rowsOf(t, s.DB(), "activity_event WHERE NOT erased AND type = 'note.added'"); n != 0 {
			t.Errorf("%d events were not erased", n)
		}
	})
}

// A process that is killed while it removes leaves no half of a step, and calling again finishes: every event is listed once.
func TestKillRetaining(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		s := migrated(t, address)
		want := many(t, s, noteKept.New(note{Text: "old"}).By(ana).About(account).At(time.Now().Add(-2*time.Hour)))
		j := newErasing(s, nil)
		acme := j.Tenant("acme")
		entries := rowsOf(t, s.DB(), "activity_ledger")
		killed(t, s, address, "retain", activity.EventsRemoved)
		left := count(t, acme, activity.Query{Types: []string{noteKept.Name()}})
		if left == 0 {
			t.Fatal("it was not killed in the middle")
		}
		if removed := len(removedIDs(t, acme)); removed+left != len(want) {
			t.Errorf("%d events are listed as removed, and %d are left of %d", removed, left, len(want))
		}
		if n, err := j.Retain(t.Context()); n != left || err != nil {
			t.Fatalf("Retain = %d, %v, want %d", n, err, left)
		}
		listed := removedIDs(t, acme)
		slices.SortFunc(listed, activity.ID.Compare)
		if !slices.Equal(listed, want) {
			t.Errorf("%d events are listed as removed, want each of %d once", len(listed), len(want))
		}
		events := rowsOf(t, s.DB(), "activity_event")
		if got := rowsOf(t, s.DB(), "activity_feed"); got != 2*events { // of the tenant and of the actor
			t.Errorf("%d events are in %d feeds", events, got)
		}
		if got := rowsOf(t, s.DB(), "activity_ledger"); got != entries {
			t.Errorf("the ledger has %d entries, had %d", got, entries)
		}
	})
}
