package activity

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// MaxComment is the most characters that a comment or a note has.
const MaxComment = 10_000

// Comment is the payload of [Commented] and [Noted].
type Comment struct {
	Text     string `json:"text"`
	Mentions int    `json:"mentions,omitempty"` // how many entities after the first one the event is about because they are mentioned
}

// Validate says what is wrong with a comment: a blank text, one that is longer than [MaxComment] characters.
func (c Comment) Validate() error {
	switch {
	case strings.TrimSpace(c.Text) == "":
		return errors.New("the text is blank")
	case !utf8.ValidString(c.Text):
		return errors.New("the text is not valid UTF-8")
	case utf8.RuneCountInString(c.Text) > MaxComment:
		return fmt.Errorf("the text is longer than %d characters", MaxComment)
	case c.Mentions < 0:
		return errors.New("the number of mentions is negative")
	}
	return nil
}

// What people write. Every journal knows these types, whose categories are "comments" and "notes", and anyone can record them.
var (
	// Commented says that somebody has written about an entity, or about an event; see [CommentOn] and [CommentOnEvent].
	Commented = ownType[Comment]("activity.comment", "Comment", "comments", "comment", "commented: {text}", "comentó: {text}")

	// Noted says that somebody has put something on record by hand; see [NoteOn].
	Noted = ownType[Comment]("activity.note", "Note", "notes", "note", "noted: {text}", "anotó: {text}")
)

var commentTypes = []EventType{Commented, Noted}

// CommentOn drafts a comment on an entity, recorded by hand. It is about the entity and then about those whom it mentions,
// each once, so that it appears on their timelines too; the entity itself need not be mentioned. There is room for [MaxAbout] in all.
func CommentOn(subject Entity, text string, mentions ...Entity) Draft {
	return comment(Commented, subject, text, mentions)
}

// NoteOn drafts a note on an entity. But for its type, it is like a comment.
func NoteOn(subject Entity, text string, mentions ...Entity) Draft {
	return comment(Noted, subject, text, mentions)
}

// CommentOnEvent drafts a comment on an event. It is about [Event.Entity], whose timeline is the thread of the event, about those
// whom it mentions, and, as far as there is room, about what the event is about, so that it appears there too.
func CommentOnEvent(e Event, text string, mentions ...Entity) Draft {
	d := comment(Commented, e.Entity(), text, mentions)
	if e.ID.IsZero() && d.err == nil {
		d.err = invalidf("Event.ID", "is missing: comments are on events that were recorded")
	}
	for _, about := range e.About {
		if len(d.about) < MaxAbout && !about.IsErased() && !slices.ContainsFunc(d.about, about.Is) {
			d.about = append(d.about, about)
		}
	}
	return d
}

// EventKind is the kind of entities that are events. They have no label, and are not in the directory: a page that lists what
// an event is about leaves them out.
const EventKind = "event"

// Entity returns the event as an entity that other events can be about, of [EventKind]. Its timeline has the comments on it.
func (e Event) Entity() Entity { return Entity{Kind: EventKind, ID: e.ID.String()} }

// Mentions returns whom a comment or a note mentions. There is nobody in an event of another type, or in one whose text was erased.
func Mentions(e Event) []Entity {
	var typ Type[Comment]
	switch e.Type {
	case Commented.Name():
		typ = Commented
	case Noted.Name():
		typ = Noted
	default:
		return nil
	}
	c, err := typ.Payload(e)
	if err != nil || c.Mentions < 1 || c.Mentions >= len(e.About) {
		return nil
	}
	return slices.Clone(e.About[1 : 1+c.Mentions])
}

func comment(typ Type[Comment], subject Entity, text string, mentions []Entity) Draft {
	about := []Entity{subject}
	for _, e := range mentions {
		if !slices.ContainsFunc(about, e.Is) {
			about = append(about, e)
		}
	}
	return typ.New(Comment{Text: text, Mentions: len(about) - 1}).About(about...).Manual()
}
