package main

import (
	"context"
	"fmt"
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"github.com/go-activity/activity"
)

// contact is a row of the table that files are imported into.
type contact struct {
	bun.BaseModel `bun:"table:contact"`

	Email     string `bun:",pk"` // in lower case
	FirstName string
	LastName  string
	Company   string
	Phone     string
}

const createContacts = `
CREATE TABLE IF NOT EXISTS contact (
	email      TEXT PRIMARY KEY,
	first_name TEXT NOT NULL,
	last_name  TEXT NOT NULL,
	company    TEXT NOT NULL,
	phone      TEXT NOT NULL
) WITHOUT ROWID`

// field is a value of contacts, by the name that columns of files and values of outcomes have.
type field struct {
	name string
	of   func(*contact) *string
}

var fields = []field{
	{"email", func(c *contact) *string { return &c.Email }},
	{"first name", func(c *contact) *string { return &c.FirstName }},
	{"last name", func(c *contact) *string { return &c.LastName }},
	{"company", func(c *contact) *string { return &c.Company }},
	{"phone", func(c *contact) *string { return &c.Phone }},
}

const fieldEmail = 0 // index in fields

// Limits of values.
const (
	maxEmail = 254 // bytes; RFC 5321, 4.5.3.1.3
	maxValue = 200 // characters
	maxShown = 500 // bytes, of what a report shows of a row that was not imported
)

// check returns the kind of outcome of a contact that cannot be stored, and why; nothing if it can.
func (c *contact) check() (kind, why string) {
	if c.Email == "" {
		return "missing_field", "email is missing"
	}
	if address, err := mail.ParseAddress(c.Email); err != nil || address.Address != c.Email || len(c.Email) > maxEmail {
		return "invalid_field", fmt.Sprintf("email %q is no address", cut(c.Email, maxShown))
	}
	for _, f := range fields {
		value := *f.of(c)
		if n := utf8.RuneCountInString(value); n > maxValue {
			return "invalid_field", fmt.Sprintf("%s has %d characters, more than %d", f.name, n, maxValue)
		}
		if strings.ContainsFunc(value, func(char rune) bool { return unicode.IsControl(char) && !strings.ContainsRune("\t\r\n", char) }) {
			return "invalid_field", f.name + " has a control character"
		}
	}
	return "", ""
}

func (c *contact) entity() activity.Entity {
	name := strings.Join(strings.Fields(c.FirstName+" "+c.LastName), " ")
	return activity.Entity{Kind: "contact", ID: c.Email, Label: cut(name, activity.MaxText)}
}

// values returns what a contact is, as outcomes have it.
func (c *contact) values() map[string]any {
	values := map[string]any{}
	for _, f := range fields {
		values[f.name] = *f.of(c)
	}
	return values
}

// set gives a contact values of an outcome.
func (c *contact) set(values map[string]any) {
	for _, f := range fields {
		if value, ok := values[f.name].(string); ok {
			*f.of(c) = value
		}
	}
}

// merged returns a stored contact with what another one says, and the values that this changes. What the
// other one leaves empty stays.
func (c *contact) merged(other *contact) (result *contact, before, after map[string]any) {
	result = new(*c)
	before, after = map[string]any{}, map[string]any{}
	for _, f := range fields {
		if was, is := f.of(result), *f.of(other); is != "" && is != *was {
			before[f.name], after[f.name] = *was, is
			*was = is
		}
	}
	return result, before, after
}

// findContacts returns those of some contacts that are stored, by their address.
func findContacts(ctx context.Context, db bun.IDB, emails []string) (map[string]*contact, error) {
	found := map[string]*contact{}
	if len(emails) == 0 {
		return found, nil
	}
	var list []*contact
	if err := db.NewSelect().Model(&list).Where("email IN (?)", bun.List(emails)).Scan(ctx); err != nil {
		return nil, fmt.Errorf("read contacts: %w", err)
	}
	for _, c := range list {
		found[c.Email] = c
	}
	return found, nil
}

// saveContacts stores contacts, new ones or not.
func saveContacts(ctx context.Context, db bun.IDB, list ...*contact) error {
	if len(list) == 0 {
		return nil
	}
	_, err := db.NewInsert().Model(&list).On("CONFLICT (email) DO UPDATE").Exec(ctx)
	if err != nil {
		return fmt.Errorf("store contacts: %w", err)
	}
	return nil
}

// restoreContact brings a contact back to what it was before a run, unless somebody changed it since.
func restoreContact(ctx context.Context, db *bun.DB, change activity.Change) error {
	return db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		found, err := findContacts(ctx, tx, []string{change.Record.ID})
		if err != nil {
			return err
		}
		current := found[change.Record.ID]
		var values map[string]any
		if current != nil {
			values = current.values()
		}
		if err := change.Check(values); err != nil {
			return err
		}
		if change.Before == nil {
			_, err := tx.NewDelete().Model((*contact)(nil)).Where("email = ?", change.Record.ID).Exec(ctx)
			return err
		}
		if current == nil { // the run deleted it
			current = &contact{Email: change.Record.ID}
		}
		current.set(change.Before)
		return saveContacts(ctx, tx, current)
	})
}
