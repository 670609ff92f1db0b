package storetest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/memstore"
)

var randomCases = []testCase{
	{name: "store", check: func(s subject) { checkRandom(s, (*randomizer).store) }},
	{name: "journal", check: func(s subject) { checkRandom(s, (*randomizer).journal) }},
}

// seed returns the seed of the random cases.
func seed() (uint64, error) {
	text := cmp.Or(os.Getenv("STORETEST_SEED"), "20260301")
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("STORETEST_SEED: %w", err)
	}
	return n, nil
}

// checkRandom lets operate use the store under test and the one in memory side by side. There are
// few tenants, entities, actors and types, so that conditions combine and times are equal.
func checkRandom(s subject, operate func(*randomizer)) {
	seed, err := seed()
	if err != nil {
		s.Fatalf("%v", err)
	}
	memory := memstore.New()
	defer memory.Close()
	s.reporter = seeding{s.reporter, seed}
	r := &randomizer{
		subject: s,
		rand:    rand.New(rand.NewPCG(seed, 0)),
		both:    &both{subject: s, memory: memory},
		model:   &model{},
	}
	operate(r)
}

// seeding is a reporter that adds the seed to what it is told.
type seeding struct {
	reporter
	seed uint64
}

func (r seeding) Errorf(format string, args ...any) {
	r.Helper()
	r.reporter.Errorf(format+"\nSTORETEST_SEED=%d", append(args, r.seed)...)
}

func (r seeding) Fatalf(format string, args ...any) {
	r.Helper()
	r.reporter.Fatalf(format+"\nSTORETEST_SEED=%d", append(args, r.seed)...)
}

// randomizer makes random operations.
type randomizer struct {
	subject
	rand  *rand.Rand
	both  *both
	model *model
	n     int // rows so far
}

// chance is true p times in 100.
func (r *randomizer) chance(p int) bool { return r.rand.IntN(100) < p }

var (
	someTenants = []string{acme, globex, "acme2"}
	someTypes   = []string{"note.added", "deal.moved", "deal.won", "call.made", "mail.sent"}
	someActors  = []activity.Entity{ana, ben, activity.System("mailer")}
	someTasks   = []activity.ID{{}, {}, newID(epoch, 1), newID(epoch, 2)}
)

// entity returns one of 24 entities, of which the first few are frequent, or an actor.
func (r *randomizer) entity() activity.Entity {
	if r.chance(10) {
		return pick(r, someActors)
	}
	n := r.rand.IntN(r.rand.IntN(24) + 1)
	return activity.Entity{Kind: []string{"deal", "contact", "user"}[n%3], ID: strconv.Itoa(n / 3), Label: strconv.Itoa(r.rand.IntN(3))}
}

// entities returns up to most entities, each once.
func (r *randomizer) entities(most int) []activity.Entity {
	var list []activity.Entity
	for range r.rand.IntN(most + 1) {
		if e := r.entity(); !slices.ContainsFunc(list, e.Is) {
			list = append(list, e)
		}
	}
	return list
}

// time returns one of few times, which lie around the microsecond and the millisecond.
func (r *randomizer) time() time.Time {
	return epoch.Add(time.Duration(r.rand.IntN(60))*time.Minute + time.Duration(r.rand.IntN(3)*999)*time.Microsecond)
}

func pick[T any](r *randomizer, list []T) T { return list[r.rand.IntN(len(list))] }

// known returns a random one of the stored events that are wanted, if there is one.
func (r *randomizer) known(wanted func(e *activity.Event) bool) (activity.Event, bool) {
	n := len(r.model.events)
	for i, first := 0, r.rand.IntN(n+1); i < n; i++ {
		if e := &r.model.events[(first+i)%n]; wanted(e) {
			return e.Clone(), true
		}
	}
	return activity.Event{}, false
}

// id returns the ID of an event of the tenant, or one close to it, or any.
func (r *randomizer) id(tenant string) activity.ID {
	e, ok := r.known(func(e *activity.Event) bool { return e.Tenant == tenant })
	if !ok || r.chance(10) {
		return newID(r.time(), 0)
	}
	before, same, after := around(e.ID)
	return pick(r, []activity.ID{before, same, same, after})
}

