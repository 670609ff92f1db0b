package pgtest

import (
	"context"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/jackc/pgx/v5"
)

// reapVariable, in the environment, makes a process that links this package
// drop the databases whose names start with its value, and do nothing else.
const reapVariable = "ACTIVITY_PGTEST_REAP"

const reapTimeout = time.Minute

func init() {
	prefix := os.Getenv(reapVariable)
	if prefix == "" {
		return
	}
	_, _ = io.Copy(io.Discard, os.Stdin) // until the test process has gone
	ctx, cancel := context.WithTimeout(context.Background(), reapTimeout)
	defer cancel()
	if err := reap(ctx, os.Getenv("ACTIVITY_TEST_POSTGRES"), prefix); err != nil {
		os.Exit(1)
	}
	os.Exit(0)
}

// watchDatabases starts a watchdog that drops this process's databases from the
// user's server: the templates, which no test can drop, and all others if the
// process is killed. It is this very program, because the user's server may be
// the only PostgreSQL program around.
func watchDatabases() (*watchdog, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self)
	cmd.SysProcAttr = asOurselves()
	cmd.Env = append(os.Environ(), reapVariable+"="+prefix)
	return watch(cmd)
}

// reap drops the databases of a process that has ended. A CREATE DATABASE of
// that process may still be running; so it first ends the sessions that carry
// the prefix as their application's name, and goes on until there are neither.
func reap(ctx context.Context, dsn, prefix string) error {
	s := &Server{dsn: dsn}
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for {
		var sessions int
		var databases []string
		err := s.admin(ctx, func(conn *pgx.Conn) error {
			return conn.QueryRow(ctx, `
				SELECT
					(SELECT count(pg_terminate_backend(pid))
					 FROM pg_stat_activity
					 WHERE application_name = $1
					   AND usename = current_user),
					ARRAY(SELECT datname::text
					      FROM pg_database
					      WHERE starts_with(datname::text, $1))`, prefix).Scan(&sessions, &databases)
		})
		if err != nil {
			return err
		}
		if sessions == 0 && len(databases) == 0 {
			return nil
		}
		for _, name := range databases {
			if err := s.dropDatabase(ctx, name); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-poll.C:
		}
	}
}
