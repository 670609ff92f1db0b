package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/go-activity/activity"
)

// What cannot be imported is told in one sentence, and nothing is stored.
func TestBadFiles(t *testing.T) {
	dir := t.TempDir()
	wide := func(order func(uint16) []byte) string {
		var b strings.Builder
		for _, unit := range utf16.Encode([]rune("\uFEFFemail,name\na@acme.test,Ana\n")) {
			b.Write(order(unit))
		}
		return b.String()
	}
	little := func(u uint16) []byte { return []byte{byte(u), byte(u >> 8)} }
	big := func(u uint16) []byte { return []byte{byte(u >> 8), byte(u)} }
	for _, test := range []struct{ name, content, want string }{
		{"empty", "", "the file is empty"},
		{"blank", "\n\r\n", "the file is empty"},
		{"mark", mark, "the file is empty"},
		{"header", "email,first name\r\n", "the file has only a header"},
		{"no email", "name,company\nAna,Acme\n", "line 1 names no email column"},
		{"two emails", "email,name,E-Mail\na@acme.test,Ana,b@acme.test\n", `columns 1 and 3 are both named "email"`},
		{"latin1", "email,first name\na@acme.test,Ana\nb@acme.test,Ren\xe9e\n", "line 3 is not UTF-8, but Latin-1"},
		{"latin1 far below", "email,company\n" + strings.Repeat("a@acme.test,Acmé\n", 9000) + "b@acme.test,Acm\xe9\n", "line 9002 is not UTF-8, but Latin-1"},
		{"cut", "email,company\na@acme.test,Acm\xc3", "line 2 ends in the middle of a character"},
		{"utf16le", wide(little), "line 1 is not UTF-8, but UTF-16"},
		{"utf16be", wide(big), "line 1 is not UTF-8, but UTF-16"},
		{"utf16 without mark", wide(little)[2:], "line 1 has a NUL byte"},
		{"old Macintosh", "email,first name\ra@acme.test,Ana\r", "line 1 has a carriage return in the header"},
		{"quote in header", "em\"ail,name\na@acme.test,Ana\n", "line 1 has a quote in the middle"},
	} {
		t.Run(test.name, func(t *testing.T) {
			file, db := write(t, filepath.Join(dir, "bad.csv"), test.content), filepath.Join(t.TempDir(), "test.db")
			fails(t, file+": "+test.want, "-db", db, "-file", file)
			if _, err := os.Stat(db); err == nil {
				t.Error("there is a database")
			}
		})
	}
	good := write(t, filepath.Join(dir, "good.csv"), before)
	noDB := write(t, filepath.Join(dir, "no.db"), strings.Repeat("this is no database, whatever its name says\n", 30))
	for _, test := range []struct {
		name string
		args []string
		want string
	}{
		{"directory", []string{"-file", dir}, dir + ": is a directory"},
		{"nothing there", []string{"-file", good + "2"}, good + "2: no such file"},
		{"device", []string{"-file", os.DevNull}, os.DevNull + ": is no regular file"},
		{"no database", []string{"-file", good, "-db", noDB}, "not a database"},
		{"report in no folder", []string{"-file", good, "-report", filepath.Join(dir, "none", "report.csv")}, "no such file"},
		{"report is a directory", []string{"-file", good, "-report", dir}, "is a directory"},
		{"report over the file", []string{"-file", good, "-report", good}, "the report would replace it"},
		{"list of nothing", []string{"-list", "-db", good + ".db"}, "there is no such database"},
		{"undo in nothing", []string{"-undo", "0198c5b2", "-db", good + ".db"}, "there is no such database"},
	} {
		t.Run(test.name, func(t *testing.T) {
			db := filepath.Join(t.TempDir(), "test.db")
			fails(t, test.want, append([]string{"-db", db}, test.args...)...)
			if _, err := os.Stat(db); err == nil {
				t.Error("there is a database")
			}
		})
	}
}

// fails runs the program, which must end with 1 and one line that has a text.
func fails(t *testing.T, want string, args ...string) {
	t.Helper()
	out, message := csvimport(t, 1, args...)
	if !strings.Contains(message, want) || strings.Count(message, "\n") != 1 || !strings.HasPrefix(message, "csvimport: ") || out != "" {
		t.Errorf("the program prints %q and says\n%s\nand not %q alone", out, message, want)
	}
}

