package pgtest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Config says how a private server is to run. The zero value suits tests.
type Config struct {
	// Durable keeps fsync, full_page_writes and synchronous_commit on and the
	// data in the directory for temporary files, for measuring as in production.
	// Defaults to false: all three are off, and on Linux the data is in memory
	// if /dev/shm has 4 GiB free and TMPDIR is not set.
	Durable bool

	// Settings are further parameters of postgresql.conf, such as
	// "shared_buffers": "256MB". They go before the package's own, except for
	// listen_addresses, port and unix_socket_directories, which are fixed.
	// Defaults to none; the server allows 200 connections.
	Settings map[string]string
}

// arguments returns the command-line arguments of a server with its socket in
// dir. Where a parameter is given twice, PostgreSQL takes the last.
func (c Config) arguments(dir string) []string {
	args := []string{"-c", "max_connections=200"}
	if !c.Durable {
		args = append(args, "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
	}
	for _, name := range slices.Sorted(maps.Keys(c.Settings)) {
		args = append(args, "-c", name+"="+c.Settings[name])
	}
	return append(args, "-c", "listen_addresses=", "-c", "port="+port, "-c", "unix_socket_directories="+dir)
}

// Server is a running PostgreSQL server. Its methods are safe for concurrent
// use.
type Server struct {
	dsn      string    // of the database that administration connects to
	watchdog *watchdog // ends the server, or empties it if it is the user's
}

// Start starts a private server and returns once it answers. The caller must
// call [Server.Stop]; if the process ends first, the server ends with it. The
// context bounds the start only.
//
// It ignores ACTIVITY_TEST_POSTGRES. The error is [ErrNotInstalled] if there is
// nothing to start, and otherwise carries what the server logged.
func Start(ctx context.Context, config Config) (*Server, error) {
	bin, err := findBinaries()
	if err != nil {
		return nil, err
	}
	cluster, err := newCluster(config.Durable)
	if err != nil {
		return nil, err
	}
	dog, err := watchServer(cluster, bin, config.arguments(cluster.dir))
	if err != nil {
		return nil, errors.Join(err, cluster.remove())
	}
	s := &Server{dsn: cluster.dsn(), watchdog: dog}
	if err := s.waitReady(ctx); err != nil {
		err = fmt.Errorf("pgtest: PostgreSQL in %s did not start: %w\n%s", bin, err, cluster.log())
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

// borrow returns the user's server, after a look whether it is there.
func borrow(ctx context.Context, dsn string) (*Server, error) {
	s := &Server{dsn: dsn}
	if err := s.admin(ctx, func(*pgx.Conn) error { return nil }); err != nil {
		return nil, fmt.Errorf("pgtest: ACTIVITY_TEST_POSTGRES: %w", err)
	}
	var err error
	s.watchdog, err = watchDatabases()
	return s, err
}

// waitReady returns once the server takes connections, or cannot any more.
func (s *Server) waitReady(ctx context.Context) error {
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for {
		err := s.admin(ctx, func(*pgx.Conn) error { return nil })
		if err == nil {
			return nil
		}
		select {
		case <-s.watchdog.ended:
			return errors.New("it ended")
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", ctx.Err(), err)
		case <-poll.C:
		}
	}
}

// DSN returns the DSN of a database of this server, whether or not it exists,
// in the form that the server's own has: a URL for one that Start started.
func (s *Server) DSN(database string) string {
	u, err := url.Parse(s.dsn)
	if err != nil || u.Scheme == "" {
		// Keywords and values: of two with the same keyword the last holds.
		return s.dsn + " dbname=" + database
	}
	u.Path = "/" + database
	query := u.Query()
	query.Del("dbname") // would win over the path
	query.Del("database")
	u.RawQuery = query.Encode()
	return u.String()
}

// CreateDatabase creates an empty UTF-8 database with the C locale's order. It
// fails if there is one of that name.
func (s *Server) CreateDatabase(ctx context.Context, name string) error {
	return s.copyDatabase(ctx, name, "template0")
}

// Stop ends the server at once, along with all sessions, and removes its data.
// It returns when both are gone. Further calls return what the first did.
func (s *Server) Stop() error {
	if err := s.watchdog.end(); err != nil {
		return fmt.Errorf("pgtest: stop PostgreSQL: %w", err)
	}
	return nil
}

func (s *Server) copyDatabase(ctx context.Context, name, template string) error {
	sql := `CREATE DATABASE ` + quote(name) + ` TEMPLATE ` + quote(template)
	if template == "template0" {
		sql += ` ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'`
	}
	err := s.admin(ctx, func(conn *pgx.Conn) error {
		// Files are copied in a third of the time that the default of PostgreSQL 15 takes, and as they were before it.
		if version, err := strconv.Atoi(strings.SplitN(conn.PgConn().ParameterStatus("server_version"), ".", 2)[0]); err == nil && version >= 15 {
			sql += ` STRATEGY FILE_COPY`
		}
		_, err := conn.Exec(ctx, sql)
		return err
	})
	if err != nil {
		return fmt.Errorf("pgtest: create database %s: %w", name, err)
	}
	return nil
}

func (s *Server) dropDatabase(ctx context.Context, name string) error {
	err := s.admin(ctx, func(conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, `DROP DATABASE IF EXISTS `+quote(name)+` WITH (FORCE)`)
		return err
	})
	if err != nil {
		return fmt.Errorf("pgtest: drop database %s: %w", name, err)
	}
	return nil
}

// admin calls f with a connection for administration. Each call has its own, so
// that parallel tests do not wait for each other's.
func (s *Server) admin(ctx context.Context, f func(*pgx.Conn) error) error {
	config, err := pgx.ParseConfig(s.dsn)
	if err != nil {
		return err
	}
	config.RuntimeParams["application_name"] = prefix
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	return f(conn)
}

func quote(name string) string {
	return pgx.Identifier{name}.Sanitize()
}
