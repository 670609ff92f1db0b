package activityhttp

import (
	"maps"
	"net/url"
	"strconv"

	"github.com/go-activity/activity"
)

// timelineView is what the feed and the page of an entity have in common: tabs, filters, lines and pages.
type timelineView struct {
	Tabs      []tab
	Rows      []eventRow
	Next      string // the address of the older ones; empty: none
	Newest    string // the address of the first page, on a later one
	Stream    string // the address of what is live; empty on a later page
	Unread    string // how many are new; empty: none
	Through   activity.ID
	Filter    url.Values
	Types     []choiceView
	Sources   []choiceView
	Whens     []choiceView
	Active    bool // there is a filter
	Action    string
	ClearLink string
	Feed      string // the entity of the timeline, as a parameter
	groups    []activity.Group
}

// tab is a tab of a page.
type tab struct {
	Label   string
	Count   string
	Link    string
	Current bool
}

// choiceView is something that can be chosen in a filter.
type choiceView struct {
	Value    string
	Label    string
	Selected bool
}

// showFeed shows what happened in the tenant.
func (c *call) showFeed() error {
	p := c.page("", "feed")
	p.Title = p.T("feed")
	view, err := p.timeline(activity.Entity{}, "/feed")
	if err != nil {
		return err
	}
	p.Body = view
	return p.show("feed")
}

// timeline reads the timeline that the page's parameters ask for: of an entity, or of the tenant if it is zero. Its address
// is path.
func (p *page) timeline(of activity.Entity, path string) (timelineView, error) {
	v := newValues(p.r.URL.Query())
	q := p.query(v)
	view := timelineView{Action: p.Path(path), Filter: url.Values{}, Feed: entityParam(of)}
	for _, name := range []string{"category", "type", "source", "when", "first", "last", "search", "actor", "descendants"} {
		if value := v.text(name); value != "" {
			view.Filter.Set(name, value)
			view.Active = view.Active || name != "category" && name != "descendants"
		}
	}
	if err := v.done(false); err != nil {
		return timelineView{}, err
	}
	if q.About = nil; !of.IsZero() {
		q.About = []activity.Entity{of}
	}
	address := func(changed ...string) string {
		return p.Path(path) + "?" + mergeValues(view.Filter, append(changed, "of", view.Feed)...).Encode()
	}
	newest, err := p.journal.Newest(p.ctx()) // before the page is read, so that the stream begins where it ends
	if err != nil {
		return timelineView{}, err
	}
	page, err := p.tenant.Groups(p.ctx(), q)
	if err != nil {
		return timelineView{}, err
	}
	view.groups, view.ClearLink = page.Groups, p.Path(path)+"?"+encode("of", view.Feed, "category", view.Filter.Get("category"))
	facets, err := p.tenant.Facets(p.ctx(), q)
	if err != nil {
		return timelineView{}, err
	}
	if err := p.marks(&view, of, q.After == ""); err != nil {
		return timelineView{}, err
	}
	if page.Next != "" {
		view.Next = address("after", string(page.Next))
	}
	if q.After != "" {
		view.Newest = address()
	} else if !q.Descendants && q.Search == "" && q.Source == 0 && q.From.IsZero() && q.To.IsZero() { // which a stream does not know
		view.Stream = p.Path("/stream") + "?" + mergeValues(view.Filter, "about", view.Feed, "after", strconv.FormatInt(int64(newest), 10)).Encode()
	}
	view.Tabs = p.tabs(facets, view.Filter.Get("category"), p.known.categories, func(category string) string {
		return address("category", category, "type", "", "descendants", "")
	})
	p.filters(&view)
	return view, nil
}

// marks makes the lines, and says which are new to who looks.
func (p *page) marks(view *timelineView, of activity.Entity, first bool) error {
	reader := p.tenant.Reader(p.actor)
	read, err := reader.ReadUpTo(p.ctx(), of)
	if err != nil {
		return err
	}
	for _, g := range view.groups {
		view.Rows = append(view.Rows, p.group(g, of, read))
	}
	if !first || len(view.groups) == 0 {
		return nil
	}
	unread, err := reader.Unread(p.ctx(), of)
	if err != nil {
		return err
	}
	if unread.N > 0 {
		view.Unread, view.Through = p.Total(unread), view.groups[0].Events[0].ID
	}
	return nil
}

// tabs shows the categories that have something, and the one that is open.
func (p *page) tabs(facets []activity.Facet, open string, order []string, address func(category string) string) []tab {
	counts := map[string]activity.Total{}
	for _, f := range facets {
		counts[f.Category] = f.Count
	}
	tabs := []tab{{Label: p.T("all"), Count: p.Total(counts[""]), Link: address(""), Current: open == ""}}
	for _, category := range order {
		if counts[category].N == 0 && category != open {
			continue
		}
		tabs = append(tabs, tab{Label: p.title(category), Count: p.Total(counts[category]), Link: address(category), Current: category == open})
	}
	return tabs
}

// filters fills in what can be chosen.
func (p *page) filters(view *timelineView) {
	category := view.Filter.Get("category")
	for _, t := range p.journal.Types() {
		if known := p.known.types[t.Name()]; category == "" || known.category == category {
			view.Types = append(view.Types, choiceView{t.Name(), p.word(known.label), view.Filter.Get("type") == t.Name()})
		}
	}
	for _, source := range []string{"automatic", "manual"} {
		view.Sources = append(view.Sources, choiceView{source, p.T("source " + source), view.Filter.Get("source") == source})
	}
	view.Whens = p.whens(view.Filter.Get("when"))
}

func (p *page) whens(chosen string) []choiceView {
	var list []choiceView
	for _, when := range whens {
		list = append(list, choiceView{when, p.T("when " + when), chosen == when})
	}
	return list
}

// mergeValues returns parameters with some changed: names and values in turns, of which the empty ones are left out.
func mergeValues(values url.Values, changed ...string) url.Values {
	merged := maps.Clone(values)
	if merged == nil {
		merged = url.Values{}
	}
	for i := 0; i+1 < len(changed); i += 2 {
		merged.Del(changed[i])
		if changed[i+1] != "" {
			merged.Set(changed[i], changed[i+1])
		}
	}
	return merged
}

// doRead moves the reader's mark.
func (c *call) doRead() error {
	if err := c.r.ParseForm(); err != nil {
		return badInput("body", "is no form")
	}
	v := newValues(c.r.PostForm)
	of, through := v.entity("of"), v.id("through")
	if v.err != nil {
		return v.err
	}
	if _, err := c.tenant.Event(c.ctx(), through); err != nil {
		return err
	}
	if err := c.tenant.Reader(c.actor).MarkRead(c.ctx(), of, through); err != nil {
		return err
	}
	if of.IsZero() {
		return c.back("/feed")
	}
	return c.back("/entity?" + encode("of", entityParam(of)))
}
