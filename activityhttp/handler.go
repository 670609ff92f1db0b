package activityhttp

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-activity/activity"
)

// maxBody is the most bytes that the body of a request may have.
const maxBody = 64 << 10

// Handler serves the pages and the API. It is safe for concurrent use. [New] makes one.
type Handler struct {
	journal *activity.Journal
	options Options
	known   known
	origins *http.CrossOriginProtection
	mux     *http.ServeMux
	streams streams

	closing context.Context // ends when Close is called
	close   context.CancelFunc
}

// New makes a handler that shows a journal. It panics if a required option is missing or Options.Path is no path: the program
// is wrong then.
func New(journal *activity.Journal, options Options) *Handler {
	if journal == nil {
		panic("activityhttp: the journal is missing")
	}
	h := &Handler{journal: journal, options: options.withDefaults(), origins: http.NewCrossOriginProtection(), mux: http.NewServeMux()}
	h.known = knownOf(journal)
	h.closing, h.close = context.WithCancel(context.Background())
	for _, rt := range routes {
		method, path, _ := strings.Cut(rt.pattern, " ")
		h.mux.Handle(method+" "+h.options.Path+path, h.serve(rt))
	}
	h.mux.HandleFunc("GET "+h.options.Path+"/static/{name}", serveStatic)
	h.mux.HandleFunc("GET "+h.options.Path, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, (&url.URL{Path: h.options.Path + "/", RawQuery: r.URL.RawQuery}).String(), http.StatusMovedPermanently)
	})
	h.mux.HandleFunc(h.options.Path+"/", h.notFound)
	return h
}

// Close ends all streams and waits for them. Call it when the server shuts down, from [http.Server.RegisterOnShutdown],
// because [http.Server.Shutdown] waits for streams and they do not end by themselves. Later streams are refused.
func (h *Handler) Close() {
	h.streams.shut(h.close)
	h.streams.open.Wait()
}

// ServeHTTP implements [http.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	secure(w.Header())
	h.mux.ServeHTTP(w, r)
}

// secure sets what holds for every answer. Scripts and styles are those that are embedded here, and nothing else is loaded.
func secure(header http.Header) {
	header.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "+
		"form-action 'self'; base-uri 'none'; frame-ancestors 'self'")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "same-origin")
	header.Set("Cache-Control", "no-store")
}

// route is something that can be asked for.
type route struct {
	pattern string // method and path below Options.Path
	needs   Permission
	serve   func(*call) error
}

// routes are all of them. Which are the API's is in their paths.
var routes = append(pageRoutes(), apiRoutes()...)

func (rt route) isAPI() bool { return strings.Contains(rt.pattern, " /api/") }

// serve makes sure of who asks, and answers errors.
func (h *Handler) serve(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{Handler: h, w: w, r: r, api: rt.isAPI()}
		if err := c.admit(rt.needs); err != nil {
			c.fail(err)
			return
		}
		if err := rt.serve(c); err != nil {
			c.fail(err)
		}
	})
}

func (h *Handler) notFound(w http.ResponseWriter, r *http.Request) {
	c := &call{Handler: h, w: w, r: r, api: strings.HasPrefix(r.URL.Path, h.options.Path+"/api/")}
	c.locale, c.zone = c.findLocale(), c.findZone()
	c.fail(c.unrouted())
}

// unrouted is the error of a path that has no route, or not with this method.
func (c *call) unrouted() error {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		other := c.r.Clone(c.r.Context())
		other.Method = method
		if _, pattern := c.mux.Handler(other); method != c.r.Method && strings.HasPrefix(pattern, method+" ") {
			allowed = append(allowed, method)
		}
	}
	if len(allowed) == 0 {
		return activity.ErrNotFound
	}
	c.w.Header().Set("Allow", strings.Join(allowed, ", "))
	return &problem{status: http.StatusMethodNotAllowed, title: "Method not allowed"}
}

// call is one request, with who makes it.
type call struct {
	*Handler
	w      http.ResponseWriter
	r      *http.Request
	api    bool
	tenant activity.Tenant
	actor  activity.Entity
	locale string // of Options.Locale
	zone   zone
}

// The errors of who may not ask.
var (
	errNoTenant = &problem{status: http.StatusNotFound, title: "Not found"}
	errNobody   = &problem{status: http.StatusUnauthorized, title: "Not signed in"}
	errRefused  = &problem{status: http.StatusForbidden, title: "Not allowed"}
	errOrigin   = &problem{status: http.StatusForbidden, title: "Request from another origin"}
)

// admit finds out who asks, and whether they may.
func (c *call) admit(needs Permission) error {
	c.locale, c.zone = c.findLocale(), c.findZone()
	if err := c.origins.Check(c.r); err != nil {
		return errOrigin
	}
	if c.r.Body != nil {
		c.r.Body = http.MaxBytesReader(c.w, c.r.Body, maxBody)
	}
	name := c.options.Tenant(c.r)
	if name == "" {
		return errNoTenant
	}
	if c.actor = c.options.Actor(c.r); c.actor.IsZero() {
		return errNobody
	}
	if !c.may(needs) {
		return errRefused
	}
	c.tenant = c.journal.Tenant(name)
	return nil
}

// may reports whether the actor may do something. Who may not read may do nothing.
func (c *call) may(p Permission) bool {
	return c.options.Authorize(c.r, Read) && (p == Read || c.options.Authorize(c.r, p))
}

func (c *call) ctx() context.Context { return activity.WithActor(c.r.Context(), c.actor) }

// id returns the ID in the path. What is no ID is not found.
func (c *call) id() (activity.ID, error) {
	id, err := activity.ParseID(c.r.PathValue("id"))
	if err != nil {
		return activity.ID{}, activity.ErrNotFound
	}
	return id, nil
}
