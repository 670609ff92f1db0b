package activity_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
)

// erasable returns an event that each of a few entities is in somewhere, and whose every text has a word that is
// nowhere else.
func erasable(r *rand.Rand) (activity.EventRow, []activity.Entity) {
	entities := make([]activity.Entity, 4)
	for i := range entities {
		entities[i] = activity.Entity{Kind: fmt.Sprint("kind", i%2), ID: fmt.Sprint("id-", i, "-x"), Label: fmt.Sprint("Label-", i, "-x")}
		if r.IntN(4) == 0 {
			entities[i].Label = ""
		}
	}
	row := activity.EventRow{Event: activity.Event{
		ID: idValue, Tenant: "acme", Type: "deal.moved", Version: 2, Actor: entities[r.IntN(4)], Source: activity.Manual,
		OccurredAt: noon, RecordedAt: noon, Payload: []byte(`{"text":"payload-x"}`),
	}}
	for _, i := range r.Perm(4)[:r.IntN(4)] {
		row.About = append(row.About, entities[i])
	}
	switch r.IntN(3) {
	case 0:
		row.Key = "key-x"
	case 1:
		row.Key = strings.ToUpper("key-" + entities[r.IntN(4)].ID)
	}
	rows := []activity.EventRow{row}
	activity.Salt(rows)
	return rows[0], entities
}

// Whatever is erased of an event, in whatever order, its leaf stays, nothing of what was erased is left, and all
// else is.
func TestEraseEvent(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		row, entities := erasable(r)
		recorded := row
		recorded.About = slices.Clone(row.About)
		leaf := row.Leaf()
		for _, i := range r.Perm(4)[:1+r.IntN(4)] {
			e := activity.Entity{Kind: entities[i].Kind, ID: entities[i].ID} // whatever its label
			in := row.Actor.Is(e) || slices.ContainsFunc(row.About, e.Is)
			about := slices.ContainsFunc(row.About, e.Is)
			before, _ := json.Marshal(row)
			if got := row.Erase(e); got != in {
				t.Fatalf("Erase(%v) = %v of %+v", e, got, recorded)
			}
			after, _ := json.Marshal(row)
			if !in {
				if string(before) != string(after) {
					t.Fatalf("Erase changed an event that the entity is not in: %s to %s", before, after)
				}
				continue
			}
			for _, text := range []string{entities[i].ID, entities[i].Label} {
				if text != "" && strings.Contains(strings.ToLower(string(after)), strings.ToLower(text)) {
					t.Fatalf("after Erase(%v): %s", e, after)
				}
			}
			if about != (about && row.Erased && row.Payload == nil) {
				t.Fatalf("the payload is left of an event about %v: %s", e, after)
			}
			if again := row.Erase(e); again {
				t.Fatalf("Erase(%v) is true a second time", e)
			}
		}
		for i, e := range row.About {
			if e.Kind != recorded.About[i].Kind || e.ID != "" && e != recorded.About[i] {
				t.Fatalf("what the event is about became %v, was %v", e, recorded.About[i])
			}
		}
		got, err := row.Check()
		if err != nil || got != leaf {
			t.Fatalf("the leaf is %v (%v), was %v; of %+v", got, err, leaf, row)
		}
		again := recorded // as a caller would record it again, which knows nothing of erasing
		if row.Key != "" && !again.Same(row.Event) {
			t.Fatalf("%+v is not the same as %+v", again.Event, row.Event)
		}
		refusals(t, row, recorded)
	}
}

// refusals makes sure that Check notices what is written into an erased event.
func refusals(t *testing.T, row, recorded activity.EventRow) {
	t.Helper()
	refused := func(what string, change func(r *activity.EventRow)) {
		t.Helper()
		changed := row
		changed.About = slices.Clone(row.About)
		changed.Salts = slices.Clone(row.Salts)
		change(&changed)
		if _, err := changed.Check(); err == nil {
			t.Fatalf("%s is not refused: %+v", what, changed)
		}
	}
	if row.Erased {
		refused("the payload", func(r *activity.EventRow) { r.Payload = recorded.Payload })
		refused("the mark", func(r *activity.EventRow) { r.Erased = false })
	} else {
		refused("the mark", func(r *activity.EventRow) { r.Erased = true })
	}
	if row.Actor.ID == "" {
		refused("the actor", func(r *activity.EventRow) { r.Actor = recorded.Actor })
		refused("a label", func(r *activity.EventRow) { r.Actor.Label = "somebody" })
	}
	for i, e := range row.About {
		if e.ID == "" {
			refused("an entity", func(r *activity.EventRow) { r.About[i] = recorded.About[i] })
		}
	}
	if row.Key != recorded.Key {
		refused("the key", func(r *activity.EventRow) { r.Key = recorded.Key })
	}
	if row.Key == "" && recorded.Key == "" {
		refused("a key", func(r *activity.EventRow) { r.Key = "new" })
	}
	refused("a salt less", func(r *activity.EventRow) { r.Salts = r.Salts[:len(r.Salts)-1] })
	refused("no salts", func(r *activity.EventRow) { r.Salts = nil })
}

