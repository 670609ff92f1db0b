package activity

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-activity/activity/internal/jsonscan"
)

// Limits of what can be recorded. Longer input is an [InvalidError].
const (
	MaxTypeName   = 100      // bytes of a type's name
	MaxTenant     = 64       // bytes of a tenant's name
	MaxConsumer   = 64       // bytes of a consumer's name
	MaxEntityKind = 64       // bytes of an entity's kind
	MaxText       = 255      // bytes of an entity's ID, of a label, of a key
	MaxAbout      = 16       // entities that one event is about
	MaxPayload    = 64 << 10 // bytes of a payload, unless Config.MaxPayload says otherwise
	MaxDepth      = 128      // levels of a payload
)

var (
	minTime = time.Unix(0, 0)
	maxTime = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)

	typeName = regexp.MustCompile(`^[a-z0-9_]+(\.[a-z0-9_]+)*$`)
)

// Draft is an event to be recorded. [Type.New] makes one; its methods return changed copies, so a
// draft can serve as a template and be used by several goroutines.
type Draft struct {
	typ     *definition
	payload json.RawMessage
	err     error // of making the payload; Record reports it
	actor   Entity
	about   []Entity
	at      time.Time
	dated   bool // At was called
	key     string
	source  Source
}

// By says who did it. Without it, the actor is the context's; see [WithActor].
func (d Draft) By(actor Entity) Draft {
	d.actor = actor
	return d
}

// About adds entities that the event is about, the most important one first; [MaxAbout] at most.
// The event appears on the timeline of each of them.
func (d Draft) About(entities ...Entity) Draft {
	d.about = append(slices.Clip(d.about), entities...)
	return d
}

// At says when it happened, for events that are recorded later than that. It counts to the
// microsecond, from year 1970 to 9999; the zero time is refused like any other outside of these.
// Without At, it is the time of recording.
func (d Draft) At(t time.Time) Draft {
	d.at, d.dated = t, true
	return d
}

// Key makes recording idempotent: the first event with a key is the tenant's only one. Recording
// the same again returns that event; recording something else under the key is [ErrKeyConflict].
// The same is: type, version, payload, actor, entities (labels aside), source, and the time if At
// gives one.
func (d Draft) Key(key string) Draft {
	d.key = key
	return d
}

// Manual says that a person recorded the event by hand. Without it, its source is [Automatic].
func (d Draft) Manual() Draft {
	d.source = Manual
	return d
}

// event checks the draft and makes an event of it that lacks only its ID and, without At, its time.
func (d Draft) event(tenant string, actor Entity, maxPayload int) (Event, error) {
	if d.typ == nil {
		return Event{}, &InvalidError{Field: "Type", Reason: "is missing: drafts are made by Type.New"}
	}
	if d.err != nil {
		return Event{}, d.err
	}
	if err := checkPayload("Payload", d.payload, maxPayload); err != nil {
		return Event{}, err
	}
	if !d.actor.IsZero() {
		actor = d.actor
	}
	if actor.IsZero() {
		return Event{}, &InvalidError{Field: "Actor", Reason: "is missing: use Draft.By or WithActor"}
	}
	if err := checkEntity("Actor", actor); err != nil {
		return Event{}, err
	}
	if err := checkAbout(d.about); err != nil {
		return Event{}, err
	}
	if d.key != "" {
		if err := checkText("Key", d.key, MaxText); err != nil {
			return Event{}, err
		}
	}
	source := d.source
	if source == 0 {
		source = Automatic
	}
	return Event{
		Tenant:  tenant,
		Type:    d.typ.name,
		Version: d.typ.version,
		Actor:   actor,
		About:   slices.Clone(d.about),
		Source:  source,
		Key:     d.key,
		Payload: slices.Clone(d.payload),
	}, nil
}

func invalidf(field, format string, args ...any) *InvalidError {
	return &InvalidError{Field: field, Reason: fmt.Sprintf(format, args...)}
}

func checkTenant(name string) error { return checkText("Tenant", name, MaxTenant) }

func checkTypeName(field, name string) error {
	if len(name) > MaxTypeName {
		return invalidf(field, "is longer than %d bytes", MaxTypeName)
	}
	if !typeName.MatchString(name) {
		return invalidf(field, "is not made of a-z, 0-9, _ and single dots between them")
	}
	return nil
}

func checkEntity(field string, e Entity) error {
	if err := checkText(field+".Kind", e.Kind, MaxEntityKind); err != nil {
		return err
	}
	if err := checkText(field+".ID", e.ID, MaxText); err != nil {
		return err
	}
	if e.Label == "" {
		return nil
	}
	return checkText(field+".Label", e.Label, MaxText)
}

func checkAbout(about []Entity) error {
	if len(about) > MaxAbout {
		return invalidf("About", "has more than %d entities", MaxAbout)
	}
	for i, e := range about {
		field := fmt.Sprintf("About[%d]", i)
		if err := checkEntity(field, e); err != nil {
			return err
		}
		if slices.ContainsFunc(about[:i], e.Is) {
			return invalidf(field, "is there twice")
		}
	}
	return nil
}

func checkText(field, s string, limit int) error {
	switch {
	case s == "":
		return invalidf(field, "is empty")
	case len(s) > limit:
		return invalidf(field, "is longer than %d bytes", limit)
	case !utf8.ValidString(s):
		return invalidf(field, "is not valid UTF-8")
	case strings.IndexByte(s, 0) >= 0:
		return invalidf(field, "contains a NUL byte")
	}
	return nil
}

func checkTime(field string, t time.Time) error {
	if t.Before(minTime) || !t.Before(maxTime) {
		return invalidf(field, "is not in the years 1970 to 9999")
	}
	return nil
}

func checkPayload(field string, payload []byte, limit int) error {
	if len(payload) > limit {
		return invalidf(field, "is longer than %d bytes", limit)
	}
	err := jsonscan.Check(payload, MaxDepth)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, jsonscan.ErrDepth):
		return invalidf(field, "is nested deeper than %d levels", MaxDepth)
	default:
		return &InvalidError{Field: field, Reason: err.Error(), Err: err}
	}
}
