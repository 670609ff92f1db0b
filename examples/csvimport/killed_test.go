package main

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
)

const many = 30_000 // rows, so that each batch is more than a per cent of them

// large makes a file of many rows, with one of each ten wrong.
func large(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("email,first name,company\r\n")
	for i := range many {
		switch {
		case i%20 == 7:
			fmt.Fprintf(&b, ",Nobody %d,Acme\r\n", i)
		case i%20 == 17: // long ago, at times in another run
			fmt.Fprintf(&b, "contact%d@acme.test,Again,Acme\r\n", i/100*20)
		default:
			fmt.Fprintf(&b, "contact%d@acme.test,Number %d,Acme\r\n", i, i)
		}
	}
	return write(t, filepath.Join(dir, "large.csv"), b.String())
}

// started is the program in the middle of an import.
type started struct {
	cmd     *exec.Cmd
	message strings.Builder
	rest    *bufio.Reader
}

// startBatches starts the program and returns once it has told of so many batches.
func startBatches(t *testing.T, batches int, args ...string) *started {
	t.Helper()
	p := &started{cmd: exec.Command(program, args...)}
	pipe, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p.rest = bufio.NewReader(pipe)
	for batches > 0 {
		line, err := p.rest.ReadString('\n')
		p.message.WriteString(line)
		if err != nil {
			t.Fatalf("the program says, and ends with %v:\n%s", errors.Join(err, p.cmd.Wait()), &p.message)
		}
		if strings.Contains(line, "%  ") {
			batches--
		}
	}
	return p
}

// wait waits for the end and returns all that the program has said, and its exit code.
func (p *started) wait(t *testing.T) (message string, code int) {
	t.Helper()
	if _, err := io.Copy(&p.message, p.rest); err != nil {
		t.Error(err)
	}
	err := p.cmd.Wait()
	if _, ended := errors.AsType[*exec.ExitError](err); err != nil && !ended {
		t.Fatal(err)
	}
	return p.message.String(), p.cmd.ProcessState.ExitCode()
}

// kill kills it, in the middle of whatever it does.
func (p *started) kill(t *testing.T) (message string) {
	t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	message, code := p.wait(t)
	if code == 0 {
		t.Fatal("the program ended before it was killed")
	}
	return message
}

// agree checks that the contacts, the outcomes and the progress of the only run are of the same rows, and returns it.
func agree(t *testing.T, im *importer) activity.Task {
	t.Helper()
	all := tasks(t, im)
	if len(all) != 1 {
		t.Fatalf("there are %d runs", len(all))
	}
	task := all[0]
	report, err := im.tenant.Report(t.Context(), task.ID)
	if err != nil {
		t.Fatal(err)
	}
	outcomes := int64(0)
	for _, c := range report.Categories {
		outcomes += c.Count
	}
	table := int64(len(contacts(t, im)))
	if task.Done != outcomes || task.Counts.Attempted() != outcomes || task.Counts.Created != table {
		t.Errorf("%d rows are done, with %d outcomes, counts %+v, and %d contacts", task.Done, outcomes, task.Counts, table)
	}
	return task
}

