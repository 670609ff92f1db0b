// Package activity keeps and shows what happened: typed, append-only events about the accounts,
// contacts and deals of a service, by whom and when, on timelines that take as long to read at ten
// thousand events as at a million; tasks, such as imports, with a state, counts and a report on each
// record; and quotas, which limit what is used in rolling windows. It stores them in the service's own
// database, PostgreSQL or SQLite, and in the service's own transaction if there is one.
//
// # A tour
//
// Types of event are defined once, each with the form of its payload and the pattern of its one-line
// summary:
//
//	type StageChange struct {
//		From string `json:"from"`
//		To   string `json:"to"`
//	}
//
//	var StageChanged = activity.Define[StageChange]("deal.stage_changed", activity.TypeOptions{
//		Category: "deals",
//		Summary:  "moved from {from} to {to}",
//	})
//
// A store holds the events, a journal knows the types, and a tenant is where everything is recorded
// and read:
//
//	store, err := sqlite.Open(ctx, "activity.db") // or postgres.Open(ctx, dsn), bunstore.New(db), memstore.New()
//	err = store.Migrate(ctx)
//	journal, err := activity.New(store, &activity.Config{Types: []activity.EventType{StageChanged}})
//	acme := journal.Tenant("acme")
//
// Recording takes drafts, any number of them, all or none:
//
//	deal := activity.Entity{Kind: "deal", ID: "42", Label: "Big one"}
//	events, err := acme.Record(ctx, StageChanged.New(StageChange{"Proposal", "Negotiation"}).
//		By(activity.User("ana@acme.test", "Ana")).
//		About(deal).
//		Key("webhook-8841"))
//
// Within a transaction of the host, they are stored with it or not at all:
//
//	tx, err := db.BeginTx(ctx, nil)
//	events, err := journal.With(store.Tx(tx)).Tenant("acme").Record(ctx, …)
//
// Reading gives pages, newest first, or a stream of all pages:
//
//	page, err := acme.Timeline(ctx, activity.Query{About: []activity.Entity{deal}, Categories: []string{"deals"}})
//	for _, e := range page.Events {
//		fmt.Println(e.OccurredAt, e.Actor.Name(), journal.Summary(e, "en"))
//	}
//	page, err = acme.Timeline(ctx, activity.Query{…, After: page.Next})
//
// A page of an account has tabs with numbers, finds people by name, and shows what is below the account:
//
//	facets, err := acme.Facets(ctx, activity.Query{About: []activity.Entity{account}})
//	found, err := acme.Lookup(ctx, "mul an", []string{"contact"}) // Ana Müller
//	err := acme.SetParent(ctx, contact, account, ana)
//	page, err := acme.Timeline(ctx, activity.Query{About: []activity.Entity{account}, Descendants: true})
//	unread, err := acme.Reader(ana).Unread(ctx, account)
//
// Tasks are operations that people watch. Their kinds are part of the configuration; a run reports what
// became of each record:
//
//	journal, err := activity.New(store, &activity.Config{Kinds: []activity.Kind{{
//		Name: "import_contacts", Object: "contacts", Outcomes: activity.ImportOutcomes(),
//	}}})
//	task, err := acme.Do(ctx, activity.TaskSpec{Kind: "import_contacts", Actor: ana},
//		func(ctx context.Context, run *activity.Run) error {
//			return run.Report(ctx, activity.Outcome{Kind: "imported", Record: contact, After: values})
//		})
//	err = acme.WriteReport(ctx, w, task.ID, activity.ReportOptions{})
//
// In larger programs, [Tenant.Enqueue] queues tasks and workers [Journal.Claim] them. One process at least
// calls [Journal.Run], which recovers the tasks of processes that were killed:
//
//	go journal.Run(ctx)
//
// Quotas limit what is used in rolling windows, per hour and per day for example, for each subject by itself:
//
//	journal, err := activity.New(store, &activity.Config{Quotas: []activity.Quota{{
//		Name: "scrapings", Windows: []activity.Window{{Length: time.Hour, Limit: 20}, {Length: 24 * time.Hour, Limit: 80}},
//	}}})
//	meter := acme.Meter("scrapings", activity.Identity("ana@mail.test", "Ana's mailbox"))
//	reservation, err := meter.Reserve(ctx, 10) // or a QuotaError, with its RetryAt
//	err = reservation.Commit(ctx, 7)           // the others are free again
//	usage, err := meter.Usage(ctx)             // used, held, free, and what frees up when
//
// The ledger has all events in the order in which they were found after their commit. Nothing is skipped by who
// follows it, or consumes it under a name:
//
//	for entry, err := range journal.Follow(ctx, activity.FollowOptions{After: last}) { … }
//	err := journal.Consume(ctx, "search-index", func(ctx context.Context, entries []activity.Entry) error { … })
//
// And it proves what was recorded, to whoever has kept a checkpoint:
//
//	checkpoint, err := acme.Ledger().Checkpoint(ctx)
//	_, err = acme.Ledger().Verify(ctx, &checkpoint) // a TamperError names what was changed since
//	proof, err := acme.Ledger().Prove(ctx, id)
//	event, err := activity.VerifyProof(proof, key)  // needs no database
//
// [Tenant.Erase] takes a person out of the history, and retention what is too old; the proofs stay.
//
// # Glossary
//
//   - Event: something that happened. It has a type, a payload, an actor, entities that it is about,
//     and the time at which it occurred. It is never edited.
//   - Draft: an event before it is recorded.
//   - Type: a kind of event, whose payloads have one Go type. Its category is the tab it is shown in.
//   - Actor: the entity that did it: a person, an identity that the host acts through, or the host itself.
//   - Entity: what an event is about, or its actor: a kind and an ID of the host's, with a label.
//   - Tenant: whose events they are. Nothing is ever read across tenants.
//   - Timeline: the events of a tenant that match a query, newest first.
//   - Cursor: a place in a timeline.
//   - Comment: what a person writes about an entity or an event, with mentions of others. A note is the like, for the record.
//   - Thread: the comments on one event.
//   - Group: neighbours on a timeline that are one line.
//   - Calendar: what days are in the time zone of who looks.
//   - Facet: how many events there are in a category, for the tab that shows it.
//   - Directory: the names of entities, by which they are found.
//   - Relation: that an entity is below another one, or merged into it.
//   - Read mark: up to where a reader has read a timeline.
//   - Key: what makes recording the same thing twice one event.
//   - Task: an operation with a state: queued, processing, completed, failed or cancelled.
//   - Kind: what a task does: "import_contacts". Its outcome kinds are the categories of its report.
//   - Run: the work on a task by one process, from its start to its end.
//   - Lease: until when a run counts as alive without a sign of life.
//   - Attempt: how often a task was started; the fencing number that keeps lost runs from writing.
//   - Outcome: what became of one record in a run.
//   - Preview: a task that reports what it would do, and does nothing.
//   - Recipe: a task whose work are other tasks, its steps.
//   - Source: whether an event was recorded automatically or by hand.
//   - Quota: how much of something may be used in rolling windows.
//   - Window: a period of a given length that ends now, and how much may be used within it.
//   - Meter: a quota of one subject: a user, an identity, or the tenant as a whole.
//   - Reservation: units that are held until it is known how many were used, or until it expires.
//   - Ledger: all events in one order. An entry has a position in it, and an index in the tree of its tenant.
//   - Sealing: giving positions to events that were committed since the last time.
//   - Consumer: who handles every entry at least once, and whose position the store keeps under a name.
//   - Leaf: the hash of an event. The leaves of a tenant are those of a Merkle tree.
//   - Checkpoint: the size and the root of that tree, signed.
//   - Legal hold: what keeps everything about an entity from being erased or removed.
//   - Summary: one line about an event, in the reader's language.
//   - Store: where events are kept. The package storetest checks anyone's own.
package activity
