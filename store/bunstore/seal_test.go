package bunstore_test

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/bunstore"
)

// sealAll gives positions to all that waits.
func sealAll(ctx context.Context, s *bunstore.Store, limit int) (total int, err error) {
	for {
		n, err := s.Seal(ctx, limit)
		total += n
		if n == 0 || err != nil {
			return total, err
		}
	}
}

// checkLedger compares all that is stored of the ledger with what tlog makes of the leaves, and returns the entries.
func checkLedger(t *testing.T, s *bunstore.Store) []activity.EntryRow {
	t.Helper()
	ctx := t.Context()
	var all []activity.EntryRow
	for after := activity.Position(0); ; after = all[len(all)-1].Position {
		entries, err := s.Entries(ctx, activity.EntryQuery{After: after, Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, entries...)
		if len(entries) < 1000 {
			break
		}
	}
	seen := map[activity.ID]bool{}
	byTenant := map[string][]activity.EntryRow{}
	for i, e := range all {
		leaf, err := e.Event.Check()
		if e.Position != activity.Position(i+1) || e.Index != int64(len(byTenant[e.Tenant])) || seen[e.ID] || e.Err != nil || err != nil || leaf != e.Leaf || e.Event.Tenant != e.Tenant {
			t.Fatalf("after %d entries comes %+v (%v)", i, e, err)
		}
		seen[e.ID] = true
		byTenant[e.Tenant] = append(byTenant[e.Tenant], e)
	}
	var tenants []string
	for tenant, entries := range byTenant {
		tenants = append(tenants, tenant)
		checkTree(t, s, tenant, entries)
	}
	slices.Sort(tenants)
	if got, err := s.Ledgers(ctx, "", len(tenants)+1); err != nil || !slices.Equal(got, tenants) {
		t.Errorf("the ledgers are %q, %v, want %q", got, err, tenants)
	}
	return all
}

// checkTree compares the head and the tiles of a tenant with tlog.
func checkTree(t *testing.T, s *bunstore.Store, tenant string, entries []activity.EntryRow) {
	t.Helper()
	head, err := s.Head(t.Context(), tenant)
	if err != nil {
		t.Fatal(err)
	}
	var hashes hashList
	for i, e := range entries {
		more, err := tlog.StoredHashesForRecordHash(int64(i), e.Leaf, hashes)
		if err != nil {
			t.Fatal(err)
		}
		hashes = append(hashes, more...)
	}
	root, err := tlog.TreeHash(int64(len(entries)), hashes)
	if err != nil {
		t.Fatal(err)
	}
	if head.Size != int64(len(entries)) || head.Root() != root || head.Position != entries[len(entries)-1].Position {
		t.Errorf("the head of %s is %d %v %d, want %d %v", tenant, head.Size, head.Root(), head.Position, len(entries), root)
	}
	var ids []activity.TileID
	var want [][]byte
	for level, n := 0, len(entries); n > 0; level, n = level+1, n/256 {
		for index := 0; index*256 < n; index++ {
			ids = append(ids, activity.TileID{Level: level, Index: int64(index)})
			var tile []byte
			for i := index * 256; i < min(n, (index+1)*256); i++ {
				hash := hashes[tlog.StoredHashIndex(8*level, int64(i))]
				tile = append(tile, hash[:]...)
			}
			want = append(want, tile)
		}
	}
	ids = append(ids, activity.TileID{Level: 0, Index: int64(len(entries)/256) + 1}, activity.TileID{Level: 7}, activity.TileID{Index: -1})
	want = append(want, nil, nil, nil)
	got, err := s.Tiles(t.Context(), tenant, ids)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.EqualFunc(got, want, bytes.Equal) {
		for i := range ids {
			if !bytes.Equal(got[i], want[i]) {
				t.Errorf("tile %v of %s has %d bytes that are not the %d of tlog", ids[i], tenant, len(got[i]), len(want[i]))
			}
		}
	}
}

// hashList are hashes as tlog numbers them.
type hashList []tlog.Hash

func (l hashList) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		found[i] = l[index]
	}
	return found, nil
}

