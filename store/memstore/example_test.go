package memstore_test

import (
	"context"
	"fmt"
	"log"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/memstore"
)

type note struct {
	Text string `json:"text"`
}

var noteAdded = activity.Define[note]("note.added", activity.TypeOptions{})

// A unit test gives the code under test a journal in memory, and looks at what it recorded.
func Example() {
	ctx := context.Background()
	store := memstore.New()
	defer store.Close()
	journal, err := activity.New(store, &activity.Config{Types: []activity.EventType{noteAdded}})
	if err != nil {
		log.Fatal(err)
	}
	acme := journal.Tenant("acme")
	if _, err := acme.Record(ctx, noteAdded.New(note{"Hello"}).By(activity.User("ana", "Ana"))); err != nil {
		log.Fatal(err)
	}

	for event, err := range acme.Events(ctx, activity.Query{Types: []string{"note.added"}}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(event.Actor.Name(), string(event.Payload))
	}
	// Output:
	// Ana {"text":"Hello"}
}
