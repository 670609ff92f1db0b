package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
)

var update = flag.Bool("update", false, "write testdata/report.csv")

// program is the built binary.
var program string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "csvimport")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		if err := os.Chmod(dir, 0o755); err != nil { // another account runs it too
			panic(err)
		}
		program = filepath.Join(dir, "csvimport.exe")
		build := exec.Command("go", "build", "-o", program, ".")
		build.Stdout, build.Stderr = os.Stderr, os.Stderr
		if err := build.Run(); err != nil {
			panic(err)
		}
		return m.Run()
	}())
}

// csvimport runs the program, which must end with a code, and returns what it prints.
func csvimport(t *testing.T, code int, args ...string) (stdout, stderr string) {
	t.Helper()
	return finish(t, code, exec.Command(program, args...))
}

func finish(t *testing.T, code int, cmd *exec.Cmd) (stdout, stderr string) {
	t.Helper()
	var out, message bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &message
	err := cmd.Run()
	if _, ended := errors.AsType[*exec.ExitError](err); err != nil && !ended {
		t.Fatal(err)
	}
	if got := cmd.ProcessState.ExitCode(); got != code {
		t.Fatalf("csvimport %q: exit code %d, want %d\n%s", cmd.Args[1:], got, code, &message)
	}
	return out.String(), message.String()
}

func write(t *testing.T, path, content string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// database opens what the program has stored.
func database(t *testing.T, file string) *importer {
	t.Helper()
	im, err := open(t.Context(), file, &screen{stdout: io.Discard, stderr: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { im.store.Close() })
	return im
}

// contacts returns the table, by address.
func contacts(t *testing.T, im *importer) map[string]contact {
	t.Helper()
	var list []contact
	if err := im.store.DB().NewSelect().Model(&list).Scan(t.Context()); err != nil {
		t.Fatal(err)
	}
	byEmail := map[string]contact{}
	for _, c := range list {
		byEmail[c.Email] = c
	}
	return byEmail
}

// tasks returns all runs, the newest first.
func tasks(t *testing.T, im *importer) []activity.Task {
	t.Helper()
	page, err := im.tenant.Tasks(t.Context(), activity.TaskQuery{Previews: activity.PreviewsShown, Sort: activity.SortQueued})
	if err != nil {
		t.Fatal(err)
	}
	return page.Tasks
}

// says checks that a text has some others in it, in this order.
func says(t *testing.T, text string, parts ...string) {
	t.Helper()
	rest := text
	for _, part := range parts {
		_, after, found := strings.Cut(rest, part)
		if !found {
			t.Errorf("the program does not say %q in its place:\n%s", part, text)
			return
		}
		rest = after
	}
}

// sample is what is imported of testdata/contacts.csv.
var sample = activity.Counts{Created: 30, Warned: 7, Failed: 3}

func TestImport(t *testing.T) {
	dir := t.TempDir()
	db, report := filepath.Join(dir, "test.db"), filepath.Join(dir, "report.csv")
	out, message := csvimport(t, 0, "-db", db, "-file", "testdata/contacts.csv", "-report", report)
	says(t, out, "contacts.csv: completed", "Imported                        30", "Duplicate                        2",
		"row 8: email is missing", "and 5 more", "imported contacts.csv: 30 new contacts, 0 updated, 0 unchanged, 7 warnings, 3 failed")
	says(t, message, "100%  40 of 40 rows")

	im := database(t, db)
	table := contacts(t, im)
	if len(table) != 30 {
		t.Errorf("the table has %d contacts", len(table))
	}
	rosa := contact{Email: "rosa.jimenez@olivar.test", FirstName: "Rosa", LastName: "Jiménez", Company: "Olivar del Sur\nCooperativa", Phone: "+34 95 5550119"}
	if diff := cmp.Diff(rosa, table[rosa.Email]); diff != "" {
		t.Errorf("contact (-want +got):\n%s", diff)
	}
	run := tasks(t, im)[0]
	if run.Counts != sample || run.Done != 40 || run.Total != 40 || !strings.Contains(out, run.ID.String()) {
		t.Errorf("the task is %+v", run)
	}

	got, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/report.csv"
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
	lines, err := csv.NewReader(bytes.NewReader(got)).ReadAll()
	if err != nil || len(lines) != 1+40 {
		t.Fatalf("the report has %d lines, %v", len(lines), err)
	}
	cells := map[string]string{}
	for i, name := range lines[0] {
		cells[name] = activity.CellValue(lines[31][i])
	}
	if cells["Row"] != "31" || cells["Result"] != "Imported" || cells["company (After)"] != "=Cedars Trading" || cells["phone (After)"] != "+961 1 5550131" {
		t.Errorf("row 31 is reported as %v", cells)
	}
	if left, err := filepath.Glob(report + ".*"); err != nil || len(left) > 0 {
		t.Errorf("there are %q beside the report, %v", left, err)
	}
}

const before = "Email,First name,Last name\na@acme.test,Ana,Ruiz\nb@acme.test,Bo,Li\nc@acme.test,Cy,Day\nd@acme.test,Di,\n"

// What somebody changes between the preview and the import comes out otherwise, and is told.
func TestPreview(t *testing.T) {
	dir := t.TempDir()
	db, file := filepath.Join(dir, "test.db"), write(t, filepath.Join(dir, "contacts.csv"), before)
	csvimport(t, 0, "-db", db, "-file", write(t, filepath.Join(dir, "old.csv"), "email,last name\nb@acme.test,Old\nc@acme.test,Day\n"))

	im := database(t, db)
	stored := contacts(t, im)
	out, _ := csvimport(t, 0, "-db", db, "-file", file, "-preview")
	says(t, out, "Preview of contacts.csv: completed", "Imported                         2", "Updated                          2", "previewed contacts.csv")
	if diff := cmp.Diff(stored, contacts(t, im)); diff != "" {
		t.Errorf("the preview changed contacts (-before +after):\n%s", diff)
	}
	if preview := tasks(t, im)[0]; !preview.Preview || preview.Counts != (activity.Counts{Created: 2, Updated: 2}) {
		t.Errorf("the preview is %+v", preview)
	}

	edited := stored["b@acme.test"]
	edited.LastName = "Edited"
	if err := saveContacts(t.Context(), im.store.DB(), &edited, &contact{Email: "d@acme.test", FirstName: "Di"}); err != nil {
		t.Fatal(err)
	}
	out, _ = csvimport(t, 0, "-db", db, "-file", file)
	says(t, out, "Imported                         1", "Updated                          2", "Unchanged                        1",
		"Different from the preview", `row 2, b@acme.test: updated with other values of ["last name"]`,
		"row 4, d@acme.test: unchanged instead of imported", "2 rows came out otherwise")
	out, _ = csvimport(t, 0, "-db", db, "-file", file)
	if says(t, out, "Unchanged                        4", "nine tenths"); strings.Contains(out, "preview") {
		t.Errorf("another import is compared with a preview that was carried out:\n%s", out)
	}
	csvimport(t, 0, "-db", db, "-file", file, "-preview")
	out, _ = csvimport(t, 0, "-db", db, "-file", file)
	says(t, out, "All as in the preview")

	out, _ = csvimport(t, 0, "-db", db, "-list")
	got := regexp.MustCompile(`(?:Preview of )?\w+\.csv`).FindAllString(out, -1)
	want := []string{"contacts.csv", "Preview of contacts.csv", "contacts.csv", "contacts.csv", "Preview of contacts.csv", "old.csv"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
}
