package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-activity/activity"
)

// timelinePromises are what the pages of a CRM promise, and what no other has.
var timelinePromises = []testCase{
	{name: "A4 filters", check: checkFilters},
	{name: "A5 search", check: checkTaskSearch},
	{name: "C1 typed events", check: checkTypedEvents},
	{name: "C2 who, about whom and when", check: checkWhoAboutWhom},
	{name: "C5 by hand or automatic", check: checkByHand},
	{name: "C6 summaries", check: checkSummaries},
	{name: "C7 tabs of an account", check: checkAccountTabs},
	{name: "C8 one event in full", check: checkOneEvent},
	{name: "C9 business only", check: checkBusinessOnly},
	{name: "D1 contact history", check: checkContactHistory},
	{name: "D3 comments", check: checkCommentsOnHistory},
	{name: "E8 languages", check: checkLanguages},
	{name: "E9 merged accounts", check: checkMergedAccounts},
	{name: "E13 what is new", check: checkWhatIsNew},
	{name: "E13 grouping", check: checkGrouping},
}

// checkFilters lists tasks in the time zone of who looks: eight hours behind, where days begin at 08:00 UTC.
func checkFilters(s subject) {
	d := newCRM(s)
	identity := activity.Identity("linkedin:ana", "Ana's profile")
	at := func(day, hour int) { d.clock.Store(time.Date(2026, 3, day, hour, 0, 0, 0, time.UTC).UnixMicro()) }
	var imports, all []activity.Task
	run := func(spec activity.TaskSpec) activity.Task {
		task := d.done(spec)
		all = append([]activity.Task{task}, all...)
		return task
	}
	for i, day := range []int{1, 12, 13, 18, 19, 20} { // by turns at the last and the first hour of a day there
		at(day, 7+i%2)
		imports = append(imports, run(activity.TaskSpec{Kind: "import_contacts", Actor: ben}))
		run(activity.TaskSpec{Kind: "import_contacts", Actor: ana})
		run(activity.TaskSpec{Kind: "import_companies", Actor: ben})
	}
	at(20, 10)
	invited := run(activity.TaskSpec{Kind: "invitation", Actor: identity})
	at(20, 11)
	failed := d.start(d.queue(activity.TaskSpec{Kind: "import_contacts", Actor: ben}).ID)
	d.must(failed.Fail(d.Context(), errOfFn))
	broken := d.task(failed.Task().ID)
	all = append([]activity.Task{broken}, all...)
	at(20, 20)
	calendar, err := activity.NewCalendar("Etc/GMT+8", time.UnixMicro(d.clock.Load()))
	d.must(err)
	list := func(what string, span func() (time.Time, time.Time), q activity.TaskQuery, want ...activity.Task) {
		d.Helper()
		q.From, q.To = span()
		d.list(what, q, want...)
	}
	since := func(first, last int) func() (time.Time, time.Time) {
		return func() (time.Time, time.Time) {
			from, to, err := calendar.Between(fmt.Sprintf("2026-03-%02d", first), fmt.Sprintf("2026-03-%02d", last))
			d.must(err)
			return from, to
		}
	}
	d.list("all", activity.TaskQuery{}, all...)
	list("today", calendar.Today, activity.TaskQuery{}, append([]activity.Task{broken, invited}, all[2:5]...)...)
	list("yesterday", calendar.Yesterday, activity.TaskQuery{}) // what ran on the 19th ran on the 18th there
	list("last week", calendar.LastWeek, activity.TaskQuery{Actor: ben, Kinds: []string{"import_contacts"}}, imports[2], imports[1])
	list("last month", calendar.LastMonth, activity.TaskQuery{}, all[17:]...)
	list("a day", since(18, 18), activity.TaskQuery{Kinds: []string{"import_contacts"}, Actor: ben}, imports[4], imports[3])
	list("all CSV imports by one user in the last seven days", func() (time.Time, time.Time) { return calendar.LastDays(7) },
		activity.TaskQuery{Kinds: []string{"import_contacts"}, Actor: ben}, broken, imports[5], imports[4], imports[3])
	list("those of them that failed", func() (time.Time, time.Time) { return calendar.LastDays(7) },
		activity.TaskQuery{Kinds: []string{"import_contacts"}, Actor: ben, Statuses: []activity.Status{activity.StatusFailed}}, broken)
	d.list("of an identity", activity.TaskQuery{Actor: identity}, invited)
	d.list("of an identity, with a status that it has not", activity.TaskQuery{Actor: identity, Statuses: []activity.Status{activity.StatusFailed}})
	// Every combination is what all of its conditions leave.
	spans := []func() (time.Time, time.Time){func() (from, to time.Time) { return }, calendar.Today, calendar.Yesterday, calendar.LastWeek, calendar.LastMonth, since(13, 18)}
	for _, kinds := range [][]string{nil, {"import_contacts"}, {"import_companies", "invitation"}} {
		for _, actor := range []activity.Entity{{}, ana, ben, identity} {
			for _, status := range [][]activity.Status{nil, {activity.StatusCompleted}, {activity.StatusFailed, activity.StatusQueued}} {
				for n, span := range spans {
					from, to := span()
					var want []activity.Task
					for _, t := range all {
						if (kinds == nil || slices.Contains(kinds, t.Kind)) && (actor.IsZero() || actor.Is(t.Actor)) &&
							(status == nil || slices.Contains(status, t.Status)) && (from.IsZero() || !t.Start().Before(from) && t.Start().Before(to)) {
							want = append(want, t)
						}
					}
					list(fmt.Sprint("kinds ", kinds, ", of ", actor.ID, ", ", status, ", in span ", n), span, activity.TaskQuery{Kinds: kinds, Actor: actor, Statuses: status}, want...)
				}
			}
		}
	}
}

