// Host is the host that the browser tests look at: a CRM on a SQLite file, with the pages of activityhttp at /activity/.
//
//	host -db FILE -seed                         # fills a new file, and ends
//	host -db FILE -addr 127.0.0.1:8080          # serves the pages
//	host -db FILE -record TEXT                  # records a note, and ends
//
// While it serves, standard input takes commands, one a line, that make something happen; see commands. Each is answered with one line.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/activityhttp"
	"github.com/go-activity/activity/examples/crm/catalogue"
	"github.com/go-activity/activity/store/sqlite"
)

func main() {
	log.SetFlags(0)
	db := flag.String("db", "", "the SQLite `file`")
	seed := flag.Bool("seed", false, "fill the file, and end")
	text := flag.String("record", "", "record a note with this `text`, and end")
	addr := flag.String("addr", "127.0.0.1:0", "serve the pages at this `address`")
	path := flag.String("path", "/activity", "serve the pages below this `path`")
	flag.Parse()
	if err := run(context.Background(), *db, *addr, *path, *text, *seed); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, db, addr, path, text string, seed bool) (err error) {
	store, err := sqlite.Open(ctx, db)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if err := store.Migrate(ctx); err != nil {
		return err
	}
	config := catalogue.Config()
	if config.Signer, err = signer(db + ".key"); err != nil {
		return err
	}
	config.Link = link
	if seed {
		return fill(ctx, store, config)
	}
	journal, err := activity.New(store, &config)
	if err != nil {
		return err
	}
	if text != "" {
		_, err := journal.Tenant(tenant).Record(ctx, noteOf(text))
		return err
	}
	return serve(ctx, journal, addr, path)
}

// serve serves until standard input ends, which is when the test does.
func serve(ctx context.Context, journal *activity.Journal, addr, path string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ran := make(chan error, 1)
	go func() { ran <- journal.Run(ctx) }()
	h := &host{journal: journal, acme: journal.Tenant(tenant), runs: map[string]*activity.Run{}}
	if err := h.campaign(ctx); err != nil {
		return err
	}
	handler := activityhttp.New(journal, activityhttp.Options{
		Path:       path,
		Tenant:     func(*http.Request) string { return tenant },
		Actor:      func(*http.Request) activity.Entity { return ana },
		Authorize:  func(*http.Request, activityhttp.Permission) bool { return true },
		Title:      "Acme CRM",
		Translate:  translate,
		Header:     header,
		Actors:     func(*http.Request) []activity.Entity { return []activity.Entity{ana, ben, anaOnLinkedIn, hostileUser} },
		Attributes: []string{"template"},
		Undo:       func(context.Context, string, activity.Change) error { return nil },
	})
	mux := http.NewServeMux()
	mux.Handle(path+"/", handler)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	server.RegisterOnShutdown(handler.Close)
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	fmt.Printf("serving http://%s\n", listener.Addr())
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	commanded := make(chan error, 1)
	go func() { commanded <- h.commands(ctx, os.Stdin, os.Stdout) }()
	select {
	case err = <-served:
	case err = <-ran:
	case err = <-commanded:
	}
	cancel()
	return errors.Join(err, server.Close())
}

// signer signs checkpoints with the key in a file, which it makes, so that the key is the same after a restart.
func signer(path string) (note.Signer, error) {
	key, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		var made string
		if made, _, err = activity.GenerateKey("crm.test"); err != nil {
			return nil, err
		}
		key = []byte(made)
		err = os.WriteFile(path, key, 0o600)
	}
	if err != nil {
		return nil, err
	}
	return note.NewSigner(string(key))
}
