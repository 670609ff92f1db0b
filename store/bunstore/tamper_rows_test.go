package bunstore_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect"

	"github.com/go-activity/activity/store/bunstore"
)

// vandal changes rows behind the library's back, as somebody can who owns the tables.
type vandal struct {
	t        *testing.T
	store    *bunstore.Store
	tx       bun.Tx // what it does is undone
	postgres bool
	columns  map[string][]column // of each table, as the database knows them
}

type column struct{ name, typ string }

// cell is a value: in PostgreSQL its text, in SQLite a string, an int64 or bytes; nil for NULL.
type cell = any

// disarmed opens a store whose tables have no triggers any more.
func disarmed(t *testing.T, address string) *vandal {
	v := &vandal{t: t, store: migrated(t, address), columns: map[string][]column{}}
	v.postgres = v.store.DB().Dialect().Name() == dialect.PG
	triggers := v.texts(v.store.DB(), `SELECT name FROM sqlite_master WHERE type = 'trigger'`, `SELECT 'x' WHERE false`)
	for _, name := range triggers {
		v.exec(v.store.DB(), `DROP TRIGGER `+name)
	}
	for _, table := range tampered {
		if v.postgres {
			v.exec(v.store.DB(), `ALTER TABLE `+table+` DISABLE TRIGGER ALL`)
		}
		for _, text := range v.texts(v.store.DB(), `SELECT name || ' ' || type FROM pragma_table_info('`+table+`')`,
			`SELECT attname || ' ' || format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = '`+table+`'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`) {
			name, typ, _ := strings.Cut(text, " ")
			v.columns[table] = append(v.columns[table], column{name, typ})
		}
		if len(v.columns[table]) < 3 {
			t.Fatalf("%s has the columns %v", table, v.columns[table])
		}
	}
	return v
}

func (v *vandal) exec(db bun.IDB, statement string, args ...any) {
	v.t.Helper()
	if _, err := db.ExecContext(v.t.Context(), statement, args...); err != nil {
		v.t.Fatalf("%s: %v", statement, err)
	}
}

// texts returns the rows of a query that has one column.
func (v *vandal) texts(db bun.IDB, sqlite, postgres string, args ...any) []string {
	v.t.Helper()
	query := sqlite
	if v.postgres {
		query = postgres
	}
	rows, err := db.QueryContext(v.t.Context(), query, args...)
	if err != nil {
		v.t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	var found []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			v.t.Fatal(err)
		}
		found = append(found, text)
	}
	if err := rows.Err(); err != nil {
		v.t.Fatal(err)
	}
	return found
}

// rows returns the rows of acme, each with what finds it.
func (v *vandal) rows(table string) []row {
	v.t.Helper()
	var list []string
	for _, c := range v.columns[table] {
		if v.postgres {
			list = append(list, `"`+c.name+`"::text`)
		} else {
			list = append(list, `"`+c.name+`"`)
		}
	}
	place := `rowid`
	if v.postgres {
		place = `ctid::text`
	}
	rows, err := v.store.DB().QueryContext(v.t.Context(), `SELECT `+place+`, `+strings.Join(list, ", ")+` FROM `+table+` WHERE tenant = 'acme'`)
	if err != nil {
		v.t.Fatal(err)
	}
	defer rows.Close()
	var found []row
	for rows.Next() {
		r := row{table: table, cells: make([]cell, len(list))}
		into := []any{&r.place}
		for i := range r.cells {
			into = append(into, &r.cells[i])
		}
		if err := rows.Scan(into...); err != nil {
			v.t.Fatal(err)
		}
		found = append(found, r)
	}
	if err := rows.Err(); err != nil {
		v.t.Fatal(err)
	}
	return found
}

type row struct {
	table, place string
	cells        []cell
}

// errRefused says that the database does not let somebody do that, without triggers either: two rows with one key, a value
// that is none of its type.
var errRefused = errors.New("refused")

