package activity

import (
	"errors"
	"fmt"
	"time"
)

// The errors a host branches on, with [errors.Is]. Every store reports the same ones.
var (
	// ErrInvalid is the family of all bad input; see [InvalidError].
	ErrInvalid = errors.New("activity: invalid input")

	// ErrUnknownType says that a draft's type is not among [Config.Types]. It is an ErrInvalid.
	ErrUnknownType = fmt.Errorf("%w: unknown event type", ErrInvalid)

	// ErrUnknownKind says that a task's kind is not among [Config.Kinds]. It is an ErrInvalid.
	ErrUnknownKind = fmt.Errorf("%w: unknown task kind", ErrInvalid)

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

	// ErrTransition says that a task's status does not allow what was asked; see [TransitionError].
	ErrTransition = errors.New("activity: transition not allowed")

	// ErrNotRunning says that a run is over: its task ended, was cancelled, or was given to another
	// run. Nothing of the call was stored.
	ErrNotRunning = errors.New("activity: run is over")

	// ErrWaiting says that a task cannot be started yet; see [WaitError].
	ErrWaiting = errors.New("activity: task has to wait")

	// ErrNoTask says that there is no task to be started.
	ErrNoTask = errors.New("activity: no task")

	// ErrUnknownQuota says that a quota is not among [Config.Quotas]. It is an ErrInvalid.
	ErrUnknownQuota = fmt.Errorf("%w: unknown quota", ErrInvalid)

	// ErrQuotaExceeded says that a quota has no room for what was asked; see [QuotaError].
	ErrQuotaExceeded = errors.New("activity: quota exceeded")

	// ErrOverLimit says that more was asked for than the limit of a quota is, so that it can never be
	// admitted. It is an ErrQuotaExceeded.
	ErrOverLimit = fmt.Errorf("%w: more than the limit", ErrQuotaExceeded)

	// ErrSettled says that a reservation was committed or released before.
	ErrSettled = errors.New("activity: reservation is settled")

	// ErrHoldExpired says that a reservation was not settled in time, and that its units were given back.
	ErrHoldExpired = errors.New("activity: reservation has expired")

	// ErrNotHeld says that more units were to be committed than a reservation holds. It is an ErrInvalid.
	ErrNotHeld = fmt.Errorf("%w: more than is held", ErrInvalid)

	// ErrEdited says that a record was changed after the run that is to be reverted. The function
	// given to [Tenant.Revert] returns it to keep the record as it is.
	ErrEdited = errors.New("activity: record was edited since")

	// ErrNotHolder says that another call of [Journal.Consume] has taken the consumer.
	ErrNotHolder = errors.New("activity: consumer was taken by another")

	// ErrConsuming says that a consumer is in use under that name.
	ErrConsuming = errors.New("activity: consumer is in use")

	// ErrPark, returned by the function given to [Journal.Consume], puts the entry aside instead of trying again.
	ErrPark = errors.New("activity: park")

	// ErrGone says that retention has removed events that were to be followed; see [PositionError].
	ErrGone = errors.New("activity: events were removed")

	// ErrAhead says that a position was not given yet, so that what was followed is another ledger, or an older copy of it;
	// see [PositionError].
	ErrAhead = errors.New("activity: position was not given yet")

	// ErrLegalHold says that an entity is under a legal hold, so nothing of it can be erased.
	ErrLegalHold = errors.New("activity: legal hold")

	// ErrTampered says that what is stored is not what was recorded; see [TamperError].
	ErrTampered = errors.New("activity: ledger was tampered with")

	// ErrProof says that a checkpoint or a proof is damaged, or is of something else.
	ErrProof = errors.New("activity: proof does not hold")

	// ErrCycle says that an entity would come below itself.
	ErrCycle = errors.New("activity: entity below itself")

	// ErrMerged says that an entity is merged into another one already.
	ErrMerged = errors.New("activity: entity is merged")

	// ErrTooBroad says that a query stands for too many entities: a search that finds too many, or a hierarchy that has.
	// It is an ErrInvalid.
	ErrTooBroad = fmt.Errorf("%w: too broad", ErrInvalid)

	// ErrSchema says that the database's tables are older or newer than the program.
	ErrSchema = errors.New("activity: wrong schema")

	// ErrClosed says that the store was closed.
	ErrClosed = errors.New("activity: store closed")
)

func isNotFound(err error) bool { return errors.Is(err, ErrNotFound) }

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

// KeyConflictError says which key was used before, and for which event or task. It is an [ErrKeyConflict].
// Nothing of the call was stored.
type KeyConflictError struct {
	Key string
	ID  ID // the event or task that has the key; zero if another draft of the call has it
}

