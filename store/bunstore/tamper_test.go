package bunstore_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	signed "golang.org/x/mod/sumdb/note"

	"github.com/go-activity/activity"
)

// The tables that the ledger proves. The columns come from the database, so that one that is added is changed here too.
var tampered = []string{"activity_event", "activity_ledger", "activity_head", "activity_tile"}

// somewhere is the index of a change that is about the ledger as a whole.
const somewhere = -1

type tampering struct {
	*vandal
	journal *activity.Journal
	since   activity.Checkpoint
	index   map[string]int64 // of each event, by its ID
	counts  map[string]int   // changes of each column that the database let pass
	refused int
}

// A change of any byte of any column, and of any row, is seen by Verify against a checkpoint from before, at its index.
func TestTampering(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		x := newTampering(t, address)
		random := rand.New(rand.NewPCG(7, 11))
		each, most := 2, 40 // rows of a table, and bytes of a value
		if os.Getenv("ACTIVITY_TEST_LONG") != "" {
			each, most = 100, 1<<20
		}
		for _, table := range tampered {
			rows := x.rows(table)
			x.columnsOf(rows, random, each, most)
			x.swaps(rows, random, each)
			for range min(each, len(rows)) {
				r := rows[random.IntN(len(rows))]
				x.sees("remove from "+table, x.indexOf(r), func() error { return x.remove(r) })
			}
		}
		x.inserts()
		x.cuts()
		for _, table := range tampered {
			for _, c := range x.columns[table] {
				if x.counts[table+"."+c.name] == 0 {
					t.Errorf("no change of %s.%s was tried that the database lets pass", table, c.name)
				}
			}
		}
		total := 0
		for _, n := range x.counts {
			total += n
		}
		t.Logf("%d changes of values were seen, %d were refused by the database", total, x.refused)
	})
}

