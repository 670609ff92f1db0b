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
		{"terminal", true, "\r[############············]  50%  1,000 of 2,000 rows\x1b[K"},
		{"file", false, "csvimport:  50%  1,000 of 2,000 rows\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out strings.Builder
			p := newProgress(&out, "rows", 2000)
			p.bar = test.bar
			if p.update(1000); out.String() != test.want {
				t.Errorf("shows %q, want %q", &out, test.want)
			}
			p.shown = time.Now().Add(time.Minute)
			if p.update(1001); out.String() != test.want {
				t.Errorf("shows more than it should: %q", &out)
			}
			if p.end(); strings.HasSuffix(out.String(), "\r\x1b[K") != test.bar {
				t.Errorf("ends with %q", &out)
			}
		})
	}
}
