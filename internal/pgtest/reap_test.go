//go:build unix

package pgtest

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// A user's server, with a user who may create databases and nothing else.
func TestUsersServer(t *testing.T) {
	if inChild() {
		useUsersServer(t)
		return
	}
	t.Parallel()
	for _, test := range []struct {
		name string
		kill bool
		dsn  func(host string) string
	}{
		{name: "URL", dsn: func(host string) string {
			return "postgres:///?database=postgres&user=tester&host=" + host
		}},
		{name: "keywords, killed", kill: true, dsn: func(host string) string {
			return "host=" + host + " user=tester dbname=postgres"
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := start(t, Config{})
			if err := execute(t.Context(), server.dsn, `CREATE ROLE tester LOGIN CREATEDB`); err != nil {
				t.Fatal(err)
			}
			dir, _ := place(t, server)
			cmd := child(t, "TestUsersServer", "ACTIVITY_TEST_POSTGRES="+test.dsn(dir))
			hold, release, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer hold.Close()
			cmd.Stdin = hold
			said := hear(t, cmd, "empty", "copy")
			for key, name := range said {
				if !exists(t, server, name) {
					t.Errorf("%s database %s is not on the user's server", key, name)
				}
			}
			if test.kill {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
			release.Close()
			if err := cmd.Wait(); (err != nil) != test.kill {
				t.Fatalf("the child ended with %v", err)
			}
			eventually(t, "the databases go", func() bool {
				return query[int](t, server.dsn, `SELECT count(*) FROM pg_database WHERE datname LIKE 'pgtest%'`) == 0
			})
		})
	}
}

// useUsersServer makes a template and databases and keeps them until the parent
// has seen them.
func useUsersServer(t *testing.T) {
	installations = nil
	empty := New(t)
	build := func(ctx context.Context, dsn string) error {
		conn, err := pgx.Connect(ctx, dsn) // left open: FromTemplate has to cut it
		if err != nil {
			return err
		}
		_, err = conn.Exec(ctx, `CREATE TABLE t ()`)
		return err
	}
	FromTemplate(t, "t", build)
	copied := FromTemplate(t, "t", build)
	query[int](t, copied, `SELECT count(*) FROM t`)
	say("empty", query[string](t, empty, `SELECT current_database()`))
	say("copy", query[string](t, copied, `SELECT current_database()`))
	awaitEOF(t, os.Stdin)
}

// A server that the user named and that does not answer is a failure and not a
// reason to skip.
func TestUsersServerUnreachable(t *testing.T) {
	if inChild() {
		New(t)
		return
	}
	t.Parallel()
	cmd := child(t, "TestUsersServerUnreachable", "ACTIVITY_TEST_POSTGRES=host="+t.TempDir())
	output, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(output), "ACTIVITY_TEST_POSTGRES") {
		t.Fatalf("error %v, want one that names the variable:\n%s", err, output)
	}
}
