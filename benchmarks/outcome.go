package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/go-activity/activity"
)

const (
	outcomeColumns = "task_id, seq, tenant, kind, record_kind, record_id, record_label, row, " +
		"message, link, before, after, extra, preview, at, record"

	outcomeBatch = 10_000 // outcomes in a transaction by hand
	reported     = 30_000 // outcomes that are reported, and flushed, at a time
)

// outcomeLoop makes outcomes as the loop of an import does, which changes three fields of each record.
// Every twentieth row fails.
type outcomeLoop struct{ made int64 }

func (l *outcomeLoop) next() activity.Outcome {
	l.made++
	n := strconv.FormatInt(l.made, 10)
	if l.made%20 == 0 {
		return activity.Outcome{Kind: "error", Row: l.made, Message: "The address in row " + n + " has no domain"}
	}
	return activity.Outcome{
		Kind:   "updated",
		Record: activity.Entity{Kind: "contact", ID: "con_" + n, Label: "Zoë Müller-" + n},
		Row:    l.made,
		Before: map[string]any{"email": "zoe" + n + "@example.com", "phone": nil, "score": l.made % 100},
		After:  map[string]any{"email": "zoe.mueller" + n + "@example.com", "phone": "+49 30 " + n, "score": l.made%100 + 1},
	}
}

// outcomeRow is what is stored of an outcome: what a hand-written program has to make of it.
type outcomeRow struct {
	activity.Outcome
	before, after []byte // nil: none
	record        int64
}

// byHand makes rows of outcomes.
type byHand struct {
	outcomeLoop
	task activity.ID
	at   time.Time
	row  outcomeRow // the last one
}

func (h *byHand) next() error {
	r := outcomeRow{Outcome: h.outcomeLoop.next()}
	var err error
	if r.Before != nil {
		if r.before, err = json.Marshal(r.Before); err != nil {
			return err
		}
	}
	if r.After != nil {
		if r.after, err = json.Marshal(r.After); err != nil {
			return err
		}
	}
	if r.Record.IsZero() {
		r.record = feedKey(ofRow, tenant, "", strconv.FormatInt(r.Row, 10))
	} else {
		r.record = feedKey(ofRecord, tenant, r.Record.Kind, r.Record.ID)
	}
	h.row = r
	return nil
}

// startTask queues and starts a task.
func startTask(ctx context.Context, t activity.Tenant, spec activity.TaskSpec) (*activity.Run, error) {
	task, err := t.Enqueue(ctx, spec)
	if err != nil {
		return nil, err
	}
	return t.Start(ctx, task.ID)
}

// reportSide reports outcomes one by one, as a host's loop does, and flushes them.
func reportSide(ctx context.Context, run *activity.Run) side {
	var loop outcomeLoop
	return side{name: "Report", run: func(n int) error {
		for range n * reported {
			if err := run.Report(ctx, loop.next()); err != nil {
				return err
			}
		}
		return run.Flush(ctx)
	}}
}

// copySide stores outcomes by hand. Its sequence numbers are the library's: those of the first attempt.
func copySide(task activity.ID, store func(h *byHand, n int) error) side {
	h := &byHand{task: task}
	return side{name: "by hand", run: func(n int) error {
		for range n * reported / outcomeBatch {
			h.at = time.Now().UTC().Truncate(time.Microsecond)
			if err := store(h, outcomeBatch); err != nil {
				return err
			}
		}
		return nil
	}}
}

// compareOutcomes compares Report with a way to store outcomes by hand.
func (b *bench) compareOutcomes(name string, ours activity.Tenant, store func(h *byHand, n int) error) error {
	run, err := startTask(b.ctx, ours, newTaskWorkload(1, 0).spec())
	if err != nil {
		return err
	}
	c, err := compare(b.size.rounds, b.size.slice, copySide(run.Task().ID, store), reportSide(b.ctx, run))
	if err != nil {
		return err
	}
	if err := run.Complete(b.ctx); err != nil {
		return err
	}
	if n := run.Task().Counts; n.Attempted() == 0 || n.Failed != n.Attempted()/20 {
		return fmt.Errorf("the report counts %+v", n)
	}
	b.tellRates(name, c, reported, "outcomes")
	b.report(name, c.ratio(), atLeast(0.75))
	return nil
}
