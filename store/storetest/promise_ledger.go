package storetest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/go-activity/activity"
	signed "golang.org/x/mod/sumdb/note"
)

// ledgerPromises are what a host is promised of order, proof, erasing and retention.
var ledgerPromises = []testCase{
	{name: "C3 live feed", check: checkLiveFeed},
	{name: "C4 proven sequence", check: checkProvenSequence},
	{name: "D2 deleted contact", check: checkDeletedContact},
	{name: "E2 nothing is skipped", check: checkNothingSkipped},
	{name: "E3 tamper evidence", check: checkTamperEvidence},
	{name: "E4 erasure that keeps the proof", check: checkErasureKeepsProof},
	{name: "E12 retention", check: checkRetention},
}

var visitMade = activity.Define[note]("visit.made", activity.TypeOptions{Category: "visits", Retention: 24 * time.Hour})

// newNotary returns a desk whose checkpoints are signed, and the key to check them with.
func newNotary(s subject) (desk, signed.Verifier) {
	s.Helper()
	d := newDesk(s)
	private, public, err := activity.GenerateKey("crm.example/activity")
	d.must(err)
	signer, err := signed.NewSigner(private)
	d.must(err)
	verifier, err := signed.NewVerifier(public)
	d.must(err)
	journal, err := activity.New(s.store, &activity.Config{
		Types: []activity.EventType{noteAdded, visitMade}, Origin: "crm.example/activity", Signer: signer,
		Now: func() time.Time { return time.UnixMicro(d.clock.Load()) },
	})
	d.must(err)
	d.journal, d.tenant = journal, journal.Tenant(acme)
	return d, verifier
}

// notes records n notes about somebody, one after the other.
func (d desk) notes(n int, about ...activity.Entity) []activity.Event {
	d.Helper()
	var all []activity.Event
	for i := range n {
		d.later(time.Second)
		events, err := d.tenant.Record(d.Context(), noteAdded.New(note{fmt.Sprint("note ", i)}).By(ana).About(about...))
		d.must(err)
		all = append(all, events...)
	}
	return all
}

func (d desk) checkpoint() activity.Checkpoint {
	d.Helper()
	c, err := d.tenant.Ledger().Checkpoint(d.Context())
	d.must(err)
	return c
}

func (d desk) verifies(since *activity.Checkpoint) activity.Verification {
	d.Helper()
	v, err := d.tenant.Ledger().Verify(d.Context(), since)
	d.must(err)
	return v
}

// checkLiveFeed records while somebody follows.
func checkLiveFeed(s subject) {
	d := newDesk(s)
	ctx, cancel := context.WithCancel(d.Context())
	defer cancel()
	recorded := d.notes(3, company(1))
	var seen []activity.Event
	for entry, err := range d.journal.Follow(ctx, activity.FollowOptions{Tenant: acme}) {
		d.must(err)
		seen = append(seen, entry.Event)
		d.equal("the position of what is seen", entry.Position, len(seen))
		if len(seen) == len(recorded) {
			if len(seen) == 9 {
				break
			}
			recorded = append(recorded, d.notes(3, company(1), contact(len(seen)))...)
		}
	}
	if diff := diffAll(recorded, seen); diff != "" {
		d.Errorf("what was followed, compared with what was recorded: %s", diff)
	}
	page, err := d.tenant.Timeline(ctx, activity.Query{About: []activity.Entity{company(1)}})
	d.must(err)
	slices.Reverse(seen)
	if diff := diffAll(seen, page.Events); diff != "" {
		d.Errorf("the page of the account, compared with the feed: %s", diff)
	}
}

func checkProvenSequence(s subject) {
	d, key := newNotary(s)
	events := d.notes(5, contact(1))
	c := d.checkpoint()
	parsed, err := activity.ParseCheckpoint(c.Note, key)
	d.must(err)
	d.equal("the checkpoint of five events", []any{parsed.Size, parsed.Root}, []any{5, c.Root})
	for _, event := range events {
		proof, err := d.tenant.Ledger().Prove(d.Context(), event.ID)
		d.must(err)
		proven, err := activity.VerifyProof(proof, key)
		d.must(err)
		if diff := diff(event, proven); diff != "" {
			d.Errorf("what is proven is not what was recorded: %s", diff)
		}
	}
	d.equal("how many events were verified", d.verifies(nil).Events, 5)
}

