package bunstore_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/bunstore"
)

// tamper changes events as one could who may erase.
func tamper(t *testing.T, s *bunstore.Store, address, statement string, args ...any) {
	t.Helper()
	name, unname := `SET LOCAL activity.step = 'erase'`, `SELECT 1`
	if strings.HasPrefix(address, "sqlite") {
		name, unname = `INSERT INTO activity_guard (step) VALUES ('erase')`, `DELETE FROM activity_guard`
	}
	err := s.DB().RunInTx(t.Context(), nil, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.ExecContext(ctx, name); err != nil {
			return err
		}
		if _, err := tx.Tx.ExecContext(ctx, statement, args...); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, unname)
		return err
	})
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// Whatever is changed of an event either cannot be read, or has another leaf.
func TestTamperedEvents(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		ctx := t.Context()
		s := migrated(t, address)
		changes := []string{
			`tenant = 'other'`, `type = 'note.removed'`, `version = version + 1`, `version = -1`,
			`actor_kind = 'robot'`, `actor_id = actor_id || ' '`, `actor_label = ''`,
			`about = '["account","1","Acme" ]'`, `about = '["account","1"]'`, `about = '[]'`, `about = '{}'`, `about = '["\u0061ccount","1","Acme"]'`,
			`source = 2`, `source = 257`, `source = 0`, `key = ''`, `key = 'other'`, `key = NULL`,
			`payload = NULL`, `payload = '{"call":0, "text":"text"}'`,
		}
		if strings.HasPrefix(address, "sqlite") {
			changes = append(changes, `payload = ''`, `erased = 1`, `erased = 2`, `occurred_at = occurred_at + 1`, `recorded_at = recorded_at - 1`,
				`task = zeroblob(16)`, `task = x''`, `task = id`, `task = CAST('01234567-89ab-7def-8123-456789abcdef' AS BLOB)`, `salts = zeroblob(64)`, `salts = x''`,
				`actor_label = actor_label || char(0) || 'x'`, `version = version + 4294967296`)
		} else {
			changes = append(changes, `erased = true`, `occurred_at = occurred_at + interval '1 microsecond'`, `occurred_at = 'infinity'`, `recorded_at = '-infinity'`,
				`task = '00000000-0000-0000-0000-000000000000'`, `task = id`, `salts = '\x00'`, `salts = ''`)
		}
		for i := range changes {
			if _, err := newJournal(s).Tenant("acme").Record(ctx, noteAdded.New(note{Text: "text"}).By(ana).About(account).Key(fmt.Sprint("k", i))); err != nil {
				t.Fatal(err)
			}
		}
		if n, err := sealAll(ctx, s, 1000); n != len(changes) || err != nil {
			t.Fatalf("%d were sealed, %v", n, err)
		}
		all := checkLedger(t, s)
		placeholder := map[bool]string{true: "?", false: "$1"}[strings.HasPrefix(address, "sqlite")]
		for i, change := range changes {
			var id any = all[i].ID.String()
			if placeholder == "?" {
				id = all[i].ID[:]
			}
			tamper(t, s, address, `UPDATE activity_event SET `+change+` WHERE id = `+placeholder, id)
		}
		found, err := s.Entries(ctx, activity.EntryQuery{Limit: 1000})
		if err != nil || len(found) != len(changes) {
			t.Fatalf("%d entries, %v", len(found), err)
		}
		for i, e := range found {
			if e.ID != all[i].ID || e.Leaf != all[i].Leaf {
				t.Fatalf("entry %d is of another event", i)
			}
			leaf, err := e.Event.Check()
			if e.Err == nil && err == nil && leaf == e.Leaf && e.Event.Tenant == e.Tenant {
				t.Errorf("%s went unnoticed", changes[i])
			}
			if e.Err != nil && e.Event.ID != (activity.ID{}) {
				t.Errorf("%s: there is an event in spite of %v", changes[i], e.Err)
			}
			if single, err := s.Entry(ctx, "acme", e.ID); err != nil || (single.Err == nil) != (e.Err == nil) {
				t.Errorf("%s: the entry is %v, %v", changes[i], single.Err, err)
			}
		}
		tamper(t, s, address, `DELETE FROM activity_event`)
		if e, err := s.Entry(ctx, "", found[0].ID); err != nil || e.Err != nil || e.Event.ID != (activity.ID{}) || e.Leaf != found[0].Leaf {
			t.Errorf("the entry of an event that is gone is %v, %v", e, err)
		}
	})
}

// Events that were stored past the library are found, and those that wait or have a position are not.
func TestStrays(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		ctx := t.Context()
		s := migrated(t, address)
		var want []activity.ID
		record := func(tenant string, n int) []activity.ID {
			events, err := newJournal(s).Tenant(tenant).Record(ctx, draftsOf(n, "")...)
			if err != nil {
				t.Fatal(err)
			}
			var ids []activity.ID
			for _, e := range events {
				ids = append(ids, e.ID)
			}
			return ids
		}
		record("acme", 2600)
		record("other", 2600) // more than one look is at
		if _, err := sealAll(ctx, s, 5000); err != nil {
			t.Fatal(err)
		}
		want = append(want, record("acme", 2)...)
		record("other", 2)
		clear(t, s, "activity_pending")
		record("acme", 200)
		record("acme", 20)
		if _, err := s.Seal(ctx, 10); err != nil {
			t.Fatal(err)
		}
		want = append(want, straysOf(t, s, address)...)
		slices.SortFunc(want, activity.ID.Compare)
		for limit := 1; limit <= len(want)+1; limit++ {
			got, err := s.Strays(ctx, "acme", activity.ID{}, limit)
			if err != nil || !slices.Equal(got, want[:min(limit, len(want))]) {
				t.Errorf("%d strays are %v, %v, want %v", limit, got, err, want)
			}
		}
		if got, err := s.Strays(ctx, "acme", want[0], 10); err != nil || !slices.Equal(got, want[1:]) {
			t.Errorf("after the first, the strays are %v, %v", got, err)
		}
		if got, err := s.Strays(ctx, "other", want[0], 10); err != nil || len(got) != 2 {
			t.Errorf("the other tenant's strays are %v, %v", got, err)
		}
	})
}

// straysOf adds events of acme that nothing but activity_event has.
func straysOf(t *testing.T, s *bunstore.Store, address string) []activity.ID {
	t.Helper()
	ids := []activity.ID{{1}, {0xf0}}
	for _, id := range ids {
		text, arg := `$1`, any(id.String())
		if strings.HasPrefix(address, "sqlite") {
			text, arg = `?`, any(id[:])
		}
		_, err := s.DB().DB.ExecContext(t.Context(), `
INSERT INTO activity_event (id, tenant, type, version, actor_kind, actor_id, actor_label, about, source, occurred_at, recorded_at, payload, salts)
SELECT `+text+`, 'acme', type, version, actor_kind, actor_id, actor_label, about, source, occurred_at, recorded_at, payload, salts
FROM activity_event
LIMIT 1`, arg)
		if err != nil {
			t.Fatal(err)
		}
	}
	return ids
}
