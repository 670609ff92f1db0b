package contacts_test

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/examples/crm/catalogue"
	"github.com/go-activity/activity/examples/crm/contacts"
	"github.com/go-activity/activity/store/memstore"
	"github.com/go-activity/activity/store/sqlite"
)

var (
	ana    = activity.User("ana", "Ana")
	ben    = activity.User("ben", "Ben")
	globex = catalogue.Account("7", "Globex")
	hank   = contacts.Contact{Entity: catalogue.Contact("hank-31", "Hank Scorpio"), Account: globex}
	lena   = contacts.Contact{Entity: catalogue.Contact("lena-32", "Lena Frank"), Account: globex}
)

// onStores runs a test in memory and on SQLite.
func onStores(t *testing.T, test func(*testing.T, *activity.Journal, activity.Tenant)) {
	open := map[string]func(*testing.T) activity.Store{
		"memory": func(*testing.T) activity.Store { return memstore.New() },
		"SQLite": func(t *testing.T) activity.Store {
			store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "contacts.db"), sqlite.WithoutSync())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { store.Close() })
			if err := store.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			return store
		},
	}
	for name, open := range open {
		t.Run(name, func(t *testing.T) {
			config := catalogue.Config()
			journal, err := activity.New(open(t), &config)
			if err != nil {
				t.Fatal(err)
			}
			test(t, journal, journal.Tenant("acme"))
		})
	}
}

// act does everything that can be done with a contact, except deleting it.
func act(t *testing.T, tenant activity.Tenant, contact contacts.Contact) {
	t.Helper()
	ctx := t.Context()
	for _, action := range []func() (activity.Event, error){
		func() (activity.Event, error) {
			return contacts.Invite(ctx, tenant, contact, ana, "scorpio@globex.test")
		},
		func() (activity.Event, error) {
			return contacts.Message(ctx, tenant, contact, ana, "linkedin", "Hello Hank Scorpio")
		},
		func() (activity.Event, error) { return contacts.Share(ctx, tenant, contact, ana, "ben@acme.test") },
		func() (activity.Event, error) {
			return contacts.Comment(ctx, tenant, contact, ana, "ask Scorpio for a reference", ben, globex)
		},
		func() (activity.Event, error) { return contacts.Archive(ctx, tenant, contact, ana, "retired") },
	} {
		if _, err := action(); err != nil {
			t.Fatal(err)
		}
	}
}

