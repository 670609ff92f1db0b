package activityhttp

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/go-activity/activity"
)

// confirmPage asks before something is done to a task.
type confirmPage struct {
	taskRow
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
	p := c.page("", "activity")
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
	if err := c.r.ParseForm(); err != nil {
		return badInput("body", "is no form")
	}
	if _, err := c.tenant.Cancel(c.ctx(), id, c.actor, strings.TrimSpace(c.r.PostForm.Get("reason"))); err != nil {
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

// doUndo reverts a task, and answers when that is done.
func (c *call) doUndo() error {
	id, err := c.id()
	if err != nil {
		return err
	}
	if c.options.Undo == nil {
		return activity.ErrNotFound
	}
	task, err := c.tenant.Revert(c.ctx(), id, c.actor, func(ctx context.Context, change activity.Change) error {
		return c.options.Undo(ctx, c.tenant.Name(), change)
	})
	if err != nil && (task.ID.IsZero() || !task.Status.Ended()) {
		return err
	}
	if errors.Is(err, activity.ErrNotRunning) { // it was cancelled meanwhile, which its report says
		err = nil
	}
	if err != nil {
		return err
	}
	return c.back("/tasks/" + task.ID.String())
}