// An import that is killed, again and again, imports every row once.
func TestKilled(t *testing.T) {
	dir := t.TempDir()
	file := large(t, dir)
	whole := filepath.Join(dir, "whole.db")
	csvimport(t, 0, "-db", whole, "-file", file)

	db := filepath.Join(dir, "killed.db")
	startBatches(t, 3, "-db", db, "-file", file).kill(t)
	im := database(t, db)
	first := agree(t, im)
	if first.Status != activity.StatusProcessing || first.Done < 3*batchSize || first.Done%batchSize != 0 || first.Done >= many {
		t.Fatalf("killed after three batches, the run is %v and at row %d", first.Status, first.Done)
	}
	lost := func(task activity.Task) string {
		return fmt.Sprintf("run %s was lost after row %s: its process ended; going on with large.csv from row %s\n", task.ID, number(task.Done), number(task.Done+1))
	}

	says(t, startBatches(t, 3, "-db", db).kill(t), lost(first))
	second := agree(t, im)
	if second.Attempt != 2 || second.Done < first.Done+3*batchSize || second.Done >= many {
		t.Fatalf("killed again, the run is at row %d in attempt %d; before, it was at row %d", second.Done, second.Attempt, first.Done)
	}

	report := filepath.Join(dir, "report.csv")
	out, message := csvimport(t, 0, "-db", db, "-file", file, "-report", report)
	says(t, message, lost(second), "100%  30,000 of 30,000 rows")
	says(t, out, "large.csv: completed", "Run "+first.ID.String(), "imported large.csv: 27,000 new contacts")
	if last := agree(t, im); last.ID != first.ID || last.Attempt != 3 || last.Done != many {
		t.Errorf("in the end the run is %+v", last)
	}
	if diff := cmp.Diff(contacts(t, database(t, whole)), contacts(t, im)); diff != "" {
		t.Errorf("contacts (-whole +killed):\n%s", diff)
	}
	for i, row := range rowsOf(t, report) {
		if row != i+1 {
			t.Fatalf("outcome %d is of row %d", i+1, row)
		}
	}
	if _, message := csvimport(t, 2, "-db", db); !strings.Contains(message, "no import is unfinished") {
		t.Errorf("once all is imported, the program says\n%s", message)
	}
}

// rowsOf returns the first column of a report.
func rowsOf(t *testing.T, report string) []int {
	t.Helper()
	file, err := os.Open(report)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	rows := make([]int, len(lines)-1)
	for i, line := range lines[1:] {
		if rows[i], err = strconv.Atoi(line[0]); err != nil {
			t.Fatal(err)
		}
	}
	if len(rows) != many {
		t.Fatalf("the report has %d rows", len(rows))
	}
	return rows
}

// A file that was changed is not what the run that was killed had to import; the new import follows.
func TestKilledAndChanged(t *testing.T) {
	dir := t.TempDir()
	db, file := filepath.Join(dir, "test.db"), large(t, dir)
	startBatches(t, 3, "-db", db, "-file", file).kill(t)
	write(t, file, before)
	out, message := csvimport(t, 0, "-db", db, "-file", file)
	says(t, message, "was lost after row", "failed: "+file+": the file was changed since the import began")
	says(t, out, "large.csv: failed", "large.csv: completed", "Imported                         4")

	startBatches(t, 3, "-db", db, "-file", large(t, dir)).kill(t)
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	_, message = csvimport(t, 1, "-db", db)
	says(t, message, "was lost after row", "failed: "+file+": no such file")
	im := database(t, db)
	var statuses []activity.Status
	for _, task := range tasks(t, im) {
		statuses = append(statuses, task.Status)
	}
	if want := []activity.Status{activity.StatusFailed, activity.StatusCompleted, activity.StatusFailed}; !slices.Equal(statuses, want) {
		t.Errorf("the runs are %v, want %v", statuses, want)
	}
}

// Of two processes, the second waits for the first.
func TestTwoProcesses(t *testing.T) {
	dir := t.TempDir()
	db, file := filepath.Join(dir, "test.db"), large(t, dir)
	first := startBatches(t, 1, "-db", db, "-file", file)
	out, _ := csvimport(t, 0, "-db", db, "-file", write(t, filepath.Join(dir, "small.csv"), before))
	says(t, out, "small.csv: completed", "Imported                         4")
	if message, code := first.wait(t); code != 0 {
		t.Errorf("the first process ends with %d:\n%s", code, message)
	}
	all := tasks(t, database(t, db))
	if len(all) != 2 {
		t.Fatalf("there are %d runs", len(all))
	}
	byTitle := map[string]activity.Task{all[0].Title: all[0], all[1].Title: all[1]}
	if small, large := byTitle["small.csv"], byTitle["large.csv"]; small.StartedAt.Before(large.EndedAt) || large.Done != many {
		t.Errorf("of %v, one began at %v and the other ended at %v", slices.Sorted(maps.Keys(byTitle)), small.StartedAt, large.EndedAt)
	}
}
