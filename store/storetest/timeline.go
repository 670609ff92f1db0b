package storetest

import (
	"slices"
	"strconv"
	"time"

	"github.com/go-activity/activity"
)

var timelineCases = []testCase{
	{name: "types and categories", check: checkCategories},
	{name: "From and To", check: checkFromTo},
	{name: "pages forward and back", check: checkPages},
	{name: "empty pages", check: checkEmptyPages},
	{name: "stream", check: checkStream},
}

func checkCategories(s subject) {
	h := newHost(s)
	events := h.record(
		draft("0"),
		dealMoved.New(note{"1"}).By(ana).About(deal),
		dealWon.New(note{"2"}).By(ben).About(deal),
		callMade.New(object{"n": 3}).By(ana),
		mailSent.New(`{"n":4}`).By(ana).Manual(),
	)
	for _, test := range []struct {
		what  string
		query activity.Query
		want  []int
	}{
		{"of all", activity.Query{}, []int{4, 3, 2, 1, 0}},
		{"of a category", activity.Query{Categories: []string{"deals"}}, []int{2, 1}},
		{"of categories", activity.Query{Categories: []string{"deals", "mails", "deals"}}, []int{4, 2, 1}},
		{"of a type", activity.Query{Types: []string{"call.made"}}, []int{3}},
		{"of types", activity.Query{Types: []string{"note.added", "absent", "deal.won"}}, []int{2, 0}},
		{"of types in categories", activity.Query{Categories: []string{"deals", "notes"}, Types: []string{"deal.won", "call.made"}}, []int{2}},
		{"of types in none of the categories", activity.Query{Categories: []string{"notes"}, Types: []string{"deal.won"}}, nil},
		{"of an actor's category", activity.Query{Categories: []string{"deals"}, Actor: ana}, []int{1}},
		{"of an entity's category", activity.Query{Categories: []string{"notes", "mails"}, About: []activity.Entity{deal}}, []int{0}},
		{"of a source", activity.Query{Source: activity.Manual}, []int{4}},
		{"of a type that is not configured", activity.Query{Types: []string{"unknown.type"}}, nil},
	} {
		var want []activity.Event
		for _, i := range test.want {
			want = append(want, events[i])
		}
		h.shows(test.what, test.query, want...)
	}
	// A program that no longer knows a type still shows it.
	older, err := activity.New(s.store, nil)
	if err != nil {
		s.Fatalf("activity.New: %v", err)
	}
	h.journal = older
	h.shows("of a type that is no longer configured", activity.Query{Types: []string{"deal.won"}}, events[2])
}

func checkFromTo(s subject) {
	h := newHost(s)
	const us = time.Microsecond
	events := h.record(draft("0").At(epoch), draft("1").At(epoch.Add(us)), draft("2").At(epoch.Add(2*us)), draft("3").At(epoch.Add(2*us+999)))
	for _, test := range []struct {
		what     string
		from, to time.Duration // after epoch; -1 for none
		want     []int
	}{
		{"from an event", us, -1, []int{3, 2, 1}},
		{"from just after an event", us + 1, -1, []int{3, 2}},
		{"from just before an event", us - 1, -1, []int{3, 2, 1}},
		{"from the first", 0, -1, []int{3, 2, 1, 0}},
		{"from after the last", 2*us + 1, -1, nil},
		{"to an event", -1, us, []int{0}},
		{"to just after an event", -1, us + 1, []int{1, 0}},
		{"to just before an event", -1, us - 1, []int{0}},
		{"to the first", -1, 0, nil},
		{"to the last microsecond", -1, 3 * us, []int{3, 2, 1, 0}},
		{"of one microsecond", us, 2 * us, []int{1}},
		{"of no time", us, us, nil},
		{"within a microsecond", us + 1, us + 2, nil},
		{"over the end of a microsecond", us + 1, 2*us + 1, []int{3, 2}},
	} {
		var query activity.Query
		if test.from >= 0 {
			query.From = epoch.Add(test.from).In(time.FixedZone("", -3600))
		}
		if test.to >= 0 {
			query.To = epoch.Add(test.to)
		}
		var want []activity.Event
		for _, i := range test.want {
			want = append(want, events[i])
		}
		h.shows(test.what, query, want...)
		query.About = []activity.Entity{deal}
		query.Limit = 1
		h.shows(test.what+", page by page", query, want...)
	}
}

