package activity_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
)

// reported is a task that has outcomes of all sorts.
func reported(t testing.TB, tenant activity.Tenant) activity.ID {
	t.Helper()
	run := begin(t, tenant, activity.TaskSpec{})
	record := func(id, label string) activity.Entity {
		return activity.Entity{Kind: "contact", ID: id, Label: label}
	}
	check(t, run.Report(t.Context(),
		activity.Outcome{Kind: "imported", Record: record("c1", "Eve, \"the\" first"), Row: 1, Link: "https://crm.test/c1", After: map[string]any{"name": "Eve", "score": -1.50, "tags": []string{"a", "b"}}},
		activity.Outcome{Kind: "updated", Record: record("c2", "=1+1"), Row: 2, Before: map[string]any{"name": "Al", "score": json.Number("1e3")}, After: map[string]any{"name": "Alan", "score": nil}, Extra: map[string]any{"phone": "+49 30 1"}},
		activity.Outcome{Kind: "invalid_field", Row: 3, Message: "line one\nline two"},
		activity.Outcome{Kind: "error", Message: "-no-", Extra: map[string]any{"phone": true, "@note": map[string]any{"a": "<b>"}}},
		activity.Outcome{Kind: "unchanged", Record: record("c3", ""), Before: map[string]any{"name": "'quoted"}, After: map[string]any{"name": "'quoted", "=field": "x"}},
	))
	check(t, run.Complete(t.Context()))
	return run.Task().ID
}

// written returns a report as it is written.
func written(t testing.TB, tenant activity.Tenant, id activity.ID, options activity.ReportOptions) string {
	t.Helper()
	var b bytes.Buffer
	check(t, tenant.WriteReport(t.Context(), &b, id, options))
	return b.String()
}

func TestWriteReport(t *testing.T) {
	tenant, journal := newTenant(t, importing)
	id := reported(t, tenant)
	var b strings.Builder
	for _, test := range []struct {
		name    string
		options activity.ReportOptions
	}{
		{"everything", activity.ReportOptions{}},
		{"some kinds", activity.ReportOptions{Kinds: []string{"error", "imported"}}},
		{"values before", activity.ReportOptions{Before: true}},
		{"values before, of some kinds", activity.ReportOptions{Before: true, Kinds: []string{"updated"}}},
		{"raw", activity.ReportOptions{Raw: true}},
	} {
		text := written(t, tenant, id, test.options)
		if lines := strings.Count(text, "\r\n"); lines == 0 || !strings.HasSuffix(text, "\r\n") || lines != strings.Count(text, "\r") {
			t.Errorf("%s: lines do not end in CRLF: %q", test.name, text)
		}
		b.WriteString("# " + test.name + "\n" + strings.ReplaceAll(text, "\r\n", "\n"))
	}
	other := configured(t, activity.Config{}).With(activity.StoreOf(journal)).Tenant("acme")
	b.WriteString("# kind no longer configured\n" + strings.ReplaceAll(written(t, other, id, activity.ReportOptions{Kinds: []string{"invalid_field"}}), "\r\n", "\n"))
	empty := begin(t, tenant, activity.TaskSpec{}).Task().ID
	b.WriteString("# nothing reported\n" + strings.ReplaceAll(written(t, tenant, empty, activity.ReportOptions{}), "\r\n", "\n"))
	golden(t, "testdata/report.golden", b.String())
}

func TestWriteReportErrors(t *testing.T) {
	tenant, journal := newTenant(t, importing)
	id := reported(t, tenant)
	if err := tenant.WriteReport(t.Context(), io.Discard, idValue, activity.ReportOptions{}); !errors.Is(err, activity.ErrNotFound) {
		t.Errorf("WriteReport of no task = %v", err)
	}
	if err := journal.Tenant("globex").WriteReport(t.Context(), io.Discard, id, activity.ReportOptions{}); !errors.Is(err, activity.ErrNotFound) {
		t.Errorf("WriteReport of another tenant's task = %v", err)
	}
	err := tenant.WriteReport(t.Context(), io.Discard, id, activity.ReportOptions{Kinds: []string{"Error"}})
	if bad := invalid(t, err); bad.Field != "OutcomeQuery.Kinds" {
		t.Errorf("WriteReport of a bad kind is about %s", bad.Field)
	}
	reader, writer := io.Pipe()
	reader.CloseWithError(errDown)
	if err := tenant.WriteReport(t.Context(), writer, id, activity.ReportOptions{}); !errors.Is(err, errDown) {
		t.Errorf("WriteReport to a writer that fails = %v", err)
	}
}

