package activity_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
)

// alteredStore is a store in which somebody has changed something.
type alteredStore struct {
	activity.Store
	entries func([]activity.EntryRow) []activity.EntryRow // of all entries
	all     []activity.EntryRow                           // what entries has made of them
	head    func(*activity.TreeHead)
	tile    func(activity.TileID, []byte) []byte
	strays  []activity.ID
	listing []activity.Event // further events of upkeep
	meddle  func()           // called once, after the first entries were read
}

func (s *alteredStore) Entries(ctx context.Context, q activity.EntryQuery) ([]activity.EntryRow, error) {
	if s.entries == nil {
		defer func() {
			if meddle := s.meddle; meddle != nil {
				s.meddle = nil
				meddle()
			}
		}()
		return s.Store.Entries(ctx, q)
	}
	if s.all == nil {
		all, err := s.Store.Entries(ctx, activity.EntryQuery{Tenant: q.Tenant, Limit: 1 << 30})
		if err != nil {
			return nil, err
		}
		s.all = s.entries(all)
	}
	var rows []activity.EntryRow
	for _, r := range s.all {
		if q.Match(&r) && len(rows) < q.Limit {
			rows = append(rows, r)
		}
	}
	return rows, nil
}

func (s *alteredStore) Head(ctx context.Context, tenant string) (activity.TreeHead, error) {
	head, err := s.Store.Head(ctx, tenant)
	if s.head != nil {
		s.head(&head)
	}
	return head, err
}

func (s *alteredStore) Tiles(ctx context.Context, tenant string, tiles []activity.TileID) ([][]byte, error) {
	data, err := s.Store.Tiles(ctx, tenant, tiles)
	for i, id := range tiles {
		if s.tile != nil {
			data[i] = s.tile(id, data[i])
		}
	}
	return data, err
}

func (s *alteredStore) Strays(_ context.Context, _ string, after activity.ID, limit int) ([]activity.ID, error) {
	rest := slices.DeleteFunc(slices.Clone(s.strays), func(id activity.ID) bool { return id.Compare(after) <= 0 })
	return rest[:min(len(rest), limit)], nil
}

func (s *alteredStore) Feed(ctx context.Context, q activity.EventQuery) ([]activity.Event, error) {
	if len(q.Types) == 1 && strings.HasPrefix(q.Types[0], "activity.") {
		return slices.DeleteFunc(slices.Clone(s.listing), func(e activity.Event) bool { return !q.Match(&e) }), nil
	}
	return s.Store.Feed(ctx, q)
}

// upkeepEvent is an event that lists others.
func upkeepEvent(typ string, events ...activity.ID) activity.Event {
	payload, _ := json.Marshal(map[string]any{"events": events})
	return activity.Event{ID: activity.ID{1}, Tenant: "acme", Type: typ, Payload: payload}
}

func TestVerify(t *testing.T) {
	for _, n := range []int{0, 1, 255, 256, 257, 512, 513, 700, 1024, 1100} {
		journal, key := newLedger(t, n)
		acme := journal.Tenant("acme").Ledger()
		if n == 0 { // not even a head
			v, err := acme.Verify(t.Context(), nil)
			if diff := cmp.Diff(activity.Verification{Origin: "crm.test/activity/acme", Root: rfc6962{}.mth()}, v); err != nil || diff != "" {
				t.Errorf("Verify of nothing: %v\n%s", err, diff)
			}
		}
		c, err := acme.Checkpoint(t.Context())
		check(t, err)
		older, err := activity.ParseCheckpoint(c.Note, key)
		check(t, err)
		addEvents(t, journal, 40)
		_, err = acme.Checkpoint(t.Context())
		check(t, err)
		addEvents(t, journal, 5)
		v, err := acme.Verify(t.Context(), &older)
		want := activity.Verification{Origin: older.Origin, Size: int64(n + 40), Since: int64(n), Events: int64(n + 40), Root: v.Root, Unsealed: 6}
		if diff := cmp.Diff(want, v); err != nil || diff != "" {
			t.Errorf("Verify of %d entries: %v\n%s", n, err, diff)
		}
		newest, err := acme.Checkpoint(t.Context())
		check(t, err)
		if v, err = acme.Verify(t.Context(), &newest); err != nil || v.Root != newest.Root || v.Since != newest.Size || v.Unsealed != 0 {
			t.Errorf("Verify of all = %+v, %v", v, err)
		}
	}
}