func checkTaskSearch(s subject) {
	d := newCRM(s)
	profile, mailbox := activity.Identity("linkedin:7", "Zoë's profile"), activity.Identity("box:1", "sales@acme.test")
	zoe := activity.Entity{Kind: "contact", ID: "7", Label: "Zoë Müller"}
	jan := activity.Entity{Kind: "contact", ID: "8", Label: "Jan Novák"}
	list := []activity.Entity{zoe, jan}
	first := d.done(activity.TaskSpec{Kind: "invitation", Actor: profile, About: list[1:]})
	second := d.done(activity.TaskSpec{Kind: "email", Actor: mailbox, About: list[:1]})
	third := d.done(activity.TaskSpec{Kind: "email", Actor: mailbox, About: list})
	other := d.done(activity.TaskSpec{Kind: "scraping", About: list[:1]})
	d.seals()
	search := func(text string, want ...activity.Task) {
		d.Helper()
		d.list("search for "+text, activity.TaskQuery{Categories: []string{"engagement"}, Search: text}, want...)
	}
	search("muller", third, second)
	search("zoe mu", third, second)
	search("Novak", third, first)
	search("zoë", third, second, first) // a lead, or the identity that was used
	search("sales", third, second)
	search("profile", first)
	search("zoe novak")
	search("nobody")
	d.list("search in all tabs", activity.TaskQuery{Search: "MÜLLER"}, other, third, second)
	d.list("search beside a filter", activity.TaskQuery{Search: "novak", Kinds: []string{"invitation"}}, first)
	facets, err := d.tenant.TaskFacets(d.Context(), activity.TaskQuery{Search: "muller"})
	d.must(err)
	var tabs []string
	for _, f := range facets {
		tabs = append(tabs, fmt.Sprint(f.Category, f.Count))
	}
	d.equal("the tabs of a search", tabs, []string{"3", "engagement2", "prospecting1"})
	found, err := d.tenant.Lookup(d.Context(), "zo", nil)
	d.must(err)
	d.equal("what a search box offers", found, []activity.Entity{zoe, profile})
}

// crmDrafts are one event of each type of a CRM.
func crmDrafts() []activity.Draft {
	return []activity.Draft{
		emailSent.New(crmMail{Subject: "Hello"}), emailOpened.New(crmMail{Subject: "Hello"}), emailClicked.New(crmMail{Subject: "Hello"}),
		emailBounced.New(crmMail{Why: "no such mailbox"}), callCompleted.New(crmCall{1}), crmNote.New(crmText{"They sign in March."}),
		contactAdded.New(crmText{"from a list"}), crmDealWon.New(crmDeal{1200}), stageChanged.New(crmStage{"Proposal", "Negotiation"}),
		signalDetected.New(crmText{"raised a round"}), enriched.New(crmFields{3}),
	}
}

