package activity_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	signed "golang.org/x/mod/sumdb/note"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/memstore"
)

// What follows is the code of docs/ledger.md and docs/integrity.md, word for word; TestLedgerGuides compares.

type Opened struct {
	Subject string `json:"subject"`
}

var EmailOpened = activity.Define[Opened]("email.opened", activity.TypeOptions{Retention: 90 * 24 * time.Hour})

func guideKeys() (string, string, error) {
	private, public, err := activity.GenerateKey("acme-audit") // once; keep private secret, give public to whoever verifies
	return private, public, err
}

func guideCheckpoint(ctx context.Context, store activity.Store, types []activity.EventType, private string, archive func([]byte) error) error {
	signer, err := signed.NewSigner(private) // signed is golang.org/x/mod/sumdb/note
	if err != nil {
		return err
	}
	journal, err := activity.New(store, &activity.Config{Types: types, Signer: signer, Origin: "app.example.com/activity"})
	if err != nil {
		return err
	}
	acme := journal.Tenant("acme")
	checkpoint, err := acme.Ledger().Checkpoint(ctx)
	if err != nil {
		return err
	}
	return archive(checkpoint.Note) // where those who can write to the database cannot
}

func guideVerify(ctx context.Context, acme activity.Tenant, archived []byte, verifier signed.Verifier, alarm func(activity.Position, string), found *activity.Verification) error {
	older, err := activity.ParseCheckpoint(archived, verifier)
	if err != nil {
		return err // damaged, or of another key
	}
	verification, err := acme.Ledger().Verify(ctx, &older)
	if tampered, ok := errors.AsType[*activity.TamperError](err); ok {
		for _, problem := range tampered.Problems {
			alarm(problem.Position, problem.Reason)
		}
	}
	*found = verification
	return err
}

func guideProve(ctx context.Context, acme activity.Tenant, id activity.ID, told *[]byte) error {
	proof, err := acme.Ledger().Prove(ctx, id)
	if err != nil {
		return err
	}
	text, err := json.Marshal(proof) // for whoever is to be convinced
	*told = text
	return err
}

func guideVerifyProof(text []byte, verifier signed.Verifier) (activity.Event, error) {
	var proof activity.Proof
	if err := json.Unmarshal(text, &proof); err != nil {
		return activity.Event{}, err
	}
	event, err := activity.VerifyProof(proof, verifier) // needs no store
	return event, err
}

func guideConsistency(ctx context.Context, acme activity.Tenant, older, newer activity.Checkpoint) error {
	consistency, err := acme.Ledger().ProveConsistency(ctx, older)
	if err != nil {
		return err
	}
	err = activity.VerifyConsistency(older, newer, consistency)
	return err
}

func guideLag(ctx context.Context, journal *activity.Journal) (activity.Lag, error) {
	lag, err := journal.Lag(ctx) // how many events wait for their position, and for how long
	return lag, err
}

func guideFollow(ctx context.Context, journal *activity.Journal, last activity.Position, show func(activity.Event)) error {
	for entry, err := range journal.Follow(ctx, activity.FollowOptions{After: last, Tenant: "acme"}) {
		if err != nil {
			return err // ctx has ended, or nobody can follow from there
		}
		show(entry.Event)
		last = entry.Position
	}
	return nil
}

func guideAwait(ctx context.Context, journal *activity.Journal, acme activity.Tenant, draft activity.Draft, found *activity.Entry) error {
	events, err := acme.Record(ctx, draft)
	if err != nil {
		return err
	}
	entry, err := journal.Await(ctx, events[0].ID) // its position
	*found = entry
	return err
}

type guideIndex interface {
	Put(context.Context, []activity.Entry) error
}

func guideConsume(ctx context.Context, journal *activity.Journal, index guideIndex) error {
	err := journal.Consume(ctx, "search-index", func(ctx context.Context, entries []activity.Entry) error {
		return index.Put(ctx, entries) // at least once: the same entries may come again after a crash
	})
	return err
}

func guidePark(entry activity.Entry, malformed func(activity.Entry) bool) error {
	if malformed(entry) {
		return fmt.Errorf("%w: no email address", activity.ErrPark)
	}
	return nil
}

func guideParked(ctx context.Context, journal *activity.Journal) error {
	consumer := journal.Consumer("search-index")
	for parked, err := range consumer.Parked(ctx) {
		if err != nil {
			return err
		}
		fmt.Println(parked.Position, parked.Error)
	}
	return nil
}

