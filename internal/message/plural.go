package message

import (
	"slices"

	"golang.org/x/text/feature/plural"
)

// keyOther is the selector that plurals and selects share.
const keyOther = "other"

// categoryNames is indexed by plural.Form.
var categoryNames = [...]string{
	plural.Other: keyOther,
	plural.Zero:  "zero",
	plural.One:   "one",
	plural.Two:   "two",
	plural.Few:   "few",
	plural.Many:  "many",
}

// selector reads the selector of an arm. open is the brace of its argument.
func (p *parser) selector(o op, open int) (arm, error) {
	a := arm{offset: p.pos}
	if p.pos == len(p.src) {
		return a, p.fail(open, "this brace is never closed")
	}
	if o == opPlural && p.peek() == '=' {
		p.pos++
		text := p.word()
		d, ok := parseDecimal([]byte(text))
		if !ok || d.scientific {
			return a, p.fail(a.offset, "= goes with a decimal number such as 0 or 2.5")
		}
		a.by, a.key, a.exact = byNumber, "="+text, d
		return a, nil
	}
	a.key = p.word()
	switch {
	case a.key == "":
		return a, p.fail(a.offset, "a selector is expected")
	case o == opPlural:
		i := slices.Index(categoryNames[:], a.key)
		if i < 0 {
			return a, p.fail(a.offset, "%q is no plural category", a.key)
		}
		a.by, a.category = byCategory, plural.Form(i)
	}
	return a, nil
}

// plural chooses among the arms of n for v. What is no number has no category
// and gets "other".
func (n *node) plural(v Value, l *Locale) []node {
	d, ok := v.decimal()
	if !ok {
		return n.other
	}
	byCategories := false
	for i := range n.arms {
		switch a := &n.arms[i]; a.by {
		case byNumber:
			if a.exact.equal(&d) {
				return a.body
			}
		case byCategory:
			byCategories = byCategories || a.category != plural.Other
		}
	}
	if !byCategories {
		return n.other
	}
	category := l.category(&d)
	for i := range n.arms {
		if a := &n.arms[i]; a.by == byCategory && a.category == category {
			return a.body
		}
	}
	return n.other
}

// choose takes the arm of a select that v names.
func (n *node) choose(v Value) []node {
	switch v.Type {
	case String, Number, Bool:
		for i := range n.arms {
			if a := &n.arms[i]; a.key == string(v.Text) {
				return a.body
			}
		}
	}
	return n.other
}

// category returns the CLDR cardinal category of d in the language. Its operands
// are those of the number as # prints it, so that 1.0 is "1 email" and 0.9999
// too: TR35 takes them from the visible digits.
func (l *Locale) category(d *decimal) plural.Form {
	shown := d.round(l.fraction)
	i, v, f := shown.operands()
	// Without trailing zeros v is w and f is t.
	return plural.Cardinal.MatchPlural(l.tag, i, v, v, f, f)
}

// learnCategories finds the categories the language uses. The rules of CLDR 32
// look at numbers modulo 100, at whether they are whole, and at multiples of a
// million, so these samples reach every one.
func (l *Locale) learnCategories() {
	l.uses[plural.Other] = true // it may stand in every pattern
	sample := func(i int) {
		for v, end := 0, 1; v <= 2; v, end = v+1, end*10 {
			for f := range end {
				l.uses[plural.Cardinal.MatchPlural(l.tag, i, v, v, f, f)] = true
			}
		}
	}
	for i := range 112 {
		sample(i)
	}
	for _, i := range []int{1000, 1001, 1_000_000, 1_000_001} {
		sample(i)
	}
}
