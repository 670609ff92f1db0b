package activity

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Erase takes an entity out of a stored event, and reports whether it was in it. Of an event about the entity the
// payload goes; of one about it or by it, its ID and its label, but not its kind, and the key if it has one of them in it,
// whatever the case of letters. Commitments take the place of the salts of what went, so that the leaf stays what it was.
// Labels of the entity given do not count.
//
// Of an event that is damaged the same goes. If its salts cannot be read, all of them go too, and Check finds that.
func (r *EventRow) Erase(entity Entity) bool {
	names := namesOf(entity, r.About, r.Actor)
	if names == nil {
		return false
	}
	parts, err := r.readParts()
	erase := func(i int, texts ...string) {
		if err == nil && !parts[i].erased {
			c := newCommitter()
			parts[i] = part{erased: true, bytes: c.commit(nil, parts[i], texts...)}
		}
	}
	for i := range r.About {
		e := &r.About[i]
		if !e.Is(entity) {
			continue
		}
		erase(2+i, e.ID, e.Label)
		*e = Entity{Kind: e.Kind}
		erase(0, string(r.Payload))
		r.Payload, r.Erased = nil, true
	}
	if r.Actor.Is(entity) {
		erase(1, r.Actor.ID, r.Actor.Label)
		r.Actor = Entity{Kind: r.Actor.Kind}
	}
	if containsAny(r.Key, names) {
		if i := 2 + len(r.About); i < len(parts) {
			erase(i, r.Key)
		}
		r.Key = ""
	}
	r.Salts = []byte{}
	if err == nil {
		r.Salts = joinParts(parts)
	}
	return true
}

// Erase takes an entity out of a task, and reports whether it was in it. Of a task about the entity the title, the input,
// the attributes and the reason go too; of any, the keys that have the entity's ID or label in them.
func (t *Task) Erase(entity Entity) bool {
	names := namesOf(entity, t.About, t.Actor, t.EndedBy)
	if names == nil {
		return false
	}
	for i := range t.About {
		if e := &t.About[i]; e.Is(entity) {
			*e = Entity{Kind: e.Kind}
			t.Title, t.Input, t.Attributes, t.Reason, t.Detail = "", nil, nil, "", ""
		}
	}
	for _, e := range []*Entity{&t.Actor, &t.EndedBy} {
		if e.Is(entity) {
			*e = Entity{Kind: e.Kind}
		}
	}
	for _, key := range []*string{&t.Key, &t.Exclusive} {
		if containsAny(*key, names) {
			*key = ""
		}
	}
	t.Revision++
	return true
}

// Erase takes an entity out of the outcome of that record, and reports whether it was in it. What is left is the kind of
// the outcome, where it stands in the report, and when.
func (r *OutcomeRow) Erase(entity Entity) bool {
	if !r.Record.Is(entity) {
		return false
	}
	r.Record = Entity{Kind: r.Record.Kind}
	r.Message, r.Link, r.Before, r.After, r.Extra = "", "", nil, nil, nil
	return true
}

// namesOf returns what names an entity where it is stored: its ID, and the labels that it has there; nil if it is not there.
func namesOf(entity Entity, about []Entity, others ...Entity) []string {
	var names []string
	for _, e := range slices.Concat(about, others) {
		if e.Is(entity) {
			names = append(names, e.ID, e.Label)
		}
	}
	return names
}

func containsAny(text string, parts []string) bool {
	text = Fold(text)
	for _, part := range parts {
		if part != "" && strings.Contains(text, Fold(part)) {
			return true
		}
	}
	return false
}

// Salts of an event of which nothing is erased are just that. Otherwise, each part has a byte before it.
const (
	partSalt       = 0
	partCommitment = 1
)

var errSalts = errors.New("salts are damaged")

// saltedParts appends the salts of an event of which nothing is erased to parts.
func saltedParts(parts []part, salts []byte) []part {
	for ; len(salts) >= saltLength; salts = salts[saltLength:] {
		parts = append(parts, part{bytes: salts[:saltLength]})
	}
	return parts
}

// storedParts reads the salts of a stored event, and checks that nothing is where something was erased.
func (r *EventRow) storedParts() ([]part, error) {
	parts, err := r.readParts()
	if err != nil {
		return nil, err
	}
	if r.Erased != parts[0].erased {
		return nil, errors.New("is not erased as it says")
	}
	texts := []string{string(r.Payload), r.Actor.ID + r.Actor.Label}
	for _, e := range r.About {
		texts = append(texts, e.ID+e.Label)
	}
	texts = append(texts, r.Key)
	for i, p := range parts {
		if p.erased && texts[i] != "" {
			return nil, fmt.Errorf("part %d was erased, and is there", i)
		}
	}
	keyless := 2 + len(r.About)
	if hasKeyPart := len(parts) > keyless; hasKeyPart != (r.Key != "") && !(hasKeyPart && parts[keyless].erased) {
		return nil, errSalts
	}
	return parts, nil
}

// readParts reads the salts of a stored event: one for each part, but that of a key may be there without the key, or
// the other way round.
func (r *EventRow) readParts() ([]part, error) {
	var parts []part
	if len(r.Salts) == r.parts()*saltLength {
		parts = saltedParts(nil, r.Salts)
	} else {
		for b := r.Salts; len(b) > 0; {
			p, n := part{}, 1+saltLength
			switch b[0] {
			case partSalt:
			case partCommitment:
				p.erased, n = true, 1+sha256.Size
			default:
				return nil, errSalts
			}
			if len(b) < n {
				return nil, errSalts
			}
			p.bytes, b = b[1:n], b[n:]
			parts = append(parts, p)
		}
	}
	if n := 2 + len(r.About); len(parts) != n && len(parts) != n+1 {
		return nil, errSalts
	}
	return parts, nil
}

func joinParts(parts []part) []byte {
	var b []byte
	for _, p := range parts {
		tag := byte(partSalt)
		if p.erased {
			tag = partCommitment
		}
		b = append(append(b, tag), p.bytes...)
	}
	return b
}
