package bunstore_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/internal/pgtest"
	"github.com/go-activity/activity/store/memstore"
)

// The world that random queries are about: few of everything, so that conditions meet.
var (
	worldTypes = func() (types []activity.EventType) {
		for i, category := range []string{"email", "email", "calls", "deals", "deals", ""} {
			types = append(types, activity.Define[note](fmt.Sprint("world.t", i), activity.TypeOptions{Category: category}))
		}
		return types
	}()
	worldNames = []string{"Ana Müller", "Ana María", "Zoë", "Müller & Söhne", "東京", "O'Neil", "anna-lena", "100% Sure"}
	worldTexts = []string{"ana", "mu", "müller", "zoe", "an ma", "東", "neil", "100%", "xyz", "lena a", "so mu"}
)

// world is what was recorded, and the same in three stores.
type world struct {
	*rand.Rand
	stores    []activity.Store
	journals  []*activity.Journal
	events    []activity.Event // newest first
	relations []activity.Relation
	words     map[activity.Entity][]string // of all names that an entity has in the events
	calls     int                          // of Timeline, on all stores
}

func (w *world) chance(percent int) bool { return w.IntN(100) < percent }

func (w *world) entity() activity.Entity {
	return activity.Entity{Kind: [...]string{"account", "contact"}[w.IntN(2)], ID: fmt.Sprint(w.IntN(12))}
}

// user is one of four, who are contacts too, so that some do what others are told.
func (w *world) user() activity.Entity {
	return activity.Entity{Kind: "contact", ID: fmt.Sprint(w.IntN(4))}
}

func (w *world) labelled(e activity.Entity) activity.Entity {
	if w.chance(60) {
		e.Label = worldNames[w.IntN(len(worldNames))]
	}
	return e
}

// some returns up to so many entities, no two the same.
func (w *world) some(most int) []activity.Entity {
	var list []activity.Entity
	for range 1 + w.IntN(most) {
		if e := w.entity(); !slices.ContainsFunc(list, e.Is) {
			list = append(list, e)
		}
	}
	return list
}

func newWorld(t *testing.T, seed uint64, events int) *world {
	ctx := t.Context()
	w := &world{
		Rand: rand.New(rand.NewPCG(seed, 6)),
		stores: []activity.Store{memstore.New(), migrated(t, "sqlite "+filepath.Join(t.TempDir(), "activity.db")),
			migrated(t, "postgres "+pgtest.New(t))},
	}
	for _, s := range w.stores {
		journal, err := activity.New(s, &activity.Config{Types: worldTypes})
		check(t, err)
		w.journals = append(w.journals, journal)
	}
	var drafts []activity.Draft
	for range events {
		about := w.some(3)
		for i := range about {
			about[i] = w.labelled(about[i])
		}
		d := worldTypes[w.IntN(len(worldTypes))].(activity.Type[note]).New(note{}).By(w.labelled(w.user())).About(about...).
			At(epoch.Add(time.Duration(w.IntN(400)) * time.Minute)) // many at the same time
		if w.chance(30) {
			d = d.Manual()
		}
		drafts = append(drafts, d)
	}
	recorded := must(w.journals[0].Tenant("acme").Record(ctx, drafts...))(t)
	rows := make([]activity.EventRow, len(recorded))
	for i, e := range recorded {
		rows[i] = activity.EventRow{Event: e, Salts: make([]byte, 16*(2+len(e.About)))}
	}
	for _, s := range w.stores[1:] {
		must(s.AppendEvents(ctx, rows))(t)
	}
	for range 14 {
		r := activity.Relation{Role: activity.RelationRole(1 + w.IntN(2)), Entity: w.entity(), Of: w.entity()}
		var errs []error
		for _, s := range w.stores {
			errs = append(errs, s.Relate(ctx, "acme", r))
		}
		for _, err := range errs {
			if (err == nil) != (errs[0] == nil) {
				t.Fatalf("Relate(%+v) = %v", r, errs)
			}
		}
		if errs[0] == nil {
			w.relations = slices.DeleteFunc(w.relations, func(old activity.Relation) bool { return old.Role == r.Role && old.Entity.Is(r.Entity) })
			w.relations = append(w.relations, r)
		}
	}
	for _, j := range w.journals {
		must(j.Seal(ctx))(t)
	}
	w.events, w.words = recorded, map[activity.Entity][]string{}
	for _, e := range w.events {
		for _, of := range append([]activity.Entity{e.Actor}, e.About...) {
			bare := activity.Entity{Kind: of.Kind, ID: of.ID}
			w.words[bare] = append(w.words[bare], activity.NameWords(of.Name())...)
		}
	}
	slices.SortFunc(w.events, func(a, b activity.Event) int { return b.ID.Compare(a.ID) })
	return w
}

