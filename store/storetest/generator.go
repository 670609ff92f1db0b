package storetest

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/go-activity/activity"
)

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
	if r.chance(20) {
		q.Named = r.entities(20)
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
