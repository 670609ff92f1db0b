package activity_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
)

// mixedLedger has events of which some are erased, and some are removed.
func mixedLedger(t testing.TB) (*activity.Journal, activity.Checkpoint) {
	t.Helper()
	signer, _ := newKey(t, "crm.test")
	now := noon
	brief := activity.Define[note]("note.seen", activity.TypeOptions{Retention: time.Hour})
	journal := configured(t, activity.Config{Types: []activity.EventType{noted, brief}, Signer: signer, Now: func() time.Time { return now }})
	acme := journal.Tenant("acme")
	ctx := activity.WithActor(t.Context(), ana)
	contact := activity.Entity{Kind: "contact", ID: "9", Label: "Bob"}
	for i := range 300 {
		draft := noted.New(note{fmt.Sprintf("<%d> \u2028", i)}).About(deal)
		switch i % 50 {
		case 7:
			draft = brief.New(note{"seen"})
		case 8:
			draft = draft.About(contact)
		}
		_, err := acme.Record(ctx, draft)
		check(t, err)
	}
	_, err := journal.Seal(ctx)
	check(t, err)
	n, err := acme.Erase(ctx, contact, ana, "asked for")
	check(t, err)
	now = now.Add(2 * time.Hour)
	m, err := journal.Retain(ctx)
	check(t, err)
	if n != 6 || m != 6 {
		t.Fatalf("%d events were erased and %d removed", n, m)
	}
	c, err := acme.Ledger().Checkpoint(ctx)
	check(t, err)
	return journal, c
}

func TestVerifyExport(t *testing.T) {
	journal, c := mixedLedger(t)
	acme := journal.Tenant("acme").Ledger()
	whole := exported(t, journal, activity.ExportOptions{})
	got, err := activity.VerifyExport(iotest.OneByteReader(strings.NewReader(whole)), c)
	check(t, err)
	want, err := acme.Verify(t.Context(), &c)
	check(t, err)
	if diff := cmp.Diff(want, got); diff != "" || want.Erased != 6 || want.Removed != 6 {
		t.Errorf("VerifyExport says something else than Verify, %+v:\n%s", want, diff)
	}
	some := exported(t, journal, activity.ExportOptions{From: noon, To: noon.Add(time.Hour), Types: []string{"note.added", "activity.erased"}})
	got, err = activity.VerifyExport(strings.NewReader(some), c)
	want.Events, want.Removed, want.Partial = 295, 0, true
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("VerifyExport of some events: %v\n%s", err, diff)
	}
	none := exported(t, journal, activity.ExportOptions{Types: []string{"note.lost"}})
	if got, err = activity.VerifyExport(strings.NewReader(none), c); err != nil || got.Events != 0 || !got.Partial {
		t.Errorf("VerifyExport of no events = %+v, %v", got, err)
	}
	// A ledger without a signer can be exported, and one of an empty tenant.
	unsigned := configured(t, activity.Config{}).With(activity.StoreOf(journal))
	if got, err = activity.VerifyExport(strings.NewReader(exported(t, unsigned, activity.ExportOptions{})), c); err != nil || got.Size != c.Size {
		t.Errorf("VerifyExport of what nobody signed = %+v, %v", got, err)
	}
	empty, err := journal.Tenant("globex").Ledger().Checkpoint(t.Context())
	check(t, err)
	var b bytes.Buffer
	check(t, journal.Tenant("globex").Ledger().Export(t.Context(), &b, activity.ExportOptions{}))
	if got, err = activity.VerifyExport(&b, empty); err != nil || got.Size != 0 {
		t.Errorf("VerifyExport of no entries = %+v, %v", got, err)
	}
}

// Whatever byte of an export is changed, it does not hold any more, or says the same.
func TestVerifyExportOfEveryByte(t *testing.T) {
	signer, _ := newKey(t, "crm.test")
	journal := configured(t, activity.Config{Types: []activity.EventType{noted}, Signer: signer})
	addEvents(t, journal, 3)
	c, err := journal.Tenant("acme").Ledger().Checkpoint(t.Context())
	check(t, err)
	for _, o := range []activity.ExportOptions{{}, {Types: []string{"note.added"}}} {
		text := exported(t, journal, o)
		first := strings.Index(text, "\n")
		for i := range len(text) - 1 {
			changed := []byte(text)
			changed[i] ^= 1
			v, err := activity.VerifyExport(bytes.NewReader(changed), c)
			if err != nil && !errors.Is(err, activity.ErrProof) {
				t.Fatalf("with byte %d changed, VerifyExport = %v", i, err)
			}
			// A filter that lets all pass as well says no less; base64 has bits before its end that say nothing.
			if err == nil && (i > first || v.Size != 3 || v.Events != 3) && !ofPosition(text, i) && text[i+1] != '=' {
				t.Errorf("with byte %d changed, in %.60q, VerifyExport = %+v", i, text[max(i-30, 0):], v)
			}
		}
	}
}

// ofPosition reports whether a byte is of a position: the tree has the order of entries, and not their positions.
func ofPosition(text string, i int) bool {
	start := strings.LastIndex(text[:i+1], `"position":`) + len(`"position":`)
	return i == start
}

