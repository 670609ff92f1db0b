package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
)

// An import that is killed, again and again, ends with what an import has that is not.
func TestKilled(t *testing.T) {
	const commits = 3000
	var stream strings.Builder
	for i := range commits {
		fmt.Fprintf(&stream, "commit refs/heads/main\ncommitter Ana <ana@acme.test> %d +0000\ndata <<.\nChange %d\n.\n", 1700000000+i/3, i)
		for j := range 1 + 7*(i%3%2) {
			fmt.Fprintf(&stream, "M 644 inline d%d/f%d\ndata <<.\n%d\n.\n", j, i%7, i)
		}
		stream.WriteString("\n")
	}
	dir := newRepository(t, stream.String())
	whole := filepath.Join(t.TempDir(), "whole.db")
	gitlog(t, 0, "-repo", dir, "-db", whole)
	want := everything(t, dir, whole)

	killed := filepath.Join(t.TempDir(), "killed.db")
	before := 0
	for batch := range 2 {
		killAfter(t, batch+1, "-repo", dir, "-db", killed)
		// The batch that it was killed in is there or not, but never a part of it.
		after := len(everything(t, dir, killed))
		if least := max(before, (batch+1)*batchSize); after < least || after > least+batchSize || after%batchSize != 0 || after >= len(want) {
			t.Fatalf("killed after batch %d: there are %d events of %d; before it were %d", batch+1, after, len(want), before)
		}
		before = after
	}
	_, message := gitlog(t, 0, "-repo", dir, "-db", killed)
	if says := fmt.Sprintf("%s of them new", number(len(want)-before)); !strings.Contains(message, says) {
		t.Errorf("the last run does not say %q:\n%s", says, message)
	}
	if diff := cmp.Diff(want, everything(t, dir, killed)); diff != "" {
		t.Errorf("events (-whole +killed):\n%s", diff)
	}
}

// killAfter starts the program and kills it in the batch after the one with this number, from 1: the
// program waits for an answer after each, so it cannot get further.
func killAfter(t *testing.T, batch int, args ...string) {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	answer, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	for range batch {
		if line, err := lines.ReadString('\n'); err != nil || line != "recorded\n" {
			t.Errorf("the program printed %q, %v", line, err)
			break
		}
		if _, err := io.WriteString(answer, "\n"); err != nil {
			t.Error(err)
			break
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Error("the program ended before it was killed")
	}
}

// everything returns the events of a database, but for what differs between runs.
func everything(t *testing.T, dir, db string) map[string]activity.Event {
	t.Helper()
	repo, err := openRepository(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	store, _, err := options{db: db}.open(t.Context(), repo)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	journal, err := activity.New(store, nil)
	if err != nil {
		t.Fatal(err)
	}
	byKey := map[string]activity.Event{}
	for e, err := range journal.Tenant(repo.name).Events(t.Context(), activity.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := byKey[e.Key]; ok {
			t.Errorf("the key %s is there twice", e.Key)
		}
		e.ID, e.RecordedAt = activity.ID{}, e.OccurredAt
		byKey[e.Key] = e
	}
	return byKey
}
