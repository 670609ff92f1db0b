package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	driver "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/bunstore"
	"github.com/go-activity/activity/store/sqlite"
)

type note struct{}

var noteAdded = activity.Define[note]("note.added", activity.TypeOptions{})

func open(ctx context.Context, path string, opts ...sqlite.Option) (*bunstore.Store, activity.Tenant, error) {
	s, err := sqlite.Open(ctx, path, opts...)
	if err != nil {
		return nil, activity.Tenant{}, err
	}
	if err := s.Migrate(ctx); err != nil {
		return nil, activity.Tenant{}, err
	}
	j, err := activity.New(s, &activity.Config{Types: []activity.EventType{noteAdded}})
	return s, j.Tenant("acme"), err
}

const (
	writers       = 4
	eventsEach    = 50
	childVariable = "SQLITE_TEST_PATH"
)

// A child is a process that shares the file: it writes from several goroutines, and reads meanwhile.
func TestMain(m *testing.M) {
	if path := os.Getenv(childVariable); path != "" {
		if err := writeAndRead(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func writeAndRead(path string) error {
	ctx := activity.WithActor(context.Background(), activity.System("test"))
	s, tenant, err := open(ctx, path)
	if err != nil {
		return err
	}
	defer s.Close()
	errs := make([]error, 2*writers)
	var wait sync.WaitGroup
	for i := range writers {
		wait.Go(func() {
			for range eventsEach {
				if _, err := tenant.Record(ctx, noteAdded.New(note{})); err != nil {
					errs[i] = err
				}
			}
		})
		wait.Go(func() {
			for range eventsEach {
				if _, err := tenant.Timeline(ctx, activity.Query{}); err != nil {
					errs[writers+i] = err
				}
			}
		})
	}
	wait.Wait()
	return errors.Join(errs...)
}

// Several processes on one file wait for each other; none is refused, and nothing is lost. They make
// the file, too.
func TestProcessesShareAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "activity.db")
	var processes []*exec.Cmd
	for range 3 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childVariable+"="+path)
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		processes = append(processes, cmd)
	}
	for _, cmd := range processes {
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}
	s, tenant, err := open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	n := 0
	for _, err := range tenant.Events(t.Context(), activity.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if want := len(processes) * writers * eventsEach; n != want {
		t.Errorf("the file has %d events, want %d", n, want)
	}
}

func TestSettings(t *testing.T) {
	for name, test := range map[string]struct {
		options     []sqlite.Option
		synchronous string
	}{
		"default":     {nil, "2"},
		"WithoutSync": {[]sqlite.Option{sqlite.WithoutSync()}, "1"},
	} {
		t.Run(name, func(t *testing.T) {
			s, _, err := open(t.Context(), filepath.Join(t.TempDir(), "with space & 100%?#.db"), test.options...)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			for pragma, want := range map[string]string{
				"synchronous": test.synchronous, "journal_mode": "wal", "foreign_keys": "1", "recursive_triggers": "1", "busy_timeout": "15000",
			} {
				var got string
				if err := s.DB().QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
					t.Errorf("%s is %q (%v), want %q", pragma, got, err, want)
				}
			}
		})
	}
}

// All of a closed store is in its file, so that the file can be moved or copied.
func TestCloseLeavesOneFile(t *testing.T) {
	dir := t.TempDir()
	s, tenant, err := open(t.Context(), filepath.Join(dir, "activity.db"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tenant.Record(t.Context(), noteAdded.New(note{}).By(activity.System("test"))); err != nil {
		t.Fatal(err)
	}
	if _, err := tenant.Timeline(t.Context(), activity.Query{}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 || files[0].Name() != "activity.db" {
		t.Errorf("Close leaves %v (%v), want activity.db alone", files, err)
	}
}

func TestBadPaths(t *testing.T) {
	for _, path := range []string{"", ":memory:", "file:activity.db", "a\x00b"} {
		var invalid *activity.InvalidError
		if _, err := sqlite.Open(t.Context(), path); !errors.As(err, &invalid) || invalid.Field != "Path" {
			t.Errorf("Open(%q): %v, want an InvalidError of Path", path, err)
		}
	}
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte(strings.Repeat("this is no database. ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, filepath.Join(dir, "no", "such", "folder.db"), text} {
		s, err := sqlite.Open(t.Context(), path)
		if err == nil {
			s.Close()
			t.Errorf("Open(%q) succeeded", path)
		} else if !strings.Contains(err.Error(), path) {
			t.Errorf("Open(%q): %v does not name the path", path, err)
		}
	}
}

// A transaction that begins on the writer's connection is a writer at once, so two that read and then
// write cannot both have read before one of them writes.
func TestTransactionsAreImmediate(t *testing.T) {
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "activity.db")
	a, _, err := open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	b, tenant, err := open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	tx, err := a.DB().BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tenant.Timeline(ctx, activity.Query{}); err != nil {
		t.Errorf("reading while another writes: %v", err)
	}
	if _, err := b.DB().ExecContext(ctx, `PRAGMA busy_timeout = 0`); err != nil {
		t.Fatal(err)
	}
	var busy *driver.Error
	if _, err := tenant.Record(ctx, noteAdded.New(note{}).By(activity.System("test"))); !errors.As(err, &busy) || busy.Code()&0xff != sqlite3.SQLITE_BUSY {
		t.Errorf("recording while another may write: %v, want busy", err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
}
