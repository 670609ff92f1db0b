package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/go-activity/activity"
)

// screen is where people read: results on stdout, all else on stderr.
type screen struct{ stdout, stderr io.Writer }

// say says one sentence.
func (s *screen) say(format string, args ...any) {
	text := strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", "; ") // of several errors in one
	fmt.Fprintf(s.stderr, "csvimport: %s\n", printable(text))
}

// print prints a line of a result.
func (s *screen) print(format string, args ...any) {
	fmt.Fprintln(s.stdout, printable(fmt.Sprintf(format, args...)))
}

// problems are the outcomes that people have to do something about, of imports and of undos.
var problems = []string{"invalid_field", "missing_field", "duplicate", "error", "kept", "failed"}

// firstFew is how many problems and differences are shown.
const firstFew = 5

// signs are the sentences for what is suspicious in a run's counts.
var signs = map[activity.Sign]string{
	activity.SignManyFailed:     "Note: a tenth of the rows or more failed.",
	activity.SignNoneSucceeded:  "Note: not one row succeeded.",
	activity.SignManyUnmodified: "Note: nine tenths of the contacts or more were left as they are.",
}

// show prints the report of a run that has ended, and reports whether it completed.
func (im *importer) show(ctx context.Context, id activity.ID) (completed bool, err error) {
	report, err := im.tenant.Report(ctx, id)
	if err != nil {
		return false, err
	}
	task := report.Task
	im.screen.print("%s: %s in %.1f s", title(task), task.Status, task.Duration().Seconds())
	im.screen.print("Run %s", id)
	for _, c := range report.Categories {
		im.screen.print("  %-26s%8s", c.Label, number(c.Count))
	}
	for _, sign := range report.Signs {
		im.screen.print("%s", signs[sign])
	}
	if err := im.showProblems(ctx, report); err != nil {
		return false, err
	}
	if err := im.showDrift(ctx, task); err != nil {
		return false, err
	}
	page, err := im.tenant.Timeline(ctx, activity.Query{Task: id, Limit: 1})
	if err != nil {
		return false, err
	}
	for _, e := range page.Events {
		im.screen.print("%s %s", e.Actor.Name(), im.journal.Summary(e, ""))
	}
	if task.Status == activity.StatusFailed {
		im.screen.say("run %s failed: %s", id, task.Reason)
	}
	return task.Status == activity.StatusCompleted, nil
}

func (im *importer) showProblems(ctx context.Context, report activity.Report) error {
	page, err := im.tenant.Outcomes(ctx, report.Task.ID, activity.OutcomeQuery{Kinds: problems, Limit: firstFew})
	if err != nil || len(page.Outcomes) == 0 {
		return err
	}
	im.screen.print("Problems:")
	for _, o := range page.Outcomes {
		im.screen.print("  %s: %s", subject(o.Record, o.Row), o.Message)
	}
	total := int64(0)
	for _, c := range report.Categories {
		if slices.Contains(problems, c.Name) {
			total += c.Count
		}
	}
	if rest := total - int64(len(page.Outcomes)); rest > 0 {
		im.screen.print("  and %s more", number(rest))
	}
	return nil
}

// showDrift says what came out otherwise than in the preview.
func (im *importer) showDrift(ctx context.Context, task activity.Task) error {
	if task.Kind != importKind.Name || task.Preview || task.Status != activity.StatusCompleted {
		return nil
	}
	preview, found, err := im.preview(ctx, task)
	if err != nil || !found {
		return err
	}
	n := int64(0)
	for d, err := range im.tenant.Drift(ctx, preview.ID, task.ID) {
		if err != nil {
			return err
		}
		if n++; n == 1 {
			im.screen.print("Different from the preview of %s UTC:", preview.StartedAt.Format("2006-01-02 15:04:05"))
		}
		if n <= firstFew {
			im.screen.print("  %s: %s", subject(d.Record, d.Row), drifted(d))
		}
	}
	switch {
	case n == 0:
		im.screen.print("All as in the preview of %s UTC.", preview.StartedAt.Format("2006-01-02 15:04:05"))
	default:
		im.screen.print("  %s came out otherwise, all in all", plural(n, "row", "rows"))
	}
	return nil
}

// drifted says how a record came out otherwise.
func drifted(d activity.Difference) string {
	switch {
	case d.Preview == nil:
		return d.Update.Kind + ", and not in the preview"
	case d.Update == nil:
		return d.Preview.Kind + " in the preview only"
	case d.Preview.Kind != d.Update.Kind:
		return d.Update.Kind + " instead of " + d.Preview.Kind
	}
	return fmt.Sprintf("%s with other values of %q", d.Update.Kind, d.Fields)
}

func subject(record activity.Entity, row int64) string {
	switch {
	case record.IsZero():
		return "row " + number(row)
	case row == 0:
		return record.ID
	}
	return fmt.Sprintf("row %s, %s", number(row), record.ID)
}

func title(task activity.Task) string {
	switch {
	case task.Preview:
		return "Preview of " + task.Name()
	case !task.Reverts.IsZero():
		return "Undo of " + task.Name()
	}
	return task.Name()
}
