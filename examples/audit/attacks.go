package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/sqlite"
)

// attack is a way to change the past. It writes to the file as anybody could who can write to it.
type attack struct {
	what string
	do   func(ctx context.Context, db *sql.Tx) error
}

// nth is a condition on events: that with a position.
const nth = `id = (SELECT event_id FROM activity_ledger WHERE position = ?)`

var attacks = []attack{
	{"Change a number: the offer of 44,500 euros was one of 54,500.", func(ctx context.Context, db *sql.Tx) error {
		return execute(ctx, db, `UPDATE activity_event SET payload = '{"euros":54500}' WHERE `+nth, 5)
	}},
	{"Change who did it: Ana, not Ben.", func(ctx context.Context, db *sql.Tx) error {
		return execute(ctx, db, `UPDATE activity_event SET actor_id = 'ana', actor_label = 'Ana' WHERE `+nth, 5)
	}},
	{"Delete an event, with its place in the ledger.", func(ctx context.Context, db *sql.Tx) error {
		return errors.Join(
			execute(ctx, db, `DELETE FROM activity_event WHERE `+nth, 3),
			execute(ctx, db, `DELETE FROM activity_ledger WHERE position = ?`, 3))
	}},
	{"Swap two: the deal was won before the last offer.", func(ctx context.Context, db *sql.Tx) error {
		return errors.Join(
			execute(ctx, db, `UPDATE activity_ledger SET position = -position, "index" = -"index" WHERE position IN (7, 8)`),
			execute(ctx, db, `UPDATE activity_ledger SET position = 15 + position, "index" = 13 + "index" WHERE position IN (-7, -8)`))
	}},
	{"Slip one in, which no call of the library has recorded.", func(ctx context.Context, db *sql.Tx) error {
		return execute(ctx, db, `
INSERT INTO activity_event (id, tenant, type, version, actor_kind, actor_id, actor_label, about, source, occurred_at, recorded_at, payload, salts)
SELECT randomblob(16), tenant, type, version, actor_kind, actor_id, actor_label, about, source, occurred_at, recorded_at, '{"euros":39000}', salts
FROM activity_event
WHERE `+nth, 7)
	}},
	{"Cut off the end, and compute all else anew, as the library would: leaves, tree, head.", rewrite},
}

// try makes an attack on a copy of the history.
func (a *audit) try(ctx context.Context, name string, attack attack) (err error) {
	data, err := os.ReadFile(a.file("history"))
	if err != nil {
		return err
	}
	if err := os.WriteFile(a.file(name), data, 0o600); err != nil {
		return err
	}
	store, err := sqlite.Open(ctx, a.file(name))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	tx, err := store.DB().BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := errors.Join(disarm(ctx, tx.Tx), attack.do(ctx, tx.Tx)); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// disarm drops the triggers.
func disarm(ctx context.Context, db *sql.Tx) error {
	rows, err := db.QueryContext(ctx, `SELECT name FROM sqlite_schema WHERE type = 'trigger'`)
	if err != nil {
		return err
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return err
		}
		names = append(names, name)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, name := range names {
		if err := execute(ctx, db, `DROP TRIGGER `+name); err != nil {
			return err
		}
	}
	return nil
}

// rewrite is what somebody does who has read how the ledger works. Nothing in the file gives it away.
func rewrite(ctx context.Context, db *sql.Tx) error {
	const left = 6
	var tree activity.Tree
	var leaves []activity.Hash
	rows, err := db.QueryContext(ctx, `SELECT leaf FROM activity_ledger WHERE position <= ? ORDER BY position`, left)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var leaf []byte
		if err := rows.Scan(&leaf); err != nil {
			return err
		}
		leaves = append(leaves, activity.Hash(leaf))
	}
	if err := rows.Err(); err != nil {
		return err
	}
	tree.Grow(nil, leaves)
	var edge []byte
	for _, hash := range tree.Edge {
		edge = append(edge, hash[:]...)
	}
	return errors.Join(
		execute(ctx, db, `DELETE FROM activity_event WHERE id IN (SELECT event_id FROM activity_ledger WHERE position > ?)`, left),
		execute(ctx, db, `DELETE FROM activity_ledger WHERE position > ?`, left),
		execute(ctx, db, `UPDATE activity_head SET size = ?, edge = ?, position = ?`, tree.Size, edge, left))
}

// execute makes sure that a statement does something.
func execute(ctx context.Context, db *sql.Tx, statement string, args ...any) error {
	result, err := db.ExecContext(ctx, statement, args...)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 && len(args) > 0 {
		return fmt.Errorf("%s: nothing changed (%v)", statement, err)
	}
	return nil
}
