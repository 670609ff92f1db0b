package message

import (
	"unicode"
	"unicode/utf8"
)

// Type is what a [Value] is.
type Type uint8

// The types of values.
const (
	Missing Type = iota // absent or null
	String
	Number
	Bool
	Other // an object or array
)

// Value is the value of one field. Text is a String decoded, a Number as the text
// of a JSON number such as -12, 3.50 or 1e3, or true or false; it has no meaning
// for Missing and Other. Append reads it only and does not keep it. A Number
// whose text is none, or longer than 1024 bytes, counts as no number and is
// printed as text. The zero Value is Missing.
//
// How each kind of use prints the types:
//
//   - As text: Missing is nothing, Other is "…", the rest are their Text.
//   - As number: a Number as golang.org/x/text prints it for the language,
//     rounded to three digits after the point, with exponents written out;
//     Missing as 0, the rest as text. The digits are those of the text: where a
//     float64 keeps fewer, x/text prints what is left of them and some noise.
//   - As plural: a Number chooses by =N, then by the category of the number as
//     printed; Missing counts as 0; the rest choose "other" and # is their text.
//   - As select: String, Number and Bool choose by their Text as it is, so 1.0
//     is not 1; Missing and Other choose "other".
//   - As date: a String that is an RFC 3339 timestamp or a date alone prints as
//     2006-01-02, the day at the offset it is written with. It looks the same in
//     every language, x/text having no calendar data. The rest print as text,
//     days that do not exist too.
//
// Text is made fit for one line: a run of white space or control characters
// becomes one space, a byte that is not UTF-8 becomes U+FFFD, the bidirectional
// controls U+202A to U+202E and U+2066 to U+2069 are dropped so that no value
// reorders the sentence around it, and of more than 200 characters the first 199
// and "…" are left.
type Value struct {
	Type Type
	Text []byte
}

const (
	maxText   = 200  // characters
	maxNumber = 1024 // bytes; a pattern may print a number thousands of times
	ellipsis  = "…"
)

var zero = []byte("0")

// decimal returns the number a value counts as, if any.
func (v *Value) decimal() (decimal, bool) {
	switch v.Type {
	case Missing:
		return parseDecimal(zero)
	case Number:
		if len(v.Text) <= maxNumber {
			return parseDecimal(v.Text)
		}
	}
	return decimal{}, false
}

// appendText prints the value as text.
func (v *Value) appendText(dst []byte) []byte {
	switch v.Type {
	case Missing:
		return dst
	case String, Number, Bool:
		return appendLine(dst, v.Text)
	}
	return append(dst, ellipsis...)
}

// appendLine appends text as one line. It stops at the first character too many,
// so that a long text costs no more than a short one.
func appendLine(dst, text []byte) []byte {
	full := 0 // length of dst after maxText-1 characters
	count, inSpace := 0, false
	for i := 0; i < len(text); {
		r, n := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRune(text[i:])
		}
		i += n
		switch {
		case isBidi(r):
			continue
		case unicode.IsSpace(r) || unicode.IsControl(r):
			if inSpace {
				continue
			}
			r, inSpace = ' ', true
		default:
			inSpace = false
		}
		switch count++; count {
		case maxText:
			full = len(dst)
		case maxText + 1:
			return append(dst[:full], ellipsis...)
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}

func isBidi(r rune) bool {
	return r >= '\u202A' && r <= '\u202E' || r >= '\u2066' && r <= '\u2069'
}
