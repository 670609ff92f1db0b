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
	{name: "tasks", check: func(s subject) { checkRandom(s, (*randomizer).tasks) }},
	{name: "quotas", check: func(s subject) { checkRandom(s, (*randomizer).quotas) }},
	{name: "ledger", check: func(s subject) { checkRandom(s, (*randomizer).ledger) }},
	{name: "timelines", check: func(s subject) { checkRandom(s, (*randomizer).timelines) }},
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
	n     int // rows and tasks so far

	reported map[activity.ID]int64 // the last outcome of each task
	quota    *gambler
	clerk    *clerk
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
		r.ask(1)
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
		if r.chance(25) {
			query.Limit = 1 + r.rand.IntN(60)
			counts, err := r.both.CountEvents(r.Context(), query)
			if want := r.model.count(query); err != nil || !slices.Equal(counts, want) {
				r.Fatalf("%s = %v, %v, want %v", countOf(query), counts, err, want)
			}
		}
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
	for range 110 {
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
		if err != nil && !errors.Is(err, activity.ErrKeyConflict) {
			r.Fatalf("Record: %v", err)
		}
		for _, e := range events {
			r.model.addNew(e)
		}
		r.walk(tenant)
	}
}

// walk goes through a timeline by pages of a random size, and back from its end.
func (r *randomizer) walk(tenant activity.Tenant) {
	q := r.query()
	query := activity.Query{About: q.About, Actor: q.Actor, Types: q.Types, Source: q.Source, Limit: 10 + r.rand.IntN(60)}
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
		if events = append(events, page.Events...); len(events) > len(r.model.events) {
			break
		}
		query.After = page.Next
	}
	r.compare(want, events)
	back := page.Events
	for query.Before = page.Prev; query.Before != ""; query.Before = page.Prev {
		var err error
		if page, err = tenant.Timeline(r.Context(), query); err != nil {
			r.Fatalf("Timeline back: %v", err)
		}
		if back = append(slices.Clone(page.Events), back...); len(back) > len(r.model.events) {
			break
		}
	}
	r.compare(want, back)
}