// What is changed is named, by the index of the entry that it is about.
func TestVerifyTampered(t *testing.T) {
	const n = 1000 // three full tiles, and a part of one
	journal, key := newLedger(t, n)
	before, err := journal.Tenant("acme").Ledger().Checkpoint(t.Context())
	check(t, err)
	addEvents(t, journal, 100)
	_, err = journal.Tenant("acme").Ledger().Checkpoint(t.Context())
	check(t, err)
	before, err = activity.ParseCheckpoint(before.Note, key)
	check(t, err)
	entries := entriesOf(t, journal)

	change := func(i int, f func(*activity.EntryRow)) func(*alteredStore) {
		return func(s *alteredStore) {
			s.entries = func(rows []activity.EntryRow) []activity.EntryRow { f(&rows[i]); return rows }
		}
	}
	rows := func(f func([]activity.EntryRow) []activity.EntryRow) func(*alteredStore) {
		return func(s *alteredStore) { s.entries = f }
	}
	tile := func(level int, index int64, f func([]byte) []byte) func(*alteredStore) {
		return func(s *alteredStore) {
			s.tile = func(id activity.TileID, data []byte) []byte {
				if id == (activity.TileID{Level: level, Index: index}) {
					return f(data)
				}
				return data
			}
		}
	}
	head := func(f func(*activity.TreeHead)) func(*alteredStore) {
		return func(s *alteredStore) { s.head = f }
	}
	remove := func(i int) func(*alteredStore) {
		return change(i, func(r *activity.EntryRow) { r.Event = activity.EventRow{} })
	}
	erase := func(i int) func(*alteredStore) {
		return change(i, func(r *activity.EntryRow) { r.Event.Erase(deal) })
	}
	and := func(changes ...func(*alteredStore)) func(*alteredStore) {
		return func(s *alteredStore) {
			for _, change := range changes {
				change(s)
			}
		}
	}
	list := func(typ string, i int) func(*alteredStore) {
		return func(s *alteredStore) { s.listing = append(s.listing, upkeepEvent(typ, entries[i].ID)) }
	}
	first := func(n int64) string { return fmt.Sprintf("the first %d entries are not those of the checkpoint", n) }
	type found struct {
		index  int64
		reason string
	}
	for name, test := range map[string]struct {
		change func(*alteredStore)
		want   []found // beginnings of reasons
	}{
		"payload":          {change(5, func(r *activity.EntryRow) { r.Event.Payload[3]++ }), []found{{5, "event is not what was recorded"}}},
		"salt":             {change(1050, func(r *activity.EntryRow) { r.Event.Salts[3]++ }), []found{{1050, "event is not what was recorded"}}},
		"salts":            {change(7, func(r *activity.EntryRow) { r.Event.Salts = nil }), []found{{7, "event salts"}}},
		"erased flag":      {change(7, func(r *activity.EntryRow) { r.Event.Erased = true }), []found{{7, "event is not erased as it says"}}},
		"tenant":           {change(6, func(r *activity.EntryRow) { r.Event.Tenant = "globex" }), []found{{6, "event is of another tenant"}}},
		"ID":               {change(6, func(r *activity.EntryRow) { r.Event.ID[9]++ }), []found{{6, "event is another"}}},
		"unreadable":       {change(6, func(r *activity.EntryRow) { r.Event, r.Err = activity.EventRow{}, errDown }), []found{{6, "event cannot be read"}}},
		"leaf":             {change(6, func(r *activity.EntryRow) { r.Leaf[9]++ }), []found{{6, "leaf is not that of its tile"}}},
		"leaf of part":     {change(1060, func(r *activity.EntryRow) { r.Leaf[9]++ }), []found{{1024, "head has another hash than the 64"}, {1060, "event is not what was recorded"}, {1060, "leaf is not that of its tile"}}},
		"leaf and event":   {change(6, func(r *activity.EntryRow) { r.Event.Payload[3]++; r.Leaf, _ = r.Event.Check() }), []found{{0, "tile 0 of level 1 has another hash at 0"}, {0, "head has another"}, {6, "leaf is not that of its tile"}, {999, first(1000)}}},
		"position":         {change(6, func(r *activity.EntryRow) { r.Position-- }), []found{{5, "position is not lower than that of the next entry"}, {6, "position is not higher than that of the entry before"}}},
		"position between": {change(6, func(r *activity.EntryRow) { r.Position = 900 }), []found{{6, "position is not lower than that of the next entry"}, {7, "position is not higher"}}},
		"position above":   {change(6, func(r *activity.EntryRow) { r.Position = 9999 }), []found{{6, "position is higher than the head's"}}},
		"position of last": {change(1099, func(r *activity.EntryRow) { r.Position = 5000 }), []found{{1099, "position is higher"}, {1099, "head has another position"}}},
		"index":            {change(6, func(r *activity.EntryRow) { r.Index = -3 }), []found{{6, "entry is missing"}, {-3, "index is negative"}}},
		"entry missing":    {rows(func(r []activity.EntryRow) []activity.EntryRow { return slices.Delete(r, 6, 7) }), []found{{6, "entry is missing"}}},
		"entries missing":  {rows(func(r []activity.EntryRow) []activity.EntryRow { return slices.Delete(r, 6, 600) }), []found{{6, "entries are missing up to index 599"}}},
		"missing of part":  {rows(func(r []activity.EntryRow) []activity.EntryRow { return slices.Delete(r, 1060, 1061) }), []found{{1060, "entry is missing"}}},
		"tail cut":         {rows(func(r []activity.EntryRow) []activity.EntryRow { return r[:1030] }), []found{{1030, "entries are missing up to index 1099"}, {1099, "head has another position"}}},
		"all gone":         {rows(func(r []activity.EntryRow) []activity.EntryRow { return nil }), []found{{0, "entries are missing up to index 1099"}, {1099, "head has another position"}}},
		"entry twice":      {rows(func(r []activity.EntryRow) []activity.EntryRow { return slices.Insert(r, 6, r[6]) }), []found{{6, "index is there twice"}}},
		"entry more": {rows(func(r []activity.EntryRow) []activity.EntryRow {
			e := r[6]
			e.Index, e.Position = 1100, 5000
			return append(r, e)
		}), []found{{1100, "entry is beyond the head, which has 1100"}}},
		"events swapped": {rows(func(r []activity.EntryRow) []activity.EntryRow {
			r[3].ID, r[8].ID = r[8].ID, r[3].ID
			r[3].Event, r[8].Event = r[8].Event, r[3].Event
			return r
		}), []found{{3, "event is not what was recorded"}, {8, "event is not what was recorded"}}},
		"removed":            {remove(9), []found{{9, "event is not there, and no activity.retention event lists it"}}},
		"removed, listed":    {and(remove(9), list("activity.retention", 9)), nil},
		"removed, as erased": {and(remove(9), list("activity.erased", 9)), []found{{9, "event is not there"}}},
		"removed, by others": {and(remove(9), list("activity.retention", 10)), []found{{9, "event is not there"}}},
		"erased":             {erase(9), []found{{9, "event was erased, and no activity.erased event lists it"}}},
		"erased, listed":     {and(erase(9), list("activity.erased", 9)), nil},
		"erased, as removed": {and(erase(9), list("activity.retention", 9)), []found{{9, "event was erased"}}},
		"erased, badly":      {and(change(9, func(r *activity.EntryRow) { r.Event.Erase(deal); r.Event.Salts[40]++ }), list("activity.erased", 9)), []found{{9, "event is not what was recorded"}}},
		"tile":               {tile(0, 1, func(b []byte) []byte { b[5*32]++; return b }), []found{{261, "leaf is not that of its tile"}}},
		"tile gone":          {tile(0, 3, func(b []byte) []byte { return nil }), []found{{768, "tile 3 of level 0 has 0 hashes"}}},
		"tile of level 1":    {tile(1, 0, func(b []byte) []byte { b[2*32]++; return b }), []found{{512, "tile 0 of level 1 has another hash at 2 than the 256"}}},
		"tile cut":           {tile(1, 0, func(b []byte) []byte { return b[:3*32] }), []found{{768, "tile 0 of level 1 has another hash at 3"}}},
		"tile grown":         {tile(1, 0, func(b []byte) []byte { return append(b, b...) }), []found{{1099, "tile 0 of level 1 has more hashes"}}},
		"tile of part":       {tile(0, 4, func(b []byte) []byte { b[70*32]++; return b }), []found{{1094, "leaf is not that of its tile"}}},
		"tile too many":      {tile(2, 0, func(b []byte) []byte { return make([]byte, 32) }), []found{{1099, "tile 0 of level 2 has more hashes"}}},
		"head's edge":        {head(func(h *activity.TreeHead) { h.Edge[1][0]++ }), []found{{1024, "head has another hash than the 64"}}},
		"head's size":        {head(func(h *activity.TreeHead) { h.Size = 8000 }), []found{{1024, "tile 4 of level 0 has 76 hashes"}, {1100, "entries are missing up to index 7999"}, {7999, "head has "}}},
		"head too small":     {head(func(h *activity.TreeHead) { h.Size = 1050 }), []found{{1050, "entry is beyond the head, which has 1050"}}},
		"head negative":      {head(func(h *activity.TreeHead) { h.Size = -1100 }), []found{{0, "entry is beyond the head, which has -1100"}, {0, "ledger has 0 entries, and had 1000"}}},
		"head's position":    {head(func(h *activity.TreeHead) { h.Position++ }), []found{{1099, "head has another position than the last entry"}}},
		"head gone":          {head(func(h *activity.TreeHead) { *h = activity.TreeHead{} }), []found{{0, "entry is beyond the head"}, {0, "ledger has 0 entries, and had 1000"}}},
		"strays":             {func(s *alteredStore) { s.strays = []activity.ID{{7}, {8}} }, []found{{-1, "event has no position"}, {-1, "event has no position"}}},
		"several":            {and(remove(9), erase(700), tile(1, 0, func(b []byte) []byte { b[2*32]++; return b })), []found{{512, "tile 0 of level 1"}, {700, "event was erased"}}},
	} {
		altered := &alteredStore{Store: activity.StoreOf(journal)}
		test.change(altered)
		v, err := journal.With(altered).Tenant("acme").Ledger().Verify(t.Context(), &before)
		tampered, _ := errors.AsType[*activity.TamperError](err)
		if test.want == nil && err == nil && v.Size == 1100 {
			continue
		}
		if !errors.Is(err, activity.ErrTampered) || len(tampered.Problems) == 0 {
			t.Errorf("%s: Verify = %+v, %v", name, v, err)
			continue
		}
		rest := slices.Clone(tampered.Problems)
		for _, want := range test.want {
			i := slices.IndexFunc(rest, func(p activity.Problem) bool {
				return p.Index == want.index && strings.HasPrefix(p.Reason, want.reason)
			})
			if i < 0 {
				t.Errorf("%s: Verify does not say at index %d: %s…; but %v", name, want.index, want.reason, rest)
				break
			}
			rest = slices.Delete(rest, i, i+1)
		}
		if len(rest) > 0 {
			t.Errorf("%s: Verify says too: %v", name, rest)
		}
		for _, p := range tampered.Problems {
			if p.Index >= 0 && p.Index < 1100 && p.Position == 0 && !strings.Contains(p.Reason, "missing") && name != "all gone" {
				t.Errorf("%s: no position is named: %v", name, p)
			}
		}
	}
}

