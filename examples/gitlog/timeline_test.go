package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity/internal/pgtest"
)

const story = `commit refs/heads/main
mark :1
author Ana <ana@acme.test> 1700000000 +0000
committer Ana <ana@acme.test> 1700000000 +0000
data <<.
Start
.
M 644 inline README.md
data <<.
1
.
M 644 inline docs/guide/one.md
data <<.
1
.

commit refs/heads/side
mark :2
author Bob <bob@acme.test> 1700000100 +0000
committer Bob <bob@acme.test> 1700000100 +0000
data <<.
Rewrite chapter
.

from :1
M 644 inline docs/guide/one.md
data <<.
2
.
M 644 inline "odd \"name\"\n\303\274.txt"
data <<.
2
.

commit refs/heads/main
mark :3
author Ana <ana@acme.test> 1700000200 +0000
committer Ana <ana@acme.test> 1700000200 +0000
data <<.
Another text
.

from :1
M 644 inline docs/guide/one.md
data <<.
3
.
D README.md

commit refs/heads/main
mark :4
author Ana <ana@acme.test> 1700000300 +0000
committer Ana <ana@acme.test> 1700000300 +0000
data <<.
Both texts
.
from :3
merge :2
M 644 inline docs/guide/one.md
data <<.
4
.
M 644 inline "odd \"name\"\n\303\274.txt"
data <<.
2
.

tag v1
from :4
tagger Bob <bob@acme.test> 1700000400 +0000
data <<.
Release
.

reset refs/tags/old
from :1

`

func TestTimelines(t *testing.T) {
	dir := newRepository(t, story)
	testTimelines(t, dir, "-db", filepath.Join(t.TempDir(), "gitlog.db"))
}

func TestTimelinesPostgres(t *testing.T) {
	dir := newRepository(t, story)
	testTimelines(t, dir, "-dsn", pgtest.New(t))
}

func testTimelines(t *testing.T, dir string, database ...string) {
	args := append([]string{"-repo", dir}, database...)
	_, message := gitlog(t, 0, args...)
	if want := "4 commits (1 merge) and 2 tags in 6 events, 6 of them new"; !strings.Contains(message, want) {
		t.Errorf("first run says\n%s\nand not %q", message, want)
	}
	_, message = gitlog(t, 0, args...)
	if want := "in 6 events, 0 of them new"; !strings.Contains(message, want) {
		t.Errorf("second run says\n%s\nand not %q", message, want)
	}
	gitIn(t, dir, "tag v2\nfrom refs/heads/main^1\ntagger Ana <ana@acme.test> 1700000350 +0000\ndata <<.\nNext\n.\n", "fast-import", "--quiet")
	_, message = gitlog(t, 0, args...)
	if want := "in 7 events, 1 of them new"; !strings.Contains(message, want) {
		t.Errorf("third run says\n%s\nand not %q", message, want)
	}

	c := strings.Fields(gitIn(t, dir, "", "log", "--all", "--format=%H", "--date-order", "--reverse"))
	short := strings.NewReplacer("<1>", c[0][:8], "<2>", c[1][:8], "<3>", c[2][:8], "<4>", c[3][:8])
	for _, test := range []struct {
		name string
		args []string
		want string
	}{
		{"file", []string{"-path", "docs/guide/one.md"}, `
2023-11-14 22:18  <4>  M  Ana                   Both texts (1 file of its own)
2023-11-14 22:16  <3>  M  Ana                   Another text (2 files)
2023-11-14 22:15  <2>  M  Bob                   Rewrite chapter (2 files)
2023-11-14 22:13  <1>  A  Ana                   Start (2 files)
`},
		{"deleted file", []string{"-path", "./README.md"}, `
2023-11-14 22:16  <3>  D  Ana                   Another text (2 files)
2023-11-14 22:13  <1>  A  Ana                   Start (2 files)
`},
		{"odd name", []string{"-path", "odd \"name\"\nü.txt"}, `
2023-11-14 22:15  <2>  A  Bob                   Rewrite chapter (2 files)
`},
		{"directory by an author", []string{"-path", "docs/", "-author", "bob@acme.test"}, `
2023-11-14 22:15  <2>     Bob                   Rewrite chapter (2 files)
`},
		{"author", []string{"-author", "bob@acme.test"}, `
2023-11-14 22:20  <4>  Bob                   tagged <4> as v1
2023-11-14 22:15  <2>  Bob                   Rewrite chapter (2 files)
`},
		{"limit", []string{"-path", ".", "-limit", "2"}, `
2023-11-14 22:20  <4>  Bob                   tagged <4> as v1
2023-11-14 22:19  <3>  Ana                   tagged <3> as v2
`},
		{"nothing", []string{"-path", "docs/guide/two.md"}, "\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, _ := gitlog(t, 0, append(args, test.args...)...)
			if diff := cmp.Diff(short.Replace(test.want), "\n"+got); diff != "" {
				t.Errorf("timeline (-want +got):\n%s", diff)
			}
		})
	}
	all, _ := gitlog(t, 0, append(args, "-limit", "0")...)
	if want := 7; strings.Count(all, "\n") != want {
		t.Errorf("the timeline of everything does not have %d lines:\n%s", want, all)
	}
	if want := "git                   tagged " + c[0][:8] + " as old\n"; !strings.Contains(all, want) {
		t.Errorf("the timeline of everything lacks the lightweight tag %q:\n%s", want, all)
	}
}