// checkPages pages through many events of one and the same microsecond.
func checkPages(s subject) {
	const count, size = 2000, 37
	h := newHost(s)
	want := make([]activity.Event, 0, count)
	for first := 0; first < count; first += 500 {
		drafts := make([]activity.Draft, 500)
		for i := range drafts {
			drafts[i] = draft(strconv.Itoa(first + i))
		}
		want = append(want, h.record(drafts...)...)
	}
	slices.Reverse(want)
	query := activity.Query{About: []activity.Entity{deal}, Limit: size}
	var page activity.Page
	for place := 0; ; {
		page = h.page(query)
		if d := diffAll(want[place:min(place+size, count)], page.Events); d != "" {
			s.Fatalf("page at event %d: %s", place, d)
		}
		if (page.Prev == "") != (place == 0) {
			s.Errorf("page at event %d: Prev is %q", place, page.Prev)
		}
		place += len(page.Events)
		if (page.Next == "") != (place == count) {
			s.Fatalf("page before event %d: Next is %q", place, page.Next)
		}
		if page.Next == "" {
			break
		}
		query.After = page.Next
	}
	query.After = ""
	for place := count - len(page.Events); page.Prev != ""; {
		query.Before = page.Prev
		page = h.page(query)
		if d := diffAll(want[max(0, place-size):place], page.Events); d != "" {
			s.Fatalf("page back from event %d: %s", place, d)
		}
		place -= len(page.Events)
		if page.Next == "" || (page.Prev == "") != (place == 0) {
			s.Fatalf("page back at event %d: Next is %q, Prev is %q", place, page.Next, page.Prev)
		}
	}
	// The limit may change from page to page, and forward leads to where back came from.
	query = activity.Query{About: query.About, After: page.Next, Limit: activity.MaxLimit}
	first := len(page.Events)
	if d := diffAll(want[first:first+activity.MaxLimit], h.page(query).Events); d != "" {
		s.Errorf("a larger page: %s", d)
	}
	if d := diffAll(want[:activity.DefaultLimit], h.page(activity.Query{}).Events); d != "" {
		s.Errorf("a page without a limit: %s", d)
	}
}

// page asks for a page of acme's timeline.
func (h host) page(query activity.Query) activity.Page {
	h.Helper()
	page, err := h.journal.Tenant(acme).Timeline(h.Context(), query)
	if err != nil {
		h.Fatalf("Timeline: %v", err)
	}
	return page
}

func checkEmptyPages(s subject) {
	h := newHost(s)
	for _, query := range []activity.Query{{}, {Actor: ana}, {Categories: []string{"notes"}, Types: []string{"deal.won"}}} {
		if page := h.page(query); len(page.Events) > 0 || page.Next != "" || page.Prev != "" {
			s.Errorf("a page of nothing is %+v", page)
		}
	}
	events := h.record(draft("0"), draft("1"))
	page := h.page(activity.Query{Limit: 2})
	if d := diffAll([]activity.Event{events[1], events[0]}, page.Events); d != "" || page.Next != "" || page.Prev != "" {
		s.Errorf("a page that all events fill: %s, Next is %q, Prev is %q", d, page.Next, page.Prev)
	}
}

func checkStream(s subject) {
	h := newHost(s)
	events := h.record(draft("0"), draft("1"), draft("2"), draft("3"), draft("4"))
	slices.Reverse(events)
	for limit := range 7 {
		h.shows("as a stream", activity.Query{Limit: limit}, events...)
	}
	next := h.page(activity.Query{Limit: 2}).Next
	h.shows("as a stream after a page", activity.Query{After: next, Limit: 2}, events[2:]...)
	n := 0
	for range h.journal.Tenant(acme).Events(h.Context(), activity.Query{Limit: 1}) {
		if n++; n == 3 {
			break
		}
	}
	if n != 3 {
		s.Errorf("a stream that was left after 3 events gave %d", n)
	}
}