// What was written back where something was erased is taken away again, and the event is as it was.
func TestEraseWhatWasWrittenBack(t *testing.T) {
	row := leafRow()
	leaf := row.Leaf()
	recorded := row
	recorded.About = slices.Clone(row.About)
	row.Erase(deal)
	erased := row
	row.About, row.Payload = recorded.About, recorded.Payload
	if !row.Erase(deal) {
		t.Fatal("Erase does not see what was written back")
	}
	if diff := cmp.Diff(erased, row); diff != "" {
		t.Errorf("(-erased +written back and erased):\n%s", diff)
	}
	if got, err := row.Check(); err != nil || got != leaf {
		t.Errorf("the leaf is %v (%v), was %v", got, err, leaf)
	}
}

// Of an event with damaged salts the content goes all the same; it does not look as if it could be proven.
func TestEraseDamaged(t *testing.T) {
	row := leafRow()
	row.Salts = row.Salts[:len(row.Salts)-1]
	if !row.Erase(deal) || row.Payload != nil || row.About[0].ID != "" || len(row.Salts) != 0 {
		t.Errorf("Erase left %+v", row)
	}
	if _, err := row.Check(); err == nil {
		t.Error("the damage is not found any more")
	}
}

func TestEraseTask(t *testing.T) {
	full := activity.Task{
		Kind: "import", Title: "about 42", Input: []byte(`{"n":42}`), Attributes: map[string]string{"deal": "42"}, Reason: "42 is gone", Detail: "at 42",
		About: []activity.Entity{deal, {Kind: "account", ID: "7"}}, Actor: ana, EndedBy: ben, Key: "k-BIG ONE", Exclusive: "deal:42",
	}
	tests := []struct {
		name   string
		entity activity.Entity
		want   func(*activity.Task)
	}{
		{"about it", deal, func(t *activity.Task) {
			t.About[0] = activity.Entity{Kind: "deal"}
			t.Title, t.Input, t.Attributes, t.Reason, t.Detail, t.Key, t.Exclusive = "", nil, nil, "", "", "", ""
			t.Revision++
		}},
		{"by it", ana, func(t *activity.Task) { t.Actor = activity.Entity{Kind: "user"}; t.Revision++ }},
		{"ended by it", ben, func(t *activity.Task) { t.EndedBy = activity.Entity{Kind: "user"}; t.Revision++ }},
		{"of another kind", activity.Entity{Kind: "account", ID: "42"}, func(*activity.Task) {}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, want := full.Clone(), full.Clone()
			test.want(&want)
			if changed := got.Erase(test.entity); changed != (want.Revision > 0) {
				t.Errorf("Erase = %v", changed)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if got.Erase(test.entity) {
				t.Error("Erase is true a second time")
			}
		})
	}
	byKey := activity.Task{Actor: ana, Key: "digest-ANA@acme.test", Exclusive: "other"}
	if byKey.Erase(activity.Entity{Kind: "user", ID: ana.ID}); byKey.Key != "" || byKey.Exclusive != "other" {
		t.Errorf("of a task by the entity, Erase left the keys %q and %q", byKey.Key, byKey.Exclusive)
	}
}

func TestEraseOutcome(t *testing.T) {
	full := activity.OutcomeRow{
		Tenant: "acme", Task: idValue, Seq: 3, Kind: "updated", Record: deal, Row: 9, Message: "m", Link: "l",
		Before: []byte(`{"a":1}`), After: []byte(`{"a":2}`), Extra: []byte(`{"b":1}`), At: noon,
	}
	got := full.Clone()
	if !got.Erase(activity.Entity{Kind: "deal", ID: "42"}) || got.Erase(deal) {
		t.Error("Erase does not say once that it changed the outcome")
	}
	want := activity.OutcomeRow{Tenant: "acme", Task: idValue, Seq: 3, Kind: "updated", Record: activity.Entity{Kind: "deal"}, Row: 9, At: noon}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	none := activity.OutcomeRow{Row: 9, Message: "m"}
	if none.Erase(deal) {
		t.Error("Erase changed an outcome without a record")
	}
}
