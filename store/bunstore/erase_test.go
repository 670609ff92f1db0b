package bunstore_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/bunstore"
)

// subject is whom the tests erase. No text of theirs is anywhere else.
var subject = activity.Entity{Kind: "contact", ID: "zq7id", Label: "Zq7label"}

var scanKind = activity.Kind{Name: "scan", Outcomes: activity.ImportOutcomes(), ActorQuota: "calls", Retention: time.Hour}

var noteKept = activity.Define[note]("note.kept", activity.TypeOptions{Retention: time.Hour})

func newErasing(store activity.Store, now func() time.Time) *activity.Journal {
	j, err := activity.New(store, &activity.Config{
		Types: []activity.EventType{noteAdded, noteKept}, Kinds: []activity.Kind{scanKind}, Now: now,
		Quotas: []activity.Quota{{Name: "calls", Windows: []activity.Window{{Length: time.Hour, Limit: 1000}}, Hold: time.Minute}},
	})
	if err != nil {
		panic(err)
	}
	return j
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// leaveTraces puts the subject wherever an entity can be, and returns every text that must be gone once it is erased.
func leaveTraces(t *testing.T, s *bunstore.Store, j *activity.Journal) []string {
	t.Helper()
	ctx := t.Context()
	acme := j.Tenant("acme")
	as := func(label string) activity.Entity {
		return activity.Entity{Kind: subject.Kind, ID: subject.ID, Label: label}
	}

	_, err := acme.Record(ctx,
		noteAdded.New(note{Text: "zq7payload"}).By(ana).About(account, as("Zq7about")).Key("zq7id-key"),
		noteAdded.New(note{Text: "stays"}).By(as("Zq7actor")).About(account).Key("other-ZQ7ID"))
	check(t, err)
	run := must(acme.Start(ctx, must(acme.Enqueue(ctx, activity.TaskSpec{
		Kind: "scan", Title: "zq7title", Actor: ana, About: []activity.Entity{as("Zq7task")}, Input: json.RawMessage(`{"a":"zq7input"}`),
		Attributes: map[string]string{"name": "zq7attribute"}, Key: "task-zq7id", Exclusive: "only-zq7id",
	}))(t).ID))(t)
	check(t, run.Report(ctx,
		activity.Outcome{Kind: "updated", Record: as("Zq7record"), Row: 1, Message: "zq7message", Link: "https://zq7link.test",
			Before: map[string]any{"n": "zq7before"}, After: map[string]any{"n": "zq7after"}, Extra: map[string]any{"x": "zq7extra"}},
		activity.Outcome{Kind: "updated", Record: activity.Entity{Kind: "contact", ID: "2"}, Row: 2, Message: "stays"}))
	check(t, run.Fail(ctx, fmt.Errorf("zq7reason")))
	by := must(acme.Enqueue(ctx, activity.TaskSpec{Kind: "scan", Title: "by it", Actor: as("Zq7runs"), Key: "zq7id by"}))(t)
	must(acme.Cancel(ctx, by.ID, ana, "stays"))(t)
	ended := must(acme.Enqueue(ctx, activity.TaskSpec{Kind: "scan", Title: "ended by it", Actor: ana}))(t)
	must(acme.Cancel(ctx, ended.ID, as("Zq7ended"), "stays"))(t)

	calls := acme.Meter("calls", account)
	check(t, calls.Use(activity.WithActor(ctx, as("Zq7user")), 3))
	check(t, calls.Use(ctx, 4))
	must(calls.Reserve(activity.WithActor(ctx, as("Zq7holder")), 5))(t)
	check(t, acme.Meter("calls", as("Zq7meter")).Use(activity.WithActor(ctx, ana), 2))
	must(acme.Meter("calls", as("Zq7meter")).Reserve(activity.WithActor(ctx, ana), 2))(t)

	check(t, s.SetLegalHold(ctx, "acme", activity.LegalHold{Entity: activity.Entity{Kind: "account", ID: "held"}, By: as("Zq7lawyer"), Reason: "stays", At: epoch}))

	check(t, s.Relate(ctx, "acme", below(as("Zq7child"), account)))
	check(t, s.Relate(ctx, "acme", mergedInto(activity.Entity{Kind: "contact", ID: "2"}, as("Zq7of"))))
	check(t, s.Relate(ctx, "acme", below(person(1), account))) // PostgreSQL keeps the statistics of a table that has become empty
	check(t, s.SetMark(ctx, activity.ReadMark{Tenant: "acme", Reader: ana, Feed: account, Through: taskID(1)}))
	check(t, s.SetMark(ctx, activity.ReadMark{Tenant: "acme", Reader: subject, Feed: account, Through: taskID(1)}))
	check(t, s.SetMark(ctx, activity.ReadMark{Tenant: "acme", Reader: ana, Feed: subject, Through: taskID(1)}))

	must(s.Seal(ctx, 5000))(t)
	must(s.Index(ctx, 5000))(t)
	entries := must(s.Entries(ctx, activity.EntryQuery{Limit: 5000}))(t)
	holder := activity.ID{1}
	must(s.TakeConsumer(ctx, activity.ConsumerTake{Name: "mailer", Holder: holder, Lease: time.Minute}))(t)
	check(t, s.MoveConsumer(ctx, activity.ConsumerMove{
		Name: "mailer", Holder: holder, Failures: 1, Error: "zq7failure",
		Park: []activity.Parked{{Position: entries[0].Position, Through: entries[0].Position, Error: "zq7parked", At: epoch}},
	}))
	return []string{
		"zq7id", "ZQ7ID", "zq7payload", "Zq7about", "Zq7actor", "zq7title", "Zq7task", "zq7input", "zq7attribute", "zq7reason",
		"Zq7record", "zq7message", "zq7link", "zq7before", "zq7after", "zq7extra", "Zq7runs", "Zq7ended",
		"zq7about", "zq7actor", "zq7task", "zq7runs", // words of its names
		"Zq7user", "Zq7holder", "Zq7lawyer", "zq7failure", "zq7parked", "Zq7child", "Zq7of",
	}
}

// What was erased is nowhere in the tables, and nowhere in the files once they were rewritten; its leaves are what they were, and
// what is of others is.
func TestErase(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		ctx := t.Context()
		s := migrated(t, address)
		now := time.Now()
		j := newErasing(s, func() time.Time { return now })
		acme := j.Tenant("acme")
		traces := leaveTraces(t, s, j)
		execute(t, s, `ANALYZE`) // statistics have values too
		data := files(t, s, address)
		for _, text := range traces {
			if !strings.Contains(data, text) {
				t.Fatalf("%s is not in the files to begin with", text)
			}
		}
		calls := acme.Meter("calls", account)
		used := must(calls.Usage(ctx))(t)
		leaves := must(s.Entries(ctx, activity.EntryQuery{Limit: 5000}))(t)

		n, err := acme.Erase(ctx, subject, ana, "on request")
		check(t, err)
		if n < 3 {
			t.Errorf("%d events were erased", n)
		}
		if again, err := acme.Erase(ctx, subject, ana, "on request"); again != 0 || err != nil {
			t.Errorf("a second time, %d events were erased (%v)", again, err)
		}

		for i, e := range must(s.Entries(ctx, activity.EntryQuery{Limit: 5000}))(t) {
			if leaf, err := e.Event.Check(); err != nil || e.Err != nil || leaf != leaves[i].Leaf {
				t.Errorf("the leaf of %+v: %v, %v", e.Event, err, e.Err)
			}
		}
		after := must(calls.Usage(ctx))(t)
		if after.Windows[0].Used != used.Windows[0].Used || after.Windows[0].Held != used.Windows[0].Held {
			t.Errorf("usage was %+v, is %+v", used.Windows, after.Windows)
		}
		by := must(calls.By(ctx))(t)
		if len(by) != 1 || by[0] != (activity.UsedBy{Units: 12}) {
			t.Errorf("used by %+v", by)
		}
		if usage := must(acme.Meter("calls", subject).Usage(ctx))(t); usage.Windows[0].Used+usage.Windows[0].Held != 0 {
			t.Errorf("of the subject is left %+v", usage.Windows)
		}
		if n := count(t, acme, activity.Query{About: []activity.Entity{subject}}) + count(t, acme, activity.Query{Actor: subject}); n != 0 {
			t.Errorf("timelines have %d events of the subject", n)
		}
		if n := count(t, acme, activity.Query{About: []activity.Entity{account}}); n != 2 {
			t.Errorf("the timeline of another has %d events, want 2", n)
		}
		for _, q := range []activity.TaskQuery{{About: []activity.Entity{subject}}, {Actor: subject}, {Title: "zq7title"}, {Attributes: map[string]string{"name": "zq7attribute"}}} {
			if page := must(acme.Tasks(ctx, q))(t); len(page.Tasks) != 0 {
				t.Errorf("%+v finds %+v", q, page.Tasks)
			}
		}
		if found := must(acme.Lookup(ctx, "zq7", nil))(t); len(found) > 0 {
			t.Errorf("the directory has %+v", found)
		}
		for _, table := range []string{"activity_relation", "activity_mark"} {
			if n := rowsOf(t, s.DB(), table); n != 1 {
				t.Errorf("%s has %d rows, want that of others", table, n)
			}
		}
		rewrite(t, s)
		data = files(t, s, address)
		for _, text := range traces {
			if i := strings.Index(data, text); i >= 0 {
				t.Errorf("%s is in the files: %q", text, data[max(0, i-60):min(len(data), i+60)])
			}
		}
		if !strings.Contains(data, "ended by it") {
			t.Error("what was not erased is not in the files")
		}
	})
}

