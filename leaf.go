package activity

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"hash"

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

// leaf computes the leaf of a row that has its ID and salts.
func leaf(r *EventRow) [32]byte {
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

	c := committer{salts: r.Salts, part: make([]byte, 0, 512)}
	b = c.commit(b, string(r.Payload))
	b = c.commit(b, r.Actor.ID, r.Actor.Label)
	for _, e := range r.About {
		b = c.commit(b, e.ID, e.Label)
	}
	if r.Key != "" {
		b = c.commit(b, r.Key)
	}
	return tlog.RecordHash(b)
}

// committer makes commitments, each with the next salt.
type committer struct {
	salts []byte
	part  []byte
}

func (c *committer) commit(b []byte, texts ...string) []byte {
	c.part = c.part[:0]
	for _, s := range texts {
		c.part = appendText(c.part, s)
	}
	var mac hash.Hash = hmac.New(sha256.New, c.salts[:saltLength])
	c.salts = c.salts[saltLength:]
	mac.Write(c.part)
	return mac.Sum(b)
}

// appendText appends a text after its length, so that no two lists of texts look the same.
func appendText(b []byte, s string) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(s)))
	return append(b, s...)
}
