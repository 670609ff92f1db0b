package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/internal/pgtest"
	"github.com/go-activity/activity/store/memstore"
	"github.com/go-activity/activity/store/postgres"
)

var update = flag.Bool("update", false, "write testdata/output.txt")

const golden = "testdata/output.txt"

func TestOutput(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	var got bytes.Buffer
	if err := onFile(t.Context(), &got, ""); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	same(t, got.String())
	left, err := os.ReadDir(os.Getenv("TMPDIR"))
	if err != nil {
		t.Fatal(err)
	}
	if len(left) > 0 {
		t.Errorf("left behind in the temporary directory: %v", left)
	}
}

func TestOutputInMemory(t *testing.T) { testOn(t, memstore.New()) }

func TestOutputOnPostgres(t *testing.T) {
	store, err := postgres.Open(t.Context(), pgtest.New(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	if err := store.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	testOn(t, store)
}

func testOn(t *testing.T, store activity.Store) {
	t.Helper()
	var got bytes.Buffer
	if err := run(t.Context(), &got, store); err != nil {
		t.Fatal(err)
	}
	same(t, got.String())
}

// A database that is kept shows the same pages again, and no second day.
func TestKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "crm.db")
	var first, second bytes.Buffer
	for _, w := range []*bytes.Buffer{&first, &second} {
		if err := onFile(t.Context(), w, path); err != nil {
			t.Fatal(err)
		}
	}
	same(t, first.String())
	if !strings.HasSuffix(first.String(), second.String()) || second.Len() == 0 {
		t.Errorf("the second time (-first +second):\n%s", cmp.Diff(first.String(), second.String()))
	}
}

func same(t *testing.T, got string) {
	t.Helper()
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("output (-want +got):\n%s", diff)
	}
}
