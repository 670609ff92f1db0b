package activity_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-activity/activity"
)

// exported returns what is written of acme.
func exported(t testing.TB, journal *activity.Journal, o activity.ExportOptions) string {
	t.Helper()
	var b bytes.Buffer
	check(t, journal.Tenant("acme").Ledger().Export(t.Context(), &b, o))
	return b.String()
}

func TestExportCSV(t *testing.T) {
	journal := newJournal(t, noted)
	ctx := activity.WithActor(t.Context(), activity.User("=ana", "+Ana"))
	events, err := journal.Tenant("acme").Record(ctx, noted.New(note{"=1+1, \"x\""}).About(deal, activity.Entity{Kind: "account", ID: "@7"}).Key("-key").Manual(), noted.New(note{"plain"}))
	check(t, err)
	text := exported(t, journal, activity.ExportOptions{Format: activity.CSV})
	lines, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	check(t, err)
	if len(lines) != 3 || !strings.HasSuffix(text, "\r\n") {
		t.Fatalf("the export is %q", text)
	}
	want := map[string]string{
		"Position": "1", "Index": "0", "Event ID": events[0].ID.String(), "Occurred at": "2026-03-14T12:00:00.123456Z", "Type": "note.added",
		"Summary": "noted =1+1, \"x\"", "Actor kind": "user", "Actor ID": "'=ana", "Actor": "'+Ana", "About": "Big one; @7",
		"Entities": `[{"kind":"deal","id":"42","label":"Big one"},{"kind":"account","id":"@7"}]`, "Source": "manual", "Task": "", "Key": "'-key",
		"Version": "1", "Payload": string(events[0].Payload), "Erased": "",
	}
	for i, name := range lines[0] {
		if value, ok := want[name]; ok && lines[1][i] != value {
			t.Errorf("%s is %q, want %q", name, lines[1][i], value)
		}
		delete(want, name)
	}
	if len(want) > 0 {
		t.Errorf("there is no column for %v", want)
	}
}

func TestExportCloudEvents(t *testing.T) {
	signer, _ := newKey(t, "crm.test")
	journal := configured(t, activity.Config{Types: []activity.EventType{noted}, Origin: "crm.test/a", Signer: signer})
	entity := activity.Entity{Kind: "deal", ID: "a b/ü", Label: "x"}
	ctx := activity.WithActor(t.Context(), activity.User("ana@acme.test", "Ana\n\x7f\u0085"))
	events, err := journal.Tenant("a/b").Record(ctx, noted.New(note{"<x>"}).About(entity, deal), noted.New(note{"y"}).Manual())
	check(t, err)
	var b strings.Builder
	check(t, journal.Tenant("a/b").Ledger().Export(t.Context(), &b, activity.ExportOptions{Format: activity.CloudEvents}))
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	if len(lines) != 2 {
		t.Fatalf("there are %d lines: %s", len(lines), b.String())
	}
	var first map[string]any
	for i, line := range lines {
		var event map[string]any
		check(t, json.Unmarshal([]byte(line), &event))
		for name, value := range event {
			if !regexp.MustCompile(`^[a-z0-9]{1,20}$`).MatchString(name) {
				t.Errorf("%q is no name of an attribute", name)
			}
			if text, ok := value.(string); ok && (text == "" || regexp.MustCompile(`[\x00-\x1f\x7f-\x9f]`).MatchString(text)) {
				t.Errorf("%s is %q", name, text)
			}
		}
		for _, name := range []string{"id", "source", "specversion", "type"} {
			if event[name] == nil {
				t.Errorf("line %d lacks %s", i+1, name)
			}
		}
		if i == 0 {
			first = event
		}
	}
	for name, want := range map[string]any{
		"specversion": "1.0", "id": events[0].ID.String(), "source": "crm.test/a/a%2Fb", "type": "note.added", "subject": "deal/a%20b%2F%C3%BC",
		"time": "2026-03-14T12:00:00.123456Z", "recordedtime": "2026-03-14T12:00:00.123456Z", "datacontenttype": "application/json",
		"position": "1", "index": "0", "dataversion": 1.0, "actor": "user/ana@acme.test", "about": "deal/a%20b%2F%C3%BC deal/42", "recordedby": "automatic",
	} {
		if first[name] != want {
			t.Errorf("%s is %v, want %v", name, first[name], want)
		}
	}
	if data, _ := json.Marshal(first["data"]); string(data) != `{"text":"\u003cx\u003e"}` {
		t.Errorf("data is %s", data)
	}
}

