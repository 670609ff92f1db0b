package activity

import (
	"context"
	"encoding/json"
	"slices"
	"time"
)

// Event is something that happened: typed, about some entities, done by an actor. Events are never
// edited. Values that the library returns are the caller's own.
type Event struct {
	ID         ID              `json:"id"`
	Tenant     string          `json:"tenant"`
	Type       string          `json:"type"`
	Version    int             `json:"version"` // of the payload's form, from 1
	Actor      Entity          `json:"actor"`
	About      []Entity        `json:"about,omitempty"`
	Task       ID              `json:"task,omitzero"` // the task whose run recorded it, if one did
	Source     Source          `json:"source"`
	OccurredAt time.Time       `json:"occurred_at"`   // UTC, to the microsecond
	RecordedAt time.Time       `json:"recorded_at"`   // UTC, to the microsecond
	Key        string          `json:"key,omitempty"` // see Draft.Key
	Payload    json.RawMessage `json:"payload"`       // a JSON object, byte for byte as recorded
	Erased     bool            `json:"erased,omitempty"`
}

// Clone returns a copy that shares no memory with e.
func (e Event) Clone() Event {
	e.About = slices.Clone(e.About)
	e.Payload = slices.Clone(e.Payload)
	return e
}

// Entity is what an event is about, or who did it: an account, a contact, a user of the host.
// Kind and ID identify it within its tenant. Label is its name at the time, a snapshot: events keep
// the label they were recorded with.
type Entity struct {
	Kind  string `json:"kind"` // at most 64 bytes
	ID    string `json:"id"`   // at most 255 bytes
	Label string `json:"label,omitempty"`
}

// User is a person who uses the host.
func User(id, label string) Entity { return Entity{Kind: "user", ID: id, Label: label} }

// System is a part of the host that acts by itself, such as "importer".
func System(name string) Entity { return Entity{Kind: "system", ID: name, Label: name} }

// Identity is an account that the host acts through, such as a mailbox or a social profile.
func Identity(id, label string) Entity { return Entity{Kind: "identity", ID: id, Label: label} }

// Is reports whether both are the same entity. Labels do not count.
func (e Entity) Is(other Entity) bool { return e.Kind == other.Kind && e.ID == other.ID }

// IsZero reports whether e is the zero Entity, which means none.
func (e Entity) IsZero() bool { return e == Entity{} }

// IsErased reports whether only the kind is left of e; see [Tenant.Erase].
func (e Entity) IsErased() bool { return e.Kind != "" && e.ID == "" }

// Name is what people read: the label, or the ID of an entity that has none. Of one that was erased it is "erased user",
// with its kind.
func (e Entity) Name() string {
	switch {
	case e.Label != "":
		return e.Label
	case e.IsErased():
		return "erased " + readable(e.Kind)
	}
	return e.ID
}

// Source says how an event came to be recorded.
type Source uint8

// The sources. In a [Query], the zero Source means any.
const (
	Automatic Source = 1 // by a subsystem of the host
	Manual    Source = 2 // by hand, by a person
)

// String returns "automatic", "manual", or the empty string for the zero Source.
func (s Source) String() string {
	switch s {
	case Automatic:
		return "automatic"
	case Manual:
		return "manual"
	}
	return ""
}

// MarshalText implements [encoding.TextMarshaler].
func (s Source) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (s *Source) UnmarshalText(text []byte) error {
	for _, known := range []Source{0, Automatic, Manual} {
		if string(text) == known.String() {
			*s = known
			return nil
		}
	}
	return &InvalidError{Field: "Source", Reason: "is neither automatic nor manual"}
}

type actorKey struct{}

// WithActor returns a context in which events without an actor of their own are the actor's.
// Middleware sets it once a request is authenticated.
func WithActor(ctx context.Context, actor Entity) context.Context {
	return context.WithValue(ctx, actorKey{}, actor)
}

// ActorFrom returns the actor that [WithActor] put into the context.
func ActorFrom(ctx context.Context) (Entity, bool) {
	actor, ok := ctx.Value(actorKey{}).(Entity)
	return actor, ok
}
