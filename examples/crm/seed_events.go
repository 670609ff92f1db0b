package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/examples/crm/catalogue"
)

// dated is an event with its time.
type dated struct {
	at    time.Time
	draft activity.Draft
	of    string // the contact, if it is about one
}

// planEvents plans batches of events: by the week, and by the day of late.
func (s *seeder) planEvents() {
	const day = 24 * time.Hour
	for before := 365; before > 0; {
		days := 7
		if before <= 30 {
			days = 1
		}
		days = min(days, before)
		from := s.now.Add(-time.Duration(before) * day)
		before -= days
		end := -time.Duration(before) * day
		if before == 0 {
			end = -2 * time.Hour // what is nearer is for tasks
		}
		s.at(end, func(ctx context.Context) error { return s.batch(ctx, from, s.now.Add(end)) })
	}
}

// batch records what happened from one time to another, as a system that is told of it later.
func (s *seeder) batch(ctx context.Context, from, to time.Time) error {
	var drafts []activity.Draft
	events := s.late
	s.late = nil
	for day := from; day.Before(to); day = day.Add(24 * time.Hour) {
		age := s.now.Sub(day).Hours() / 24
		n := int(s.volume.perDay + s.volume.lately*math.Exp(-age/30))
		for made := 0; made < n; {
			at := day.Add(time.Duration(s.rand.Int64N(int64(min(24*time.Hour, to.Sub(day))))))
			story := s.story(at)
			made += len(story)
			events = append(events, story...)
		}
	}
	slices.SortStableFunc(events, func(a, b dated) int { return a.at.Compare(b.at) })
	for _, e := range events {
		if e.at.After(to) {
			s.late = append(s.late, e)
			continue
		}
		drafts = append(drafts, e.draft.At(e.at))
	}
	recorded, err := s.tenant.Record(ctx, drafts...)
	if err != nil {
		return err
	}
	return s.talk(ctx, recorded)
}

// story is something that happens, with what follows from it.
func (s *seeder) story(at time.Time) []dated {
	contact := s.someone(at)
	one := func(d activity.Draft) []dated { return []dated{{at, d, contact.ID}} }
	switch n := s.rand.IntN(100); {
	case n < 42:
		return s.emails(contact, at)
	case n < 52:
		call := catalogue.Call{Minutes: s.rand.IntN(25) + 1, Inbound: n%3 == 0, Topic: pick(s.rand, []string{"", "the pilot", "prices", "the contract"})}
		if n%4 == 0 {
			call = catalogue.Call{Outcome: pick(s.rand, []string{"no_answer", "busy", "voicemail"})}
		}
		return one(catalogue.CallCompleted.New(call).By(s.anyone()).About(s.about(contact)...).Key(s.key("call")))
	case n < 58:
		text := pick(s.rand, []string{"wants the pilot to start in April", "budget is decided in June", "prefers email", "met at the fair", "asked for a reference"})
		if n%2 == 0 {
			return one(activity.NoteOn(contact.entity(), text).By(s.anyone()).About(s.account(contact.Account)))
		}
		return one(catalogue.NoteAdded.New(catalogue.Note{Text: text}).By(s.anyone()).About(s.about(contact)...).Manual())
	case n < 70:
		return one(s.signal().By(radar).About(s.account(pick(s.rand, s.accounts).ID)).Key(s.key("signal")))
	case n < 77:
		found := catalogue.Enrichment{Fields: s.rand.IntN(5), Source: "Globe Data"}
		return one(catalogue.EnrichmentCompleted.New(found).By(gatherer).About(s.about(contact)...))
	case n < 84:
		message := catalogue.MessagedContact{Channel: pick(s.rand, []string{"linkedin", "sms", "whatsapp", "email"}), Text: "do you have time this week?"}
		return one(catalogue.ContactMessaged.New(message).By(s.anyone()).About(s.about(contact)...))
	case n < 87:
		return one(catalogue.ContactInvited.New(catalogue.InvitedContact{Email: contact.Email}).By(s.anyone()).About(s.about(contact)...))
	case n < 90 && s.archives(contact.ID):
		return one(catalogue.ContactArchived.New(catalogue.ArchivedContact{Reason: "moved to another company"}).By(s.anyone()).About(s.about(contact)...))
	case n < 90:
		return one(catalogue.ContactShared.New(catalogue.ShareWith("eve@partner.test", "joe@partner.test")).By(s.anyone()).About(s.about(contact)...))
	case n < 93:
		return one(catalogue.ContactAdded.New(catalogue.AddedContact{Source: pick(s.rand, []string{"", "contacts.csv", "the website"})}).By(s.anyone()).About(s.about(contact)...))
	}
	return one(s.deal().By(s.anyone()))
}

