package catalogue

import (
	"time"

	"github.com/go-activity/activity"
)

// SentEmail is the payload of [EmailSent].
type SentEmail struct {
	Subject    string `json:"subject,omitempty"`
	Recipients int    `json:"recipients,omitempty"`
}

// OpenedEmail is the payload of [EmailOpened].
type OpenedEmail struct {
	Subject string `json:"subject,omitempty"`
	Times   int    `json:"times,omitempty"`
}

// ClickedEmail is the payload of [EmailClicked].
type ClickedEmail struct {
	Subject string `json:"subject,omitempty"`
	Link    string `json:"link,omitempty"`
	Times   int    `json:"times,omitempty"`
}

// BouncedEmail is the payload of [EmailBounced].
type BouncedEmail struct {
	Subject   string `json:"subject,omitempty"`
	Address   string `json:"address,omitempty"`
	Permanent bool   `json:"permanent,omitempty"` // trying again is of no use
	Reason    string `json:"reason,omitempty"`
}

// The types of email. They are about the contact first. It is the contact who opens and clicks, and the mailbox to which an
// email bounces.
var (
	EmailSent = activity.Define[SentEmail]("email.sent", activity.TypeOptions{
		Label: "Email sent", Category: "email", Icon: "mail",
		Summary:      "sent {subject, plural, =0 {an email} other {“{subject}”}}{recipients, plural, =0 {} =1 {} other { to # people}}",
		Translations: spanish("envió {subject, plural, =0 {un correo} other {«{subject}»}}{recipients, plural, =0 {} =1 {} other { a # personas}}"),
	})
	EmailOpened = activity.Define[OpenedEmail]("email.opened", activity.TypeOptions{
		Label: "Email opened", Category: "email", Icon: "mail-open",
		Summary:      "opened {subject, plural, =0 {an email} other {“{subject}”}}{times, plural, =0 {} =1 {} =2 { twice} other { # times}}",
		Translations: spanish("abrió {subject, plural, =0 {un correo} other {«{subject}»}}{times, plural, =0 {} =1 {} =2 { dos veces} other { # veces}}"),
		Group: activity.Grouping{
			Within:       time.Hour,
			Summary:      "opened emails {count, plural, =2 {twice} other {# times}}",
			Translations: spanish("abrió correos {count, plural, =2 {dos veces} other {# veces}}"),
		},
	})
	EmailClicked = activity.Define[ClickedEmail]("email.clicked", activity.TypeOptions{
		Label: "Email clicked", Category: "email", Icon: "mouse-pointer-click",
		Summary:      "clicked {link, plural, =0 {a link} other {{link}}} in {subject, plural, =0 {an email} other {“{subject}”}}{times, plural, =0 {} =1 {} =2 { twice} other { # times}}",
		Translations: spanish("hizo clic{times, plural, =0 {} =1 {} =2 { dos veces} other { # veces}} en {link, plural, =0 {un enlace} other {{link}}} de {subject, plural, =0 {un correo} other {«{subject}»}}"),
		Group: activity.Grouping{
			Within:       time.Hour,
			Summary:      "clicked links in emails {count, plural, =2 {twice} other {# times}}",
			Translations: spanish("hizo clic {count, plural, =2 {dos veces} other {# veces}} en enlaces de correos"),
		},
	})
	EmailBounced = activity.Define[BouncedEmail]("email.bounced", activity.TypeOptions{
		Label: "Email bounced", Category: "email", Icon: "mail-x",
		Summary:      "could not deliver {subject, plural, =0 {an email} other {“{subject}”}}{reason, plural, =0 {} other {: {reason}}}",
		Translations: spanish("no pudo entregar {subject, plural, =0 {un correo} other {«{subject}»}}{reason, plural, =0 {} other {: {reason}}}"),
	})
)
