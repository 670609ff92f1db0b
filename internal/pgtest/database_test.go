//go:build unix

package pgtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
)

func TestNew(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	names := map[string]bool{}
	t.Run("parallel", func(t *testing.T) {
		for i := range 8 {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				dsn := New(t)
				if err := execute(t.Context(), dsn, `CREATE TABLE t ()`); err != nil {
					t.Fatal(err)
				}
				mu.Lock()
				defer mu.Unlock()
				names[query[string](t, dsn, `SELECT current_database()`)] = true
			})
		}
	})
	if len(names) != 8 {
		t.Fatalf("%d databases, want 8", len(names))
	}
	server := sharedFor(t)
	for name := range names {
		if exists(t, server, name) {
			t.Errorf("%s is still there after its test", name)
		}
	}
}

func TestNewDropsWithOpenConnection(t *testing.T) {
	t.Parallel()
	server := sharedFor(t)
	var conn *pgx.Conn
	t.Run("test", func(t *testing.T) {
		var err error
		conn, err = pgx.Connect(t.Context(), New(t))
		if err != nil {
			t.Fatal(err)
		}
	})
	defer conn.Close(t.Context())
	if name := conn.Config().Database; exists(t, server, name) {
		t.Errorf("%s is still there after its test", name)
	}
}

func TestFromTemplate(t *testing.T) {
	t.Parallel()
	var builds atomic.Int32
	build := func(ctx context.Context, dsn string) error {
		builds.Add(1)
		conn, err := pgx.Connect(ctx, dsn) // left open: FromTemplate has to cut it
		if err != nil {
			return err
		}
		_, err = conn.Exec(ctx, `CREATE TABLE t AS SELECT 1 AS n`)
		return err
	}
	name := rand.Text() // of its own for each run of go test -count
	t.Run("parallel", func(t *testing.T) {
		for i := range 8 {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				dsn := FromTemplate(t, name, build)
				if err := execute(t.Context(), dsn, `INSERT INTO t VALUES (2)`); err != nil {
					t.Fatal(err)
				}
				if n := query[int](t, dsn, `SELECT count(*) FROM t`); n != 2 {
					t.Errorf("%d rows, want the template's and our own", n)
				}
			})
		}
	})
	if n := builds.Load(); n != 1 {
		t.Errorf("%d builds, want 1", n)
	}
}

func TestFromTemplateFails(t *testing.T) {
	if inChild() {
		failToBuild(t)
		return
	}
	t.Parallel()
	needServer(t)
	output, err := child(t, "TestFromTemplateFails").CombinedOutput()
	if err == nil {
		t.Fatalf("the child passed:\n%s", output)
	}
	for _, want := range []string{
		"pgtest: template broken: as asked",
		"pgtest: template left: build did not return",
	} {
		if n := strings.Count(string(output), want); n < 1 {
			t.Errorf("%q does not appear in:\n%s", want, output)
		}
	}
	if n := strings.Count(string(output), "building broken"); n != 1 {
		t.Errorf("%d builds, want 1:\n%s", n, output)
	}
}

func failToBuild(t *testing.T) {
	for range 2 {
		t.Run("broken", func(t *testing.T) {
			FromTemplate(t, "broken", func(context.Context, string) error {
				fmt.Println("building broken")
				return errors.New("as asked")
			})
		})
		t.Run("left", func(t *testing.T) {
			FromTemplate(t, "left", func(context.Context, string) error {
				t.FailNow()
				return nil
			})
		})
	}
}

func TestNotInstalled(t *testing.T) {
	if inChild() {
		installations = nil
		New(t)
		return
	}
	t.Parallel()
	for _, test := range []struct {
		name        string
		environment []string
		want        string
		fails       bool
	}{
		{name: "skips", want: "--- SKIP: TestNotInstalled"},
		{name: "fails if required", environment: []string{"ACTIVITY_TEST_REQUIRE=postgres"}, want: "--- FAIL: TestNotInstalled", fails: true},
		{name: "requirement of something else", environment: []string{"ACTIVITY_TEST_REQUIRE=sqlite"}, want: "--- SKIP: TestNotInstalled"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			cmd := child(t, "TestNotInstalled", append(test.environment, "PATH="+t.TempDir())...)
			output, err := cmd.CombinedOutput()
			if (err != nil) != test.fails {
				t.Errorf("error %v, want one: %t", err, test.fails)
			}
			for _, want := range []string{test.want, ": " + ErrNotInstalled.Error() + "\n"} {
				if !strings.Contains(string(output), want) {
					t.Errorf("%q does not appear in:\n%s", want, output)
				}
			}
		})
	}
}

// exists looks into the server's list of databases.
func exists(t *testing.T, server *Server, name string) bool {
	t.Helper()
	return query[bool](t, server.dsn, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, name)
}

func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		server, err := Start(b.Context(), Config{})
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := server.Stop(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

func BenchmarkNew(b *testing.B) {
	sharedFor(b)
	for b.Loop() {
		New(b)
	}
}

func BenchmarkFromTemplate(b *testing.B) {
	build := func(ctx context.Context, dsn string) error {
		return execute(ctx, dsn, `CREATE TABLE t AS SELECT generate_series(1, 1000)`)
	}
	FromTemplate(b, b.Name(), build)
	for b.Loop() {
		FromTemplate(b, b.Name(), build)
	}
}