// newTampering makes ledgers in which something was erased and removed, and in which there is one full tile.
func newTampering(t *testing.T, address string) *tampering {
	ctx := t.Context()
	private, _, err := activity.GenerateKey("test")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := signed.NewSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	x := &tampering{vandal: disarmed(t, address), index: map[string]int64{}, counts: map[string]int{}}
	now := epoch
	brief := activity.Define[struct{}]("note.seen", activity.TypeOptions{Retention: time.Hour})
	x.journal, err = activity.New(x.store, &activity.Config{
		Types: []activity.EventType{noteAdded, brief}, Kinds: []activity.Kind{{Name: "import"}}, Signer: signer, Now: func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	contact := activity.Entity{Kind: "contact", ID: "42", Label: "Bob"}
	task, err := x.journal.Tenant("acme").Enqueue(ctx, activity.TaskSpec{Kind: "import", Actor: ana})
	if err != nil {
		t.Fatal(err)
	}
	run, err := x.journal.Tenant("acme").Start(ctx, task.ID)
	if err != nil {
		t.Fatal(err)
	}
	var drafts []activity.Draft
	for i := range 260 {
		draft := noteAdded.New(note{i, "said"}).By(ana).About(account)
		switch i % 20 {
		case 1:
			draft = draft.Key(fmt.Sprint("key ", i)).Manual().At(now.Add(-time.Duration(i) * time.Second))
		case 2:
			draft = draft.About(contact).Key(fmt.Sprint("Bob ", i))
		case 3:
			draft = brief.New(struct{}{}).By(contact)
		}
		if drafts = append(drafts, draft); len(drafts) == 20 {
			if _, err := x.journal.Tenant("acme").Record(ctx, drafts...); err != nil {
				t.Fatal(err)
			}
			drafts = nil
			if _, err := x.journal.Tenant("globex").Record(ctx, noteAdded.New(note{i, "other"}).By(ana)); err != nil {
				t.Fatal(err)
			}
			if _, err := run.Record(ctx, noteAdded.New(note{i, "of a run"})); err != nil {
				t.Fatal(err)
			}
			if _, err := x.journal.Seal(ctx); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := x.journal.Seal(ctx); err != nil {
		t.Fatal(err)
	}
	if err := run.Complete(ctx); err != nil {
		t.Fatal(err)
	}
	if n, err := x.journal.Tenant("acme").Erase(ctx, contact, ana, "asked for"); err != nil || n == 0 {
		t.Fatal(n, err)
	}
	now = now.Add(2 * time.Hour)
	if n, err := x.journal.Retain(ctx); err != nil || n == 0 {
		t.Fatal(n, err)
	}
	if x.since, err = x.journal.Tenant("acme").Ledger().Checkpoint(ctx); err != nil {
		t.Fatal(err)
	}
	for _, r := range x.rows("activity_ledger") {
		x.index[x.key(r, "event_id")] = x.number(r, "index")
	}
	x.within(func() error {
		if err := x.verify(); err != nil {
			t.Fatalf("before anything is changed: %v", err)
		}
		return nil
	})
	return x
}

// verify verifies acme as the transaction sees it.
func (x *tampering) verify() error {
	_, err := x.journal.With(x.store.Tx(x.tx)).Tenant("acme").Ledger().Verify(x.t.Context(), &x.since)
	return err
}

// sees makes a change, and checks that Verify names its index.
func (x *tampering) sees(what string, index int64, change func() error) (let bool) {
	x.t.Helper()
	x.within(func() error {
		if err := change(); err != nil {
			x.refused++
			return err
		}
		let = true
		err := x.verify()
		problem, ok := errors.AsType[*activity.TamperError](err)
		if !ok {
			x.t.Errorf("%s (index %d): Verify = %v", what, index, err)
			return nil
		}
		if index != somewhere && !slices.ContainsFunc(problem.Problems, func(p activity.Problem) bool { return p.Index == index }) {
			x.t.Errorf("%s: Verify does not name index %d, but %v", what, index, problem.Problems)
		}
		return nil
	})
	return let
}

// indexOf returns the index that a change of a row is about.
func (x *tampering) indexOf(r row) int64 {
	switch r.table {
	case "activity_event":
		return x.index[x.key(r, "id")]
	case "activity_ledger":
		return x.number(r, "index")
	case "activity_tile":
		return x.number(r, "index") * 256 << (8 * x.number(r, "level"))
	}
	return somewhere
}

// columnsOf changes each column: of one row that has a value there, and of one tile of each level, byte by byte, or in as many
// bytes as told at equal distances; of others in one byte, and as a whole.
func (x *tampering) columnsOf(rows []row, random *rand.Rand, each, most int) {
	table := rows[0].table
	for i, c := range x.columns[table] {
		what := table + "." + c.name
		var whole []row
		for _, r := range rows {
			if r.cells[i] != nil && (len(whole) == 0 || table == "activity_tile") {
				whole = append(whole, r)
			}
		}
		for _, r := range whole {
			n := length(r.cells[i])
			for at := 0; at < n; at += (n + most - 1) / most {
				x.changeAt(what, r, i, at)
			}
		}
		for _, n := range random.Perm(len(rows))[:min(each, len(rows))] {
			x.changeAt(what, rows[n], i, random.IntN(max(length(rows[n].cells[i]), 1)))
			x.replace(what, rows[n], i, rows, random)
		}
	}
}

// changeAt changes one byte of a value.
func (x *tampering) changeAt(what string, r row, i, at int) {
	x.t.Helper()
	c := x.columns[r.table][i]
	if r.cells[i] == nil {
		return
	}
	index := x.indexOf(r)
	if r.table == "activity_tile" && c.name == "hashes" {
		hash := int64(at / 32)
		if x.postgres {
			hash = max(int64(at-2), 0) / 64 // \x, and two digits for each byte
		}
		index += hash << (8 * x.number(r, "level"))
	}
	x.changed(what, index, r, c, r.cells[i], altered(r.cells[i], at))
}

// replace puts nothing in the place of a value, or the value of another row, or something in the place of nothing.
func (x *tampering) replace(what string, r row, i int, rows []row, random *rand.Rand) {
	c := x.columns[r.table][i]
	x.changed(what+" to NULL", x.indexOf(r), r, c, r.cells[i], nil)
	if n, err := strconv.ParseInt(fmt.Sprint(r.cells[i]), 10, 64); err == nil && n < 10_000 {
		x.changed(what+" to another number", x.indexOf(r), r, c, r.cells[i], x.numberCell(n+10_000))
	}
	for _, n := range random.Perm(len(rows)) {
		if other := rows[n].cells[i]; fmt.Sprint(other) != fmt.Sprint(r.cells[i]) {
			x.changed(what+" to another's", x.indexOf(r), r, c, r.cells[i], other)
			return
		}
	}
}

// changed gives a column another value, if it is another one for the database too.
func (x *tampering) changed(what string, index int64, r row, c column, was, value cell) {
	x.t.Helper()
	if fmt.Sprint(was) == fmt.Sprint(value) {
		return
	}
	same := false
	let := x.sees(fmt.Sprintf("%s from %.300v to %.300v", what, was, value), index, func() error {
		if x.postgres && was != nil && value != nil {
			var err error
			if same, err = x.sameInPostgres(c, was, value); err != nil {
				return err
			}
			if same {
				return errRefused
			}
		}
		return x.set(r, c, value)
	})
	if let {
		x.counts[r.table+"."+c.name]++
	}
}

// sameInPostgres reports whether two texts are of the same value, as those of one instant may be.
func (x *tampering) sameInPostgres(c column, a, b cell) (same bool, err error) {
	if c.typ == "json" {
		return a == b, nil
	}
	query := `SELECT CAST(? AS ` + c.typ + `) = CAST(? AS ` + c.typ + `)`
	if err := x.tx.QueryRowContext(x.t.Context(), query, a, b).Scan(&same); err != nil {
		return false, fmt.Errorf("%w: %v", errRefused, err)
	}
	return same, nil
}

// swaps exchanges values of two rows.
func (x *tampering) swaps(rows []row, random *rand.Rand, each int) {
	for i, c := range x.columns[rows[0].table] {
		for range each {
			a, b := rows[random.IntN(len(rows))], rows[random.IntN(len(rows))]
			if fmt.Sprint(a.cells[i]) == fmt.Sprint(b.cells[i]) {
				continue
			}
			what := "swap " + a.table + "." + c.name
			x.sees(what, x.indexOf(a), func() error {
				return errors.Join(x.remove(a), x.remove(b), x.insert(x.with(a, c.name, b.cells[i])), x.insert(x.with(b, c.name, a.cells[i])))
			})
		}
	}
}

// inserts adds rows that look like others.
func (x *tampering) inserts() {
	must := func(what string, index int64, r row) {
		x.t.Helper()
		if !x.sees(what, index, func() error { return x.insert(r) }) {
			x.t.Errorf("%s was refused", what)
		}
	}
	events, entries, tiles := x.rows("activity_event"), x.rows("activity_ledger"), x.rows("activity_tile")
	event := x.with(x.with(events[0], "id", altered(events[0].cells[0], 35%length(events[0].cells[0]))), "key", nil)
	must("an event like another", somewhere, event)
	entry := x.with(x.with(entries[5], "position", x.numberCell(9_000)), "index", x.numberCell(x.since.Size))
	must("an entry after the last", x.since.Size, x.with(entry, "event_id", event.cells[0]))
	must("an entry before the first", -7, x.with(x.with(entry, "index", x.numberCell(-7)), "event_id", event.cells[0]))
	for _, tile := range tiles {
		must("a tile after the last", x.since.Size-1, x.with(tile, "index", x.numberCell(x.number(tile, "index")+1)))
		must("a tile above the highest", x.since.Size-1, x.with(x.with(tile, "level", x.numberCell(2)), "index", x.numberCell(0)))
		if x.number(tile, "level") == 0 {
			x.sees("a tile without hashes", 0, func() error { return x.set(tile, column{"hashes", "bytea"}, []byte{}) })
		}
	}
}

func (x *tampering) numberCell(n int64) cell {
	if x.postgres {
		return fmt.Sprint(n)
	}
	return n
}

// cuts takes away the last entries, and then makes all else agree with that, as the library would.
func (x *tampering) cuts() {
	for _, keep := range []int64{x.since.Size - 1, 257, 256, 255, 100, 1, 0} {
		cut := func() error {
			return x.try(`DELETE FROM activity_ledger WHERE tenant = 'acme' AND "index" >= ?`, keep)
		}
		x.sees(fmt.Sprintf("cut at %d", keep), keep, cut)
		x.sees(fmt.Sprintf("cut at %d, with the rest", keep), keep, func() error {
			if err := cut(); err != nil {
				return err
			}
			return x.rebuild()
		})
	}
	// Somebody changes an event, and computes everything anew: only the root at the checkpoint differs.
	events := x.rows("activity_event")
	x.sees("another history", x.since.Size-1, func() error {
		entries, err := x.store.Tx(x.tx).Entries(x.t.Context(), activity.EntryQuery{Tenant: "acme", Index: 200, Limit: 1})
		if err != nil {
			return err
		}
		e := entries[0].Event
		e.Payload = []byte(strings.Replace(string(e.Payload), "said", "sold", 1))
		leaf := e.Leaf()
		i := slices.IndexFunc(events, func(r row) bool { return x.indexOf(r) == 200 })
		return errors.Join(
			x.try(`UPDATE activity_event SET payload = ?`+x.where(events[i]), string(e.Payload)),
			x.try(`UPDATE activity_ledger SET leaf = ? WHERE tenant = 'acme' AND "index" = 200`, leaf[:]), x.rebuild())
	})
}

// rebuild writes tiles and head anew, from the entries that there are.
func (x *tampering) rebuild() error {
	ctx := x.t.Context()
	entries, err := x.store.Tx(x.tx).Entries(ctx, activity.EntryQuery{Tenant: "acme", Limit: 10_000})
	if err != nil {
		return err
	}
	var leaves []activity.Hash
	var head activity.TreeHead
	for _, e := range entries {
		leaves, head.Position = append(leaves, e.Leaf), e.Position
	}
	tiles := head.Grow(nil, leaves)
	err = errors.Join(x.try(`DELETE FROM activity_tile WHERE tenant = 'acme'`), x.try(`DELETE FROM activity_head WHERE tenant = 'acme'`))
	for _, tile := range tiles {
		err = errors.Join(err, x.try(`INSERT INTO activity_tile (tenant, level, "index", hashes) VALUES ('acme', ?, ?, ?)`, tile.Level, tile.Index, joined(tile.Hashes)))
	}
	if head.Size > 0 {
		err = errors.Join(err, x.try(`INSERT INTO activity_head (tenant, size, edge, position) VALUES ('acme', ?, ?, ?)`, head.Size, joined(head.Edge), head.Position))
	}
	return err
}

func joined(hashes []activity.Hash) []byte {
	var b []byte
	for _, hash := range hashes {
		b = append(b, hash[:]...)
	}
	return b
}