// lines are the summaries of a timeline, oldest first, with who did it.
func lines(t *testing.T, journal *activity.Journal, tenant activity.Tenant, query activity.Query) []string {
	t.Helper()
	page, err := tenant.Timeline(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, e := range slices.Backward(page.Events) {
		lines = append(lines, e.Actor.Name()+" "+journal.Summary(e, "en").Text)
	}
	return lines
}

func TestActions(t *testing.T) {
	onStores(t, func(t *testing.T, journal *activity.Journal, tenant activity.Tenant) {
		act(t, tenant, hank)
		want := []string{
			"Ana invited Hank Scorpio (scorpio@globex.test)",
			"Ana wrote to Hank Scorpio on LinkedIn: Hello Hank Scorpio",
			"Ana shared Hank Scorpio by email with 1 person",
			"Ana commented: ask Scorpio for a reference",
			"Ana archived Hank Scorpio: retired",
		}
		for _, entity := range []activity.Entity{hank.Entity, globex} {
			if diff := cmp.Diff(want, lines(t, journal, tenant, activity.Query{About: []activity.Entity{entity}})); diff != "" {
				t.Errorf("history of %s (-want +got):\n%s", entity.Name(), diff)
			}
		}
		if of := lines(t, journal, tenant, activity.Query{About: []activity.Entity{ben}}); len(of) != 1 || of[0] != want[3] {
			t.Errorf("who is mentioned finds %q", of)
		}
	})
}

// Nothing is recorded of what is refused.
func TestRefused(t *testing.T) {
	onStores(t, func(t *testing.T, _ *activity.Journal, tenant activity.Tenant) {
		ctx := t.Context()
		for name, action := range map[string]func() (activity.Event, error){
			"invited to no address": func() (activity.Event, error) {
				return contacts.Invite(ctx, tenant, hank, ana, "")
			},
			"invited with a name": func() (activity.Event, error) {
				return contacts.Invite(ctx, tenant, hank, ana, "Hank <scorpio@globex.test>")
			},
			"blank comment": func() (activity.Event, error) { return contacts.Comment(ctx, tenant, hank, ana, " ") },
			"comment of a system": func() (activity.Event, error) {
				return contacts.Comment(ctx, tenant, hank, activity.System("importer"), "hello")
			},
			"empty message":          func() (activity.Event, error) { return contacts.Message(ctx, tenant, hank, ana, "email", "") },
			"shared with nobody":     func() (activity.Event, error) { return contacts.Share(ctx, tenant, hank, ana) },
			"shared with no address": func() (activity.Event, error) { return contacts.Share(ctx, tenant, hank, ana, "ben") },
			"by nobody": func() (activity.Event, error) {
				return contacts.Archive(ctx, tenant, hank, activity.Entity{}, "")
			},
			"by a system": func() (activity.Event, error) {
				return contacts.Archive(ctx, tenant, hank, activity.System("importer"), "")
			},
			"of an account": func() (activity.Event, error) {
				return contacts.Archive(ctx, tenant, contacts.Contact{Entity: globex}, ana, "")
			},
			"deleted by a system": func() (activity.Event, error) {
				return contacts.Delete(ctx, tenant, hank, activity.System("importer"), "too old")
			},
			"deleted for no reason": func() (activity.Event, error) { return contacts.Delete(ctx, tenant, hank, ana, "") },
			"deleted by name":       func() (activity.Event, error) { return contacts.Delete(ctx, tenant, hank, ana, "Hank Scorpio asked") },
		} {
			_, err := action()
			if !errors.Is(err, activity.ErrInvalid) && !errors.Is(err, contacts.ErrNotAllowed) {
				t.Errorf("%s: got %v", name, err)
			}
		}
		page, err := tenant.Timeline(ctx, activity.Query{})
		if err != nil || len(page.Events) > 0 {
			t.Errorf("there are %d events, %v", len(page.Events), err)
		}
	})
}

func TestDelete(t *testing.T) {
	onStores(t, func(t *testing.T, journal *activity.Journal, tenant activity.Tenant) {
		act(t, tenant, hank)
		if _, err := contacts.Archive(t.Context(), tenant, lena, ana, "moved"); err != nil {
			t.Fatal(err)
		}
		if text := stored(t, tenant); !strings.Contains(text, "Scorpio") || !strings.Contains(text, "hank-31") || !strings.Contains(text, "scorpio@globex.test") {
			t.Fatalf("the contact is not in what is to be erased: %s", text)
		}

		if _, err := contacts.Delete(t.Context(), tenant, hank, ana, "asked to be forgotten"); err != nil {
			t.Fatal(err)
		}
		text := strings.ToLower(stored(t, tenant))
		for _, gone := range []string{"scorpio", "hank"} {
			if strings.Contains(text, gone) {
				t.Errorf("%q is still there: %s", gone, text)
			}
		}
		if of := lines(t, journal, tenant, activity.Query{About: []activity.Entity{hank.Entity}}); len(of) > 0 {
			t.Errorf("the contact still has a history: %q", of)
		}
		want := []string{
			"Ana Contact invited (erased)",
			"Ana Contact messaged (erased)",
			"Ana Contact shared (erased)",
			"Ana Comment (erased)",
			"Ana Contact archived (erased)",
			"Ana archived Lena Frank: moved",
			"Ana deleted a contact: asked to be forgotten",
		}
		if diff := cmp.Diff(want, lines(t, journal, tenant, activity.Query{About: []activity.Entity{globex}})); diff != "" {
			t.Errorf("history of the account (-want +got):\n%s", diff)
		}

		page, err := tenant.Timeline(t.Context(), activity.Query{Types: []string{activity.EntityErased.Name()}})
		if err != nil || len(page.Events) != 1 {
			t.Fatalf("there are %d events of erasing, %v", len(page.Events), err)
		}
		erased, err := activity.EntityErased.Payload(page.Events[0])
		if err != nil {
			t.Fatal(err)
		}
		if erased.Count != 5 || erased.Kind != "contact" || erased.Reason != "asked to be forgotten" || !page.Events[0].Actor.Is(ana) {
			t.Errorf("erased: %+v by %s", erased, page.Events[0].Actor.Name())
		}
	})
}

// A contact under a legal hold stays, and nothing says that it was deleted.
func TestDeleteOnHold(t *testing.T) {
	onStores(t, func(t *testing.T, journal *activity.Journal, tenant activity.Tenant) {
		act(t, tenant, hank)
		if err := tenant.SetLegalHold(t.Context(), hank.Entity, ana, "a lawsuit"); err != nil {
			t.Fatal(err)
		}
		if _, err := contacts.Delete(t.Context(), tenant, hank, ana, "asked to be forgotten"); !errors.Is(err, activity.ErrLegalHold) {
			t.Errorf("got %v", err)
		}
		for _, line := range lines(t, journal, tenant, activity.Query{About: []activity.Entity{globex}}) {
			if strings.Contains(line, "deleted") || strings.Contains(line, "erased") {
				t.Error(line)
			}
		}
	})
}

// stored is all that the tenant's timeline has, as JSON.
func stored(t *testing.T, tenant activity.Tenant) string {
	t.Helper()
	var events []activity.Event
	for e, err := range tenant.Events(context.Background(), activity.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, e)
	}
	text, err := json.Marshal(events)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
