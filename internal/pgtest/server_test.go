//go:build unix

package pgtest

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

func TestStartSettings(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		config Config
		want   map[string]string
	}{
		{
			name: "defaults",
			want: map[string]string{
				"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off",
				"max_connections": "200", "listen_addresses": "", "server_encoding": "UTF8", "lc_collate": "C",
			},
		},
		{
			name: "durable",
			config: Config{
				Durable:  true,
				Settings: map[string]string{"max_connections": "20", "work_mem": "5MB", "listen_addresses": "*", "application_name": "it's one"},
			},
			want: map[string]string{
				"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on",
				"max_connections": "20", "work_mem": "5MB", "listen_addresses": "",
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := start(t, test.config)
			if err := server.CreateDatabase(t.Context(), `a "b" ü`); err != nil {
				t.Fatal(err)
			}
			if err := server.CreateDatabase(t.Context(), `a "b" ü`); err == nil {
				t.Error("the same database twice: no error")
			}
			dsn := server.DSN(`a "b" ü`)
			if got := query[string](t, dsn, `SELECT current_database()`); got != `a "b" ü` {
				t.Errorf("connected to %q", got)
			}
			for name, want := range test.want {
				sql := `SELECT current_setting($1)`
				if name == "lc_collate" { // a parameter only up to PostgreSQL 15
					sql = `SELECT datcollate FROM pg_database WHERE datname = current_database() AND $1 <> ''`
				}
				if got := query[string](t, dsn, sql, name); got != want {
					t.Errorf("%s = %q, want %q", name, got, want)
				}
			}
		})
	}
}

func TestStop(t *testing.T) {
	t.Parallel()
	server := start(t, Config{})
	dir, pid := place(t, server)
	conn, err := pgx.Connect(t.Context(), server.DSN("postgres")) // does not hold it up
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	for range 2 {
		if err := server.Stop(); err != nil {
			t.Fatal(err)
		}
		if !gone(dir) || !ended(pid) {
			t.Fatalf("after Stop: directory gone %t, server ended %t", gone(dir), ended(pid))
		}
	}
}

func TestStartFails(t *testing.T) {
	if inChild() {
		if _, err := Start(t.Context(), Config{Settings: map[string]string{"max_connections": "many"}}); err == nil {
			t.Fatal("no error")
		}
		return
	}
	t.Parallel()
	needServer(t)

	t.Run("setting", func(t *testing.T) {
		t.Parallel()
		_, err := Start(t.Context(), Config{Settings: map[string]string{"no_such_parameter": "1"}})
		if err == nil || !strings.Contains(err.Error(), "no_such_parameter") {
			t.Fatalf("error %v, want one with what the server logged", err)
		}
	})
	t.Run("context", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := Start(ctx, Config{}); !errors.Is(err, context.Canceled) {
			t.Fatalf("error %v, want context.Canceled", err)
		}
	})
	t.Run("leaves nothing", func(t *testing.T) {
		t.Parallel()
		temp := openDir(t)
		cmd := child(t, "TestStartFails", "TMPDIR="+temp)
		if output, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, output)
		}
		if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
			t.Errorf("left %v, error %v", left, err)
		}
	})
}

// A long TMPDIR would make a socket path that no system takes.
func TestLongTempDir(t *testing.T) {
	if inChild() {
		query[int](t, New(t), `SELECT 1`)
		return
	}
	t.Parallel()
	needServer(t)
	temp := filepath.Join(openDir(t), strings.Repeat("d", 90))
	if err := errors.Join(os.Mkdir(temp, 0o777), os.Chmod(temp, 0o777)); err != nil {
		t.Fatal(err)
	}
	cmd := child(t, "TestLongTempDir", "TMPDIR="+temp)
	if output, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
}

// The deaths that leave a process no time to clean up.
func TestWatchdog(t *testing.T) {
	if inChild() {
		die(t)
	}
	t.Parallel()
	needServer(t)
	for _, death := range []string{"kill", "panic", "exit"} {
		t.Run(death, func(t *testing.T) {
			t.Parallel()
			cmd := child(t, "TestWatchdog", "PGTEST_DEATH="+death)
			hold, release, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer hold.Close()
			cmd.Stdin = hold
			said := hear(t, cmd, "directory", "pid")
			pid := atoi(t, said["pid"])
			if gone(said["directory"]) || ended(pid) {
				t.Fatalf("%v is not there while the child lives", said)
			}
			if death == "kill" {
				err = cmd.Process.Kill()
			}
			release.Close()
			if err != nil {
				t.Fatal(err)
			}
			var exit *exec.ExitError
			if err := cmd.Wait(); !errors.As(err, &exit) {
				t.Fatalf("the child ended with %v, want a failure", err)
			}
			eventually(t, "the server ends", func() bool { return ended(pid) })
			eventually(t, "the directory goes", func() bool { return gone(said["directory"]) })
		})
	}
}

// die says where the server is and then dies the death that the parent wants.
func die(t *testing.T) {
	New(t)
	server, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	dir, pid := place(t, server)
	say("directory", dir)
	say("pid", strconv.Itoa(pid))
	awaitEOF(t, os.Stdin)
	switch death := os.Getenv("PGTEST_DEATH"); death {
	case "panic":
		done := make(chan struct{})
		go func() { defer close(done); panic("as asked") }()
		<-done
	case "exit":
		os.Exit(3)
	}
	select {} // until killed
}
