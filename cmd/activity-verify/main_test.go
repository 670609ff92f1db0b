package main_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/memstore"
)

type said struct {
	Text string `json:"text"`
}

var noted = activity.Define[said]("note.added", activity.TypeOptions{})

// TestCommand runs the real program on files.
func TestCommand(t *testing.T) {
	dir := t.TempDir()
	binary := filepath.Join(dir, "activity-verify")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	private, public, err := activity.GenerateKey("crm.test")
	must(err)
	_, stranger, err := activity.GenerateKey("crm.test")
	must(err)
	signer, err := note.NewSigner(private)
	must(err)
	now := time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
	journal, err := activity.New(memstore.New(), &activity.Config{Types: []activity.EventType{noted}, Signer: signer, Now: func() time.Time { return now }})
	must(err)
	acme := journal.Tenant("acme")
	record := func(n int) {
		for i := range n {
			_, err := acme.Record(t.Context(), noted.New(said{fmt.Sprint("note ", i)}).By(activity.User("ana", "Ana")).At(now.Add(time.Duration(i)*time.Hour)))
			must(err)
		}
	}
	file := func(name string, data []byte) string {
		t.Helper()
		path := filepath.Join(dir, name)
		must(os.WriteFile(path, data, 0o600))
		return path
	}
	export := func(o activity.ExportOptions) []byte {
		t.Helper()
		var b bytes.Buffer
		must(acme.Ledger().Export(t.Context(), &b, o))
		return b.Bytes()
	}
	record(20)
	first, err := acme.Ledger().Checkpoint(t.Context())
	must(err)
	record(5)
	second, err := acme.Ledger().Checkpoint(t.Context())
	must(err)
	other, err := journal.Tenant("globex").Ledger().Checkpoint(t.Context())
	must(err)
	whole := export(activity.ExportOptions{})
	some := export(activity.ExportOptions{From: now.Add(3 * time.Hour), To: now.Add(6 * time.Hour)})
	old, newest, strange := file("old", first.Note), file("new", second.Note), file("strange", other.Note)
	all, few := file("all.ndjson", whole), file("some.ndjson", some)
	changed := file("changed.ndjson", bytes.Replace(whole, []byte("note 7"), []byte("note 8"), 1))

	for name, test := range map[string]struct {
		args   []string
		stdin  []byte
		status int
		want   string // in what it prints
	}{
		"whole":              {[]string{"-key", public, "-checkpoint", newest, all}, nil, 0, "OK: the first 25 entries of activity/acme are those of the checkpoint; of all, 0 have"},
		"older":              {[]string{"-key", public, "-checkpoint", old, all}, nil, 0, "OK: the first 20 entries of activity/acme are those of the checkpoint; nothing is proven of 5 after them"},
		"input":              {[]string{"-key", public, "-checkpoint", newest, "-"}, whole, 0, "OK: the first 25"},
		"some":               {[]string{"-key", public, "-checkpoint", newest, few}, nil, 0, "OK: 5 events are in the ledger of activity/acme at 25 entries"},
		"some, older":        {[]string{"-key", public, "-checkpoint", old, few}, nil, 1, "NOT OK: activity: proof does not hold: line 1: some events"},
		"changed":            {[]string{"-key", public, "-checkpoint", newest, changed}, nil, 1, "NOT OK: activity: proof does not hold: line 9, index 7: event is not what was recorded"},
		"another key":        {[]string{"-key", stranger, "-checkpoint", newest, all}, nil, 1, "NOT OK: activity: proof does not hold: checkpoint is not signed by a key that was given"},
		"another ledger":     {[]string{"-key", public, "-checkpoint", strange, all}, nil, 1, "NOT OK: activity: proof does not hold: line 1: export is of"},
		"no checkpoint":      {[]string{"-key", public, "-checkpoint", all, all}, nil, 1, "NOT OK: activity: proof does not hold: checkpoint"},
		"nothing":            {[]string{"-key", public, "-checkpoint", newest, "-"}, nil, 1, "NOT OK: activity: proof does not hold: export is empty"},
		"bad key":            {[]string{"-key", "crm.test+1+x", "-checkpoint", newest, all}, nil, 2, "activity-verify: -key: malformed"},
		"no such file":       {[]string{"-key", public, "-checkpoint", newest, dir + "/none"}, nil, 2, "no such file"},
		"no such checkpoint": {[]string{"-key", public, "-checkpoint", dir + "/none", all}, nil, 2, "no such file"},
		"no arguments":       {nil, nil, 2, "usage: activity-verify -key KEY -checkpoint FILE EXPORT"},
		"two exports":        {[]string{"-key", public, "-checkpoint", newest, all, few}, nil, 2, "usage:"},
		"unknown flag":       {[]string{"-x"}, nil, 2, "usage:"},
	} {
		cmd := exec.Command(binary, test.args...)
		cmd.Stdin = bytes.NewReader(test.stdin)
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		err := cmd.Run()
		status := 0
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			status = exit.ExitCode()
		} else if err != nil {
			t.Fatal(err)
		}
		out := stdout.String() + stderr.String()
		if status != test.status || !strings.Contains(out, test.want) {
			t.Errorf("%s: status %d and %q, want %d and %q", name, status, out, test.status, test.want)
		}
		if test.status < 2 && (strings.Count(stdout.String(), "\n") != 1 || stderr.Len() > 0) {
			t.Errorf("%s: prints more than one line: %q", name, out)
		}
	}
}
