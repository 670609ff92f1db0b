package main

import (
	"strings"
	"testing"
	"time"
)

func TestProgress(t *testing.T) {
	for _, test := range []struct {
		name string
		bar  bool
		want string
	}{
		{"terminal", true, "\r[############············]  50%  1,000 of 2,000 commits, 12,345 events, "},
		{"file", false, "gitlog:  50%  1,000 of 2,000 commits, 12,345 events, "},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out strings.Builder
			p := newProgress(&out, 2000)
			p.bar = test.bar
			p.shown = p.started.Add(-time.Minute)
			count := imported{Commits: 1000, Events: 12_345}
			p.update(count)
			if !strings.HasPrefix(out.String(), test.want) {
				t.Errorf("shows %q, want %q", &out, test.want)
			}
			p.shown = time.Now().Add(time.Minute)
			before := out.Len()
			if p.update(count); out.Len() != before {
				t.Errorf("shows more than it should: %q", &out)
			}
			if p.done(); strings.HasSuffix(out.String(), "\r\x1b[K") != test.bar {
				t.Errorf("ends with %q", &out)
			}
		})
	}
}
