package activity_test

import (
	"context"
	"fmt"

	"github.com/go-activity/activity"
)

type Comment struct {
	Text string `json:"text"`
}

var Commented = activity.Define[Comment]("comment.added", activity.TypeOptions{
	Category: "comments",
	Summary:  "{actor} wrote “{text}” on {about}",
})

// discuss makes a journal in which some comments were recorded, one after the other.
func discuss(texts ...string) *activity.Journal {
	journal := open(Commented)
	draft := func(text string) activity.Draft {
		return Commented.New(Comment{text}).
			By(activity.User("ana@acme.test", "Ana")).
			About(activity.Entity{Kind: "deal", ID: "42", Label: "Big one"})
	}
	for _, text := range texts {
		if _, err := journal.Tenant("acme").Record(context.Background(), draft(text)); err != nil {
			panic(err)
		}
	}
	return journal
}

// A cursor leads to the page that follows. It goes into the page's link, and may be kept.
func ExampleTenant_Timeline() {
	journal := discuss("one", "two", "three", "four", "five")
	query := activity.Query{
		About: []activity.Entity{{Kind: "deal", ID: "42"}},
		Types: []string{Commented.Name()},
		Limit: 2,
	}
	for {
		page, err := journal.Tenant("acme").Timeline(context.Background(), query)
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, e := range page.Events {
			fmt.Println(journal.Summary(e, "en"))
		}
		if page.Next == "" {
			break
		}
		fmt.Println("– older –")
		query.After = page.Next
	}
	// Output:
	// Ana wrote “five” on Big one
	// Ana wrote “four” on Big one
	// – older –
	// Ana wrote “three” on Big one
	// Ana wrote “two” on Big one
	// – older –
	// Ana wrote “one” on Big one
}

// Events reads page after page, for exports and the like.
func ExampleTenant_Events() {
	journal := discuss("one", "two", "three")
	for e, err := range journal.Tenant("acme").Events(context.Background(), activity.Query{}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		comment, err := Commented.Payload(e)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(e.OccurredAt.Format("15:04"), comment.Text)
	}
	// Output:
	// 12:02 three
	// 12:01 two
	// 12:00 one
}

// The parts of a summary let a page link what is named and emphasise values.
func ExampleJournal_Summary() {
	journal := discuss("Call back!")
	page, err := journal.Tenant("acme").Timeline(context.Background(), activity.Query{})
	if err != nil {
		fmt.Println(err)
		return
	}
	summary := journal.Summary(page.Events[0], "en")
	fmt.Println(summary)
	for _, part := range summary.Parts {
		switch part.Role {
		case activity.RoleEntity:
			fmt.Printf("%q links to /%s/%s\n", part.Text, part.Entity.Kind, part.Entity.ID)
		case activity.RoleValue:
			fmt.Printf("%q is a value\n", part.Text)
		default:
			fmt.Printf("%q\n", part.Text)
		}
	}
	// Output:
	// Ana wrote “Call back!” on Big one
	// "Ana" links to /user/ana@acme.test
	// " wrote “"
	// "Call back!" is a value
	// "” on "
	// "Big one" links to /deal/42
}
