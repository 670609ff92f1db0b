package activityhttp

import (
	"net/url"
	"strconv"

	"github.com/go-activity/activity"
)

// timelineView is what the feed and the page of an entity have in common: tabs, filters, lines and pages.
type timelineView struct {
	filter
	Tabs    []tab
	Rows    []eventRow
	Next    string // the address of the older ones; empty: none
	Newest  string // the address of the first page, on a later one
	Stream  string // the address of what is live; empty: nothing
	Unread  string // how many are new; empty: none
	Through activity.ID
	Of      string // the entity of the timeline, as a parameter
	Types   []choiceView
	Actors  []choiceView
	Sources []choiceView
	Whens   []choiceView
	Hidden  []field // parameters that the form keeps
	Active  bool    // there is a filter
	More    bool    // one of the filters that are folded away is in use
	Action  string
	Clear   string // the address without filters
	Here    string // the address of the page, to come back to
	Notice  string // why there is nothing to show
	groups  []activity.Group
}

// The parameters of a timeline, and those of them that have fields in its form.
var (
	timelineParameters = []string{"of", "category", "type", "source", "when", "first", "last", "from", "to", "search", "actor", "task", "descendants", "limit"}
	timelineFields     = []string{"type", "source", "when", "first", "last", "search", "actor"}
)

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
	p := c.page("feed")
	p.Title = p.T("feed")
	v := newValues(c.r.URL.Query())
	f, q := p.filterOf(v, "/feed", timelineParameters[1:]...), c.query(v)
	if v.err != nil {
		return v.err
	}
	view, err := p.timeline(activity.Entity{}, f, q)
	if c.restart(err, f) {
		return nil
	}
	if err != nil {
		return err
	}
	p.Body = view
	return p.show("feed")
}

// timeline reads the timeline that the page's parameters ask for: of an entity, or of the tenant if it is zero.
func (p *page) timeline(of activity.Entity, f filter, q activity.Query) (timelineView, error) {
	view := timelineView{filter: f, Of: entityParam(of), Action: f.path, Clear: f.only("of", "category", "descendants"), Here: f.address()}
	view.Active, view.More = f.narrows("of", "category", "descendants", "limit"), f.Has("first") || f.Has("last") || f.Has("actor")
	view.Hidden = f.hidden(timelineFields...)
	q.Before = "" // groups have pages in one direction
	if q.About = nil; !of.IsZero() {
		q.About = []activity.Entity{of}
	}
	newest, err := p.journal.Newest(p.ctx()) // before the page is read, so that the stream begins where it ends
	if err != nil {
		return view, err
	}
	page, err := p.tenant.Groups(p.ctx(), q)
	var ok bool
	if view.Notice, ok = p.notice(err); err != nil && !ok {
		return view, err
	}
	view.groups = page.Groups
	if page.Next != "" {
		view.Next = f.address("after", string(page.Next))
	}
	if err := p.timelineTabs(&view, q); err != nil {
		return view, err
	}
	if err := p.marks(&view, of, q.After == ""); err != nil {
		return view, err
	}
	p.timelineChoices(&view)
	if q.After != "" {
		view.Newest = f.address()
		return view, nil
	}
	return view, p.live(&view, of, q, newest)
}

// timelineTabs counts what the tabs have. They stay as they are whichever type is chosen, because they lead away from it.
func (p *page) timelineTabs(view *timelineView, q activity.Query) error {
	var facets []activity.Facet
	if view.Notice == "" {
		var err error
		q.Types = nil
		if facets, err = p.tenant.Facets(p.ctx(), q); err != nil {
			return err
		}
	}
	view.Tabs = p.tabs(facets, view.Get("category"), p.known.categories, func(category string) string {
		return view.address("category", category, "type", "", "descendants", "")
	})
	return nil
}

// live begins the stream of the page where it was read, if a stream knows all that the page is asked for.
func (p *page) live(view *timelineView, of activity.Entity, q activity.Query, newest activity.Position) error {
	if q.Descendants || q.Search != "" || q.Source != 0 || !q.From.IsZero() || !q.To.IsZero() || !q.Task.IsZero() {
		return nil
	}
	stream := url.Values{"type": q.Types, "category": q.Categories, "after": {strconv.FormatInt(int64(newest), 10)}}
	if !q.Actor.IsZero() {
		stream.Set("actor", entityParam(q.Actor))
	}
	if !of.IsZero() {
		stream.Set("of", entityParam(of))
		merged, err := p.tenant.MergedWith(p.ctx(), of)
		if err != nil {
			return err
		}
		for _, e := range merged {
			stream.Add("about", entityParam(e))
		}
	}
	view.Stream = p.Path("/stream") + "?" + stream.Encode()
	return nil
}

// marks makes the lines, and says which are new to who looks. What is marked as read is all of a timeline, so only that offers it.
func (p *page) marks(view *timelineView, of activity.Entity, first bool) error {
	reader := p.tenant.Reader(p.actor)
	read, err := reader.ReadUpTo(p.ctx(), of)
	if err != nil {
		return err
	}
	for _, g := range view.groups {
		view.Rows = append(view.Rows, p.group(g, of, read))
	}
	if !first || len(view.groups) == 0 || view.narrows("of", "limit") {
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

// timelineChoices fills in what can be chosen.
func (p *page) timelineChoices(view *timelineView) {
	category := view.Get("category")
	for _, name := range p.known.typeNames {
		if known := p.known.types[name]; category == "" || known.category == category {
			view.Types = append(view.Types, choiceView{name, p.word(known.label), view.Get("type") == name})
		}
	}
	for _, source := range []string{"automatic", "manual"} {
		view.Sources = append(view.Sources, choiceView{source, p.T("source " + source), view.Get("source") == source})
	}
	view.Whens, view.Actors = p.whens(view.Get("when")), p.actorChoices(view.Get("actor"), nil)
}

func (p *page) whens(chosen string) []choiceView {
	var list []choiceView
	for _, when := range whens {
		list = append(list, choiceView{when, p.T("when " + when), chosen == when})
	}
	return list
}

// doRead moves the reader's mark.
func (c *call) doRead() error {
	v, err := c.form()
	if err != nil {
		return err
	}
	of, through := v.entity("of"), v.id("through")
	if v.err != nil {
		return v.err
	}
	if err := c.markRead(of, through); err != nil {
		return err
	}
	where := "/feed"
	if !of.IsZero() {
		where = entityPath(of)
	}
	return c.backTo(v.Get("back"), where)
}
