package activity_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	signed "golang.org/x/mod/sumdb/note"

	"github.com/go-activity/activity"
)

// newKey makes a key with a name.
func newKey(t testing.TB, name string) (signed.Signer, signed.Verifier) {
	t.Helper()
	private, public, err := activity.GenerateKey(name)
	check(t, err)
	signer, err := signed.NewSigner(private)
	check(t, err)
	verifier, err := signed.NewVerifier(public)
	check(t, err)
	return signer, verifier
}

// newLedger makes a journal that signs, and records events of acme, one of globex after every third.
func newLedger(t testing.TB, events int) (*activity.Journal, signed.Verifier) {
	t.Helper()
	signer, key := newKey(t, "crm.test")
	journal := configured(t, activity.Config{Types: []activity.EventType{noted}, Origin: "crm.test/activity", Signer: signer})
	addEvents(t, journal, events)
	return journal, key
}

func addEvents(t testing.TB, journal *activity.Journal, events int) []activity.Event {
	t.Helper()
	ctx := activity.WithActor(t.Context(), ana)
	drafts := make([]activity.Draft, events)
	for i := range drafts {
		drafts[i] = noted.New(note{fmt.Sprintf("<%d> & \u2028 ok", i)}).About(deal).At(noon.Add(-1e9 * 60))
		if i%2 == 0 {
			drafts[i] = drafts[i].Key(rand.Text()).Manual()
		}
	}
	recorded, err := journal.Tenant("acme").Record(ctx, drafts...)
	check(t, err)
	if events > 2 {
		_, err = journal.Tenant("globex").Record(ctx, drafts[:events/3]...)
		check(t, err)
	}
	return recorded
}

func TestCheckpoint(t *testing.T) {
	journal, key := newLedger(t, 300)
	acme := journal.Tenant("acme").Ledger()
	c, err := acme.Checkpoint(t.Context())
	check(t, err)
	if c.Origin != "crm.test/activity/acme" || c.Size != 300 {
		t.Errorf("Checkpoint = %+v", c)
	}
	if want := fmt.Sprintf("crm.test/activity/acme\n300\n%v\n\n— crm.test ", c.Root); !strings.HasPrefix(string(c.Note), want) {
		t.Errorf("the note is %q, want %q", c.Note, want)
	}
	parsed, err := activity.ParseCheckpoint(c.Note, key)
	check(t, err)
	if diff := cmp.Diff(c, parsed); diff != "" {
		t.Errorf("ParseCheckpoint is not what was signed:\n%s", diff)
	}
	var decoded activity.Checkpoint
	data, err := json.Marshal(c)
	check(t, err)
	check(t, json.Unmarshal(data, &decoded))
	if diff := cmp.Diff(c, decoded); diff != "" || data[0] != '"' {
		t.Errorf("JSON %s is another checkpoint:\n%s", data, diff)
	}

	// The next one has what was recorded meanwhile, and a tenant with a name that needs it is escaped.
	addEvents(t, journal, 1)
	if c, err := acme.Checkpoint(t.Context()); err != nil || c.Size != 301 {
		t.Errorf("the next checkpoint is %+v, %v", c, err)
	}
	if c, err := journal.Tenant("a b/ü\n%").Ledger().Checkpoint(t.Context()); err != nil || c.Size != 0 || c.Origin != "crm.test/activity/a%20b%2F%C3%BC%0A%25" {
		t.Errorf("the checkpoint of a tenant without events is %+v, %v", c, err)
	} else if _, err := activity.ParseCheckpoint(c.Note, key); err != nil {
		t.Error(err)
	}
}

func TestCheckpointErrors(t *testing.T) {
	_, err := newJournal(t).Tenant("acme").Ledger().Checkpoint(t.Context())
	if bad := invalid(t, err); bad.Field != "Config.Signer" {
		t.Errorf("without a signer, the error is %v", err)
	}
	journal, _ := newLedger(t, 0)
	_, err = journal.Tenant("").Ledger().Checkpoint(t.Context())
	if bad := invalid(t, err); bad.Field != "Tenant" {
		t.Errorf("without a tenant, the error is %v", err)
	}
	broken := configured(t, activity.Config{Signer: brokenSigner{}})
	if _, err := broken.Tenant("acme").Ledger().Checkpoint(t.Context()); !errors.Is(err, errDown) {
		t.Errorf("with a signer that fails, the error is %v", err)
	}
	for field, config := range map[string]activity.Config{
		"Config.Origin":      {Origin: "a b"},
		"Config.Signer.Name": {Signer: brokenSigner{"a+b"}},
	} {
		_, err := activity.New(activity.StoreOf(journal), &config)
		if bad := invalid(t, err); bad.Field != field {
			t.Errorf("New with a bad %s = %v", field, err)
		}
	}
	for _, name := range []string{"", "a b", "a+b", "a\nb", "\xff", strings.Repeat("a", 256)} {
		if _, _, err := activity.GenerateKey(name); !errors.Is(err, activity.ErrInvalid) {
			t.Errorf("GenerateKey(%q) = %v", name, err)
		}
	}
}

type brokenSigner []string

func (s brokenSigner) Name() string                { return append(s, "broken")[0] }
func (s brokenSigner) KeyHash() uint32             { return 1 }
func (s brokenSigner) Sign([]byte) ([]byte, error) { return nil, errDown }

