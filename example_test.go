package activity_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/memstore"
)

// open makes a journal for the examples. Its clock shows noon and then one minute more each time, so
// that the output is always the same; a program leaves Config.Now out.
func open(types ...activity.EventType) *activity.Journal {
	clock := time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
	journal, err := activity.New(memstore.New(), &activity.Config{
		Types: types,
		Now: func() time.Time {
			now := clock
			clock = clock.Add(time.Minute)
			return now
		},
	})
	if err != nil {
		panic(err)
	}
	return journal
}

// Define what can happen, record it when it does, and show it on the timelines of all that it is
// about.
func Example() {
	type StageChange struct {
		From string `json:"from"`
		To   string `json:"to"`
	}
	stageChanged := activity.Define[StageChange]("deal.stage_changed", activity.TypeOptions{
		Category: "deals",
		Summary:  "moved {about} from {from} to {to}",
	})

	ctx := context.Background()
	journal := open(stageChanged) // activity.New(store, &activity.Config{Types: …})
	acme := journal.Tenant("acme")

	ana := activity.User("ana@acme.test", "Ana")
	deal := activity.Entity{Kind: "deal", ID: "42", Label: "Big one"}
	account := activity.Entity{Kind: "account", ID: "7", Label: "Globex"}
	for _, change := range []StageChange{{"Lead", "Proposal"}, {"Proposal", "Negotiation"}} {
		if _, err := acme.Record(ctx, stageChanged.New(change).By(ana).About(deal, account)); err != nil {
			fmt.Println(err)
			return
		}
	}

	page, err := acme.Timeline(ctx, activity.Query{About: []activity.Entity{account}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, e := range page.Events {
		fmt.Println(e.OccurredAt.Format(time.TimeOnly), e.Actor.Name(), journal.Summary(e, "en"))
	}
	// Output:
	// 12:01:00 Ana moved Big one from Proposal to Negotiation
	// 12:00:00 Ana moved Big one from Lead to Proposal
}

// Patterns choose words by number, in the way of each language.
func ExampleDefine() {
	type Opened struct {
		Count int `json:"count"`
	}
	opened := activity.Define[Opened]("mail.opened", activity.TypeOptions{
		Summary: "opened {count, plural, =0 {no email} one {# email} other {# emails}}",
		Translations: map[string]string{
			"es": "abrió {count, plural, one {# correo} other {# correos}}",
			"pl": "otworzył(a) {count, plural, one {# list} few {# listy} many {# listów} other {# listu}}",
		},
	})

	journal := open(opened)
	for _, count := range []int{1, 3, 5} {
		events, err := journal.Tenant("acme").Record(context.Background(),
			opened.New(Opened{count}).By(activity.User("ana@acme.test", "Ana")))
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, locale := range []string{"en", "es-MX", "pl", "fr"} { // there is no French: English
			fmt.Println(locale, "Ana", journal.Summary(events[0], locale))
		}
	}
	// Output:
	// en Ana opened 1 email
	// es-MX Ana abrió 1 correo
	// pl Ana otworzył(a) 1 list
	// fr Ana opened 1 email
	// en Ana opened 3 emails
	// es-MX Ana abrió 3 correos
	// pl Ana otworzył(a) 3 listy
	// fr Ana opened 3 emails
	// en Ana opened 5 emails
	// es-MX Ana abrió 5 correos
	// pl Ana otworzył(a) 5 listów
	// fr Ana opened 5 emails
}

// A webhook that is delivered twice is recorded once.
func ExampleDraft_Key() {
	type Payment struct {
		Cents int64 `json:"cents"`
	}
	paid := activity.Define[Payment]("invoice.paid", activity.TypeOptions{})
	ctx := context.Background()
	acme := open(paid).Tenant("acme")
	record := func(cents int64) (activity.Event, error) {
		events, err := acme.Record(ctx, paid.New(Payment{cents}).By(activity.System("billing")).Key("webhook-8841"))
		if err != nil {
			return activity.Event{}, err
		}
		return events[0], nil
	}

	first, _ := record(4200)
	again, err := record(4200)
	fmt.Println(again.ID == first.ID, err)

	_, err = record(9900)
	fmt.Println(errors.Is(err, activity.ErrKeyConflict))
	var conflict *activity.KeyConflictError
	if errors.As(err, &conflict) {
		fmt.Println(conflict.Key, conflict.ID == first.ID)
	}
	// Output:
	// true <nil>
	// true
	// webhook-8841 true
}

// Middleware sets the actor once; code below need not know who is asking.
func ExampleWithActor() {
	type Login struct{}
	loggedIn := activity.Define[Login]("user.logged_in", activity.TypeOptions{})
	acme := open(loggedIn).Tenant("acme")

	handler := func(ctx context.Context) {
		events, err := acme.Record(ctx, loggedIn.New(Login{}))
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(events[0].Actor.Name())
	}
	ctx := context.Background()
	handler(activity.WithActor(ctx, activity.User("ana@acme.test", "Ana")))
	handler(ctx)
	// Output:
	// Ana
	// activity: Actor is missing: use Draft.By or WithActor
}

// When the form of a payload changes, older events are brought up to date as they are read.
func ExampleType_Payload() {
	type Call struct {
		Seconds int `json:"seconds"` // version 1 had minutes
	}
	called := activity.Define[Call]("call.made", activity.TypeOptions{
		Summary: "called for {seconds, number} s",
		Version: 2,
		Upcasts: map[int]func(json.RawMessage) (json.RawMessage, error){
			1: func(data json.RawMessage) (json.RawMessage, error) {
				var old struct {
					Minutes int `json:"minutes"`
				}
				if err := json.Unmarshal(data, &old); err != nil {
					return nil, err
				}
				return json.Marshal(Call{Seconds: old.Minutes * 60})
			},
		},
	})

	old := activity.Event{Type: "call.made", Version: 1, Payload: json.RawMessage(`{"minutes":3}`)}
	call, err := called.Payload(old)
	fmt.Println(call.Seconds, err)
	fmt.Println(open(called).Summary(old, "en"))

	newer := activity.Event{Type: "call.made", Version: 3, Payload: json.RawMessage(`{"duration":"3m"}`)}
	_, err = called.Payload(newer)
	fmt.Println(errors.Is(err, activity.ErrVersion))
	// Output:
	// 180 <nil>
	// called for 180 s
	// true
}
