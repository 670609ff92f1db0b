package catalogue

import "github.com/go-activity/activity"

// Enrichment is the payload of [EnrichmentCompleted].
type Enrichment struct {
	Fields int    `json:"fields"` // that were filled in
	Source string `json:"source,omitempty"`
}

// EnrichmentCompleted is about the contact or the account that was enriched.
var EnrichmentCompleted = activity.Define[Enrichment]("enrichment.completed", activity.TypeOptions{
	Label: "Enrichment completed", Category: "enrichment", Icon: "sparkles",
	Summary: "{fields, plural, =0 {found nothing new{source, plural, =0 {} other { in {source}}}}" +
		" one {filled in # field{source, plural, =0 {} other { from {source}}}} other {filled in # fields{source, plural, =0 {} other { from {source}}}}}",
	Translations: spanish("{fields, plural, =0 {no encontró datos nuevos{source, plural, =0 {} other { en {source}}}}" +
		" one {completó # campo{source, plural, =0 {} other { con datos de {source}}}} other {completó # campos{source, plural, =0 {} other { con datos de {source}}}}}"),
})
