package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"unicode/utf8"
)

// checker checks that bytes are text in UTF-8, and sums them up.
type checker struct {
	sum  hash.Hash
	size int64
	line int
	rest []byte // of a character whose end has not come yet
}

func newChecker() *checker { return &checker{sum: sha256.New(), line: 1} }

// end is called when all was written.
func (c *checker) end() error {
	if len(c.rest) > 0 {
		return fmt.Errorf("line %d ends in the middle of a character: the file is not complete, or not UTF-8", c.line)
	}
	return nil
}

func (c *checker) hexSum() string { return hex.EncodeToString(c.sum.Sum(nil)) }

// Write implements [io.Writer].
func (c *checker) Write(p []byte) (int, error) {
	if c.size == 0 && (bytes.HasPrefix(p, []byte("\xff\xfe")) || bytes.HasPrefix(p, []byte("\xfe\xff"))) {
		return 0, errors.New(`line 1 is not UTF-8, but UTF-16: save the file as "CSV UTF-8"`)
	}
	c.sum.Write(p)
	c.size += int64(len(p))
	text := append(c.rest, p...)
	for len(text) > 0 {
		char, size := utf8.DecodeRune(text)
		switch {
		case char == utf8.RuneError && size == 1 && !utf8.FullRune(text):
			c.rest = bytes.Clone(text)
			return len(p), nil
		case char == utf8.RuneError && size == 1:
			return 0, fmt.Errorf(`line %d is not UTF-8, but Latin-1 or Windows-1252 perhaps: save the file as "CSV UTF-8"`, c.line)
		case char == 0:
			return 0, fmt.Errorf(`line %d has a NUL byte, as UTF-16 or a file of another kind has: save the file as "CSV UTF-8"`, c.line)
		case char == '\n':
			c.line++
		}
		text = text[size:]
	}
	c.rest = nil
	return len(p), nil
}
