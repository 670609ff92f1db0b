package activityhttp

import (
	"cmp"
	"slices"

	"github.com/go-activity/activity"
)

// known is what the journal was configured with, as pages look it up.
type known struct {
	types          map[string]knownType
	typeNames      []string // in the order of the types
	kinds          map[string]activity.Kind
	allKinds       []activity.Kind
	quotas         []activity.Quota
	categories     []string // of types, in the order of the types
	taskCategories []string // of kinds, in the order of the kinds
	wholeQuotas    []string // that kinds charge for the tenant as a whole, in the order of the kinds
}

type knownType struct {
	label    string
	icon     string
	category string
}

func knownOf(j *activity.Journal) known {
	k := known{types: map[string]knownType{}, kinds: map[string]activity.Kind{}, allKinds: j.Kinds(), quotas: j.Quotas()}
	for _, t := range j.Types() {
		o := t.Options()
		k.types[t.Name()] = knownType{label: o.Label, icon: o.Icon, category: o.Category}
		k.typeNames, k.categories = append(k.typeNames, t.Name()), addTo(k.categories, o.Category)
	}
	for _, kind := range k.allKinds {
		k.kinds[kind.Name] = kind
		k.taskCategories, k.wholeQuotas = addTo(k.taskCategories, kind.Category), addTo(k.wholeQuotas, kind.Quota)
	}
	return k
}

// addTo adds a name to a list that does not have it.
func addTo(list []string, name string) []string {
	if name == "" || slices.Contains(list, name) {
		return list
	}
	return append(list, name)
}

// kindLabel returns the label of a kind, also of one that is not configured any more.
func (k *known) kindLabel(name string) string { return cmp.Or(k.kinds[name].Label, name) }