func checkTypedEvents(s subject) {
	d := newCRM(s)
	drafts := crmDrafts()
	for i := range drafts {
		drafts[i] = drafts[i].About(company(1))
	}
	events := d.record(drafts...)
	for i, e := range events {
		d.equal("the type", e.Type, crmTypes[i].Name())
		d.shows("one type", activity.Query{Types: []string{e.Type}}, e)
	}
	stage, err := stageChanged.Payload(events[8])
	d.must(err)
	d.equal("a payload", stage, crmStage{"Proposal", "Negotiation"})
	if _, err := crmDealWon.Payload(events[8]); err == nil {
		d.Errorf("the payload of a type was read as that of another")
	}
	if _, err := d.tenant.Record(d.Context(), unknown.New(note{}).By(ana)); !errors.Is(err, activity.ErrUnknownType) {
		d.Errorf("Record of a type that the host has not defined = %v, want ErrUnknownType", err)
	}
	d.shows("all", activity.Query{}, newest(events...)...)
}

func checkWhoAboutWhom(s subject) {
	d := newCRM(s)
	deal := activity.Entity{Kind: "deal", ID: "9", Label: "Renewal"}
	about := []activity.Entity{company(1), contact(1), deal}
	at := epoch.Add(-48*time.Hour + 123_456*time.Microsecond)
	events := d.record(
		crmDealWon.New(crmDeal{1200.5}).About(about...).At(at),
		enriched.New(crmFields{2}).About(contact(1)).By(activity.System("enricher")),
	)
	d.equal("what the first is about", events[0].About, about)
	d.equal("who did it, and when", []any{events[0].Actor, events[0].OccurredAt, events[0].RecordedAt}, []any{ana, at, epoch.Add(time.Minute)})
	d.equal("who did the second", events[1].Actor, activity.System("enricher"))
	won, err := crmDealWon.Payload(events[0])
	d.must(err)
	d.equal("its payload", won.Amount, 1200.5)
	for _, e := range events {
		got, err := d.tenant.Event(d.Context(), e.ID)
		d.must(err)
		if diff := diff(e, got); diff != "" {
			d.Errorf("the event as it is stored: %s", diff)
		}
	}
	for _, e := range about[:2] {
		d.shows("the page of "+e.ID, activity.Query{About: []activity.Entity{e}, To: epoch}, events[0])
	}
	d.shows("the page of the deal", activity.Query{About: []activity.Entity{deal}}, events[0])
	d.shows("what the system did", activity.Query{Actor: activity.System("enricher")}, events[1])
}

func checkByHand(s subject) {
	d := newCRM(s)
	events := d.record(
		crmNote.New(crmText{"called back"}).About(contact(1)).Manual(),
		signalDetected.New(crmText{"hires"}).About(contact(1)).By(activity.System("watcher")),
		activity.CommentOn(contact(1), "Who calls?"),
	)
	d.equal("which were by hand", []activity.Source{events[0].Source, events[1].Source, events[2].Source}, []activity.Source{activity.Manual, activity.Automatic, activity.Manual})
	page := []activity.Entity{contact(1)}
	d.shows("by hand", activity.Query{About: page, Source: activity.Manual}, events[2], events[0])
	d.shows("automatic", activity.Query{About: page, Source: activity.Automatic}, events[1])
}

func checkSummaries(s subject) {
	d := newCRM(s)
	drafts := crmDrafts()
	for i := range drafts {
		drafts[i] = drafts[i].About(company(1))
	}
	events := d.record(drafts...)
	want := []string{
		"sent Hello", "opened Hello", "clicked a link in Hello", "bounced: no such mailbox", "spoke 1 minute with Company 1", "noted: They sign in March.",
		"added Company 1", "won Company 1 for 1,200", "moved from Proposal to Negotiation", "raised a round", "found 3 fields",
	}
	// A new name, and other events, change nothing of those that there are.
	d.record(crmNote.New(crmText{"renamed"}).About(activity.Entity{Kind: "company", ID: "1", Label: "Renamed"}))
	again := newCRM(s)
	for i, e := range events {
		stored, err := d.tenant.Event(d.Context(), e.ID)
		d.must(err)
		text, err := json.Marshal(stored)
		d.must(err)
		var sent activity.Event
		d.must(json.Unmarshal(text, &sent))
		for what, line := range map[string]string{
			"as recorded": d.journal.Summary(e, "en").Text, "as stored": d.journal.Summary(stored, "en").Text,
			"from JSON": d.journal.Summary(sent, "en").Text, "of another journal": again.journal.Summary(stored, "en").Text,
		} {
			d.equal("the summary "+what, line, want[i])
		}
	}
}

