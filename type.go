package activity

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"

	"github.com/go-activity/activity/internal/message"
)

// Type is a type of event whose payload is a P. [Define] makes one, usually into a package variable.
type Type[P any] struct{ def *definition }

// EventType is a [Type] of any payload, as [Config.Types] lists them.
type EventType interface {
	Name() string
	Options() TypeOptions
	definition() *definition
}

// TypeOptions says how events of a type are shown and kept.
type TypeOptions struct {
	// Label names the type for people: "Stage changed". Defaults to the name, made readable.
	Label string

	// Category is the tab that shows the type: "deals". Defaults to none.
	Category string

	// Icon is a name or an address that the host's page understands. Defaults to none.
	Icon string

	// Summary is the pattern of the one-line summary, in the language of Config.Locale:
	// "opened {count, plural, one {# email} other {# emails}}". It is a subset of ICU
	// MessageFormat: {field}, {field, number}, {field, date}, {field, plural, …} with =N and the
	// language's plural categories, {field, select, …}. Fields are those of P by their JSON names;
	// {actor} is who did it, {about} the first entity it is about. Defaults to the label.
	Summary string

	// Translations are patterns in other languages, by BCP 47 tag: "es", "pt-BR". Defaults to none.
	Translations map[string]string

	// Group makes neighbours on a timeline one line, "opened 5 emails"; see Tenant.Groups. Defaults to none.
	Group Grouping

	// Version of the form of P, counted up when P changes so that older payloads no longer fit.
	// Defaults to 1.
	Version int

	// Upcasts turn a payload of the version that is their key into one of the next version.
	// There must be one for each version from 1 to Version-1. Defaults to none.
	Upcasts map[int]func(json.RawMessage) (json.RawMessage, error)

	// Retention is how long events of the type are kept, from when they occurred: one that is dated
	// back goes so much sooner. See Journal.Retain. Defaults to forever.
	Retention time.Duration
}

// definition is what the library knows of a type; it does not change after Define.
type definition struct {
	name     string
	version  int
	options  TypeOptions
	summary  *pattern            // nil: the label
	patterns map[string]*pattern // Translations, by canonical tag
	group    *definition         // of the patterns of TypeOptions.Group; nil: none
}

// pattern is a compiled pattern.
type pattern struct {
	*message.Pattern
	names []string // Names, which makes a copy each time
}

// Define makes a type of event. The name is in the style of "deal.stage_changed": a-z, 0-9, _ and
// single dots, at most 100 bytes. P is a struct, or a map with string keys, whose JSON is an object.
// If P has a method Validate() error, each payload must pass it.
//
// Define panics where the program is wrong, like [regexp.MustCompile]: a bad name, a bad pattern, a
// pattern with a field that P lacks, a plural category that the language does not have, a missing
// upcast.
func Define[P any](name string, options TypeOptions) Type[P] {
	def, err := define(reflect.TypeFor[P](), name, options)
	if err != nil {
		panic(fmt.Sprintf("activity: Define(%q): %v", name, err))
	}
	return Type[P]{def}
}

// Name returns the name that Define was given.
func (t Type[P]) Name() string { return t.def.name }

// Options returns a copy of the options that Define was given, with the defaults filled in.
func (t Type[P]) Options() TypeOptions {
	options := t.def.options
	options.Translations = maps.Clone(options.Translations)
	options.Upcasts = maps.Clone(options.Upcasts)
	options.Group.Translations = maps.Clone(options.Group.Translations)
	return options
}

func (t Type[P]) definition() *definition { return t.def }

// New makes a draft of an event with a payload. The payload is encoded at once; what is wrong with
// it is reported by Record.
func (t Type[P]) New(payload P) Draft {
	data, err := encode("Payload", &payload)
	return Draft{typ: t.def, payload: data, err: err}
}

