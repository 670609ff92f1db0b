package bunstore_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/uptrace/bun"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/bunstore"
)

// captured is a store that remembers the rows it was given.
type captured struct {
	*bunstore.Store
	rows *[]activity.EventRow
}

func (c captured) AppendEvents(ctx context.Context, rows []activity.EventRow) ([]activity.Event, error) {
	*c.rows = append(*c.rows, rows...)
	return c.Store.AppendEvents(ctx, rows)
}

// What the ledger will need is kept with each event, whichever way it was stored: its salts, and
// until it is in the ledger its leaf.
func TestSaltsAndLeaves(t *testing.T) {
	drafts := func(n int, key string) []activity.Draft {
		list := make([]activity.Draft, n)
		for i := range list {
			list[i] = noteAdded.New(note{Call: i, Text: `quotes " and \ and {braces}`}).By(ana).About(account)
			if key != "" && i%2 == 0 {
				list[i] = list[i].Key(fmt.Sprint(key, i))
			}
		}
		return list
	}
	onBoth(t, func(t *testing.T, address string) {
		ctx := t.Context()
		s := migrated(t, address)
		var rows []activity.EventRow
		record := func(store *bunstore.Store, drafts []activity.Draft) {
			t.Helper()
			if _, err := newJournal(captured{store, &rows}).Tenant("acme").Record(ctx, drafts...); err != nil {
				t.Fatal(err)
			}
		}
		record(s, drafts(1, ""))
		record(s, drafts(1, "single"))
		record(s, drafts(20, ""))
		record(s, drafts(20, "some"))
		record(s, drafts(300, "")) // enough for COPY
		err := s.DB().RunInTx(ctx, nil, func(_ context.Context, tx bun.Tx) error {
			record(s.Tx(tx), drafts(300, ""))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}

		want := map[string]string{}
		for i := range rows {
			leaf := rows[i].Leaf()
			want[fmt.Sprintf("%x", rows[i].ID[:])] = fmt.Sprintf("%s %d %x %x", rows[i].Tenant, rows[i].RecordedAt.UnixMicro(), rows[i].Salts, leaf)
		}
		micros := `recorded_at`
		if strings.HasPrefix(address, "postgres") {
			micros = `(extract(epoch FROM p.recorded_at) * 1000000)::bigint`
		} else {
			micros = `p.` + micros
		}
		found, err := s.DB().QueryContext(ctx, `SELECT e.id, p.tenant, `+micros+`, e.salts, p.leaf FROM activity_event e JOIN activity_pending p ON p.event_id = e.id`)
		if err != nil {
			t.Fatal(err)
		}
		defer found.Close()
		got := map[string]string{}
		for found.Next() {
			var id activity.ID
			var tenant string
			var recorded int64
			var salts, leaf []byte
			if err := found.Scan(&id, &tenant, &recorded, &salts, &leaf); err != nil {
				t.Fatal(err)
			}
			got[fmt.Sprintf("%x", id[:])] = fmt.Sprintf("%s %d %x %x", tenant, recorded, salts, leaf)
		}
		if diff := cmp.Diff(want, got); diff != "" || len(want) != 642 {
			t.Errorf("%d events have other salts or leaves (-want +got):\n%.2000s", len(want), diff)
		}
	})
}