// Whatever a spreadsheet would run gets an apostrophe, and numbers stay what they are.
func TestFormulas(t *testing.T) {
	tenant, _ := newTenant(t, importing)
	for _, test := range []struct {
		value any
		want  string
	}{
		{"=1+1", "'=1+1"}, {"+1", "'+1"}, {"-1", "'-1"}, {"@SUM(A1)", "'@SUM(A1)"},
		{"\t=1", "'\t=1"}, {"\r=1", "'\r=1"}, {"\n=1", "'\n=1"}, {"\r\n=1", "'\r\n=1"},
		{"＝1", "'＝1"}, {"＋1", "'＋1"}, {"－1", "'－1"}, {"＠x", "'＠x"},
		{"'=1", "''=1"}, {"'", "''"}, {"''", "'''"},
		{`=HYPERLINK("https://x.test";"a,b")`, `'=HYPERLINK("https://x.test";"a,b")`},
		{"a=1", "a=1"}, {" =1", " =1"}, {"", ""}, {"1", "1"}, {"é", "é"}, {"a\rb", "a\rb"}, {"a\r\nb", "a\r\nb"}, {"\"", "\""},
		{-1, "-1"}, {json.Number("-1.50e+3"), "-1.50e+3"}, {true, "true"}, {nil, ""}, {[]int{-1}, "[-1]"}, {map[string]any{"=": "="}, `{"=":"="}`},
	} {
		run := begin(t, tenant, activity.TaskSpec{})
		outcome := activity.Outcome{Kind: "updated", Before: map[string]any{"x": test.value}, After: map[string]any{"x": test.value}, Extra: map[string]any{"y": test.value}}
		text, isText := test.value.(string)
		if isText && text != "" {
			outcome.Message, outcome.Link, outcome.Record = text, text, activity.Entity{Kind: text, ID: text, Label: text}
			outcome.Extra[text] = "name"
		}
		check(t, run.Report(t.Context(), outcome))
		check(t, run.Complete(t.Context()))

		report := cells(t, written(t, tenant, run.Task().ID, activity.ReportOptions{}))
		before := cells(t, written(t, tenant, run.Task().ID, activity.ReportOptions{Before: true}))
		raw := cells(t, written(t, tenant, run.Task().ID, activity.ReportOptions{Raw: true}))
		columns := map[string]string{"value before": report[1][7], "value after": report[1][8], "further value": report[1][len(report[1])-1], "in the report of values before": before[1][3]}
		if isText && text != "" {
			columns["message"], columns["record kind"], columns["record ID"], columns["label"], columns["link"] = report[1][2], report[1][3], report[1][4], report[1][5], report[1][6]
		}
		for name, got := range columns {
			if name == "further value" && isText && text > "y" { // sorted after y, where its name's value is
				got = report[1][len(report[1])-2]
			}
			if got != test.want {
				t.Errorf("%s of %q is %q, want %q", name, test.value, got, test.want)
			}
			if isText && activity.CellValue(got) != text {
				t.Errorf("CellValue gives %q for %q", activity.CellValue(got), text)
			}
		}
		if isText && raw[1][7] != text {
			t.Errorf("raw, %q is %q", text, raw[1][7])
		}
	}
}