// archives puts a contact aside, unless it is one of those that are still worked with.
func (s *seeder) archives(id string) bool {
	i := slices.IndexFunc(s.contacts, func(c record) bool { return c.ID == id })
	if i < s.volume.contacts/2 || s.rand.IntN(5) > 0 {
		return false
	}
	s.contacts[i].Archived = true
	return true
}

// emails are an email with what becomes of it. The provider tells of that by webhooks, which come twice at times.
func (s *seeder) emails(contact record, at time.Time) []dated {
	subject := pick(s.rand, []string{"Our offer", "A short question", "Your trial", "News of March", "Following up"})
	about := s.about(contact)
	sent := catalogue.EmailSent.New(catalogue.SentEmail{Subject: subject}).By(pick(s.rand, s.workspace.by("mailto"))).About(about...).Key(s.key("mail"))
	if s.rand.IntN(3) == 0 {
		sent = sent.About(pick(s.rand, s.campaigns))
	}
	all := []dated{{at, sent, contact.ID}}
	if s.rand.IntN(25) == 0 {
		bounced := catalogue.BouncedEmail{Subject: subject, Address: contact.Email, Reason: "the mailbox is full"}
		return append(all, dated{at.Add(time.Minute), catalogue.EmailBounced.New(bounced).By(mail).About(about...).Key(s.key("mail")), contact.ID})
	}
	if s.rand.IntN(5) < 2 {
		return all
	}
	at = at.Add(time.Duration(s.rand.IntN(600)+5) * time.Minute)
	for range s.rand.IntN(3) + 1 {
		opened := dated{at, catalogue.EmailOpened.New(catalogue.OpenedEmail{Subject: subject}).By(contact.entity()).About(about...).Key(s.key("mail")), contact.ID}
		all = append(all, opened)
		if s.rand.IntN(10) == 0 {
			all = append(all, opened)
		}
		at = at.Add(time.Duration(s.rand.IntN(12)+1) * time.Minute)
	}
	if s.rand.IntN(4) == 0 {
		clicked := catalogue.ClickedEmail{Subject: subject, Link: "acme.test/offer", Times: 1}
		all = append(all, dated{at, catalogue.EmailClicked.New(clicked).By(contact.entity()).About(about...).Key(s.key("mail")), contact.ID})
	}
	return all
}

func (s *seeder) signal() activity.Draft {
	return catalogue.SignalDetected.New(pick(s.rand, []catalogue.Signal{
		{Signal: "hiring", Count: 3, Detail: "sales, Berlin"}, {Signal: "hiring", Count: 1}, {Signal: "funding", Detail: "12 M EUR"},
		{Signal: "job_change", Detail: "a new CTO"}, {Signal: "website_visit", Count: 5}, {Signal: "website_visit", Count: 1, Detail: "prices"},
	}))
}

// deal moves a deal on. One that was won begins again.
func (s *seeder) deal() activity.Draft {
	d := &s.deals[s.rand.IntN(len(s.deals))]
	about := []activity.Entity{d.entity(), s.account(d.Account)}
	next := slices.Index(stages, d.Title) + 1
	if next == len(stages) {
		d.Title = "Won"
		return catalogue.DealWon.New(catalogue.WonDeal{Amount: int64(s.rand.IntN(90)+5) * 1000, Currency: "EUR"}).About(about...)
	}
	change := catalogue.StageChange{From: d.Title, To: stages[next]}
	d.Title = stages[next]
	return catalogue.DealStageChanged.New(change).About(about...)
}

// talk comments on some of what was recorded, and answers.
func (s *seeder) talk(ctx context.Context, recorded []activity.Event) error {
	var drafts []activity.Draft
	editors := s.workspace.editors()
	for i, e := range recorded {
		if s.told++; s.told%37 != 5 || len(e.About) == 0 {
			continue
		}
		asks, answers := editors[i%len(editors)], editors[(i+1)%len(editors)]
		if i%2 == 0 {
			drafts = append(drafts, activity.CommentOn(e.About[0], "does anyone know more?", answers).By(asks).At(e.OccurredAt.Add(47*time.Second)))
			continue
		}
		drafts = append(drafts,
			activity.CommentOnEvent(e, "shall I call them?", answers).By(asks).At(e.OccurredAt.Add(10*time.Second)),
			activity.CommentOnEvent(e, "please do").By(answers).At(e.OccurredAt.Add(53*time.Second)))
	}
	_, err := s.tenant.Record(ctx, drafts...)
	return err
}

// key is what a system knows an event by.
func (s *seeder) key(system string) string {
	s.keys++
	return fmt.Sprintf("%s-%06d", system, s.keys)
}
