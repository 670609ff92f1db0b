package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/go-activity/activity"
)

// pgCopyTasks stores tasks in one transaction, as AddTask does.
func pgCopyTasks(ctx context.Context, conn *pgx.Conn, tasks []activity.Task) error {
	values := make([][]any, len(tasks))
	for i := range tasks {
		values[i] = pgDialect.taskValues(&tasks[i])
	}
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		for _, t := range []struct {
			table, columns string
			rows           [][]any
		}{
			{"activity_task", taskColumns, values},
			{"activity_task_facet", facetColumns, pgDialect.facetValues(tasks)},
		} {
			_, err := tx.CopyFrom(ctx, pgx.Identifier{t.table}, strings.Split(t.columns, ", "), pgx.CopyFromRows(t.rows))
			if err != nil {
				return fmt.Errorf("copy into %s: %w", t.table, err)
			}
		}
		return nil
	})
}

// postgresTaskPages compares pages of tasks of a large database with those of a small one.
func (b *bench) postgresTaskPages() error {
	b.progress("PostgreSQL, pages of tasks")
	var tenants []activity.Tenant
	for _, size := range []int{b.size.small, b.size.tasks} {
		d, err := b.openPostgres(fmt.Sprintf("tasks_%d", size))
		if err != nil {
			return err
		}
		defer d.close()
		err = b.fillTasks("PostgreSQL", newTaskWorkload(taskSeed, size), func(tasks []activity.Task) error {
			return pgCopyTasks(b.ctx, d.conn, tasks)
		})
		if err != nil {
			return err
		}
		if err := d.settle(b.ctx); err != nil {
			return err
		}
		tenants = append(tenants, d.tenant)
	}
	return b.taskGrowth("", tenants[0], tenants[1])
}
