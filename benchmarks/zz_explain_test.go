package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/internal/pgtest"
)

func TestZZExplain(t *testing.T) {
	ctx := context.Background()
	server, err := pgtest.Start(ctx, pgtest.Config{Durable: false, Settings: map[string]string{
		"shared_buffers": "3GB", "max_wal_size": "16GB", "checkpoint_timeout": "1h", "autovacuum": "off",
		"session_preload_libraries": "'auto_explain'", "auto_explain.log_min_duration": "-1",
		"auto_explain.log_analyze": "on", "auto_explain.log_buffers": "on", "auto_explain.log_timing":"on",
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Stop()
	b := &bench{ctx: ctx, size: full, only: regexp.MustCompile(""), out: os.Stdout, dir: t.TempDir(), database: func(ctx context.Context, name string) (string, error) {
		return server.DSN(name), server.CreateDatabase(ctx, name)
	}}
	b.size.rounds = 9
	if err := b.prepare(); err != nil {
		t.Fatal(err)
	}
	var ds []*pgDatabase
	for _, size := range []int{b.size.small, b.size.tasks} {
		d, err := b.openPostgres(fmt.Sprintf("tasks_%d", size))
		if err != nil {
			t.Fatal(err)
		}
		defer d.close()
		err = b.fillTasks("PostgreSQL", newTaskWorkload(taskSeed, size), func(tasks []activity.Task) error {
			return pgCopyTasks(b.ctx, d.conn, tasks)
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.settle(b.ctx); err != nil {
			t.Fatal(err)
		}
		ds = append(ds, d)
	}
	only := regexp.MustCompile(os.Getenv("SHAPES"))
	for _, s := range taskShapes(b.size.small) {
		if !only.MatchString(s.name) {
			continue
		}
		for _, d := range ds {
			side := taskPageSide(ctx, "x", d.tenant, s.queries)
			side.run(20)
		}
		c, err := compare(9, b.size.slice, taskPageSide(ctx, "l", ds[1].tenant, s.queries), taskPageSide(ctx, "s", ds[0].tenant, s.queries))
		if err != nil {
			t.Fatal(err)
		}
		b.tell(s.name, c)
	}
	for _, d := range ds {
		if _, err := d.conn.Exec(ctx, `ALTER SYSTEM SET auto_explain.log_min_duration = 0`); err != nil {
			t.Fatal(err)
		}
		d.conn.Exec(ctx, `SELECT pg_reload_conf()`)
	}
	time.Sleep(time.Second)
	for _, s := range taskShapes(b.size.small) {
		if !only.MatchString(s.name) {
			continue
		}
		for _, d := range ds {
			side := taskPageSide(ctx, "x", d.tenant, s.queries)
			side.run(12)
		}
	}
	time.Sleep(time.Second)
	var path string
	ds[0].conn.QueryRow(ctx, `SELECT current_setting('data_directory')`).Scan(&path)
	log, err := os.ReadFile(filepath.Join(filepath.Dir(path), "log"))
	_ = strings.TrimSpace
	if err != nil {
		fmt.Println(path, err)
	}
	os.WriteFile("/tmp/explain-e.log", log, 0o644)
}