// checkAccountTabs is the page of an account with two subsidiaries, one of which has a contact.
func checkAccountTabs(s subject) {
	d := newCRM(s)
	account, subsidiary, other, person := company(1), company(2), company(3), contact(1)
	events := d.record(
		emailSent.New(crmMail{Subject: "Hello"}).About(account, person),
		signalDetected.New(crmText{"hires"}).About(account),
		activity.NoteOn(account, "They sign in March."),
		activity.CommentOn(account, "Who calls?", ben),
		emailOpened.New(crmMail{Subject: "Hello"}).About(account, person).By(person),
		callCompleted.New(crmCall{5}).About(person),
		emailBounced.New(crmMail{Why: "full"}).About(subsidiary),
		emailBounced.New(crmMail{Why: "full"}).About(other),
	)
	d.must(d.tenant.SetParent(d.Context(), subsidiary, account, ana))
	d.must(d.tenant.SetParent(d.Context(), person, subsidiary, ana))
	page, err := d.tenant.Timeline(d.Context(), activity.Query{Categories: []string{"hierarchy"}})
	d.must(err)
	placed := page.Events
	d.equal("how many were put below others", len(placed), 2)

	query := activity.Query{About: []activity.Entity{account}}
	own := []activity.Event{placed[1], events[4], events[3], events[2], events[1], events[0]}
	d.shows("all", query, own...)
	tabs := []string{"all 6", "comments 1", "email 2", "hierarchy 1", "notes 1", "signals 1"}
	d.equal("the tabs", d.tabs(query), tabs)
	for category, want := range map[string][]activity.Event{
		"email": {events[4], events[0]}, "signals": {events[1]}, "notes": {events[2]}, "comments": {events[3]}, "calls": nil, "hierarchy": {placed[1]},
	} {
		open := query
		open.Categories = []string{category}
		d.shows("the tab "+category, open, want...)
		d.equal("the tabs, whichever is open", d.tabs(open), tabs)
	}
	// The account and everything below it.
	query.Descendants = true
	d.shows("the hierarchy", query, placed[0], placed[1], events[6], events[5], events[4], events[3], events[2], events[1], events[0])
	d.equal("the tabs of the hierarchy", d.tabs(query), []string{"all 9", "calls 1", "comments 1", "email 3", "hierarchy 2", "notes 1", "signals 1"})
	d.must(d.tenant.RemoveParent(d.Context(), person, ana))
	query.Categories = []string{"email", "calls"}
	d.shows("the hierarchy without the contact", query, events[6], events[4], events[0])
}

func checkOneEvent(s subject) {
	d := newCRM(s)
	event := d.record(crmDealWon.New(crmDeal{99.5}).About(company(1), contact(2)).By(ben).At(epoch.Add(-time.Hour + time.Microsecond)))[0]
	d.seals()
	got, err := d.tenant.Event(d.Context(), event.ID)
	d.must(err)
	icons := map[string]string{}
	for _, t := range crmTypes {
		icons[t.Name()] = t.Options().Icon
	}
	d.equal("the icon", icons[got.Type], "star")
	d.equal("the payload", string(got.Payload), `{"Amount":99.5}`)
	d.equal("the actor", got.Actor, ben)
	d.equal("the times", []time.Time{got.OccurredAt, got.RecordedAt}, []time.Time{epoch.Add(-time.Hour + time.Microsecond), epoch.Add(time.Minute)})
	d.equal("the links", []string{d.journal.Link(got.About[0]), d.journal.Link(got.About[1]), d.journal.Link(got.Actor)}, []string{"/company/1", "/contact/2", ""})
	var linked []string
	for _, part := range d.journal.Summary(got, "en").Parts {
		if part.Role == activity.RoleEntity {
			linked = append(linked, part.Text+" "+d.journal.Link(part.Entity))
		}
	}
	d.equal("the links of the summary", linked, []string{"Company 1 /company/1"})
}