// Payload decodes an event's payload, after bringing one of an older version up to date. An event
// of another type is an [InvalidError], one of a newer version is [ErrVersion], an erased one is
// [ErrNotFound].
func (t Type[P]) Payload(e Event) (P, error) {
	var payload P
	if e.Type != t.def.name {
		return payload, invalidf("Event.Type", "is %q and not %q", e.Type, t.def.name)
	}
	if e.Erased && len(e.Payload) == 0 {
		return payload, fmt.Errorf("%w: the payload of event %s was erased", ErrNotFound, e.ID)
	}
	data, err := t.def.upcast(e)
	if err != nil {
		return payload, err
	}
	if err := json.Unmarshal(data, &payload); err != nil {
		return payload, &InvalidError{Field: "Event.Payload", Reason: "does not fit: " + err.Error(), Err: err}
	}
	return payload, nil
}

// upcast returns the event's payload in the type's current version.
func (d *definition) upcast(e Event) (json.RawMessage, error) {
	if e.Version > d.version || e.Version < 1 {
		return nil, fmt.Errorf("%w: event %s has version %d of %s, known is %d", ErrVersion, e.ID, e.Version, d.name, d.version)
	}
	data := e.Payload
	if e.Version < d.version {
		data = slices.Clone(data) // an upcast may write into what it gets
	}
	for v := e.Version; v < d.version; v++ {
		next, err := d.options.Upcasts[v](data)
		if err != nil {
			return nil, &InvalidError{Field: "Event.Payload", Reason: fmt.Sprintf("cannot be upcast from version %d: %v", v, err), Err: err}
		}
		data = next
	}
	return data, nil
}

// current returns the event's payload for a summary: in the type's current version, or as it is if it cannot be.
func (d *definition) current(e *Event) json.RawMessage {
	if e.Version < d.version {
		if upcast, err := d.upcast(*e); err == nil {
			return upcast
		}
	}
	return e.Payload
}

