package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-activity/activity"
)

// TestChargesAreStoredAlike charges a key through the stores, and stores by hand what is kept of it.
func TestChargesAreStoredAlike(t *testing.T) {
	var out strings.Builder
	b := newTestBench(t, &out)
	const n = 100
	end := epoch.Add(24 * time.Hour)
	seed, err := newCharged(b.ctx, n, end)
	if err != nil {
		t.Fatal(err)
	}
	check := func(t *testing.T, store activity.Store, same sameTables) {
		t.Helper()
		if err := charge(b.ctx, store, n, end); err != nil {
			t.Fatal(err)
		}
		if err := seed.check(b.ctx, store); err != nil {
			t.Error(err)
		}
		same.check(t, "activity_quota", "activity_quota_use")
	}

	t.Run("postgres", func(t *testing.T) {
		ours := openTest(t, b)
		other, err := b.openCharged("", seed)
		if err != nil {
			t.Fatal(err)
		}
		defer other.close()
		check(t, ours.store, func(t *testing.T, table string) (a, b []string) {
			return pgDump(t, ours.conn, table), pgDump(t, other.conn, table)
		})
	})

	t.Run("sqlite", func(t *testing.T) {
		store, _, err := b.openSQLite("charged_store.db")
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		copied, err := b.openSQLiteCharged("charged_floor.db", seed)
		if err != nil {
			t.Fatal(err)
		}
		copied.Close()
		other, done, err := openSQLiteByHand(b.ctx, filepath.Join(b.dir, "charged_floor.db"))
		if err != nil {
			t.Fatal(err)
		}
		defer done()
		check(t, store, func(t *testing.T, table string) (a, b []string) {
			ours, err := store.DB().DB.Conn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer ours.Close()
			return sqliteDump(t, ours, table), sqliteDump(t, other, table)
		})
	})
}

// TestChargesAreChecked finds out that there are too few charges, or too many.
func TestChargesAreChecked(t *testing.T) {
	var out strings.Builder
	b := newTestBench(t, &out)
	seed, err := newCharged(b.ctx, 100, epoch.Add(24*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	store, err := b.openSQLiteCharged("charged.db", seed)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	for _, n := range []int{99, 101} {
		other := *seed
		other.n = n
		if err := other.check(b.ctx, store); err == nil {
			t.Errorf("100 charges are taken for %d", n)
		}
	}
}

func TestMostIn(t *testing.T) {
	at := func(seconds ...int) (times []time.Time) {
		for _, s := range seconds {
			times = append(times, epoch.Add(time.Duration(s)*time.Second))
		}
		return times
	}
	for _, test := range []struct {
		name  string
		times []time.Time
		want  int
	}{
		{"none", nil, 0},
		{"one", at(5), 1},
		{"both ends", at(0, 1, 10), 3},
		{"not longer", at(0, 1, 11), 2},
		{"in the middle", at(0, 20, 21, 22, 40, 41), 3},
		{"any order", at(22, 0, 41, 21, 40, 20), 3},
		{"at once", at(0, 10, 10, 10, 20, 30), 4},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := mostIn(10*time.Second, test.times); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}
