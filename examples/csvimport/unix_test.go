//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/go-activity/activity"
)

func TestNoPermission(t *testing.T) {
	dir, err := os.MkdirTemp("", "csvimport") // that of the test would keep other accounts out
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	file := write(t, filepath.Join(dir, "secret.csv"), before)
	if err := os.Chmod(file, 0); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-file", file, "-db", filepath.Join(dir, "test.db"))
	cmd.Dir = dir
	if os.Geteuid() == 0 { // who reads everything
		const nobody = 65534
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	out, message := finish(t, 1, cmd)
	if want := "csvimport: " + file + ": permission denied\n"; message != want || out != "" {
		t.Errorf("the program prints %q and says %q, want %q", out, message, want)
	}
}

// An import that Ctrl-C ended goes on at the next start, at once.
func TestInterrupted(t *testing.T) {
	dir := t.TempDir()
	db, file := filepath.Join(dir, "test.db"), large(t, dir)
	p := startBatches(t, 3, "-db", db, "-file", file)
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	message, code := p.wait(t)
	if says(t, message, "csvimport: interrupted; what was stored stays"); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	im := database(t, db)
	task := agree(t, im)
	if task.Status != activity.StatusQueued || task.Done%batchSize != 0 || task.Done < 3*batchSize {
		t.Errorf("the run is %v and at row %d", task.Status, task.Done)
	}
	_, message = csvimport(t, 0, "-db", db)
	if says(t, message, "run "+task.ID.String()+" was interrupted after row "+number(task.Done)); strings.Contains(message, "waiting") {
		t.Errorf("the program waited for nothing:\n%s", message)
	}
	if task := agree(t, im); task.Done != many || task.Status != activity.StatusCompleted {
		t.Errorf("the run is %v and at row %d", task.Status, task.Done)
	}
}
