package main

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// number writes n with commas.
func number(n int64) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// plural writes "1 row" or "1,234 rows".
func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + many
}

// cut makes a text of at most limit bytes.
func cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	const ellipsis = "…"
	end := limit - len(ellipsis)
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + ellipsis
}

// printable takes away what would let the author of a file write all over the terminal.
func printable(text string) string {
	return strings.Map(func(char rune) rune {
		if unicode.IsControl(char) || unicode.Is(unicode.Bidi_Control, char) {
			return utf8.RuneError
		}
		return char
	}, text)
}