// What is wanted is what is written, in every format.
func TestExportFilter(t *testing.T) {
	other := activity.Define[note]("note.pinned", activity.TypeOptions{})
	journal := newJournal(t, noted, other)
	ctx := activity.WithActor(t.Context(), ana)
	for i := range 40 {
		typ := noted
		if i%4 == 0 {
			typ = other
		}
		_, err := journal.Tenant("acme").Record(ctx, typ.New(note{fmt.Sprint("number ", i, ".")}).At(noon.Add(time.Duration(i)*time.Minute)))
		check(t, err)
	}
	for _, format := range []activity.Format{activity.NDJSON, activity.CSV, activity.CloudEvents} {
		for _, test := range []struct {
			options activity.ExportOptions
			want    []int
		}{
			{activity.ExportOptions{From: noon.Add(38 * time.Minute)}, []int{38, 39}},
			{activity.ExportOptions{To: noon.Add(2 * time.Minute)}, []int{0, 1}},
			{activity.ExportOptions{From: noon.Add(6 * time.Minute), To: noon.Add(13 * time.Minute), Types: []string{"note.pinned"}}, []int{8, 12}},
			{activity.ExportOptions{Types: []string{"note.lost"}}, nil},
		} {
			test.options.Format = format
			text := exported(t, journal, test.options)
			for i := range 40 {
				if got := strings.Contains(text, fmt.Sprint("number ", i, ".")); got != slices.Contains(test.want, i) {
					t.Errorf("format %d, %+v: event %d is there: %v", format, test.options, i, got)
				}
			}
		}
	}
}

func TestExportErrors(t *testing.T) {
	journal, _ := newLedger(t, 600)
	acme := journal.Tenant("acme").Ledger()
	for field, o := range map[string]activity.ExportOptions{
		"ExportOptions.Format":   {Format: 3},
		"ExportOptions.From":     {From: time.Unix(-1, 0)},
		"ExportOptions.To":       {To: time.Date(10001, 1, 1, 0, 0, 0, 0, time.UTC)},
		"ExportOptions.Types[1]": {Types: []string{"a", "A"}},
		"ExportOptions.Types":    {Types: make([]string, 1001)},
	} {
		if bad := invalid(t, acme.Export(t.Context(), io.Discard, o)); bad.Field != field {
			t.Errorf("Export with a bad %s = %v", field, bad)
		}
	}
	if err := journal.Tenant("").Ledger().Export(t.Context(), io.Discard, activity.ExportOptions{}); !errors.Is(err, activity.ErrInvalid) {
		t.Errorf("Export of no tenant = %v", err)
	}
	reader, writer := io.Pipe()
	reader.CloseWithError(errDown)
	for _, format := range []activity.Format{activity.NDJSON, activity.CSV, activity.CloudEvents} {
		if err := acme.Export(t.Context(), writer, activity.ExportOptions{Format: format}); !errors.Is(err, errDown) {
			t.Errorf("Export to a writer that fails = %v", err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	altered := &alteredStore{Store: activity.StoreOf(journal), meddle: cancel}
	if err := journal.With(altered).Tenant("acme").Ledger().Export(ctx, io.Discard, activity.ExportOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Export with a context that ends = %v", err)
	}
	// What is not what was recorded is not exported.
	for name, change := range map[string]func(*alteredStore){
		"event": func(s *alteredStore) {
			s.entries = func(r []activity.EntryRow) []activity.EntryRow { r[7].Event.Payload = []byte("{}"); return r }
		},
		"entry missing": func(s *alteredStore) {
			s.entries = func(r []activity.EntryRow) []activity.EntryRow { return slices.Delete(r, 7, 8) }
		},
		"tail cut": func(s *alteredStore) {
			s.entries = func(r []activity.EntryRow) []activity.EntryRow { return r[:500] }
		},
		"head": func(s *alteredStore) { s.head = func(h *activity.TreeHead) { h.Edge[0][0]++ } },
		"leaf of one that is gone": func(s *alteredStore) {
			s.entries = func(r []activity.EntryRow) []activity.EntryRow {
				r[7].Event = activity.EventRow{}
				r[7].Leaf[0]++
				return r
			}
		},
	} {
		altered := &alteredStore{Store: activity.StoreOf(journal)}
		change(altered)
		err := journal.With(altered).Tenant("acme").Ledger().Export(t.Context(), io.Discard, activity.ExportOptions{Format: activity.CSV})
		if !errors.Is(err, activity.ErrTampered) {
			t.Errorf("%s: Export = %v", name, err)
		}
	}
}

// An export takes the memory of a batch, whatever the size of the ledger.
func TestExportStreams(t *testing.T) {
	journal, _ := newLedger(t, 2000)
	written := &countingWriter{}
	check(t, journal.Tenant("acme").Ledger().Export(t.Context(), written, activity.ExportOptions{}))
	if written.calls < 10 || written.most > 128<<10 {
		t.Errorf("the export was written in %d pieces of up to %d bytes", written.calls, written.most)
	}
}

type countingWriter struct{ calls, most int }

func (w *countingWriter) Write(b []byte) (int, error) {
	w.calls++
	w.most = max(w.most, len(b))
	return len(b), nil
}
