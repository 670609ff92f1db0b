package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestUndo(t *testing.T) {
	dir := t.TempDir()
	db, file := filepath.Join(dir, "test.db"), write(t, filepath.Join(dir, "contacts.csv"), before)
	csvimport(t, 0, "-db", db, "-file", write(t, filepath.Join(dir, "old.csv"), "email,last name\nb@acme.test,Old\nc@acme.test,Day\n"))
	im := database(t, db)
	stored := contacts(t, im)
	csvimport(t, 0, "-db", db, "-file", file)
	run := tasks(t, im)[0].ID.String()

	edited := contacts(t, im)["a@acme.test"]
	edited.Company = "New"
	if err := saveContacts(t.Context(), im.store.DB(), &edited); err != nil {
		t.Fatal(err)
	}
	report := filepath.Join(dir, "undo.csv")
	out, _ := csvimport(t, 0, "-db", db, "-undo", run[:18], "-report", report)
	says(t, out, "Undo of contacts.csv: completed", "Reverted                         3", "Kept because edited since        1", "Failed                           0",
		"a@acme.test: record was edited since: company", "undid contacts.csv: 3 reverted, 1 kept")
	stored["a@acme.test"] = edited
	if diff := cmp.Diff(stored, contacts(t, im)); diff != "" {
		t.Errorf("contacts (-before +after):\n%s", diff)
	}
	lines, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	says(t, string(lines), "\r\n4,Reverted,", "\r\n3,Reverted,", "\r\n2,Reverted,", "\r\n1,Kept because edited since,")

	undo := tasks(t, im)[0].ID.String()
	for _, test := range []struct{ name, id, want string }{
		{"again", run, "run " + run + " was undone already, by run " + undo},
		{"unknown", "00000000-0000", "no run has an id that begins with 00000000-0000"},
		{"ambiguous", run[:8], "runs have an id that begins with"},
		{"short", "0198", "is no beginning of a run's id"},
		{"no id", "contacts", "is no beginning of a run's id"},
	} {
		t.Run(test.name, func(t *testing.T) {
			out, message := csvimport(t, 1, "-db", db, "-undo", test.id)
			if says(t, message, test.want); out != "" || strings.Count(message, "\n") != 1 {
				t.Errorf("the program prints %q and says\n%s", out, message)
			}
		})
	}
	csvimport(t, 0, "-db", db, "-file", file, "-preview")
	_, message := csvimport(t, 1, "-db", db, "-undo", tasks(t, im)[0].ID.String())
	says(t, message, "is a preview, which has changed nothing")
	out, _ = csvimport(t, 0, "-db", db, "-list")
	says(t, out, "Preview of contacts.csv", "Undo of contacts.csv", "see its undo "+undo, "old.csv")
}
