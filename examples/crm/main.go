// Crm is a small CRM with prospecting, to click through: accounts, contacts and deals, imports and exports, and the pages of
// package activityhttp, which show all that happens.
//
//	go run ./examples/crm                  # then open http://127.0.0.1:8080
//	go run ./examples/crm -db crm.db       # keeps the database
//	go run ./examples/crm -dsn postgres://…
//
// An empty database is filled with a year of two workspaces. Workers do the tasks that are started, at the pace of an outside world
// that there is not, and a schedule starts some by itself. Ctrl-C ends the program in order.
//
// Who looks is a choice in the bar at the top, without a password: keep it on the machine. Types of event, kinds of task and quotas are
// those of package catalogue, which is made to be copied.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/go-activity/activity/store/bunstore"
	"github.com/go-activity/activity/store/postgres"
	"github.com/go-activity/activity/store/sqlite"
)

// options are the flags.
type options struct {
	db, dsn, addr string
	pace          time.Duration
	quiet         bool
}

func main() {
	var o options
	flag.StringVar(&o.db, "db", "", "keep the SQLite database in this `file`, instead of a temporary one")
	flag.StringVar(&o.dsn, "dsn", "", "use the PostgreSQL database of this `URL`, instead of SQLite")
	flag.StringVar(&o.addr, "addr", "127.0.0.1:8080", "listen at this `address`")
	flag.DurationVar(&o.pace, "pace", 250*time.Millisecond, "`time` that workers take for a record")
	flag.BoolVar(&o.quiet, "quiet", false, "start no tasks and record no events by schedule")
	flag.Parse()
	if flag.NArg() > 0 || o.db != "" && o.dsn != "" || o.pace <= 0 {
		fmt.Fprintln(os.Stderr, "crm: there are no arguments, -db and -dsn exclude each other, and -pace is more than 0")
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C does not wait
	if err := o.run(ctx, os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// run is the program, until ctx ends.
func (o options) run(ctx context.Context, w io.Writer) (err error) {
	if o.db == "" && o.dsn == "" {
		dir, err := os.MkdirTemp("", "crm")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		o.db = filepath.Join(dir, "crm.db")
		return o.onStore(ctx, w, sqlite.WithoutSync()) // nobody misses it after a power cut
	}
	return o.onStore(ctx, w)
}

func (o options) onStore(ctx context.Context, w io.Writer, sqliteOptions ...sqlite.Option) (err error) {
	var store *bunstore.Store
	if o.dsn != "" {
		store, err = postgres.Open(ctx, o.dsn)
	} else {
		store, err = sqlite.Open(ctx, o.db, sqliteOptions...)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	c, err := newCRM(ctx, store, o.pace)
	if err != nil {
		return err
	}
	if err := c.seed(ctx, time.Now(), func(text string) { fmt.Fprintln(w, text) }); err != nil {
		return err
	}
	return c.serve(ctx, w, o.addr, o.quiet)
}
