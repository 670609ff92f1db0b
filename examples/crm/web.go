package main

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-activity/activity"
)

//go:embed templates/*.html templates/crm.css
var assets embed.FS

var templates = template.Must(template.ParseFS(assets, "templates/*.html"))

// handler is all that is served: the pages of activity, which see to other origins themselves, and the CRM's own.
func (c *crm) handler(pages http.Handler) http.Handler {
	all := http.NewServeMux()
	all.Handle("/activity/", pages)
	all.Handle("/", http.NewCrossOriginProtection().Handler(c.ownPages()))
	return all
}

func (c *crm) ownPages() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /crm.css", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, assets, "templates/crm.css")
	})
	for pattern, page := range map[string]func(*request) error{
		"GET /{$}": (*request).start, "POST /switch": (*request).switchTo, "GET /accounts": (*request).list, "GET /contacts": (*request).list, "GET /deals": (*request).list,
		"GET /accounts/{id}": (*request).record, "GET /contacts/{id}": (*request).record, "GET /deals/{id}": (*request).record,
	} {
		mux.Handle(pattern, c.serving(page))
	}
	for pattern, form := range map[string]func(*request) error{
		"POST /import": (*request).importFile, "POST /export": (*request).export, "POST /scrape": (*request).scrape, "POST /search": (*request).search,
		"POST /search/next": (*request).nextPage, "POST /invite": (*request).invite, "POST /enrich": (*request).enrich, "POST /update": (*request).update,
		"POST /contacts/{id}/{action}": (*request).act,
	} {
		mux.Handle(pattern, c.serving(editing(form)))
	}
	mux.Handle("/", c.serving(func(*request) error { return activity.ErrNotFound }))
	return mux
}

// maxBody is the most bytes of a form.
const maxBody = 64 << 10

// request is one request to a page of the CRM's own.
type request struct {
	*crm
	session
	words
	w      http.ResponseWriter
	r      *http.Request
	tenant activity.Tenant
}

// editing leaves a form to those who may do something.
func editing(form func(*request) error) func(*request) error {
	return func(q *request) error {
		if q.member.role != editor {
			return errReader
		}
		return form(q)
	}
}

var errReader = errors.New("may only read")

func (c *crm) serving(page func(*request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		s := sessionOf(r)
		q := &request{crm: c, session: s, words: words{s.locale}, w: w, r: r, tenant: c.journal.Tenant(s.workspace.id)}
		if err := page(q); err != nil {
			q.fail(err)
		}
	})
}

func (q *request) ctx() context.Context { return activity.WithActor(q.r.Context(), q.member.Entity) }

// page is what every page has.
type page struct {
	words
	Header template.HTML
	Title  string
	May    bool // do something
	Body   any
}

// show answers with a page.
func (q *request) show(status int, name, title string, body any) error {
	var out bytes.Buffer
	p := page{words: q.words, Header: header(q.r), Title: title, May: q.member.role == editor, Body: body}
	if err := templates.ExecuteTemplate(&out, name, p); err != nil {
		return err
	}
	q.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	q.w.WriteHeader(status)
	_, _ = q.w.Write(out.Bytes()) // an error means that nobody listens any more
	return nil
}

// to sends the browser on after something was changed.
func (q *request) to(address string) error {
	http.Redirect(q.w, q.r, address, http.StatusSeeOther)
	return nil
}

// fail answers with what went wrong, as far as it is for who looks.
func (q *request) fail(err error) {
	status, text := http.StatusInternalServerError, ""
	switch {
	case errors.Is(err, activity.ErrNotFound):
		status, text = http.StatusNotFound, q.T("It is not there, or not any more.")
	case errors.Is(err, errReader):
		status, text = http.StatusForbidden, q.T("You may only read in this workspace.")
	case errors.Is(err, activity.ErrInvalid):
		status, text = http.StatusBadRequest, err.Error()
	case errors.Is(err, activity.ErrTransition), errors.Is(err, activity.ErrLegalHold):
		status, text = http.StatusConflict, err.Error()
	default:
		slog.Error("crm: a request failed", "path", q.r.URL.Path, "error", err)
	}
	if err := q.show(status, "error", q.T("That did not work"), text); err != nil {
		http.Error(q.w, http.StatusText(status), status)
	}
}

// line is an event in a list.
type line struct {
	At         time.Time
	Actor      string
	Text, Link string
	About      string // somebody else whom it is about
}

// lines are the newest events of a timeline.
func (q *request) lines(query activity.Query) ([]line, error) {
	page, err := q.tenant.Timeline(q.ctx(), query)
	if err != nil {
		return nil, err
	}
	var all []line
	for _, e := range page.Events {
		l := line{At: e.OccurredAt, Actor: e.Actor.Name(), Text: q.journal.Summary(e, q.Lang()).Text, Link: "/activity/events/" + e.ID.String()}
		for _, about := range e.About {
			if about.Kind != activity.EventKind && !about.Is(e.Actor) && !slices.ContainsFunc(query.About, about.Is) && !strings.Contains(l.Text, about.Name()) {
				l.About = about.Name()
				break
			}
		}
		all = append(all, l)
	}
	return all, nil
}
