package activityhttp

import (
	"encoding/json"
	"slices"

	"github.com/go-activity/activity"
)

// streamQuery says which events a stream sends. All its conditions must hold; one without values is none.
type streamQuery struct {
	types      []string
	categories []string
	about      []activity.Entity // about one of these; what is merged with them or below them counts only if it is here too
	actor      activity.Entity
	after      activity.Position // behind this position; negative: what is recorded from now on

	category func(string) string // of a type
}

// streamQuery reads what a stream is to send. A browser that comes back says in a header what it has seen last, while its address still
// says where it began.
func (c *call) streamQuery(v *values) streamQuery {
	q := streamQuery{
		types: v.list("type"), categories: v.list("category"), about: v.entities("about"), actor: v.entity("actor"), after: -1,
		category: func(name string) string { return c.known.types[name].category },
	}
	if max(len(q.types), len(q.categories), len(q.about)) > activity.MaxListed {
		v.fail("type", "or another list is too long")
	}
	name, text := "after", v.text("after")
	if last := c.r.Header.Get("Last-Event-ID"); last != "" {
		name, text = "Last-Event-ID", last
	}
	if text != "" {
		var ok bool
		if q.after, ok = positionOf(text); !ok {
			v.fail(name, "is no position")
		}
	}
	return q
}

// match reports whether the stream sends an event.
func (q *streamQuery) match(e *activity.Event) bool {
	return (len(q.types) == 0 || slices.Contains(q.types, e.Type)) &&
		(len(q.categories) == 0 || slices.Contains(q.categories, q.category(e.Type))) &&
		(len(q.about) == 0 || slices.ContainsFunc(e.About, func(about activity.Entity) bool { return slices.ContainsFunc(q.about, about.Is) })) &&
		(q.actor.IsZero() || e.Actor.Is(q.actor))
}

// encodeEntry is the encoder of the API's stream.
func (c *call) encodeEntry(entry activity.Entry) ([]byte, error) {
	return json.Marshal(struct {
		Position activity.Position `json:"position"`
		Index    int64             `json:"index"`
		Event    eventView         `json:"event"`
	}{entry.Position, entry.Index, c.view(entry.Event)})
}
