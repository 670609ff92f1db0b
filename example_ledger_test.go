package activity_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/memstore"
)

// openLedger makes a tenant for the examples, in memory, with some notes.
func openLedger(notes ...string) (*activity.Journal, activity.Tenant) {
	journal, err := activity.New(memstore.New(), &activity.Config{Types: []activity.EventType{noted}})
	if err != nil {
		panic(err)
	}
	acme := journal.Tenant("acme")
	for _, text := range notes {
		if _, err := acme.Record(context.Background(), noted.New(note{text}).By(ana)); err != nil {
			panic(err)
		}
	}
	return journal, acme
}

// Following waits for more until its context ends. Who was away goes on after the last position that they have seen.
func ExampleJournal_Follow() {
	journal, acme := openLedger("one", "two")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var last activity.Position
	for range 2 {
		for entry, err := range journal.Follow(ctx, activity.FollowOptions{After: last, Tenant: "acme"}) {
			if gone, ok := errors.AsType[*activity.PositionError](err); ok {
				fmt.Println("away for too long: some were removed")
				last = gone.Resume
				break
			}
			if err != nil {
				fmt.Println(err)
				return
			}
			fmt.Println(entry.Position, journal.Summary(entry.Event, "en"))
			last = entry.Position
			if last == 2 {
				fmt.Println("is away")
				if _, err := acme.Record(ctx, noted.New(note{"three"}).By(ana)); err != nil {
					fmt.Println(err)
				}
				break
			}
			if last == 3 {
				cancel()
			}
		}
	}
	// Output:
	// 1 noted one
	// 2 noted two
	// is away
	// 3 noted three
	// context canceled
}

// Who has recorded something can wait until whoever follows can see it.
func ExampleJournal_Await() {
	ctx := context.Background()
	journal, acme := openLedger("one", "two")
	events, err := acme.Record(ctx, noted.New(note{"three"}).By(ana))
	if err != nil {
		fmt.Println(err)
		return
	}
	entry, err := journal.Await(ctx, events[0].ID)
	fmt.Println(entry.Position, entry.Event.ID == events[0].ID, err)
	// Output: 3 true <nil>
}

// A consumer goes on where it was, in whatever process. An entry of a batch that it cannot handle is singled out, so
// that "one" comes twice; then it is put aside, and handled later.
func ExampleJournal_Consume() {
	journal, _ := openLedger("one", "two", "three")
	ctx, cancel := context.WithCancel(context.Background())
	err := journal.Consume(ctx, "search-index", func(_ context.Context, entries []activity.Entry) error {
		for _, entry := range entries {
			payload, err := noted.Payload(entry.Event)
			if err != nil {
				return err
			}
			if payload.Text == "two" {
				return fmt.Errorf("%w: the index does not know what that is", activity.ErrPark)
			}
			fmt.Println("indexed", payload.Text)
			if payload.Text == "three" {
				cancel()
			}
		}
		return nil
	})
	fmt.Println(err)

	ctx = context.Background()
	consumer := journal.Consumer("search-index")
	for parked, err := range consumer.Parked(ctx) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(parked.Position, parked.Error)
		err = consumer.Redo(ctx, parked.Position, func(_ context.Context, entries []activity.Entry) error {
			fmt.Println("indexed", journal.Summary(entries[0].Event, "en"))
			return nil
		})
		if err != nil {
			fmt.Println(err)
		}
	}
	state, err := consumer.State(ctx)
	fmt.Println(state.Position, state.Parked, err)
	// Output:
	// indexed one
	// indexed one
	// indexed three
	// context canceled
	// 2 activity: park: the index does not know what that is
	// indexed noted two
	// 3 0 <nil>
}

// The lag is for monitoring: its age stays below a second as long as a process runs Journal.Run.
func ExampleJournal_Lag() {
	ctx := context.Background()
	journal, _ := openLedger("one", "two")
	show := func() {
		lag, err := journal.Lag(ctx)
		fmt.Println(lag.Events, "without a position; the last is", lag.Last, err)
	}
	show()
	n, err := journal.Seal(ctx) // as Run does four times a second or more
	fmt.Println(n, err)
	show()
	// Output:
	// 2 without a position; the last is 0 <nil>
	// 2 <nil>
	// 0 without a position; the last is 2 <nil>
}
