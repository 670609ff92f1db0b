package activityhttp

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-activity/activity"
)

//go:embed templates
var templateFiles embed.FS

// pages are the templates of the pages, each with the layout and the pieces.
var pages = parsePages("activity", "report", "feed", "entity", "event", "usage", "search", "confirm", "error")

func parsePages(names ...string) map[string]*template.Template {
	pages := map[string]*template.Template{}
	for _, name := range names {
		pages[name] = template.Must(template.ParseFS(templateFiles, "templates/layout.html", "templates/pieces.html", "templates/"+name+".html"))
	}
	return pages
}

// page is what templates show; its methods write texts, numbers and times in the language and the zone of who looks.
type page struct {
	*call
	Title   string
	Section string // of the navigation
	Body    any
	Meters  []meterView // the indicators of the top

	language int
	now      time.Time
	status   int
}

// page begins a page in a section of the navigation, or in none.
func (c *call) page(section string) *page {
	return &page{call: c, Section: section, language: languageOf(c.locale), now: c.options.Now(), status: http.StatusOK}
}

// Lang is the language of the page, for its html element.
func (p *page) Lang() string { return languages[p.language].String() }

// Host is the title of the host.
func (p *page) Host() string { return p.options.Title }

// Header is the navigation of the host.
func (p *page) Header() template.HTML {
	if p.options.Header == nil || !p.Known() {
		return ""
	}
	return p.options.Header(p.r)
}

// Path is an address below Options.Path.
func (p *page) Path(path string) string { return p.options.Path + path }

// Static is the address of an embedded file.
func (p *page) Static(name string) string { return p.options.Path + "/static/" + statics[name].address }

// May reports whether who looks may do something.
func (p *page) May(permission Permission) bool { return p.may(permission) }

// ZoneName is the zone that times are shown in.
func (p *page) ZoneName() string { return p.zone.name }

// render answers with a page, or with its content if the script asks for that, and with the indicators too if it refreshes the page.
func (p *page) render(name string) error {
	switch {
	case p.refresh():
		return p.piece(name, "refresh", p)
	case p.fragment():
		return p.piece(name, "content", p)
	}
	return p.piece(name, "layout", p)
}

// buffers are for pages, of which most have some 50 KB.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// piece answers with one template of a page.
func (p *page) piece(name, template string, data any) error {
	out := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(out)
	out.Reset()
	if err := pages[name].ExecuteTemplate(out, template, data); err != nil {
		return err
	}
	p.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	p.w.Header().Set("Vary", "Activity-Fragment")
	p.w.WriteHeader(p.status)
	_, _ = p.w.Write(out.Bytes()) // an error means that nobody listens any more
	return nil
}

// fragment reports whether the script asks for the content only, to put it into a page.
func (c *call) fragment() bool { return c.r.Header.Get("Activity-Fragment") != "" }

// refresh reports whether the script asks for what may have changed on the page that it is on.
func (c *call) refresh() bool { return c.r.Header.Get("Activity-Fragment") == "refresh" }

// errorPage answers with an error.
func (c *call) errorPage(problem *problem) {
	p := c.page("")
	key := "error " + strconv.Itoa(problem.status)
	if _, ok := texts[key]; !ok {
		key = "error 400"
		if problem.status >= 500 {
			key = "error 500"
		}
	}
	p.Title, p.status = p.T(key), problem.status // its details are for programs
	if err := p.render("error"); err != nil {
		http.Error(c.w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
	}
}

// back sends the browser to a page after something was changed.
func (c *call) back(path string) error {
	http.Redirect(c.w, c.r, c.options.Path+path, http.StatusSeeOther)
	return nil
}

// entityView is an entity as pages show it.
type entityView struct {
	Name string
	Kind string
	Page string // the address of its page here; empty: none
	Link string // the address of its page in the host; empty: none
	HTML template.HTML
}

// Entity shows an entity.
func (p *page) Entity(e activity.Entity) entityView {
	if e.IsZero() {
		return entityView{}
	}
	v := entityView{Name: p.name(e), Kind: p.word(e.Kind)}
	switch {
	case e.IsErased():
	case e.Kind == activity.EventKind:
		v.Page = p.Path("/events/" + e.ID)
	default:
		v.Page = p.Path(entityPath(e))
		v.Link = p.journal.Link(e)
	}
	v.HTML = `<span class="entity">` + escaped(v.Name) + `</span>`
	if v.Page != "" {
		v.HTML = anchor(`class="entity" `, v.Page, v.Name)
	}
	return v
}

// entityPath is the address of the page of an entity, below Options.Path.
func entityPath(e activity.Entity) string { return "/entity?" + encode("of", entityParam(e)) }

// escaped is a text in HTML, in a tag or outside.
func escaped(text string) template.HTML { return template.HTML(template.HTMLEscapeString(text)) }

// anchor writes a link. Those that a line has many of are written here, because templates take a while for each.
// The address is one of those that are made here: below Options.Path.
func anchor(attributes template.HTML, address, text string) template.HTML {
	return `<a ` + attributes + `href="` + escaped(address) + `">` + escaped(text) + `</a>`
}

// title is a word of the host as the beginning of a label.
func (p *page) title(word string) string {
	text := strings.ReplaceAll(p.word(word), "_", " ")
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}
