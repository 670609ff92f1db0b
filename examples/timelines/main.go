// Timelines is the day of a CRM with prospecting, in the terminal: what happens, and the pages that show it.
//
//	go run ./examples/timelines
//	go run ./examples/timelines -db day.db    # keeps the database: the next time, only the pages are shown
//
// A day passes at once, because the clock is the program's own. Its types of event, kinds of task and quotas are those of
// package examples/crm/catalogue, which is made to be copied; examples/crm is a CRM to click through.
package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"log"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/examples/crm/catalogue"
	"github.com/go-activity/activity/store/sqlite"
)

func main() {
	db := flag.String("db", "", "keep the database in this `file`, instead of a temporary one")
	flag.Parse()
	if err := onFile(context.Background(), os.Stdout, *db); err != nil {
		log.Fatal(err)
	}
}

// onFile runs the program on a SQLite file; without a path, on one that is removed afterwards.
func onFile(ctx context.Context, w io.Writer, path string) (err error) {
	if path == "" {
		dir, err := os.MkdirTemp("", "timelines")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		path = filepath.Join(dir, "timelines.db")
	}
	store, err := sqlite.Open(ctx, path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if err := store.Migrate(ctx); err != nil {
		return err
	}
	return run(ctx, w, store)
}

// crm is the CRM of one workspace.
type crm struct {
	w       io.Writer
	clock   *clock
	journal *activity.Journal
	acme    activity.Tenant
}

func run(ctx context.Context, w io.Writer, store activity.Store) error {
	c := &crm{w: w, clock: &clock{now: time.Date(2026, time.March, 3, 8, 0, 0, 0, time.UTC)}}
	config := catalogue.Config()
	config.Now = c.clock.read // leave it out: then it is the clock of the machine, and of the database
	config.Link = link
	journal, err := activity.New(store, &config)
	if err != nil {
		return err
	}
	c.journal, c.acme = journal, journal.Tenant("acme")

	page, err := c.acme.Timeline(ctx, activity.Query{Limit: 1})
	if err != nil {
		return err
	}
	if len(page.Events) == 0 {
		if err := c.day(ctx); err != nil {
			return err
		}
	}
	c.clock.at(18, 0)
	if _, err := journal.Seal(ctx); err != nil { // so that names can be searched for; a service has Journal.Run do it
		return err
	}
	for _, show := range []func(context.Context) error{
		c.accountPage, c.mergedPage, c.searchPage, c.readMarks, c.feedPage, c.panelPage, c.operationsPage, c.reportsPage, c.quotaPage,
	} {
		if err := show(ctx); err != nil {
			return err
		}
	}
	return nil
}

// clock is what the program takes for the time. Runs of tasks read it in goroutines of their own.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// at sets the time of the day.
func (c *clock) at(hour, minute int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = time.Date(c.now.Year(), c.now.Month(), c.now.Day(), hour, minute, 0, 0, c.now.Location())
}
