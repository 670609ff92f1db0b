package activityhttp_test

import (
	"context"
	"encoding/csv"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/activityhttp"
	"github.com/go-activity/activity/store/memstore"
)

// canUndo lets what was done be undone.
func canUndo(o *activityhttp.Options) {
	o.Undo = func(context.Context, activity.Change) error { return nil }
}

type seenTask struct {
	ID       activity.ID
	Can      []string
	Label    string
	Duration float64
	Detail   string
}

// TestCan says of each task what can be done with it, by who asks.
func TestCan(t *testing.T) {
	s := newServer(t, memstore.New(), canUndo, func(o *activityhttp.Options) {
		o.Translate = func(locale, label string) string { return locale + " " + label }
	})
	have := s.seed("acme")
	ctx, acme := activity.WithActor(t.Context(), ana), s.journal.Tenant("acme")
	failed, err := acme.Do(ctx, activity.TaskSpec{Kind: "import_contacts", About: []activity.Entity{contact}},
		func(context.Context, *activity.Run) error { panic("secret") })
	if err == nil {
		t.Fatal("it did not fail")
	}
	preview, err := acme.Do(ctx, activity.TaskSpec{Kind: "import_contacts", Preview: true}, func(ctx context.Context, run *activity.Run) error {
		return run.Report(ctx, activity.Outcome{Kind: "imported", Record: contact})
	})
	check(t, err)
	can := func(what string, id activity.ID, want []string, header ...string) seenTask {
		t.Helper()
		seen := get[seenTask](s, "/tasks/"+id.String(), header...)
		if diff := cmp.Diff(want, seen.Can); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
		for _, listed := range get[struct{ Tasks []seenTask }](s, "/tasks?previews=shown", header...).Tasks {
			if listed.ID == id && !slices.Equal(listed.Can, seen.Can) {
				t.Errorf("%s: in the list %v", what, listed.Can)
			}
		}
		return seen
	}
	seen := can("ended", have.ended, []string{"rerun", "undo"}, "Accept-Language", "es")
	if seen.Label != "es CSV import" || seen.Duration <= 0 {
		t.Errorf("the task is %+v", seen)
	}
	can("ended, without permission", have.ended, []string{}, "Test-Refused", "rerun undo")
	can("queued", have.queued, []string{"cancel"})
	can("queued, without permission", have.queued, []string{}, "Test-Refused", "cancel")
	can("a preview", preview.ID, []string{"rerun"})
	if seen := can("failed, nothing was changed", failed.ID, []string{"rerun"}); seen.Detail != "" {
		t.Errorf("the stack is shown: %s", seen.Detail)
	}
	undo, err := acme.Revert(ctx, have.ended, ana, func(context.Context, activity.Change) error { return nil })
	check(t, err)
	can("undone", have.ended, []string{"rerun"})
	can("an undo", undo.ID, []string{"undo"})
	_, err = acme.Erase(ctx, contact, ana, "asked to")
	check(t, err)
	can("about what was erased", failed.ID, []string{})
	for path, status := range map[string]int{
		have.ended.String() + "/cancel": http.StatusConflict, have.queued.String() + "/rerun": http.StatusConflict, failed.ID.String() + "/rerun": http.StatusBadRequest,
	} {
		if a := s.do("POST", "/activity/api/tasks/"+path, ""); a.StatusCode != status {
			t.Errorf("%s: %s %s", path, a.Status, a.body)
		}
	}
}

// TestUndoAgain has a run whose undo failed undone again.
func TestUndoAgain(t *testing.T) {
	s := newServer(t, memstore.New(), canUndo)
	have := s.seed("acme")
	ctx, end := context.WithCancel(activity.WithActor(t.Context(), ana))
	undo, err := s.journal.Tenant("acme").Revert(ctx, have.ended, ana, func(ctx context.Context, _ activity.Change) error {
		end()
		<-ctx.Done()
		return ctx.Err()
	})
	if err == nil {
		t.Fatalf("the undo is %v", undo.Status)
	}
	if seen := get[seenTask](s, "/tasks/"+have.ended.String()); !slices.Contains(seen.Can, "undo") {
		t.Errorf("after an undo that failed: %v", seen.Can)
	}
}

// TestReportFile has the report of a task as a file with a name.
func TestReportFile(t *testing.T) {
	onStores(t, func(t *testing.T, store activity.Store) {
		s := newServer(t, store, func(o *activityhttp.Options) {
			o.Translate = func(_, label string) string { return "Importación: " + label + "\r\n/../x" }
		})
		path := "/activity/api/tasks/" + s.seed("acme").ended.String() + "/report.csv"
		a := s.do("GET", path, "")
		rows, err := csv.NewReader(strings.NewReader(a.body)).ReadAll()
		if err != nil || len(rows) != 3 || rows[1][1] != "Imported" || rows[1][8] != "'=1+1" {
			t.Errorf("%v, %q", err, rows)
		}
		disposition := a.Header.Get("Content-Disposition")
		kind, names, err := mime.ParseMediaType(disposition)
		id := strings.Split(path, "/")[4]
		if err != nil || kind != "attachment" || names["filename"] != "Importación_ CSV import___.._x "+id+".csv" || !strings.Contains(disposition, `; filename="import_contacts-`+id+`.csv";`) {
			t.Errorf("%s: %v, %q", disposition, err, names)
		}
		if got := a.Header.Get("Content-Type"); got != "text/csv; charset=utf-8" {
			t.Errorf("the type is %q", got)
		}
		if raw := s.do("GET", path+"?raw=true&kind=imported", ""); !strings.Contains(raw.body, ",=1+1") || strings.Contains(raw.body, "no name") {
			t.Errorf("raw: %s", raw.body)
		}
		if before := s.do("GET", path+"?before=true", ""); before.body != "Record kind,Record ID,Name,name\r\n" {
			t.Errorf("before: %q", before.body)
		}
	})
}

