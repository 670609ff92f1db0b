package catalogue

import "github.com/go-activity/activity"

// Note is the payload of [NoteAdded].
type Note struct {
	Text string `json:"text"`
}

// Validate refuses empty notes.
func (n Note) Validate() error { return required("text", n.Text) }

// NoteAdded is recorded by hand: Draft.Manual.
var NoteAdded = activity.Define[Note]("note.added", activity.TypeOptions{
	Label: "Note added", Category: "notes", Icon: "sticky-note",
	Summary:      "noted{text, plural, =0 { something} other {: {text}}}",
	Translations: spanish("anotó{text, plural, =0 { algo} other {: {text}}}"),
})
