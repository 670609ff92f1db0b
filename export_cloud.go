package activity

import (
	"bufio"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// cloudEvent is an event as a CloudEvent, https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md.
// The names of extensions have small letters and digits only, at most 20.
type cloudEvent struct {
	SpecVersion     string          `json:"specversion"`
	ID              ID              `json:"id"`
	Source          string          `json:"source"`
	Type            string          `json:"type"`
	Subject         string          `json:"subject,omitempty"` // the first entity that it is about
	Time            time.Time       `json:"time"`
	DataContentType string          `json:"datacontenttype,omitempty"`
	Data            json.RawMessage `json:"data,omitempty"`

	RecordedTime time.Time `json:"recordedtime"` // https://github.com/cloudevents/spec/blob/main/cloudevents/extensions/recorded-time.md
	Position     string    `json:"position"`
	Index        string    `json:"index"`
	DataVersion  int32     `json:"dataversion"`
	Actor        string    `json:"actor,omitempty"`
	ActorLabel   string    `json:"actorlabel,omitempty"`
	About        string    `json:"about,omitempty"` // entities, with spaces between
	RecordedBy   string    `json:"recordedby,omitempty"`
	Task         ID        `json:"task,omitzero"`
	Erased       bool      `json:"erased,omitempty"`
}

// cloudExport writes CloudEvents.
type cloudExport struct {
	json   *json.Encoder
	source string
}

func newCloudExport(l Ledger, out *bufio.Writer) *cloudExport {
	e := &cloudExport{json.NewEncoder(out), l.origin()}
	e.json.SetEscapeHTML(false)
	if u, err := url.Parse(e.source); err == nil {
		e.source = u.String()
	} else { // not a URI reference
		e.source = url.PathEscape(l.tenant.journal.shared.origin) + "/" + url.PathEscape(l.tenant.name)
	}
	return e
}

func (e *cloudExport) entry(r *EntryRow) error {
	if r.Event.ID.IsZero() {
		return nil
	}
	c := cloudEvent{
		SpecVersion: "1.0", ID: r.Event.ID, Source: e.source, Type: r.Event.Type, Time: r.Event.OccurredAt,
		RecordedTime: r.Event.RecordedAt, Position: strconv.FormatInt(int64(r.Position), 10), Index: strconv.FormatInt(r.Index, 10),
		DataVersion: int32(r.Event.Version), Actor: entityPath(r.Event.Actor), ActorLabel: printable(r.Event.Actor.Label),
		RecordedBy: r.Event.Source.String(), Task: r.Event.Task, Erased: r.Event.Erased,
	}
	if len(r.Event.Payload) > 0 {
		c.DataContentType, c.Data = "application/json", r.Event.Payload
	}
	for i, entity := range r.Event.About {
		if i == 0 {
			c.Subject, c.About = entityPath(entity), entityPath(entity)
		} else {
			c.About += " " + entityPath(entity)
		}
	}
	return e.json.Encode(c)
}

// entityPath names an entity; of one that was erased, the kind.
func entityPath(e Entity) string {
	if e.ID == "" {
		return url.PathEscape(e.Kind)
	}
	return url.PathEscape(e.Kind) + "/" + url.PathEscape(e.ID)
}

// printable replaces the characters that an attribute of a CloudEvent must not have.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r&0xfffe == 0xfffe || r >= 0xfdd0 && r <= 0xfdef {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}
