package message

import (
	"math"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/language"
	xmessage "golang.org/x/text/message"
	"golang.org/x/text/number"
)

// Locale is what a language needs to write numbers and choose plurals. It is
// immutable and safe for concurrent use. Making one formats some dozens of
// numbers: make it once per language and keep it. There is no useful zero
// Locale.
type Locale struct {
	tag  language.Tag
	uses [len(categoryNames)]bool // the plural categories of the language

	digits             [10]string
	positive, negative affix
	point, group       string
	primary, secondary int // digits in the last group and in the others, 0 for no groups
	grouped            int // digits a number has at least to be grouped
	fraction           int // digits after the point at most
}

// affix is what stands around the digits of a number.
type affix struct{ before, after string }

// NewLocale returns the locale of a language. A tag without data of its own gets
// that of its parent, in the end the root's, as in x/text. The extension -u-nu
// chooses other digits.
func NewLocale(tag language.Tag) *Locale {
	l := &Locale{tag: tag}
	l.learnCategories()
	l.learnSymbols()
	return l
}

// learnSymbols reads the symbols off numbers printed by x/text, which keeps its
// tables to itself and allocates for each number it formats.
func (l *Locale) learnSymbols() {
	printer := xmessage.NewPrinter(l.tag)
	show := func(x any) string { return printer.Sprint(number.Decimal(x)) }

	for i := range l.digits {
		one, two := show(i), show((i+1)%10)
		at := 0
		for at < len(one) && at < len(two) && runeAt(one, at) == runeAt(two, at) {
			at += len(runeAt(one, at))
		}
		l.digits[i] = runeAt(one, at)
	}
	l.positive = around(show(1), l.digits[1])
	l.negative = around(show(-1), l.digits[1])
	bare := func(x any) string {
		s := strings.TrimPrefix(show(x), l.positive.before)
		return strings.TrimSuffix(s, l.positive.after)
	}

	third := strings.TrimPrefix(bare(1.0/3), l.digits[0])
	l.fraction = strings.Count(third, l.digits[3])
	l.point = strings.TrimRight(third, l.digits[3])

	// Only ones, so that what is left between them are the separators.
	ones := strings.Split(bare(1_111_111_111_111), l.digits[1])
	ones = ones[1 : len(ones)-1]
	var gaps []int // digits after each separator, the last first
	for i := len(ones) - 1; i >= 0; i-- {
		if ones[i] != "" {
			l.group = ones[i]
			gaps = append(gaps, len(ones)-i)
		}
	}
	if len(gaps) < 2 {
		return
	}
	l.primary, l.secondary = gaps[0], gaps[1]-gaps[0]
	for x := int(math.Pow10(l.primary)); ; x *= 10 {
		if s := bare(x); strings.Contains(s, l.group) {
			l.grouped = strings.Count(s, l.digits[0]) + 1
			return
		}
	}
}

func around(s, digit string) affix {
	before, after, _ := strings.Cut(s, digit)
	return affix{before, after}
}

// runeAt returns the character of s at byte i.
func runeAt(s string, i int) string {
	_, n := utf8.DecodeRuneInString(s[i:])
	return s[i : i+n]
}
