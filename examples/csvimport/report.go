package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/go-activity/activity"
)

// reportFile is the CSV file that a report is written to. It is made before the import, so that a folder that
// cannot be written to is no surprise after it, and gets its name when it is complete.
type reportFile struct {
	path string
	file *os.File
}

// newReport makes the file of -report; nil without that.
func (o options) newReport() (*reportFile, error) {
	if o.report == "" {
		return nil, nil
	}
	if there, err := os.Stat(o.report); err == nil {
		for _, other := range []string{o.file, o.db} {
			if info, err := os.Stat(other); other != "" && err == nil && os.SameFile(there, info) {
				return nil, fmt.Errorf("%s: the report would replace it", other)
			}
		}
		if there.IsDir() {
			return nil, fmt.Errorf("%s: is a directory", o.report)
		}
	}
	file, err := os.OpenFile(o.report+".part", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	if err != nil {
		return nil, err
	}
	return &reportFile{path: o.report, file: file}, nil
}

// write writes the report of a run.
func (r *reportFile) write(ctx context.Context, tenant activity.Tenant, run activity.ID) error {
	if r == nil {
		return nil
	}
	err := tenant.WriteReport(ctx, r.file, run, activity.ReportOptions{})
	if err = errors.Join(err, r.file.Close()); err != nil {
		return err
	}
	return os.Rename(r.file.Name(), r.path)
}

// discard removes what is not complete.
func (r *reportFile) discard() {
	if r != nil {
		r.file.Close()
		os.Remove(r.file.Name()) // after write, there is nothing of this name
	}
}