func execute(t *testing.T, s *bunstore.Store, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if _, err := s.DB().DB.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// rewrite does what Tenant.Erase says that takes what was erased out of the files.
func rewrite(t *testing.T, s *bunstore.Store) {
	t.Helper()
	if s.DB().Dialect().Name() == dialect.SQLite {
		execute(t, s, `ANALYZE`, `VACUUM`, `PRAGMA wal_checkpoint(TRUNCATE)`)
		return
	}
	execute(t, s, `ANALYZE`, `VACUUM FULL`, `CHECKPOINT`)
}

// files returns what is in all files of a database.
func files(t *testing.T, s *bunstore.Store, address string) string {
	t.Helper()
	_, where, _ := strings.Cut(address, " ")
	paths := []string{where, where + "-wal"}
	if s.DB().Dialect().Name() == dialect.PG {
		execute(t, s, `CHECKPOINT`)
		var dir string
		err := s.DB().QueryRowContext(t.Context(),
			`SELECT current_setting('data_directory') || '/base/' || oid FROM pg_database WHERE datname = current_database()`).Scan(&dir)
		check(t, err)
		if _, err := os.ReadDir(dir); err != nil {
			t.Skip("the server's files cannot be read: ", err)
		}
		paths, err = filepath.Glob(filepath.Join(dir, "*"))
		check(t, err)
	}
	var all strings.Builder
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // the server deletes files
			t.Fatal(err)
		}
		all.Write(data)
	}
	return all.String()
}

