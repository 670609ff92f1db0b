package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/internal/pgtest"
	"github.com/go-activity/activity/store/bunstore"
	"github.com/go-activity/activity/store/postgres"
)

// grantsOf returns the grants that a document shows.
func grantsOf(t *testing.T, path string) string {
	t.Helper()
	doc, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	grants := regexp.MustCompile("(?s)```sql\n(.*?)```").FindSubmatch(doc)
	if grants == nil {
		t.Fatalf("%s has no grants", path)
	}
	return string(grants[1])
}

// as opens a store of a new database as a role that has these grants and owns nothing. They are to the role called service.
func as(t *testing.T, grants string) *bunstore.Store {
	t.Helper()
	ctx := t.Context()
	dsn := pgtest.New(t)
	owner, err := postgres.Open(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { owner.Close() })
	if err := owner.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	role := fmt.Sprintf("service_%d", time.Now().UnixNano())
	_, err = owner.DB().ExecContext(ctx, `CREATE ROLE `+role)
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok && refused.Code == "42501" {
		t.Skip("the user of ACTIVITY_TEST_POSTGRES may not create roles")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := owner.DB().ExecContext(context.Background(), `DROP OWNED BY `+role+`; DROP ROLE `+role); err != nil {
			t.Error(err)
		}
	})
	if _, err := owner.DB().ExecContext(ctx, strings.ReplaceAll(grants, "TO service", "TO "+role)); err != nil {
		t.Fatal(err)
	}
	service, err := postgres.Open(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { service.Close() })
	service.DB().SetMaxOpenConns(1)
	if _, err := service.DB().ExecContext(ctx, `SET ROLE `+role); err != nil {
		t.Fatal(err)
	}
	return service
}

// With the grants of docs/integrity.md beside those of the README, a role can erase, remove, and set legal holds.
func TestGrantsOfUpkeep(t *testing.T) {
	ctx := t.Context()
	service := as(t, grantsOf(t, "../../README.md")+grantsOf(t, "../../docs/integrity.md"))
	brief := activity.Define[note]("note.seen", activity.TypeOptions{Retention: time.Hour})
	j, err := activity.New(service, &activity.Config{Types: []activity.EventType{brief}, Kinds: []activity.Kind{{
		Name: "import", Outcomes: activity.ImportOutcomes(), Retention: time.Nanosecond,
	}}})
	if err != nil {
		t.Fatal(err)
	}
	acme := j.Tenant("acme")
	bob, admin := activity.Entity{Kind: "contact", ID: "bob-7", Label: "Bob"}, activity.User("admin", "")
	_, err = acme.Do(ctx, activity.TaskSpec{Kind: "import", Title: "Bob", Actor: admin, About: []activity.Entity{bob}}, func(ctx context.Context, run *activity.Run) error {
		return run.Report(ctx, activity.Outcome{Kind: "imported", Record: bob}, activity.Outcome{Kind: "imported", Row: 2})
	})
	if err != nil {
		t.Fatal(err)
	}
	drafts := []activity.Draft{brief.New(note{}).By(bob), brief.New(note{}).By(admin).At(time.Now().Add(-2 * time.Hour))}
	if _, err := acme.Record(ctx, drafts...); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(acme.SetLegalHold(ctx, bob, admin, "a lawsuit"), acme.LiftLegalHold(ctx, bob, admin, "it is over")); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Seal(ctx); err != nil {
		t.Fatal(err)
	}
	if found, err := acme.Lookup(ctx, "bob", nil); err != nil || len(found) != 1 {
		t.Errorf("Lookup = %v, %v", found, err)
	}
	if n, err := acme.Erase(ctx, bob, admin, "asked for"); n == 0 || err != nil {
		t.Errorf("Erase = %d, %v", n, err)
	}
	if _, err := j.Seal(ctx); err != nil {
		t.Fatal(err)
	}
	if found, err := acme.Lookup(ctx, "bob", nil); err != nil || len(found) > 0 {
		t.Errorf("Lookup = %v, %v", found, err)
	}
	if n, err := j.Retain(ctx); n != 3 || err != nil {
		t.Errorf("Retain = %d, %v; want an event and two outcomes", n, err)
	}
	if found, err := acme.Ledger().Verify(ctx, nil); err != nil || found.Removed != 1 {
		t.Errorf("Verify = %+v, %v", found, err)
	}
}

