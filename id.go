package activity

import (
	"bytes"
	"crypto/rand"
	"database/sql/driver"
	"encoding/binary"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
)

// ID identifies an event, and is its place in every timeline: a UUIDv7 (RFC 9562) whose timestamp
// is the instant at which the event occurred. Of two events, the later one has the greater ID.
//
// 48 bits hold the milliseconds since 1970, the 12 bits of rand_a the microseconds within them as
// floor(us*4096/1000) (RFC 9562 §6.2, method 3), and rand_b a random number of 61 bits. Events
// of the same microsecond get ascending numbers there (method 2) if one call of a journal records
// them, or calls that follow each other, so that they keep that order. Processes need no
// coordination: a million events at one same microsecond, recorded one by one all over the world,
// collide with a probability of 2e-7, and a collision is refused by the primary key, never
// overwritten.
//
// The zero ID means none.
type ID [16]byte

// ParseID reads the form that String writes. Bad input is an [InvalidError].
func ParseID(s string) (ID, error) {
	u, err := uuid.Parse(s)
	if err != nil || len(s) != 36 {
		return ID{}, &InvalidError{Field: "ID", Reason: "is not a UUID", Err: err}
	}
	return ID(u), nil
}

// String writes the ID as a UUID, in 36 characters.
func (id ID) String() string { return uuid.UUID(id).String() }

// IsZero reports whether id is the zero ID.
func (id ID) IsZero() bool { return id == ID{} }

// Compare orders IDs by time: it is negative if id is older than other, 0 if they are the same.
func (id ID) Compare(other ID) int { return bytes.Compare(id[:], other[:]) }

// Time returns the instant in the ID, in UTC, at a precision of one microsecond.
func (id ID) Time() time.Time {
	ms := int64(binary.BigEndian.Uint64(id[:8]) >> 16)
	fraction := int64(binary.BigEndian.Uint16(id[6:8]) & 0x0fff)
	us := (fraction*1000 + 4095) / 4096
	return time.UnixMicro(ms*1000 + us).UTC()
}

// Next returns the smallest ID after id. Stores and cursors use it to turn an exclusive bound
// into an inclusive one.
func (id ID) Next() ID {
	for i := len(id) - 1; i >= 0; i-- {
		id[i]++
		if id[i] != 0 {
			break
		}
	}
	return id
}

// previous returns the ID right before id; that of the zero ID is the highest.
func (id ID) previous() ID {
	for i := len(id) - 1; i >= 0; i-- {
		id[i]--
		if id[i] != 0xff {
			break
		}
	}
	return id
}

// MarshalText implements [encoding.TextMarshaler]. The zero ID is the empty text.
func (id ID) MarshalText() ([]byte, error) {
	if id.IsZero() {
		return []byte{}, nil
	}
	return []byte(id.String()), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (id *ID) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*id = ID{}
		return nil
	}
	parsed, err := ParseID(string(text))
	if err != nil {
		return err
	}
	*id = parsed
	return nil
}

// Value implements [driver.Valuer], so that a host can store IDs in its own tables.
// The zero ID is NULL.
func (id ID) Value() (driver.Value, error) {
	if id.IsZero() {
		return nil, nil
	}
	return id.String(), nil
}

// Scan implements [database/sql.Scanner]: it takes text, 16 bytes, or NULL.
func (id *ID) Scan(src any) error {
	if src == nil {
		*id = ID{}
		return nil
	}
	var u uuid.UUID
	if err := u.Scan(src); err != nil {
		return &InvalidError{Field: "ID", Reason: "is not a UUID", Err: err}
	}
	*id = ID(u)
	return nil
}

// firstID returns the smallest ID that an event at t can have.
func firstID(t time.Time) ID { return newID(t, 0) }

func newID(t time.Time, random uint64) ID {
	us := t.UnixMicro()
	ms, rest := us/1000, us%1000
	var id ID
	binary.BigEndian.PutUint64(id[:8], uint64(ms)<<16|0x7000|uint64(rest*4096/1000))
	binary.BigEndian.PutUint64(id[8:], 1<<63|random)
	return id
}

// idSource makes IDs. It is safe for concurrent use.
type idSource struct {
	mu   sync.Mutex
	us   int64  // the microsecond of the last ID
	last uint64 // its random number, 0 before the first
}

// assign gives each of the times an ID. Equal times within the call get ascending IDs, and so do
// those that it shares with the latest time of the call before.
func (s *idSource) assign(times []time.Time) []ID {
	entropy := make([]byte, 8*len(times))
	rand.Read(entropy) // never fails, see crypto/rand
	ids := make([]ID, len(times))
	order := make([]int, len(times)) // by time, so that equal times come one after the other
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return times[a].Compare(times[b]) })

	s.mu.Lock()
	defer s.mu.Unlock()
	for _, i := range order {
		t, random := times[i], binary.BigEndian.Uint64(entropy[8*i:])
		// Starting in the lower half and stepping by less than 2^32 leaves room for half a
		// billion events at one microsecond; past that, order among them is given up, not
		// uniqueness.
		next := random >> 3
		if s.last != 0 && t.UnixMicro() == s.us {
			if step := s.last + 1 + random>>32; step < 1<<62 {
				next = step
			}
		}
		s.us, s.last = t.UnixMicro(), next
		ids[i] = newID(t, next)
	}
	return ids
}
