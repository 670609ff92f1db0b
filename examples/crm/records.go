package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"

	"github.com/uptrace/bun"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/examples/crm/contacts"
	"github.com/go-activity/activity/store/bunstore"
)

// recordKinds are the kinds of record, as entities have them.
var recordKinds = []string{"account", "contact", "deal"}

// record is an account, a contact or a deal: a row of the CRM's own table, in the database of the journal.
type record struct {
	bun.BaseModel `bun:"table:crm_record"`

	Workspace string `bun:",pk"`
	Kind      string `bun:",pk"`
	ID        string `bun:",pk"`
	Name      string
	Account   string // the ID of its account, or of the account above it; empty: none
	Email     string
	Title     string // of a contact its job, of a deal its stage, of an account its industry
	Phone     string
	City      string
	Archived  bool
}

const createRecords = `
CREATE TABLE IF NOT EXISTS crm_record (
	workspace VARCHAR(64) NOT NULL,
	kind      VARCHAR(64) NOT NULL,
	id        VARCHAR(255) NOT NULL,
	name      TEXT NOT NULL,
	account   TEXT NOT NULL,
	email     TEXT NOT NULL,
	title     TEXT NOT NULL,
	phone     TEXT NOT NULL,
	city      TEXT NOT NULL,
	archived  BOOLEAN NOT NULL,
	PRIMARY KEY (workspace, kind, id)
)`

func (r record) entity() activity.Entity {
	return activity.Entity{Kind: r.Kind, ID: r.ID, Label: r.Name}
}

// field is a value of records, by the name that reports and files have for it.
type field struct {
	name string
	of   func(*record) *string
}

var fields = []field{
	{"name", func(r *record) *string { return &r.Name }},
	{"email", func(r *record) *string { return &r.Email }},
	{"title", func(r *record) *string { return &r.Title }},
	{"phone", func(r *record) *string { return &r.Phone }},
	{"city", func(r *record) *string { return &r.City }},
	{"account", func(r *record) *string { return &r.Account }},
}

// values are all values of a record, for a report.
func (r record) values() map[string]any {
	values := map[string]any{}
	for _, f := range fields {
		values[f.name] = *f.of(&r)
	}
	return values
}

// set takes values over, as far as there are some of that name.
func (r *record) set(values map[string]any) {
	for _, f := range fields {
		if text, ok := values[f.name].(string); ok {
			*f.of(r) = text
		}
	}
}

// contactID is the ID of the contact with an address, so that it is the same whoever finds it.
func contactID(email string) string {
	h := fnv.New32a()
	h.Write([]byte(email))
	return fmt.Sprintf("c%08x", h.Sum32())
}

// records is the table.
type records struct{ store *bunstore.Store }

func (t records) create(ctx context.Context) error {
	_, err := t.store.DB().ExecContext(ctx, createRecords)
	return err
}

// inTx calls a function in a transaction, with a store in it for the journal: what both write is stored together, or not at all.
func (t records) inTx(ctx context.Context, fn func(context.Context, bun.Tx, *bunstore.Store) error) error {
	return t.store.DB().RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error { return fn(ctx, tx, t.store.Tx(tx)) })
}

// find returns a record, or activity.ErrNotFound.
func (t records) find(ctx context.Context, db bun.IDB, workspace, kind, id string) (record, error) {
	r := record{Workspace: workspace, Kind: kind, ID: id}
	err := db.NewSelect().Model(&r).WherePK().Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		err = activity.ErrNotFound
	}
	return r, err
}

// list returns records of a kind by their names, of an account if one is given, and at most as many as limit says.
func (t records) list(ctx context.Context, workspace, kind, account string, limit int) ([]record, error) {
	var all []record
	q := t.store.DB().NewSelect().Model(&all).Where("workspace = ?", workspace).Where("kind = ?", kind).Where("archived = ?", false)
	if account != "" {
		q = q.Where("account = ?", account)
	}
	return all, q.Order("name", "id").Limit(int64(limit)).Scan(ctx)
}

// count returns how many records a workspace has.
func (t records) count(ctx context.Context, workspace string) (int64, error) {
	return t.store.DB().NewSelect().Model((*record)(nil)).Where("workspace = ?", workspace).Count(ctx)
}

// put stores a record, over the one that is there.
func put(ctx context.Context, db bun.IDB, rows ...record) error {
	_, err := db.NewInsert().Model(&rows).
		On("CONFLICT (workspace, kind, id) DO UPDATE").
		Set("name = EXCLUDED.name, account = EXCLUDED.account, email = EXCLUDED.email, title = EXCLUDED.title").
		Set("phone = EXCLUDED.phone, city = EXCLUDED.city, archived = EXCLUDED.archived").
		Exec(ctx)
	return err
}

// remove takes a record out of the table.
func remove(ctx context.Context, db bun.IDB, r record) error {
	_, err := db.NewDelete().Model(&r).WherePK().Exec(ctx)
	return err
}

// contact returns a contact with its account, as package contacts has them.
func (t records) contact(ctx context.Context, db bun.IDB, r record) (contacts.Contact, error) {
	c := contacts.Contact{Entity: r.entity()}
	if r.Account == "" {
		return c, nil
	}
	account, err := t.find(ctx, db, r.Workspace, "account", r.Account)
	if errors.Is(err, activity.ErrNotFound) { // it was merged, or taken out
		return c, nil
	}
	c.Account = account.entity()
	return c, err
}
