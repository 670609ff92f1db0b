package bunstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"embed"
	"fmt"
	"io/fs"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect"
	"github.com/uptrace/bun/migrate"

	"github.com/go-activity/activity"
)

//go:embed migrations
var migrationFiles embed.FS

const (
	migrationTable = "activity_migration"
	lockTable      = "activity_migration_lock" // bun's migrator makes it; the lock is the transaction's
)

// Migrate brings the tables to the program's schema, in one transaction: a process that is killed
// leaves the schema as it was. Any number of processes may call it at once; one works and the others
// wait. It needs the right to create tables. A schema of a newer program is [activity.ErrSchema].
func (s *Store) Migrate(ctx context.Context) error {
	return s.migrate(ctx, "migrate", func(m *migrate.Migrator) error {
		missing, err := m.MissingMigrations(ctx)
		if err != nil {
			return err
		}
		if len(missing) > 0 {
			return fmt.Errorf("%w: migration %s is not known to this program, which is too old", activity.ErrSchema, missing[0].Name)
		}
		_, err = m.Migrate(ctx)
		return err
	})
}

// Rollback undoes what the last call of Migrate that changed something did. The data in the tables
// that it drops is lost.
func (s *Store) Rollback(ctx context.Context) error {
	defer s.migrated.Store(false)
	return s.migrate(ctx, "roll back", func(m *migrate.Migrator) error {
		_, err := m.Rollback(ctx)
		return err
	})
}

// migrate runs bun's migrator in a transaction. The migrator takes a database and marks what it has
// run in statements of its own; so it gets a database of one connection that is in a transaction
// already.
func (s *Store) migrate(ctx context.Context, doing string, run func(*migrate.Migrator) error) error {
	if err := s.usable(ctx); err != nil {
		return err
	}
	if s.tx != nil {
		return fmt.Errorf("activity: %s: not within a transaction of the host", doing)
	}
	migrations, err := s.migrations()
	if err != nil {
		return s.failed(ctx, doing, err)
	}
	c, err := s.write.DB.Conn(ctx)
	if err != nil {
		return s.failed(ctx, doing, err)
	}
	defer c.Close()
	err = c.Raw(func(raw any) error {
		single := sql.OpenDB(connector{raw.(driver.Conn), s.write.DB.Driver()})
		single.SetMaxOpenConns(1)
		defer single.Close()
		db := bun.NewDB(single, s.write.Dialect())
		ended := false
		defer func() {
			if !ended { // the connection goes back to its pool
				_, _ = db.ExecContext(context.WithoutCancel(ctx), `ROLLBACK`)
			}
		}()
		if err := s.engine.lock(ctx, db); err != nil {
			return err
		}
		m := migrate.NewMigrator(db, migrations, migrate.WithTableName(migrationTable),
			migrate.WithLocksTableName(lockTable), migrate.WithMarkAppliedOnSuccess(true))
		err := m.Init(ctx)
		if err == nil {
			err = run(m)
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		_, err = db.ExecContext(context.WithoutCancel(ctx), `COMMIT`)
		ended = err == nil
		return err
	})
	return s.failed(ctx, doing, err)
}

func (s *Store) migrations() (*migrate.Migrations, error) {
	dir := "migrations/postgres"
	if s.write.Dialect().Name() == dialect.SQLite {
		dir = "migrations/sqlite"
	}
	files, err := fs.Sub(migrationFiles, dir)
	if err != nil {
		return nil, err
	}
	migrations := migrate.NewMigrations()
	return migrations, migrations.Discover(files)
}

// checkSchema compares the migrations that were run with those that the program knows.
func (s *Store) checkSchema(ctx context.Context) error {
	migrations, err := s.migrations()
	if err != nil {
		return s.failed(ctx, "check schema", err)
	}
	db, done := s.reader()
	defer done()
	found, err := s.engine.hasTable(ctx, db, migrationTable)
	if err != nil {
		return s.failed(ctx, "check schema", err)
	}
	if !found {
		return fmt.Errorf("%w: there are no tables: call Migrate", activity.ErrSchema)
	}
	rows, err := db.QueryContext(ctx, `SELECT name FROM `+migrationTable)
	if err != nil {
		return s.failed(ctx, "check schema", err)
	}
	defer rows.Close()
	applied := map[string]bool{}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return s.failed(ctx, "check schema", err)
		}
		applied[name] = true
	}
	if err := rows.Err(); err != nil {
		return s.failed(ctx, "check schema", err)
	}
	for _, m := range migrations.Sorted() {
		if !applied[m.Name] {
			return fmt.Errorf("%w: migration %s has not been run: call Migrate", activity.ErrSchema, m.Name)
		}
		delete(applied, m.Name)
	}
	for name := range applied {
		return fmt.Errorf("%w: migration %s is not known to this program, which is too old", activity.ErrSchema, name)
	}
	return nil
}

// connector always gives out the same connection, and leaves closing it to its owner.
type connector struct {
	conn   driver.Conn
	driver driver.Driver
}

func (c connector) Connect(context.Context) (driver.Conn, error) { return borrowed{c.conn}, nil }
func (c connector) Driver() driver.Driver                        { return c.driver }

// borrowed is a connection that Close does not close.
type borrowed struct{ driver.Conn }

func (borrowed) Close() error { return nil }

func (b borrowed) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	return b.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
}

func (b borrowed) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	return b.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
}
