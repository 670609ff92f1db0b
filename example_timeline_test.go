package activity_test

import (
	"context"
	"fmt"
	"time"

	"github.com/go-activity/activity"
)

type Letter struct {
	Subject string `json:"subject"`
}

var LetterOpened = activity.Define[Letter]("letter.opened", activity.TypeOptions{
	Category: "letters",
	Summary:  "{actor} opened “{subject}”",
	Group:    activity.Grouping{Within: time.Hour, Summary: "{actor} opened {count, plural, one {# letter} other {# letters}}"},
})

// Zoë opens three letters about her account, which belongs to a holding.
func zoeReads() (*activity.Journal, activity.Tenant, activity.Entity) {
	ctx := context.Background()
	journal := open(LetterOpened)
	acme := journal.Tenant("acme")
	zoe := activity.Entity{Kind: "contact", ID: "7", Label: "Zoë Müller"}
	account := activity.Entity{Kind: "account", ID: "42", Label: "Northwind"}
	for _, subject := range []string{"Hello", "Our offer", "A question"} {
		if _, err := acme.Record(ctx, LetterOpened.New(Letter{subject}).By(zoe).About(account, zoe)); err != nil {
			panic(err)
		}
	}
	if _, err := journal.Seal(ctx); err != nil { // Journal.Run does
		panic(err)
	}
	return journal, acme, account
}

// The numbers of the tabs of an account's page.
func ExampleTenant_Facets() {
	_, acme, account := zoeReads()
	facets, err := acme.Facets(context.Background(), activity.Query{About: []activity.Entity{account}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range facets {
		if f.Count.N > 0 {
			fmt.Printf("%q %v\n", f.Category, f.Count)
		}
	}
	// Output:
	// "" 3
	// "letters" 3
}

// A search box, and what the timeline has about whom it finds.
func ExampleTenant_Lookup() {
	journal, acme, _ := zoeReads()
	ctx := context.Background()
	found, err := acme.Lookup(ctx, "zoe mu", []string{"contact"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(found)
	page, err := acme.Timeline(ctx, activity.Query{Search: "zoe mu", Limit: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(journal.Summary(page.Events[0], "en"))
	// Output:
	// [{contact 7 Zoë Müller}]
	// Zoë Müller opened “A question”
}

// A holding's page shows what happens to the accounts below it.
func ExampleTenant_SetParent() {
	journal, acme, account := zoeReads()
	ctx := context.Background()
	ana := activity.User("ana@acme.test", "Ana")
	holding := activity.Entity{Kind: "account", ID: "1", Label: "Southwind Holding"}
	if err := acme.SetParent(ctx, account, holding, ana); err != nil {
		fmt.Println(err)
		return
	}
	for e, err := range acme.Events(ctx, activity.Query{About: []activity.Entity{holding}, Descendants: true}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(journal.Summary(e, "en"))
	}
	// Output:
	// put Northwind under Southwind Holding
	// Zoë Müller opened “A question”
	// Zoë Müller opened “Our offer”
	// Zoë Müller opened “Hello”
}

// Two accounts that are one become one history, and can be taken apart again.
func ExampleTenant_Merge() {
	_, acme, account := zoeReads()
	ctx := context.Background()
	ana := activity.User("ana@acme.test", "Ana")
	duplicate := activity.Entity{Kind: "account", ID: "43", Label: "Northwind Inc."}
	count := func() {
		facets, err := acme.Facets(ctx, activity.Query{About: []activity.Entity{duplicate}, Types: []string{LetterOpened.Name()}})
		fmt.Println(facets[0].Count, err)
	}
	count()
	fmt.Println(acme.Merge(ctx, duplicate, account, ana))
	count()
	fmt.Println(acme.Unmerge(ctx, duplicate, ana))
	count()
	// Output:
	// 0 <nil>
	// <nil>
	// 3 <nil>
	// <nil>
	// 0 <nil>
}

// What is new since a reader has looked.
func ExampleReader() {
	_, acme, account := zoeReads()
	ctx := context.Background()
	page, err := acme.Timeline(ctx, activity.Query{About: []activity.Entity{account}})
	if err != nil {
		fmt.Println(err)
		return
	}
	reader := acme.Reader(activity.User("ana@acme.test", "Ana"))
	if err := reader.MarkRead(ctx, account, page.Events[1].ID); err != nil {
		fmt.Println(err)
		return
	}
	unread, err := reader.Unread(ctx, account)
	fmt.Println(unread, err)
	// Output:
	// 1 <nil>
}

// Neighbours become one line, if their type says so.
func ExampleTenant_Groups() {
	journal, acme, account := zoeReads()
	page, err := acme.Groups(context.Background(), activity.Query{About: []activity.Entity{account}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, group := range page.Groups {
		fmt.Println(journal.GroupSummary(group, "en"))
	}
	// Output:
	// Zoë Müller opened 3 letters
}