func checkBusinessOnly(s subject) {
	loggedIn := activity.Define[object]("user.logged_in", activity.TypeOptions{})
	d := newCRM(s)
	if _, err := d.tenant.Record(d.Context(), loggedIn.New(object{}).By(ana)); !errors.Is(err, activity.ErrUnknownType) {
		d.Errorf("Record of a login that the host has not defined = %v, want ErrUnknownType", err)
	}
	sent := d.record(emailSent.New(crmMail{Subject: "Hello"}).About(company(1)))
	d.shows("without logins", activity.Query{}, sent...)
	// A host that wants them defines them as a category of its own.
	security := activity.Define[object]("permission.granted", activity.TypeOptions{Category: "security"})
	d = newCRM(s, security)
	d.clock.Store(epoch.Add(time.Hour).UnixMicro())
	granted := d.record(security.New(object{"role": "admin"}).About(activity.User("ben", "Ben")))
	d.shows("the security tab", activity.Query{Categories: []string{"security"}}, granted...)
	var business []string
	for _, t := range crmTypes {
		business = append(business, t.Options().Category)
	}
	d.shows("the business tabs", activity.Query{Categories: business}, sent...)
	d.shows("the account", activity.Query{About: []activity.Entity{company(1)}}, sent...)
	d.equal("the tabs", d.tabs(activity.Query{}), []string{"all 2", "email 1", "security 1"})
}

func checkContactHistory(s subject) {
	d := newCRM(s)
	zoe := activity.Entity{Kind: "contact", ID: "7", Label: "Zoë"}
	if _, err := d.tenant.Record(d.Context(), contactInvited.New(crmInvite{}).About(zoe).By(ana)); !errors.Is(err, activity.ErrInvalid) {
		d.Errorf("Record of an invitation without an address = %v, want ErrInvalid", err)
	}
	events := d.record(
		contactInvited.New(crmInvite{"zoe@acme.test"}).About(zoe),
		contactMessaged.New(crmText{"Welcome"}).About(zoe).By(ben),
		contactShared.New(crmShare{2}).About(zoe, company(1)),
		activity.CommentOn(zoe, "Met her in Lima.", ben),
		contactArchived.New(crmText{}).About(zoe).Manual(),
	)
	d.record(contactArchived.New(crmText{}).About(contact(8)))
	query := activity.Query{About: []activity.Entity{zoe}}
	d.shows("the history", query, newest(events...)...)
	d.equal("what it says", d.summaries(query), []string{
		"Ana invited Zoë at zoe@acme.test", "Ben wrote to Zoë: Welcome", "Ana shared Zoë by email with 2 people", "Ana commented: Met her in Lima.", "Ana archived Zoë",
	})
	// Deleting is permanent, and that something happened stays.
	n, err := d.tenant.Erase(d.Context(), zoe, ana, "asked for")
	d.must(err)
	d.equal("how many events were erased", n, len(events))
	d.shows("the history of who was deleted", query)
	page, err := d.tenant.Timeline(d.Context(), activity.Query{About: []activity.Entity{company(1)}})
	d.must(err)
	d.equal("what is left on the account's page", []any{len(page.Events), page.Events[0].Type, page.Events[0].Erased}, []any{1, "contact.shared", true})
}