// Within a host's transaction erasing works, and what comes after it in the transaction may change events no more than before.
func TestEraseInTransaction(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		ctx := t.Context()
		s := migrated(t, address)
		j := newErasing(s, nil)
		for range 3 {
			must(j.Tenant("acme").Record(ctx, noteAdded.New(note{Text: "gone"}).By(ana).About(subject)))(t)
		}
		begin := func() bun.Tx { return must(s.DB().BeginTx(ctx, nil))(t) }
		tx := begin()
		n, err := j.With(s.Tx(tx)).Tenant("acme").Erase(ctx, subject, ana, "on request")
		if n != 3 || err != nil {
			t.Fatalf("Erase = %d, %v", n, err)
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM activity_event`); err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("after Erase, deleting events is %v, want an error that says append-only", err)
		}
		check(t, tx.Rollback())
		about := activity.Query{About: []activity.Entity{subject}}
		if n := count(t, j.Tenant("acme"), about); n != 3 {
			t.Errorf("after the transaction was undone, %d events are about the subject", n)
		}

		tx = begin()
		failing := j.With(s.Tx(tx)).Tenant("acme")
		if _, err := failing.Erase(ended(ctx), subject, ana, "on request"); err == nil {
			t.Error("Erase with a context that has ended is no error")
		}
		must(failing.Record(ctx, noteAdded.New(note{Text: "goes on"}).By(ana)))(t)
		if n, err := failing.Erase(ctx, subject, ana, "on request"); n != 3 || err != nil {
			t.Fatalf("Erase = %d, %v", n, err)
		}
		check(t, tx.Commit())
		if n := count(t, j.Tenant("acme"), about); n != 0 {
			t.Errorf("after the transaction, %d events are about the subject", n)
		}
	})
}

func ended(ctx context.Context) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	return ctx
}

// Two who erase entities of the same events, one by which is the other's, do not undo each other's work.
func TestEraseBesideEachOther(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		ctx := t.Context()
		s := migrated(t, address)
		j := newErasing(s, nil)
		acme := j.Tenant("acme")
		drafts := make([]activity.Draft, 1200)
		for i := range drafts {
			drafts[i] = noteAdded.New(note{Text: "gone"}).By(ana).About(account, subject)
		}
		must(acme.Record(ctx, drafts...))(t)
		var wg sync.WaitGroup
		for _, e := range []activity.Entity{ana, subject, account} {
			wg.Go(func() {
				if n, err := acme.Erase(ctx, e, activity.System("test"), "on request"); n != len(drafts) || err != nil {
					t.Errorf("Erase(%v) = %d, %v", e, n, err)
				}
			})
		}
		wg.Wait()
		must(s.Seal(ctx, 5000))(t)
		entries := must(s.Entries(ctx, activity.EntryQuery{Limit: 5000}))(t)
		left := 0
		for _, e := range entries {
			if leaf, err := e.Event.Check(); err != nil || leaf != e.Leaf {
				t.Fatalf("the leaf of %+v: %v", e.Event, err)
			}
			if e.Event.Type == noteAdded.Name() && (!e.Event.Erased || e.Event.Actor.ID+e.Event.About[0].ID+e.Event.About[1].ID != "") {
				left++
			}
		}
		if left > 0 {
			t.Errorf("of %d events something is left", left)
		}
		listed := erasedIDs(t, acme)
		if want := 3 * len(drafts); len(listed) != want {
			t.Errorf("%d events are listed as erased, want each of %d three times", len(listed), len(drafts))
		}
	})
}

// erasedIDs returns the events that the events about erasing list.
func erasedIDs(t *testing.T, tenant activity.Tenant) []activity.ID {
	t.Helper()
	var all []activity.ID
	for e, err := range tenant.Events(t.Context(), activity.Query{Types: []string{activity.EntityErased.Name()}}) {
		check(t, err)
		payload := must(activity.EntityErased.Payload(e))(t)
		if payload.Count != len(payload.Events) || !slices.IsSortedFunc(payload.Events, activity.ID.Compare) || payload.Kind == "" {
			t.Errorf("%+v", payload)
		}
		all = append(all, payload.Events...)
	}
	return all
}

// removedIDs returns the events that the events about retention list.
func removedIDs(t *testing.T, tenant activity.Tenant) []activity.ID {
	t.Helper()
	var all []activity.ID
	for e, err := range tenant.Events(t.Context(), activity.Query{Types: []string{activity.EventsRemoved.Name()}}) {
		check(t, err)
		all = append(all, must(activity.EventsRemoved.Payload(e))(t).Events...)
	}
	return all
}

// What is of an entity under a legal hold too stays, and whoever erases hears of it, wherever it is among the rest.
func TestEraseBesideLegalHold(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		ctx := t.Context()
		s := migrated(t, address)
		j := newErasing(s, nil)
		acme := j.Tenant("acme")
		for i := range 6 {
			draft := noteAdded.New(note{Text: "gone"}).By(ana).About(subject)
			if i%2 == 0 {
				draft = draft.About(account)
			}
			must(acme.Record(ctx, draft))(t)
		}
		task := must(acme.Enqueue(ctx, activity.TaskSpec{Kind: "scan", Actor: subject, About: []activity.Entity{account}}))(t)
		run := must(acme.Start(ctx, task.ID))(t)
		check(t, run.Report(ctx, activity.Outcome{Kind: "updated", Record: subject, Row: 1, Message: "of a task that is held"}))
		check(t, run.Complete(ctx))
		check(t, acme.SetLegalHold(ctx, account, ana, "lawsuit"))

		for _, limit := range []int{1, 1, 2, 100} { // the first three, whatever is before them
			erased := must(s.Erase(ctx, activity.EraseQuery{Tenant: "acme", Entity: subject, Limit: limit}))(t)
			if n := len(erased.Events) + len(erased.Tasks) + erased.Outcomes; n > limit {
				t.Errorf("with a limit of %d, %d rows were erased", limit, n)
			}
		}
		last := must(s.Erase(ctx, activity.EraseQuery{Tenant: "acme", Entity: subject, Limit: 100}))(t)
		// Three notes, three events of the task's life, the task and its outcome.
		if !last.IsZero() || last.Held != 8 {
			t.Errorf("in the end, Erase is %+v, want 8 rows held", last)
		}
		if n, err := acme.Erase(ctx, subject, ana, "on request"); n != 0 || !errors.Is(err, activity.ErrLegalHold) {
			t.Errorf("Erase = %d, %v, want ErrLegalHold", n, err)
		}
		if n, err := acme.Erase(ctx, account, ana, "on request"); n != 0 || !errors.Is(err, activity.ErrLegalHold) {
			t.Errorf("Erase of the one under a legal hold = %d, %v, want ErrLegalHold", n, err)
		}
		check(t, acme.LiftLegalHold(ctx, account, ana, "it was settled"))
		if _, err := acme.Erase(ctx, subject, ana, "on request"); err != nil {
			t.Error(err)
		}
		if last := must(s.Erase(ctx, activity.EraseQuery{Tenant: "acme", Entity: subject, Limit: 100}))(t); !last.IsZero() || last.Held != 0 {
			t.Errorf("after all was erased, Erase is %+v", last)
		}
	})
}
