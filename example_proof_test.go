package activity_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	signed "golang.org/x/mod/sumdb/note"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/memstore"
)

// openProven makes a tenant with three events for the examples, in memory, and the key that its checkpoints are checked
// with. A program makes its key once, and keeps the private one.
func openProven() (acme activity.Tenant, ids []activity.ID, key signed.Verifier) {
	ctx := activity.WithActor(context.Background(), activity.User("ana", "Ana"))
	private, public, err := activity.GenerateKey("crm.example")
	if err != nil {
		panic(err)
	}
	signer, err := signed.NewSigner(private)
	if err != nil {
		panic(err)
	}
	if key, err = signed.NewVerifier(public); err != nil {
		panic(err)
	}
	journal, err := activity.New(memstore.New(), &activity.Config{Types: []activity.EventType{noted}, Origin: "crm.example/activity", Signer: signer})
	if err != nil {
		panic(err)
	}
	acme = journal.Tenant("acme")
	events, err := acme.Record(ctx, noted.New(note{"called"}), noted.New(note{"agreed"}), noted.New(note{"signed"}))
	if err != nil {
		panic(err)
	}
	for _, e := range events {
		ids = append(ids, e.ID)
	}
	return acme, ids, key
}

// A proof convinces whoever has the public key, without the database.
func ExampleLedger_Prove() {
	ctx := context.Background()
	acme, ids, key := openProven()
	proof, err := acme.Ledger().Prove(ctx, ids[1])
	if err != nil {
		panic(err)
	}
	text, err := json.Marshal(proof) // to be sent
	if err != nil {
		panic(err)
	}

	var received activity.Proof
	if err := json.Unmarshal(text, &received); err != nil {
		panic(err)
	}
	event, err := activity.VerifyProof(received, key)
	fmt.Println(string(event.Payload), err)
	// Output: {"text":"agreed"} <nil>
}

func ExampleVerifyProof() {
	acme, ids, key := openProven()
	proof, err := acme.Ledger().Prove(context.Background(), ids[1])
	if err != nil {
		panic(err)
	}
	proof.Event.Payload = []byte(`{"text":"refused"}`)
	_, err = activity.VerifyProof(proof, key)
	fmt.Println(errors.Is(err, activity.ErrProof), err)
	// Output: true activity: proof does not hold: hashes do not lead from the event to the root of 3 entries: the event, its index or a hash is another
}

// Who keeps a checkpoint can have the ledger compared with it later.
func ExampleParseCheckpoint() {
	ctx := context.Background()
	acme, _, key := openProven()
	checkpoint, err := acme.Ledger().Checkpoint(ctx)
	if err != nil {
		panic(err)
	}
	kept := checkpoint.Note // elsewhere

	since, err := activity.ParseCheckpoint(kept, key)
	if err != nil {
		panic(err)
	}
	verification, err := acme.Ledger().Verify(ctx, &since)
	fmt.Println(since.Origin, verification.Since, verification.Events, err)
	// Output: crm.example/activity/acme 3 3 <nil>
}

func ExampleVerifyConsistency() {
	ctx := activity.WithActor(context.Background(), activity.User("ana", "Ana"))
	acme, _, key := openProven()
	older, err := acme.Ledger().Checkpoint(ctx)
	if err != nil {
		panic(err)
	}
	if _, err := acme.Record(ctx, noted.New(note{"paid"})); err != nil {
		panic(err)
	}
	consistency, err := acme.Ledger().ProveConsistency(ctx, older)
	if err != nil {
		panic(err)
	}
	newer, err := activity.ParseCheckpoint(consistency.Checkpoint.Note, key)
	if err != nil {
		panic(err)
	}
	fmt.Println(older.Size, newer.Size, activity.VerifyConsistency(older, newer, consistency))
	// Output: 3 4 <nil>
}

// An export is verified without the database. The program cmd/activity-verify does the same with files.
func ExampleVerifyExport() {
	ctx := context.Background()
	acme, _, _ := openProven()
	checkpoint, err := acme.Ledger().Checkpoint(ctx)
	if err != nil {
		panic(err)
	}
	var export bytes.Buffer
	if err := acme.Ledger().Export(ctx, &export, activity.ExportOptions{}); err != nil {
		panic(err)
	}
	changed := bytes.Replace(export.Bytes(), []byte("agreed"), []byte("argued"), 1)

	verification, err := activity.VerifyExport(&export, checkpoint)
	fmt.Println(verification.Events, err)
	_, err = activity.VerifyExport(bytes.NewReader(changed), checkpoint)
	fmt.Println(err)
	// Output:
	// 3 <nil>
	// activity: proof does not hold: line 3, index 1: event is not what was recorded: its leaf is another
}
