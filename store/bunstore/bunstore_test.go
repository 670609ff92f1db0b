package bunstore_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun/dialect"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/internal/pgtest"
	"github.com/go-activity/activity/store/bunstore"
	"github.com/go-activity/activity/store/postgres"
	"github.com/go-activity/activity/store/sqlite"
)

// childEnv names what a process that a test starts from its own binary does instead of testing.
const childEnv = "BUNSTORE_TEST_CHILD"

var children = map[string]func(address string){
	"record":  recordUntilKilled,
	"migrate": migrateOnce,
	"seal":    sealUntilKilled,
}

func TestMain(m *testing.M) {
	if child := children[os.Getenv(childEnv)]; child != nil {
		child(os.Getenv("BUNSTORE_TEST_ADDRESS"))
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// An address is "postgres DSN" or "sqlite PATH", so that it can be handed to another process.
func open(ctx context.Context, address string) (*bunstore.Store, error) {
	kind, where, _ := strings.Cut(address, " ")
	if kind == "postgres" {
		return postgres.Open(ctx, where)
	}
	return sqlite.Open(ctx, where)
}

// onBoth runs a test on an empty database of each kind, beside each other.
func onBoth(t *testing.T, test func(t *testing.T, address string)) {
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, "postgres "+pgtest.New(t))
	})
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, "sqlite "+filepath.Join(t.TempDir(), "activity.db"))
	})
}

// seedBatches is how many batches of rows give a planner a choice. SQLite's looks at the first rows only.
func seedBatches(s *bunstore.Store) int {
	if s.DB().Dialect().Name() == dialect.SQLite {
		return 2
	}
	return 8
}

// openAt opens a store that is closed with the test.
func openAt(t *testing.T, address string) *bunstore.Store {
	t.Helper()
	s, err := open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func migrated(t *testing.T, address string) *bunstore.Store {
	t.Helper()
	s := openAt(t, address)
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// fromTemplate returns the address of a PostgreSQL database that was migrated before.
func fromTemplate(t *testing.T) string {
	return "postgres " + pgtest.FromTemplate(t, "bunstore", func(ctx context.Context, dsn string) error {
		s, err := postgres.Open(ctx, dsn)
		if err != nil {
			return err
		}
		defer s.Close()
		return s.Migrate(ctx)
	})
}

type note struct {
	Call int    `json:"call"`
	Text string `json:"text"`
}

var (
	noteAdded   = activity.Define[note]("note.added", activity.TypeOptions{Category: "notes", Summary: "{text}"})
	noteRemoved = activity.Define[note]("note.removed", activity.TypeOptions{Category: "notes"})
)

func newJournal(store activity.Store) *activity.Journal {
	j, err := activity.New(store, &activity.Config{Types: []activity.EventType{noteAdded, noteRemoved}})
	if err != nil {
		panic(err)
	}
	return j
}

var (
	ana     = activity.User("ana", "Ana")
	account = activity.Entity{Kind: "account", ID: "1", Label: "Acme"}
)

// count returns how many events a timeline has.
func count(t *testing.T, tenant activity.Tenant, q activity.Query) int {
	t.Helper()
	n := 0
	for _, err := range tenant.Events(t.Context(), q) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}

func ExampleStore_Tx() {
	ctx := context.Background()
	dir, _ := os.MkdirTemp("", "example")
	defer os.RemoveAll(dir)
	store, err := sqlite.Open(ctx, filepath.Join(dir, "activity.db"))
	if err != nil {
		panic(err)
	}
	defer store.Close()
	if err := store.Migrate(ctx); err != nil {
		panic(err)
	}
	journal := newJournal(store)

	tx, err := store.DB().BeginTx(ctx, nil)
	if err != nil {
		panic(err)
	}
	_, err = journal.With(store.Tx(tx)).Tenant("acme").Record(ctx, noteAdded.New(note{Text: "hello"}).By(ana))
	if err != nil {
		panic(err)
	}
	if err := tx.Rollback(); err != nil { // and the event is gone with all else
		panic(err)
	}
	page, err := journal.Tenant("acme").Timeline(ctx, activity.Query{})
	fmt.Println(len(page.Events), err)
	// Output: 0 <nil>
}

var epoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// taskID returns an ID that is greater the greater n is.
func taskID(n int) activity.ID {
	id := activity.ID{0x01, 0x9c, 0x00, 0x00, 0x00, 0x00, 0x70, 0x00, 0x80}
	for i := range 4 {
		id[15-i] = byte(n >> (8 * i))
	}
	return id
}

func person(n int) activity.Entity { return activity.Entity{Kind: "user", ID: fmt.Sprint(n)} }
