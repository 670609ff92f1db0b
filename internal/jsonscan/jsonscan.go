// Package jsonscan reads JSON that is known to be well formed, without decoding it into values and
// without allocating. Its input comes from encoding/json or has been through it.
package jsonscan

import (
	"errors"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// The reasons for which Check refuses JSON. Their texts are the ends of sentences.
var (
	ErrObject = errors.New("is not a JSON object")
	ErrDepth  = errors.New("is nested too deep")
	ErrText   = errors.New("contains text that is not valid UTF-8")
	ErrNUL    = errors.New("contains a NUL character")
)

// Check reports whether JSON is an object of at most depth levels whose texts are valid UTF-8
// without NUL. encoding/json replaces an invalid byte by the escape \ufffd, and writes a U+FFFD that
// was there before as itself; so the escape counts as invalid, like an unpaired surrogate.
func Check(data []byte, depth int) error {
	if len(data) == 0 || data[0] != '{' {
		return ErrObject
	}
	if !utf8.Valid(data) {
		return ErrText
	}
	level := 0
	for i := 0; i < len(data); {
		switch data[i] {
		case '{', '[':
			if level++; level > depth {
				return ErrDepth
			}
		case '}', ']':
			level--
		case '"':
			end := skipString(data, i)
			if err := checkString(data[i+1 : end-1]); err != nil {
				return err
			}
			i = end
			continue
		}
		i++
	}
	return nil
}

func checkString(s []byte) error {
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == 0:
			return ErrNUL
		case s[i] != '\\':
			continue
		}
		i++ // the character after the backslash
		if s[i] != 'u' {
			continue
		}
		r, n := escaped(s[i-1:])
		i += n - 2
		switch r {
		case 0:
			return ErrNUL
		case utf8.RuneError:
			return ErrText
		}
	}
	return nil
}

// Object calls visit for each member of an object: with the text between the quotes of its name and
// with its value, both as they stand in data. Of input that is no object it visits nothing.
func Object(data []byte, visit func(name, value []byte)) {
	i := skipSpace(data, 0)
	if i >= len(data) || data[i] != '{' {
		return
	}
	for i++; i < len(data); i++ {
		if i = skipSpace(data, i); i >= len(data) || data[i] != '"' {
			return
		}
		end := skipString(data, i)
		name := data[i+1 : max(i+1, end-1)]
		if i = skipSpace(data, end); i >= len(data) || data[i] != ':' {
			return
		}
		i = skipSpace(data, i+1)
		if end = skipValue(data, i); end <= i {
			return
		}
		visit(name, data[i:end])
		if i = skipSpace(data, end); i >= len(data) || data[i] != ',' {
			return
		}
	}
}

// AppendString appends what a JSON string stands for, given the text between its quotes.
func AppendString(dst, s []byte) []byte {
	for i := 0; i < len(s); {
		if s[i] != '\\' || i+1 == len(s) {
			dst = append(dst, s[i])
			i++
			continue
		}
		switch c := s[i+1]; c {
		case 'u':
			r, n := escaped(s[i:])
			dst = utf8.AppendRune(dst, r)
			i += n
			continue
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		default:
			dst = append(dst, c)
		}
		i += 2
	}
	return dst
}

// escaped reads the \u escape that s begins with, or the two of a surrogate pair, and returns the
// character and the length of what was read.
func escaped(s []byte) (rune, int) {
	r, ok := hex4(s)
	if !ok {
		return utf8.RuneError, min(2, len(s))
	}
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	if low, ok := hex4(s[6:]); ok {
		if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
			return pair, 12
		}
	}
	return utf8.RuneError, 6
}

func hex4(s []byte) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(s[2:6]), 16, 16)
	return rune(n), err == nil
}

// skipString returns the end of the string that begins at i, after its closing quote.
func skipString(data []byte, i int) int {
	for i++; i < len(data); i++ {
		switch data[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(data)
}

// skipValue returns the end of the value that begins at i.
func skipValue(data []byte, i int) int {
	level := 0
	for i < len(data) {
		switch data[i] {
		case '"':
			i = skipString(data, i)
			if level == 0 {
				return i
			}
			continue
		case '{', '[':
			level++
		case '}', ']':
			if level--; level <= 0 {
				return i + 1 + level // without the bracket that closes what is around a scalar
			}
		case ',', ' ', '\n', '\r', '\t':
			if level == 0 {
				return i
			}
		}
		i++
	}
	return i
}

func skipSpace(data []byte, i int) int {
	for i < len(data) && (data[i] == ' ' || data[i] == '\n' || data[i] == '\r' || data[i] == '\t') {
		i++
	}
	return i
}
