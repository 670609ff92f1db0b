// Audit records the history of a deal, keeps a signed checkpoint, and then goes behind the library's back: it changes the
// database file in six ways, and shows what Verify says to each.
//
//	go run ./examples/audit
//
// Each attack is made on a copy of the file, with the triggers dropped that would refuse it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/bunstore"
	"github.com/go-activity/activity/store/sqlite"
)

type stageChange struct {
	From string `json:"from"`
	To   string `json:"to"`
}

type offer struct {
	Euros int64 `json:"euros"`
}

type comment struct {
	Text string `json:"text"`
}

var (
	stageChanged = activity.Define[stageChange]("deal.stage_changed", activity.TypeOptions{Summary: "moved {about} from {from} to {to}"})
	offerMade    = activity.Define[offer]("deal.offer_made", activity.TypeOptions{Summary: "offered {euros, number} euros for {about}"})
	commented    = activity.Define[comment]("comment.added", activity.TypeOptions{Summary: "commented on {about}: {text}", Retention: 365 * 24 * time.Hour})
)

var (
	ana  = activity.User("ana", "Ana")
	ben  = activity.User("ben", "Ben")
	deal = activity.Entity{Kind: "deal", ID: "42", Label: "Big one"}
	bob  = activity.Entity{Kind: "contact", ID: "7", Label: "Bob Marsh"}
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, w io.Writer) (err error) {
	folder, err := os.MkdirTemp("", "audit")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()

	// The key that signs checkpoints. Who verifies needs the public half only.
	private, public, err := activity.GenerateKey("crm.example")
	if err != nil {
		return err
	}
	signer, err := note.NewSigner(private)
	if err != nil {
		return err
	}
	verifier, err := note.NewVerifier(public)
	if err != nil {
		return err
	}
	a := &audit{w: w, folder: folder, signer: signer, verifier: verifier}
	for _, chapter := range []func(context.Context) error{a.record, a.attackAll, a.forget, a.prove} {
		if err := chapter(ctx); err != nil {
			return err
		}
	}
	return nil
}

// audit is what the chapters hand on.
type audit struct {
	w        io.Writer
	folder   string
	signer   note.Signer
	verifier note.Verifier
	kept     []byte // the note of a checkpoint, as somebody else keeps it
	event    activity.ID
}

func (a *audit) file(name string) string { return filepath.Join(a.folder, name+".db") }

// open opens one of the files. The caller closes the store.
func (a *audit) open(ctx context.Context, name string) (*bunstore.Store, activity.Tenant, error) {
	store, err := sqlite.Open(ctx, a.file(name))
	if err != nil {
		return nil, activity.Tenant{}, err
	}
	journal, err := activity.New(store, &activity.Config{
		Types:  []activity.EventType{stageChanged, offerMade, commented},
		Origin: "crm.example/activity",
		Signer: a.signer,
		Now:    func() time.Time { return time.Date(2026, time.March, 20, 10, 0, 0, 0, time.UTC) }, // leave it out: then it is now
	})
	if err != nil {
		return nil, activity.Tenant{}, errors.Join(err, store.Close())
	}
	return store, journal.Tenant("acme"), nil
}

// record makes a history, and a checkpoint of it.
func (a *audit) record(ctx context.Context) (err error) {
	store, acme, err := a.open(ctx, "history")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if err := store.Migrate(ctx); err != nil {
		return err
	}
	at := time.Date(2026, time.March, 3, 9, 0, 0, 0, time.UTC)
	drafts := []activity.Draft{
		stageChanged.New(stageChange{"New", "Qualified"}).By(ana).About(deal),
		commented.New(comment{"Bob prefers calls before ten"}).By(ana).About(deal, bob),
		offerMade.New(offer{48_000}).By(ana).About(deal),
		stageChanged.New(stageChange{"Qualified", "Proposal"}).By(ana).About(deal),
		offerMade.New(offer{44_500}).By(ben).About(deal),
		stageChanged.New(stageChange{"Proposal", "Negotiation"}).By(ben).About(deal),
		offerMade.New(offer{43_000}).By(ana).About(deal),
		stageChanged.New(stageChange{"Negotiation", "Won"}).By(ana).About(deal, bob),
	}
	for i := range drafts {
		drafts[i] = drafts[i].At(at.Add(time.Duration(i) * 26 * time.Hour)).Manual()
	}
	events, err := acme.Record(ctx, drafts...)
	if err != nil {
		return err
	}
	a.event = events[4].ID

	checkpoint, err := acme.Ledger().Checkpoint(ctx)
	if err != nil {
		return err
	}
	a.kept = checkpoint.Note
	a.printf("The history of a deal, and a checkpoint of %s at %d entries, which an auditor keeps:\n\n", checkpoint.Origin, checkpoint.Size)
	return a.show(ctx, store, acme)
}