func (r *randomizer) row(tenant string) activity.EventRow {
	r.n++
	row := newRow(r.n, of(tenant), typed(pick(r, someTypes)), by(pick(r, someActors)), about(r.entities(4)...), task(pick(r, someTasks)), at(r.time()))
	row.Dated = r.chance(50)
	row.RecordedAt = r.time()
	row.Payload = fmt.Appendf(nil, `{"n": %d}`, r.rand.IntN(3))
	row.Version = 1 + r.rand.IntN(2)
	row.Actor.Label = strconv.Itoa(r.rand.IntN(2))
	if r.chance(30) {
		manual(&row)
	}
	if r.chance(30) {
		key(fmt.Sprint("k", r.rand.IntN(2000)))(&row)
	}
	salt(&row, r.n)
	return row
}

// rows returns a batch that is good, or has one bad row: with a known ID, or a known key and other
// content.
func (r *randomizer) rows() []activity.EventRow {
	tenant := pick(r, someTenants)
	var rows []activity.EventRow
	keys := map[string]bool{"": false}
	add := func(row activity.EventRow) {
		if !keys[row.Key] {
			keys[row.Key] = row.Key != ""
			rows = append(rows, row)
		}
	}
	for range 1 + r.rand.IntN(60) {
		row := r.row(tenant)
		if known, ok := r.model.key(tenant, row.Key); ok {
			row = again(activity.EventRow{Event: known, Dated: r.chance(50)}, r.n)
		}
		add(row)
	}
	if !r.chance(25) {
		return rows
	}
	known, ok := r.known(func(*activity.Event) bool { return true })
	bad := newRow(0, of(tenant), id(known.ID))
	if r.chance(50) {
		known, ok = r.known(func(e *activity.Event) bool { return e.Tenant == tenant && e.Key != "" && !keys[e.Key] })
		bad = again(activity.EventRow{Event: known}, 0, payload(`{}`))
	}
	if ok {
		rows = slices.Insert(rows, r.rand.IntN(len(rows)+1), bad)
	}
	return rows
}

func (r *randomizer) query() activity.EventQuery {
	q := activity.EventQuery{Tenant: pick(r, someTenants), Limit: 1 + r.rand.IntN(100), Oldest: r.chance(40)}
	if r.chance(50) {
		q.About = r.entities(20)
	}
	if r.chance(30) {
		q.Actor = pick(r, someActors)
		q.Actor.Label = "whatever"
	}
	if r.chance(40) {
		for range 1 + r.rand.IntN(4) {
			q.Types = append(q.Types, pick(r, append(someTypes, "absent", "deal", "deal.moved2")))
		}
	}
	if r.chance(15) {
		q.Task = pick(r, someTasks)
	}
	if r.chance(20) {
		q.Source = pick(r, []activity.Source{activity.Automatic, activity.Manual})
	}
	if r.chance(40) {
		q.Min = r.id(q.Tenant)
	}
	if r.chance(40) {
		q.Max = r.id(q.Tenant)
	}
	return q
}

// store makes operations on the store itself.
func (r *randomizer) store() {
	ctx := r.Context()
	for len(r.model.events) < 3000 {
		if r.chance(25) {
			r.transaction(ctx)
		} else {
			rows := r.rows()
			if _, err := r.both.AppendEvents(ctx, rows); err == nil {
				r.model.add(rows)
			}
		}
		r.ask(2)
	}
	r.ask(500)
}

// transaction makes a few appends in a transaction, and perhaps gives up in the end.
func (r *randomizer) transaction(ctx context.Context) {
	before := len(r.model.events)
	err := r.both.InTx(ctx, func(tx activity.Store) error {
		for range 1 + r.rand.IntN(3) {
			rows := r.rows()
			if _, err := tx.AppendEvents(ctx, rows); err != nil {
				return err // not every store can go on
			}
			r.model.add(rows)
			query := r.query()
			events, _ := tx.Feed(ctx, query)
			r.compare(query, events)
		}
		if r.chance(30) {
			return errOfFn
		}
		return nil
	})
	if err != nil {
		r.model.events = r.model.events[:before]
	}
}

