package activity_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	signed "golang.org/x/mod/sumdb/note"

	"github.com/go-activity/activity"
)

// What was written of a ledger once, and has to hold for as long as somebody may have it: a key, a checkpoint of its twelve
// entries, an export, an export of some, and proofs of an event before and after a part of it was erased. With -update, it is
// made anew.
const storedDir = "testdata/ledger"

func stored(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(storedDir, name))
	check(t, err)
	return data
}

// storedKey returns the key of what is stored, and its checkpoint.
func storedKey(t testing.TB) (signed.Verifier, activity.Checkpoint) {
	t.Helper()
	key, err := signed.NewVerifier(string(stored(t, "key")))
	check(t, err)
	c, err := activity.ParseCheckpoint(stored(t, "checkpoint"), key)
	check(t, err)
	return key, c
}

func storeLedger(t *testing.T) {
	private, public, err := activity.GenerateKey("crm.test")
	check(t, err)
	signer, err := signed.NewSigner(private)
	check(t, err)
	journal := configured(t, activity.Config{Types: []activity.EventType{noted}, Origin: "crm.test/activity", Signer: signer})
	events := addEvents(t, journal, 12)
	acme := journal.Tenant("acme").Ledger()
	c, err := acme.Checkpoint(t.Context())
	check(t, err)
	proof, err := acme.Prove(t.Context(), events[4].ID)
	check(t, err)
	files := map[string]any{
		"key": public, "checkpoint": string(c.Note), "proof.json": proof, "erased.json": erased(proof),
		"export.ndjson": exported(t, journal, activity.ExportOptions{}),
		"some.ndjson":   exported(t, journal, activity.ExportOptions{Types: []string{"note.added"}, From: noon.AddDate(-1, 0, 0)}),
	}
	check(t, os.MkdirAll(storedDir, 0o755))
	for name, content := range files {
		text, ok := content.(string)
		if !ok {
			data, err := json.MarshalIndent(content, "", "\t")
			check(t, err)
			text = string(data) + "\n"
		}
		check(t, os.WriteFile(filepath.Join(storedDir, name), []byte(text), 0o644))
	}
}

func TestStoredProofs(t *testing.T) {
	if *update {
		storeLedger(t)
	}
	key, c := storedKey(t)
	whole, err := activity.VerifyExport(bytes.NewReader(stored(t, "export.ndjson")), c)
	if err != nil || whole.Since != 12 || whole.Events != 12 {
		t.Errorf("VerifyExport = %+v, %v", whole, err)
	}
	some, err := activity.VerifyExport(bytes.NewReader(stored(t, "some.ndjson")), c)
	if err != nil || !some.Partial || some.Events != 12 {
		t.Errorf("VerifyExport of some = %+v, %v", some, err)
	}
	var events [2]activity.Event
	for i, name := range []string{"proof.json", "erased.json"} {
		var p activity.Proof
		check(t, json.Unmarshal(stored(t, name), &p))
		if events[i], err = activity.VerifyProof(p, key); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		data, err := json.MarshalIndent(p, "", "\t")
		check(t, err)
		if diff := cmp.Diff(string(stored(t, name)), string(data)+"\n"); diff != "" {
			t.Errorf("%s is written otherwise now:\n%s", name, diff)
		}
	}
	if events[0].Erased || !events[1].Erased || events[1].Payload != nil || events[0].ID != events[1].ID {
		t.Errorf("the events are %+v", events)
	}
}

// Whatever is read as a proof either holds, and is of what was recorded, or is an ErrProof.
func FuzzVerifyProof(f *testing.F) {
	key, _ := storedKey(f)
	var whole activity.Proof
	for _, name := range []string{"erased.json", "proof.json"} {
		data := stored(f, name)
		check(f, json.Unmarshal(data, &whole))
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var p activity.Proof
		if json.Unmarshal(data, &p) != nil {
			return
		}
		event, err := activity.VerifyProof(p, key)
		if err != nil {
			if !errors.Is(err, activity.ErrProof) {
				t.Errorf("VerifyProof = %v", err)
			}
			return
		}
		want := whole.Event
		if event.Erased {
			want = erased(whole).Event
		}
		if diff := cmp.Diff(want, event); diff != "" {
			t.Errorf("an event is proven that was not recorded:\n%s", diff)
		}
	})
}

// Whatever is read as an export either holds, and has the events that were recorded, or is an ErrProof.
func FuzzVerifyExport(f *testing.F) {
	_, c := storedKey(f)
	for _, name := range []string{"export.ndjson", "some.ndjson"} {
		f.Add(stored(f, name))
	}
	var payloads [][]byte
	for line := range bytes.Lines(stored(f, "export.ndjson")) {
		payloads = append(payloads, payloadIn(line))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := activity.VerifyExport(bytes.NewReader(data), c)
		if err != nil {
			if !errors.Is(err, activity.ErrProof) {
				t.Errorf("VerifyExport = %v", err)
			}
			return
		}
		if v.Since != 12 || v.Events > 12 || !v.Partial && v.Events+v.Removed != v.Size {
			t.Errorf("VerifyExport = %+v of %q", v, data)
		}
		for line := range bytes.Lines(data) {
			if payload := payloadIn(line); !slices.ContainsFunc(payloads, func(p []byte) bool { return bytes.Equal(p, payload) }) {
				t.Errorf("a payload is proven that was not recorded: %s", payload)
			}
		}
	})
}

// payloadIn returns the payload of a line of an export.
func payloadIn(line []byte) []byte {
	var l struct {
		Event struct{ Payload string }
	}
	_ = json.Unmarshal(line, &l)
	return []byte(l.Event.Payload)
}