func guideExport(ctx context.Context, acme activity.Tenant, w io.Writer) error {
	err := acme.Ledger().Export(ctx, w, activity.ExportOptions{Format: activity.NDJSON})
	return err
}

func guideErase(ctx context.Context, acme activity.Tenant, admin activity.Entity) (int, error) {
	n, err := acme.Erase(ctx, activity.Entity{Kind: "contact", ID: "42"}, admin, "asked for on 3 March")
	return n, err
}

// index is a search index that takes nothing from a mailer.
type index struct {
	took []activity.Position
	done context.CancelFunc
}

func (i *index) Put(_ context.Context, entries []activity.Entry) error {
	for _, e := range entries {
		if err := guidePark(e, func(e activity.Entry) bool { return e.Event.Actor.ID == "mailer" }); err != nil {
			return err
		}
		i.took = append(i.took, e.Position)
	}
	if len(i.took) >= 2 {
		i.done()
	}
	return nil
}

func TestLedgerGuides(t *testing.T) {
	quoted(t, "docs/ledger.md", "ledger_guide_test.go", 9)
	quoted(t, "docs/integrity.md", "ledger_guide_test.go", 6)

	ctx := t.Context()
	private, public, err := guideKeys()
	check(t, err)
	verifier, err := signed.NewVerifier(public)
	check(t, err)
	signer, err := signed.NewSigner(private)
	check(t, err)
	types := []activity.EventType{EmailOpened}
	store := memstore.New()
	journal, err := activity.New(store, &activity.Config{Types: types, Signer: signer, Origin: "app.example.com/activity"})
	check(t, err)
	acme := journal.Tenant("acme")
	contact := activity.Entity{Kind: "contact", ID: "42", Label: "Bob"}

	var first activity.Entry
	check(t, guideAwait(ctx, journal, acme, EmailOpened.New(Opened{"Offer"}).By(activity.User("bob", "Bob")).About(contact), &first))
	var kept []byte
	check(t, guideCheckpoint(ctx, store, types, private, func(text []byte) error { kept = text; return nil }))
	var proof []byte
	check(t, guideProve(ctx, acme, first.Event.ID, &proof))
	for _, actor := range []string{"mailer", "eve"} {
		_, err = acme.Record(ctx, EmailOpened.New(Opened{"Offer"}).By(activity.User(actor, "")))
		check(t, err)
	}

	indexing, cancel := context.WithCancel(ctx)
	defer cancel()
	i := &index{done: cancel}
	if err := guideConsume(indexing, journal, i); !errors.Is(err, context.Canceled) || fmt.Sprint(i.took) != "[1 3]" {
		t.Errorf("the index took %v, %v", i.took, err)
	}
	check(t, guideParked(ctx, journal))
	var followed []string
	following, cancel := context.WithCancel(ctx)
	defer cancel()
	err = guideFollow(following, journal, 1, func(e activity.Event) {
		if followed = append(followed, e.Actor.ID); len(followed) == 2 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || strings.Join(followed, " ") != "mailer eve" {
		t.Errorf("followed %q, %v", followed, err)
	}

	if n, err := guideErase(ctx, acme, activity.User("ana", "Ana")); n != 1 || err != nil {
		t.Errorf("erased %d events, %v", n, err)
	}
	newer, err := acme.Ledger().Checkpoint(ctx)
	check(t, err)
	var found activity.Verification
	if err := guideVerify(ctx, acme, kept, verifier, func(activity.Position, string) {}, &found); err != nil || found.Size != 4 || found.Erased != 1 || found.Since != 1 {
		t.Errorf("verifying found %+v, %v", found, err)
	}
	if e, err := guideVerifyProof(proof, verifier); err != nil || e.About[0] != contact {
		t.Errorf("the proof from before shows %+v, %v", e, err)
	}
	older, err := activity.ParseCheckpoint(kept, verifier)
	check(t, err)
	check(t, guideConsistency(ctx, acme, older, newer))
	if lag, err := guideLag(ctx, journal); err != nil || lag.Events != 0 || lag.Last != 4 {
		t.Errorf("the lag is %+v, %v", lag, err)
	}
	var export strings.Builder
	check(t, guideExport(ctx, acme, &export))
	if found, err := activity.VerifyExport(strings.NewReader(export.String()), newer); err != nil || found.Events != 4 {
		t.Errorf("the export has %+v, %v", found, err)
	}
}