// within does something in a transaction that is undone.
func (v *vandal) within(do func() error) {
	v.t.Helper()
	undo := errors.New("undo")
	err := v.store.DB().RunInTx(v.t.Context(), &sql.TxOptions{}, func(_ context.Context, tx bun.Tx) error {
		v.tx = tx
		if err := do(); err != nil {
			return err
		}
		return undo
	})
	if !errors.Is(err, undo) && !errors.Is(err, errRefused) {
		v.t.Fatal(err)
	}
}

func (v *vandal) try(statement string, args ...any) error {
	if _, err := v.tx.ExecContext(v.t.Context(), statement, args...); err != nil {
		return fmt.Errorf("%w: %v", errRefused, err)
	}
	return nil
}

func (v *vandal) where(r row) string {
	if v.postgres {
		return ` WHERE ctid = '` + r.place + `'::tid`
	}
	return ` WHERE rowid = ` + r.place
}

// set gives a column of a row a value.
func (v *vandal) set(r row, c column, value cell) error {
	return v.try(`UPDATE `+r.table+` SET "`+c.name+`" = `+v.cast(c)+v.where(r), value)
}

func (v *vandal) cast(c column) string {
	if v.postgres {
		return `CAST(? AS ` + c.typ + `)`
	}
	return `?`
}

func (v *vandal) remove(r row) error { return v.try(`DELETE FROM ` + r.table + v.where(r)) }

func (v *vandal) insert(r row) error {
	var names, casts []string
	var args []any
	for i, c := range v.columns[r.table] {
		names, casts, args = append(names, `"`+c.name+`"`), append(casts, v.cast(c)), append(args, r.cells[i])
	}
	return v.try(`INSERT INTO `+r.table+` (`+strings.Join(names, ", ")+`) VALUES (`+strings.Join(casts, ", ")+`)`, args...)
}

// at returns the value of a column.
func (v *vandal) at(r row, name string) cell {
	return r.cells[slices.IndexFunc(v.columns[r.table], func(c column) bool { return c.name == name })]
}

// with returns the row with another value in a column.
func (v *vandal) with(r row, name string, value cell) row {
	r.cells = slices.Clone(r.cells)
	r.cells[slices.IndexFunc(v.columns[r.table], func(c column) bool { return c.name == name })] = value
	return r
}

func (v *vandal) number(r row, name string) int64 {
	n, err := strconv.ParseInt(fmt.Sprint(v.at(r, name)), 10, 64)
	if err != nil {
		v.t.Fatal(err)
	}
	return n
}

// key returns an ID as text that can be compared.
func (v *vandal) key(r row, name string) string {
	if b, ok := v.at(r, name).([]byte); ok {
		return string(b)
	}
	return v.at(r, name).(string)
}

// length is how many bytes the text of a value has.
func length(c cell) int {
	switch c := c.(type) {
	case []byte:
		return len(c)
	case nil:
		return 0
	}
	return len(fmt.Sprint(c))
}

// altered returns a value with one byte of its text changed to another of its sort, so that it may pass as a value of its
// type, or else a value of another length.
func altered(c cell, i int) cell {
	switch c := c.(type) {
	case []byte:
		b := slices.Clone(c)
		b[i] ^= 1 << (i % 8)
		return b
	case int64:
		n, err := strconv.ParseInt(alteredText(strconv.FormatInt(c, 10), i), 10, 64)
		if err != nil {
			return c + 1
		}
		return n
	}
	return alteredText(c.(string), i)
}

func alteredText(s string, i int) string {
	b := []byte(s)
	switch ch := b[i]; {
	case ch >= '0' && ch <= '9':
		b[i] = '0' + (ch-'0'+1)%10
	case ch >= 'a' && ch <= 'f':
		b[i] = 'a' + (ch-'a'+1)%6
	case ch >= 'g' && ch < 'z', ch >= 'A' && ch < 'Z':
		b[i]++
	case ch == ' ':
		b[i] = '_'
	default:
		b[i] = 'x'
	}
	return string(b)
}
