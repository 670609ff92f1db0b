package activity

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
)

// Erase takes an entity out of a stored event, and reports whether it was in it. Of an event about the entity the
// payload goes, and the key if it has the entity's ID or label in it; of one by it, and of one about it, its ID and its label,
// but not its kind. Commitments take the place of the salts of what went, so that the leaf stays what it was. Labels of the
// entity given do not count.
func (r *EventRow) Erase(entity Entity) bool {
	parts, err := r.storedParts()
	if err != nil {
		return false // what cannot be proven is not made to look as if it could
	}
	changed := false
	c := committer{inner: make([]byte, sha256.BlockSize, 1024)}
	erase := func(i int, texts ...string) {
		if !parts[i].erased {
			c.parts = parts[i : i+1]
			parts[i] = part{erased: true, bytes: c.commit(nil, texts...)}
		}
		changed = true
	}
	names := []string{entity.ID}
	for i := range r.About {
		e := &r.About[i]
		if !e.Is(entity) {
			continue
		}
		names = append(names, e.Label)
		erase(2+i, e.ID, e.Label)
		*e = Entity{Kind: e.Kind}
	}
	if changed {
		erase(0, string(r.Payload))
		r.Payload, r.Erased = nil, true
		if r.Key != "" && containsAny(r.Key, names) {
			erase(len(parts)-1, r.Key)
			r.Key = ""
		}
	}
	if r.Actor.Is(entity) {
		erase(1, r.Actor.ID, r.Actor.Label)
		r.Actor = Entity{Kind: r.Actor.Kind}
	}
	if changed {
		r.Salts = joinParts(parts)
	}
	return changed
}

// Erase takes an entity out of a task, and reports whether it was in it. Of a task about the entity the title, the input,
// the attributes and the reason go too, and the keys that have the entity's ID or label in them.
func (t *Task) Erase(entity Entity) bool {
	changed := false
	names := []string{entity.ID}
	for i := range t.About {
		if e := &t.About[i]; e.Is(entity) {
			names = append(names, e.Label)
			*e = Entity{Kind: e.Kind}
			changed = true
		}
	}
	if changed {
		t.Title, t.Input, t.Attributes, t.Reason, t.Detail = "", nil, nil, "", ""
		if containsAny(t.Key, names) {
			t.Key = ""
		}
		if containsAny(t.Exclusive, names) {
			t.Exclusive = ""
		}
	}
	for _, e := range []*Entity{&t.Actor, &t.EndedBy} {
		if e.Is(entity) {
			*e = Entity{Kind: e.Kind}
			changed = true
		}
	}
	if changed {
		t.Revision++
	}
	return changed
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

func containsAny(text string, parts []string) bool {
	for _, part := range parts {
		if part != "" && strings.Contains(text, part) {
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

// saltedParts reads the salts of an event of which nothing is erased.
func saltedParts(salts []byte) []part {
	parts := make([]part, 0, 8)
	for ; len(salts) >= saltLength; salts = salts[saltLength:] {
		parts = append(parts, part{bytes: salts[:saltLength]})
	}
	return parts
}

// storedParts reads the salts of a stored event, and checks that nothing is where something was erased.
func (r *EventRow) storedParts() ([]part, error) {
	var parts []part
	if len(r.Salts) == r.parts()*saltLength {
		parts = saltedParts(r.Salts)
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
	keyless := 2 + len(r.About)
	if len(parts) != keyless && len(parts) != keyless+1 {
		return nil, errSalts
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
	if hasKeyPart := len(parts) > keyless; hasKeyPart != (r.Key != "") && !(hasKeyPart && parts[keyless].erased) {
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
