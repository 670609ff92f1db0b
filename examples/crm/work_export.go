package main

import (
	"context"
	"fmt"

	"github.com/go-activity/activity"
)

// exclusiveCRM is the key of exports: two at a time would make the same records twice.
const exclusiveCRM = "crm"

// export sends records to the CRM of somebody else.
func (c *crm) export(ctx context.Context, run *activity.Run) error {
	task := run.Task()
	kind := "contact"
	if task.Kind == "export_companies" {
		kind = "account"
	}
	rows, err := c.records.list(ctx, task.Tenant, kind, "", most)
	if err != nil {
		return err
	}
	for i := int(task.Done); i < len(rows); i++ {
		if err := c.wait(ctx); err != nil {
			return err
		}
		if err := c.keep(ctx, run, result{outcome: exported(rows[i])}, i+1, len(rows)); err != nil {
			return err
		}
	}
	return nil
}

// exported is what the other CRM says to a record.
func exported(r record) activity.Outcome {
	n := chance("export", r.ID)
	kind := "created"
	if rare := []string{"duplicate", "not_associated", "shared_id", "create_conflict", "error", "updated", "updated", "unchanged"}; n%16 < uint32(len(rare)) {
		kind = rare[n%16]
	}
	id := 500 + n%1000
	o := activity.Outcome{Kind: kind, Record: r.entity(), Message: messages[kind], Extra: map[string]any{"CRM ID": id}}
	if kind != "create_conflict" && kind != "error" {
		o.Link = fmt.Sprintf("https://crm.test/%ss/%d", r.Kind, id)
	}
	return o
}