func TestUsage(t *testing.T) {
	db := filepath.Join(t.TempDir(), "test.db")
	for _, test := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"help", []string{"-h"}, 0, "-undo id"},
		{"nothing to do", []string{"-db", db}, 2, "name a file with -file"},
		{"unknown flag", []string{"-x"}, 2, "-x"},
		{"argument", []string{"contacts.csv"}, 2, `unexpected argument "contacts.csv"`},
		{"undo and file", []string{"-file", "x", "-undo", "0198c5b2"}, 2, "exclude each other"},
		{"list and file", []string{"-file", "x", "-list"}, 2, "exclude each other"},
		{"preview of nothing", []string{"-preview"}, 2, "-preview needs -file"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, message := csvimport(t, test.code, test.args...)
			says(t, message, test.want)
		})
	}
}

// Rows that cannot be imported are in the report, and those around them are imported.
func TestOddRows(t *testing.T) {
	long := strings.Repeat("é", maxValue+1)
	for _, test := range []struct {
		name, content string
		counts        activity.Counts
		problems      []string
	}{
		{"mark, CRLF, quoted line ends", mark + "\"E-Mail\",COMPANY\r\n\"a@acme.test\",\"Acme,\r\n\"\"South\"\"\"\r\n", activity.Counts{Created: 1}, nil},
		{"semicolons", "Company;Email\nAcme, South;a@acme.test\n", activity.Counts{Created: 1}, nil},
		{"tabs, and no line end", "email\tcompany\na@acme.test\tAcme", activity.Counts{Created: 1}, nil},
		{"ragged", "email,company\na@acme.test\n\nb@acme.test,B,C\nc@acme.test,C\n", activity.Counts{Created: 1, Failed: 2},
			[]string{"row 1: line 2 has 1 value, and the header has 2", "row 2: line 4 has 3 values, and the header has 2"}},
		{"quotes", "email,company\na@acme.test,The \"A\"\nb@acme.test,\"B\" Ltd\nc@acme.test,C\n", activity.Counts{Created: 1, Failed: 2},
			[]string{"row 1: line 2 has a quote in the middle of a value that is not quoted", "row 2: a quote of line 3 is not closed properly"}},
		{"quote to the end", "email,company\na@acme.test,A\nb@acme.test,\"B\nc@acme.test,C\n", activity.Counts{Created: 1, Failed: 1},
			[]string{"row 2: a quote of line 3 is not closed properly"}},
		{"addresses", "email\nAna <a@acme.test>\na@\n@acme.test\n" + strings.Repeat("a", 250) + "@acme.test\nA.B+c@Acme.test\n", activity.Counts{Created: 1, Warned: 4},
			[]string{"row 1: email \"ana <a@acme.test>\" is no address", "row 2: ", "row 3: ", "row 4: "}},
		{"values", "email,company,note\na@acme.test," + long + "," + long + long + "\nb@acme.test,\x1b[31mB,x\nc@acme.test," + long[2:] + ",\n", activity.Counts{Created: 1, Warned: 2},
			[]string{"row 1: company has 201 characters, more than 200", "row 2: company has a control character"}},
		{"columns", "email" + strings.Repeat(",further", 600) + ",x,,\x01\na@acme.test" + strings.Repeat(",v", 603) + "\nb@acme.test" + strings.Repeat(",w", 700) + "\n",
			activity.Counts{Created: 1, Failed: 1}, []string{"row 2: line 3 has 701 values, and the header has 604"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			db := filepath.Join(dir, "test.db")
			out, _ := csvimport(t, 0, "-db", db, "-file", write(t, filepath.Join(dir, "odd.csv"), test.content), "-report", filepath.Join(dir, "report.csv"))
			says(t, out, test.problems...)
			im := database(t, db)
			if task := tasks(t, im)[0]; task.Counts != test.counts {
				t.Errorf("the counts are %+v, want %+v", task.Counts, test.counts)
			}
			if n := int64(len(contacts(t, im))); n != test.counts.Created {
				t.Errorf("there are %d contacts", n)
			}
		})
	}
}
