package bunstore_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/go-activity/activity"
)

// pooled returns an address that leads to a PostgreSQL database through pgbouncer, which gives each transaction another
// of two connections. It skips the test where there is no pgbouncer.
func pooled(t *testing.T, address string) string {
	t.Helper()
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		if program = "/usr/sbin/pgbouncer"; !exists(program) {
			t.Skip("there is no pgbouncer")
		}
	}
	server, err := pgx.ParseConfig(strings.TrimPrefix(address, "postgres "))
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
	for deadline := time.Now().Add(time.Minute); !exists(filepath.Join(dir, ".s.PGSQL.6432")); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("pgbouncer does not start")
		}
	}
	query := url.Values{"host": {dir}, "port": {"6432"}, "user": {server.User}, "default_query_exec_mode": {"simple_protocol"}}
	return "postgres " + (&url.URL{Scheme: "postgres", Path: "/" + server.Database, RawQuery: query.Encode()}).String()
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// Behind a pooler a session hears of nothing, and keeps nothing: no lock, no statement. Polling is enough.
func TestFollowBehindPooler(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	address := pooled(t, fromTemplate(t))
	const writers, calls, perCall = 4, 20, 10
	const all = writers * calls * perCall
	follower := followFrom(t, newJournal(openAt(t, address)), 0)

	consuming, stop := context.WithCancel(ctx)
	defer stop()
	consumed := make(chan activity.Position, all)
	ended := make(chan error, 1)
	consumer := newJournal(openAt(t, address))
	go func() {
		ended <- consumer.Consume(consuming, "mailer", func(_ context.Context, entries []activity.Entry) error {
			for _, e := range entries {
				consumed <- e.Position
			}
			return nil
		})
	}()

	s := openAt(t, address)
	journal := newJournal(s)
	var recorded []activity.Event
	var mu sync.Mutex
	var recording sync.WaitGroup
	for w := range writers {
		recording.Go(func() {
			for range calls {
				tx, err := s.DB().BeginTx(ctx, nil)
				if err != nil {
					t.Error(err)
					return
				}
				drafts := make([]activity.Draft, perCall)
				for i := range drafts {
					drafts[i] = noteAdded.New(note{Call: i}).By(ana)
				}
				events, err := journal.With(s.Tx(tx)).Tenant(skipTenants[w%len(skipTenants)]).Record(ctx, drafts...)
				if err == nil {
					err = tx.Commit()
				}
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				recorded = append(recorded, events...)
				mu.Unlock()
			}
		})
	}
	recording.Wait()
	if t.Failed() {
		return
	}
	follower.expect(0, recorded)
	for want := range activity.Position(all) {
		select {
		case p := <-consumed:
			if p != want+1 {
				t.Fatalf("position %d was handled after %d", p, want)
			}
		case err := <-ended:
			t.Fatalf("Consume = %v", err)
		case <-time.After(time.Minute):
			t.Fatalf("nothing is handled after %d", want)
		}
	}
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("Consume = %v", err)
	}
}
