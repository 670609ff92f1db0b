// Package contacts is what people do with a contact of a CRM. Each function checks what it is given and records it on the
// history of the contact, and of its account, with who did it. A host calls them where it changes the contact, in the same
// transaction if the tenant is one of Journal.With.
package contacts

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/examples/crm/catalogue"
)

// Contact is a contact with its account.
type Contact struct {
	Entity  activity.Entity
	Account activity.Entity // zero if it has none
}

// ErrNotAllowed is of who is no user, and of what is no contact.
var ErrNotAllowed = errors.New("contacts: not allowed")

// Archive records that a contact was put aside. The reason may be empty.
func Archive(ctx context.Context, tenant activity.Tenant, contact Contact, by activity.Entity, reason string) (activity.Event, error) {
	return record(ctx, tenant, contact, by, catalogue.ContactArchived.New(catalogue.ArchivedContact{Reason: reason}))
}

// Invite records that a contact was invited by email: to an address, without a name before it.
func Invite(ctx context.Context, tenant activity.Tenant, contact Contact, by activity.Entity, email string) (activity.Event, error) {
	return record(ctx, tenant, contact, by, catalogue.ContactInvited.New(catalogue.InvitedContact{Email: email}))
}

// Message records what was written to a contact, and on which channel.
func Message(ctx context.Context, tenant activity.Tenant, contact Contact, by activity.Entity, channel, text string) (activity.Event, error) {
	return record(ctx, tenant, contact, by, catalogue.ContactMessaged.New(catalogue.MessagedContact{Channel: channel, Text: text}))
}

// Share records that a contact was sent to some email addresses.
func Share(ctx context.Context, tenant activity.Tenant, contact Contact, by activity.Entity, addresses ...string) (activity.Event, error) {
	return record(ctx, tenant, contact, by, catalogue.ContactShared.New(catalogue.ShareWith(addresses...)))
}

// Comment records what somebody says to colleagues about a contact. Those whom it mentions find it on their timelines.
func Comment(ctx context.Context, tenant activity.Tenant, contact Contact, by activity.Entity, text string, mentions ...activity.Entity) (activity.Event, error) {
	if err := check(contact, by); err != nil {
		return activity.Event{}, err
	}
	draft := activity.CommentOn(contact.Entity, text, mentions...)
	if !slices.ContainsFunc(mentions, contact.Account.Is) {
		draft = about(draft, contact.Account)
	}
	return first(tenant.Record(ctx, draft.By(by)))
}

// Delete takes a contact out of the history for good, and records on that of its account that a contact was deleted, and why.
// The reason stays, so it must not name the contact. When it is interrupted, calling it again goes on.
//
// What tells of the contact in events that are not about it is not found, as [activity.Tenant.Erase] says.
func Delete(ctx context.Context, tenant activity.Tenant, contact Contact, by activity.Entity, reason string) (activity.Event, error) {
	if err := check(contact, by); err != nil {
		return activity.Event{}, err
	}
	if _, err := tenant.Erase(ctx, contact.Entity, by, reason); err != nil {
		return activity.Event{}, err
	}
	return first(tenant.Record(ctx, about(catalogue.ContactDeleted.New(catalogue.DeletedContact{Reason: reason}), contact.Account).By(by)))
}

// record records something about a contact and its account.
func record(ctx context.Context, tenant activity.Tenant, contact Contact, by activity.Entity, draft activity.Draft) (activity.Event, error) {
	if err := check(contact, by); err != nil {
		return activity.Event{}, err
	}
	return first(tenant.Record(ctx, about(draft.About(contact.Entity), contact.Account).By(by)))
}

func check(contact Contact, by activity.Entity) error {
	switch {
	case contact.Entity.Kind != "contact":
		return fmt.Errorf("%w: %q is no contact", ErrNotAllowed, contact.Entity.Kind)
	case by.Kind != "user":
		return fmt.Errorf("%w: %q is no user", ErrNotAllowed, by.Kind)
	}
	return nil
}

// about adds an account to what an event is about, if there is one.
func about(draft activity.Draft, account activity.Entity) activity.Draft {
	if account.IsZero() {
		return draft
	}
	return draft.About(account)
}

func first(events []activity.Event, err error) (activity.Event, error) {
	if err != nil {
		return activity.Event{}, err
	}
	return events[0], nil
}