// The checkpoint of the specification is one, with the lines and the signatures that the reader does not know.
func TestParseCheckpoint(t *testing.T) {
	const example = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
	signer, key := newKey(t, "example.com/behind-the-sofa")
	witness, witnessed := newKey(t, "witness.test")
	_, stranger := newKey(t, "example.com/behind-the-sofa")
	sign := func(text string, signers ...signed.Signer) string {
		t.Helper()
		b, err := signed.Sign(&signed.Note{Text: text}, signers...)
		check(t, err)
		return string(b)
	}
	note := sign(example, signer, witness)
	for name, text := range map[string]string{"plain": note, "extended": sign(example+"an extension\nand another\n", witness, signer)} {
		for _, keys := range [][]signed.Verifier{{key}, {witnessed}, {key, witnessed}, {stranger, key}} {
			c, err := activity.ParseCheckpoint([]byte(text), keys...)
			if err != nil || c.Origin != "example.com/behind-the-sofa" || c.Size != 20852163 || c.Root.String() != "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=" || string(c.Note) != text {
				t.Errorf("%s: ParseCheckpoint = %+v, %v", name, c, err)
			}
		}
	}
	const root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
	for name, test := range map[string]struct {
		text string
		keys []signed.Verifier
		want string
	}{
		"no key":             {note, nil, "not signed by a key that was given, but by example.com/behind-the-sofa+"},
		"another key":        {note, []signed.Verifier{stranger}, "not signed by a key that was given"},
		"nil key":            {note, []signed.Verifier{nil}, "nil"},
		"one key twice":      {note, []signed.Verifier{key, key}, "ambiguous"},
		"other size":         {strings.Replace(note, "\n20852163", "\n20852164", 1), []signed.Verifier{key}, "invalid signature"},
		"other root":         {strings.Replace(note, "\nCsU", "\nCsV", 1), []signed.Verifier{key}, "invalid signature"},
		"other origin":       {strings.Replace(note, "sofa", "Sofa", 1), []signed.Verifier{key}, "invalid signature"},
		"line added":         {strings.Replace(note, "2I=\n", "2I=\nmore\n", 1), []signed.Verifier{key}, "invalid signature"},
		"one wrong of two":   {strings.Replace(note, "sofa\n", "Sofa\n", 1), []signed.Verifier{witnessed}, "invalid signature"},
		"signature cut":      {note[:len(note)-10] + "\n", []signed.Verifier{key, witnessed}, "malformed"},
		"no signature":       {example, []signed.Verifier{key}, "malformed"},
		"empty":              {"", []signed.Verifier{key}, "malformed"},
		"long":               {strings.Repeat("a", 1<<20) + note, []signed.Verifier{key}, "longer"},
		"two lines":          {sign("o\n1\n", signer), []signed.Verifier{key}, "three lines"},
		"no origin":          {sign("\n1\n"+root+"\n", signer), []signed.Verifier{key}, "three lines, or an empty one"},
		"empty extension":    {sign("o\n1\n"+root+"\n\nx\n", signer), []signed.Verifier{key}, "three lines, or an empty one"},
		"no size":            {sign("o\nx\n"+root+"\n", signer), []signed.Verifier{key}, `"x" for a size`},
		"leading zero":       {sign("o\n01\n"+root+"\n", signer), []signed.Verifier{key}, `"01" for a size`},
		"plus":               {sign("o\n+1\n"+root+"\n", signer), []signed.Verifier{key}, `"+1" for a size`},
		"negative":           {sign("o\n-1\n"+root+"\n", signer), []signed.Verifier{key}, `"-1" for a size`},
		"huge":               {sign("o\n9223372036854775807\n"+root+"\n", signer), []signed.Verifier{key}, "9223372036854775807 entries"},
		"beyond 64 bits":     {sign("o\n9223372036854775808\n"+root+"\n", signer), []signed.Verifier{key}, "for a size"},
		"short root":         {sign("o\n1\nAAAA\n", signer), []signed.Verifier{key}, `"AAAA" for a root`},
		"root of other bits": {sign("o\n1\n"+root[:42]+"J=\n", signer), []signed.Verifier{key}, "for a root"},
		"empty tree":         {sign("o\n0\n"+root+"\n", signer), []signed.Verifier{key}, "no entries"},
	} {
		c, err := activity.ParseCheckpoint([]byte(test.text), test.keys...)
		if !errors.Is(err, activity.ErrProof) || !strings.Contains(fmt.Sprint(err), test.want) || c.Note != nil {
			t.Errorf("%s: ParseCheckpoint = %+v, %v; want an ErrProof with %q", name, c, err, test.want)
		}
	}
}

// Whatever is read as a checkpoint is written as the same, and signed is only what a key has signed.
func FuzzParseCheckpoint(f *testing.F) {
	key, _ := storedKey(f)
	signer, _ := newKey(f, "crm.test")
	f.Add(stored(f, "checkpoint"))
	for _, text := range []string{"o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\nmore\n", "\n\n"} {
		note, err := signed.Sign(&signed.Note{Text: text}, signer)
		check(f, err)
		f.Add(note)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var c, again activity.Checkpoint
		if c.UnmarshalText(data) == nil && len(data) > 0 {
			text, err := c.MarshalText()
			check(t, err)
			if !bytes.Equal(text, data) || c.Size < 0 || c.Origin == "" {
				t.Errorf("%q was read as %+v", data, c)
			}
			check(t, again.UnmarshalText(text))
			if diff := cmp.Diff(c, again); diff != "" {
				t.Error(diff)
			}
		}
		parsed, err := activity.ParseCheckpoint(data, key)
		if err != nil && !errors.Is(err, activity.ErrProof) {
			t.Errorf("ParseCheckpoint(%q) = %v", data, err)
		}
		if diff := cmp.Diff(c, parsed); err == nil && diff != "" {
			t.Errorf("with and without keys it is something else:\n%s", diff)
		}
		if err == nil && (parsed.Origin != "crm.test/activity/acme" || parsed.Size != 12) {
			t.Errorf("a checkpoint is signed that was not: %+v", parsed)
		}
	})
}
