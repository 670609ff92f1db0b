// Gitlog keeps the history of a git repository as events and shows it as timelines: of a file, of a
// directory, of an author, of all.
//
//	go run ./examples/gitlog -repo ~/src/project
//	go run ./examples/gitlog -repo ~/src/project -path docs/README.md
//	go run ./examples/gitlog -repo ~/src/project -author ana@example.com -limit 100
//
// The first run reads the whole history, the next ones add what is new. Events go to a SQLite file
// in the user's cache directory, to the one that -db names, or with -dsn to PostgreSQL. The exit
// code is 0, 1 after an error or an interruption, and 2 after a wrong command line.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/bunstore"
	"github.com/go-activity/activity/store/postgres"
	"github.com/go-activity/activity/store/sqlite"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C does not wait
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr, func() {}))
}

type options struct {
	repo, db, dsn string
	view          view
}

// run is the program. It calls recorded after each batch.
func run(ctx context.Context, args []string, stdout, stderr io.Writer, recorded func()) int {
	o, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	}
	err = o.run(ctx, stdout, stderr, recorded)
	switch {
	case err == nil:
		return 0
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(stderr, "gitlog: interrupted; what was recorded stays, and the next run goes on from there")
	default:
		fmt.Fprintln(stderr, "gitlog:", err)
	}
	return 1
}

func parse(args []string, stderr io.Writer) (o options, err error) {
	flags := flag.NewFlagSet("gitlog", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.repo, "repo", ".", "`directory` of the git repository")
	flags.StringVar(&o.db, "db", "", "SQLite `file`; by default one for the repository in the user's cache directory")
	flags.StringVar(&o.dsn, "dsn", "", "PostgreSQL `database` to use instead: a URL, or keywords and values")
	flags.StringVar(&o.view.path, "path", "", "show this `file` or directory only, named from the repository's root")
	flags.StringVar(&o.view.author, "author", "", "show this author only: the e-mail `address`")
	flags.IntVar(&o.view.limit, "limit", 20, "show the newest `n` only; 0 shows all")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	switch {
	case flags.NArg() > 0:
		err = fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case o.db != "" && o.dsn != "":
		err = errors.New("-db and -dsn exclude each other")
	case o.view.limit < 0:
		err = errors.New("-limit is negative")
	}
	if err != nil {
		fmt.Fprintln(stderr, "gitlog:", err)
		flags.Usage()
	}
	return o, err
}

func (o options) run(ctx context.Context, stdout, stderr io.Writer, recorded func()) error {
	repo, err := openRepository(ctx, o.repo)
	if err != nil {
		return err
	}
	if repo.name == "" {
		fmt.Fprintf(stderr, "gitlog: %s has no commits yet\n", o.repo)
		return nil
	}
	store, where, err := o.open(ctx, repo)
	if err != nil {
		return err
	}
	defer store.Close()
	if err := store.Migrate(ctx); err != nil {
		return err
	}
	journal, err := activity.New(store, &activity.Config{Types: types})
	if err != nil {
		return err
	}
	tenant := journal.Tenant(repo.name)
	fmt.Fprintf(stderr, "gitlog: the history %s is kept in %s\n", repo.name, where)
	if repo.shallow {
		fmt.Fprintln(stderr, "gitlog: the clone is shallow: older commits are missing, and the oldest ones seem to add every file (git fetch --unshallow gets the rest)")
	}

	total, err := repo.count(ctx)
	if err != nil {
		return err
	}
	shown := newProgress(stderr, total)
	im := importer{repo: repo, tenant: tenant, watch: func(count imported) {
		shown.update(count)
		recorded()
	}}
	count, err := im.run(ctx)
	shown.done()
	if err != nil {
		return err
	}
	count.report(stderr, time.Since(im.started))

	n, err := o.view.print(ctx, stdout, journal, tenant)
	if err == nil && n == 0 {
		fmt.Fprintln(stderr, "gitlog: no commit fits: paths are named from the repository's root, authors by their address")
	}
	return err
}

// open opens the database and says where it is. A power cut may cost the last events of an import,
// which the next run adds again: that is no reason to wait for the disk after each batch.
func (o options) open(ctx context.Context, repo *repository) (store *bunstore.Store, where string, err error) {
	if o.dsn != "" {
		store, err = postgres.Open(ctx, o.dsn)
		return store, "PostgreSQL", err // the DSN may have a password
	}
	file := o.db
	if file == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return nil, "", fmt.Errorf("%w: name a file with -db", err)
		}
		file = filepath.Join(cache, "activity-gitlog", repo.name+".db")
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			return nil, "", err
		}
	}
	store, err = sqlite.Open(ctx, file, sqlite.WithoutSync())
	return store, file, err
}

// report says what an import did.
func (c imported) report(w io.Writer, took time.Duration) {
	fmt.Fprintf(w, "gitlog: %s (%s) and %s in %s, %s of them new; %.1f s, %s events/s\n",
		plural(c.Commits, "commit", "commits"), plural(c.Merges, "merge", "merges"), plural(c.Tags, "tag", "tags"),
		plural(c.Events, "event", "events"), number(c.New), took.Seconds(), number(rate(c.Events, took)))
	for _, part := range []struct {
		n         int
		one, many string
	}{
		{c.IDs, "name that is too long or not UTF-8 is kept as its beginning and SHA-256", "names that are too long or not UTF-8 are kept as their beginning and SHA-256"},
		{c.Texts, "text that is too long or not UTF-8 is kept as far as it fits", "texts that are too long or not UTF-8 are kept as far as they fit"},
		{c.Times, "author's date outside of 1970 to 9999 is replaced by the committer's, or 1970", "authors' dates outside of 1970 to 9999 are replaced by the committer's, or 1970"},
		{c.Nameless, "author has no name or no address", "authors have no name or no address"},
	} {
		if part.n > 0 {
			fmt.Fprintf(w, "gitlog: %s\n", plural(part.n, part.one, part.many))
		}
	}
}