// The grants of the README are enough to record and read, and not enough to change or delete.
func TestGrantsOfReadme(t *testing.T) {
	ctx := t.Context()
	service := as(t, grantsOf(t, "../../README.md"))
	j, err := activity.New(service, &activity.Config{Types: []activity.EventType{noteAdded}})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{1, 2, 200} {
		drafts := make([]activity.Draft, n)
		for i := range drafts {
			drafts[i] = noteAdded.New(note{}).By(activity.System("test"))
		}
		drafts[0] = drafts[0].Key(fmt.Sprint(n))
		for _, drafts := range [][]activity.Draft{drafts, drafts, drafts[1:]} {
			if _, err := j.Tenant("acme").Record(ctx, drafts...); err != nil {
				t.Fatal(err)
			}
		}
	}
	if page, err := j.Tenant("acme").Timeline(ctx, activity.Query{}); err != nil || len(page.Events) != 50 {
		t.Errorf("the timeline has %d events, %v", len(page.Events), err)
	}
	useTasks(t, service)
	useQuotas(t, service)
	useLedger(t, service)
	useRelations(t, service)
	useDirectory(t, service)
	for _, statement := range []string{
		`UPDATE activity_ledger SET leaf = ''`, `DELETE FROM activity_ledger`, `TRUNCATE activity_ledger`, `ALTER TABLE activity_ledger DISABLE TRIGGER ALL`,
		`DELETE FROM activity_name`, `DELETE FROM activity_word`, `UPDATE activity_word SET word = ''`, `TRUNCATE activity_name`,
		`INSERT INTO activity_directory VALUES (2, 0)`, `DELETE FROM activity_directory`,
		`TRUNCATE activity_relation`, `TRUNCATE activity_mark`,
		`DELETE FROM activity_head`, `DELETE FROM activity_tile`, `TRUNCATE activity_tile`, `UPDATE activity_pending SET leaf = ''`,
		`INSERT INTO activity_pending_turn VALUES (2, true)`, `DELETE FROM activity_pending_turn`, `DELETE FROM activity_consumer`,
		`UPDATE activity_outcome SET message = ''`, `DELETE FROM activity_outcome`, `TRUNCATE activity_outcome`,
		`DELETE FROM activity_task`, `DELETE FROM activity_task_facet`, `DELETE FROM activity_tally`,
		`DELETE FROM activity_quota`, `TRUNCATE activity_quota_hold`, `TRUNCATE activity_quota_use`,
		`UPDATE activity_event SET actor_label = ''`, `DELETE FROM activity_event`, `TRUNCATE activity_event`,
		`DROP TRIGGER activity_event_append_only ON activity_event`, `DROP TABLE activity_event`,
		`ALTER TABLE activity_event DISABLE TRIGGER ALL`, `DELETE FROM activity_feed`,
	} {
		_, err := service.DB().ExecContext(ctx, statement)
		if refused, ok := errors.AsType[*pgconn.PgError](err); !ok || refused.Code != "42501" {
			t.Errorf("%s: %v, want insufficient privilege", statement, err)
		}
	}
}

