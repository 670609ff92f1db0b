package activity

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"slices"
	"time"
)

// Format is a form that [Ledger.Export] writes.
type Format uint8

// The formats.
const (
	// NDJSON has a JSON value on each line, and is what [VerifyExport] reads. The first line says of which ledger the
	// export is: origin, size and root, the signed checkpoint if there is a [Config.Signer], and what was asked for, if it was not
	// all. Each other line is an entry: its position, its index, the event, and its salts (base64). The event's payload
	// is a string, so that its bytes stay what they are. Of all entries, each has its leaf too, and that is all there is
	// of one whose event retention has removed. Of some, each has the hashes that prove it.
	NDJSON Format = iota

	// CSV is for spreadsheets, with a line for each event under a line of names, as WriteReport writes it. It proves
	// nothing.
	CSV

	// CloudEvents has a CloudEvent on each line, in the JSON format (https://cloudevents.io, version 1.0). Its source is
	// the origin of the ledger's checkpoints. Subject, actor and about are kinds and IDs of entities as kind/id, each escaped as
	// in a path. Numbers of 64 bits are strings. It proves nothing.
	CloudEvents
)

// ExportOptions says what Export writes: which events, and how.
type ExportOptions struct {
	Format Format    // Defaults to NDJSON
	From   time.Time // events that occurred at this instant or later. Defaults to all
	To     time.Time // events that occurred before this instant. Defaults to all
	Types  []string  // events of these types. Defaults to all
}

func (o *ExportOptions) check() error {
	if o.Format > CloudEvents {
		return invalidf("ExportOptions.Format", "is none of the formats")
	}
	for field, t := range map[string]time.Time{"ExportOptions.From": o.From, "ExportOptions.To": o.To} {
		if t.IsZero() {
			continue
		}
		if err := checkTime(field, t); err != nil {
			return err
		}
	}
	if len(o.Types) > MaxListed {
		return invalidf("ExportOptions.Types", "has more than %d types", MaxListed)
	}
	for i, name := range o.Types {
		if err := checkTypeName(fmt.Sprintf("ExportOptions.Types[%d]", i), name); err != nil {
			return err
		}
	}
	return nil
}

// all reports whether everything is wanted.
func (o *ExportOptions) all() bool { return o.From.IsZero() && o.To.IsZero() && len(o.Types) == 0 }

func (o *ExportOptions) match(e *Event) bool {
	return (o.From.IsZero() || !e.OccurredAt.Before(o.From)) && (o.To.IsZero() || e.OccurredAt.Before(o.To)) &&
		(len(o.Types) == 0 || slices.Contains(o.Types, e.Type))
}

// Export gives positions to all that waits for one, and writes the tenant's events in the order of their positions. It reads
// [MaxLimit] entries at a time, all of the ledger whatever is wanted of it, and holds no connection between. What it
// writes of an event is what was recorded: a ledger in which something is not so is a [TamperError], and what was written until
// then is not to be used, as after any error.
//
// Events that retention has removed are not there, but for their leaves in NDJSON of everything.
func (l Ledger) Export(ctx context.Context, w io.Writer, options ExportOptions) error {
	if err := options.check(); err != nil {
		return err
	}
	head, err := l.seal(ctx)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 64<<10)
	export, err := l.exporter(ctx, out, head, &options)
	if err != nil {
		return err
	}
	var tree Tree
	for row, err := range l.rows(ctx, head.Size) {
		if err != nil {
			return err
		}
		tree.add(row.Leaf, func(int, int64, Hash) {})
		removed := row.Err == nil && row.Event.ID.IsZero()
		if !removed {
			if err := row.proves(); err != nil {
				return err
			}
		}
		if removed && !options.all() || !removed && !options.match(&row.Event.Event) {
			continue
		}
		if err := export.entry(row); err != nil {
			return err
		}
	}
	if tree.Root() != head.Root() {
		return &TamperError{Problems: []Problem{{Position: head.Position, Index: head.Size - 1, Reason: "head is not that of the tree of the entries"}}}
	}
	return out.Flush()
}

// exporter writes entries in a format.
type exporter interface {
	entry(*EntryRow) error // also without an event, if all are wanted
}

func (l Ledger) exporter(ctx context.Context, out *bufio.Writer, head TreeHead, options *ExportOptions) (exporter, error) {
	switch options.Format {
	case CSV:
		return newCSVExport(l.tenant.journal, out)
	case CloudEvents:
		return newCloudExport(l, out), nil
	}
	return newLineExport(ctx, l, out, head, options)
}

// rows streams the entries of a tree of that size. One that is missing is a TamperError.
func (l Ledger) rows(ctx context.Context, size int64) func(func(*EntryRow, error) bool) {
	return func(yield func(*EntryRow, error) bool) {
		for next := int64(0); next < size; {
			rows, err := l.tenant.journal.store.Entries(ctx, EntryQuery{Tenant: l.tenant.name, Index: next, Limit: int(min(size-next, MaxLimit))})
			if err == nil && len(rows) == 0 {
				err = missingEntry(next)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			for i := range rows {
				if rows[i].Index != next {
					yield(nil, missingEntry(next))
					return
				}
				if !yield(&rows[i], nil) {
					return
				}
				next++
			}
		}
	}
}

func missingEntry(index int64) error {
	return &TamperError{Problems: []Problem{{Index: index, Reason: "entry is missing"}}}
}
