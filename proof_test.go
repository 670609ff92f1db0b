package activity_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/go-activity/activity"
)

// entriesOf returns the entries of acme.
func entriesOf(t testing.TB, journal *activity.Journal) []activity.EntryRow {
	t.Helper()
	rows, err := activity.StoreOf(journal).Entries(t.Context(), activity.EntryQuery{Tenant: "acme", Limit: math.MaxInt})
	check(t, err)
	return rows
}

// erased takes deal out of an event that is proven.
func erased(p activity.Proof) activity.Proof {
	row := activity.EventRow{Event: p.Event.Clone(), Salts: slices.Clone(p.Salts)}
	row.Erase(deal)
	p.Event, p.Salts = row.Event, row.Salts
	return p
}

// Each event of a ledger is proven, by the path of RFC 6962, also after its JSON was formatted anew.
func TestProve(t *testing.T) {
	for _, n := range []int{1, 2, 3, 255, 256, 257, 700} {
		journal, key := newLedger(t, n)
		acme := journal.Tenant("acme").Ledger()
		_, err := acme.Checkpoint(t.Context())
		check(t, err)
		var leaves rfc6962
		entries := entriesOf(t, journal)
		for _, e := range entries {
			leaves = append(leaves, e.Leaf)
		}
		for i, e := range entries {
			if n > 3 && i%7 > 0 && i < n-3 {
				continue
			}
			p, err := acme.Prove(t.Context(), e.ID)
			check(t, err)
			if p.Index != int64(i) || !slices.Equal(p.Hashes, leaves.path(i)) || p.Checkpoint.Root != leaves.mth() {
				t.Fatalf("the proof of %d among %d is another than that of RFC 6962", i, n)
			}
			data, err := json.MarshalIndent(p, "", "  ")
			check(t, err)
			var decoded activity.Proof
			check(t, json.Unmarshal(data, &decoded))
			if diff := cmp.Diff(p, decoded, cmp.Comparer(func(a, b []tlog.Hash) bool { return slices.Equal(a, b) })); diff != "" {
				t.Fatalf("JSON of the proof is another proof:\n%s", diff)
			}
			event, err := activity.VerifyProof(decoded, key)
			if diff := cmp.Diff(e.Event.Event, event); err != nil || diff != "" {
				t.Fatalf("VerifyProof of %d among %d: %v\n%s", i, n, err, diff)
			}
			event, err = activity.VerifyProof(erased(p), key)
			if err != nil || !event.Erased || event.About[0].ID != "" || event.Actor != ana {
				t.Fatalf("VerifyProof after erasing = %+v, %v", event, err)
			}
		}
	}
}

// An event that has no position gets one to be proven.
func TestProveAtOnce(t *testing.T) {
	journal, key := newLedger(t, 10)
	event := addEvents(t, journal, 1)[0]
	p, err := journal.Tenant("acme").Ledger().Prove(t.Context(), event.ID)
	check(t, err)
	got, err := activity.VerifyProof(p, key)
	if diff := cmp.Diff(event, got); err != nil || diff != "" {
		t.Errorf("VerifyProof: %v\n%s", err, diff)
	}
	if _, err := journal.Tenant("globex").Ledger().Prove(t.Context(), event.ID); !errors.Is(err, activity.ErrNotFound) {
		t.Errorf("Prove of another tenant's event = %v", err)
	}
}