// useTasks makes every kind of call on tasks that writes, and reads what was written.
func useTasks(t *testing.T, s activity.Store) {
	t.Helper()
	ctx := t.Context()
	task, err := s.AddTask(ctx, activity.Task{ID: activity.ID{1}, Tenant: "acme", Kind: "import", Title: "contacts",
		Status: activity.StatusQueued, Actor: activity.System("test"), Exclusive: "crm", QueuedAt: time.UnixMicro(1)})
	if err != nil {
		t.Fatal(err)
	}
	err = s.InTx(ctx, func(tx activity.Store) error {
		next, err := tx.NextTask(ctx, activity.NextQuery{Tenant: "acme", Kinds: []activity.KindLimit{{Name: "import", Max: 1}}})
		if err != nil {
			return err
		}
		_, _, err = tx.ChangeTask(ctx, activity.TaskUpdate{Tenant: "acme", ID: next.ID, To: activity.StatusProcessing})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	seq := int64(0)
	for _, n := range []int{1, 20, 200} {
		rows := make([]activity.OutcomeRow, n)
		for i := range rows {
			seq++
			rows[i] = activity.OutcomeRow{Tenant: "acme", Task: task.ID, Seq: seq, Kind: "created", Row: seq, At: time.UnixMicro(1)}
		}
		if err := s.AddOutcomes(ctx, rows); err != nil {
			t.Fatal(err)
		}
	}
	if tally, err := s.Tally(ctx, "acme", task.ID); err != nil || tally["created"] != 221 {
		t.Errorf("the tally is %v, %v", tally, err)
	}
	tasks, err := s.Tasks(ctx, activity.TaskFilter{Tenant: "acme", Statuses: []activity.Status{activity.StatusProcessing}, Limit: 2})
	if err != nil || len(tasks) != 1 {
		t.Errorf("%d tasks are processing, %v", len(tasks), err)
	}
}

// useQuotas makes every kind of call on quotas.
func useQuotas(t *testing.T, s activity.Store) {
	t.Helper()
	ctx := t.Context()
	now := time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	windows := []activity.Window{{Length: time.Hour, Limit: 10, Resolution: time.Minute}}
	keys := []activity.QuotaKey{{Tenant: "acme", Quota: "calls"}, {Tenant: "acme", Quota: "calls", SubjectKind: "user", SubjectID: "ana"}}
	for i, some := range [][]activity.QuotaKey{keys[:1], keys, keys, keys[:1]} {
		r := activity.QuotaRequest{Units: 2, ID: activity.ID{byte(i + 1)}, Hold: time.Minute, Task: activity.ID{9}, Clock: clock}
		for _, key := range some {
			r.Charges = append(r.Charges, activity.QuotaCharge{Key: key, Windows: windows})
		}
		grant, err := s.ChargeQuota(ctx, r)
		if err != nil {
			t.Fatal(err)
		}
		if i == 3 {
			break
		}
		if _, err := s.SettleHolds(ctx, activity.HoldUpdate{ID: r.ID, Keys: some, Until: grant.Until, Used: int64(2 - i/2), Clock: clock}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.ReleaseHolds(ctx, "acme", activity.ID{9}); err != nil {
		t.Fatal(err)
	}
	if n, err := s.GiveBack(ctx, activity.DueQuery{Clock: clock, Limit: 10}); n == 0 || err != nil {
		t.Errorf("GiveBack = %d, %v", n, err)
	}
	if state, err := s.QuotaState(ctx, keys[0]); err != nil || len(state.Holds) != 0 {
		t.Errorf("the state is %v, %v", state, err)
	}
	uses, err := s.QuotaUse(ctx, activity.UseQuery{Key: keys[0], From: now, To: now.Add(time.Minute), Clock: clock})
	if err != nil || len(uses) != 1 || uses[0].Units != 5 {
		t.Errorf("what was used is %v, %v", uses, err)
	}
	now = now.Add(time.Hour)
	if n, err := s.ForgetUse(ctx, activity.ForgetQuery{Quota: "calls", Age: time.Minute, Clock: clock, Limit: 10}); n != 2 || err != nil {
		t.Errorf("ForgetUse = %d, %v", n, err)
	}
}

// useLedger makes every kind of call on the ledger and on consumers that writes, until the pending tables have changed their roles.
func useLedger(t *testing.T, s *bunstore.Store) {
	t.Helper()
	ctx := t.Context()
	j, err := activity.New(s, &activity.Config{Types: []activity.EventType{noteAdded}})
	if err != nil {
		t.Fatal(err)
	}
	drafts := make([]activity.Draft, 12_000) // more than a megabyte
	for i := range drafts {
		drafts[i] = noteAdded.New(note{}).By(activity.System("test"))
	}
	if _, err := j.Tenant("acme").Record(ctx, drafts...); err != nil {
		t.Fatal(err)
	}
	for n := -1; n != 0; {
		if n, err = s.Seal(ctx, 50_000); err != nil {
			t.Fatal(err)
		}
	}
	var turned bool
	if err := s.DB().QueryRowContext(ctx, `SELECT b FROM activity_pending_turn`).Scan(&turned); err != nil || !turned {
		t.Errorf("the pending tables have changed their roles: %v, %v", turned, err)
	}
	entries, err := s.Entries(ctx, activity.EntryQuery{Tenant: "acme", After: 5, Limit: 10})
	if err != nil || len(entries) != 10 {
		t.Errorf("%d entries, %v", len(entries), err)
	}
	if strays, err := s.Strays(ctx, "acme", activity.ID{}, 1); err != nil || len(strays) != 0 {
		t.Errorf("strays are %v, %v", strays, err)
	}
	if tiles, err := s.Tiles(ctx, "acme", []activity.TileID{{Level: 1}}); err != nil || len(tiles[0]) < 32*40 {
		t.Errorf("the tiles are %d, %v", len(tiles), err)
	}
	holder := activity.ID{3}
	for range 2 {
		if _, err := s.TakeConsumer(ctx, activity.ConsumerTake{Name: "mail", Holder: holder, Lease: time.Minute}); err != nil {
			t.Fatal(err)
		}
		err := s.MoveConsumer(ctx, activity.ConsumerMove{Name: "mail", Holder: holder, Position: 2, Park: []activity.Parked{{Position: 1, Through: 1}}, Release: true})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := s.ResetConsumer(ctx, activity.ConsumerReset{Name: "mail"}); err != nil {
		t.Fatal(err)
	}
	if err := s.Unpark(ctx, "mail", 1); err != nil {
		t.Fatal(err)
	}
}

// useDirectory takes what was sealed into the directory, with an entity that was renamed.
func useDirectory(t *testing.T, s *bunstore.Store) {
	t.Helper()
	ctx := t.Context()
	j, err := activity.New(s, &activity.Config{Types: []activity.EventType{noteAdded}})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Ana Old", "Ana New"} {
		if _, err := j.Tenant("acme").Record(ctx, noteAdded.New(note{}).By(activity.User("7", name))); err != nil {
			t.Fatal(err)
		}
		if _, err := j.Seal(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if found, err := j.Tenant("acme").Lookup(ctx, "old", nil); err != nil || len(found) != 1 || found[0].Label != "Ana New" {
		t.Errorf("Lookup = %v, %v", found, err)
	}
}

// useRelations makes every kind of call on relations and marks.
func useRelations(t *testing.T, s activity.Store) {
	t.Helper()
	ctx := t.Context()
	contact, site, account := activity.Entity{Kind: "contact", ID: "1"}, activity.Entity{Kind: "site", ID: "1"}, activity.Entity{Kind: "account", ID: "1"}
	for _, of := range []activity.Entity{account, site} {
		if err := s.Relate(ctx, "acme", activity.Relation{Role: activity.RoleParent, Entity: contact, Of: of}); err != nil {
			t.Fatal(err)
		}
	}
	found, err := s.Relatives(ctx, activity.RelativesQuery{Tenant: "acme", Entities: []activity.Entity{site}, Descendants: true, Limit: 9})
	if err != nil || len(found) != 2 {
		t.Errorf("Relatives = %v, %v", found, err)
	}
	if err := s.Unrelate(ctx, "acme", contact, activity.RoleParent); err != nil {
		t.Error(err)
	}
	if found, err := s.Relations(ctx, "acme", contact, 9); err != nil || len(found) != 0 {
		t.Errorf("Relations = %v, %v", found, err)
	}
	for _, through := range []activity.ID{{2}, {1}, {}} {
		if err := s.SetMark(ctx, activity.ReadMark{Tenant: "acme", Reader: contact, Feed: account, Through: through, Back: true}); err != nil {
			t.Error(err)
		}
		if mark, err := s.Mark(ctx, "acme", contact, account); err != nil || mark != through {
			t.Errorf("Mark = %v, %v, want %v", mark, err, through)
		}
	}
}
