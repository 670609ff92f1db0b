package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// progress tells how far an import is: in a bar on a terminal, in a line every few seconds elsewhere.
type progress struct {
	w       io.Writer
	bar     bool
	total   int // commits
	started time.Time
	shown   time.Time
}

func newProgress(w io.Writer, total int) *progress {
	p := &progress{w: w, total: total, started: time.Now()}
	p.shown = p.started
	if file, ok := w.(*os.File); ok {
		info, err := file.Stat()
		p.bar = err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"
	}
	return p
}

func (p *progress) update(count imported) {
	now := time.Now()
	every := 3 * time.Second
	if p.bar {
		every = 100 * time.Millisecond
	}
	if now.Sub(p.shown) < every {
		return
	}
	p.shown = now
	// The history may grow while it is read.
	done := min(1, float64(count.Commits)/float64(max(1, p.total)))
	text := fmt.Sprintf("%3.0f%%  %s of %s commits, %s events, %s/s", 100*done, number(count.Commits),
		number(p.total), number(count.Events), number(rate(count.Events, now.Sub(p.started))))
	if !p.bar {
		fmt.Fprintf(p.w, "gitlog: %s\n", text)
		return
	}
	const width = 24
	full := int(done * width)
	fmt.Fprintf(p.w, "\r[%s%s] %s\x1b[K", strings.Repeat("#", full), strings.Repeat("·", width-full), text)
}

// done takes the bar away.
func (p *progress) done() {
	if p.bar {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}

func rate(n int, took time.Duration) int { return int(float64(n) / max(took.Seconds(), 0.001)) }

// number writes n with commas.
func number(n int) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// plural writes "1 commit" or "1,234 commits".
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + many
}
