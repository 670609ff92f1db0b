package activityhttp

import (
	"cmp"
	"context"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/go-activity/activity"
)

// Options say for whom a [Handler] works, and what it shows. Its functions may be called by many goroutines.
type Options struct {
	// Tenant returns the tenant whose activity a request is for. The empty string means that there is none: 404. Required.
	Tenant func(*http.Request) string

	// Actor returns who makes the request: whose tasks are cancelled, whose comments are recorded, whose read marks are
	// moved. The zero Entity means that nobody is signed in: 401. Required.
	Actor func(*http.Request) activity.Entity

	// Authorize reports whether the actor may do something in the tenant. Pages leave out what is not allowed. Required.
	Authorize func(*http.Request, Permission) bool

	// Path is where the handler is mounted, without a slash at its end. Defaults to "/activity".
	Path string

	// Title is the name of the host, which stands in the titles of pages. Defaults to "Activity".
	Title string

	// Header returns what stands above each page: the navigation of the host. The content security policy refuses scripts and styles that
	// stand in it; files of the host's origin are loaded. Defaults to nothing.
	Header func(*http.Request) template.HTML

	// Locale returns the language of a request as a BCP 47 tag. Pages are in English or Spanish; summaries in whatever
	// languages the types have patterns in. Defaults to what the browser prefers of these (Accept-Language).
	Locale func(*http.Request) string

	// Zone returns the time zone of a request by its IANA name. Defaults to that of the browser, which the page's script
	// keeps in the cookie "activity_zone", and to UTC before that.
	Zone func(*http.Request) string

	// Translate returns a label in a language: of a type, a kind, an outcome kind, a category, an object or a quota, as the
	// host has configured it. Defaults to the label as it is.
	Translate func(locale, label string) string

	// Actors are those that filters and the page of usage offer: colleagues and identities. Defaults to who has started the tasks on the page,
	// and to who has used quotas.
	Actors func(*http.Request) []activity.Entity

	// Attributes are those of tasks that the page of tasks can be filtered by: "template". Defaults to none.
	Attributes []string

	// Undo does what [activity.Tenant.Revert] asks for, to bring a record back. Defaults to none, and then nothing can be
	// undone from a report.
	Undo func(ctx context.Context, tenant string, change activity.Change) error

	// MaxStreams is how many streams one process serves at a time; one more is told to come back (503). Defaults to 10,000.
	MaxStreams int

	// Heartbeat is how often a stream on which nothing happens says that it is alive. Defaults to 15 seconds.
	Heartbeat time.Duration

	// Logger is told of errors of the server. Defaults to slog.Default().
	Logger *slog.Logger

	// Now tells the time that ages and days are counted from, for tests. Defaults to time.Now.
	Now func() time.Time
}

// Permission is something that Options.Authorize allows or refuses.
type Permission string

// The permissions.
const (
	Read     Permission = "read"     // to see anything at all
	Download Permission = "download" // reports, as files
	Comment  Permission = "comment"  // to comment on entities and events
	Cancel   Permission = "cancel"   // to cancel tasks
	Rerun    Permission = "rerun"    // to run tasks again
	Undo     Permission = "undo"     // to revert tasks
)

// withDefaults panics where the program is wrong.
func (o Options) withDefaults() Options {
	for name, missing := range map[string]bool{"Tenant": o.Tenant == nil, "Actor": o.Actor == nil, "Authorize": o.Authorize == nil} {
		if missing {
			panic("activityhttp: Options." + name + " is missing")
		}
	}
	o.Path = cmp.Or(o.Path, "/activity")
	if !strings.HasPrefix(o.Path, "/") || strings.HasSuffix(o.Path, "/") || strings.ContainsAny(o.Path, "{}?#% ") {
		panic(fmt.Sprintf("activityhttp: Options.Path %q is not a path such as %q", o.Path, "/activity"))
	}
	o.Title = cmp.Or(o.Title, "Activity")
	o.MaxStreams = cmp.Or(o.MaxStreams, 10_000)
	o.Heartbeat = cmp.Or(o.Heartbeat, 15*time.Second)
	if o.Translate == nil {
		o.Translate = func(_, label string) string { return label }
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}