// show prints the ledger.
func (a *audit) show(ctx context.Context, store activity.Store, acme activity.Tenant) error {
	rows, err := store.Entries(ctx, activity.EntryQuery{Tenant: acme.Name(), Limit: 100})
	if err != nil {
		return err
	}
	journal, err := activity.New(store, &activity.Config{Types: []activity.EventType{stageChanged, offerMade, commented}})
	if err != nil {
		return err
	}
	for _, row := range rows {
		e := row.Event.Event
		a.printf("  %d  %s  %s %s\n", row.Position, e.OccurredAt.Format("2006-01-02"), e.Actor.Name(), journal.Summary(e, "en"))
	}
	return nil
}

// attackAll copies the file for each attack, attacks, and verifies against the checkpoint that was kept.
func (a *audit) attackAll(ctx context.Context) error {
	for i, attack := range attacks {
		if err := a.try(ctx, fmt.Sprint("attack", i+1), attack); err != nil {
			return fmt.Errorf("attack %d: %w", i+1, err)
		}
		a.printf("\n%d. %s\n", i+1, attack.what)
		if err := a.verify(ctx, fmt.Sprint("attack", i+1)); err != nil {
			return err
		}
	}
	return nil
}

// verify prints what Verify says to a file, without a checkpoint and with the one that was kept.
func (a *audit) verify(ctx context.Context, name string) (err error) {
	store, acme, err := a.open(ctx, name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	kept, err := activity.ParseCheckpoint(a.kept, a.verifier)
	if err != nil {
		return err
	}
	for _, since := range []*activity.Checkpoint{nil, &kept} {
		with := "by itself:"
		if since != nil {
			with = "by the checkpoint:"
		}
		found, err := acme.Ledger().Verify(ctx, since)
		tampered, ok := errors.AsType[*activity.TamperError](err)
		switch {
		case err == nil:
			a.printf("   %-18s all %d entries hold, %d of them erased\n", with, found.Size, found.Erased)
		case !ok:
			return err
		default:
			for _, problem := range tampered.Problems {
				problem.ID = activity.ID{} // another one in each run
				a.printf("   %-18s %v\n", with, problem)
				with = ""
			}
		}
	}
	return nil
}

// forget erases Bob, which is no attack.
func (a *audit) forget(ctx context.Context) (err error) {
	store, acme, err := a.open(ctx, "history")
	if err != nil {
		return err
	}
	n, err := acme.Erase(ctx, bob, activity.User("dpo", "Data protection"), "the contact asked for it")
	if err != nil {
		return errors.Join(err, store.Close())
	}
	a.printf("\nErasing a contact is no attack: %d events lost what they said of him, and the proof stands.\n\n", n)
	if _, err := acme.Ledger().Checkpoint(ctx); err != nil { // seals
		return errors.Join(err, store.Close())
	}
	if err := errors.Join(a.show(ctx, store, acme), store.Close()); err != nil {
		return err
	}
	a.printf("\n")
	return a.verify(ctx, "history")
}

// prove shows one event to somebody who has the public key and nothing else.
func (a *audit) prove(ctx context.Context) (err error) {
	store, acme, err := a.open(ctx, "history")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	proof, err := acme.Ledger().Prove(ctx, a.event)
	if err != nil {
		return err
	}
	event, err := activity.VerifyProof(proof, a.verifier)
	if err != nil {
		return err
	}
	a.printf("\nA proof of one event of %d has %d hashes. Without the database, it shows: %s, %s\n",
		proof.Checkpoint.Size, len(proof.Hashes), event.Actor.Name(), event.Payload)
	proof.Event.Actor = ana
	_, err = activity.VerifyProof(proof, a.verifier)
	a.printf("The same with Ana as the actor:\n   %v\n", err)
	return nil
}

func (a *audit) printf(format string, args ...any) { fmt.Fprintf(a.w, format, args...) }
