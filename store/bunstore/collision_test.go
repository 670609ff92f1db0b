package bunstore_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/bunstore"
)

// Two feeds may have the same key by chance. Here every event of one tenant is put into the feed of
// another tenant's account, as if all their keys collided: pages stay full and show nothing of it.
func TestFeedCollision(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		ctx := t.Context()
		s := migrated(t, address)
		journal := newJournal(s)
		acme, rival := journal.Tenant("acme"), journal.Tenant("rival")
		for i := range 200 {
			text := fmt.Sprint(i)
			if _, err := acme.Record(ctx, noteAdded.New(note{Text: text}).By(ana).About(account)); err != nil {
				t.Fatal(err)
			}
			events, err := rival.Record(ctx, noteAdded.New(note{Text: "secret"}).By(ana).About(account),
				noteAdded.New(note{Text: "of nobody"}).By(ana))
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range events {
				id := fmt.Sprintf("'%s'", e.ID)
				if strings.HasPrefix(address, "sqlite") {
					id = fmt.Sprintf("X'%x'", e.ID[:])
				}
				_, err := s.DB().ExecContext(ctx, fmt.Sprintf(
					`INSERT INTO activity_feed (feed, type, source, event_id) VALUES (%d, 'note.added', 1, %s)`,
					bunstore.FeedKey("acme", account), id))
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		q := activity.Query{About: []activity.Entity{account}, Limit: 30}
		for pages, last := 0, 200; ; pages++ {
			page, err := acme.Timeline(ctx, q)
			if err != nil {
				t.Fatal(err)
			}
			if want := min(30, last); len(page.Events) != want {
				t.Fatalf("page %d has %d events, want %d", pages, len(page.Events), want)
			}
			for _, e := range page.Events {
				last--
				if p, err := noteAdded.Payload(e); err != nil || e.Tenant != "acme" || p.Text != fmt.Sprint(last) {
					t.Fatalf("page %d shows %v of %s (%v), want note %d of acme", pages, p, e.Tenant, err, last)
				}
			}
			if page.Next == "" {
				if last != 0 {
					t.Errorf("the pages ended before the last %d events", last)
				}
				break
			}
			q.After = page.Next
		}
		events, err := rival.Record(ctx, noteAdded.New(note{Text: "secret"}).By(ana))
		if err != nil {
			t.Fatal(err)
		}
		if e, err := acme.Event(ctx, events[0].ID); err == nil {
			t.Errorf("Event returns %v of another tenant", e)
		}
	})
}