// breaking is a store whose outcomes end in an error after a page.
type breaking struct {
	activity.Store
}

func (b breaking) Outcomes(ctx context.Context, f activity.OutcomeFilter) ([]activity.OutcomeRow, error) {
	if f.After != nil {
		return nil, errSecret
	}
	return b.Store.Outcomes(ctx, f)
}

// TestReportFileBreaks has a file that is not complete end the connection, so that nobody takes it for one that is.
func TestReportFileBreaks(t *testing.T) {
	s := newServer(t, breaking{memstore.New()})
	task, err := s.journal.Tenant("acme").Do(t.Context(), activity.TaskSpec{Kind: "import_contacts", Actor: ana}, func(ctx context.Context, run *activity.Run) error {
		for i := range 600 {
			if err := run.Report(ctx, activity.Outcome{Kind: "imported", Row: int64(i + 1), Message: strings.Repeat("x", 100)}); err != nil {
				return err
			}
		}
		return nil
	})
	check(t, err)
	response, err := s.Client().Do(s.request("GET", "/activity/api/tasks/"+task.ID.String()+"/report.csv", ""))
	check(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if !errors.Is(err, io.ErrUnexpectedEOF) || len(body) == 0 || strings.Contains(string(body), "secret") {
		t.Errorf("%d bytes came, and %v", len(body), err)
	}
	if !strings.Contains(s.logs.String(), "secret_table") {
		t.Error("the error was not logged")
	}
}

// TestReportFileFails has a file that has not begun be a problem.
func TestReportFileFails(t *testing.T) {
	s := newServer(t, unreadable{memstore.New()})
	path := "/activity/api/tasks/" + s.seed("acme").ended.String() + "/report.csv"
	if a := s.do("GET", path, ""); a.StatusCode != 500 || a.Header.Get("Content-Disposition") != "" || strings.Contains(a.body, "secret") {
		t.Errorf("%s %s", a.Status, a.body)
	}
}

// unreadable is a store that does not give outcomes back.
type unreadable struct {
	activity.Store
}

func (unreadable) Outcomes(context.Context, activity.OutcomeFilter) ([]activity.OutcomeRow, error) {
	return nil, errSecret
}

// TestUsageWithoutLimit leaves out what there is not.
func TestUsageWithoutLimit(t *testing.T) {
	s := newServer(t, memstore.New())
	s.seed("acme")
	type usage struct {
		Windows []map[string]any
	}
	u := get[usage](s, "/usage?quota=scrapings&subject=user:ana")
	if len(u.Windows) != 2 || u.Windows[0]["free"] != 17.0 || len(u.Windows[0]["frees"].([]any)) != 1 {
		t.Fatalf("the usage is %v", u)
	}
	for _, name := range []string{"limit", "free"} {
		if v, ok := u.Windows[1][name]; ok {
			t.Errorf("a window without limit has the %s %v", name, v)
		}
	}
	if u := get[usage](s, "/usage?quota=scrapings"); len(u.Windows) != 2 || u.Windows[0]["used"] != 0.0 || len(u.Windows[0]["frees"].([]any)) != 0 {
		t.Errorf("of the tenant: %v", u)
	}
	for path, field := range map[string]string{
		"/usage": "quota", "/usage/by?quota=other": "quota", "/usage/history?quota=scrapings": "step",
		"/usage/history?quota=scrapings&step=7m&from=2026-10-25T00:00:00Z&to=2026-10-25T01:00:00Z": "Step",
		"/usage?quota=scrapings&subject=ana": "subject", "/relations": "of", "/lookup": "Text", "/tasks?zone=Nowhere": "zone",
	} {
		if a := s.do("GET", "/activity/api"+path, ""); a.StatusCode != 400 || !strings.Contains(a.body, `"field":"`+field+`"`) {
			t.Errorf("%s: %s %s", path, a.Status, a.body)
		}
	}
}

// TestRead moves the mark of who reads, and of nobody else.
func TestRead(t *testing.T) {
	s := newServer(t, memstore.New())
	s.seed("acme")
	newest := s.record("acme", called.New(call{"more"}).By(ben).About(account))
	type unread struct {
		Unread  activity.Total
		Through activity.ID
	}
	before := get[unread](s, "/unread?of=account:42")
	if before.Unread.N != 6 || !before.Through.IsZero() {
		t.Errorf("unread are %+v", before)
	}
	a := s.do("POST", "/activity/api/read", `{"of":{"kind":"account","id":"42"},"through":"`+newest.ID.String()+`"}`)
	if a.StatusCode != http.StatusNoContent {
		t.Fatalf("%s %s", a.Status, a.body)
	}
	if after := get[unread](s, "/unread?of=account:42"); after.Unread.N != 0 || after.Through != newest.ID {
		t.Errorf("unread are %+v", after)
	}
	if other := get[unread](s, "/unread?of=account:42", "Test-Actor", "ben"); other != before {
		t.Errorf("ben's are %+v", other)
	}
	future := `{"through":"ffffffff-ffff-7fff-bfff-ffffffffffff"}`
	if a := s.do("POST", "/activity/api/read", future); a.StatusCode != http.StatusNotFound {
		t.Errorf("a mark in the future: %s %s", a.Status, a.body)
	}
}
