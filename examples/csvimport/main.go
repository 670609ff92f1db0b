// Csvimport imports a CSV file of contacts into a table, as a task that people can watch, look up, preview
// and undo.
//
//	go run ./examples/csvimport -file contacts.csv -preview
//	go run ./examples/csvimport -file contacts.csv -report report.csv
//	go run ./examples/csvimport -list
//	go run ./examples/csvimport -undo 0198c5b2-7f1e
//
// The file has a header with an email column, and may have first name, last name, company and phone, in any
// order and case; the report shows what is in other columns. A contact is told by its address: one that the
// table has is updated, and what the file leaves empty stays.
//
// Contacts, report and tasks are in one SQLite file, and are stored together: when the program is killed, the
// next start goes on with the row after the last one stored. The exit code is 0, 1 after an error or an
// interruption, and 2 after a wrong command line.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"os/user"
	"syscall"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/bunstore"
	"github.com/go-activity/activity/store/sqlite"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C does not wait
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the program.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	}
	s := &screen{stdout: stdout, stderr: stderr}
	err = o.run(activity.WithActor(ctx, account()), s)
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errFailed): // the screen shows it
	case errors.Is(err, errNothing):
		s.say("%v", err)
		return 2
	case ctx.Err() != nil:
		s.say("interrupted; what was stored stays, and an import goes on at the next start")
	default:
		s.say("%v", err)
	}
	return 1
}

var (
	errFailed  = errors.New("a run failed")
	errNothing = errors.New("no import is unfinished: name a file with -file (-help shows what else there is)")
)

type options struct {
	file, db, report, undo string
	preview, list          bool
}

func parse(args []string, stderr io.Writer) (o options, err error) {
	flags := flag.NewFlagSet("csvimport", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.file, "file", "", "CSV `file` to import; without it, an import that was left unfinished goes on")
	flags.StringVar(&o.db, "db", "csvimport.db", "SQLite `file`")
	flags.BoolVar(&o.preview, "preview", false, "report what an import of the file would do, and do nothing")
	flags.StringVar(&o.report, "report", "", "write the report of the run to this CSV `file`")
	flags.StringVar(&o.undo, "undo", "", "undo the run with this `id`, or an id that begins so")
	flags.BoolVar(&o.list, "list", false, "list all runs, the newest first")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	switch {
	case flags.NArg() > 0:
		err = fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case o.file != "" && o.undo != "" || o.list && o.file+o.undo+o.report != "":
		err = errors.New("-file, -undo and -list exclude each other, and -list excludes -report")
	case o.preview && o.file == "":
		err = errors.New("-preview needs -file")
	}
	if err != nil {
		fmt.Fprintln(stderr, "csvimport:", err)
		flags.Usage()
	}
	return o, err
}

func (o options) run(ctx context.Context, s *screen) error {
	var src *source
	if o.file != "" {
		var err error
		if src, err = openSource(o.file); err != nil {
			return err
		}
		defer src.file.Close()
	} else if _, err := os.Stat(o.db); errors.Is(err, fs.ErrNotExist) {
		if o.list || o.undo != "" {
			return fmt.Errorf("%s: there is no such database", o.db)
		}
		return errNothing
	}
	out, err := o.newReport()
	if err != nil {
		return err
	}
	defer out.discard()
	im, err := open(ctx, o.db, s)
	if err != nil {
		return err
	}
	defer im.store.Close()

	var run activity.ID
	switch {
	case o.list:
		return im.list(ctx)
	case o.undo != "":
		run, err = im.undo(ctx, o.undo)
	default:
		run, err = im.importAll(ctx, src, o.preview)
	}
	if err != nil && !errors.Is(err, errFailed) {
		return err
	}
	return errors.Join(err, out.write(ctx, im.tenant, run))
}

// open opens the database and makes what it lacks.
func open(ctx context.Context, file string, s *screen) (im *importer, err error) {
	store, err := sqlite.Open(ctx, file)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			store.Close()
		}
	}()
	if err := store.Migrate(ctx); err != nil {
		return nil, err
	}
	if _, err := store.DB().ExecContext(ctx, createContacts); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	journal, err := activity.New(store, &activity.Config{Kinds: []activity.Kind{importKind}})
	if err != nil {
		return nil, err
	}
	return newImporter(store, journal, s), nil
}

func newImporter(store *bunstore.Store, journal *activity.Journal, s *screen) *importer {
	return &importer{store: store, journal: journal, tenant: journal.Tenant("contacts"), screen: s}
}

// account is who runs the program.
func account() activity.Entity {
	u, err := user.Current()
	if err != nil || u.Username == "" {
		return activity.User("unknown", "")
	}
	return activity.User(u.Username, u.Name)
}

// importAll goes on with the imports that were left unfinished, imports a file if there is one, and shows what
// became of each. It returns the last one.
func (im *importer) importAll(ctx context.Context, src *source, preview bool) (activity.ID, error) {
	var own activity.ID
	if src != nil {
		task, found, err := im.same(ctx, src, preview)
		if err == nil && !found {
			task, err = im.enqueue(ctx, src, preview)
		}
		if err != nil {
			return own, err
		}
		own = task.ID
	}
	all, err := im.work(ctx, own)
	if err != nil {
		return own, err
	}
	if len(all) == 0 && src == nil {
		return own, errNothing
	}
	var failed error
	for _, id := range all {
		ok, err := im.show(ctx, id)
		if err != nil {
			return own, err
		}
		if !ok && (src == nil || id == own) {
			failed = errFailed
		}
		if src == nil {
			own = id
		}
	}
	return own, failed
}
