package bunstore_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/memstore"
)

// skipEvents is how many events the test records: 100,000 in the long run. SQLite is slow under the race detector.
func skipEvents(address string) int {
	switch {
	case os.Getenv("ACTIVITY_TEST_LONG") != "":
		return 100_000
	case onSQLite(address):
		return 1_500
	}
	return 10_000
}

// skipSeed returns the seed of what is random in a test, which a failure tells. It does not make everything happen
// again as it did: processes run beside each other.
func skipSeed(t *testing.T) uint64 {
	t.Helper()
	seed, err := strconv.ParseUint(cmp.Or(os.Getenv("STORETEST_SEED"), fmt.Sprint(rand.Uint64())), 10, 64)
	if err != nil {
		t.Fatalf("STORETEST_SEED: %v", err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("STORETEST_SEED=%d", seed)
		}
	})
	return seed
}

// Whatever becomes of the transactions of those who record, and in whichever order they end, each one who follows sees
// each committed event that it wants exactly once, in the order of positions, and none that was undone.
func TestNothingSkipped(t *testing.T) {
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		testSkips(t, fromTemplate(t), 2)
	})
	for processes, name := range map[int]string{1: "sqlite in one process", 2: "sqlite in two processes"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testSkips(t, "sqlite "+filepath.Join(t.TempDir(), "activity.db"), processes)
		})
	}
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		store := memstore.New()
		defer store.Close()
		testSkipsOf(t, &memoryHost{store: store, events: map[activity.ID]skipEvent{}}, store, "", 1)
	})
}

func testSkips(t *testing.T, address string, processes int) {
	s, err := openQuickly(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	host := databaseHost{s}
	if err := host.migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	testSkipsOf(t, host, s, address, processes)
}

func testSkipsOf(t *testing.T, host skipHost, store activity.Store, address string, processes int) {
	seed := skipSeed(t)
	random := rand.New(rand.NewPCG(seed, 0))
	journal := newSkipJournal(store)
	said := newSkipTable(t)

	here := &skipProcess{Seed: random.Uint64(), Writers: 8, Watch: said.watching(0), host: host, journal: journal, tell: said.hear}
	var other *skipChild
	begin := func(writers int) {}
	end := func() {}
	if processes > 1 {
		for i := range here.Watch {
			if i >= skipWatchersHere {
				delete(here.Watch, i)
			}
		}
		begin = func(writers int) {
			other = startSkipping(t, said, address, skipProcess{Seed: random.Uint64(), Writers: writers, Watch: said.watching(skipWatchersHere)})
		}
		end = func() {
			if other != nil {
				other.kill(t, host)
				other = nil
			}
		}
	}
	writing, stop := context.WithCancel(t.Context())
	following, leave := context.WithCancel(t.Context())
	var writers, followers sync.WaitGroup
	defer func() {
		stop()
		leave()
		writers.Wait()
		followers.Wait()
		end()
	}()
	writers.Go(func() { here.write(writing) })
	followers.Go(func() { here.follow(following) })
	begin(8)
	const steps = 20
	for step := 1; step <= steps; step++ {
		said.await(func() bool { return said.events >= skipEvents(address)*step/steps })
		if t.Failed() {
			return
		}
		cutAny(t, host)
		if step%5 == 0 {
			end() // in the middle of what it does
			begin(8)
		}
	}
	stop()
	writers.Wait()
	end()
	begin(0) // those who follow there go on

	want := committed(t, host, journal)
	for n := 1; n > 0; { // what is recorded now is behind all else
		var err error
		if n, err = journal.Seal(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for _, tenant := range skipTenants {
		var drafts []activity.Draft
		for _, typ := range []activity.Type[note]{noteAdded, noteRemoved, noteLoose} {
			drafts = append(drafts, typ.New(note{Text: endOfSkips}).By(ana))
		}
		events, err := journal.Tenant(tenant).Record(t.Context(), drafts...)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			want[e.ID] = skipEvent{e.Tenant, e.Type}
		}
	}
	said.await(said.ended)
	if t.Failed() {
		return
	}
	said.check(want)
	checkPlaces(t, journal, store, want)
	t.Logf("%d events: %v", len(want), said.count)
	for _, what := range []string{"commit", "commit late", "record alone", "not roll back"} {
		if said.count[what] == 0 {
			t.Errorf("it never came to %q: this tests too little", what)
		}
	}
}

// committed returns the events that there must be.
func committed(t *testing.T, host skipHost, journal *activity.Journal) map[activity.ID]skipEvent {
	t.Helper()
	events, err := host.expected(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, tenant := range skipTenants {
		for e, err := range journal.Tenant(tenant).Events(t.Context(), activity.Query{Types: []string{noteLoose.Name()}}) {
			if err != nil {
				t.Fatal(err)
			}
			events[e.ID] = skipEvent{e.Tenant, e.Type}
		}
	}
	return events
}

// checkPlaces checks that all events have positions, without gaps, and that the trees are those of the events.
func checkPlaces(t *testing.T, journal *activity.Journal, store activity.Store, want map[activity.ID]skipEvent) {
	t.Helper()
	var last activity.Position
	indexes := map[string]int64{}
	missing := maps.Clone(want)
	for {
		entries, err := store.Entries(t.Context(), activity.EntryQuery{After: last, Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		if len(entries) == 0 {
			break
		}
		for _, e := range entries {
			if last++; e.Position != last || e.Index != indexes[e.Tenant] {
				t.Fatalf("event %s has position %d and index %d, not %d and %d", e.ID, e.Position, e.Index, last, indexes[e.Tenant])
			}
			indexes[e.Tenant]++
			if _, ok := missing[e.ID]; !ok {
				t.Errorf("event %s at %d has another position, or was not committed", e.ID, e.Position)
			}
			delete(missing, e.ID)
		}
	}
	for id, e := range missing {
		t.Errorf("event %s, %v, has no position", id, e)
	}
	for _, tenant := range skipTenants {
		v, err := journal.Tenant(tenant).Ledger().Verify(t.Context(), nil)
		if err != nil || v.Size != indexes[tenant] {
			t.Errorf("tenant %s has %d events: %+v, %v", tenant, indexes[tenant], v, err)
		}
	}
}

// cutAny ends some connection to PostgreSQL that is in use: one that writes, seals, follows or listens.
func cutAny(t *testing.T, host skipHost) {
	t.Helper()
	h, ok := host.(databaseHost)
	if !ok || !h.postgres() {
		return
	}
	_, err := h.store.DB().ExecContext(t.Context(), `
SELECT pg_terminate_backend(pid)
FROM (
  SELECT pid
  FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid() AND (state <> 'idle' OR query LIKE 'LISTEN%')
  ORDER BY random()
  LIMIT 1
) victim`)
	if err != nil {
		t.Fatal(err)
	}
}
