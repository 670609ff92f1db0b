package catalogue

import (
	"errors"
	"fmt"
	"net/mail"

	"github.com/go-activity/activity"
)

// AddedContact is the payload of [ContactAdded].
type AddedContact struct {
	Source string `json:"source,omitempty"` // where it was found: "contacts.csv"
}

// ArchivedContact is the payload of [ContactArchived].
type ArchivedContact struct {
	Reason string `json:"reason,omitempty"`
}

// DeletedContact is the payload of [ContactDeleted]. It does not say who was deleted.
type DeletedContact struct {
	Reason string `json:"reason"`
}

// Validate wants a reason.
func (d DeletedContact) Validate() error { return required("reason", d.Reason) }

// InvitedContact is the payload of [ContactInvited].
type InvitedContact struct {
	Email string `json:"email"`
}

// Validate wants an email address, and nothing but that.
func (i InvitedContact) Validate() error { return checkAddress("email", i.Email) }

// MessagedContact is the payload of [ContactMessaged].
type MessagedContact struct {
	Channel string `json:"channel"` // "email", "linkedin", "sms", "whatsapp"
	Text    string `json:"text"`
}

// Validate refuses empty messages, and channels that the summary has no words for.
func (m MessagedContact) Validate() error {
	switch m.Channel {
	case "email", "linkedin", "sms", "whatsapp":
		return required("text", m.Text)
	}
	return fmt.Errorf("channel is %q", m.Channel)
}

// SharedContact is the payload of [ContactShared]; [ShareWith] makes it.
type SharedContact struct {
	With  []string `json:"with"`  // email addresses
	Count int      `json:"count"` // of With, for the summary
}

// ShareWith is the payload of a contact that is shared with some addresses.
func ShareWith(addresses ...string) SharedContact {
	return SharedContact{With: addresses, Count: len(addresses)}
}

// Validate wants at least one address, and each only once.
func (s SharedContact) Validate() error {
	if len(s.With) == 0 || s.Count != len(s.With) {
		return errors.New("with is empty, or not as many as count")
	}
	seen := map[string]bool{}
	for i, address := range s.With {
		if err := checkAddress(fmt.Sprintf("with[%d]", i), address); err != nil {
			return err
		}
		if seen[address] {
			return fmt.Errorf("with[%d] is there twice", i)
		}
		seen[address] = true
	}
	return nil
}

// The types of contacts. They are about the contact first, but for ContactDeleted: it is about the contact's account, because
// the contact is nowhere any more.
var (
	ContactAdded = activity.Define[AddedContact]("contact.added", activity.TypeOptions{
		Label: "Contact added", Category: "contacts", Icon: "user-plus",
		Summary:      "added {about}{source, plural, =0 {} other { from {source}}}",
		Translations: spanish("añadió a {about}{source, plural, =0 {} other { desde {source}}}"),
	})
	ContactArchived = activity.Define[ArchivedContact]("contact.archived", activity.TypeOptions{
		Label: "Contact archived", Category: "contacts", Icon: "archive",
		Summary:      "archived {about}{reason, plural, =0 {} other {: {reason}}}",
		Translations: spanish("archivó a {about}{reason, plural, =0 {} other {: {reason}}}"),
	})
	ContactDeleted = activity.Define[DeletedContact]("contact.deleted", activity.TypeOptions{
		Label: "Contact deleted", Category: "contacts", Icon: "trash",
		Summary:      "deleted a contact{reason, plural, =0 {} other {: {reason}}}",
		Translations: spanish("eliminó un contacto{reason, plural, =0 {} other {: {reason}}}"),
	})
	ContactInvited = activity.Define[InvitedContact]("contact.invited", activity.TypeOptions{
		Label: "Contact invited", Category: "contacts", Icon: "send",
		Summary:      "invited {about}{email, plural, =0 {} other { ({email})}}",
		Translations: spanish("invitó a {about}{email, plural, =0 {} other { ({email})}}"),
	})
	ContactMessaged = activity.Define[MessagedContact]("contact.messaged", activity.TypeOptions{
		Label: "Contact messaged", Category: "contacts", Icon: "message-square",
		Summary:      "wrote to {about}" + channel(" by email", " on LinkedIn", " by SMS", " on WhatsApp") + "{text, plural, =0 {} other {: {text}}}",
		Translations: spanish("escribió a {about}" + channel(" por correo", " por LinkedIn", " por SMS", " por WhatsApp") + "{text, plural, =0 {} other {: {text}}}"),
	})
	ContactShared = activity.Define[SharedContact]("contact.shared", activity.TypeOptions{
		Label: "Contact shared", Category: "contacts", Icon: "share",
		Summary:      "shared {about} by email{count, plural, =0 {} one { with # person} other { with # people}}",
		Translations: spanish("compartió la ficha de {about} por correo{count, plural, =0 {} one { con # persona} other { con # personas}}"),
	})
)

func channel(email, linkedIn, sms, whatsApp string) string {
	return "{channel, select, email {" + email + "} linkedin {" + linkedIn + "} sms {" + sms + "} whatsapp {" + whatsApp + "} other {}}"
}

// checkAddress refuses what is not one email address alone: "Hank <hank@globex.test>" is not.
func checkAddress(field, text string) error {
	address, err := mail.ParseAddress(text)
	if err != nil {
		return fmt.Errorf("%s: %w", field, err)
	}
	if address.Address != text {
		return fmt.Errorf("%s is more than an email address", field)
	}
	return nil
}
