package bunstore_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/go-activity/activity"
)

// A search has candidates of the word that fewest words begin with, and says when that are too many.
func TestTooBroad(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		ctx := t.Context()
		s := migrated(t, address)
		var entities []activity.Entity
		for i := range 12_000 {
			label := fmt.Sprintf("Müller %06d", i)
			if i < 3000 {
				label += " Anna"
			}
			entities = append(entities, contact(i, label))
		}
		recordAbout(t, s, "acme", 16, entities...)
		entities = entities[:0]
		for i := range activity.MaxFound {
			entities = append(entities, contact(i, fmt.Sprint("Zorro", i)))
		}
		recordAbout(t, s, "beta", 16, entities...)
		indexAll(t, s, 500)

		find := func(tenant, text string) ([]activity.Entity, error) {
			return newJournal(s).Tenant(tenant).Lookup(ctx, text, nil)
		}
		for _, text := range []string{"mul", "müller", "mul 0"} {
			if found, err := find("acme", text); !errors.Is(err, activity.ErrTooBroad) || !errors.Is(err, activity.ErrInvalid) || len(found) > 0 {
				t.Errorf("%q finds %v, %v, want ErrTooBroad", text, found, err)
			}
		}
		wantFound(t, s, "acme", "mul 000017", "17")
		wantFound(t, s, "acme", "000017 mul an", "17")
		wantFound(t, s, "acme", "mul 011999 anna")
		for _, words := range [][]string{{"muller", "000017"}, {"000017", "muller"}, {"muller", "an", "000017"}} {
			found := must(s.FindEntities(ctx, activity.EntityQuery{Tenant: "acme", Words: words, Limit: 10}))(t)
			if len(found) != 1 || found[0].ID != "17" {
				t.Errorf("%q finds %v", words, found)
			}
		}
		if found := must(find("acme", "mul an"))(t); len(found) != activity.MaxLookup || found[0].ID != "0" || found[19].ID != "19" {
			t.Errorf("of 3,000 among 12,000 are found %v", found)
		}
		if found := must(find("beta", "zor"))(t); len(found) != activity.MaxLookup {
			t.Errorf("of %d are found %v", activity.MaxFound, found)
		}
		recordAbout(t, s, "beta", 1, contact(1, "Zorro"))
		indexAll(t, s, 10)
		if found, err := find("beta", "zor"); !errors.Is(err, activity.ErrTooBroad) {
			t.Errorf("of one more are found %v, %v, want ErrTooBroad", found, err)
		}
	})
}
