package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/internal/pgtest"
	"github.com/go-activity/activity/store/postgres"
)

// throughPooler starts pgbouncer in transaction mode before a database, and returns the DSN for it. It skips the test if there is no
// pgbouncer.
func throughPooler(t *testing.T, dsn string) string {
	t.Helper()
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		if program, err = exec.LookPath("/usr/sbin/pgbouncer"); err != nil {
			t.Skip("pgbouncer is not installed")
		}
	}
	u, err := url.Parse(dsn)
	if err != nil || u.Query().Get("host") == "" {
		t.Skip("the server is not a private one")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	name := strings.TrimPrefix(u.Path, "/")
	config := filepath.Join(t.TempDir(), "pgbouncer.ini")
	err = os.WriteFile(config, fmt.Appendf(nil, `[databases]
%s = host=%s port=%s user=%s
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 4
`, name, u.Query().Get("host"), u.Query().Get("port"), u.User.Username(), port), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	args := []string{config}
	if os.Geteuid() == 0 {
		args = []string{"-u", "postgres", config}
	}
	cmd := exec.Command(program, args...)
	out, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // says that it was killed
	})
	log, buffer := "", make([]byte, 4096)
	for !strings.Contains(log, "process up") {
		n, err := out.Read(buffer)
		log += string(buffer[:n])
		if err != nil {
			t.Fatalf("pgbouncer ended:\n%s", log)
		}
	}
	go func() { // or it would stop when the pipe is full
		for err == nil {
			_, err = out.Read(buffer)
		}
	}()
	return fmt.Sprintf("postgres://any@127.0.0.1:%d/%s?sslmode=disable&default_query_exec_mode=simple_protocol", port, name)
}

// Behind a pooler in transaction mode everything works but Listen, which says so.
func TestBehindPooler(t *testing.T) {
	ctx := t.Context()
	dsn := pgtest.New(t)
	owner, err := postgres.Open(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer owner.Close()
	if err := owner.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	s, err := postgres.Open(ctx, throughPooler(t, dsn))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	useTasks(t, s)
	useQuotas(t, s)
	useLedger(t, s)
	err = s.Listen(ctx, func() { t.Error("there was a hint") })
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, activity.ErrClosed) {
		t.Errorf("Listen returned %v, want an error that says that nothing arrives", err)
	}
}
