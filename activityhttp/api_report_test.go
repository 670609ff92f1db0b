package activityhttp_test

import (
	"context"
	"encoding/csv"
	"errors"
	"io"
	"mime"
	"strings"
	"testing"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/activityhttp"
	"github.com/go-activity/activity/store/memstore"
)

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
