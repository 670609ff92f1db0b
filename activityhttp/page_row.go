package activityhttp

import (
	"bytes"
	"cmp"
	"html/template"
	"slices"
	"strings"
	"time"

	"github.com/go-activity/activity"
)

// eventRow is a line of a timeline.
type eventRow struct {
	*page
	ID        activity.ID
	Type      string
	Mark      template.HTML // the icon
	Label     string        // of the type
	Actor     entityView
	Line      template.HTML // the summary
	About     []entityView
	When      moment
	Manual    bool
	New       bool // above the reader's mark
	Link      string
	Open      template.HTML // the time, as a link to everything that is known
	More      []eventRow    // those that stand in one line with it
	Sensitive bool          // something of it is erased
}

// row shows an event as a line. What it is about is left out where it goes without saying: the entity of the page, and who
// did it; and so is what the summary names.
func (p *page) row(e activity.Event, of activity.Entity) eventRow {
	r := eventRow{page: p, ID: e.ID, Type: e.Type, Manual: e.Source == activity.Manual, When: p.Moment(e.OccurredAt)}
	r.Actor, r.Link, r.Sensitive = p.Entity(e.Actor), p.Path("/events/"+e.ID.String()), e.Erased
	known := p.known.types[e.Type]
	r.Label, r.Mark = p.word(cmp.Or(known.label, e.Type)), p.Icon(known.icon)
	r.Open = `<a class="when" data-panel href="` + escaped(r.Link) + `">` + r.When.HTML +
		`<span class="hidden"> ` + escaped(p.T("details of", r.Label)) + `</span></a>`
	var named []activity.Entity // by the summary
	if e.Erased && len(e.Payload) == 0 {
		r.Line = escaped(p.T("erased event", r.Label))
	} else {
		summary := p.journal.Summary(e, p.locale)
		r.Line = p.line(summary)
		for _, part := range summary.Parts {
			named = append(named, part.Entity)
		}
	}
	for _, about := range e.About {
		if about.Kind != activity.EventKind && !about.Is(of) && !about.Is(e.Actor) && !slices.ContainsFunc(named, about.Is) {
			r.About = append(r.About, p.Entity(about))
		}
	}
	return r
}

// line writes a summary, with its values emphasised and the entities that it names as links.
func (p *page) line(s activity.Summary) template.HTML {
	var line strings.Builder
	for _, part := range s.Parts {
		text := template.HTMLEscapeString(part.Text)
		switch {
		case part.Role == activity.RoleValue:
			text = "<strong>" + text + "</strong>"
		case part.Role == activity.RoleEntity && !part.Entity.IsErased():
			text = string(p.Entity(activity.Entity{Kind: part.Entity.Kind, ID: part.Entity.ID, Label: part.Text}).HTML)
		}
		line.WriteString(text)
	}
	return template.HTML(line.String())
}

// group shows neighbours as one line.
func (p *page) group(g activity.Group, of activity.Entity, read activity.ID) eventRow {
	rows := make([]eventRow, 0, len(g.Events))
	for _, e := range g.Events {
		r := p.row(e, of)
		r.New = e.ID.Compare(read) > 0
		rows = append(rows, r)
	}
	first := rows[0]
	if len(rows) > 1 {
		first.Line, first.More = p.line(p.journal.GroupSummary(g, p.locale)), rows
	}
	return first
}

// streamRows sends the lines of a timeline as their events get their place in the ledger.
func (c *call) streamRows() error {
	v := newValues(c.r.URL.Query())
	q := c.streamQuery(v)
	of, day := v.entity("of"), c.options.Now().In(c.zone.location).Format(time.DateOnly)
	if v.err != nil {
		return v.err
	}
	return c.stream(q, func(entry activity.Entry) ([]byte, error) {
		var out bytes.Buffer
		err := pages["feed"].ExecuteTemplate(&out, "row", c.page("").row(entry.Event, of))
		return out.Bytes(), err
	}, "html/"+strings.Join([]string{c.locale, c.zone.name, day, entityParam(of)}, "/"))
}
