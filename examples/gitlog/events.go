package main

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/go-activity/activity"
)

// Change is the payload of commits and merges. What people rarely list stays in git: the rest of the
// message, the committer, the author's time zone.
type Change struct {
	Hash    string `json:"hash"`
	Subject string `json:"subject"`
	Files   int    `json:"files"`            // of the whole commit
	Status  string `json:"status,omitempty"` // a letter of git's for each file that the event is about: A, M, D, T
	Part    int    `json:"part,omitempty"`   // from 1, if the commit takes several events
	Parts   int    `json:"parts,omitempty"`
}

// Tagging is the payload of tags.
type Tagging struct {
	Target    string `json:"target"` // beginning of the hash
	Hash      string `json:"hash"`   // of what is tagged
	Kind      string `json:"kind"`   // commit, nearly always; git tags trees, blobs and tags as well
	Annotated bool   `json:"annotated"`
	Subject   string `json:"subject,omitempty"`
}

const inFiles = "{subject} ({files, plural, =0 {no files} one {# file} other {# files}})"

var (
	committed = activity.Define[Change]("commit", activity.TypeOptions{Summary: inFiles})
	merged    = activity.Define[Change]("merge", activity.TypeOptions{
		Summary: "{subject}{files, plural, =0 {} one { (# file of its own)} other { (# files of its own)}}",
	})
	// continued is a commit or merge that is about more than an event can be: each of its files and
	// directories is on one of its events, and so has the commit once on its timeline. It reads like
	// the commit, and is left out where all commits are listed.
	continued = activity.Define[Change]("commit.continued", activity.TypeOptions{Summary: inFiles})
	tagged    = activity.Define[Tagging]("tag", activity.TypeOptions{Summary: "tagged {target} as {about}"})

	types = []activity.EventType{committed, merged, continued, tagged}
	whole = []string{committed.Name(), merged.Name(), tagged.Name()} // one for each commit or tag
)

// Kinds of entities.
const (
	kindCommit = "commit"
	kindFile   = "file"
	kindDir    = "directory"
	kindTag    = "tag"
)

const maxSubject = 1000 // bytes

// drafts calls fn for the events of a commit: one, or as many as its files and directories need.
func (c *commit) drafts(r *replaced, fn func(activity.Draft) error) error {
	entities, status := c.entities(r)
	const room = activity.MaxAbout - 1 // beside the commit
	parts := max(1, (len(entities)+room-1)/room)

	self := activity.Entity{Kind: kindCommit, ID: c.hash, Label: c.hash[:8]}
	author := r.person(c.name, c.email)
	at := r.instant(c.authored, c.committed)
	change := Change{
		Hash:    c.hash,
		Subject: r.label(cmp.Or(c.subject, "(no message)"), maxSubject),
		Files:   len(status),
	}
	typ := committed
	if c.parents > 1 {
		typ = merged
	}
	dirs := len(entities) - len(status)
	for part := range parts {
		from, to := part*room, min((part+1)*room, len(entities))
		change.Status = string(status[max(0, from-dirs):max(0, to-dirs)])
		if parts > 1 {
			change.Part, change.Parts = part+1, parts
		}
		if part > 0 {
			typ = continued
		}
		draft := typ.New(change).By(author).About(self).About(entities[from:to]...).
			At(at).Key(fmt.Sprintf("%s/%d", c.hash, part))
		if err := fn(draft); err != nil {
			return err
		}
	}
	return nil
}

// entities returns the directories above the files of a commit, then the files with their status.
func (c *commit) entities(r *replaced) (entities []activity.Entity, status []byte) {
	seen := make(map[string]bool, 2*len(c.paths))
	for _, path := range c.paths {
		for end := strings.LastIndexByte(path, '/'); end > 0; end = strings.LastIndexByte(path[:end], '/') {
			if seen[path[:end+1]] {
				break // and so are those above it
			}
			seen[path[:end+1]] = true
			entities = append(entities, r.entity(kindDir, path[:end]))
		}
	}
	for i, path := range c.paths {
		if seen[path] { // broken trees list a name twice
			continue
		}
		seen[path] = true
		entities = append(entities, r.entity(kindFile, path))
		status = append(status, c.status[i])
	}
	return entities, status
}

// draft returns the event of a tag. A lightweight tag is a name without a tagger or a time: nobody
// knows who gave it, so it is git's, at the time of its commit, which is the earliest possible.
func (t *tag) draft(r *replaced) activity.Draft {
	by := activity.System("git")
	if t.tagger != "" || t.email != "" {
		by = r.person(t.tagger, t.email)
	}
	at := t.committed
	if t.tagged != "" || t.committed == "" {
		at = t.tagged
	}
	about := []activity.Entity{r.entity(kindTag, t.name)}
	if t.kind == "commit" {
		about = append(about, activity.Entity{Kind: kindCommit, ID: t.target, Label: t.target[:8]})
	}
	key := sha256.Sum256([]byte(t.hash + t.name)) // names may be longer than keys
	return tagged.New(Tagging{
		Target:    t.target[:8],
		Hash:      t.target,
		Kind:      t.kind,
		Annotated: t.annotated,
		Subject:   r.label(t.subject, maxSubject),
	}).By(by).About(about...).At(r.instant(at, t.committed)).Key(fmt.Sprintf("tag/%x", key))
}
