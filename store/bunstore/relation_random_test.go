package bunstore_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/memstore"
)

// Relations at random are refused, stored and followed as in memory.
func TestRandomRelations(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		ctx := t.Context()
		s, memory := migrated(t, address), memstore.New()
		r := rand.New(rand.NewPCG(20260303, 0))
		one := func() activity.Entity { return person(r.IntN(25)) }
		refused := 0
		for n := range 400 {
			a, b := one(), one()
			a.Label, b.Label = fmt.Sprint("A", n), fmt.Sprint("B", n)
			do := func(s activity.Store) error { return s.Relate(ctx, "acme", below(a, b)) }
			switch r.IntN(5) {
			case 0:
				do = func(s activity.Store) error { return s.Relate(ctx, "acme", mergedInto(a, b)) }
			case 1:
				role := activity.RelationRole(1 + n%2)
				do = func(s activity.Store) error { return s.Unrelate(ctx, "acme", a, role) }
			}
			want, got := do(memory), do(s)
			for _, target := range []error{activity.ErrCycle, activity.ErrMerged, activity.ErrNotFound, nil} {
				if errors.Is(want, target) != errors.Is(got, target) {
					t.Fatalf("%d: %v, want %v", n, got, want)
				}
			}
			if errors.Is(want, activity.ErrCycle) {
				refused++
			}
			limit := 1 + r.IntN(6)
			if diff := cmp.Diff(must(memory.Relations(ctx, "acme", b, limit))(t), must(s.Relations(ctx, "acme", b, limit))(t)); diff != "" {
				t.Fatalf("%d: relations (-memory +store):\n%s", n, diff)
			}
			q := activity.RelativesQuery{Tenant: "acme", Entities: []activity.Entity{{Kind: a.Kind, ID: a.ID}, {Kind: "other", ID: "x"}}, Descendants: n%3 > 0, Limit: 3 + r.IntN(20)}
			wanted, wantErr := memory.Relatives(ctx, q)
			found, err := s.Relatives(ctx, q)
			if diff := cmp.Diff(wanted, found); diff != "" || errors.Is(wantErr, activity.ErrTooBroad) != errors.Is(err, activity.ErrTooBroad) {
				t.Fatalf("%d: relatives: %v, want %v (-memory +store):\n%s", n, err, wantErr, diff)
			}
		}
		if refused < 20 {
			t.Errorf("%d relations were refused: this tests little", refused)
		}
	})
}
