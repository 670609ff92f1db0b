package activity_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/memstore"
)

// What follows is the code of docs/timelines.md, word for word; TestTimelineGuide compares.

type Mail struct {
	Subject string `json:"subject"`
}

var EmailsOpened = activity.Define[Mail]("email.opened", activity.TypeOptions{
	Category: "email",
	Summary:  "opened {subject}",
	Group: activity.Grouping{
		Within:  time.Hour, // between one and the next
		Summary: "opened {count, plural, one {# email} other {# emails}}",
	},
})

func guideTabs(ctx context.Context, acme activity.Tenant, account activity.Entity, show func(name, count string)) error {
	query := activity.Query{About: []activity.Entity{account}, Categories: []string{"email"}}
	page, err := acme.Timeline(ctx, query)
	if err != nil {
		return err
	}
	tabs, err := acme.Facets(ctx, query) // the first one is "all"
	if err != nil {
		return err
	}
	for _, tab := range tabs {
		show(tab.Category, tab.Count.String()) // "7", or "99+": nothing is counted further
	}
	_ = page
	return nil
}

func guideDates(query *activity.Query) error {
	calendar, err := activity.NewCalendar("Europe/Madrid", time.Now())
	if err != nil {
		return err // there is no such zone
	}
	query.From, query.To = calendar.LastDays(7) // today and the six days before
	return nil
}

func guideLookup(ctx context.Context, acme activity.Tenant) ([]activity.Entity, error) {
	found, err := acme.Lookup(ctx, "mul an", []string{"contact"}) // Ana Müller, for a search box
	return found, err
}

func guideSearch(ctx context.Context, acme activity.Tenant) (activity.Page, error) {
	page, err := acme.Timeline(ctx, activity.Query{Search: "müller", Categories: []string{"email"}})
	return page, err
}

func guideHierarchy(ctx context.Context, acme activity.Tenant, subsidiary, company, ana activity.Entity, shown *activity.Page) error {
	err := acme.SetParent(ctx, subsidiary, company, ana) // and a contact below its account
	if err != nil {
		return err // ErrCycle, if the company is below the subsidiary
	}
	page, err := acme.Timeline(ctx, activity.Query{About: []activity.Entity{company}, Descendants: true})
	*shown = page
	return err
}

func guideMerge(ctx context.Context, acme activity.Tenant, duplicate, account, ana activity.Entity, meanwhile func()) error {
	err := acme.Merge(ctx, duplicate, account, ana)
	if err != nil {
		return err
	}
	meanwhile()

	err = acme.Unmerge(ctx, duplicate, ana)
	return err
}

func guideComments(ctx context.Context, acme activity.Tenant, account, ana, ben activity.Entity) ([]activity.Event, error) {
	events, err := acme.Record(ctx,
		activity.NoteOn(account, "They sign in March.").By(ana),
		activity.CommentOn(account, "Who calls them?", ben).By(ana), // ben is mentioned: it is on his timeline too
	)
	return events, err
}

func guideThread(ctx context.Context, acme activity.Tenant, event activity.Event, ben activity.Entity) (activity.Page, error) {
	events, err := acme.Record(ctx, activity.CommentOnEvent(event, "That was me.").By(ben))
	if len(events) != 1 || err != nil {
		return activity.Page{}, err
	}

	thread, err := acme.Timeline(ctx, activity.Query{About: []activity.Entity{event.Entity()}})
	return thread, err
}

func guideUnread(ctx context.Context, acme activity.Tenant, account, ana activity.Entity, page activity.Page, shown *activity.Total) error {
	reader := acme.Reader(ana)
	unread, err := reader.Unread(ctx, account) // "3", or "99+"; the zero Entity is all of the tenant
	if err != nil {
		return err
	}
	err = reader.MarkRead(ctx, account, page.Events[0].ID) // the newest that was shown
	*shown = unread
	return err
}

func guideGroups(ctx context.Context, journal *activity.Journal, acme activity.Tenant, query activity.Query, show func(string)) error {
	page, err := acme.Groups(ctx, query)
	if err != nil {
		return err
	}
	for _, group := range page.Groups {
		show(journal.GroupSummary(group, "en").Text) // "opened 5 emails"
	}
	return nil
}

