package activityhttp

import (
	"bytes"
	"encoding/json"
	"errors"

	"github.com/go-activity/activity"
)

// eventPage is everything that is known of an event: a page by itself, and the panel beside a timeline.
type eventPage struct {
	eventRow
	Entities     []entityView
	Payload      string // indented
	Occurred     moment
	Recorded     moment
	Late         string // how much later it was recorded than it occurred, if that says something
	Task         entityView
	Place        *place
	Comments     []eventRow
	MoreComments bool
	Form         commentForm
	JSON         string
	Proof        string
}

// place is where an event is in the ledger.
type place struct {
	Number     string // in the order of the tenant's ledger, from 1
	Size       string // of the checkpoint that proves it
	Checkpoint moment
	Bad        bool // what is stored is not what was recorded
	Signed     bool
}

// showEvent shows an event.
func (c *call) showEvent() error {
	id, err := c.id()
	if err != nil {
		return err
	}
	e, err := c.tenant.Event(c.ctx(), id)
	if err != nil {
		return err
	}
	p := c.page("feed")
	body := &eventPage{eventRow: p.row(e, activity.Entity{}), Occurred: p.Moment(e.OccurredAt), Recorded: p.Moment(e.RecordedAt)}
	p.Title = body.Label
	if late := e.RecordedAt.Sub(e.OccurredAt); late > 60e9 {
		body.Late = p.Span(late)
	}
	for _, about := range e.About {
		body.Entities = append(body.Entities, p.Entity(about))
	}
	var indented bytes.Buffer
	if len(e.Payload) > 0 {
		if err := json.Indent(&indented, e.Payload, "", "  "); err != nil {
			return err
		}
	}
	body.Payload = indented.String()
	if !e.Task.IsZero() {
		task, err := c.tenant.Task(c.ctx(), e.Task)
		if err != nil && !errors.Is(err, activity.ErrNotFound) {
			return err
		}
		if err == nil {
			body.Task = entityView{Name: task.Name(), Kind: p.word(p.known.kindLabel(task.Kind)), Page: p.Path("/tasks/" + e.Task.String())}
		}
	}
	if body.Place, err = p.place(id); err != nil {
		return err
	}
	thread, err := c.tenant.Timeline(c.ctx(), activity.Query{About: []activity.Entity{e.Entity()}, Limit: activity.MaxLimit})
	if err != nil {
		return err
	}
	body.MoreComments = thread.Next != ""
	for _, comment := range thread.Events {
		body.Comments = append([]eventRow{p.row(comment, e.Entity())}, body.Comments...)
	}
	body.Form = commentForm{page: p, Action: p.Path("/comments"), Event: id.String(), Back: body.Link}
	body.JSON, body.Proof = p.Path("/api/events/"+id.String()), p.Path("/api/events/"+id.String()+"/proof")
	p.Body = body
	return p.show("event")
}

// place finds an event in the ledger, and proves it if checkpoints are signed. It is nil while the event has no place yet.
func (p *page) place(id activity.ID) (*place, error) {
	entry, err := p.tenant.Ledger().Entry(p.ctx(), id)
	if errors.Is(err, activity.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	found := &place{Number: p.N(entry.Index + 1)} // among the tenant's own
	proof, err := p.tenant.Ledger().Prove(p.ctx(), id)
	switch {
	case err == nil:
		found.Signed, found.Size, found.Checkpoint = true, p.N(proof.Checkpoint.Size), p.Moment(p.now)
	case errors.Is(err, activity.ErrTampered):
		found.Bad = true
	case !errors.Is(signed(err), errUnsigned):
		return nil, err
	}
	return found, nil
}
