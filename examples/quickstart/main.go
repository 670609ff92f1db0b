// Quickstart records what happens to a customer and shows it as timelines.
//
//	go run ./examples/quickstart
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/uptrace/bun"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/sqlite"
)

type (
	StageChange struct{ From, To string }
	Opening     struct {
		Subject string
		Times   int
	}
	Note struct{ Text string }
)

// A type of event has a name, a payload, and a line for people, in as many languages as they speak.
var (
	StageChanged = activity.Define[StageChange]("deal.stage_changed", activity.TypeOptions{
		Summary:      "moved from {From} to {To}",
		Translations: map[string]string{"es": "pasó de {From} a {To}"},
	})
	EmailOpened = activity.Define[Opening]("email.opened", activity.TypeOptions{
		Summary:      "opened “{Subject}” {Times, plural, one {once} other {# times}}",
		Translations: map[string]string{"es": "abrió «{Subject}» {Times, plural, one {una vez} other {# veces}}"},
	})
	NoteAdded = activity.Define[Note]("note.added", activity.TypeOptions{
		Summary:      "noted: {Text}",
		Translations: map[string]string{"es": "anotó: {Text}"},
	})
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, w io.Writer) error {
	// A store is a database: here a file; postgres.Open takes a server, bunstore.New a *bun.DB.
	dir, err := os.MkdirTemp("", "quickstart")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	store, err := sqlite.Open(ctx, filepath.Join(dir, "activity.db"))
	if err != nil {
		return err
	}
	defer store.Close()
	if err := store.Migrate(ctx); err != nil {
		return err
	}

	// The journal knows the types. Now makes this program print the same each time: leave it out.
	now := time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)
	journal, err := activity.New(store, &activity.Config{
		Types: []activity.EventType{StageChanged, EmailOpened, NoteAdded},
		Now:   func() time.Time { now = now.Add(20 * time.Minute); return now },
	})
	if err != nil {
		return err
	}
	acme := journal.Tenant("acme") // everything through it stays within this customer of ours

	// What events are about is only named: your accounts and contacts live where they live.
	globex := activity.Entity{Kind: "account", ID: "7", Label: "Globex"}
	initech := activity.Entity{Kind: "account", ID: "8", Label: "Initech"}
	hank := activity.Entity{Kind: "contact", ID: "31", Label: "Hank"}
	deal := activity.Entity{Kind: "deal", ID: "42", Label: "Weather machine"}

	// Who did it comes with the request, or by By. Manual says that a person typed it in.
	ctx = activity.WithActor(ctx, activity.User("ana@acme.test", "Ana"))
	_, err = acme.Record(ctx,
		NoteAdded.New(Note{"met at the fair"}).About(hank, globex).Manual(),
		StageChanged.New(StageChange{"Lead", "Proposal"}).About(deal, globex),
		NoteAdded.New(Note{"no budget before May"}).By(activity.System("importer")).About(initech))
	if err != nil {
		return err
	}

	// A webhook may come twice: the key makes it one event. At says when it really happened.
	opened := EmailOpened.New(Opening{"Our offer", 3}).By(hank).About(hank, globex).
		At(time.Date(2026, time.March, 2, 9, 45, 0, 0, time.UTC)).Key("webhook-8841")
	for range 2 {
		if _, err := acme.Record(ctx, opened); err != nil {
			return err
		}
	}

	// In a transaction of yours, your own rows and the events are all kept, or none.
	if _, err := store.DB().ExecContext(ctx, `CREATE TABLE deal (id INTEGER PRIMARY KEY, stage TEXT)`); err != nil {
		return err
	}
	err = store.DB().RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO deal VALUES (42, 'Negotiation')`); err != nil {
			return err
		}
		_, err := journal.With(store.Tx(tx)).Tenant("acme").Record(ctx,
			StageChanged.New(StageChange{"Proposal", "Negotiation"}).About(deal, globex))
		return err
	})
	if err != nil {
		return err
	}

	// Everything has a timeline, newest first: an account, a contact, an actor, the tenant.
	for _, view := range []struct {
		title, locale string
		query         activity.Query
	}{
		{"Globex", "en", activity.Query{About: []activity.Entity{globex}}},
		{"All of Acme", "en", activity.Query{}},
		{"All of Acme, deals only", "en", activity.Query{Types: []string{StageChanged.Name()}}},
		{"Hank, in Spanish", "es", activity.Query{About: []activity.Entity{hank}}},
	} {
		page, err := acme.Timeline(ctx, view.query)
		if err != nil {
			return err
		}
		fmt.Fprintln(w, view.title)
		table := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
		for _, e := range page.Events {
			var about []string
			for _, entity := range e.About {
				about = append(about, entity.Name())
			}
			fmt.Fprintf(table, "  %s\t%s\t%s\t%s\n", e.OccurredAt.Format("Jan 2 15:04"), e.Actor.Name(),
				journal.Summary(e, view.locale), strings.Join(about, ", "))
		}
		fmt.Fprintln(table)
		if err := table.Flush(); err != nil {
			return err
		}
	}
	return nil
}
