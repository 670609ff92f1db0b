package activity_test

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/go-activity/activity"
)

// lastTime is the last microsecond that an event can occur at.
var lastTime = time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC)

// newIDs makes an ID for each time, all in one call of a new source.
func newIDs(times ...time.Time) []activity.ID { return new(activity.IDSource).Assign(times) }

func TestIDOrderIsTimeOrder(t *testing.T) {
	times := []time.Time{time.Unix(0, 0), time.Unix(0, 1000), time.UnixMilli(1), noon, noon.Add(time.Microsecond), lastTime}
	for range 5000 {
		at := time.UnixMicro(rand.Int64N(lastTime.UnixMicro() + 1))
		// A neighbour, at most three milliseconds away, so that each of the bits decides for some pair.
		times = append(times, at, at.Add(time.Duration(rand.IntN(3000))*time.Microsecond))
	}
	rand.Shuffle(len(times), func(i, j int) { times[i], times[j] = times[j], times[i] })

	type pair struct {
		id activity.ID
		at time.Time
	}
	var pairs []pair
	one := newIDs(times...)
	for i, at := range times {
		if !one[i].Time().Equal(at.Truncate(time.Microsecond)) {
			t.Fatalf("ID of %v has time %v", at, one[i].Time())
		}
		pairs = append(pairs, pair{one[i], at}, pair{newIDs(at)[0], at})
	}
	slices.SortFunc(pairs, func(a, b pair) int { return a.id.Compare(b.id) })
	for i, p := range pairs[1:] {
		if before := pairs[i]; p.at.Before(before.at) {
			t.Fatalf("ID %s of %v is greater than ID %s of %v", p.id, p.at, before.id, before.at)
		}
		if cmp.Compare(p.id.String(), pairs[i].id.String()) <= 0 {
			t.Fatalf("%s and %s are ordered otherwise as text", pairs[i].id, p.id)
		}
	}
}

func TestIDTime(t *testing.T) {
	for _, ms := range []int64{0, 1, noon.UnixMilli(), lastTime.UnixMilli()} {
		for us := range int64(1000) {
			at := time.UnixMicro(ms*1000 + us).UTC()
			if got := newIDs(at)[0].Time(); got != at {
				t.Fatalf("Time() = %v of an ID of %v", got, at)
			}
		}
	}
	if got := newIDs(noon.Add(999))[0].Time(); got != noon {
		t.Errorf("Time() = %v, want the microsecond %v", got, noon)
	}
}

// TestIDForm holds the form against another implementation of RFC 9562.
func TestIDForm(t *testing.T) {
	for i, id := range newIDs(time.Unix(0, 0), noon, lastTime, lastTime, lastTime) {
		u := uuid.UUID(id)
		if u.Version() != 7 || u.Variant() != uuid.RFC4122 {
			t.Errorf("ID %d is %s: version %d, variant %v", i, id, u.Version(), u.Variant())
		}
		if id.IsZero() || id.String() != u.String() {
			t.Errorf("String() = %q, want %q", id, u)
		}
	}
	// 123,456 µs: the milliseconds, then 456 * 4096 / 1000 = 1867 = 0x74b.
	if got, want := newIDs(noon)[0].String()[:18], "019cec37-b67b-774b"; got != want {
		t.Errorf("ID of %v begins with %s, want %s", noon, got, want)
	}
	if !(activity.ID{}).IsZero() {
		t.Error("the zero ID is not zero")
	}
}

func TestIDsOfOneInstantAscend(t *testing.T) {
	for _, at := range []time.Time{time.Unix(0, 0), noon, lastTime} {
		ids := newIDs(slices.Repeat([]time.Time{at}, 100_000)...)
		for i, id := range ids[1:] {
			if id.Compare(ids[i]) <= 0 {
				t.Fatalf("ID %d of %v, %s, is not greater than the one before, %s", i+1, at, id, ids[i])
			}
		}
		if !ids[0].Time().Equal(at) || !ids[len(ids)-1].Time().Equal(at) {
			t.Errorf("IDs of %v end at %v", at, ids[len(ids)-1].Time())
		}
	}
}

// TestIDsOfMixedInstantsKeepOrder has drafts of one time with others between them.
func TestIDsOfMixedInstantsKeepOrder(t *testing.T) {
	var times []time.Time
	for range 1000 {
		times = append(times, noon.Add(time.Duration(rand.IntN(5))*time.Microsecond))
	}
	last := map[time.Time]activity.ID{}
	for i, id := range newIDs(times...) {
		if before := last[times[i]]; id.Compare(before) <= 0 {
			t.Fatalf("ID %d, %s, is not greater than %s, which is of the same call and time", i, id, before)
		}
		last[times[i]] = id
	}
}

func TestIDsAreUnique(t *testing.T) {
	t.Run("concurrent calls", func(t *testing.T) {
		var source activity.IDSource
		made := make([][]activity.ID, 64)
		var group sync.WaitGroup
		for i := range made {
			group.Go(func() {
				for n := range 100 {
					made[i] = append(made[i], source.Assign(slices.Repeat([]time.Time{noon}, 1+n%4))...)
				}
			})
		}
		group.Wait()
		unique(t, slices.Concat(made...))
		for i, ids := range made {
			if !slices.IsSortedFunc(ids, activity.ID.Compare) {
				t.Errorf("the IDs of goroutine %d do not ascend", i)
			}
		}
	})
	// A process begins with no memory of the others' IDs, so all that keeps them apart is random.
	for _, at := range []time.Time{time.Unix(0, 0), noon} {
		t.Run("separate sources at "+at.UTC().Format(time.DateOnly), func(t *testing.T) {
			var ids []activity.ID
			for range 200_000 {
				ids = append(ids, newIDs(at)...)
			}
			unique(t, ids)
		})
	}
}

func unique(t *testing.T, ids []activity.ID) {
	t.Helper()
	slices.SortFunc(ids, activity.ID.Compare)
	if distinct := len(slices.Compact(slices.Clone(ids))); distinct != len(ids) {
		t.Errorf("%d of %d IDs are distinct", distinct, len(ids))
	}
}

func TestIDsOfSuccessiveCallsAscend(t *testing.T) {
	journal := newJournal(t, noted)
	ctx := activity.WithActor(t.Context(), ana)
	var last activity.ID
	for i := range 200 {
		drafts := slices.Repeat([]activity.Draft{noted.New(note{"hello"})}, 1+i%3)
		events, err := journal.Tenant("acme").Record(ctx, drafts...)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			if e.ID.Compare(last) <= 0 || !e.ID.Time().Equal(noon) {
				t.Fatalf("ID %s, time %v, does not follow %s", e.ID, e.ID.Time(), last)
			}
			last = e.ID
		}
	}
}

func TestIDNext(t *testing.T) {
	ones := activity.ID(slices.Repeat([]byte{0xff}, 16))
	for _, test := range []struct {
		name     string
		id, want activity.ID
	}{
		{"zero", activity.ID{}, activity.ID{15: 1}},
		{"last byte", activity.ID{15: 0x7f}, activity.ID{15: 0x80}},
		{"carry", activity.ID{13: 1, 14: 0xff, 15: 0xff}, activity.ID{13: 2}},
		{"the greatest", ones, activity.ID{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := test.id
			if got := test.id.Next(); got != test.want || test.id != before {
				t.Errorf("Next() = %x, want %x", got, test.want)
			}
		})
	}
}