// Nothing of a proof can be changed.
func TestVerifyProofRefuses(t *testing.T) {
	journal, key := newLedger(t, 300)
	_, stranger := newKey(t, "crm.test")
	acme, globex := journal.Tenant("acme").Ledger(), journal.Tenant("globex").Ledger()
	events := addEvents(t, journal, 3)
	prove := func() activity.Proof {
		t.Helper()
		p, err := acme.Prove(t.Context(), events[1].ID)
		check(t, err)
		return p
	}
	fixed := prove()
	later, err := acme.Prove(t.Context(), addEvents(t, journal, 1)[0].ID)
	check(t, err)
	other, err := globex.Checkpoint(t.Context())
	check(t, err)
	prove = func() activity.Proof {
		p := fixed
		p.Event, p.Salts, p.Hashes, p.Checkpoint.Note = p.Event.Clone(), slices.Clone(p.Salts), slices.Clone(p.Hashes), slices.Clone(p.Checkpoint.Note)
		return p
	}
	changes := map[string]struct {
		change func(*activity.Proof)
		want   string
	}{
		"payload":            {func(p *activity.Proof) { p.Event.Payload = []byte(`{"text":"other"}`) }, "hashes do not lead"},
		"space in payload":   {func(p *activity.Proof) { p.Event.Payload = append(p.Event.Payload, ' ') }, "hashes do not lead"},
		"no payload":         {func(p *activity.Proof) { p.Event.Payload = nil }, "hashes do not lead"},
		"erased":             {func(p *activity.Proof) { p.Event.Erased = true }, "erased"},
		"erased otherwise":   {func(p *activity.Proof) { *p = erased(*p); p.Event.Erased = false }, "erased"},
		"filled in":          {func(p *activity.Proof) { *p = erased(*p); p.Event.Payload = []byte(`{}`) }, "was erased, and is there"},
		"actor filled in":    {func(p *activity.Proof) { *p = erased(*p); p.Event.About[0].Label = "x" }, "was erased, and is there"},
		"actor":              {func(p *activity.Proof) { p.Event.Actor.Label = "Eve" }, "hashes do not lead"},
		"type":               {func(p *activity.Proof) { p.Event.Type = "note.removed" }, "hashes do not lead"},
		"source":             {func(p *activity.Proof) { p.Event.Source = 3 - p.Event.Source }, "hashes do not lead"},
		"time":               {func(p *activity.Proof) { p.Event.OccurredAt = p.Event.OccurredAt.Add(time.Microsecond) }, "hashes do not lead"},
		"tenant":             {func(p *activity.Proof) { p.Event.Tenant = "globex" }, "event is of tenant"},
		"no entity":          {func(p *activity.Proof) { p.Event.About = nil }, "event salts"},
		"salt":               {func(p *activity.Proof) { p.Salts[0]++ }, "hashes do not lead"},
		"no salts":           {func(p *activity.Proof) { p.Salts = nil }, "event salts"},
		"salts cut":          {func(p *activity.Proof) { p.Salts = p.Salts[:20] }, "event salts"},
		"index":              {func(p *activity.Proof) { p.Index++ }, "hashes do not lead"},
		"negative index":     {func(p *activity.Proof) { p.Index = -1 }, "index -1 is not in a tree of"},
		"huge index":         {func(p *activity.Proof) { p.Index = math.MaxInt64 }, "is not in a tree of"},
		"hash":               {func(p *activity.Proof) { p.Hashes[3][7]++ }, "hashes do not lead"},
		"hashes swapped":     {func(p *activity.Proof) { p.Hashes[0], p.Hashes[1] = p.Hashes[1], p.Hashes[0] }, "hashes do not lead"},
		"hash missing":       {func(p *activity.Proof) { p.Hashes = p.Hashes[1:] }, "hashes do not lead"},
		"hash too many":      {func(p *activity.Proof) { p.Hashes = append(p.Hashes, activity.Hash{}) }, "hashes do not lead"},
		"no hashes":          {func(p *activity.Proof) { p.Hashes = nil }, "hashes do not lead"},
		"of another event":   {func(p *activity.Proof) { p.Event, p.Salts = later.Event, later.Salts }, "hashes do not lead"},
		"size in the fields": {func(p *activity.Proof) { p.Checkpoint.Size++ }, "not what its note says"},
		"huge size":          {func(p *activity.Proof) { p.Checkpoint.Size = math.MaxInt64 }, "checkpoint is of 9223372036854775807 entries"},
		"negative size":      {func(p *activity.Proof) { p.Checkpoint.Size = -5 }, "checkpoint is of -5 entries"},
		"note":               {func(p *activity.Proof) { p.Checkpoint.Note[2]++ }, "invalid signature"},
		"no note":            {func(p *activity.Proof) { p.Checkpoint.Note = nil }, "malformed"},
		"tenant's note":      {func(p *activity.Proof) { p.Checkpoint = other }, "event is of tenant"},
		"later note":         {func(p *activity.Proof) { p.Checkpoint = later.Checkpoint }, "hashes do not lead"},
		"nothing":            {func(p *activity.Proof) { *p = activity.Proof{} }, "malformed"},
		"nothing but a note": {func(p *activity.Proof) { *p = activity.Proof{Checkpoint: p.Checkpoint} }, "event is of tenant"},
	}
	if _, err := activity.VerifyProof(prove(), key); err != nil {
		t.Fatal(err)
	}
	for name, test := range changes {
		p := prove()
		test.change(&p)
		if event, err := activity.VerifyProof(p, key); !errors.Is(err, activity.ErrProof) || !strings.Contains(fmt.Sprint(err), test.want) || !event.ID.IsZero() {
			t.Errorf("%s: VerifyProof = %v, %v; want an ErrProof with %q", name, event.ID, err, test.want)
		}
	}
	if _, err := activity.VerifyProof(prove(), stranger); !errors.Is(err, activity.ErrProof) || !strings.Contains(err.Error(), "not signed by a key") {
		t.Errorf("VerifyProof with another key = %v", err)
	}
	// Times between two microseconds have the same leaf; what comes back is what was recorded.
	p := prove()
	p.Event.OccurredAt = p.Event.OccurredAt.Add(999).In(time.FixedZone("", 3600))
	if event, err := activity.VerifyProof(p, key); err != nil || event.OccurredAt != fixed.Event.OccurredAt {
		t.Errorf("VerifyProof = %v, %v; want %v", event.OccurredAt, err, fixed.Event.OccurredAt)
	}
}