func guideParts(journal *activity.Journal, event activity.Event, link func(address, text string), emphasise, write func(string)) {
	for _, part := range journal.Summary(event, "es").Parts {
		switch part.Role {
		case activity.RoleEntity:
			link(journal.Link(part.Entity), part.Text)
		case activity.RoleValue:
			emphasise(part.Text)
		default:
			write(part.Text)
		}
	}
}

func TestTimelineGuide(t *testing.T) {
	quoted(t, "docs/timelines.md", "timeline_guide_test.go", 12)

	ctx := t.Context()
	now := noon
	journal, err := activity.New(memstore.New(), &activity.Config{
		Types: []activity.EventType{EmailsOpened},
		Link:  func(e activity.Entity) string { return "/" + e.Kind + "s/" + e.ID },
		Now:   func() time.Time { return now },
	})
	check(t, err)
	acme := journal.Tenant("acme")
	company, subsidiary := acct("1"), acct("2")
	eve := activity.Entity{Kind: "contact", ID: "3", Label: "Ana Müller"}
	for i := range 5 {
		now = now.Add(time.Minute)
		_, err := acme.Record(ctx, EmailsOpened.New(Mail{fmt.Sprintf("letter %d", i)}).By(eve).About(eve, subsidiary))
		check(t, err)
	}
	_, err = journal.Seal(ctx)
	check(t, err)

	var tabs []string
	check(t, guideTabs(ctx, acme, subsidiary, func(name, count string) { tabs = append(tabs, name+" "+count) }))
	if got := strings.Join(tabs, ","); !strings.HasPrefix(got, " 5,") || !strings.Contains(got, ",email 5,") {
		t.Errorf("the tabs are %q", tabs)
	}
	var query activity.Query
	check(t, guideDates(&query))
	if days := query.To.Sub(query.From).Round(24*time.Hour) / 24 / time.Hour; days != 7 {
		t.Errorf("seven days are %v to %v", query.From, query.To)
	}
	if found, err := guideLookup(ctx, acme); err != nil || !cmp.Equal(found, []activity.Entity{eve}) {
		t.Errorf("Lookup = %v, %v", found, err)
	}
	page, err := guideSearch(ctx, acme)
	if err != nil || len(page.Events) != 5 {
		t.Fatalf("the search finds %d, %v", len(page.Events), err)
	}
	var all activity.Page
	err = guideHierarchy(ctx, acme, subsidiary, company, ana, &all)
	if err != nil || len(all.Events) != 6 {
		t.Errorf("the hierarchy has %d, %v", len(all.Events), err)
	}
	duplicate := acct("4")
	check(t, guideMerge(ctx, acme, duplicate, subsidiary, ana, func() {
		page, err := acme.Timeline(ctx, activity.Query{About: []activity.Entity{duplicate}, Categories: []string{"email"}})
		if err != nil || len(page.Events) != 5 {
			t.Errorf("the duplicate has %d, %v", len(page.Events), err)
		}
	}))
	comments, err := guideComments(ctx, acme, company, ana, ben)
	if err != nil || len(comments) != 2 || !cmp.Equal(activity.Mentions(comments[1]), []activity.Entity{ben}) {
		t.Errorf("the comments are %v, %v", comments, err)
	}
	thread, err := guideThread(ctx, acme, page.Events[0], ben)
	if err != nil || len(thread.Events) != 1 || journal.Summary(thread.Events[0], "en").Text != "commented: That was me." {
		t.Errorf("the thread has %v, %v", thread.Events, err)
	}
	var unread activity.Total
	err = guideUnread(ctx, acme, subsidiary, ana, page, &unread)
	if err != nil || unread.N < 5 {
		t.Errorf("unread are %v, %v", unread, err)
	}
	var lines []string
	check(t, guideGroups(ctx, journal, acme, activity.Query{Types: []string{"email.opened"}}, func(line string) { lines = append(lines, line) }))
	if !cmp.Equal(lines, []string{"opened 5 emails"}) {
		t.Errorf("the lines are %q", lines)
	}
	var written string
	write := func(text string) { written += text }
	guideParts(journal, page.Events[0], func(address, text string) { written += "<" + address + ">" + text }, func(text string) { written += "*" + text + "*" }, write)
	for _, e := range []activity.Event{all.Events[0]} {
		guideParts(journal, e, func(address, text string) { written += "<" + address + ">" + text }, write, write)
	}
	if want := "opened *letter 4*puso </accounts/2>Account 2 bajo Account 1"; written != want {
		t.Errorf("written is %q, want %q", written, want)
	}
}
