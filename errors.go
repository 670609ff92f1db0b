package activity

import (
	"errors"
	"fmt"
)

// The errors a host branches on, with [errors.Is]. Every store reports the same ones.
var (
	// ErrInvalid is the family of all bad input; see [InvalidError].
	ErrInvalid = errors.New("activity: invalid input")

	// ErrUnknownType says that a draft's type is not among [Config.Types]. It is an ErrInvalid.
	ErrUnknownType = fmt.Errorf("%w: unknown event type", ErrInvalid)

	// ErrInvalidCursor says that a cursor is damaged, was made by another version of the
	// library, or belongs to another query or tenant. It is an ErrInvalid.
	ErrInvalidCursor = fmt.Errorf("%w: cursor", ErrInvalid)

	// ErrVersion says that a payload has a version which the program does not know,
	// as it happens while a newer program writes beside an older one.
	ErrVersion = errors.New("activity: unknown payload version")

	// ErrNotFound says that the tenant has no such thing.
	ErrNotFound = errors.New("activity: not found")

	// ErrKeyConflict says that a key was used before for something else; see [KeyConflictError].
	ErrKeyConflict = errors.New("activity: key conflict")

	// ErrSchema says that the database's tables are older or newer than the program.
	ErrSchema = errors.New("activity: wrong schema")

	// ErrClosed says that the store was closed.
	ErrClosed = errors.New("activity: store closed")
)

// InvalidError says which input is bad and why. It is an [ErrInvalid]. Nothing was stored.
type InvalidError struct {
	Field  string // what is bad, as a path: "Drafts[2].About[0].ID"
	Reason string // why, as the end of a sentence: "is longer than 255 bytes"
	Err    error  // the error that caused it, such as the one of a payload's Validate; may be nil
}

// Error implements error.
func (e *InvalidError) Error() string {
	return "activity: " + e.Field + " " + e.Reason
}

// Unwrap gives ErrInvalid and the cause.
func (e *InvalidError) Unwrap() []error {
	if e.Err == nil {
		return []error{ErrInvalid}
	}
	return []error{ErrInvalid, e.Err}
}

// KeyConflictError says which key was used before, and for which event. It is an [ErrKeyConflict].
// Nothing of the call was stored.
type KeyConflictError struct {
	Key string
	ID  ID // the event that has the key; zero if another draft of the call has it
}

// Error implements error.
func (e *KeyConflictError) Error() string {
	if e.ID.IsZero() {
		return fmt.Sprintf("activity: key %q belongs to two drafts, which have different content", e.Key)
	}
	return fmt.Sprintf("activity: key %q belongs to event %s, which has other content", e.Key, e.ID)
}

// Unwrap gives ErrKeyConflict.
func (e *KeyConflictError) Unwrap() error { return ErrKeyConflict }
