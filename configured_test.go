package activity_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/memstore"
)

func TestConfigured(t *testing.T) {
	won := activity.Define[map[string]any]("deal.won", activity.TypeOptions{Category: "deals"})
	added := activity.Define[map[string]any]("contact.added", activity.TypeOptions{})
	config := &activity.Config{
		Types: []activity.EventType{won, added},
		Kinds: []activity.Kind{
			{Name: "search", Outcomes: []activity.OutcomeKind{{Name: "found", Counts: activity.Created}}},
			{Name: "import", Label: "CSV import", Translations: map[string]string{"es": "importó"}},
		},
		Quotas: []activity.Quota{
			{Name: "searches", Windows: []activity.Window{{Length: time.Hour, Limit: 5}}},
			{Name: "emails", Windows: []activity.Window{{Length: 24 * time.Hour, Limit: 7}}},
		},
	}
	journal, err := activity.New(memstore.New(), config)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // what was handed out may be changed
		types := journal.Types()
		names := typeNames(types)
		if len(names) < 10 || names[0] != "deal.won" || names[1] != "contact.added" || !slices.Contains(names, "activity.comment") {
			t.Errorf("Types are %v", names)
		}
		kinds := journal.Kinds()
		if len(kinds) != 3 || kinds[0].Name != "search" || kinds[0].Label != "search" || kinds[0].Lease != time.Minute || kinds[0].Outcomes[0].Label != "found" ||
			kinds[1].Name != "import" || kinds[1].Translations["es"] != "importó" || kinds[2].Name != activity.RevertKind {
			t.Errorf("Kinds are %+v", kinds)
		}
		quotas := journal.Quotas()
		if len(quotas) != 2 || quotas[0].Name != "searches" || quotas[0].Windows[0].Resolution != time.Minute || quotas[1].Name != "emails" {
			t.Errorf("Quotas are %+v", quotas)
		}
		clear(types)
		kinds[0].Outcomes[0].Label, kinds[1].Translations["es"] = "!", "!"
		quotas[0].Windows[0].Resolution = 1
	}
}

func typeNames(types []activity.EventType) []string {
	var names []string
	for _, t := range types {
		names = append(names, t.Name())
	}
	return names
}

func TestLedgerEntry(t *testing.T) {
	journal, err := activity.New(memstore.New(), nil)
	if err != nil {
		t.Fatal(err)
	}
	ana := activity.User("ana", "Ana")
	acme, other := journal.Tenant("acme"), journal.Tenant("other")
	events, err := acme.Record(t.Context(), activity.NoteOn(ana, "one").By(ana), activity.NoteOn(ana, "two").By(ana))
	if err != nil {
		t.Fatal(err)
	}
	id := events[1].ID
	if _, err := acme.Ledger().Entry(t.Context(), id); !errors.Is(err, activity.ErrNotFound) {
		t.Errorf("Entry of an event without a position = %v, want %v", err, activity.ErrNotFound)
	}
	if _, err := journal.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	entry, err := acme.Ledger().Entry(t.Context(), id)
	if err != nil || entry.Position != 2 || entry.Index != 1 || entry.Event.ID != id {
		t.Errorf("Entry = %+v, %v", entry, err)
	}
	if _, err := other.Ledger().Entry(t.Context(), id); !errors.Is(err, activity.ErrNotFound) {
		t.Errorf("Entry of another tenant's event = %v, want %v", err, activity.ErrNotFound)
	}
	if _, err := journal.Tenant("").Ledger().Entry(t.Context(), id); !errors.Is(err, activity.ErrInvalid) {
		t.Errorf("Entry of no tenant = %v, want %v", err, activity.ErrInvalid)
	}
}