func checkDeletedContact(s subject) {
	d, _ := newNotary(s)
	d.notes(3, contact(1), company(1))
	d.notes(2, company(1))
	before := d.checkpoint()
	n, err := d.tenant.Erase(d.Context(), contact(1), ben, "asked for")
	d.must(err)
	d.equal("how many events were erased", n, 3)
	page, err := d.tenant.Timeline(d.Context(), activity.Query{About: []activity.Entity{contact(1)}})
	d.must(err)
	d.equal("what is found of the contact", len(page.Events), 0)
	page, err = d.tenant.Timeline(d.Context(), activity.Query{About: []activity.Entity{company(1)}})
	d.must(err)
	erased := 0
	for _, e := range page.Events {
		if e.Erased {
			erased++
		}
	}
	d.equal("events of the account, and those erased", []int{len(page.Events), erased}, []int{5, 3})
	d.equal("how many of the first events are as they were signed", d.verifies(&before).Since, 5)
}

// checkNothingSkipped ends a consumer in the middle of a batch, before it has stored how far it came.
func checkNothingSkipped(s subject) {
	d := newDesk(s)
	recorded := d.notes(12, contact(1))
	last := recorded[len(recorded)-1].ID
	var order []activity.ID
	consume := func(most int) {
		ctx, cancel := context.WithCancel(d.Context())
		defer cancel()
		d.journal.Consume(ctx, "mailer", func(_ context.Context, entries []activity.Entry) error {
			for i, e := range entries {
				if i == most {
					cancel()
					return ctx.Err()
				}
				if !slices.Contains(order, e.Event.ID) {
					order = append(order, e.Event.ID)
				}
				if e.Event.ID == last {
					cancel()
				}
			}
			return nil
		})
	}
	consume(5)
	consume(1000)
	for i, e := range recorded {
		if i >= len(order) || order[i] != e.ID {
			d.Fatalf("of %d events, %d were consumed, or not in their order", len(recorded), len(order))
		}
	}
}

func checkTamperEvidence(s subject) {
	d, key := newNotary(s)
	events := d.notes(7, contact(1))
	older := d.checkpoint()
	d.notes(6, contact(2))
	newer := d.checkpoint()
	consistency, err := d.tenant.Ledger().ProveConsistency(d.Context(), older)
	d.must(err)
	d.must(activity.VerifyConsistency(older, newer, consistency))
	proof, err := d.tenant.Ledger().Prove(d.Context(), events[3].ID)
	d.must(err)
	proof.Event.Type = "note.forged"
	if _, err := activity.VerifyProof(proof, key); err == nil {
		d.Errorf("VerifyProof took an event that was changed for one that was recorded")
	}
	d.equal("what was verified since the older checkpoint", []int64{d.verifies(&older).Since, d.verifies(&older).Events}, []int64{7, 13})
}

func checkErasureKeepsProof(s subject) {
	d, key := newNotary(s)
	events := d.notes(4, contact(1), company(1))
	before := d.checkpoint()
	_, err := d.tenant.Erase(d.Context(), contact(1), ben, "asked for")
	d.must(err)
	after := d.checkpoint()
	consistency, err := d.tenant.Ledger().ProveConsistency(d.Context(), before)
	d.must(err)
	d.must(activity.VerifyConsistency(before, after, consistency))
	proof, err := d.tenant.Ledger().Prove(d.Context(), events[1].ID)
	d.must(err)
	proven, err := activity.VerifyProof(proof, key)
	d.must(err)
	d.equal("what is proven of an erased event", []any{proven.ID, proven.Erased, proven.About}, []any{events[1].ID, true, []activity.Entity{{Kind: "contact"}, company(1)}})
	d.equal("events that were erased", d.verifies(&before).Erased, 4)
}

func checkRetention(s subject) {
	d, _ := newNotary(s)
	kept := d.notes(2, contact(1))
	for range 3 {
		_, err := d.tenant.Record(d.Context(), visitMade.New(note{"page"}).By(ana).About(contact(1)))
		d.must(err)
	}
	before := d.checkpoint()
	n, err := d.journal.Retain(d.Context())
	d.must(err)
	d.equal("what is removed before its time", n, 0)
	d.later(25 * time.Hour)
	n, err = d.journal.Retain(d.Context())
	d.must(err)
	d.equal("what is removed after a day", n, 3)
	page, err := d.tenant.Timeline(d.Context(), activity.Query{About: []activity.Entity{contact(1)}})
	d.must(err)
	slices.Reverse(kept)
	if diff := diffAll(kept, page.Events); diff != "" {
		d.Errorf("what is left: %s", diff)
	}
	v := d.verifies(&before)
	d.equal("what was verified since then, and what was removed", []int64{v.Since, v.Removed}, []int64{5, 3})
}