// Error implements error.
func (e *KeyConflictError) Error() string {
	if e.ID.IsZero() {
		return fmt.Sprintf("activity: key %q belongs to two drafts, which have different content", e.Key)
	}
	return fmt.Sprintf("activity: key %q belongs to %s, which has other content", e.Key, e.ID)
}

// Unwrap gives ErrKeyConflict.
func (e *KeyConflictError) Unwrap() error { return ErrKeyConflict }

// TransitionError says which transition a task's status does not allow. It is an [ErrTransition], and
// an [ErrNotRunning] if a run asked for it. Nothing was stored.
type TransitionError struct {
	ID      ID     // of the task
	From    Status // the status that it has
	To      Status // the status that was asked for; zero if none was, but to write for it
	Attempt int    // the attempt of the run that asked; 0 if none did
}

// Error implements error.
func (e *TransitionError) Error() string {
	switch {
	case e.From == StatusProcessing && e.Attempt != 0:
		return fmt.Sprintf("activity: task %s: attempt %d is over", e.ID, e.Attempt)
	case e.To == 0:
		return fmt.Sprintf("activity: task %s is %v", e.ID, e.From)
	}
	return fmt.Sprintf("activity: task %s is %v and cannot become %v", e.ID, e.From, e.To)
}

// Unwrap gives ErrTransition, and ErrNotRunning if a run asked.
func (e *TransitionError) Unwrap() []error {
	if e.Attempt != 0 {
		return []error{ErrTransition, ErrNotRunning}
	}
	return []error{ErrTransition}
}

// WaitError says what a task waits for. It is an [ErrWaiting]. The task is queued.
type WaitError struct {
	ID   ID // of the task
	Wait Wait
}

// Error implements error.
func (e *WaitError) Error() string {
	return fmt.Sprintf("activity: task %s waits for %v", e.ID, e.Wait)
}

// Unwrap gives ErrWaiting.
func (e *WaitError) Unwrap() error { return ErrWaiting }

// QuotaError says which window of which quota has no room, and when it will. It is an [ErrQuotaExceeded],
// and an [ErrOverLimit] if RetryAt is zero. Nothing was charged.
type QuotaError struct {
	Quota     string
	Subject   Entity        // zero: the tenant as a whole
	Window    time.Duration // its length; of several windows without room, that which has it last
	Limit     int64
	Used      int64     // in the window, for good; 0 if more was asked for than the limit, because then nobody looks
	Held      int64     // in the window, by reservations; 0 as Used
	Requested int64     // units
	RetryAt   time.Time // when there is room for them if nothing else happens, see Usage.When; zero: never
}

// Error implements error.
func (e *QuotaError) Error() string {
	of := ""
	if !e.Subject.IsZero() {
		of = fmt.Sprintf(" of %s %q", e.Subject.Kind, e.Subject.ID)
	}
	if e.RetryAt.IsZero() {
		return fmt.Sprintf("activity: quota %s%s: %d requested, which can never succeed: the limit is %d in %v", e.Quota, of, e.Requested, e.Limit, e.Window)
	}
	return fmt.Sprintf("activity: quota %s%s: %d requested, of %d in %v are %d used and %d held; there is room at %s",
		e.Quota, of, e.Requested, e.Limit, e.Window, e.Used, e.Held, e.RetryAt.Format(time.RFC3339))
}

// Unwrap gives ErrQuotaExceeded, or ErrOverLimit, which is one.
func (e *QuotaError) Unwrap() error {
	if e.RetryAt.IsZero() {
		return ErrOverLimit
	}
	return ErrQuotaExceeded
}

// PanicError is what a function given to the library panicked with.
type PanicError struct {
	Value any
	Stack string
}

// Error implements error.
func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// Unwrap gives the value, if it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// PositionError says that nobody can follow from a position, and from which one they can. It is an [ErrGone] or an
// [ErrAhead].
type PositionError struct {
	After  Position // the last one that was seen, or what was asked for
	Resume Position // goes on: nothing that is still there is between the two
	Err    error
}

// Error implements error.
func (e *PositionError) Error() string {
	return fmt.Sprintf("%v: following after %d; resume after %d", e.Err, e.After, e.Resume)
}

// Unwrap gives ErrGone or ErrAhead.
func (e *PositionError) Unwrap() error { return e.Err }

// TamperError says where what is stored is not what was recorded. It is an [ErrTampered].
type TamperError struct {
	Problems []Problem // at least one, by index; 100 at most
	More     int       // problems beside these
}

// Error implements error.
func (e *TamperError) Error() string {
	more := len(e.Problems) - 1 + e.More
	if more == 0 {
		return fmt.Sprintf("%v: %v", ErrTampered, e.Problems[0])
	}
	return fmt.Sprintf("%v: %v, and %d more", ErrTampered, e.Problems[0], more)
}

// Unwrap gives ErrTampered.
func (e *TamperError) Unwrap() error { return ErrTampered }
