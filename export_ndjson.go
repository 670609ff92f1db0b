package activity

import (
	"bufio"
	"context"
	"encoding/json"
	"time"
)

// exportVersion is the version of the NDJSON of exports.
const exportVersion = 1

// exportHead is the first line of an export.
type exportHead struct {
	Version    int           `json:"activity_export"`
	Origin     string        `json:"origin"`
	Size       int64         `json:"size"`
	Root       Hash          `json:"root"`
	Checkpoint *Checkpoint   `json:"checkpoint,omitempty"` // of that size and root
	Filter     *exportFilter `json:"filter,omitempty"`     // nil: all entries
}

// exportFilter is what was asked for.
type exportFilter struct {
	From  time.Time `json:"from,omitzero"`
	To    time.Time `json:"to,omitzero"`
	Types []string  `json:"types,omitempty"`
}

// exportLine is an entry.
type exportLine struct {
	Position Position     `json:"position"`
	Index    int64        `json:"index"`
	Leaf     *Hash        `json:"leaf,omitempty"`   // of all entries
	Event    *provenEvent `json:"event,omitempty"`  // nil: was removed
	Salts    []byte       `json:"salts,omitempty"`  // of the event
	Hashes   []Hash       `json:"hashes,omitempty"` // of some entries: the audit path
}

// lineExport writes NDJSON.
type lineExport struct {
	ctx        context.Context
	ledger     Ledger
	json       *json.Encoder
	checkpoint Checkpoint
	nodes      *nodes // nil: all entries
}

func newLineExport(ctx context.Context, l Ledger, out *bufio.Writer, head TreeHead, options *ExportOptions) (*lineExport, error) {
	e := &lineExport{ctx: ctx, ledger: l, json: json.NewEncoder(out), checkpoint: Checkpoint{Origin: l.origin(), Size: head.Size, Root: head.Root()}}
	e.json.SetEscapeHTML(false)
	first := exportHead{Version: exportVersion, Origin: e.checkpoint.Origin, Size: e.checkpoint.Size, Root: e.checkpoint.Root}
	if l.checkSigner() == nil {
		signed, err := l.sign(head)
		if err != nil {
			return nil, err
		}
		first.Checkpoint = &signed
	}
	if !options.all() {
		first.Filter = &exportFilter{options.From.UTC(), options.To.UTC(), options.Types}
		e.nodes = l.nodes(ctx, head.Size)
	}
	return e, e.json.Encode(first)
}

func (e *lineExport) entry(r *EntryRow) error {
	line := exportLine{Position: r.Position, Index: r.Index}
	if !r.Event.ID.IsZero() {
		line.Event = &provenEvent{r.Event.Event, string(r.Event.Payload)}
		line.Salts = r.Event.Salts
	}
	if e.nodes == nil {
		line.Leaf = &r.Leaf
		return e.json.Encode(line)
	}
	hashes, err := e.ledger.prove(e.ctx, e.checkpoint, r, e.nodes)
	if err != nil {
		return err
	}
	line.Hashes = hashes
	return e.json.Encode(line)
}
