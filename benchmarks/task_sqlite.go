package main

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"

	"github.com/go-activity/activity"
)

// sqliteStoreTasks stores tasks in one transaction, as AddTask does.
func sqliteStoreTasks(ctx context.Context, conn *sql.Conn, tasks []activity.Task) error {
	values := make([][]any, len(tasks))
	for i := range tasks {
		values[i] = sqliteDialect.taskValues(&tasks[i])
	}
	return sqliteInTx(conn, func() error {
		for _, t := range []struct {
			table, columns string
			rows           [][]any
		}{
			{"activity_task", taskColumns, values},
			{"activity_task_facet", facetColumns, sqliteDialect.facetValues(tasks)},
		} {
			stmt, err := conn.PrepareContext(ctx, sqliteInsert(t.table, t.columns, 1))
			if err != nil {
				return err
			}
			defer stmt.Close()
			for _, row := range t.rows {
				if _, err := stmt.ExecContext(context.Background(), row...); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// sqliteTaskPages compares pages of tasks of a large file with those of a small one.
func (b *bench) sqliteTaskPages() error {
	b.progress("SQLite, pages of tasks")
	var tenants []activity.Tenant
	for _, size := range []int{b.size.small, b.size.tasks} {
		name := fmt.Sprintf("tasks_%d.db", size)
		store, t, err := b.openSQLite(name)
		if err != nil {
			return err
		}
		defer store.Close()
		conn, closeConn, err := openSQLiteByHand(b.ctx, filepath.Join(b.dir, name))
		if err != nil {
			return err
		}
		err = b.fillTasks("SQLite", newTaskWorkload(taskSeed, size), func(tasks []activity.Task) error {
			return sqliteStoreTasks(b.ctx, conn, tasks)
		})
		closeConn()
		if err != nil {
			return err
		}
		tenants = append(tenants, t)
	}
	return b.taskGrowth("sqlite_", tenants[0], tenants[1])
}
