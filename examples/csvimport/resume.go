package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-activity/activity"
)

// interrupted is the reason of runs that Ctrl-C ended.
const interrupted = "the program was interrupted"

// same returns the import of a file that has not ended yet, if there is one.
func (im *importer) same(ctx context.Context, s *source, preview bool) (task activity.Task, found bool, err error) {
	tasks, err := im.unfinished(ctx)
	for _, t := range tasks {
		var in input
		if err := json.Unmarshal(t.Input, &in); err != nil {
			return activity.Task{}, false, err
		}
		if in == s.input() && t.Preview == preview {
			return t, true, nil
		}
	}
	return activity.Task{}, false, err
}

// work runs the imports that have not ended, one after the other, and returns them. The first ones are
// those that a process before has left behind.
func (im *importer) work(ctx context.Context, own activity.ID) ([]activity.ID, error) {
	var all []activity.ID
	var w watch
	for {
		tasks, err := im.unfinished(ctx)
		if err != nil || len(tasks) == 0 {
			return all, err
		}
		for _, task := range tasks {
			if !slices.Contains(all, task.ID) {
				all = append(all, task.ID)
			}
		}
		task := tasks[0]
		if task.Status == activity.StatusProcessing {
			if err := im.wait(ctx, task, &w); err != nil {
				return all, err
			}
			continue
		}
		if task.ID != own || task.Attempt > 0 {
			if err := im.tellLost(ctx, task); err != nil {
				return all, err
			}
		}
		run, err := im.tenant.Start(ctx, task.ID)
		if errors.Is(err, activity.ErrWaiting) || errors.Is(err, activity.ErrTransition) {
			continue // another process was faster
		}
		if err != nil {
			return all, err
		}
		if err := im.run(ctx, run); err != nil && !errors.Is(err, activity.ErrNotRunning) {
			return all, err
		}
	}
}

// watch is what is known of a run that another process has, or had.
type watch struct {
	task    activity.ID
	attempt int
	until   time.Time // its lease
	alive   bool
}

// wait waits until the lease of a run has run out, and has it queued again then. It returns for another look at
// the task, which may have ended meanwhile.
func (im *importer) wait(ctx context.Context, task activity.Task, w *watch) error {
	if n, err := im.journal.Recover(ctx); err != nil || n > 0 {
		return err
	}
	rest := max(time.Until(task.LeaseUntil), 0)
	switch {
	case w.task != task.ID || w.attempt != task.Attempt:
		im.screen.say("run %s is at row %s; its process may have ended: waiting %.1f s until its lease has run out",
			task.ID, number(task.Done), rest.Seconds())
		*w = watch{task: task.ID, attempt: task.Attempt}
	case task.LeaseUntil.After(w.until) && !w.alive:
		im.screen.say("run %s goes on in another process: waiting for its end", task.ID)
		w.alive = true
	}
	w.until = task.LeaseUntil
	timer := time.NewTimer(rest + 20*time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// tellLost says what happened to a task that was queued before.
func (im *importer) tellLost(ctx context.Context, task activity.Task) error {
	page, err := im.tenant.Timeline(ctx, activity.Query{Task: task.ID, Types: []string{activity.TaskRequeued.Name()}, Limit: 1})
	if err != nil {
		return err
	}
	what := "was never started: its process ended"
	if task.Attempt > 0 {
		what = fmt.Sprintf("was lost after row %s: its process ended", number(task.Done))
	}
	for _, e := range page.Events {
		if life, err := activity.TaskRequeued.Payload(e); err != nil {
			return err
		} else if life.Reason == interrupted {
			what = fmt.Sprintf("was interrupted after row %s", number(task.Done))
		}
	}
	im.screen.say("run %s %s; going on with %s from row %s", task.ID, what, task.Name(), number(task.Done+1))
	return nil
}
