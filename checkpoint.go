package activity

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/mod/sumdb/note"
)

// Checkpoint is the state of a tenant's ledger, signed: how many entries it has, and the root hash of their tree. Kept
// by somebody who cannot be made to change it, it is what the ledger is verified against later.
//
// In JSON it is its note, as a string. Decoding does not check signatures: do so with [ParseCheckpoint] unless the
// checkpoint comes from a place that you trust.
type Checkpoint struct {
	Origin string // which ledger: Config.Origin, a slash and the tenant, escaped as in a path
	Size   int64  // entries
	Root   Hash   // of the tree of their leaves
	Note   []byte // the signed text: https://c2sp.org/tlog-checkpoint
}

const (
	// maxTreeSize is where the arithmetic of x/mod/sumdb/tlog, which overflows a little above, is still right.
	maxTreeSize = 1 << 60

	// maxNote is the most bytes of a note; the 100 signatures that one may have take less, whatever their algorithm.
	maxNote = 1 << 20
)

// GenerateKey makes a key pair (Ed25519) for checkpoints, as texts. [note.NewSigner] reads the private one, for
// [Config.Signer]; [note.NewVerifier] reads the public one, for those who verify. The name is a part of both, and of
// every signature: Config.Origin, say. Of keys with one name, old ones stay good for old checkpoints.
func GenerateKey(name string) (private, public string, err error) {
	if err := checkName("Name", name); err != nil {
		return "", "", err
	}
	return note.GenerateKey(rand.Reader, name)
}

// checkName checks what stands in a note as a name.
func checkName(field, name string) error {
	if err := checkText(field, name, MaxText); err != nil {
		return err
	}
	if strings.ContainsFunc(name, func(r rune) bool { return r == '+' || unicode.IsSpace(r) || unicode.IsControl(r) }) {
		return invalidf(field, "contains a space, a control character or a plus sign")
	}
	return nil
}

// Checkpoint gives positions to all that waits for one, and signs what the tenant's ledger is then. It is an
// [InvalidError] if there is no [Config.Signer]. It signs what the store has: whoever keeps the checkpoints should
// have each one verified against the one before, with [Ledger.Verify] or [VerifyConsistency].
func (l Ledger) Checkpoint(ctx context.Context) (Checkpoint, error) {
	if err := l.checkSigner(); err != nil {
		return Checkpoint{}, err
	}
	head, err := l.seal(ctx)
	if err != nil {
		return Checkpoint{}, err
	}
	return l.sign(head)
}

func (l Ledger) checkSigner() error {
	if l.tenant.journal.shared.signer == nil {
		return invalidf("Config.Signer", "is missing: checkpoints and proofs are signed")
	}
	return nil
}

// origin names the ledger. Escaped, no two tenants have one name, and there is no line break in it.
func (l Ledger) origin() string {
	return l.tenant.journal.shared.origin + "/" + url.PathEscape(l.tenant.name)
}

// seal gives positions to all that waits for one, and returns what the ledger is then.
func (l Ledger) seal(ctx context.Context) (TreeHead, error) {
	if err := checkTenant(l.tenant.name); err != nil {
		return TreeHead{}, err
	}
	if _, err := l.tenant.journal.seal(ctx); err != nil {
		return TreeHead{}, err
	}
	head, err := l.tenant.journal.store.Head(ctx, l.tenant.name)
	if err != nil {
		return TreeHead{}, err
	}
	if !head.whole() {
		return TreeHead{}, &TamperError{Problems: []Problem{{Position: head.Position, Index: -1, Reason: "the head's edge is not that of a tree of its size"}}}
	}
	return head, nil
}

func (l Ledger) sign(head TreeHead) (Checkpoint, error) {
	c := Checkpoint{Origin: l.origin(), Size: head.Size, Root: head.Root()}
	text, err := note.Sign(&note.Note{Text: c.text()}, l.tenant.journal.shared.signer)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("activity: signing a checkpoint: %w", err)
	}
	c.Note = text
	return c, nil
}

