package pgtest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// template is a database that is built once per process and copied per test.
type template struct {
	once     sync.Once
	database string
	err      error
}

var (
	templatesMu sync.Mutex
	templates   = map[string]*template{}
)

// FromTemplate returns the DSN of a copy of the template called name; the copy
// belongs to t as if [New] had made it.
//
// The first call in the process for a name creates the template and runs build
// on it, with the context of that caller's test; build typically creates tables.
// Calls made meanwhile wait. Connections that build leaves open are cut. If
// build fails, so does every test that asks for this name, with the same error:
// build is not run again. A name stands for one build; another build under the
// same name is ignored.
//
// Skipping, failing and concurrency are as for [New].
func FromTemplate(t testing.TB, name string, build func(ctx context.Context, dsn string) error) string {
	t.Helper()
	server := sharedFor(t)

	templatesMu.Lock()
	tmpl := templates[name]
	if tmpl == nil {
		tmpl = new(template)
		templates[name] = tmpl
	}
	templatesMu.Unlock()

	tmpl.once.Do(func() {
		// Stays if build leaves through panic or runtime.Goexit.
		tmpl.err = errors.New("build did not return")
		tmpl.database = newName()
		tmpl.err = server.buildTemplate(t.Context(), tmpl.database, build)
	})
	if tmpl.err != nil {
		t.Fatalf("pgtest: template %s: %v", name, tmpl.err)
	}
	return copyOf(t, server, tmpl.database)
}

// buildTemplate creates the database, runs build on it and closes it for good:
// PostgreSQL copies only a database that nobody is connected to.
func (s *Server) buildTemplate(ctx context.Context, database string, build func(ctx context.Context, dsn string) error) error {
	if err := s.CreateDatabase(ctx, database); err != nil {
		return err
	}
	if err := build(ctx, s.DSN(database)); err != nil {
		return err
	}
	return s.admin(ctx, func(conn *pgx.Conn) error {
		if _, err := conn.Exec(ctx, `ALTER DATABASE `+quote(database)+` ALLOW_CONNECTIONS false`); err != nil {
			return fmt.Errorf("close the template: %w", err)
		}
		return disconnect(ctx, conn, database)
	})
}

// disconnect ends this user's sessions in the database and returns once they
// are gone.
func disconnect(ctx context.Context, conn *pgx.Conn, database string) error {
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for {
		var sessions int
		err := conn.QueryRow(ctx, `
			SELECT count(pg_terminate_backend(pid))
			FROM pg_stat_activity
			WHERE datname = $1
			  AND backend_type = 'client backend'
			  AND usename = current_user`, database).Scan(&sessions)
		if err != nil {
			return fmt.Errorf("end the template's sessions: %w", err)
		}
		if sessions == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("end the template's sessions: %w", ctx.Err())
		case <-poll.C:
		}
	}
}
