//go:build unix

package pgtest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// childVariable tells a test that it runs in a child process, which can be killed
// or have another environment, and should do the child's part.
const childVariable = "ACTIVITY_PGTEST_CHILD"

// deadline bounds every wait for a condition.
const deadline = 30 * time.Second

// child returns a command that runs only the test called name, with environment
// instead of the variables that pgtest looks at.
func child(t *testing.T, name string, environment ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+name+"$", "-test.v", "-test.count=1")
	for _, entry := range os.Environ() {
		if !strings.HasPrefix(entry, "ACTIVITY_") {
			cmd.Env = append(cmd.Env, entry)
		}
	}
	cmd.Env = append(cmd.Env, childVariable+"=1")
	cmd.Env = append(cmd.Env, environment...)
	return cmd
}

// inChild reports whether the test runs in a child process.
func inChild() bool { return os.Getenv(childVariable) != "" }

// say prints a line for the parent, which reads it with [hear].
func say(key, value string) { fmt.Printf("\n%s=%s\n", key, value) }

// hear starts cmd and returns the values of the keys once it has said them all.
func hear(t *testing.T, cmd *exec.Cmd, keys ...string) map[string]string {
	t.Helper()
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said := map[string]string{}
	var all strings.Builder
	for lines := bufio.NewScanner(output); len(said) < len(keys) && lines.Scan(); {
		fmt.Fprintln(&all, lines.Text())
		for _, key := range keys {
			if value, ok := strings.CutPrefix(lines.Text(), key+"="); ok {
				said[key] = value
			}
		}
	}
	if len(said) < len(keys) {
		t.Fatalf("the child said only %v:\n%s", said, all.String())
	}
	return said
}

// needServer ends a test for want of a server to start.
func needServer(t *testing.T) {
	t.Helper()
	_, err := findBinaries()
	switch {
	case err != nil && os.Getenv("ACTIVITY_TEST_REQUIRE") != "postgres":
		t.Skip(err)
	case err != nil:
		t.Fatal(err)
	}
}

// start returns a private server that stops with the test.
func start(t *testing.T, config Config) *Server {
	t.Helper()
	needServer(t)
	server, err := Start(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	return server
}

// place returns the directory of a private server and its process.
func place(t *testing.T, server *Server) (dir string, pid int) {
	t.Helper()
	config, err := pgx.ParseConfig(server.dsn)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(config.Host, "data", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	return config.Host, atoi(t, first)
}

func gone(dir string) bool {
	_, err := os.Stat(dir)
	return errors.Is(err, fs.ErrNotExist)
}

func ended(pid int) bool {
	return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
}

// eventually waits until the condition holds.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for end := time.Now().Add(deadline); !condition(); {
		if time.Now().After(end) {
			t.Fatalf("waited %v in vain: %s", deadline, what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// query returns the one value that a query yields.
func query[T any](t testing.TB, dsn, sql string, args ...any) T {
	t.Helper()
	var value T
	err := withConn(context.Background(), dsn, func(conn *pgx.Conn) error {
		return conn.QueryRow(context.Background(), sql, args...).Scan(&value)
	})
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return value
}

func execute(ctx context.Context, dsn, sql string) error {
	return withConn(ctx, dsn, func(conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, sql)
		return err
	})
}

func withConn(ctx context.Context, dsn string, f func(*pgx.Conn) error) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	return f(conn)
}

// openDir returns a directory in which any account may work, as in /tmp, and
// which the test removes.
func openDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "t-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	return dir
}

// awaitEOF returns when the parent lets go.
func awaitEOF(t *testing.T, file *os.File) {
	t.Helper()
	if _, err := io.Copy(io.Discard, file); err != nil {
		t.Fatal(err)
	}
}

func atoi(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
