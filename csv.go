package activity

import (
	"bufio"
	"strings"
	"unicode/utf8"
)

// csvWriter writes CSV (RFC 4180) that spreadsheets can open without running anything.
type csvWriter struct {
	out   *bufio.Writer
	raw   bool // leaves formulas as they are
	cells []string
}

// line writes the cells. The writer of encoding/csv, when it ends lines in CRLF, changes the line breaks
// within cells too.
func (w *csvWriter) line() error {
	for i, cell := range w.cells {
		if i > 0 {
			w.out.WriteByte(',')
		}
		if cell == "" || !strings.ContainsAny(cell, ",\"\r\n") && cell[0] != ' ' && cell[0] != '\t' {
			w.out.WriteString(cell)
			continue
		}
		w.out.WriteByte('"')
		w.out.WriteString(strings.ReplaceAll(cell, `"`, `""`))
		w.out.WriteByte('"')
	}
	w.cells = w.cells[:0]
	_, err := w.out.WriteString("\r\n") // tells of what went wrong before as well
	return err
}

// text adds a cell.
func (w *csvWriter) text(s string) {
	if !w.raw {
		s = defused(s)
	}
	w.cells = append(w.cells, s)
}

// formulas are the characters that make a cell a formula for a spreadsheet when it begins with one,
// the wide forms that some take for them, and the apostrophe that takes the danger from them.
const formulas = "=+-@\t\r\n＝＋－＠'"

func defused(s string) string {
	if first, _ := utf8.DecodeRuneInString(s); s != "" && strings.ContainsRune(formulas, first) {
		return "'" + s
	}
	return s
}

// CellValue gives back the value of a cell of a report or an export, without the apostrophe that keeps a spreadsheet
// from running it.
func CellValue(cell string) string { return strings.TrimPrefix(cell, "'") }
