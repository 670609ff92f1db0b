package activity

import (
	"bufio"
	"encoding/json"
	"strconv"
	"time"
)

// csvExport writes CSV.
type csvExport struct {
	csvWriter
	journal *Journal
}

var exportNames = []string{
	"Position", "Index", "Event ID", "Occurred at", "Recorded at", "Type", "Summary", "Actor kind", "Actor ID", "Actor", "About", "Entities",
	"Source", "Task", "Key", "Version", "Payload", "Erased",
}

func newCSVExport(j *Journal, out *bufio.Writer) (*csvExport, error) {
	e := &csvExport{csvWriter{out: out}, j}
	e.cells = append(e.cells, exportNames...)
	return e, e.line()
}

func (e *csvExport) entry(r *EntryRow) error {
	if r.Event.ID.IsZero() {
		return nil
	}
	about, entities := "", ""
	for i, entity := range r.Event.About {
		if i > 0 {
			about += "; "
		}
		about += entity.Name()
	}
	if len(r.Event.About) > 0 {
		list, err := json.Marshal(r.Event.About)
		if err != nil {
			return err
		}
		entities = string(list)
	}
	task, erased := "", ""
	if !r.Event.Task.IsZero() {
		task = r.Event.Task.String()
	}
	if r.Event.Erased {
		erased = "true"
	}
	e.cells = append(e.cells, strconv.FormatInt(int64(r.Position), 10), strconv.FormatInt(r.Index, 10), r.Event.ID.String(),
		r.Event.OccurredAt.Format(time.RFC3339Nano), r.Event.RecordedAt.Format(time.RFC3339Nano))
	for _, text := range []string{
		r.Event.Type, e.journal.Summary(r.Event.Event, "").Text, r.Event.Actor.Kind, r.Event.Actor.ID, r.Event.Actor.Name(), about, entities,
		r.Event.Source.String(), task, r.Event.Key,
	} {
		e.text(text)
	}
	e.cells = append(e.cells, strconv.Itoa(r.Event.Version))
	e.text(string(r.Event.Payload))
	e.text(erased)
	return e.line()
}
