package catalogue_test

import (
	"strings"
	"testing"

	"github.com/go-activity/activity/examples/crm/catalogue"
)

// All that a page shows of the catalogue, and of the library's own types and kinds, has a label in Spanish.
func TestTranslate(t *testing.T) {
	journal := newJournal(t)
	labels := map[string]string{} // and what they are of
	for _, typ := range journal.Types() {
		labels[typ.Options().Label], labels[typ.Options().Category] = "a type", "a category of events"
	}
	for _, k := range journal.Kinds() {
		labels[k.Label], labels[k.Category], labels[k.Object] = "a kind", "a category of tasks", "an object"
		for _, o := range k.Outcomes {
			labels[o.Label] = "an outcome of " + k.Name
		}
	}
	for _, q := range journal.Quotas() {
		labels[q.Name] = "a quota"
	}
	delete(labels, "") // a kind without a category or an object
	same := map[string]bool{"Error": true}
	for label, of := range labels {
		spanish := catalogue.Translate("es", label)
		if (spanish == label || spanish == "") && !same[label] {
			t.Errorf("%q, %s, is not in Spanish", label, of)
		}
		if got := catalogue.Translate("es-MX", label); got != spanish {
			t.Errorf("%q is %q in Mexico and %q in Spanish", label, got, spanish)
		}
		if english := catalogue.Translate("en", label); english == "" || strings.Contains(english, "_") {
			t.Errorf("%q, %s, is %q in English", label, of, english)
		}
	}
	if len(labels) < 80 {
		t.Errorf("only %d labels", len(labels))
	}
	for _, test := range [][3]string{
		{"es", "CSV import of contacts", "Importación CSV de contactos"}, {"en", "CSV import of contacts", "CSV import of contacts"},
		{"es", "Duplicate found", "Duplicado encontrado"}, {"fr", "Duplicate found", "Duplicate found"},
		{"", "workspace_emails", "Emails of the workspace"}, {"es", "Something else", "Something else"},
	} {
		if got := catalogue.Translate(test[0], test[1]); got != test[2] {
			t.Errorf("Translate(%q, %q) = %q, want %q", test[0], test[1], got, test[2])
		}
	}
}