// ask makes random queries, and compares the answers with the model's.
func (r *randomizer) ask(n int) {
	for range n {
		query := r.query()
		events, err := r.both.Feed(r.Context(), query)
		if err != nil {
			r.Fatalf("%s: %v", feedOf(query), err)
		}
		r.compare(query, events)
		r.both.Event(r.Context(), pick(r, someTenants), r.id(query.Tenant))
	}
}

// compare tells a result from what the model holds.
func (r *randomizer) compare(query activity.EventQuery, events []activity.Event) {
	r.Helper()
	if d := diffAll(r.model.find(query), events); d != "" {
		r.Fatalf("%s, compared with all of %d events: %s", feedOf(query), len(r.model.events), d)
	}
}

// journal makes operations through a journal on both stores. What it records comes out of the
// stores' rows, so that the model has it too.
func (r *randomizer) journal() {
	now := epoch
	keyed := make([]activity.Draft, 10) // few, so that they are recorded again
	for i := range keyed {
		keyed[i] = r.draft().Key(strconv.Itoa(i / 2)) // two with each key
		if i%2 == 1 && r.chance(50) {
			keyed[i] = keyed[i-1]
		}
	}
	journal, err := activity.New(r.both, &activity.Config{
		Types: []activity.EventType{noteAdded, dealMoved, dealWon, callMade},
		Now:   func() time.Time { return now },
	})
	if err != nil {
		r.Fatalf("activity.New: %v", err)
	}
	for range 150 {
		now = r.time()
		tenant := journal.Tenant(pick(r, someTenants))
		drafts := make([]activity.Draft, 1+r.rand.IntN(20))
		for i := range drafts {
			drafts[i] = r.draft()
		}
		if i := r.rand.IntN(len(drafts)); r.chance(40) {
			drafts[i] = pick(r, keyed)
		}
		events, err := tenant.Record(r.Context(), drafts...)
		if err != nil && !errors.Is(err, activity.ErrKeyConflict) && !errors.Is(err, activity.ErrInvalid) {
			r.Fatalf("Record: %v", err)
		}
		for _, e := range events {
			r.model.addNew(e)
		}
		r.walk(tenant)
	}
}

func (r *randomizer) draft() activity.Draft {
	text := note{strconv.Itoa(r.rand.IntN(2))}
	d := pick(r, []activity.Draft{noteAdded.New(text), dealMoved.New(text), dealWon.New(text), callMade.New(object{})})
	d = d.By(pick(r, someActors)).About(r.entities(3)...)
	if r.chance(50) {
		d = d.At(r.time().Add(time.Duration(r.rand.IntN(2000))))
	}
	if r.chance(30) {
		d = d.Manual()
	}
	return d
}

// walk goes through a timeline by pages of a random size, and back from its end.
func (r *randomizer) walk(tenant activity.Tenant) {
	q := r.query()
	query := activity.Query{About: q.About, Actor: q.Actor, Types: q.Types, Source: q.Source, Limit: 5 + r.rand.IntN(60)}
	want := activity.EventQuery{Tenant: tenant.Name(), About: q.About, Actor: q.Actor, Types: q.Types, Source: q.Source, Limit: 1 << 30}
	if r.chance(30) {
		query.From = r.time()
		want.Min = newID(query.From, 0)
	}
	if r.chance(30) {
		if query.To = r.time(); query.To.Before(query.From) {
			query.To = query.From
		}
		want.Max = newID(query.To, 0)
	}
	if r.chance(30) && len(query.Types) == 0 {
		query.Categories = []string{"deals"}
		want.Types = []string{"deal.moved", "deal.won"}
	}
	var events []activity.Event
	var page activity.Page
	for first := true; first || query.After != ""; first = false {
		var err error
		if page, err = tenant.Timeline(r.Context(), query); err != nil {
			r.Fatalf("Timeline: %v", err)
		}
		events = append(events, page.Events...)
		query.After = page.Next
	}
	r.compare(want, events)
	back := page.Events
	for query.Before = page.Prev; query.Before != ""; query.Before = page.Prev {
		var err error
		if page, err = tenant.Timeline(r.Context(), query); err != nil {
			r.Fatalf("Timeline back: %v", err)
		}
		back = append(slices.Clone(page.Events), back...)
	}
	r.compare(want, back)
}
