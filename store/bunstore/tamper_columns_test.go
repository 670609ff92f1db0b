package bunstore_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/go-activity/activity"
)

// change is another value in a column of a row.
type change struct {
	row        row
	column     column
	was, value cell
	index      int64 // that Verify is to name
}

func (c change) String() string {
	return fmt.Sprintf("%s.%s from %.300v to %.300v (index %d)", c.row.table, c.column.name, c.was, c.value, c.index)
}

// columnsOf changes each column: in each byte that many values have, and of some rows as a whole. Changes that are about one entry
// each are made in other rows, and many at once; others one by one, in as many bytes as told, at equal distances.
func (x *tampering) columnsOf(rows []row, random *rand.Rand, each, most int) {
	table := rows[0].table
	for i, c := range x.columns[table] {
		alone := table != "activity_event" && c.name != "leaf" && c.name != "event_id"
		var changes []change
		add := func(r row, value cell, index int64) {
			if fmt.Sprint(value) != fmt.Sprint(r.cells[i]) {
				changes = append(changes, change{r, c, r.cells[i], value, index})
			}
		}
		longest := slices.MaxFunc(rows, func(a, b row) int { return length(a.cells[i]) - length(b.cells[i]) })
		n := length(longest.cells[i])
		for at, k, step := 0, 0, 1; at < n; at, k = at+step, k+1 {
			tried := slices.DeleteFunc(slices.Clone(rows), func(r row) bool { return length(r.cells[i]) <= at })
			if alone || len(tried) < mostTogether {
				step = (n + most - 1) / most
			}
			if table != "activity_tile" { // which has one of each level
				tried = tried[k%len(tried):][:1]
			}
			for _, r := range tried {
				add(r, altered(r.cells[i], at), x.indexOf(r)+x.offset(r, c, at))
			}
		}
		for _, n := range random.Perm(len(rows))[:min(each, len(rows))] {
			r := rows[n]
			add(r, nil, x.indexOf(r))
			if number, err := strconv.ParseInt(fmt.Sprint(r.cells[i]), 10, 64); err == nil && number < 10_000 {
				add(r, x.numberCell(number+10_000), x.indexOf(r))
			}
			add(r, rows[random.IntN(len(rows))].cells[i], x.indexOf(r))
		}
		for len(changes) > 0 {
			changes = x.together(changes, alone)
		}
	}
}

// offset returns which of the entries that a tile is about the hash with a byte is about first.
func (x *tampering) offset(r row, c column, at int) int64 {
	if r.table != "activity_tile" || c.name != "hashes" {
		return 0
	}
	hash := int64(at / 32)
	if x.postgres {
		hash = max(int64(at-2), 0) / 64 // \x, and two digits for each byte
	}
	return hash << (8 * x.number(r, "level"))
}

// mostTogether is less than the problems that Verify lists.
const mostTogether = 40

// together makes changes of which each is in another row, checks that Verify names all, and returns those that are left.
func (x *tampering) together(changes []change, alone bool) (left []change) {
	x.t.Helper()
	var made []change
	touched := map[int64]bool{}
	x.within(func() error {
		for i, c := range changes {
			if touched[c.index] || len(made) == mostTogether || alone && i > 0 {
				left = append(left, c)
				continue
			}
			touched[c.index] = true
			if err := x.attempt(c); errors.Is(err, errRefused) {
				x.refused++
			} else if err != nil {
				return err
			} else {
				made = append(made, c)
			}
		}
		if len(made) == 0 {
			return errRefused
		}
		err := x.verify()
		problem, ok := errors.AsType[*activity.TamperError](err)
		if !ok {
			x.t.Errorf("%v, and %d more: Verify = %v", made[0], len(made)-1, err)
			return nil
		}
		for _, c := range made {
			x.counts[c.row.table+"."+c.column.name]++
			if c.index != somewhere && !slices.ContainsFunc(problem.Problems, func(p activity.Problem) bool { return p.Index == c.index }) {
				x.t.Errorf("%v: Verify does not name it, but %v", c, problem.Problems)
			}
		}
		return nil
	})
	return left
}

// attempt makes a change, or none if it is refused, or is none for the database.
func (x *tampering) attempt(c change) error {
	if err := x.try(`SAVEPOINT attempt`); err != nil {
		return err
	}
	var err error
	if same := false; x.postgres && c.was != nil && c.value != nil {
		if same, err = x.sameInPostgres(c.column, c.was, c.value); same {
			err = errRefused
		}
	}
	if err == nil {
		err = x.set(c.row, c.column, c.value)
	}
	if err != nil {
		return errors.Join(err, x.try(`ROLLBACK TO SAVEPOINT attempt`))
	}
	return x.try(`RELEASE SAVEPOINT attempt`)
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