// JSON that programs read in several ways is refused.
func TestProofJSON(t *testing.T) {
	journal, _ := newLedger(t, 3)
	p, err := journal.Tenant("acme").Ledger().Prove(t.Context(), addEvents(t, journal, 1)[0].ID)
	check(t, err)
	data, err := json.Marshal(p)
	check(t, err)
	for name, change := range map[string][2]string{
		"other case":    {`"index"`, `"Index"`},
		"twice":         {`"index"`, `"index":1,"index"`},
		"twice by case": {`"event"`, `"Event":{},"event"`},
		"by folding":    {`"salts"`, `"ſalts":"","salts"`},
		"within":        {`"tenant"`, `"tenant":"x","tenant"`},
		"unknown":       {`"index"`, `"indices":1,"index"`},
		"many":          {`"index"`, strings.Repeat(`"abc":1,`, 100) + `"index"`},
		"fraction":      {`"index":3`, `"index":3.5`},
		"payload":       {`"payload":"`, `"payload":{},"x":"`},
		"short hash":    {`"hashes":["`, `"hashes":["AAAA","`},
	} {
		changed := strings.Replace(string(data), change[0], change[1], 1)
		if changed == string(data) {
			t.Fatalf("%s: nothing was changed in %s", name, data)
		}
		var p activity.Proof
		if err := json.Unmarshal([]byte(changed), &p); !errors.Is(err, activity.ErrProof) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// bigStore is a ledger of leaves, some of which are an event's. It counts what is read.
type bigStore struct {
	activity.Store
	tree  activity.Tree
	tiles map[activity.TileID][]activity.Hash
	entry activity.EntryRow
	reads map[activity.TileID]int
	calls int
}

func newBigStore(size int, indexes ...int) *bigStore {
	row := leafRow()
	s := &bigStore{tiles: map[activity.TileID][]activity.Hash{}, reads: map[activity.TileID]int{}}
	s.entry = activity.EntryRow{Position: 1, Tenant: "acme", Index: int64(indexes[0]), ID: row.ID, Leaf: row.Leaf(), Event: row}
	leaves := make([]activity.Hash, size)
	for i := range leaves {
		leaves[i] = activity.Hash{byte(i), byte(i >> 8), byte(i >> 16), 1}
	}
	for _, index := range indexes {
		leaves[index] = s.entry.Leaf
	}
	for _, tile := range s.tree.Grow(nil, leaves) {
		s.tiles[tile.TileID] = append(s.tiles[tile.TileID], tile.Hashes...)
	}
	s.tiles[activity.TileID{Index: int64(size / 256)}] = leaves[size/256*256:]
	return s
}

func (s *bigStore) Seal(context.Context, int) (int, error) { return 0, nil }

func (s *bigStore) Head(context.Context, string) (activity.TreeHead, error) {
	return activity.TreeHead{Tree: s.tree, Position: 1}, nil
}

func (s *bigStore) Entry(context.Context, string, activity.ID) (activity.EntryRow, error) {
	return s.entry, nil
}

func (s *bigStore) Tiles(_ context.Context, _ string, tiles []activity.TileID) ([][]byte, error) {
	s.calls++
	data := make([][]byte, len(tiles))
	for i, id := range tiles {
		s.reads[id]++
		for _, hash := range s.tiles[id] {
			data[i] = append(data[i], hash[:]...)
		}
	}
	return data, nil
}

// A proof of one event among a million reads each tile once, and four of a level at most.
func TestProveReadsFewTiles(t *testing.T) {
	signer, key := newKey(t, "crm.test")
	indexes := []int{0, 1, 255, 256, 65_535, 500_000, 983_039, 983_040, 999_936, 999_999}
	s := newBigStore(1_000_000, indexes...)
	journal, err := activity.New(s, &activity.Config{Signer: signer})
	check(t, err)
	acme := journal.Tenant("acme").Ledger()
	for _, index := range indexes {
		clear(s.reads)
		s.calls, s.entry.Index = 0, int64(index)
		p, err := acme.Prove(t.Context(), s.entry.ID)
		check(t, err)
		if event, err := activity.VerifyProof(p, key); err != nil || event.ID != s.entry.ID {
			t.Errorf("VerifyProof of index %d = %v", index, err)
		}
		s.wasRead(t, fmt.Sprintf("a proof of index %d", index))

		// The same by the reader of x/mod, which checks every tile.
		proof, err := tlog.ProveRecord(s.tree.Size, int64(index), tlog.TileHashReader(tlog.Tree{N: s.tree.Size, Hash: s.tree.Root()}, checkedTiles{s}))
		if err != nil || !slices.Equal(p.Hashes, proof) {
			t.Errorf("the proof of index %d is another than tlog's, %v", index, err)
		}
	}
}

func (s *bigStore) wasRead(t testing.TB, what string) {
	t.Helper()
	levels := map[int]int{}
	for id, n := range s.reads {
		if levels[id.Level]++; n > 1 {
			t.Errorf("%s reads tile %v %d times", what, id, n)
		}
	}
	for level, n := range levels {
		if n > 4 {
			t.Errorf("%s reads %d tiles of level %d", what, n, level)
		}
	}
	if s.calls != 1 || len(s.reads) < 3 {
		t.Errorf("%s reads %d tiles in %d calls", what, len(s.reads), s.calls)
	}
}

// checkedTiles are tiles for tlog.
type checkedTiles struct{ *bigStore }

func (checkedTiles) Height() int                     { return 8 }
func (checkedTiles) SaveTiles([]tlog.Tile, [][]byte) {}
func (c checkedTiles) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	ids := make([]activity.TileID, len(tiles))
	for i, tile := range tiles {
		ids[i] = activity.TileID{Level: tile.L, Index: tile.N}
	}
	data, err := c.Tiles(context.Background(), "", ids)
	for i, tile := range tiles {
		data[i] = data[i][:tile.W*tlog.HashSize]
	}
	return data, err
}

// A proof is made of nothing that is not what was recorded.
func TestProveTampered(t *testing.T) {
	signer, _ := newKey(t, "crm.test")
	for name, test := range map[string]struct {
		change func(*bigStore)
		want   string
	}{
		"event":       {func(s *bigStore) { s.entry.Event.Payload = []byte(`{}`) }, "event is not what was recorded"},
		"tenant":      {func(s *bigStore) { s.entry.Event.Tenant = "globex" }, "event is of another tenant"},
		"other event": {func(s *bigStore) { s.entry.Event.ID[3]++ }, "event is another"},
		"unreadable":  {func(s *bigStore) { s.entry.Event, s.entry.Err = activity.EventRow{}, errDown }, "event cannot be read"},
		"index":       {func(s *bigStore) { s.entry.Index++ }, "tiles do not lead"},
		"index after": {func(s *bigStore) { s.entry.Index = 70_000 }, "index is outside"},
		"index below": {func(s *bigStore) { s.entry.Index = -1 }, "index is outside"},
		"tile":        {func(s *bigStore) { s.tiles[activity.TileID{Level: 1}][200][5]++ }, "tiles do not lead"},
		"short tile":  {func(s *bigStore) { s.tiles[activity.TileID{Level: 1}] = nil }, "tiles do not lead"},
		"edge":        {func(s *bigStore) { s.tree.Edge[0][0]++ }, "tiles do not lead"},
		"size":        {func(s *bigStore) { s.tree.Size-- }, "edge is not that of a tree"},
		"no size":     {func(s *bigStore) { s.tree.Size = -1 }, "edge is not that of a tree"},
	} {
		s := newBigStore(70_000-1, 3000)
		test.change(s)
		journal, err := activity.New(s, &activity.Config{Signer: signer})
		check(t, err)
		_, err = journal.Tenant("acme").Ledger().Prove(t.Context(), s.entry.ID)
		if !errors.Is(err, activity.ErrTampered) || !strings.Contains(fmt.Sprint(err), test.want) {
			t.Errorf("%s: Prove = %v, want an ErrTampered with %q", name, err, test.want)
		}
	}
	s := newBigStore(10, 3)
	s.entry.Event = activity.EventRow{}
	journal, err := activity.New(s, &activity.Config{Signer: signer})
	check(t, err)
	if _, err = journal.Tenant("acme").Ledger().Prove(t.Context(), s.entry.ID); !errors.Is(err, activity.ErrGone) {
		t.Errorf("Prove of an event that was removed = %v", err)
	}
}
