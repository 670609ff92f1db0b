package activity

import (
	"maps"
	"slices"
)

// configured is what a journal was made with, in the order in which it was given.
type configured struct {
	types  []EventType
	kinds  []string // names, as those of quotas
	quotas []string
}

// Types returns the types of event that the journal knows, for a page that lets people choose: those of [Config.Types] in
// their order, and the library's own after them.
func (j *Journal) Types() []EventType { return slices.Clone(j.shared.configured.types) }

// Kinds returns the kinds of task that the journal knows, with their defaults filled in: those of [Config.Kinds] in
// their order, and [RevertKind] after them.
func (j *Journal) Kinds() []Kind {
	kinds := make([]Kind, 0, len(j.shared.configured.kinds))
	for _, name := range j.shared.configured.kinds {
		k := j.shared.kinds[name].Kind
		k.Outcomes, k.Translations = slices.Clone(k.Outcomes), maps.Clone(k.Translations)
		kinds = append(kinds, k)
	}
	return kinds
}

// Quotas returns the quotas of [Config.Quotas] in their order, with their defaults filled in. The limits are those that
// are configured; [Meter.Usage] has those in force.
func (j *Journal) Quotas() []Quota {
	quotas := make([]Quota, 0, len(j.shared.configured.quotas))
	for _, name := range j.shared.configured.quotas {
		q := *j.shared.quotas[name]
		q.Windows = slices.Clone(q.Windows)
		quotas = append(quotas, q)
	}
	return quotas
}