func (w *world) query() activity.Query {
	q := activity.Query{Limit: 20 + w.IntN(481)}
	if w.chance(20) {
		q.Limit = 1 + w.IntN(9)
	}
	if w.chance(60) {
		q.About, q.Descendants = w.some(2), w.chance(40)
	}
	if w.chance(25) {
		q.Actor = w.user()
	}
	if w.chance(25) {
		for range 1 + w.IntN(3) {
			q.Types = append(q.Types, fmt.Sprint("world.t", w.IntN(7)))
		}
	}
	if w.chance(25) {
		q.Categories = []string{"email", "calls", "deals", "comments"}[w.IntN(3):][:1+w.IntN(2)]
	}
	if w.chance(20) {
		q.Source = activity.Source(1 + w.IntN(2))
	}
	if w.chance(25) {
		q.Search = worldTexts[w.IntN(len(worldTexts))]
	}
	if w.chance(30) {
		q.From = epoch.Add(time.Duration(w.IntN(300)) * time.Minute)
	}
	if w.chance(30) {
		q.To = epoch.Add(time.Duration(300+w.IntN(120)) * time.Minute)
	}
	return q
}

// family returns the entities that a query about some stands for, found by going through all relations again and again.
func (w *world) family(some []activity.Entity, descendants bool) []activity.Entity {
	for grown := -1; grown != len(some); {
		grown = len(some)
		for _, r := range w.relations {
			of, entity := slices.ContainsFunc(some, r.Of.Is), slices.ContainsFunc(some, r.Entity.Is)
			if of && !entity && (descendants || r.Role == activity.RoleMerged) {
				some = append(slices.Clip(some), r.Entity)
			}
			if entity && !of && r.Role == activity.RoleMerged {
				some = append(slices.Clip(some), r.Of)
			}
		}
	}
	return some
}

// called returns the entities that have or had such a name.
func (w *world) called(text string) []activity.Entity {
	var found []activity.Entity
	for of, has := range w.words {
		if !slices.ContainsFunc(activity.NameWords(text), func(begin string) bool {
			return !slices.ContainsFunc(has, func(word string) bool { return strings.HasPrefix(word, begin) })
		}) {
			found = append(found, of)
		}
	}
	return w.family(found, false)
}

// want returns what a query finds, going through all events.
func (w *world) want(q activity.Query) []activity.Event {
	about := w.family(q.About, q.Descendants)
	var named []activity.Entity
	if q.Search != "" {
		named = w.called(q.Search)
	}
	var found []activity.Event
	for _, e := range w.events {
		of := func(list []activity.Entity, who ...activity.Entity) bool {
			return slices.ContainsFunc(who, func(x activity.Entity) bool { return slices.ContainsFunc(list, x.Is) })
		}
		var n int
		fmt.Sscanf(e.Type, "world.t%d", &n)
		category := worldTypes[n].Options().Category
		switch {
		case len(q.About) > 0 && !of(about, e.About...):
		case q.Search != "" && !of(named, append(slices.Clone(e.About), e.Actor)...):
		case !q.Actor.IsZero() && !q.Actor.Is(e.Actor):
		case len(q.Types) > 0 && !slices.Contains(q.Types, e.Type):
		case len(q.Categories) > 0 && !slices.Contains(q.Categories, category):
		case q.Source != 0 && q.Source != e.Source:
		case !q.From.IsZero() && e.OccurredAt.Before(q.From):
		case !q.To.IsZero() && !e.OccurredAt.Before(q.To):
		default:
			found = append(found, e)
		}
	}
	return found
}

// pages reads all pages of a query, forwards and then backwards, and returns the IDs of each.
func (w *world) pages(t *testing.T, j *activity.Journal, q activity.Query) (forwards, backwards [][]activity.ID) {
	t.Helper()
	acme := j.Tenant("acme")
	read := func() (ids []activity.ID, page activity.Page) {
		page, err := acme.Timeline(t.Context(), q)
		if err != nil {
			t.Fatalf("Timeline(%+v) = %v", q, err)
		}
		w.calls++
		for _, e := range page.Events {
			ids = append(ids, e.ID)
		}
		return ids, page
	}
	ids, page := read()
	forwards = append(forwards, ids)
	for page.Next != "" {
		q.After = page.Next
		ids, page = read()
		forwards = append(forwards, ids)
	}
	backwards = append(backwards, ids)
	q.After = ""
	for page.Prev != "" {
		q.Before = page.Prev
		ids, page = read()
		backwards = append(backwards, ids)
	}
	return forwards, backwards
}

