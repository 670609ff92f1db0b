package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/examples/crm/catalogue"
)

// campaign is the title of the task that is processing as long as the host serves.
const campaign = "Spring campaign"

// host is what makes something happen in the CRM.
type host struct {
	journal *activity.Journal
	acme    activity.Tenant
	runs    map[string]*activity.Run // by the titles of their tasks
}

// commands reads commands and answers each with a line, "ok" or "error" and something more, until the input ends. They are
//
//	record TEXT         a note is recorded
//	start TOTAL TITLE   a task is queued and started; answers with its ID
//	report N TITLE      its run reports so many records
//	charge N TITLE      its run charges so many units
//	complete TITLE      its run ends
func (h *host) commands(ctx context.Context, in io.Reader, out io.Writer) error {
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		answer, err := h.command(ctx, lines.Text())
		if err != nil {
			answer = "error " + strings.ReplaceAll(err.Error(), "\n", " ")
		}
		if _, err := fmt.Fprintln(out, answer); err != nil {
			return err
		}
	}
	return lines.Err()
}

func (h *host) command(ctx context.Context, line string) (string, error) {
	name, rest, _ := strings.Cut(line, " ")
	switch name {
	case "record":
		_, err := h.acme.Record(ctx, noteOf(rest))
		return "ok", err
	case "complete":
		run, err := h.run(rest)
		if err != nil {
			return "", err
		}
		return "ok", run.Complete(ctx)
	}
	number, title, _ := strings.Cut(rest, " ")
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return "", err
	}
	switch name {
	case "start":
		spec := specOf("email", title, ana)
		spec.Total = n
		task, err := h.acme.Enqueue(ctx, spec)
		if err != nil {
			return "", err
		}
		h.runs[title], err = h.acme.Start(ctx, task.ID)
		return "ok " + task.ID.String(), err
	case "report":
		run, err := h.run(title)
		if err != nil {
			return "", err
		}
		return "ok", errors.Join(report(ctx, run, int(n)), run.Flush(ctx))
	case "charge":
		run, err := h.run(title)
		if err != nil {
			return "", err
		}
		return "ok", run.Charge(ctx, n)
	}
	return "", fmt.Errorf("there is no command %q", name)
}

func (h *host) run(title string) (*activity.Run, error) {
	if run := h.runs[title]; run != nil {
		return run, nil
	}
	return nil, fmt.Errorf("%q is not running here", title)
}

func report(ctx context.Context, run *activity.Run, n int) error {
	for i := range n {
		err := run.Report(ctx, activity.Outcome{Kind: "sent", Record: catalogue.Contact(fmt.Sprint(500+i), fmt.Sprintf("Reader %d", i+1))})
		if err != nil {
			return err
		}
	}
	return nil
}

// campaign starts the task that is processing, unless an earlier process has.
func (h *host) campaign(ctx context.Context) error {
	queued, err := h.acme.Tasks(ctx, activity.TaskQuery{Title: campaign, Statuses: []activity.Status{activity.StatusQueued}})
	if err != nil {
		return err
	}
	for _, task := range queued.Tasks {
		run, err := h.acme.Start(ctx, task.ID)
		if err != nil {
			return err
		}
		h.runs[campaign] = run
		for range 14 {
			if err := run.Charge(ctx, 1); err != nil {
				return err
			}
		}
		if err := errors.Join(report(ctx, run, 14), run.Flush(ctx)); err != nil {
			return err
		}
	}
	return nil
}
