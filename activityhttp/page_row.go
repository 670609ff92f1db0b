package activityhttp

import (
	"bytes"
	"cmp"
	"html/template"
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
	Parts     []partView // the summary
	About     []entityView
	When      moment
	Manual    bool
	New       bool // above the reader's mark
	Link      string
	More      []eventRow // those that stand in one line with it
	Sensitive bool       // something of it is erased
}

// partView is a piece of a summary.
type partView struct {
	Text  string
	Value bool
	Page  string // the address of the entity that it names
}

// row shows an event as a line. What it is about is left out where it goes without saying: the entity of the page, and who
// did it.
func (p *page) row(e activity.Event, of activity.Entity) eventRow {
	r := eventRow{page: p, ID: e.ID, Type: e.Type, Manual: e.Source == activity.Manual, When: p.Moment(e.OccurredAt)}
	r.Actor, r.Link, r.Sensitive = p.Entity(e.Actor), p.Path("/events/"+e.ID.String()), e.Erased
	known := p.known.types[e.Type]
	r.Label, r.Mark = p.word(cmp.Or(known.label, e.Type)), p.Icon(known.icon)
	if e.Erased && len(e.Payload) == 0 {
		r.Parts = []partView{{Text: p.T("erased event", r.Label)}}
	} else {
		r.Parts = p.parts(p.journal.Summary(e, p.locale))
	}
	for _, about := range e.About {
		if about.Kind != activity.EventKind && !about.Is(of) && !about.Is(e.Actor) {
			r.About = append(r.About, p.Entity(about))
		}
	}
	return r
}

func (p *page) parts(s activity.Summary) []partView {
	parts := make([]partView, 0, len(s.Parts))
	for _, part := range s.Parts {
		v := partView{Text: part.Text, Value: part.Role == activity.RoleValue}
		if part.Role == activity.RoleEntity {
			v.Page = p.Entity(part.Entity).Page
		}
		parts = append(parts, v)
	}
	return parts
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
		first.Parts, first.More = p.parts(p.journal.GroupSummary(g, p.locale)), rows
	}
	return first
}

// streamRows sends the lines of a timeline as their events get their place in the ledger.
func (c *call) streamRows() error {
	v := newValues(c.r.URL.Query())
	q := c.streamQuery(v)
	if v.err != nil {
		return v.err
	}
	of, day := v.entity("about"), c.options.Now().In(c.zone.location).Format(time.DateOnly)
	return c.stream(q, func(entry activity.Entry) ([]byte, error) {
		var out bytes.Buffer
		err := pages["feed"].ExecuteTemplate(&out, "row", c.page("", "").row(entry.Event, of))
		return out.Bytes(), err
	}, "html/"+strings.Join([]string{c.locale, c.zone.name, day, entityParam(of)}, "/"))
}
