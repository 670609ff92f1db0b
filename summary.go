package activity

import (
	"bytes"
	"encoding/json"
	"strconv"
	"sync"

	"github.com/go-activity/activity/internal/jsonscan"
	"github.com/go-activity/activity/internal/message"
)

// Names that patterns use for what is not in the payload.
const (
	fieldActor = "actor"
	fieldAbout = "about"
	fieldCount = "count" // in patterns of groups
)

// Summary is one line about an event. It depends on the event, the types and the locale and on
// nothing else, so it reads the same every time.
type Summary struct {
	Text  string `json:"text"`
	Parts []Part `json:"parts"` // the text in pieces, so that a page can link and emphasise
}

// String returns the text.
func (s Summary) String() string { return s.Text }

// Part is a piece of a [Summary].
type Part struct {
	Text   string `json:"text"`
	Role   Role   `json:"role"`
	Entity Entity `json:"entity,omitzero"` // whom the text names, if Role is RoleEntity
}

// Role says what a [Part] is.
type Role uint8

// The roles.
const (
	RoleText   Role = iota // words of the pattern
	RoleValue              // a value of the payload
	RoleEntity             // the name of an entity
)

// String returns "text", "value" or "entity".
func (r Role) String() string { return [...]string{"text", "value", "entity"}[min(r, RoleEntity)] }

// MarshalText implements [encoding.TextMarshaler].
func (r Role) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// Summary writes an event as one line in a language, given as a BCP 47 tag. A language without a
// translation falls back to its parents (es-MX, es-419, es), then to [Config.Locale]; so does an
// empty or malformed tag.
//
// It never fails. The type's label stands in for a missing pattern, and the readable name for the
// label of a type that is not configured. A field that the payload lacks counts as empty or 0; a
// value of another kind than the pattern expects is printed as it is. Values are cut to 200
// characters and kept to one line.
func (j *Journal) Summary(e Event, locale string) Summary {
	d := j.shared.definitionOf(&e)
	if e.Erased && len(e.Payload) == 0 {
		label := readable(e.Type)
		if d != nil {
			label = d.options.Label
		}
		return plain(label + " (erased)")
	}
	if d == nil {
		return plain(readable(e.Type))
	}
	pattern, l := d.pattern(j.shared.locales.find(locale, j.shared.locale), j.shared.locale)
	if pattern == nil {
		return plain(d.options.Label)
	}
	return render(pattern, l, &e, d.current(&e), 0)
}

func plain(text string) Summary {
	return Summary{Text: text, Parts: []Part{{Text: text}}}
}

// workspace is the memory that rendering needs; it is used again so that a summary allocates only
// what it returns.
type workspace struct {
	text    []byte
	scratch []byte // decoded strings
	parts   []message.Part
	values  []message.Value
}

var workspaces = sync.Pool{New: func() any {
	return &workspace{text: make([]byte, 0, 512), scratch: make([]byte, 0, 512)}
}}

// render writes an event, or a group of count events of which it is the newest; 0 is no group.
func render(pattern *pattern, l *message.Locale, e *Event, payload json.RawMessage, count int) Summary {
	w := workspaces.Get().(*workspace)
	defer workspaces.Put(w)

	actor, about := w.collect(pattern.names, e, payload, count)
	w.text, w.parts = pattern.Append(w.text[:0], w.parts[:0], w.values, l)

	text := string(w.text)
	parts := make([]Part, len(w.parts))
	for i, p := range w.parts {
		parts[i].Text = text[p.Start:p.End]
		switch {
		case p.Field < 0:
		case p.Field == actor:
			parts[i].Role, parts[i].Entity = RoleEntity, e.Actor
		case p.Field == about:
			parts[i].Role, parts[i].Entity = RoleEntity, e.About[0]
		default:
			parts[i].Role = RoleValue
		}
	}
	return Summary{Text: text, Parts: parts}
}

// collect finds the values of the fields and returns which of them are the actor and the first
// entity, or -1.
func (w *workspace) collect(names []string, e *Event, payload json.RawMessage, count int) (actor, about int) {
	actor, about = -1, -1
	w.scratch, w.values = w.scratch[:0], w.values[:0]
	for i, name := range names {
		var value message.Value
		switch {
		case name == fieldActor:
			actor, value = i, w.copied(e.Actor.Name())
		case name == fieldAbout && len(e.About) > 0:
			about, value = i, w.copied(e.About[0].Name())
		case name == fieldCount && count > 0:
			value = w.copied(strconv.Itoa(count))
			value.Type = message.Number
		}
		w.values = append(w.values, value)
	}
	jsonscan.Object(payload, func(name, value []byte) {
		name = w.unescaped(name)
		for i := range names {
			if string(name) == names[i] && i != actor && names[i] != fieldAbout && (count == 0 || names[i] != fieldCount) {
				w.values[i] = w.value(value)
				return
			}
		}
	})
	return actor, about
}

// copied copies a string into the scratch memory.
func (w *workspace) copied(s string) message.Value {
	start := len(w.scratch)
	w.scratch = append(w.scratch, s...)
	return message.Value{Type: message.String, Text: w.scratch[start:]}
}

// unescaped returns what a JSON string stands for, given the text between its quotes.
func (w *workspace) unescaped(s []byte) []byte {
	if bytes.IndexByte(s, '\\') < 0 {
		return s
	}
	start := len(w.scratch)
	w.scratch = jsonscan.AppendString(w.scratch, s)
	return w.scratch[start:]
}

func (w *workspace) value(raw []byte) message.Value {
	switch c := raw[0]; {
	case c == '"' && len(raw) > 1:
		return message.Value{Type: message.String, Text: w.unescaped(raw[1 : len(raw)-1])}
	case c == '-' || '0' <= c && c <= '9':
		return message.Value{Type: message.Number, Text: raw}
	case c == 't' || c == 'f':
		return message.Value{Type: message.Bool, Text: raw}
	case c == 'n':
		return message.Value{Type: message.Missing}
	}
	return message.Value{Type: message.Other}
}