// encode encodes the payload that it gets a pointer to, so that methods of the pointer count too.
func encode(field string, payload any) (json.RawMessage, error) {
	if v, ok := payload.(interface{ Validate() error }); ok {
		if err := v.Validate(); err != nil {
			return nil, &InvalidError{Field: field, Reason: "is not valid: " + err.Error(), Err: err}
		}
	}
	var buf bytes.Buffer
	encoder := json.NewEncoder(&buf)
	encoder.SetEscapeHTML(false) // pages escape; the stored payload stays readable
	if err := encoder.Encode(payload); err != nil {
		return nil, &InvalidError{Field: field, Reason: "cannot be encoded: " + err.Error(), Err: err}
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}

func define(p reflect.Type, name string, options TypeOptions) (*definition, error) {
	if err := checkTypeName("name", name); err != nil {
		return nil, err
	}
	fields, err := jsonFields(p)
	if err != nil {
		return nil, err
	}
	if options.Label == "" {
		options.Label = readable(name)
	}
	if options.Version == 0 {
		options.Version = 1
	}
	if options.Version < 1 {
		return nil, fmt.Errorf("version %d is less than 1", options.Version)
	}
	for v := range options.Upcasts {
		if v < 1 || v >= options.Version {
			return nil, fmt.Errorf("an upcast from version %d leads nowhere: the version is %d", v, options.Version)
		}
	}
	for v := 1; v < options.Version; v++ {
		if options.Upcasts[v] == nil {
			return nil, fmt.Errorf("there is no upcast from version %d", v)
		}
	}
	if options.Retention < 0 {
		return nil, fmt.Errorf("retention %v is negative", options.Retention)
	}
	d := &definition{name: name, version: options.Version, options: options}
	d.options.Translations = maps.Clone(options.Translations)
	d.options.Upcasts = maps.Clone(options.Upcasts)
	d.options.Group.Translations = maps.Clone(options.Group.Translations)
	if options.Summary != "" {
		if d.summary, err = compile(options.Summary, fields); err != nil {
			return nil, err
		}
	}
	if d.patterns, err = compileTranslations(options.Translations, fields); err != nil {
		return nil, err
	}
	if d.group, err = compileGroup(options.Group, fields); err != nil {
		return nil, err
	}
	return d, nil
}

// compileTranslations compiles patterns in languages, given by their tags; by canonical tag.
func compileTranslations(translations map[string]string, fields map[string]bool) (map[string]*pattern, error) {
	patterns := map[string]*pattern{}
	for _, locale := range slices.Sorted(maps.Keys(translations)) {
		tag, err := language.Parse(locale)
		if err != nil {
			return nil, fmt.Errorf("translation %q: %w", locale, err)
		}
		pattern, err := compile(translations[locale], fields)
		if err == nil {
			err = pattern.Check(localeOf(tag))
		}
		switch {
		case err != nil:
			return nil, fmt.Errorf("translation %q: %w", locale, err)
		case tag == language.Und || translations[locale] == "":
			return nil, fmt.Errorf("translation %q: names no language, or has no text", locale)
		case patterns[tag.String()] != nil:
			return nil, fmt.Errorf("translation %q: is a second one for %v", locale, tag)
		}
		patterns[tag.String()] = pattern
	}
	return patterns, nil
}

func compile(source string, fields map[string]bool) (*pattern, error) {
	p, err := message.Parse(source)
	if err != nil {
		return nil, err
	}
	for _, field := range p.Fields() {
		builtin := field.Name == fieldActor || field.Name == fieldAbout
		switch {
		case builtin && fields[field.Name]:
			return nil, fmt.Errorf("pattern %q: {%s} is ambiguous: the payload has a field of that name", source, field.Name)
		case builtin && field.Kind != message.KindText:
			return nil, fmt.Errorf("pattern %q: {%s} takes no format", source, field.Name)
		case !builtin && fields != nil && !fields[field.Name]:
			return nil, fmt.Errorf("pattern %q: the payload has no field %q", source, field.Name)
		}
	}
	return &pattern{Pattern: p, names: p.Names()}, nil
}

// jsonFields returns the names of the fields of p's JSON object, or nil where the type does not
// tell them: a map, or a type that encodes itself.
func jsonFields(p reflect.Type) (map[string]bool, error) {
	encodes := reflect.PointerTo(p).Implements // by methods of the value or of the pointer
	switch {
	case encodes(reflect.TypeFor[json.Marshaler]()):
		return nil, nil
	case encodes(reflect.TypeFor[encoding.TextMarshaler]()):
		return nil, fmt.Errorf("payload %v is encoded as text, not as an object", p)
	case p.Kind() == reflect.Map && p.Key().Kind() == reflect.String:
		return nil, nil
	case p.Kind() != reflect.Struct:
		return nil, fmt.Errorf("payload %v is neither a struct nor a map with string keys", p)
	}
	return structFields(p), nil
}

// structFields follows the rules of encoding/json: an embedded struct without a name of its own
// lends its fields. Of several fields of one name those closest to p count; of these the one that
// has the name from a tag, if there are more, and none if that does not decide.
func structFields(p reflect.Type) map[string]bool {
	fields := map[string]bool{} // false: nobody has the name, because several would
	seen := map[reflect.Type]bool{}
	for level := []reflect.Type{p}; len(level) > 0; {
		var next []reflect.Type
		untagged, tagged := map[string]int{}, map[string]int{}
		for _, t := range level {
			seen[t] = true
			for f := range t.Fields() {
				tag := f.Tag.Get("json")
				name, _, _ := strings.Cut(tag, ",")
				inner := f.Type
				if inner.Kind() == reflect.Pointer {
					inner = inner.Elem()
				}
				lends := f.Anonymous && inner.Kind() == reflect.Struct
				switch {
				case tag == "-" || !f.IsExported() && !lends: // not in the JSON
				case lends && name == "":
					if !seen[inner] {
						next = append(next, inner)
					}
				case name == "":
					untagged[f.Name]++
				default:
					tagged[name]++
				}
			}
		}
		for _, names := range []map[string]int{tagged, untagged} {
			for name := range names {
				if _, known := fields[name]; !known {
					fields[name] = tagged[name] == 1 || tagged[name] == 0 && untagged[name] == 1
				}
			}
		}
		level = next
	}
	return fields
}

// readable makes words of a type's name: "deal.stage_changed" becomes "deal stage changed".
func readable(name string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == '.' || r == '_' {
			return ' '
		}
		return r
	}, name))
}
