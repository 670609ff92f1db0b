package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// Times that events cannot have, people without name or address, bytes in no encoding: git has them.
func TestOddCommits(t *testing.T) {
	dir := newRepository(t, story)
	long := strings.Repeat("long/", 60) + "name"
	latin := "caf\xe9"
	gitIn(t, dir, fmt.Sprintf("commit refs/heads/main\ncommitter C <c@acme.test> 1700000500 +0000\ndata 0\nfrom refs/heads/main^0\n"+
		"M 644 inline %s\ndata 1\n1\nM 644 inline \"caf\\351\"\ndata 1\n1\n\n", long), "fast-import", "--quiet")
	tree, parent := gitIn(t, dir, "", "rev-parse", "main^{tree}"), gitIn(t, dir, "", "rev-parse", "main")
	for _, author := range []string{
		"Old <old@acme.test> -5 +0000", "Far <far@acme.test> 99999999999999999999999 +0000", "Broken <broken@acme.test> x",
		"<no.name@acme.test> 1700000600 +0000", "No Address <> 1700000600 +0000", "<> 1700000600 +0000", "none at all",
		"Ren\xe9 \x1b[31m <ren\xe9@acme.test> 1700000600 +0000",
	} {
		object := fmt.Sprintf("tree %s\nparent %s\nauthor %s\ncommitter C <c@acme.test> 1700000500 +0000\n\nSubject\xff\n", tree, parent, author)
		parent = gitIn(t, dir, object, "hash-object", "-t", "commit", "-w", "--stdin", "--literally")
		gitIn(t, dir, "", "update-ref", "refs/heads/main", parent)
	}
	args := []string{"-repo", dir, "-db", filepath.Join(t.TempDir(), "gitlog.db")}
	_, message := gitlog(t, 0, args...)
	for _, want := range []string{
		"13 commits (1 merge) and 2 tags",
		"names that are too long or not UTF-8",
		"9 texts that are too long or not UTF-8",
		"4 authors' dates outside of 1970 to 9999",
		"4 authors have no name or no address",
	} {
		if !strings.Contains(message, want) {
			t.Errorf("the program does not say %q:\n%s", want, message)
		}
	}
	for _, test := range []struct {
		name, flag, value, want string
	}{
		{"long path", "-path", long, "A  C                     (no message) (2 files)\n"},
		{"long directory", "-path", filepath.Dir(long), "C                     (no message) (2 files)\n"},
		{"no UTF-8 in path", "-path", latin, "A  C                     (no message) (2 files)\n"},
		{"before 1970", "-author", "old@acme.test", "2023-11-14 22:21  "},
		{"far future", "-author", "far@acme.test", "2023-11-14 22:21  "},
		{"broken time", "-author", "broken@acme.test", "2023-11-14 22:21  "},
		{"no name", "-author", "no.name@acme.test", "no.name@acme.test     Subject\\xff (no files)\n"},
		{"no address", "-author", "No Address", "No Address            Subject\\xff (no files)\n"},
		{"nobody", "-author", "nobody", "nobody                Subject\\xff (no files)\n"},
		{"no UTF-8 in author", "-author", "ren\xe9@acme.test", "Ren\\xe9 \uFFFD[31m         Subject\\xff (no files)\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, _ := gitlog(t, 0, append(args, test.flag, test.value)...)
			if !strings.Contains(got, test.want) {
				t.Errorf("the timeline is %q and does not have %q", got, test.want)
			}
		})
	}
	_, message = gitlog(t, 0, args...)
	if want := " 0 of them new"; !strings.Contains(message, want) {
		t.Errorf("second run says\n%s\nand not %q", message, want)
	}
}

// A commit of 10,000 files is once on the timeline of each, and once on those of all commits.
func TestLargeCommit(t *testing.T) {
	var stream strings.Builder
	stream.WriteString("commit refs/heads/main\ncommitter Ana <ana@acme.test> 1700000000 +0000\ndata 3\nBig\n")
	for i := range 10_000 {
		fmt.Fprintf(&stream, "M 644 inline d%02d/f%d\ndata 1\n1\n", i%50, i)
	}
	dir := newRepository(t, stream.String())
	args := []string{"-repo", dir, "-db", filepath.Join(t.TempDir(), "gitlog.db")}
	_, message := gitlog(t, 0, args...)
	if want := "1 commit (0 merges) and 0 tags in 670 events"; !strings.Contains(message, want) {
		t.Errorf("the program says\n%s\nand not %q", message, want)
	}
	for _, args := range [][]string{
		append(args, "-path", "d49"), append(args, "-path", "d00/f0"), append(args, "-path", "d49/f9999"), args,
	} {
		got, _ := gitlog(t, 0, args...)
		if !strings.HasSuffix(got, "Big (10,000 files)\n") || strings.Count(got, "\n") != 1 {
			t.Errorf("gitlog %q prints\n%s", args, got)
		}
	}
}
