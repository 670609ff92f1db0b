package pgtest

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Pooled returns a DSN that leads to a database through a pgbouncer of its own in transaction mode, which gives each
// transaction any of two connections, until the test ends. It skips the test where there is no pgbouncer.
func Pooled(t testing.TB, dsn string) string {
	t.Helper()
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		if program = "/usr/sbin/pgbouncer"; !hasFile(program) {
			t.Skip("there is no pgbouncer")
		}
	}
	server, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "pgbouncer") // short, as the paths of sockets must be
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	config := filepath.Join(dir, "pgbouncer.ini")
	password := ""
	if server.Password != "" {
		password = " password='" + strings.ReplaceAll(server.Password, "'", "''") + "'"
	}
	err = errors.Join(os.Chmod(dir, 0o777), os.WriteFile(config, fmt.Appendf(nil, `
[databases]
%s = host=%s port=%d user=%s%s
[pgbouncer]
listen_addr =
listen_port = 6432
unix_socket_dir = %s
pool_mode = transaction
default_pool_size = 2
auth_type = any
ignore_startup_parameters = extra_float_digits
`, server.Database, server.Host, server.Port, server.User, password, dir), 0o644))
	if err != nil {
		t.Fatal(err)
	}
	// It ends when the shell's input does, as it does when this process is killed.
	args := []string{"-c", `"$@" & cat >/dev/null; kill $!; wait`, "sh", program, "-q", config}
	if os.Geteuid() == 0 { // which it refuses
		args = append(args, "-u", "postgres")
	}
	cmd := exec.Command("/bin/sh", args...)
	cmd.Stderr = os.Stderr
	leash, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		leash.Close()
		_ = cmd.Wait() // says that it was ended
	})
	for deadline := time.Now().Add(time.Minute); !hasFile(filepath.Join(dir, ".s.PGSQL.6432")); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("pgbouncer does not start")
		}
	}
	query := url.Values{"host": {dir}, "port": {"6432"}, "user": {server.User}, "default_query_exec_mode": {"simple_protocol"}}
	return (&url.URL{Scheme: "postgres", Path: "/" + server.Database, RawQuery: query.Encode()}).String()
}

func hasFile(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
