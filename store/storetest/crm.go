package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-activity/activity"
)

// The payloads of a CRM.
type (
	crmMail   struct{ Subject, Why string }
	crmCall   struct{ Minutes int }
	crmText   struct{ Text string }
	crmDeal   struct{ Amount float64 }
	crmStage  struct{ From, To string }
	crmFields struct{ Fields int }
	crmInvite struct{ Email string }
	crmShare  struct{ With int }
)

// Validate wants an address.
func (i crmInvite) Validate() error {
	if !strings.Contains(i.Email, "@") {
		return errors.New("an email address is required")
	}
	return nil
}

// The types of event of a CRM, with what a page needs of them.
var (
	emailSent   = crmType[crmMail]("email.sent", "email", "mail", "sent {Subject}", "envió {Subject}")
	emailOpened = activity.Define[crmMail]("email.opened", activity.TypeOptions{
		Category: "email", Icon: "mail", Summary: "opened {Subject}", Translations: map[string]string{"es": "abrió {Subject}"},
		Group: activity.Grouping{
			Within:       time.Hour,
			Summary:      "opened {count, plural, one {# email} other {# emails}}",
			Translations: map[string]string{"es": "abrió {count, plural, one {# correo} other {# correos}}"},
		},
	})
	emailClicked    = crmType[crmMail]("email.clicked", "email", "mail", "clicked a link in {Subject}", "")
	emailBounced    = crmType[crmMail]("email.bounced", "email", "mail", "bounced: {Why}", "")
	callCompleted   = crmType[crmCall]("call.completed", "calls", "phone", "spoke {Minutes, plural, one {# minute} other {# minutes}} with {about}", "habló {Minutes, plural, one {# minuto} other {# minutos}} con {about}")
	crmNote         = crmType[crmText]("crm.note_added", "crm notes", "pen", "noted: {Text}", "")
	contactAdded    = crmType[crmText]("contact.added", "contacts", "person", "added {about}", "")
	crmDealWon      = crmType[crmDeal]("crm.deal_won", "deals", "star", "won {about} for {Amount, number}", "ganó {about} por {Amount, number}")
	stageChanged    = crmType[crmStage]("deal.stage_changed", "deals", "arrow", "moved from {From} to {To}", "")
	signalDetected  = crmType[crmText]("signal.detected", "signals", "bell", "{Text}", "")
	enriched        = crmType[crmFields]("enrichment_completed", "enrichment", "wand", "found {Fields, plural, one {# field} other {# fields}}", "")
	contactArchived = crmType[crmText]("contact.archived", "contacts", "box", "archived {about}", "")
	contactInvited  = crmType[crmInvite]("contact.invited", "contacts", "door", "invited {about} at {Email}", "")
	contactMessaged = crmType[crmText]("contact.messaged", "contacts", "bubble", "wrote to {about}: {Text}", "")
	contactShared   = crmType[crmShare]("contact.shared", "contacts", "mail", "shared {about} by email with {With, plural, one {# person} other {# people}}", "")

	crmTypes = []activity.EventType{
		emailSent, emailOpened, emailClicked, emailBounced, callCompleted, crmNote, contactAdded, crmDealWon, stageChanged, signalDetected, enriched,
		contactArchived, contactInvited, contactMessaged, contactShared,
	}
)

func crmType[P any](name, category, icon, english, spanish string) activity.Type[P] {
	options := activity.TypeOptions{Category: category, Icon: icon, Summary: english}
	if spanish != "" {
		options.Translations = map[string]string{"es": spanish}
	}
	return activity.Define[P](name, options)
}

// newCRM returns a desk whose journal knows the types of a CRM, and more.
func newCRM(s subject, more ...activity.EventType) desk {
	s.Helper()
	d := newDesk(s)
	journal, err := activity.New(s.store, &activity.Config{
		Types: append(slices.Clone(crmTypes), more...),
		Kinds: deskKinds,
		Link: func(e activity.Entity) string {
			if e.Kind == "user" {
				return ""
			}
			return "/" + e.Kind + "/" + e.ID
		},
		Now: func() time.Time { return time.UnixMicro(d.clock.Load()) },
	})
	d.must(err)
	d.journal, d.tenant = journal, journal.Tenant(acme)
	return d
}

// record records drafts one after the other, a minute apart, by ana unless they say by whom.
func (d desk) record(drafts ...activity.Draft) []activity.Event {
	d.Helper()
	var all []activity.Event
	for _, draft := range drafts {
		d.later(time.Minute)
		events, err := d.tenant.Record(activity.WithActor(d.Context(), ana), draft)
		d.must(err)
		all = append(all, events...)
	}
	return all
}

// seals gives positions to all that was recorded, and takes it into the directory, as Journal.Run does.
func (d desk) seals() {
	d.Helper()
	_, err := d.journal.Seal(d.Context())
	d.must(err)
}

// shows checks which events a query finds, the newest first.
func (d desk) shows(what string, query activity.Query, want ...activity.Event) {
	d.Helper()
	page, err := d.tenant.Timeline(d.Context(), query)
	d.must(err)
	if diff := diffAll(want, page.Events); diff != "" {
		d.Errorf("%s: %s", what, diff)
	}
}

// tabs returns the numbers of a page's tabs that are not zero: "all 3", "email 2".
func (d desk) tabs(query activity.Query) []string {
	d.Helper()
	facets, err := d.tenant.Facets(d.Context(), query)
	d.must(err)
	var list []string
	for i, f := range facets {
		if i == 0 {
			f.Category = "all"
		}
		if f.Count.N > 0 {
			list = append(list, fmt.Sprint(f.Category, " ", f.Count))
		}
	}
	return list
}

// newest returns events from the last to the first.
func newest(events ...activity.Event) []activity.Event {
	events = slices.Clone(events)
	slices.Reverse(events)
	return events
}
