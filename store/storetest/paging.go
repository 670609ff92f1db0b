package storetest

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/go-activity/activity"
)

// pagingCases read a timeline while it grows at its head, at its end and in its middle.
var pagingCases = []testCase{
	{name: "newest first", check: func(s subject) { checkGrowing(s, streamForward) }},
	{name: "page by page", check: func(s subject) { checkGrowing(s, pageForward) }},
	{name: "back from the end", check: func(s subject) { checkGrowing(s, pageBack) }},
}

// checkGrowing records events while read runs, and checks that read returns each event that was
// there when it began exactly once, and everything in order.
func checkGrowing(s subject, read func(h host, query activity.Query) ([]activity.Event, error)) {
	const count, most = 120, 400
	h := newHost(s)
	tenant := h.journal.Tenant(acme)
	missing := map[activity.ID]bool{}
	drafts := make([]activity.Draft, count)
	for i := range drafts {
		// Three events at each instant.
		drafts[i] = draft("there").At(epoch.Add(-time.Duration(i/3) * time.Minute))
	}
	for _, e := range h.record(drafts...) {
		missing[e.ID] = true
	}
	var events []activity.Event
	var err error
	var done atomic.Bool
	together(2, func(i int) {
		if i == 0 {
			defer done.Store(true)
			events, err = read(h, activity.Query{About: []activity.Entity{deal}, Limit: 7})
			return
		}
		for n := 0; n < most && !done.Load(); n++ {
			at := epoch.Add(-time.Duration(n*7%60-5) * time.Minute) // some later than all, some earlier
			if _, err := tenant.Record(h.Context(), draft(fmt.Sprint("new ", n)).At(at), draft("new").At(at)); err != nil {
				s.Errorf("Record beside a reader: %v", err)
				return
			}
		}
	})
	if err != nil {
		s.Fatalf("reading beside a writer: %v", err)
	}
	for i, e := range events {
		if i > 0 && events[i-1].ID.Compare(e.ID) <= 0 {
			s.Errorf("event %d, %s, comes after %s", i+1, e.ID, events[i-1].ID)
		}
		delete(missing, e.ID)
	}
	if len(missing) > 0 {
		s.Errorf("%d of %d events were passed over", len(missing), count)
	}
}

func streamForward(h host, query activity.Query) ([]activity.Event, error) {
	var events []activity.Event
	for e, err := range h.journal.Tenant(acme).Events(h.Context(), query) {
		if err != nil {
			return nil, err
		}
		events = append(events, e)
	}
	return events, nil
}

// pageForward records between two pages too.
func pageForward(h host, query activity.Query) ([]activity.Event, error) {
	tenant := h.journal.Tenant(acme)
	var events []activity.Event
	for {
		page, err := tenant.Timeline(h.Context(), query)
		if err != nil {
			return nil, err
		}
		events = append(events, page.Events...)
		if page.Next == "" {
			return events, nil
		}
		last := page.Events[len(page.Events)-1].OccurredAt
		if _, err := tenant.Record(h.Context(), draft("before the page").At(last.Add(time.Hour)), draft("at the place").At(last)); err != nil {
			return nil, err
		}
		query.After = page.Next
	}
}

// pageBack goes to the last page, and from there back to the first one.
func pageBack(h host, query activity.Query) ([]activity.Event, error) {
	tenant := h.journal.Tenant(acme)
	var last activity.Page
	for {
		page, err := tenant.Timeline(h.Context(), query)
		if err != nil {
			return nil, err
		}
		last = page
		if page.Next == "" {
			break
		}
		query.After = page.Next
	}
	events := last.Events
	query.After, query.Before = "", last.Prev
	for query.Before != "" {
		page, err := tenant.Timeline(h.Context(), query)
		if err != nil {
			return nil, err
		}
		events = append(page.Events, events...)
		query.Before = page.Prev
	}
	return events, nil
}