// A hundred problems are named, and how many more there are.
func TestVerifyManyProblems(t *testing.T) {
	journal, _ := newLedger(t, 300)
	_, err := journal.Tenant("acme").Ledger().Checkpoint(t.Context())
	check(t, err)
	altered := &alteredStore{Store: activity.StoreOf(journal), entries: func(rows []activity.EntryRow) []activity.EntryRow {
		for i := range rows {
			rows[i].Event.Payload = []byte("{}")
		}
		return rows
	}}
	_, err = journal.With(altered).Tenant("acme").Ledger().Verify(t.Context(), nil)
	tampered, _ := errors.AsType[*activity.TamperError](err)
	if tampered == nil || len(tampered.Problems) != 100 || tampered.More != 200 || !strings.HasSuffix(err.Error(), ", and 299 more") {
		t.Errorf("Verify = %v", err)
	}
}

// What is recorded, removed and erased while Verify reads is no problem.
func TestVerifyMeanwhile(t *testing.T) {
	journal, _ := newLedger(t, 1100)
	acme := journal.Tenant("acme").Ledger()
	_, err := acme.Checkpoint(t.Context())
	check(t, err)
	altered := &alteredStore{Store: activity.StoreOf(journal)}
	altered.meddle = func() {
		addEvents(t, journal, 1000)
		_, err := acme.Checkpoint(t.Context())
		check(t, err)
		gone := entriesOf(t, journal)[1099]
		altered.listing = append(altered.listing, upkeepEvent("activity.retention", gone.ID))
		altered.entries = func(rows []activity.EntryRow) []activity.EntryRow {
			rows[1099].Event = activity.EventRow{}
			return rows
		}
	}
	v, err := journal.With(altered).Tenant("acme").Ledger().Verify(t.Context(), nil)
	if err != nil || v.Size != 1100 || v.Removed != 1 || v.Events != 1099 {
		t.Errorf("Verify = %+v, %v", v, err)
	}
}

func TestVerifyErrors(t *testing.T) {
	journal, _ := newLedger(t, 10)
	acme := journal.Tenant("acme").Ledger()
	c, err := journal.Tenant("globex").Ledger().Checkpoint(t.Context())
	check(t, err)
	if _, err := acme.Verify(t.Context(), &c); !errors.Is(err, activity.ErrProof) || errors.Is(err, activity.ErrTampered) {
		t.Errorf("Verify against another tenant's checkpoint = %v", err)
	}
	c.Size++
	if _, err := journal.Tenant("globex").Ledger().Verify(t.Context(), &c); !errors.Is(err, activity.ErrProof) {
		t.Errorf("Verify against a checkpoint that was changed = %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	altered := &alteredStore{Store: activity.StoreOf(journal), meddle: cancel}
	if _, err := journal.With(altered).Tenant("acme").Ledger().Verify(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("Verify with a context that ends = %v", err)
	}
	if _, err := journal.Tenant("").Ledger().Verify(t.Context(), nil); !errors.Is(err, activity.ErrInvalid) {
		t.Errorf("Verify of no tenant = %v", err)
	}
}
