package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/activityhttp"
)

// servedTasks is how many tasks there are beside the events when pages are served.
const servedTasks = 100_000

// servedPage is a page of activityhttp, with the queries that it makes.
type servedPage struct {
	name    string
	address func(example int) string
	queries func(ctx context.Context, j *activity.Journal, example int) error
}

// servedName is the result of serves.
const servedName = "activity_page_ms_ratio"

// servedPages are the pages that are measured.
func servedPages(w *workload) []servedPage {
	return []servedPage{
		{"tasks", func(int) string { return "/activity/" }, func(ctx context.Context, j *activity.Journal, _ int) error {
			t := j.Tenant(tenant)
			if _, err := t.Tasks(ctx, activity.TaskQuery{}); err != nil {
				return err
			}
			_, err := t.TaskFacets(ctx, activity.TaskQuery{})
			return err
		}},
		{"feed", func(int) string { return "/activity/feed" }, func(ctx context.Context, j *activity.Journal, _ int) error {
			return timelineQueries(ctx, j, activity.Query{}, activity.Entity{})
		}},
		{"entity", func(i int) string {
			e := deal(i % w.keys)
			return "/activity/entity?of=" + url.QueryEscape(e.Kind+":"+e.ID)
		}, func(ctx context.Context, j *activity.Journal, i int) error {
			e := deal(i % w.keys)
			if err := timelineQueries(ctx, j, ofDeal(w, i), e); err != nil {
				return err
			}
			if _, err := j.Tenant(tenant).Relations(ctx, e); err != nil {
				return err
			}
			n := 0
			for _, err := range j.Tenant(tenant).RunsOf(ctx, e) {
				if n++; err != nil || n == 5 {
					return err
				}
			}
			return nil
		}},
	}
}

// timelineQueries are those of a timeline with its tabs and marks.
func timelineQueries(ctx context.Context, j *activity.Journal, q activity.Query, of activity.Entity) error {
	t := j.Tenant(tenant)
	if _, err := j.Newest(ctx); err != nil {
		return err
	}
	if _, err := t.Groups(ctx, q); err != nil {
		return err
	}
	if _, err := t.Facets(ctx, q); err != nil {
		return err
	}
	if _, err := t.Reader(user(0)).ReadUpTo(ctx, of); err != nil {
		return err
	}
	_, err := t.Reader(user(0)).Unread(ctx, of)
	return err
}

// newHandler mounts a journal for a user who may do everything.
func newHandler(j *activity.Journal) *activityhttp.Handler {
	return activityhttp.New(j, activityhttp.Options{
		Tenant:    func(*http.Request) string { return tenant },
		Actor:     func(*http.Request) activity.Entity { return user(0) },
		Authorize: func(*http.Request, activityhttp.Permission) bool { return true },
		Actors:    func(*http.Request) []activity.Entity { return nil },
		Logger:    slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
}

// page is a response that is thrown away, but for its length.
type page struct {
	header http.Header
	status int
	length int
}

func (p *page) Header() http.Header { return p.header }
func (p *page) WriteHeader(status int) {
	p.status = status
}
func (p *page) Write(data []byte) (int, error) {
	p.length += len(data)
	return len(data), nil
}

// serves compares pages with their queries alone.
func (b *bench) serves(prefix string, large viewed) error {
	if !b.wanted(prefix + servedName) {
		return nil
	}
	if _, err := large.journal.Seal(b.ctx); err != nil { // as somewhere it always is
		return err
	}
	if err := large.settle(); err != nil {
		return err
	}
	handler := newHandler(large.journal)
	defer handler.Close()
	largest := 0.0
	for _, p := range servedPages(newWorkload(2, b.size.small)) {
		asked, served := 0, 0
		pageSide := side{name: "page", run: func(n int) error {
			for range n {
				r, err := http.NewRequestWithContext(b.ctx, http.MethodGet, p.address(served), nil)
				if err != nil {
					return err
				}
				answer := &page{header: http.Header{}}
				handler.ServeHTTP(answer, r)
				if answer.status != http.StatusOK || answer.length < 10_000 {
					return fmt.Errorf("%s: status %d with %d bytes", p.name, answer.status, answer.length)
				}
				served++
			}
			return nil
		}}
		querySide := side{name: "queries", run: func(n int) error {
			for range n {
				if err := p.queries(b.ctx, large.journal, asked); err != nil {
					return fmt.Errorf("%s: %w", p.name, err)
				}
				asked++
			}
			return nil
		}}
		c, err := compare(b.size.rounds, b.size.slice, pageSide, querySide)
		if err != nil {
			return err
		}
		name := prefix + servedName + "_" + p.name
		b.tell(name, c)
		b.report(name, c.ratio(), target{})
		largest = max(largest, c.ratio())
	}
	b.report(prefix+servedName, largest, atMost(2))
	return nil
}