func checkCommentsOnHistory(s subject) {
	d := newCRM(s)
	won := d.record(crmDealWon.New(crmDeal{1}).About(company(1), contact(1)))[0]
	events := d.record(
		activity.CommentOn(contact(1), "Who calls?", ben),
		activity.CommentOnEvent(won, "Well done, Ana.").By(ben),
		activity.CommentOnEvent(won, "Thank you.", ben, contact(2)).By(ana),
	)
	d.shows("the thread of the event", activity.Query{About: []activity.Entity{won.Entity()}}, events[2], events[1])
	d.shows("the contact's history", activity.Query{About: []activity.Entity{contact(1)}}, events[2], events[1], events[0], won)
	d.shows("the tab of comments", activity.Query{About: []activity.Entity{company(1)}, Categories: []string{"comments"}}, events[2], events[1])
	d.shows("where ben is mentioned", activity.Query{About: []activity.Entity{ben}}, events[2], events[0])
	d.equal("whom the last one mentions", activity.Mentions(events[2]), []activity.Entity{ben, contact(2)})
	d.equal("what they say", d.summaries(activity.Query{About: []activity.Entity{won.Entity()}}), []string{"Ben commented: Well done, Ana.", "Ana commented: Thank you."})
	d.seals()
	found, err := d.tenant.Lookup(d.Context(), "ben", nil)
	d.must(err)
	d.equal("who is found", found, []activity.Entity{ben})
}

func checkLanguages(s subject) {
	d := newCRM(s)
	events := d.record(
		callCompleted.New(crmCall{1}).About(contact(1)), callCompleted.New(crmCall{5}).About(contact(1)), crmDealWon.New(crmDeal{1234567}).About(company(1)),
		emailOpened.New(crmMail{Subject: "Hola"}), stageChanged.New(crmStage{"A", "B"}),
	)
	for language, want := range map[string][]string{
		"en":    {"spoke 1 minute with Contact 1", "spoke 5 minutes with Contact 1", "won Company 1 for 1,234,567", "opened Hola", "moved from A to B"},
		"es":    {"habló 1 minuto con Contact 1", "habló 5 minutos con Contact 1", "ganó Company 1 por 1.234.567", "abrió Hola", "moved from A to B"},
		"es-MX": {"habló 1 minuto con Contact 1", "habló 5 minutos con Contact 1", "ganó Company 1 por 1,234,567", "abrió Hola", "moved from A to B"},
		"fr":    {"spoke 1 minute with Contact 1", "spoke 5 minutes with Contact 1", "won Company 1 for 1,234,567", "opened Hola", "moved from A to B"},
	} {
		for i, e := range events {
			stored, err := d.tenant.Event(d.Context(), e.ID)
			d.must(err)
			d.equal("a summary in "+language, d.journal.Summary(stored, language).Text, want[i])
		}
	}
	d.must(d.tenant.SetParent(d.Context(), company(2), company(1), ana))
	page, err := d.tenant.Timeline(d.Context(), activity.Query{Categories: []string{"hierarchy"}})
	d.must(err)
	d.equal("one of the library's own", d.journal.Summary(page.Events[0], "es").Text, "puso Company 2 bajo Company 1")
}

func checkMergedAccounts(s subject) {
	d := newCRM(s)
	first, second, third := company(1), company(2), company(3)
	a := d.record(emailSent.New(crmMail{Subject: "one"}).About(first), crmNote.New(crmText{"two"}).About(second), emailSent.New(crmMail{Subject: "three"}).About(third))
	d.must(d.tenant.Merge(d.Context(), second, first, ana))
	d.later(time.Minute)
	d.must(d.tenant.Merge(d.Context(), third, second, ana))
	page, err := d.tenant.Timeline(d.Context(), activity.Query{Types: []string{"activity.merged"}})
	d.must(err)
	merges := page.Events
	history := append(slices.Clone(merges), newest(a...)...)
	for _, account := range []activity.Entity{first, second, third} {
		query := activity.Query{About: []activity.Entity{account}}
		d.shows("one history, whichever is asked for", query, history...)
		d.equal("its tabs", d.tabs(query), []string{"all 5", "crm notes 1", "email 2", "hierarchy 2"})
	}
	// Nothing is rewritten.
	for i, e := range a {
		got, err := d.tenant.Event(d.Context(), e.ID)
		d.must(err)
		d.equal("whom an event is about", got.About, []activity.Entity{[]activity.Entity{first, second, third}[i]})
	}
	for _, again := range []activity.Entity{first, third} {
		if err := d.tenant.Merge(d.Context(), second, again, ana); !errors.Is(err, activity.ErrMerged) {
			d.Errorf("Merge of what is merged = %v, want ErrMerged", err)
		}
	}
	if err := d.tenant.Merge(d.Context(), first, third, ana); !errors.Is(err, activity.ErrCycle) {
		d.Errorf("Merge into what is merged into it = %v, want ErrCycle", err)
	}
	d.later(time.Minute)
	d.must(d.tenant.Unmerge(d.Context(), second, ana))
	d.shows("the first, by itself again", activity.Query{About: []activity.Entity{first}, Categories: []string{"email", "crm notes"}}, a[0])
	d.shows("the other two, which still are one", activity.Query{About: []activity.Entity{third}, Categories: []string{"email", "crm notes"}}, a[2], a[1])
}