// Trees grow over the ends of tiles in batches of every size, and positions go on from batch to batch.
func TestSealBatches(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		ctx := t.Context()
		s := migrated(t, address)
		journal := newJournal(s)
		if n, err := s.Seal(ctx, 10); n != 0 || err != nil {
			t.Fatalf("an empty store seals %d, %v", n, err)
		}
		total := 0
		for round, n := range []int{1, 2, 254, 600, 0, 3, 1000, 255, 1, 700} {
			for i, tenant := range []string{"acme", "beta", "b\"races{}\\"} {
				if _, err := journal.Tenant(tenant).Record(ctx, draftsOf(n>>i, "")...); err != nil {
					t.Fatal(err)
				}
				total += n >> i
			}
			if _, err := sealAll(ctx, s, 1+round*97); err != nil {
				t.Fatal(err)
			}
		}
		all := checkLedger(t, s)
		if len(all) != total {
			t.Errorf("%d entries of %d events", len(all), total)
		}
		u, err := s.Unsealed(ctx)
		if err != nil || u != (activity.Unsealed{Last: activity.Position(total)}) {
			t.Errorf("what waits is %v, %v", u, err)
		}
		if strays, err := s.Strays(ctx, "acme", activity.ID{}, 10); err != nil || len(strays) != 0 {
			t.Errorf("strays are %v, %v", strays, err)
		}
	})
}

// A call gives positions by the time of recording, then the ID; and tells what it leaves.
func TestSealOrder(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		ctx := t.Context()
		s := migrated(t, address)
		if _, err := newJournal(s).Tenant("acme").Record(ctx, draftsOf(150, "")...); err != nil {
			t.Fatal(err)
		}
		if _, err := newJournal(s).Tenant("acme").Record(ctx, draftsOf(3, "k")...); err != nil {
			t.Fatal(err)
		}
		before, err := s.Unsealed(ctx)
		if err != nil || before.Events != 153 || before.Last != 0 || before.Oldest.IsZero() {
			t.Errorf("what waits is %v, %v", before, err)
		}
		if n, err := s.Seal(ctx, 151); n != 151 || err != nil {
			t.Fatalf("Seal = %d, %v", n, err)
		}
		if u, err := s.Unsealed(ctx); err != nil || u.Events != 2 || u.Last != 151 {
			t.Errorf("what waits is %v, %v", u, err)
		}
		all := checkLedger(t, s)
		if !slices.IsSortedFunc(all, func(a, b activity.EntryRow) int {
			return cmp.Or(a.Event.RecordedAt.Compare(b.Event.RecordedAt), a.ID.Compare(b.ID))
		}) {
			t.Error("the entries are in another order")
		}
		if !all[0].Event.RecordedAt.Equal(before.Oldest) {
			t.Errorf("the oldest was recorded at %v, not %v", all[0].Event.RecordedAt, before.Oldest)
		}
	})
}

// Entries of every query are those that match, whatever the distance between positions and indexes.
func TestEntries(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		ctx := t.Context()
		s := migrated(t, address)
		journal := newJournal(s)
		for i := range 40 {
			for _, tenant := range []string{"acme", "beta", "acme"}[:1+i%3] {
				if _, err := journal.Tenant(tenant).Record(ctx, draftsOf(1+i%5, "")...); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := sealAll(ctx, s, 7); err != nil {
				t.Fatal(err)
			}
		}
		all := checkLedger(t, s)
		for _, tenant := range []string{"", "acme", "beta", "none"} {
			for after := activity.Position(-1); after <= activity.Position(len(all)+1); after += 13 {
				for _, index := range []int64{0, 1, 30, 1000} {
					for _, limit := range []int{1, 5, 1000} {
						q := activity.EntryQuery{Tenant: tenant, After: after, Index: index, Limit: limit}
						var want []activity.Position
						for i := range all {
							if q.Match(&all[i]) && len(want) < limit {
								want = append(want, all[i].Position)
							}
						}
						found, err := s.Entries(ctx, q)
						if err != nil {
							t.Fatal(err)
						}
						var got []activity.Position
						for _, e := range found {
							got = append(got, e.Position)
						}
						if !slices.Equal(got, want) {
							t.Fatalf("%+v returns %v, want %v", q, got, want)
						}
					}
				}
			}
		}
		for _, e := range []activity.EntryRow{all[0], all[len(all)/2], all[len(all)-1]} {
			for _, tenant := range []string{"", e.Tenant} {
				if got, err := s.Entry(ctx, tenant, e.ID); err != nil || gocmp.Diff(e, got) != "" {
					t.Errorf("the entry is %v, %v", got, err)
				}
			}
		}
	})
}
