package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/bunstore"
	"github.com/go-activity/activity/store/postgres"
	"github.com/go-activity/activity/store/sqlite"
)

// reportVariable has the reportJob of a process that writes a report instead of measuring.
const reportVariable = "ACTIVITY_BENCHMARKS_REPORT"

// reportJob says which report a process is to write.
type reportJob struct {
	DSN  string // of PostgreSQL; empty: SQLite
	Path string // of SQLite
	Task activity.ID
}

// reportUse is what writing a report took.
type reportUse struct {
	Idle, Peak int // KiB of memory before, and at most meanwhile
	Lines      int
	Seconds    float64
}

// writeReport writes a report to the null device and says what it took. The process does nothing else,
// so that its memory is that of the report.
func writeReport(ctx context.Context, job string) (use reportUse, err error) {
	var j reportJob
	if err := json.Unmarshal([]byte(job), &j); err != nil {
		return use, err
	}
	var store *bunstore.Store
	if j.DSN != "" {
		store, err = postgres.Open(ctx, j.DSN)
	} else {
		store, err = sqlite.Open(ctx, j.Path)
	}
	if err != nil {
		return use, err
	}
	defer store.Close()
	journal, err := activity.New(store, &activity.Config{Types: types, Kinds: kinds})
	if err != nil {
		return use, err
	}
	t := journal.Tenant(tenant)
	if _, err := t.Task(ctx, j.Task); err != nil { // it is connected now
		return use, err
	}
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return use, err
	}
	defer null.Close()
	debug.FreeOSMemory()
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil { // VmHWM begins anew; see proc(5)
		return use, err
	}
	if use.Idle, err = memory("VmRSS"); err != nil {
		return use, err
	}
	lines := &lineCounter{w: null}
	start := time.Now()
	if err := t.WriteReport(ctx, lines, j.Task, activity.ReportOptions{}); err != nil {
		return use, err
	}
	use.Seconds, use.Lines = time.Since(start).Seconds(), lines.n
	use.Peak, err = memory("VmHWM")
	return use, err
}

// lineCounter counts the lines that are written through it.
type lineCounter struct {
	w io.Writer
	n int
}

func (c *lineCounter) Write(p []byte) (int, error) {
	c.n += bytes.Count(p, []byte("\n"))
	return c.w.Write(p)
}

// memory returns a number of KiB that Linux tells about this process.
func memory(name string) (int, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] == name+":" {
			return strconv.Atoi(fields[1])
		}
	}
	return 0, errors.New("/proc/self/status has no " + name)
}

// reportMemory reports outcomes of a task, and measures a process that writes its report.
func (b *bench) reportMemory(name string, t activity.Tenant, job reportJob) error {
	if runtime.GOOS != "linux" {
		b.progress("  %s: only Linux tells", name)
		return nil
	}
	run, err := startTask(b.ctx, t, newTaskWorkload(1, 0).spec())
	if err != nil {
		return err
	}
	var loop outcomeLoop
	start := time.Now()
	for range b.size.outcomes {
		if err := run.Report(b.ctx, loop.next()); err != nil {
			return err
		}
	}
	if err := run.Complete(b.ctx); err != nil {
		return err
	}
	b.progress("  %d outcomes reported in %.1f s", b.size.outcomes, time.Since(start).Seconds())
	job.Task = run.Task().ID
	use, err := b.inProcess(job)
	if err != nil {
		return err
	}
	if use.Lines != b.size.outcomes+1 {
		return fmt.Errorf("the report of %d outcomes has %d lines", b.size.outcomes, use.Lines)
	}
	mib := float64(use.Peak-use.Idle) / 1024
	b.progress("  %s: %.1f MiB more than the %.1f MiB before, %d lines in %.1f s", name, mib, float64(use.Idle)/1024, use.Lines, use.Seconds)
	b.report(name, mib, atMost(64))
	return nil
}

// inProcess writes a report in a process of its own.
func (b *bench) inProcess(job reportJob) (use reportUse, err error) {
	text, err := json.Marshal(job)
	if err != nil {
		return use, err
	}
	cmd := exec.CommandContext(b.ctx, b.executable)
	cmd.Env = append(os.Environ(), reportVariable+"="+string(text))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return use, fmt.Errorf("write the report: %w", err)
	}
	return use, json.Unmarshal(out, &use)
}

func (b *bench) postgresReport() error {
	b.progress("PostgreSQL, a report")
	d, err := b.openPostgres("report")
	if err != nil {
		return err
	}
	defer d.close()
	return b.reportMemory("report_memory_mib", d.tenant, reportJob{DSN: d.dsn})
}

func (b *bench) sqliteReport() error {
	b.progress("SQLite, a report")
	store, t, err := b.openSQLite("report.db")
	if err != nil {
		return err
	}
	defer store.Close()
	return b.reportMemory("sqlite_report_memory_mib", t, reportJob{Path: filepath.Join(b.dir, "report.db")})
}
