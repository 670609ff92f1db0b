package activityhttp

import (
	"cmp"
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/go-activity/activity"
)

// confirmPage asks before something is done to a task.
type confirmPage struct {
	*taskRow
	Question string
	Button   string
	Action   string
	Reason   bool // a reason can be given
	Danger   bool
}

// showConfirm asks whether to do what the last part of the path says.
func (c *call) showConfirm() error {
	id, err := c.id()
	if err != nil {
		return err
	}
	task, err := c.tenant.Task(c.ctx(), id)
	if err != nil {
		return err
	}
	what := c.r.URL.Path[strings.LastIndexByte(c.r.URL.Path, '/')+1:]
	can, err := c.possible(map[string]Permission{"cancel": Cancel, "rerun": Rerun, "undo": Undo}[what], task) // the route asks whether it is allowed
	if err != nil {
		return err
	}
	if !can {
		return activity.ErrTransition
	}
	p := c.page("activity")
	row := p.task(task)
	p.Title = p.T("confirm "+what, cmp.Or(task.Title, row.Kind))
	p.Body = &confirmPage{taskRow: row, Question: p.T("about " + what), Button: p.T(what), Action: row.Report + "/" + what, Reason: what == "cancel", Danger: what != "rerun"}
	return p.show("confirm")
}

// doCancel cancels a task.
func (c *call) doCancel() error {
	id, err := c.id()
	if err != nil {
		return err
	}
	v, err := c.form()
	if err != nil {
		return err
	}
	if _, err := c.tenant.Cancel(c.ctx(), id, c.actor, strings.TrimSpace(v.Get("reason"))); err != nil {
		return err
	}
	return c.back("/tasks/" + id.String())
}

// doRerun runs a task again.
func (c *call) doRerun() error {
	id, err := c.id()
	if err != nil {
		return err
	}
	task, err := c.tenant.Rerun(c.ctx(), id, c.actor)
	if err != nil {
		return err
	}
	return c.back("/tasks/" + task.ID.String())
}

// undoPatience is how long who asks for an undo waits for its end, before they are shown how it goes on.
const undoPatience = 2 * time.Second

// doUndo reverts a task. The undo goes on without who has asked for it, until it is done or the handler is closed.
func (c *call) doUndo() error {
	id, err := c.id()
	if err != nil {
		return err
	}
	if c.options.Undo == nil {
		return activity.ErrNotFound
	}
	type result struct {
		task activity.Task
		err  error
	}
	done, asked := make(chan result, 1), context.WithoutCancel(c.ctx())
	err = c.streams.work(c.closing, func() {
		ctx, cancel := context.WithCancel(asked)
		defer cancel()
		defer context.AfterFunc(c.closing, cancel)()
		task, err := c.tenant.Revert(ctx, id, c.actor, func(ctx context.Context, change activity.Change) error {
			return c.options.Undo(ctx, c.tenant.Name(), change)
		})
		if err != nil && !task.ID.IsZero() {
			c.options.Logger.LogAttrs(ctx, slog.LevelWarn, "activityhttp: undoing", slog.String("task", id.String()), slog.Any("error", err))
		}
		done <- result{task, err}
	})
	if err != nil {
		return err
	}
	patience := time.NewTimer(undoPatience)
	defer patience.Stop()
	select {
	case r := <-done:
		if r.err != nil && r.task.ID.IsZero() { // it never began
			return r.err
		}
		return c.back("/tasks/" + r.task.ID.String())
	case <-patience.C:
		return c.back("/tasks/" + id.String()) // which leads to the undo
	}
}
