package main

import (
	"cmp"
	"context"
	"embed"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	netmail "net/mail"
	"path"
	"slices"
	"strings"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/examples/crm/catalogue"
)

//go:embed files/*.csv
var files embed.FS

// fileInput is the input of an import.
type fileInput struct {
	File string `json:"file"` // one of files
}

// importKinds are the kinds of import, by the file.
var importKinds = map[string]string{
	"contacts.csv": "import_contacts", "fair.csv": "import_contacts", "webinar.csv": "import_contacts",
	"companies.csv": "import_companies", "partners.csv": "import_companies",
}

// importOf is the import of a file.
func importOf(file string, by activity.Entity, preview bool) (activity.TaskSpec, error) {
	kind, ok := importKinds[file]
	if !ok {
		return activity.TaskSpec{}, fmt.Errorf("%w: there is no file %q", activity.ErrInvalid, file)
	}
	rows, err := readFile(file)
	if err != nil {
		return activity.TaskSpec{}, err
	}
	input, err := json.Marshal(fileInput{file})
	return activity.TaskSpec{
		Kind: kind, Title: file, Actor: by, Preview: preview, Total: int64(len(rows) - 1), Input: input,
		Attributes: map[string]string{"template": "by hand"},
	}, err
}

// readFile returns the rows of a file, of which the first has the names of the columns.
func readFile(file string) ([][]string, error) {
	f, err := files.Open(path.Join("files", file))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord = -1 // a row that is too short is reported, and the others are imported
	return r.ReadAll()
}

// importFile imports a file, row by row. A record that is there is updated where the file has another value.
func (c *crm) importFile(ctx context.Context, run *activity.Run) error {
	task := run.Task()
	var input fileInput
	if err := json.Unmarshal(task.Input, &input); err != nil {
		return err
	}
	rows, err := readFile(input.File)
	if err != nil {
		return err
	}
	kind := "contact"
	if task.Kind == "import_companies" {
		kind = "account"
	}
	first := map[string]int{} // row by ID
	for i, row := range rows[1:] {
		r, why := c.read(task.Tenant, kind, rows[0], row)
		if i++; int64(i) <= task.Done {
			first[r.ID] = cmp.Or(first[r.ID], i)
			continue
		}
		if err := c.wait(ctx); err != nil {
			return err
		}
		if earlier := first[r.ID]; why.Kind == "" && earlier > 0 {
			why = activity.Outcome{Kind: "duplicate", Message: fmt.Sprintf("the same as row %d", earlier)}
		}
		first[r.ID] = cmp.Or(first[r.ID], i)
		result := result{outcome: why}
		if why.Kind == "" {
			if result, err = c.imported(ctx, r, input.File); err != nil {
				return err
			}
		} else {
			result.outcome.Extra = map[string]any{"Line": strings.Join(row, ";")}
		}
		result.outcome.Row = int64(i)
		if err := c.keep(ctx, run, result, i, len(rows)-1); err != nil {
			return err
		}
	}
	return nil
}

// read makes a record of a row. An outcome with a kind says why there is none.
func (c *crm) read(workspace, kind string, header, row []string) (record, activity.Outcome) {
	r := record{Workspace: workspace, Kind: kind}
	if len(row) != len(header) {
		return r, activity.Outcome{Kind: "error", Message: fmt.Sprintf("has %d columns instead of %d", len(row), len(header))}
	}
	for i, name := range header {
		r.set(map[string]any{name: strings.TrimSpace(row[i])})
	}
	if kind == "account" {
		if r.Name == "" {
			return r, activity.Outcome{Kind: "missing_field", Message: "name is empty"}
		}
		r.ID = "a" + contactID(strings.ToLower(r.Name))[1:]
		return r, activity.Outcome{}
	}
	if r.Email == "" {
		return r, activity.Outcome{Kind: "missing_field", Message: "email is empty"}
	}
	if address, err := netmail.ParseAddress(r.Email); err != nil || address.Address != r.Email {
		return r, activity.Outcome{Kind: "invalid_field", Message: fmt.Sprintf("email is “%s”", r.Email)}
	}
	r.Email = strings.ToLower(r.Email)
	r.ID = contactID(r.Email)
	return r, activity.Outcome{}
}

// imported compares a record with the one that is there.
func (c *crm) imported(ctx context.Context, r record, file string) (result, error) {
	old, err := c.records.find(ctx, c.store.DB(), r.Workspace, r.Kind, r.ID)
	if errors.Is(err, activity.ErrNotFound) {
		added := result{outcome: activity.Outcome{Kind: "imported", Record: r.entity(), After: r.values(), Link: link(r.entity())}, record: &r}
		if r.Kind == "contact" {
			added.events = []activity.Draft{catalogue.ContactAdded.New(catalogue.AddedContact{Source: file}).About(r.entity())}
		}
		return added, nil
	}
	if err != nil {
		return result{}, err
	}
	return changed(old, r.values(), "updated", "unchanged"), nil
}

// changed is what becomes of a record that gets other values; those that are empty leave it as it is.
func changed(old record, values map[string]any, updated, unchanged string) result {
	before, after := map[string]any{}, map[string]any{}
	for name, value := range old.values() {
		if next, ok := values[name]; ok && next != "" && next != value {
			before[name], after[name] = value, next
		}
	}
	o := activity.Outcome{Kind: unchanged, Record: old.entity(), Link: link(old.entity())}
	if len(after) == 0 {
		return result{outcome: o}
	}
	o.Kind, o.Before, o.After = updated, before, after
	old.set(after)
	return result{outcome: o, record: &old}
}

// fileNames are the files, by name.
func fileNames() []string {
	var names []string
	for name := range importKinds {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