func checkWhatIsNew(s subject) {
	d := newCRM(s)
	reader, other := d.tenant.Reader(ana), d.tenant.Reader(ben)
	unread := func(r activity.Reader, feed activity.Entity) string {
		d.Helper()
		total, err := r.Unread(d.Context(), feed)
		d.must(err)
		return total.String()
	}
	events := d.record(
		emailSent.New(crmMail{Subject: "one"}).About(company(1)).By(ben), emailSent.New(crmMail{Subject: "two"}).About(company(1)).By(ben),
		emailSent.New(crmMail{Subject: "three"}).About(company(2)).By(ben),
	)
	d.equal("what is new without a mark", []string{unread(reader, company(1)), unread(reader, activity.Entity{})}, []string{"2", "3"})
	d.must(reader.MarkRead(d.Context(), company(1), events[1].ID))
	d.equal("what is new after reading", []string{unread(reader, company(1)), unread(other, company(1)), unread(reader, activity.Entity{})}, []string{"0", "2", "3"})
	for i := range 3 {
		events = append(events, d.record(signalDetected.New(crmText{fmt.Sprint("signal ", i)}).About(company(1)))...)
	}
	d.equal("3 new since you last looked", unread(reader, company(1)), "3")
	d.must(reader.MarkRead(d.Context(), company(1), events[0].ID)) // a late call
	d.equal("what is new after a late call", unread(reader, company(1)), "3")
	d.must(reader.MarkUnread(d.Context(), company(1), events[1].ID))
	d.equal("what is new after marking one as unread", unread(reader, company(1)), "4")
	// What is merged is read in one timeline.
	d.must(d.tenant.Merge(d.Context(), company(2), company(1), ben))
	d.equal("what is new of two that were merged", unread(reader, company(1)), "6")
	for range 100 {
		d.record(signalDetected.New(crmText{"again"}).About(company(1)))
	}
	d.equal("what is new of many", unread(reader, company(1)), "99+")
}

func checkGrouping(s subject) {
	d := newCRM(s)
	opened := func(subject string, by activity.Entity) activity.Draft {
		return emailOpened.New(crmMail{Subject: subject}).By(by).About(company(1))
	}
	for i := range 5 {
		d.record(opened(fmt.Sprint("offer ", i), contact(1)))
	}
	d.record(opened("other", contact(2)), emailClicked.New(crmMail{Subject: "other"}).By(contact(2)).About(company(1)), opened("last", contact(2)))
	d.later(2 * time.Hour)
	d.record(opened("late", contact(2)))
	for _, limit := range []int{0, 1, 2, 3} {
		var lines, spanish []string
		n := 0
		for query := (activity.Query{About: []activity.Entity{company(1)}, Limit: limit}); ; {
			page, err := d.tenant.Groups(d.Context(), query)
			d.must(err)
			for _, g := range page.Groups {
				n += len(g.Events)
				lines = append(lines, g.Events[0].Actor.Name()+" "+d.journal.GroupSummary(g, "en").Text)
				spanish = append(spanish, d.journal.GroupSummary(g, "es").Text)
			}
			if query.After = page.Next; query.After == "" {
				break
			}
			if n > 100 {
				d.Fatalf("the pages of groups do not end")
			}
		}
		d.equal("the lines", lines, []string{"Contact 2 opened late", "Contact 2 opened last", "Contact 2 clicked a link in other", "Contact 2 opened other", "Contact 1 opened 5 emails"})
		d.equal("the lines in Spanish", spanish, []string{"abrió late", "abrió last", "clicked a link in other", "abrió other", "abrió 5 correos"})
		d.equal("how many events they are", n, 9)
	}
}
