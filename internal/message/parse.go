package message

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxPattern = 4096 // bytes
	maxDepth   = 16   // levels of arms
)

// Parse reads a pattern. The error is a *[SyntaxError]. The pattern is known to
// be well formed then, but not whether it suits a language: see
// [Pattern.Check].
func Parse(pattern string) (*Pattern, error) {
	p := &parser{src: pattern, out: &Pattern{source: pattern}}
	if len(pattern) > maxPattern {
		return nil, p.fail(maxPattern, "a pattern has at most %d bytes", maxPattern)
	}
	for i, r := range pattern {
		if r == utf8.RuneError && !strings.HasPrefix(pattern[i:], "\uFFFD") {
			return nil, p.fail(i, "a pattern is valid UTF-8")
		}
	}
	nodes, err := p.message(0, -1)
	if err != nil {
		return nil, err
	}
	p.out.nodes = nodes
	return p.out, nil
}

// parser descends recursively; maxDepth bounds the recursion.
type parser struct {
	src string
	pos int
	out *Pattern
}

func (p *parser) fail(offset int, format string, args ...any) error {
	return &SyntaxError{Pattern: p.src, Offset: offset, Reason: fmt.Sprintf(format, args...)}
}

// peek returns the next byte, 0 at the end. A 0 in the pattern is literal text
// and of no meaning where peek decides.
func (p *parser) peek() byte {
	if p.pos < len(p.src) {
		return p.src[p.pos]
	}
	return 0
}

// message reads up to the end of the pattern or, below the top, up to the brace
// that closes the arm, which it leaves. counted is the field of the innermost
// plural around it, -1 without.
func (p *parser) message(depth, counted int) ([]node, error) {
	var nodes []node
	var text []byte
	flush := func() {
		if len(text) > 0 {
			nodes = append(nodes, node{op: opLiteral, literal: string(text)})
			text = text[:0]
		}
	}
	for p.pos < len(p.src) {
		switch c := p.src[p.pos]; {
		case c == '\'':
			text = p.apostrophe(text, counted >= 0)
		case c == '{':
			flush()
			n, err := p.argument(depth, counted)
			if err != nil {
				return nil, err
			}
			nodes = append(nodes, n)
		case c == '}' && depth == 0:
			return nil, p.fail(p.pos, "no brace is open here")
		case c == '}':
			flush()
			return nodes, nil
		case c == '#' && counted >= 0:
			flush()
			nodes = append(nodes, node{op: opNumber, field: counted})
			p.pos++
		default:
			text = append(text, c)
			p.pos++
		}
	}
	flush()
	return nodes, nil
}

// apostrophe reads an apostrophe and, where it quotes, all it quotes.
func (p *parser) apostrophe(text []byte, plural bool) []byte {
	p.pos++
	switch c := p.peek(); {
	case c == '\'':
		p.pos++
		return append(text, '\'')
	case c == '{' || c == '}' || c == '#' && plural:
	default:
		return append(text, '\'')
	}
	for p.pos < len(p.src) {
		c := p.src[p.pos]
		p.pos++
		if c == '\'' {
			if p.peek() != '\'' {
				return text
			}
			p.pos++
		}
		text = append(text, c)
	}
	return text // ICU lets the end of the pattern close a quotation
}

// argument reads from an opening brace through the one that closes it.
func (p *parser) argument(depth, counted int) (node, error) {
	open := p.pos
	p.pos++
	p.space()
	at := p.pos
	name := p.word()
	if first, _ := utf8.DecodeRuneInString(name); name == "" || !unicode.IsLetter(first) && first != '_' {
		return node{}, p.fail(at, "a field name is expected, starting with a letter or _")
	}
	p.space()
	if p.peek() == '}' {
		p.pos++
		return node{op: opText, field: p.use(name, KindText)}, nil
	}
	if err := p.expect(',', open); err != nil {
		return node{}, err
	}
	p.space()
	at = p.pos
	format := p.word()
	p.space()
	switch format {
	case "number", "date":
		if p.peek() == ',' {
			return node{}, p.fail(p.pos, "%s takes no style", format)
		}
		n := node{op: opNumber}
		kind := KindNumber
		if format == "date" {
			n.op, kind = opDate, KindDate
		}
		n.field = p.use(name, kind)
		return n, p.expect('}', open)
	case "plural":
		n := node{op: opPlural, field: p.use(name, KindPlural)}
		return n, p.arms(&n, open, depth, n.field)
	case "select":
		n := node{op: opSelect, field: p.use(name, KindSelect)}
		return n, p.arms(&n, open, depth, counted)
	}
	return node{}, p.fail(at, "the format is none of number, date, plural, select")
}

// arms reads the arms of a plural or select and the brace that closes it.
func (p *parser) arms(n *node, open, depth, counted int) error {
	if err := p.expect(',', open); err != nil {
		return err
	}
	for p.space(); p.peek() != '}'; p.space() {
		a, err := p.selector(n.op, open)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(n.arms, func(b arm) bool { return a.same(&b) }) {
			return p.fail(a.offset, "the selector %q is there twice", a.key)
		}
		p.space()
		brace := p.pos
		if err := p.expect('{', open); err != nil {
			return err
		}
		if depth == maxDepth {
			return p.fail(brace, "arms nest at most %d levels deep", maxDepth)
		}
		if a.body, err = p.message(depth+1, counted); err != nil {
			return err
		}
		if err := p.expect('}', brace); err != nil {
			return err
		}
		n.arms = append(n.arms, a)
	}
	i := slices.IndexFunc(n.arms, func(a arm) bool { return a.key == keyOther })
	if i < 0 {
		return p.fail(p.pos, "the arm \"other\" is missing")
	}
	n.other = n.arms[i].body
	p.pos++
	return nil
}

// expect reads the byte c. open is the brace to blame at the end of the pattern.
func (p *parser) expect(c byte, open int) error {
	switch {
	case p.pos == len(p.src):
		return p.fail(open, "this brace is never closed")
	case p.src[p.pos] != c:
		return p.fail(p.pos, "%q is expected here", c)
	}
	p.pos++
	return nil
}

// use returns the index of a name and notes its use.
func (p *parser) use(name string, kind Kind) int {
	if f := (Field{name, kind}); !slices.Contains(p.out.fields, f) {
		p.out.fields = append(p.out.fields, f)
	}
	i := slices.Index(p.out.names, name)
	if i < 0 {
		i = len(p.out.names)
		p.out.names = append(p.out.names, name)
	}
	return i
}

// word reads the longest run of characters that names and selectors are made of.
func (p *parser) word() string {
	rest := p.src[p.pos:]
	n := strings.IndexFunc(rest, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r) &&
			r != '_' && r != '-' && r != '.'
	})
	if n < 0 {
		n = len(rest)
	}
	p.pos += n
	return rest[:n]
}

// space skips the white space of patterns, the property Pattern_White_Space of
// Unicode TR31.
func (p *parser) space() {
	rest := strings.TrimLeft(p.src[p.pos:], "\t\n\v\f\r \u0085\u200E\u200F\u2028\u2029")
	p.pos = len(p.src) - len(rest)
}
