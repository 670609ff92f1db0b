package catalogue

import (
	"slices"

	"github.com/go-activity/activity"
)

// Kinds are all kinds of task, those of one tab after those of the other.
func Kinds() []activity.Kind { return slices.Concat(Prospecting(), Engagement()) }

// Prospecting are the kinds that find and move records.
func Prospecting() []activity.Kind {
	return []activity.Kind{
		{
			Name: "scraping", Label: "Scraping", Category: "prospecting", Object: "contacts",
			Outcomes: FindOutcomes(), Quota: "workspace_scrapings", ActorQuota: "scrapings", Lost: activity.LostRequeues,
			Summary:      "scraped {created, plural, =0 {no new contacts} one {# new contact} other {# new contacts}} from {name}" + tail,
			Translations: spanish("{created, plural, =0 {no extrajo ningún contacto nuevo} one {extrajo # contacto nuevo} other {extrajo # contactos nuevos}} de {name}" + cola),
		},
		{
			Name: "search", Label: "Search", Category: "prospecting", Object: "contacts",
			Outcomes: FindOutcomes(), Quota: "workspace_searches", ActorQuota: "searches", Lost: activity.LostCompletes,
			Summary:      "found {succeeded, plural, =0 {no contacts} one {# contact} other {# contacts}} for “{name}”" + tail,
			Translations: spanish("{succeeded, plural, =0 {no encontró ningún contacto} one {encontró # contacto} other {encontró # contactos}} para «{name}»" + cola),
		},
		{
			Name: "enrichment", Label: "Enrichment", Category: "prospecting", Object: "contacts", Outcomes: EnrichmentOutcomes(),
			Summary:      "enriched {updated, plural, =0 {no contacts} one {# contact} other {# contacts}} of {name}" + tail,
			Translations: spanish("{updated, plural, =0 {no enriqueció ningún contacto} one {enriqueció # contacto} other {enriqueció # contactos}} de {name}" + cola),
		},
		{
			Name: "import_companies", Label: "CSV import of companies", Category: "prospecting", Object: "companies", Outcomes: activity.ImportOutcomes(),
			Summary:      "imported {created, plural, =0 {no new companies} one {# new company} other {# new companies}} from {name}" + updated + tail,
			Translations: spanish("{created, plural, =0 {no importó ninguna empresa nueva} one {importó # empresa nueva} other {importó # empresas nuevas}} de {name}" + actualizadas + cola),
		},
		{
			Name: "import_contacts", Label: "CSV import of contacts", Category: "prospecting", Object: "contacts", Outcomes: activity.ImportOutcomes(),
			Summary:      "imported {created, plural, =0 {no new contacts} one {# new contact} other {# new contacts}} from {name}" + updated + tail,
			Translations: spanish("{created, plural, =0 {no importó ningún contacto nuevo} one {importó # contacto nuevo} other {importó # contactos nuevos}} de {name}" + actualizados + cola),
		},
		{
			Name: "export_companies", Label: "CRM export of companies", Category: "prospecting", Object: "companies", Outcomes: activity.ExportOutcomes(),
			Summary:      "exported {succeeded, plural, =0 {no companies} one {# company} other {# companies}} of {name}" + tail,
			Translations: spanish("{succeeded, plural, =0 {no exportó ninguna empresa} one {exportó # empresa} other {exportó # empresas}} de {name}" + cola),
		},
		{
			Name: "export_contacts", Label: "CRM export of contacts", Category: "prospecting", Object: "contacts", Outcomes: activity.ExportOutcomes(),
			Summary:      "exported {succeeded, plural, =0 {no contacts} one {# contact} other {# contacts}} of {name}" + tail,
			Translations: spanish("{succeeded, plural, =0 {no exportó ningún contacto} one {exportó # contacto} other {exportó # contactos}} de {name}" + cola),
		},
	}
}

// Engagement are the kinds that reach out to people. Their tasks run for the identity through which they do.
func Engagement() []activity.Kind {
	return []activity.Kind{
		{
			Name: "add_to_campaign", Label: "Add to another campaign", Category: "engagement", Object: "contacts", Outcomes: CampaignOutcomes(),
			Summary:      "added {created, plural, =0 {nobody} one {# contact} other {# contacts}} to {name}" + tail,
			Translations: spanish("{created, plural, =0 {no añadió ningún contacto} one {añadió # contacto} other {añadió # contactos}} a {name}" + cola),
		},
		{
			Name: "email", Label: "Email", Category: "engagement", Object: "emails",
			Outcomes: EmailOutcomes(), Quota: "workspace_emails", ActorQuota: "emails",
			Summary:      "sent {created, plural, =0 {no emails} one {# email} other {# emails}}: {name}" + tail,
			Translations: spanish("{created, plural, =0 {no envió ningún correo} one {envió # correo} other {envió # correos}}: {name}" + cola),
		},
		{
			Name: "like_last_post", Label: "Liked last post", Category: "engagement", Object: "posts", Outcomes: LikeOutcomes(),
			Summary:      "liked {created, plural, =0 {no posts} one {the last post of # person} other {the last posts of # people}}: {name}" + tail,
			Translations: spanish("{created, plural, =0 {no dio ningún «Me gusta»} one {dio «Me gusta» a la última publicación de # persona} other {dio «Me gusta» a la última publicación de # personas}}: {name}" + cola),
		},
		{
			Name: "linkedin_invitation", Label: "LinkedIn invitation", Category: "engagement", Object: "contacts",
			Outcomes: InvitationOutcomes(), Quota: "workspace_invitations", ActorQuota: "invitations",
			Summary:      "invited {created, plural, =0 {nobody} one {# person} other {# people}} on LinkedIn: {name}" + tail,
			Translations: spanish("{created, plural, =0 {no invitó a nadie} one {invitó a # persona} other {invitó a # personas}} en LinkedIn: {name}" + cola),
		},
		{
			Name: "linkedin_message", Label: "LinkedIn message", Category: "engagement", Object: "messages", Outcomes: MessageOutcomes(),
			Summary:      "wrote to {created, plural, =0 {nobody} one {# person} other {# people}} on LinkedIn: {name}" + tail,
			Translations: spanish("{created, plural, =0 {no escribió a nadie} one {escribió a # persona} other {escribió a # personas}} por LinkedIn: {name}" + cola),
		},
	}
}

// What the summaries of tasks end with, in English and in Spanish.
const (
	updated      = "{updated, plural, =0 {} other {, # updated}}"
	actualizadas = "{updated, plural, =0 {} one {, # actualizada} other {, # actualizadas}}"
	actualizados = "{updated, plural, =0 {} one {, # actualizado} other {, # actualizados}}"
	tail         = "{warned, plural, =0 {} one {, # warning} other {, # warnings}}{failed, plural, =0 {} other {, # failed}}"
	cola         = "{warned, plural, =0 {} one {, # aviso} other {, # avisos}}{failed, plural, =0 {} one {, # error} other {, # errores}}"
)
