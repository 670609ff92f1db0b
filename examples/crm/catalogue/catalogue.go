// Package catalogue has the types of event, the kinds of task and the quotas of a CRM with prospecting: a start to copy from.
//
// Summaries go on where the name of the actor ends: "Ana", "moved from Proposal to Negotiation". They are in English and in Spanish;
// labels are in English, and in Spanish in [Spanish]. Comments are the library's own: activity.CommentOn.
//
// What a payload lacks is left out of the sentence. Patterns do that with a plural: what is missing counts as 0, and any
// text as other. So fields that may be missing are omitted from the JSON when they are empty.
package catalogue

import (
	"fmt"

	"github.com/go-activity/activity"
)

// Config is all of the catalogue. A host adds what it has of its own.
func Config() activity.Config {
	return activity.Config{Types: Types(), Kinds: Kinds(), Quotas: Quotas()}
}

// Types are all types of event.
func Types() []activity.EventType {
	return []activity.EventType{
		EmailSent, EmailOpened, EmailClicked, EmailBounced,
		CallCompleted,
		NoteAdded,
		ContactAdded, ContactArchived, ContactDeleted, ContactInvited, ContactMessaged, ContactShared,
		DealStageChanged, DealWon,
		SignalDetected,
		EnrichmentCompleted,
	}
}

// Account is an account as events are about it.
func Account(id, label string) activity.Entity {
	return activity.Entity{Kind: "account", ID: id, Label: label}
}

// Contact is a contact as events are about it.
func Contact(id, label string) activity.Entity {
	return activity.Entity{Kind: "contact", ID: id, Label: label}
}

// Deal is a deal as events are about it.
func Deal(id, label string) activity.Entity {
	return activity.Entity{Kind: "deal", ID: id, Label: label}
}

// spanish is the pattern of a summary in Spanish.
func spanish(pattern string) map[string]string { return map[string]string{"es": pattern} }

func required(field, text string) error {
	if text == "" {
		return fmt.Errorf("%s is missing", field)
	}
	return nil
}
