package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// commit is a commit as git tells it: bytes that may be in any encoding, times that may be any number.
type commit struct {
	hash        string
	parents     int
	name, email string // of the author
	authored    string // seconds since 1970
	committed   string
	subject     string
	paths       []string
	status      []byte // A, M, D or T for each path
}

// tag is a tag as git tells it.
type tag struct {
	name, hash    string // hash is the tag's own, or the target's if it is lightweight
	target, kind  string // hash and kind of what is tagged
	annotated     bool
	tagger, email string // empty if it is lightweight, or very old
	tagged        string // seconds since 1970
	committed     string // those of the target, if it is a commit
	subject       string
}

// logArgs leaves nothing to the user's configuration, so that a commit reads the same every time.
//
// Parents come before their children, because commits of the same second keep the order in which
// they are recorded. Renames are a deletion and an addition: both paths have the commit on their
// timelines. A merge has the files that differ from all of its parents (-c): what it changed by
// itself, as in a conflict. What came from the branch stands on the timelines with the branch's own
// commits, and would be there twice.
var logArgs = []string{
	"log", "-z", "--no-show-signature", "--topo-order", "--reverse", "--encoding=UTF-8", "--no-color",
	"--format=%H%x00%P%x00%an%x00%ae%x00%at%x00%ct%x00%s",
	"-c", "--root", "--name-status", "--no-renames", "--no-relative", "--ignore-submodules=none", "-O/dev/null",
}

// commits calls fn for each commit, one at a time: the history may be longer than the memory.
func (r *repository) commits(ctx context.Context, fn func(*commit) error) error {
	args := append(slices.Concat(logArgs, r.refs), "--")
	var last *commit
	err := r.stream(ctx, func(in *bufio.Reader) (err error) {
		last, err = readCommits(in, fn)
		return err
	}, args...)
	if err != nil || last == nil {
		return err
	}
	return fn(last) // only now is it known that git was not killed in the middle of its files
}

// readCommits reads what git log prints for logArgs and calls fn for all commits but the last, which
// it returns. There are fields and names that end with a NUL, which none of them can contain. The
// files of a commit are pairs of a status, in capitals, and a name; what is no status is the hash of
// the next commit. Before the files there may be an empty line or name.
func readCommits(in *bufio.Reader, fn func(*commit) error) (*commit, error) {
	hash, err := field(in)
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	for err == nil {
		if len(hash) < 40 || strings.Trim(hash, "0123456789abcdef") != "" {
			return nil, fmt.Errorf("git log printed %.50q where a commit was expected", hash)
		}
		c := &commit{hash: hash}
		var parents string
		for _, f := range []*string{&parents, &c.name, &c.email, &c.authored, &c.committed, &c.subject} {
			if *f, err = field(in); err != nil {
				return nil, cut(err)
			}
		}
		c.parents = len(strings.Fields(parents))
		if hash, err = c.readFiles(in); errors.Is(err, io.EOF) {
			return c, nil
		}
		if err == nil {
			err = fn(c)
		}
	}
	return nil, err
}

// readFiles reads the files of a commit, and the field after them. It returns io.EOF if there is none.
func (c *commit) readFiles(in *bufio.Reader) (next string, err error) {
	for {
		status, err := field(in)
		if err != nil {
			return "", err
		}
		status = strings.TrimPrefix(status, "\n")
		switch {
		case status == "":
			continue
		case status[0] < 'A' || 'Z' < status[0]:
			return status, nil
		}
		path, err := field(in)
		if err != nil {
			return "", cut(err)
		}
		c.paths = append(c.paths, path)
		c.status = append(c.status, status[0]) // a merge has one for each parent
	}
}

// field reads up to the next NUL. It returns io.EOF at the end, and errCut in the middle of a field.
func field(in *bufio.Reader) (string, error) {
	text, err := in.ReadString(0)
	if err == nil {
		return text[:len(text)-1], nil
	}
	if text != "" {
		err = cut(err)
	}
	return "", err
}

func cut(err error) error {
	if errors.Is(err, io.EOF) {
		return errCut
	}
	return err
}

// tags calls fn for each tag.
func (r *repository) tags(ctx context.Context, fn func(*tag) error) error {
	const fields = "%(refname)%00%(objectname)%00%(objecttype)%00%(object)%00%(type)%00%(taggername)%00%(taggeremail)%00" +
		"%(taggerdate:unix)%00%(committerdate:unix)%00%(*committerdate:unix)%00%(contents:subject)%00"
	return r.stream(ctx, func(in *bufio.Reader) error {
		for {
			f := make([]string, 11)
			for i := range f {
				var err error
				if f[i], err = field(in); i == 0 && errors.Is(err, io.EOF) {
					return nil
				} else if err != nil {
					return cut(err)
				}
			}
			t := &tag{name: strings.TrimPrefix(f[0], "refs/tags/"), hash: f[1], target: f[1], kind: f[2], committed: f[8]}
			if t.annotated = f[2] == "tag"; t.annotated {
				t.target, t.kind, t.committed = f[3], f[4], f[9]
				t.tagger, t.email, t.tagged, t.subject = f[5], strings.Trim(f[6], "<>"), f[7], f[10]
			}
			if err := fn(t); err != nil {
				return err
			}
			if end, err := in.ReadByte(); err != nil || end != '\n' {
				return errCut
			}
		}
	}, "for-each-ref", "--format="+fields, "refs/tags")
}
