package activity

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// maxExportLine is the most bytes of a line of an export.
const maxExportLine = 64 << 20

// VerifyExport reads what [Ledger.Export] has written as NDJSON, and checks it against a checkpoint of the ledger that comes
// from [ParseCheckpoint]. It needs no store, and the memory of a few lines.
//
// An export of everything holds if all entries of the checkpoint are there, each event with the leaf that it had, and the
// root of their tree is the checkpoint's. Entries that follow them are counted in Verification.Size and not in
// Verification.Since: a later checkpoint proves them. Whether an event that is not there any more was removed by retention is for
// [Ledger.Verify] to say.
//
// An export of some events needs a checkpoint of the size that the ledger had then, which is in its first line if it was signed.
// It holds if each event is proven to be in the ledger, and is one of those that were asked for. That none was left out is
// not proven.
//
// What does not hold is an [ErrProof] that names the line, the index if there is one, and the reason. Errors of the reader are
// passed on.
func VerifyExport(r io.Reader, checkpoint Checkpoint) (Verification, error) {
	if err := checkpoint.same(); err != nil {
		return Verification{}, err
	}
	v := &exportVerifier{checkpoint: checkpoint}
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 64<<10), maxExportLine)
	for lines.Scan() {
		v.line++
		check := v.entry
		if v.line == 1 {
			check = v.first
		}
		if err := check(lines.Bytes()); err != nil {
			return Verification{}, err
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return Verification{}, refused("line %d: is longer than %d bytes", v.line+1, maxExportLine)
	} else if err != nil {
		return Verification{}, err
	}
	if err := v.end(); err != nil {
		return Verification{}, err
	}
	return v.result, nil
}

// exportVerifier is one call of VerifyExport.
type exportVerifier struct {
	checkpoint Checkpoint
	head       exportHead
	filter     ExportOptions
	line       int
	next       int64    // the least index that can come
	position   Position // of the entry before
	tree       Tree     // of all entries
	result     Verification
}

func (v *exportVerifier) first(line []byte) error {
	if !bytes.HasPrefix(line, []byte(`{"activity_export":`)) {
		return refused("line 1: is not the first line of an export")
	}
	h := &v.head
	if err := decodeExact(line, h); err != nil {
		return refused("line 1: %w", err)
	}
	head := Checkpoint{Origin: h.Origin, Size: h.Size, Root: h.Root}
	if err := head.check(); err != nil {
		return refused("line 1: %w", err)
	}
	c := h.Checkpoint
	switch {
	case h.Version != exportVersion:
		return refused("line 1: version of the export is %d, not %d", h.Version, exportVersion)
	case h.Origin != v.checkpoint.Origin:
		return refused("line 1: export is of %.400q, the checkpoint of %.400q", h.Origin, v.checkpoint.Origin)
	case c != nil && (c.Origin != h.Origin || c.Size != h.Size || c.Root != h.Root):
		return refused("line 1: checkpoint in the export is of another ledger than the line says")
	case h.Size < v.checkpoint.Size:
		return refused("line 1: export is of %d entries, the checkpoint of %d", h.Size, v.checkpoint.Size)
	case h.Filter != nil && (h.Size != v.checkpoint.Size || h.Root != v.checkpoint.Root):
		return refused("line 1: some events of a ledger of %d entries need its checkpoint, which is not the one of %d entries that was given", h.Size, v.checkpoint.Size)
	}
	if h.Filter != nil {
		v.filter = ExportOptions{From: h.Filter.From, To: h.Filter.To, Types: h.Filter.Types}
	}
	v.result = Verification{Origin: h.Origin, Size: h.Size, Root: h.Root, Partial: h.Filter != nil}
	return nil
}

// entry checks the line of an entry.
func (v *exportVerifier) entry(data []byte) error {
	var line exportLine
	if err := decodeExact(data, &line); err != nil {
		return refused("line %d: %w", v.line, err)
	}
	wrong := func(format string, args ...any) error {
		return refused("line %d, index %d: %w", v.line, line.Index, fmt.Errorf(format, args...))
	}
	whole := v.head.Filter == nil
	switch {
	case line.Index < v.next || line.Index >= v.head.Size:
		return wrong("index is not one of those from %d to %d", v.next, v.head.Size-1)
	case whole && line.Index != v.next:
		return wrong("entries from index %d on are missing", v.next)
	case line.Position <= v.position:
		return wrong("position %d is not higher than the one before, %d", line.Position, v.position)
	case whole != (line.Leaf != nil) || whole && line.Hashes != nil || !whole && line.Event == nil || line.Event == nil && line.Salts != nil:
		return wrong("members are not those of such an export")
	}
	v.next, v.position = line.Index+1, line.Position

	if line.Event == nil {
		v.result.Removed++
		return v.add(*line.Leaf, wrong)
	}
	row, leaf, err := provenRow(line.Event.event(), line.Salts, v.head.Origin)
	switch {
	case err != nil:
		return wrong("%w", err)
	case whole && leaf != *line.Leaf:
		return wrong(reasonLeaf)
	case !v.filter.match(&row.Event):
		return wrong("event is none of those that were asked for")
	}
	v.result.Events++
	if parts, _ := row.storedParts(); anyErased(parts) {
		v.result.Erased++
	}
	if whole {
		return v.add(leaf, wrong)
	}
	if err := checkPath(line.Hashes, v.checkpoint, line.Index, leaf); err != nil {
		return wrong("%w", err)
	}
	return nil
}

// add adds a leaf to the tree of all entries.
func (v *exportVerifier) add(leaf Hash, wrong func(string, ...any) error) error {
	v.tree.add(leaf, func(int, int64, Hash) {})
	if v.tree.Size == v.checkpoint.Size && v.tree.Root() != v.checkpoint.Root {
		return wrong("the first %d entries are not those of the checkpoint: their root is another", v.checkpoint.Size)
	}
	return nil
}

// end checks that nothing is missing.
func (v *exportVerifier) end() error {
	switch {
	case v.line == 0:
		return refused("export is empty")
	case v.head.Filter == nil && v.tree.Size != v.head.Size:
		return refused("line %d: export ends with index %d, and should with %d", v.line, v.tree.Size-1, v.head.Size-1)
	case v.head.Filter == nil && v.tree.Root() != v.head.Root:
		return refused("line %d: entries have another root than the first line says", v.line)
	}
	v.result.Since = v.checkpoint.Size
	return nil
}