// Pages of random queries are the same in memory, on SQLite and on PostgreSQL, forwards and backwards, and together they are what
// one finds by looking at every event.
func TestTimelinesAtRandom(t *testing.T) {
	const worlds = 4
	const calls = 10_000 // of Timeline
	found := 0
	for n := range worlds {
		t.Run(fmt.Sprint("world ", n), func(t *testing.T) {
			w := newWorld(t, uint64(n), 60+80*n)
			for w.calls < calls/worlds {
				q := w.query()
				want := w.want(q)
				found += min(len(want), 1)
				whole := min(q.Limit, 1+len(want))
				for i, j := range w.journals {
					forwards, backwards := w.pages(t, j, q)
					var union []activity.ID
					for n, page := range forwards {
						if union = append(union, page...); n < len(forwards)-1 && len(page) != q.Limit {
							t.Fatalf("store %d: page %d of %+v has %d events, and there are more", i, n, q, len(page))
						}
					}
					var ids []activity.ID
					for _, e := range want {
						ids = append(ids, e.ID)
					}
					if diff := gocmp.Diff(ids, union); diff != "" {
						t.Fatalf("store %d: the pages of %+v (-every event looked at +pages):\n%s", i, q, diff)
					}
					union = nil
					for _, page := range slices.Backward(backwards) {
						union = append(union, page...)
					}
					if diff := gocmp.Diff(ids, union); diff != "" || len(backwards) > 1 && len(backwards[len(backwards)-1]) > whole {
						t.Fatalf("store %d: the pages of %+v backwards (-every event looked at +pages):\n%s", i, q, diff)
					}
				}
				if w.chance(20) {
					w.checkFacets(t, q)
				}
			}
		})
	}
	if found < calls/30 {
		t.Errorf("%d queries found something: this tests little", found)
	}
}

// checkFacets makes sure that the numbers of tabs are those of the events.
func (w *world) checkFacets(t *testing.T, q activity.Query) {
	t.Helper()
	q.Categories = nil
	want := map[string]int{}
	for _, e := range w.want(q) {
		var n int
		fmt.Sscanf(e.Type, "world.t%d", &n)
		want[""]++
		if category := worldTypes[n].Options().Category; category != "" {
			want[category]++
		}
	}
	for i, j := range w.journals {
		for _, f := range must(j.Tenant("acme").Facets(t.Context(), q))(t) {
			if n := want[f.Category]; f.Count.N != min(n, activity.MaxFacet) || f.Count.More != (n > activity.MaxFacet) {
				t.Fatalf("store %d: %q of %+v has %v, want %d", i, f.Category, q, f.Count, n)
			}
		}
	}
}

// Events that occurred at the same time are in one order like all others.
func TestEqualTimes(t *testing.T) {
	const events = 20_000
	onBoth(t, func(t *testing.T, address string) {
		acme := newJournal(migrated(t, address)).Tenant("acme")
		var recorded []activity.ID
		for range events / 2000 {
			drafts := make([]activity.Draft, 2000)
			for i := range drafts {
				drafts[i] = noteAdded.New(note{}).By(ana).About(account).At(epoch)
			}
			for _, e := range must(acme.Record(t.Context(), drafts...))(t) {
				recorded = append(recorded, e.ID)
			}
		}
		slices.SortFunc(recorded, func(a, b activity.ID) int { return b.Compare(a) })
		var read []activity.ID
		query := activity.Query{About: []activity.Entity{account}, From: epoch, To: epoch.Add(time.Microsecond), Limit: 499}
		for {
			page := must(acme.Timeline(t.Context(), query))(t)
			for _, e := range page.Events {
				read = append(read, e.ID)
			}
			if query.Before = page.Prev; page.Next == "" {
				break
			}
			query.After, query.Before = page.Next, ""
		}
		if !slices.Equal(read, recorded) {
			t.Errorf("forwards, %d events were read, of %d", len(read), len(recorded))
		}
		var back []activity.ID
		for query.After = ""; query.Before != ""; {
			page := must(acme.Timeline(t.Context(), query))(t)
			for _, e := range slices.Backward(page.Events) {
				back = append(back, e.ID)
			}
			query.Before = page.Prev
		}
		slices.Reverse(back)
		if want := recorded[:len(back)]; len(back) < events-499 || !slices.Equal(back, want) {
			t.Errorf("backwards, %d events were read, of %d", len(back), len(recorded))
		}
	})
}
