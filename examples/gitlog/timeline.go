package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-activity/activity"
)

// view is what of a history is shown.
type view struct {
	path   string // from the repository's root; empty or ".": all
	author string // the address, or the name of somebody without one; empty: all
	limit  int    // 0: all
}

func (v view) query() activity.Query {
	var q activity.Query
	if v.author != "" {
		id, _ := identifier(v.author)
		q.Actor = activity.User(id, "")
	}
	if id := v.entityID(); id != "" {
		// What is a file today may have been a directory once.
		q.About = []activity.Entity{{Kind: kindFile, ID: id}, {Kind: kindDir, ID: id}}
	} else {
		q.Types = whole
	}
	return q
}

// entityID returns the ID of the file or directory, or nothing if that is the whole repository.
func (v view) entityID() string {
	clean := strings.TrimPrefix(path.Clean("/"+v.path), "/")
	if clean == "" {
		return ""
	}
	id, _ := identifier(clean)
	return id
}

// print writes the events of a view, newest first, one a line, and returns how many there were.
func (v view) print(ctx context.Context, w io.Writer, journal *activity.Journal, tenant activity.Tenant) (int, error) {
	query := v.query()
	query.Limit = min(v.limit, activity.MaxLimit)
	out := bufio.NewWriter(w)
	n := 0
	var commit activity.Entity
	for e, err := range tenant.Events(ctx, query) {
		if err != nil {
			return n, err
		}
		if e.Type == continued.Name() && e.About[0].Is(commit) {
			continue // a commit that made a directory of a file
		}
		commit = e.About[0]
		fmt.Fprintf(out, "%s  %-8s  %s%s  %s\n", e.OccurredAt.Format("2006-01-02 15:04"), shortHash(e),
			v.letter(e), column(e.Actor.Name(), 20), printable(journal.Summary(e, "").Text))
		if n++; n == v.limit {
			break
		}
	}
	return n, out.Flush()
}

func shortHash(e activity.Event) string {
	for _, entity := range e.About {
		if entity.Kind == kindCommit {
			return entity.Label
		}
	}
	return "" // the tag of something else
}

// letter is what a commit did to the file that is shown, as a column.
func (v view) letter(e activity.Event) string {
	id := v.entityID()
	if id == "" {
		return ""
	}
	for _, typ := range []activity.Type[Change]{committed, merged, continued} {
		if typ.Name() != e.Type {
			continue
		}
		change, err := typ.Payload(e)
		if err != nil {
			break
		}
		first := len(e.About) - len(change.Status)
		for i := range change.Status {
			if e.About[first+i].Is(activity.Entity{Kind: kindFile, ID: id}) {
				return change.Status[i:i+1] + "  "
			}
		}
	}
	return "   "
}

// column cuts or fills a text to a width.
func column(text string, width int) string {
	text = printable(text)
	n := utf8.RuneCountInString(text)
	if n > width {
		return string([]rune(text)[:width-1]) + "…"
	}
	return text + strings.Repeat(" ", width-n)
}

// printable takes away what would let a commit's author write all over the terminal.
func printable(text string) string {
	return strings.Map(func(char rune) rune {
		if unicode.IsControl(char) || unicode.Is(unicode.Bidi_Control, char) {
			return utf8.RuneError
		}
		return char
	}, text)
}
