package message

import (
	"fmt"
	"slices"

	"golang.org/x/text/feature/plural"
)

// Kind is how a pattern uses a field.
type Kind uint8

// The kinds of use, one for each form of argument.
const (
	KindText   Kind = iota // {name}
	KindNumber             // {name, number}
	KindPlural             // {name, plural, …}
	KindSelect             // {name, select, …}
	KindDate               // {name, date}
)

var kindNames = [...]string{"text", "number", "plural", "select", "date"}

// String returns the kind as patterns spell it, and "text" for KindText.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// Field is one use of a field by a pattern.
type Field struct {
	Name string
	Kind Kind
}

// Pattern is a parsed pattern. It is immutable and safe for concurrent use. The
// zero Pattern is the empty pattern.
type Pattern struct {
	source string
	names  []string
	fields []Field
	nodes  []node
}

// SyntaxError says what is wrong with a pattern and where. [Parse] and
// [Pattern.Check] return it.
type SyntaxError struct {
	Pattern string // as it was given
	Offset  int    // in bytes from the start of Pattern, at most its length
	Reason  string
}

// Error names the offset, a little of the pattern from there on, and the reason.
func (e *SyntaxError) Error() string {
	rest := e.Pattern[min(max(e.Offset, 0), len(e.Pattern)):]
	if len(rest) > 24 {
		rest = rest[:24] + "…"
	}
	return fmt.Sprintf("message: byte %d, at %q: %s", e.Offset, rest, e.Reason)
}

// Names returns the distinct names of the fields in the order of their first
// use. The index of a name is the position of its value in the values given to
// [Pattern.Append]. The slice belongs to the caller.
func (p *Pattern) Names() []string { return slices.Clone(p.names) }

// Fields returns each distinct pair of name and kind in the order of first use.
// The slice belongs to the caller.
func (p *Pattern) Fields() []Field { return slices.Clone(p.fields) }

// Check reports the first plural category that the language of l never uses,
// such as "few" in English, as a *[SyntaxError]: its arm would be dead text,
// most often a pattern filed under the wrong language. Categories left out are
// no error, "other" stands in for them.
func (p *Pattern) Check(l *Locale) error { return p.check(p.nodes, l) }

func (p *Pattern) check(nodes []node, l *Locale) error {
	for i := range nodes {
		for _, a := range nodes[i].arms {
			if a.by == byCategory && !l.uses[a.category] {
				return &SyntaxError{
					Pattern: p.source,
					Offset:  a.offset,
					Reason: fmt.Sprintf("language %s never uses the plural category %q",
						l.tag, categoryNames[a.category]),
				}
			}
			if err := p.check(a.body, l); err != nil {
				return err
			}
		}
	}
	return nil
}

// op is what a node does.
type op uint8

const (
	opLiteral op = iota
	opText
	opNumber // also the # of a plural
	opDate
	opPlural
	opSelect
)

// node is a piece of a message: literal text, or one use of a field.
type node struct {
	op      op
	field   int    // index into names, unless opLiteral
	literal string // of opLiteral
	arms    []arm  // of opPlural and opSelect
	other   []node // of the arm "other", which every choice falls back to
}

// arm is one selector of a plural or select with its message.
type arm struct {
	by       selector
	key      string      // of byKey, and the spelling of the others
	exact    decimal     // of byNumber
	category plural.Form // of byCategory
	body     []node
	offset   int // of the selector in the pattern
}

type selector uint8

const (
	byKey selector = iota
	byNumber
	byCategory
)

// same tells whether two arms of one argument can never both be reached.
func (a *arm) same(b *arm) bool {
	if a.by == byNumber && b.by == byNumber {
		return a.exact.equal(&b.exact) // =1 and =1.0 are one selector
	}
	return a.by == b.by && a.key == b.key
}
