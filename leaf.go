package activity

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"

	"golang.org/x/mod/sumdb/tlog"
)

// A leaf is what the ledger holds of an event: the RFC 6962 leaf hash of a header, which names no
// person, followed by a commitment to each part that may name one. A commitment is an HMAC-SHA256
// whose key is 16 random bytes, the part's salt: once the part and its salt are erased, the
// commitment says nothing of it, and the leaf still stands.
const (
	leafVersion = 1
	saltLength  = 16
)

// part is what is stored of a part of an event: its salt, or the commitment to it once it is erased.
type part struct {
	erased bool
	bytes  []byte
}

// parts is the number of commitments: payload, actor, each entity, and the key if there is one.
func (r *EventRow) parts() int {
	n := 2 + len(r.About)
	if r.Key != "" {
		n++
	}
	return n
}

// salt gives every part of every row a salt of its own.
func salt(rows []EventRow) {
	n := 0
	for i := range rows {
		n += rows[i].parts()
	}
	salts := make([]byte, n*saltLength)
	rand.Read(salts) // never fails, see crypto/rand
	for i := range rows {
		n := rows[i].parts() * saltLength
		rows[i].Salts, salts = salts[:n:n], salts[n:]
	}
}

// Leaf computes the hash that the ledger will hold for the event. A store keeps it with the events
// that are not in the ledger yet; it may ask for it while the database is busy with the rest.
func (r *EventRow) Leaf() [32]byte {
	var room [8]part // enough for most
	return r.leaf(saltedParts(room[:0], r.Salts))
}

// Check computes the leaf of an event that was stored, of which parts may be erased. What cannot be a row that the
// library made is an error: salts for other parts than the row has, say, or something in the place of what was erased.
func (r *EventRow) Check() (Hash, error) {
	parts, err := r.storedParts()
	if err != nil {
		return Hash{}, err
	}
	return r.leaf(parts), nil
}

func (r *EventRow) leaf(parts []part) Hash {
	b := make([]byte, 0, 512)
	b = append(b, leafVersion)
	b = append(b, r.ID[:]...)
	b = appendText(b, r.Tenant)
	b = appendText(b, r.Type)
	b = binary.BigEndian.AppendUint64(b, uint64(r.Version))
	b = binary.BigEndian.AppendUint64(b, uint64(r.OccurredAt.UnixMicro()))
	b = binary.BigEndian.AppendUint64(b, uint64(r.RecordedAt.UnixMicro()))
	b = append(b, byte(r.Source))
	b = append(b, r.Task[:]...)
	b = appendText(b, r.Actor.Kind)
	b = binary.BigEndian.AppendUint32(b, uint32(len(r.About)))
	for _, e := range r.About {
		b = appendText(b, e.Kind)
	}

	c := newCommitter()
	b = c.commit(b, parts[0], string(r.Payload))
	b = c.commit(b, parts[1], r.Actor.ID, r.Actor.Label)
	for i, e := range r.About {
		b = c.commit(b, parts[2+i], e.ID, e.Label)
	}
	if key := 2 + len(r.About); key < len(parts) {
		b = c.commit(b, parts[key], r.Key)
	}
	return tlog.RecordHash(b)
}

// committer makes commitments. It computes HMAC-SHA256 (RFC 2104) from
// [sha256.Sum256] in memory that it uses again: with crypto/hmac, which allocates for every key, the
// commitments took most of the time that recording spends outside of the database. A test compares
// the two.
type committer struct {
	inner []byte // the salt xor ipad, then the part
}

func newCommitter() committer { return committer{inner: make([]byte, sha256.BlockSize, 1024)} }

// commit appends the commitment to a part, which has these texts unless it is erased.
func (c *committer) commit(b []byte, p part, texts ...string) []byte {
	if p.erased {
		return append(b, p.bytes...)
	}
	const block = sha256.BlockSize
	var outer [block + sha256.Size]byte // the salt xor opad, then the inner hash
	c.inner = c.inner[:block]
	for i := range block {
		var k byte // keys are filled up with zeros
		if i < saltLength {
			k = p.bytes[i]
		}
		c.inner[i], outer[i] = k^0x36, k^0x5c
	}
	for _, s := range texts {
		c.inner = appendText(c.inner, s)
	}
	inner := sha256.Sum256(c.inner)
	copy(outer[block:], inner[:])
	sum := sha256.Sum256(outer[:])
	return append(b, sum[:]...)
}

// appendText appends a text after its length, so that no two lists of texts look the same.
func appendText(b []byte, s string) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(s)))
	return append(b, s...)
}
