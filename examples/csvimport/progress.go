package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// progress tells how far a run is: in a bar on a terminal, elsewhere in a line for each per cent.
type progress struct {
	w     io.Writer
	bar   bool
	what  string // "rows"
	total int64
	last  int64 // per cent
	shown time.Time
}

func newProgress(w io.Writer, what string, total int64) *progress {
	p := &progress{w: w, what: what, total: max(1, total), last: -1}
	if file, ok := w.(*os.File); ok {
		info, err := file.Stat()
		p.bar = err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"
	}
	return p
}

func (p *progress) update(done int64) {
	percent := 100 * min(done, p.total) / p.total
	text := fmt.Sprintf("%3d%%  %s of %s %s", percent, number(done), number(p.total), p.what)
	if !p.bar {
		if percent != p.last {
			p.last = percent
			fmt.Fprintf(p.w, "csvimport: %s\n", text)
		}
		return
	}
	if time.Since(p.shown) < 100*time.Millisecond {
		return
	}
	p.shown = time.Now()
	const width = 24
	full := int(width * percent / 100)
	fmt.Fprintf(p.w, "\r[%s%s] %s\x1b[K", strings.Repeat("#", full), strings.Repeat("·", width-full), text)
}

// end takes the bar away.
func (p *progress) end() {
	if p.bar {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
