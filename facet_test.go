package activity_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/go-activity/activity"
)

// facets writes facets that are not zero as "all 3, notes 2".
func facetText(facets []activity.Facet) string {
	var texts []string
	for i, f := range facets {
		name := f.Category
		if i == 0 {
			name = "all" + name
		}
		if f.Count.N > 0 {
			texts = append(texts, name+" "+f.Count.String())
		}
	}
	return strings.Join(texts, ", ")
}

func TestFacets(t *testing.T) {
	plain := activity.Define[note]("something", activity.TypeOptions{}) // is in no category
	journal := newJournal(t, noted, called, mailed, plain)
	acme := journal.Tenant("acme")
	eve := activity.Entity{Kind: "contact", ID: "1", Label: "Eve"}
	for i, typ := range []activity.Type[note]{noted, called, called, mailed, plain} {
		draft := typ.New(note{}).About(deal)
		if i%2 == 0 {
			draft = draft.About(eve)
		}
		record(t, journal, draft)
	}
	_, err := journal.Seal(t.Context())
	check(t, err)
	next, _ := cursors(t, acme, activity.Query{Limit: 1})
	for _, test := range []struct {
		name  string
		query activity.Query
		want  string
	}{
		{"all", activity.Query{}, "all 5, calls 2, mails 1, notes 1"},
		{"an open tab", activity.Query{Categories: []string{"notes"}}, "all 5, calls 2, mails 1, notes 1"},
		{"on a further page", activity.Query{After: next, Limit: 1}, "all 5, calls 2, mails 1, notes 1"},
		{"about one", activity.Query{About: []activity.Entity{eve}}, "all 3, calls 1, notes 1"},
		{"about two, each event once", activity.Query{About: []activity.Entity{eve, deal}}, "all 5, calls 2, mails 1, notes 1"},
		{"types", activity.Query{Types: []string{"call.made", "something"}}, "all 3, calls 2"},
		{"search", activity.Query{Search: "ev", Types: []string{"call.made"}}, "all 1, calls 1"},
		{"search for nobody", activity.Query{Search: "xyz"}, ""},
		{"of the past", activity.Query{To: noon}, ""},
		{"by hand", activity.Query{Source: activity.Manual}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			facets, err := acme.Facets(t.Context(), test.query)
			check(t, err)
			if got := facetText(facets); got != test.want {
				t.Errorf("Facets = %s, want %s", got, test.want)
			}
			var names []string
			for _, f := range facets {
				names = append(names, f.Category)
			}
			for _, name := range []string{"", "calls", "mails", "notes", "tasks", "hierarchy", "upkeep"} {
				if !strings.Contains(","+strings.Join(names, ",")+",", ","+name+",") {
					t.Errorf("%q is missing in %q", name, names)
				}
			}
		})
	}
	if _, err := acme.Facets(t.Context(), activity.Query{Limit: -1, Source: 3}); !errors.Is(err, activity.ErrInvalid) {
		t.Errorf("Facets of a bad query = %v", err)
	}
}

func TestFacetsAreCapped(t *testing.T) {
	journal := newJournal(t, noted, called)
	acme := journal.Tenant("acme")
	for _, typ := range []activity.Type[note]{noted, called} {
		drafts := make([]activity.Draft, 100)
		for i := range drafts {
			drafts[i] = typ.New(note{}).By(ana).About(deal)
		}
		_, err := acme.Record(t.Context(), drafts[:100-len(typ.Name())%2]...) // call.made has 9 letters: 99 of it
		check(t, err)
	}
	facets, err := acme.Facets(t.Context(), activity.Query{})
	check(t, err)
	if got, want := facetText(facets), "all 99+, calls 99, notes 99+"; got != want {
		t.Errorf("Facets = %s, want %s", got, want)
	}
}

func TestTaskFacets(t *testing.T) {
	scrape := activity.Kind{Name: "scrape", Category: "prospecting", Object: "contacts"}
	mail := activity.Kind{Name: "mail", Category: "engagement"}
	loose := activity.Kind{Name: "loose"}
	tenant, _ := newTenant(t, importing, scrape, mail, loose)
	for _, kind := range []string{"import_contacts", "scrape", "mail", "mail", "loose"} {
		queue(t, tenant, activity.TaskSpec{Kind: kind, Title: "the " + kind})
	}
	for _, test := range []struct {
		name  string
		query activity.TaskQuery
		want  string
	}{
		{"all", activity.TaskQuery{}, "all 5, engagement 2, prospecting 2"},
		{"an open tab", activity.TaskQuery{Categories: []string{"engagement"}}, "all 5, engagement 2, prospecting 2"},
		{"kinds", activity.TaskQuery{Kinds: []string{"scrape", "loose"}}, "all 2, prospecting 1"},
		{"title", activity.TaskQuery{Title: "mail"}, "all 2, engagement 2"},
		{"status", activity.TaskQuery{Statuses: []activity.Status{activity.StatusFailed}}, ""},
		{"search for nobody", activity.TaskQuery{Search: "xyz"}, ""},
		{"sorted otherwise", activity.TaskQuery{Sort: activity.SortTitle, Limit: 1}, "all 5, engagement 2, prospecting 2"},
	} {
		t.Run(test.name, func(t *testing.T) {
			facets, err := tenant.TaskFacets(t.Context(), test.query)
			check(t, err)
			if got := facetText(facets); got != test.want {
				t.Errorf("TaskFacets = %s, want %s", got, test.want)
			}
			if len(facets) != 3 {
				t.Errorf("facets are %v", facets)
			}
		})
	}
}

