package main

import (
	"bufio"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var (
	hashA = strings.Repeat("a", 40)
	hashB = strings.Repeat("b", 64)
)

// Git separates the files of a commit from its fields in different ways.
func TestReadCommits(t *testing.T) {
	plain := hashA + "\x00\x00Ana\x00ana@acme.test\x001\x002\x00One\x00\nA\x00a\nb\x00M\x00c\x00"
	merge := hashB + "\x00" + hashA + " " + hashA + "\x00\x00\x00\x00\x00\x00\x00MA\x00d\x00"
	nothing := hashA + "\x00" + hashB + "\x00\x00\x00\x00\x00\x00"
	commits := []commit{
		{hash: hashA, name: "Ana", email: "ana@acme.test", authored: "1", committed: "2", subject: "One", paths: []string{"a\nb", "c"}, status: []byte("AM")},
		{hash: hashB, parents: 2, paths: []string{"d"}, status: []byte("M")},
		{hash: hashA, parents: 1},
	}
	for _, test := range []struct {
		name, text string
		want       []commit
		fails      bool
	}{
		{"none", "", nil, false},
		{"all", plain + merge + nothing, commits, false},
		{"cut in a file", plain + strings.TrimSuffix(merge, "\x00"), commits[:1], true},
		{"cut before a file", strings.TrimSuffix(plain, "c\x00"), nil, true},
		{"cut in the fields", nothing + hashB + "\x00", commits[2:], true},
		{"something else", "warning\x00", nil, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []commit
			last, err := readCommits(bufio.NewReader(strings.NewReader(test.text)), func(c *commit) error {
				got = append(got, *c)
				return nil
			})
			if last != nil {
				got = append(got, *last)
			}
			if (err != nil) != test.fails {
				t.Errorf("the error is %v", err)
			}
			if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(commit{})); diff != "" {
				t.Errorf("commits (-want +got):\n%s", diff)
			}
		})
	}
}

// An error of the caller ends the reading and comes back.
func TestReadCommitsStops(t *testing.T) {
	one := hashA + "\x00\x00\x00\x00\x00\x00\x00"
	stop := errors.New("stop")
	n := 0
	last, err := readCommits(bufio.NewReader(strings.NewReader(one+one+one)), func(*commit) error { n++; return stop })
	if last != nil || !errors.Is(err, stop) || n != 1 {
		t.Errorf("after %d calls: %v, %v", n, last, err)
	}
}

func FuzzReadCommits(f *testing.F) {
	f.Add(hashA + "\x00\x00Ana\x00ana@acme.test\x001\x002\x00One\x00\nA\x00a\nb\x00M\x00c\x00" + hashB + "\x00")
	f.Add("\x00\x00")
	f.Fuzz(func(t *testing.T, text string) {
		check := func(c *commit) error {
			if len(c.hash) < 40 || len(c.paths) != len(c.status) {
				t.Errorf("read %+v", c)
			}
			return nil
		}
		last, err := readCommits(bufio.NewReader(strings.NewReader(text)), check)
		if last != nil && err == nil {
			check(last)
		}
	})
}
