package sqlite_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/internal/pgtest"
	"github.com/go-activity/activity/store/bunstore"
	"github.com/go-activity/activity/store/postgres"
	"github.com/go-activity/activity/store/sqlite"
)

type P struct {
	N int `json:"n"`
}

var T1 = activity.Define[P]("a.b", activity.TypeOptions{Category: "c", Summary: "{actor} did {n, plural, one {# x} other {# xs}} to {about}"})
var T2 = activity.Define[P]("a.c", activity.TypeOptions{Category: "c"})

func TestSmoke(t *testing.T) {
	ctx := t.Context()
	for _, name := range []string{"sqlite", "postgres"} {
		t.Run(name, func(t *testing.T) {
			var s *bunstore.Store
			var err error
			if name == "sqlite" {
				s, err = sqlite.Open(ctx, filepath.Join(t.TempDir(), "x.db"))
			} else {
				s, err = postgres.Open(ctx, pgtest.New(t))
			}
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			j, _ := activity.New(s, &activity.Config{Types: []activity.EventType{T1, T2}})
			acme := j.Tenant("acme")
			if _, err := acme.Timeline(ctx, activity.Query{}); err == nil {
				t.Fatal("no schema error")
			} else {
				fmt.Println(err)
			}
			if err := s.Migrate(ctx); err != nil {
				t.Fatal(err)
			}
			if err := s.Migrate(ctx); err != nil {
				t.Fatal(err)
			}
			acc := activity.Entity{Kind: "account", ID: "1", Label: `A"c\me`}
			ctx := activity.WithActor(context.Background(), activity.User("u", "Ana"))
			for i := range 3000 {
				ty := T1
				if i%100 == 0 {
					ty = T2
				}
				d := ty.New(P{i}).About(acc, activity.Entity{Kind: "contact", ID: fmt.Sprint(i % 10)})
				if i%3 == 0 {
					d = d.Key(fmt.Sprint(i)).Manual()
				}
				if _, err := acme.Record(ctx, d); err != nil {
					t.Fatal(err)
				}
			}
			for _, q := range []activity.Query{{Limit: 3}, {About: []activity.Entity{acc}, Limit: 3}, {Actor: activity.User("u", ""), About: []activity.Entity{{Kind: "contact", ID: "3"}, {Kind: "contact", ID: "4"}, acc}, Limit: 3}, {Types: []string{"a.c"}, Limit: 3}, {Source: activity.Manual, Limit: 3}} {
				start := time.Now()
				p, err := acme.Timeline(ctx, q)
				if err != nil {
					t.Fatal(err)
				}
				fmt.Println(len(p.Events), time.Since(start), p.Next)
				for _, e := range p.Events {
					fmt.Println(e.ID, e.Type, j.Summary(e, "en"), e.About, e.Source)
				}
				q.After = p.Next
				p, err = acme.Timeline(ctx, q)
				if err != nil {
					t.Fatal(err)
				}
				q.After, q.Before = "", p.Prev
				p, err = acme.Timeline(ctx, q)
				if err != nil {
					t.Fatal(err)
				}
				fmt.Println(len(p.Events), p.Events[0].ID, p.Prev == "")
			}
		})
	}
}