func TestUnread(t *testing.T) {
	journal := newJournal(t, noted)
	acme := journal.Tenant("acme")
	var events []activity.Event
	for range 4 {
		events = append(events, record(t, journal, noted.New(note{}).About(deal)))
	}
	reader := acme.Reader(ben)
	unread := func(feed activity.Entity, want string) {
		t.Helper()
		got, err := reader.Unread(t.Context(), feed)
		if check(t, err); got.String() != want {
			t.Errorf("Unread = %v, want %s", got, want)
		}
	}
	unread(deal, "4")
	check(t, reader.MarkRead(t.Context(), deal, events[2].ID))
	unread(deal, "1")
	check(t, reader.MarkRead(t.Context(), activity.Entity{Kind: "deal", ID: "42"}, events[0].ID)) // not back
	unread(deal, "1")
	unread(activity.Entity{}, "4") // of the tenant: another timeline
	check(t, reader.MarkRead(t.Context(), activity.Entity{}, events[3].ID))
	unread(activity.Entity{}, "0")
	unread(deal, "1")
	check(t, reader.MarkUnread(t.Context(), deal, events[1].ID))
	unread(deal, "3")
	if id, err := reader.ReadUpTo(t.Context(), deal); err != nil || id.Next() != events[1].ID {
		t.Errorf("ReadUpTo = %v, %v", id, err)
	}
	reader = acme.Reader(ana) // another reader
	unread(deal, "4")
	reader = journal.Tenant("globex").Reader(ben)
	unread(deal, "0")

	drafts := make([]activity.Draft, 200)
	for i := range drafts {
		drafts[i] = noted.New(note{}).By(ana).About(deal)
	}
	_, err := acme.Record(t.Context(), drafts...)
	check(t, err)
	reader = acme.Reader(ben)
	unread(deal, "99+")

	reader = acme.Reader(cleo)
	check(t, reader.MarkRead(t.Context(), deal, events[0].ID))
	unread(deal, "99+")
	check(t, reader.MarkRead(t.Context(), deal, newest(t, acme, deal)))
	unread(deal, "0")
	record(t, journal, noted.New(note{}).About(deal).At(noon.Add(-1e9))) // is below the mark
	unread(deal, "0")
}

var cleo = activity.User("cleo@acme.test", "Cleo")

func newest(t testing.TB, acme activity.Tenant, about activity.Entity) activity.ID {
	t.Helper()
	page, err := acme.Timeline(t.Context(), activity.Query{About: []activity.Entity{about}, Limit: 1})
	check(t, err)
	return page.Events[0].ID
}

// Who reads the history of one entity reads that of what is merged with it.
func TestUnreadOfMerged(t *testing.T) {
	acme, _ := chain(t)
	for _, e := range []string{"1", "2", "3", "4"} {
		check(t, acme.RemoveParent(t.Context(), acct(e), ana))
	}
	reader := acme.Reader(ben)
	page, err := acme.Timeline(t.Context(), activity.Query{About: []activity.Entity{acct("0")}, Limit: 1})
	check(t, err)
	check(t, reader.MarkRead(t.Context(), acct("0"), page.Events[0].ID))
	check(t, acme.Merge(t.Context(), acct("4"), acct("0"), ana))
	n, err := reader.Unread(t.Context(), acct("0"))
	if check(t, err); n.N != 2 { // the merge itself, and what happened to the other account after the mark
		t.Errorf("Unread = %v", n)
	}
}

func TestReaderErrors(t *testing.T) {
	journal := newJournal(t, noted)
	acme := journal.Tenant("acme")
	id := record(t, journal, noted.New(note{})).ID
	for name, test := range map[string]struct {
		field string
		call  func(context.Context) error
	}{
		"no reader": {"Reader.Kind", func(ctx context.Context) error { return acme.Reader(activity.Entity{}).MarkRead(ctx, deal, id) }},
		"a bad feed": {"Feed.ID", func(ctx context.Context) error {
			return acme.Reader(ben).MarkRead(ctx, activity.Entity{Kind: "deal"}, id)
		}},
		"no event":        {"Through", func(ctx context.Context) error { return acme.Reader(ben).MarkRead(ctx, deal, activity.ID{}) }},
		"no event either": {"From", func(ctx context.Context) error { return acme.Reader(ben).MarkUnread(ctx, deal, activity.ID{}) }},
		"no tenant": {"Tenant", func(ctx context.Context) error {
			_, err := journal.Tenant("").Reader(ben).Unread(ctx, deal)
			return err
		}},
	} {
		if bad := invalid(t, test.call(t.Context())); bad.Field != test.field {
			t.Errorf("%s: the field is %q, want %q", name, bad.Field, test.field)
		}
	}
}