// text is what is signed.
func (c *Checkpoint) text() string { return fmt.Sprintf("%s\n%d\n%v\n", c.Origin, c.Size, c.Root) }

// ParseCheckpoint reads a checkpoint, the signed note in its C2SP form (https://c2sp.org/tlog-checkpoint), and checks that one
// of the keys has signed it, and that no signature by one of them is wrong. Signatures of other keys, those of witnesses for
// example, and lines after the third are kept in Note and not looked at. An error is an [ErrProof] that says what is
// wrong. A key may sign for several ledgers: Origin says for which one this is.
func ParseCheckpoint(text []byte, keys ...note.Verifier) (Checkpoint, error) {
	if len(text) > maxNote {
		return Checkpoint{}, refused("checkpoint is longer than %d bytes", maxNote)
	}
	if slices.Contains(keys, nil) {
		return Checkpoint{}, refused("one of the keys for the checkpoint is nil")
	}
	signed, err := note.Open(text, note.VerifierList(keys...))
	if unverified, ok := errors.AsType[*note.UnverifiedNoteError](err); ok {
		var names []string
		for _, s := range unverified.Note.UnverifiedSigs {
			names = append(names, fmt.Sprintf("%s+%08x", s.Name, s.Hash))
		}
		return Checkpoint{}, refused("checkpoint is not signed by a key that was given, but by %s", strings.Join(names, ", "))
	}
	if err != nil {
		return Checkpoint{}, refused("checkpoint: %w", err)
	}
	return readCheckpoint(signed.Text, text)
}

// readCheckpoint reads the signed part of a note.
func readCheckpoint(text string, signed []byte) (Checkpoint, error) {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) < 3 || slices.Contains(lines, "") {
		return Checkpoint{}, refused("checkpoint has not three lines, or an empty one")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return Checkpoint{}, refused("checkpoint has %.40q for a size", lines[1])
	}
	root, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(root) != sha256.Size {
		return Checkpoint{}, refused("checkpoint has %.80q for a root", lines[2])
	}
	c := Checkpoint{Origin: lines[0], Size: size, Root: Hash(root), Note: slices.Clone(signed)}
	if err := c.check(); err != nil {
		return Checkpoint{}, refused("%w", err)
	}
	return c, nil
}

// check reports whether there can be such a checkpoint.
func (c *Checkpoint) check() error {
	if c.Size < 0 || c.Size > maxTreeSize {
		return fmt.Errorf("checkpoint is of %d entries", c.Size)
	}
	if c.Size == 0 && c.Root != (&Tree{}).Root() {
		return fmt.Errorf("checkpoint of no entries has another root than the empty tree")
	}
	return nil
}

// same reports whether there can be such a checkpoint, and its fields are those of its note, if there is one.
func (c *Checkpoint) same() error {
	if err := c.check(); err != nil {
		return refused("%w", err)
	}
	if len(c.Note) == 0 {
		return nil
	}
	var read Checkpoint
	if err := read.UnmarshalText(c.Note); err != nil {
		return err
	}
	if read.Origin != c.Origin || read.Size != c.Size || read.Root != c.Root {
		return refused("checkpoint is not what its note says")
	}
	return nil
}

// MarshalText implements [encoding.TextMarshaler]: it returns the note.
func (c Checkpoint) MarshalText() ([]byte, error) { return slices.Clone(c.Note), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]. It does not check signatures.
func (c *Checkpoint) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*c = Checkpoint{}
		return nil
	}
	if len(text) > maxNote {
		return refused("checkpoint is longer than %d bytes", maxNote)
	}
	_, err := note.Open(text, note.VerifierList())
	unverified, ok := errors.AsType[*note.UnverifiedNoteError](err)
	if !ok {
		return refused("checkpoint: %w", err)
	}
	read, err := readCheckpoint(unverified.Note.Text, text)
	if err != nil {
		return err
	}
	*c = read
	return nil
}

// refused is an ErrProof.
func refused(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrProof, fmt.Errorf(format, args...))
}
