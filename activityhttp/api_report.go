package activityhttp

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/go-activity/activity"
)

// getReport answers with what became of the records of a task, in numbers.
func (c *call) getReport() error {
	id, err := c.onlyID()
	if err != nil {
		return err
	}
	report, err := c.tenant.Report(c.ctx(), id)
	if err != nil {
		return err
	}
	task, err := c.taskViewer()(report.Task)
	if err != nil {
		return err
	}
	for i := range report.Categories {
		report.Categories[i].Label = c.label(report.Categories[i].Label)
	}
	return c.writeOf(report.Task, struct {
		Task       taskView                  `json:"task"`
		Categories []activity.ReportCategory `json:"categories"`
		Signs      []activity.Sign           `json:"signs,omitempty"`
	}{task, report.Categories, report.Signs})
}

// getOutcomes answers with a page of the records of a task.
func (c *call) getOutcomes() error {
	v := c.values()
	q := activity.OutcomeQuery{Kinds: v.list("kind"), Search: v.text("search"), After: v.cursor("after"), Limit: v.number("limit")}
	if err := v.done(true); err != nil {
		return err
	}
	id, err := c.id()
	if err != nil {
		return err
	}
	page, err := c.tenant.Outcomes(c.ctx(), id, q)
	if err != nil {
		return err
	}
	return c.write(page)
}

// getReportFile answers with the report of a task as CSV.
func (c *call) getReportFile() error {
	v := c.values()
	options := activity.ReportOptions{Kinds: v.list("kind"), Before: v.flag("before"), Raw: v.flag("raw")}
	if err := v.done(true); err != nil {
		return err
	}
	id, err := c.id()
	if err != nil {
		return err
	}
	t, err := c.tenant.Task(c.ctx(), id)
	if err != nil {
		return err
	}
	d := &download{call: c, disposition: attachment(t.Kind, c.label(c.known.kindLabel(t.Kind)), t.ID, ".csv")}
	return d.end(c.tenant.WriteReport(c.ctx(), d, id, options))
}

// writeTimeout is how long a client may take for a piece of a file or a stream.
const writeTimeout = 20 * time.Second

// download writes a file to a client who may be slow, but not stand still. It begins with the first bytes: what goes wrong
// before is a problem of its own.
type download struct {
	*call
	disposition string
	begun       bool
}

// Write implements [io.Writer].
func (d *download) Write(data []byte) (int, error) {
	if !d.begun {
		d.begun = true
		d.w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		d.w.Header().Set("Content-Disposition", d.disposition)
	}
	if err := d.deadline(time.Now().Add(writeTimeout)); err != nil {
		return 0, err
	}
	return d.w.Write(data)
}

// end returns the error of a file that has not begun. That of one that has ends the connection, so that nobody takes a part for the
// whole.
func (d *download) end(err error) error {
	if err == nil || !d.begun {
		return err
	}
	if d.r.Context().Err() == nil {
		d.options.Logger.LogAttrs(d.r.Context(), slog.LevelError, "activityhttp: writing a file", slog.Any("error", err))
	}
	panic(http.ErrAbortHandler)
}

// deadline sets until when the next bytes have to be written. Who records answers has none.
func (c *call) deadline(t time.Time) error {
	if err := http.NewResponseController(c.w).SetWriteDeadline(t); !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}

// attachment is the header of a file (RFC 6266). Browsers name it by the label, and those who do not know how by the kind.
func attachment(kind, label string, id activity.ID, extension string) string {
	return fmt.Sprintf(`attachment; filename="%s-%s%s"; filename*=UTF-8''%s`,
		strings.Map(plainCharacter, kind), id, extension, extended(label+" "+id.String()+extension))
}

// plainCharacter keeps what stands in a file name everywhere.
func plainCharacter(r rune) rune {
	if strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-", r) {
		return r
	}
	return '_'
}

// extended encodes a file name as RFC 8187 has it, without what separates folders or cannot be seen.
func extended(name string) string {
	var b strings.Builder
	for _, r := range name {
		switch {
		case r < ' ' || strings.ContainsRune("/\\:*?\"<>|\x7f", r):
			b.WriteByte('_')
		case plainCharacter(r) == r:
			b.WriteRune(r)
		default:
			for _, octet := range []byte(string(r)) {
				fmt.Fprintf(&b, "%%%02X", octet)
			}
		}
	}
	return b.String()
}
