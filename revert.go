package activity

// RevertKind is the name of the kind of task that [Tenant.Revert] makes. Every journal knows it.
const RevertKind = "revert"

var revertKind = Kind{
	Name:  RevertKind,
	Label: "Undo",
	Outcomes: []OutcomeKind{
		{"reverted", "Reverted", Updated},
		{"kept", "Kept because edited since", Unmodified},
		{"failed", "Failed", Failed},
	},
	Summary:      "undid {name}: {updated, number} reverted{unmodified, plural, =0 {} other {, # kept}}{failed, plural, =0 {} other {, # failed}}",
	Translations: map[string]string{"es": "deshizo {name}: {updated, plural, one {# revertido} other {# revertidos}}{unmodified, plural, =0 {} one {, # conservado} other {, # conservados}}{failed, plural, =0 {} one {, # fallido} other {, # fallidos}}"},
}
