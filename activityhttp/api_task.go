package activityhttp

import (
	"slices"

	"github.com/go-activity/activity"
)

// taskView is a task as the API shows it: without its detail, which is for developers.
type taskView struct {
	activity.Task
	Detail   *struct{}    `json:"detail,omitempty"`
	Label    string       `json:"label"`              // of the kind
	Duration float64      `json:"duration,omitempty"` // seconds, once it has ended
	Can      []Permission `json:"can"`                // what the actor may do with it as it is now: cancel, rerun, undo
}

// taskViewer returns what turns tasks into views: the actor is looked at once for all of them.
func (c *call) taskViewer() func(activity.Task) (taskView, error) {
	var allowed []Permission
	for _, p := range []Permission{Cancel, Rerun, Undo} {
		if c.may(p) {
			allowed = append(allowed, p)
		}
	}
	return func(t activity.Task) (taskView, error) {
		v := taskView{Task: t, Label: c.label(c.known.kindLabel(t.Kind)), Duration: t.Duration().Seconds(), Can: []Permission{}}
		for _, p := range allowed {
			can, err := c.possible(p, t)
			if err != nil {
				return taskView{}, err
			}
			if can {
				v.Can = append(v.Can, p)
			}
		}
		return v, nil
	}
}

// possible reports whether something can be done with a task as it is, whoever asks.
func (c *call) possible(p Permission, t activity.Task) (bool, error) {
	ended := t.Status.Ended()
	switch p {
	case Cancel:
		return !ended, nil
	case Rerun:
		_, known := c.known.kinds[t.Kind]
		return ended && known && !t.Recipe && t.Reverts.IsZero() && !slices.ContainsFunc(t.About, activity.Entity.IsErased), nil
	case Undo:
		changed := t.Counts.Created + t.Counts.Updated + t.Counts.Deleted
		if !ended || t.Preview || t.Recipe || changed == 0 || c.options.Undo == nil {
			return false, nil
		}
		if t.RevertedBy.IsZero() {
			return true, nil
		}
		undo, err := c.tenant.Task(c.ctx(), t.RevertedBy)
		return undo.Status == activity.StatusFailed || undo.Status == activity.StatusCancelled, err
	}
	return false, nil
}

// getTasks answers with a page of tasks.
func (c *call) getTasks() error {
	v := c.values()
	q := c.taskQuery(v)
	if err := v.done(true); err != nil {
		return err
	}
	page, err := c.tenant.Tasks(c.ctx(), q)
	if err != nil {
		return err
	}
	tasks, view := make([]taskView, len(page.Tasks)), c.taskViewer()
	for i, t := range page.Tasks {
		if tasks[i], err = view(t); err != nil {
			return err
		}
	}
	return c.write(struct {
		Tasks []taskView      `json:"tasks"`
		Total activity.Total  `json:"total"`
		Next  activity.Cursor `json:"next,omitempty"`
		Prev  activity.Cursor `json:"prev,omitempty"`
	}{tasks, page.Total, page.Next, page.Prev})
}

// getTaskFacets answers with the numbers of the tabs of a list of tasks.
func (c *call) getTaskFacets() error {
	v := c.values()
	q := c.taskQuery(v)
	if err := v.done(true); err != nil {
		return err
	}
	facets, err := c.tenant.TaskFacets(c.ctx(), q)
	if err != nil {
		return err
	}
	return c.writeFacets(facets)
}

// getTask answers with one task. Of one that has ended, hardly anything changes.
func (c *call) getTask() error {
	id, err := c.onlyID()
	if err != nil {
		return err
	}
	t, err := c.tenant.Task(c.ctx(), id)
	if err != nil {
		return err
	}
	view, err := c.taskViewer()(t)
	if err != nil {
		return err
	}
	return c.writeOf(t, view)
}

// writeOf answers with something of a task.
func (c *call) writeOf(t activity.Task, body any) error {
	if t.Status.Ended() {
		return c.writeFixed(body)
	}
	return c.write(body)
}

// postCancel cancels a task for the actor, with a reason.
func (c *call) postCancel() error {
	var body struct {
		Reason string `json:"reason"`
	}
	id, err := c.onlyID()
	if err != nil {
		return err
	}
	if err := c.readBody(&body); err != nil {
		return err
	}
	t, err := c.tenant.Cancel(c.ctx(), id, c.actor, body.Reason)
	if err != nil {
		return err
	}
	view, err := c.taskViewer()(t)
	if err != nil {
		return err
	}
	return c.write(view)
}

// postRerun queues a task again, as a new task of the actor.
func (c *call) postRerun() error {
	id, err := c.onlyID()
	if err != nil {
		return err
	}
	if err := c.readBody(&struct{}{}); err != nil {
		return err
	}
	t, err := c.tenant.Rerun(c.ctx(), id, c.actor)
	if err != nil {
		return err
	}
	view, err := c.taskViewer()(t)
	if err != nil {
		return err
	}
	return c.writeNew("/tasks/"+t.ID.String(), view)
}
