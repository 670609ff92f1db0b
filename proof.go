package activity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Proof shows that an event is in a ledger, to anybody who has the public key of the ledger's checkpoints: nothing else
// is needed. In JSON, its payload is a string, so that a program which formats the JSON anew does not break it.
type Proof struct {
	Event      Event
	Salts      []byte     // see EventRow.Salts
	Index      int64      // of the event's leaf
	Hashes     []Hash     // the audit path from the leaf to the root (RFC 6962, section 2.1.1)
	Checkpoint Checkpoint // of the tree
}

// Prove makes a proof of an event: of one that has no position yet, once it has given it one. It signs a
// checkpoint for it; see [Ledger.Checkpoint]. An event that the tenant does not have is [ErrNotFound], one that retention has
// removed [ErrGone]; one of which something was erased is proven with the rest. If the event or the tree is not what was
// recorded, the error is a [TamperError]. It reads a few rows, whatever the size of the ledger.
func (l Ledger) Prove(ctx context.Context, id ID) (Proof, error) {
	checkpoint, err := l.Checkpoint(ctx)
	if err != nil {
		return Proof{}, err
	}
	entry, err := l.tenant.journal.store.Entry(ctx, l.tenant.name, id)
	if err != nil {
		return Proof{}, err
	}
	if err := entry.proves(); err != nil {
		return Proof{}, err
	}
	hashes, err := l.prove(ctx, checkpoint, &entry, nil)
	if err != nil {
		return Proof{}, err
	}
	return Proof{Event: entry.Event.Event, Salts: entry.Event.Salts, Index: entry.Index, Hashes: hashes, Checkpoint: checkpoint}, nil
}

// proves reports why an entry does not prove its event, if it does not.
func (e *EntryRow) proves() error {
	if e.Err == nil && e.Event.ID.IsZero() {
		return fmt.Errorf("event %s: %w", e.ID, ErrGone)
	}
	if reason, _ := e.examine(); reason != "" {
		return e.tampered(reason)
	}
	return nil
}

func (e *EntryRow) tampered(reason string) error {
	return &TamperError{Problems: []Problem{{Position: e.Position, Index: e.Index, ID: e.ID, Reason: reason}}}
}

// prove makes the audit path of an entry, and makes sure that it holds. Tiles that were read for another are there
// already, if nodes is given.
func (l Ledger) prove(ctx context.Context, c Checkpoint, entry *EntryRow, nodes *nodes) ([]Hash, error) {
	if nodes == nil {
		nodes = l.nodes(ctx, c.Size)
	}
	if entry.Index < 0 || entry.Index >= c.Size {
		return nil, entry.tampered("index is outside of the tree")
	}
	hashes, err := tlog.ProveRecord(c.Size, entry.Index, nodes)
	if errors.Is(err, errNodes) || err == nil && tlog.CheckRecord(hashes, c.Size, c.Root, entry.Index, entry.Leaf) != nil {
		return nil, entry.tampered("tiles do not lead from its leaf to the root")
	}
	return hashes, err
}

// VerifyProof checks a proof and returns its event, in which all is as it was recorded, but for what was erased since:
// that is empty. The keys are those of the ledger's checkpoints; see [ParseCheckpoint]. A proof that does not hold is an
// [ErrProof] that says why. It needs no store.
//
// A key that signs for several journals does not tell which one the event is of; Proof.Checkpoint.Origin does.
func VerifyProof(p Proof, keys ...note.Verifier) (Event, error) {
	c, err := ParseCheckpoint(p.Checkpoint.Note, keys...)
	if err != nil {
		return Event{}, err
	}
	if err := p.Checkpoint.same(); err != nil {
		return Event{}, err
	}
	row, leaf, err := provenRow(p.Event, p.Salts, c.Origin)
	if err != nil {
		return Event{}, refused("%w", err)
	}
	if err := checkPath(p.Hashes, c, p.Index, leaf); err != nil {
		return Event{}, refused("%w", err)
	}
	return row.Event.Clone(), nil
}

// provenRow returns the row and the leaf of an event that is to be in the ledger of an origin. Its times are as precise as the
// leaf is.
func provenRow(e Event, salts []byte, origin string) (EventRow, Hash, error) {
	if !strings.HasSuffix(origin, "/"+url.PathEscape(e.Tenant)) {
		return EventRow{}, Hash{}, fmt.Errorf("event is of tenant %.80q, the checkpoint of %.400q", e.Tenant, origin)
	}
	e.OccurredAt, e.RecordedAt = time.UnixMicro(e.OccurredAt.UnixMicro()).UTC(), time.UnixMicro(e.RecordedAt.UnixMicro()).UTC()
	row := EventRow{Event: e, Salts: salts}
	leaf, err := row.Check()
	if err != nil {
		return EventRow{}, Hash{}, fmt.Errorf("event %w", err)
	}
	return row, leaf, nil
}

// checkPath checks that a leaf has an index in the tree of a checkpoint.
func checkPath(hashes []Hash, c Checkpoint, index int64, leaf Hash) error {
	if index < 0 || index >= c.Size {
		return fmt.Errorf("index %d is not in a tree of %d entries", index, c.Size)
	}
	if tlog.CheckRecord(hashes, c.Size, c.Root, index, leaf) != nil {
		return fmt.Errorf("hashes do not lead from the event to the root of %d entries: the event, its index or a hash is another", c.Size)
	}
	return nil
}

// provenEvent is the JSON of an event that is proven. A payload in a string stays what it is, byte for byte, when a
// program reads and writes the JSON around it; the field hides that of Event.
type provenEvent struct {
	Event
	Payload string `json:"payload,omitempty"`
}

func (e provenEvent) event() Event {
	event := e.Event
	if e.Payload != "" {
		event.Payload = json.RawMessage(e.Payload)
	}
	return event
}

// proofText is the JSON of a proof.
type proofText struct {
	Event      provenEvent `json:"event"`
	Salts      []byte      `json:"salts"`
	Index      int64       `json:"index"`
	Hashes     []Hash      `json:"hashes"`
	Checkpoint Checkpoint  `json:"checkpoint"`
}

// MarshalJSON implements [json.Marshaler].
func (p Proof) MarshalJSON() ([]byte, error) {
	return json.Marshal(proofText{provenEvent{p.Event, string(p.Event.Payload)}, p.Salts, p.Index, p.Hashes, p.Checkpoint})
}

// UnmarshalJSON implements [json.Unmarshaler]. What is not the JSON of a proof is an [ErrProof]: members that it does not
// know, or that are there twice, among others, because another program may read another event then.
func (p *Proof) UnmarshalJSON(data []byte) error {
	var text proofText
	if err := decodeExact(data, &text); err != nil {
		return refused("%w", err)
	}
	*p = Proof{text.Event.event(), text.Salts, text.Index, text.Hashes, text.Checkpoint}
	return nil
}