// cells reads CSV as RFC 4180 says; the reader of encoding/csv changes line breaks within cells.
func cells(t testing.TB, text string) [][]string {
	t.Helper()
	var rows [][]string
	row, rest := []string{}, text
	for rest != "" {
		var cell string
		if quoted, ok := strings.CutPrefix(rest, `"`); ok {
			for {
				end := strings.Index(quoted, `"`)
				if end < 0 {
					t.Fatalf("a quote is not closed in %q", text)
				}
				cell += quoted[:end]
				if rest, ok = strings.CutPrefix(quoted[end+1:], `"`); !ok {
					rest = quoted[end+1:]
					break
				}
				cell, quoted = cell+`"`, rest
			}
		} else {
			end := strings.IndexAny(rest, ",\r\n\"")
			cell, rest = rest[:max(end, 0)], rest[max(end, 0):]
		}
		row = append(row, cell)
		switch {
		case strings.HasPrefix(rest, ","):
			rest = rest[1:]
		case strings.HasPrefix(rest, "\r\n"):
			rows, row, rest = append(rows, row), nil, rest[2:]
		default:
			t.Fatalf("neither a comma nor a line end follows a cell: %q", rest)
		}
	}
	return rows
}

// Any text comes back from a report, and no cell begins with what a spreadsheet runs.
func FuzzCells(f *testing.F) {
	for _, seed := range []string{"", "=1", "'=1", "\r", "\r\n", "a\"b,c\r\n", "\t", "＝", "+", " x", "\"", "\\."} {
		f.Add(seed)
	}
	tenant, _ := newTenant(f, importing)
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) || strings.Contains(text, "\x00") || strings.Contains(text, "\uFFFD") || len(text) > 10_000 {
			return // no text that a report can have
		}
		run := begin(t, tenant, activity.TaskSpec{})
		check(t, run.Report(t.Context(), activity.Outcome{Kind: "imported", After: map[string]any{"x": text}}))
		check(t, run.Complete(t.Context()))
		report := written(t, tenant, run.Task().ID, activity.ReportOptions{})
		cell := cells(t, report)[1][8]
		if activity.CellValue(cell) != text {
			t.Errorf("%q comes back as %q", text, activity.CellValue(cell))
		}
		if strings.IndexAny(cell, "=+-@\t\r\n＝＋－＠") == 0 {
			t.Errorf("the cell %q is a formula", cell)
		}
		rows, err := csv.NewReader(strings.NewReader(report)).ReadAll()
		if err != nil || rows[1][8] != strings.ReplaceAll(cell, "\r\n", "\n") {
			t.Errorf("encoding/csv reads %q, %v, want %q", rows, err, cell)
		}
	})
}

// A report of more outcomes than are read at a time has them all, in their order.
func TestLongReport(t *testing.T) {
	tenant, _ := newTenant(t, importing)
	run := begin(t, tenant, activity.TaskSpec{})
	var want []string
	for i := range 2*activity.MaxLimit + 1 {
		id := strings.Repeat("x", i%7+1)
		want = append(want, id)
		check(t, run.Report(t.Context(), activity.Outcome{Kind: "imported", Record: activity.Entity{Kind: "contact", ID: id}}))
	}
	check(t, run.Complete(t.Context()))
	var got []string
	for _, row := range cells(t, written(t, tenant, run.Task().ID, activity.ReportOptions{}))[1:] {
		got = append(got, row[4])
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
}

// seenWriter calls a function once, with the first bytes that are written.
type seenWriter struct {
	bytes.Buffer
	first func()
}

func (w *seenWriter) Write(p []byte) (int, error) {
	if w.first != nil {
		w.first()
		w.first = nil
	}
	return w.Buffer.Write(p)
}

// A report has what was stored when it was called, and nothing of what was reported since.
func TestReportWhileItGrows(t *testing.T) {
	tenant, _ := newTenant(t, importing)
	run := begin(t, tenant, activity.TaskSpec{})
	report := func(n int, field string) {
		for range n {
			check(t, run.Report(t.Context(), activity.Outcome{Kind: "imported", Message: strings.Repeat("x", 100), After: map[string]any{field: 1}}))
		}
		check(t, run.Flush(t.Context()))
	}
	report(2*activity.MaxLimit, "a")
	w := &seenWriter{first: func() { report(10, "b") }}
	check(t, tenant.WriteReport(t.Context(), w, run.Task().ID, activity.ReportOptions{}))
	if rows := cells(t, w.String()); len(rows) != 1+2*activity.MaxLimit || len(rows[0]) != 9 {
		t.Errorf("the report has %d lines of %d columns, want %d of 9", len(rows), len(rows[0]), 1+2*activity.MaxLimit)
	}
}
