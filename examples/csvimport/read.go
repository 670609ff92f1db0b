package main

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"unicode/utf8"
)

// source is a CSV file that was read to its end once, so that what is wrong with the whole of it is
// known before anything is stored.
type source struct {
	file   *os.File
	path   string // absolute
	size   int64
	sum    string // SHA-256, in hexadecimal
	comma  rune
	header header
	total  int64 // rows, without the header
}

// row is a record of the file.
type row struct {
	number int64 // from 1, the header not counted
	values []string
	broken string // why it cannot be read, if so
}

var errChanged = errors.New("the file was changed while it was read")

// openSource opens and checks a file. Its errors name the file.
func openSource(path string) (*source, error) {
	s, err := newSource(path)
	if err == nil {
		if err = s.scan(); err != nil {
			s.file.Close()
		}
	}
	if err != nil {
		if pathError, ok := errors.AsType[*fs.PathError](err); ok {
			err = pathError.Err // without the name of the system call
		}
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

func newSource(path string) (*source, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if !utf8.ValidString(absolute) {
		return nil, errors.New("its name is not UTF-8")
	}
	info, err := os.Stat(absolute) // before it is opened: a pipe would wait for a writer
	if err != nil {
		return nil, err
	}
	switch {
	case info.IsDir():
		return nil, errors.New("is a directory")
	case !info.Mode().IsRegular():
		return nil, errors.New("is no regular file")
	case info.Size() == 0:
		return nil, errors.New("the file is empty")
	}
	file, err := os.Open(absolute)
	if err != nil {
		return nil, err
	}
	return &source{file: file, path: absolute}, nil
}

// scan reads the whole file.
func (s *source) scan() error {
	if err := s.findHeader(); err != nil {
		return err
	}
	check := newChecker()
	records, err := s.reader(check)
	if err != nil {
		return err
	}
	for {
		_, err := records.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if _, broken := errors.AsType[*csv.ParseError](err); err != nil && !broken {
			return err
		}
		s.total++
	}
	if err := check.end(); err != nil {
		return err
	}
	if s.total--; s.total <= 0 {
		return errors.New("the file has only a header")
	}
	s.size, s.sum = check.size, check.hexSum()
	return nil
}

// findHeader finds the separator too: the one that makes a header with an email column of the first
// record. Spreadsheets write a semicolon where the comma is part of numbers.
func (s *source) findHeader() error {
	var first error
	for _, comma := range ",;\t" {
		s.comma = comma
		records, err := s.reader(newChecker())
		if err != nil {
			return err
		}
		names, err := records.Read()
		if errors.Is(err, io.EOF) {
			return errors.New("the file is empty")
		}
		if broken, ok := errors.AsType[*csv.ParseError](err); ok {
			err = errors.New(whatBroke(broken))
		} else if err == nil {
			s.header, err = newHeader(names)
		}
		if err == nil {
			return nil
		}
		if first == nil {
			first = err
		}
	}
	return first
}

// rows streams the rows after the header. The last error says that the file is not what it was.
func (s *source) rows() iter.Seq2[row, error] {
	return func(yield func(row, error) bool) {
		check := newChecker()
		records, err := s.reader(check)
		if err == nil {
			_, err = records.Read()
		}
		if err != nil {
			yield(row{}, err)
			return
		}
		for number := int64(1); ; number++ {
			values, err := records.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			r := row{number: number, values: values}
			if broken, ok := errors.AsType[*csv.ParseError](err); ok {
				r.broken, err = whatBroke(broken), nil
			} else if err == nil && len(values) != len(s.header) {
				line, _ := records.FieldPos(0)
				r.broken = fmt.Sprintf("line %d has %s, and the header has %d", line, plural(int64(len(values)), "value", "values"), len(s.header))
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
		if check.hexSum() != s.sum {
			yield(row{}, errChanged)
		}
	}
}

func whatBroke(err *csv.ParseError) string {
	switch {
	case errors.Is(err.Err, csv.ErrBareQuote):
		return fmt.Sprintf("line %d has a quote in the middle of a value that is not quoted", err.Line)
	case errors.Is(err.Err, csv.ErrQuote) && err.Line > err.StartLine:
		return fmt.Sprintf("a quote of line %d is not closed properly, as line %d shows", err.StartLine, err.Line)
	}
	return fmt.Sprintf("a quote of line %d is not closed properly", err.StartLine)
}

// reader reads the file from its beginning, with a check of each byte.
func (s *source) reader(check *checker) (*csv.Reader, error) {
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	in := bufio.NewReader(io.TeeReader(s.file, check))
	start, err := in.Peek(len(mark))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if string(start) == mark {
		_, _ = in.Discard(len(mark)) // it is there
	}
	records := csv.NewReader(in)
	records.Comma, records.FieldsPerRecord = s.comma, -1
	return records, nil
}

// mark is what some programs begin a file in UTF-8 with.
const mark = "\uFEFF"