// Errors name the line and the index.
func TestVerifyExportRefuses(t *testing.T) {
	journal, c := mixedLedger(t)
	whole := strings.SplitAfter(exported(t, journal, activity.ExportOptions{}), "\n")
	some := strings.SplitAfter(exported(t, journal, activity.ExportOptions{Types: []string{"note.added"}}), "\n")
	older := c
	addEvents(t, journal, 1)
	newer, err := journal.Tenant("acme").Ledger().Checkpoint(t.Context())
	check(t, err)
	other, err := journal.Tenant("globex").Ledger().Checkpoint(t.Context())
	check(t, err)
	fake := older
	fake.Note, fake.Root = nil, activity.Hash{1}
	replace := func(line int, old, new string) func([]string) []string {
		return func(lines []string) []string {
			if !strings.Contains(lines[line-1], old) {
				t.Fatalf("line %d has no %q: %s", line, old, lines[line-1])
			}
			lines[line-1] = strings.Replace(lines[line-1], old, new, 1)
			return lines
		}
	}
	same := func(lines []string) []string { return lines }
	for name, test := range map[string]struct {
		lines  []string
		change func([]string) []string
		c      activity.Checkpoint
		want   string
	}{
		"payload":         {whole, replace(12, `<10>`, `<11>`), c, "line 12, index 10: event is not what was recorded"},
		"label":           {whole, replace(12, `"Ana"`, `"Eve"`), c, "line 12, index 10: event is not what was recorded"},
		"leaf":            {whole, replace(12, `"leaf":"`, `"leaf":"AAAA`), c, "line 12: "},
		"leaf of removed": {whole, func(l []string) []string { l[8] = strings.Replace(l[8], l[8][40:44], "AAAA", 1); return l }, c, "line 303, index 301: the first 302 entries are not those of the checkpoint"},
		"member twice":    {whole, replace(12, `"index"`, `"Index":3,"index"`), c, "line 12: "},
		"line removed":    {whole, func(l []string) []string { return slices.Delete(l, 11, 12) }, c, "line 12, index 11: entries from index 10 on are missing"},
		"line twice":      {whole, func(l []string) []string { return slices.Insert(l, 11, l[11]) }, c, "line 13, index 10: index is not one of those from 11"},
		"lines swapped":   {whole, func(l []string) []string { l[11], l[12] = l[12], l[11]; return l }, c, "line 12, index 11: entries from index 10 on"},
		"position":        {whole, replace(12, `"position":11`, `"position":10`), c, "line 12, index 10: position 10 is not higher"},
		"end cut":         {whole, func(l []string) []string { return l[:100] }, c, "line 100: export ends with index 98, and should with 301"},
		"line cut":        {whole, func(l []string) []string { l = l[:100]; l[99] = l[99][:90]; return l }, c, "line 100: "},
		"line too many": {whole, func(l []string) []string {
			return slices.Insert(l, len(l)-1, strings.Replace(l[12], `"index":11`, `"index":302`, 1))
		}, c, "line 304, index 302: index is not one"},
		"empty line":         {whole, func(l []string) []string { return slices.Insert(l, 5, "\n") }, c, "line 6: "},
		"nothing":            {whole, func([]string) []string { return nil }, c, "export is empty"},
		"no header":          {whole, func(l []string) []string { return l[1:] }, c, "line 1: is not the first line"},
		"other version":      {whole, replace(1, `"activity_export":1`, `"activity_export":2`), c, "line 1: version of the export is 2"},
		"size of the header": {whole, replace(1, `"size":302`, `"size":303`), c, "line 1: checkpoint in the export is of another ledger"},
		"negative size":      {whole, replace(1, `"size":302`, `"size":-3`), c, "line 1: checkpoint is of -3 entries"},
		"huge size":          {whole, replace(1, `"size":302`, `"size":9223372036854775807`), c, "line 1: checkpoint is of 9223372036854775807 entries"},
		"older than that":    {whole, same, newer, "line 1: export is of 302 entries, the checkpoint of 303"},
		"another tenant":     {whole, same, other, "line 1: export is of"},
		"another root":       {whole, same, fake, "line 303, index 301: the first 302 entries are not those of the checkpoint"},
		"payload of some":    {some, replace(5, `<3>`, `<4>`), c, "line 5, index 3: hashes do not lead from the event"},
		"hash of some":       {some, replace(5, `"hashes":["`, `"hashes":["AAAA`), c, "line 5: "},
		"removed of some":    {some, func(l []string) []string { return slices.Insert(l, 8, whole[8]) }, c, "line 9, index 7: members are not those of such an export"},
		"whole line of some": {some, func(l []string) []string { l[4] = whole[4]; return l }, c, "line 5, index 3: members are not those"},
		"some as all":        {some, func(l []string) []string { l[0] = whole[0]; return l }, c, "line 2, index 0: members are not those"},
		"other filter":       {some, replace(1, `"types":["note.added"]`, `"types":["note.lost"]`), c, "line 2, index 0: event is none of those that were asked for"},
		"some, newer":        {some, same, newer, "line 1: export is of 302 entries"},
		"some, another root": {some, same, fake, "line 1: some events of a ledger of 302 entries need its checkpoint"},
		"bad checkpoint":     {whole, same, activity.Checkpoint{Size: -1}, "checkpoint is of -1 entries"},
	} {
		text := strings.Join(test.change(slices.Clone(test.lines)), "")
		v, err := activity.VerifyExport(strings.NewReader(text), test.c)
		if !errors.Is(err, activity.ErrProof) || !strings.Contains(fmt.Sprint(err), test.want) || v != (activity.Verification{}) {
			t.Errorf("%s: VerifyExport = %+v, %v; want an ErrProof with %q", name, v, err, test.want)
		}
	}
	if _, err := activity.VerifyExport(iotest.ErrReader(errDown), c); !errors.Is(err, errDown) || errors.Is(err, activity.ErrProof) {
		t.Errorf("VerifyExport of a reader that fails = %v", err)
	}
}
