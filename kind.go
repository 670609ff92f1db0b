package activity

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"
)

// Kind is a kind of task, as [Config.Kinds] lists them: "import_contacts".
type Kind struct {
	// Name identifies the kind: a-z, 0-9, _ and single dots, at most 100 bytes.
	Name string

	// Label names it for people: "CSV import". Defaults to the name, made readable.
	Label string

	// Category is the tab that shows its tasks: "prospecting". Defaults to none.
	Category string

	// Object is what its records are, in the plural: "contacts". Defaults to none.
	Object string

	// Outcomes are the categories of its report, in the order in which they are shown. Defaults to
	// none: the task reports no records.
	Outcomes []OutcomeKind

	// MaxProcessing is how many tasks of the kind may be processing at a time in one tenant.
	// Defaults to 0, any number.
	MaxProcessing int

	// Quota is the quota, one of Config.Quotas, of which Run.Charge uses units for the tenant as a whole.
	// A task starts only while it has room for a unit. Defaults to none.
	Quota string

	// ActorQuota is the quota of which Run.Charge uses units for the task's actor: the identity that the
	// host acts through, say. A task starts only while it has room for a unit. Defaults to none.
	ActorQuota string

	// Lease is how long a run may be silent before it counts as lost. It renews its lease by itself,
	// every quarter of it and at least every five seconds. Defaults to a minute; at least a second.
	Lease time.Duration

	// Lost says what becomes of a task whose run is lost. Defaults to LostFails.
	Lost LostPolicy

	// MaxLosses is how often the run of a task may be lost until it fails whatever Lost says: it may be the
	// task that kills the processes. Defaults to 5.
	MaxLosses int

	// Summary is the pattern of the summary of a task that completed, in the language of
	// Config.Locale: "imported {created, number} contacts{failed, plural, =0 {} other {, # failed}}".
	// Its fields are those of [TaskEvent]. Defaults to the counts in general words.
	Summary string

	// Translations are patterns of Summary in other languages, by BCP 47 tag. Defaults to none.
	Translations map[string]string

	// Retention is how long the outcomes of a task are kept after it has ended; its counts stay. See
	// Journal.Retain. Defaults to forever.
	Retention time.Duration
}

// OutcomeKind is a category of a kind's report: "created new contacts".
type OutcomeKind struct {
	Name   string  // a-z, 0-9, _ and single dots, at most 100 bytes
	Label  string  // for people. Defaults to the name, made readable
	Counts Counter // the standard counter that its outcomes count on
}

// Counter is one of the fields of [Counts].
type Counter uint8

// The counters.
const (
	Created    Counter = 1
	Updated    Counter = 2
	Deleted    Counter = 3
	Unmodified Counter = 4
	Failed     Counter = 5
	Warned     Counter = 6
)

// LostPolicy says what becomes of a task whose run is lost: its process was killed, or was cut off
// from the database for longer than the lease.
type LostPolicy uint8

// The policies.
const (
	LostFails     LostPolicy = 0 // it fails, as a failure of the system
	LostRequeues  LostPolicy = 1 // it is queued again, with its counts and outcomes, for another run
	LostCompletes LostPolicy = 2 // it completes: it goes on only when somebody asks for more, as a search does; see Run.Pause
)

// ImportOutcomes are the categories of a report on a CSV import.
func ImportOutcomes() []OutcomeKind {
	return []OutcomeKind{
		{"imported", "Imported", Created},
		{"updated", "Updated", Updated},
		{"unchanged", "Unchanged", Unmodified},
		{"invalid_field", "Invalid field", Warned},
		{"missing_field", "Missing required field", Warned},
		{"duplicate", "Duplicate", Warned},
		{"error", "Error", Failed},
	}
}

// ExportOutcomes are the categories of a report on an export to a CRM.
func ExportOutcomes() []OutcomeKind {
	return []OutcomeKind{
		{"created", "Created", Created},
		{"updated", "Updated", Updated},
		{"unchanged", "Unchanged", Unmodified},
		{"duplicate", "Duplicate found", Warned},
		{"not_associated", "Company could not be associated", Warned},
		{"shared_id", "Companies sharing one CRM id", Warned},
		{"create_conflict", "Company with create conflict", Failed},
		{"error", "Error", Failed},
	}
}

// kind is what the library knows of a kind of task; it does not change after New.
type kind struct {
	Kind
	outcomes map[string]OutcomeKind
	summary  *pattern            // nil: the general one
	patterns map[string]*pattern // Translations, by canonical tag

	completed *definition // by which the end of a task is summarized
}

// leaseDefault and leaseMin bound Kind.Lease.
const (
	leaseDefault = time.Minute
	leaseMin     = time.Second
)

// newKind checks a kind and fills in its defaults.
func newKind(field string, k Kind, locale language.Tag) (*kind, error) {
	if err := checkTypeName(field+".Name", k.Name); err != nil {
		return nil, err
	}
	if k.Label == "" {
		k.Label = readable(k.Name)
	}
	if k.Lease == 0 {
		k.Lease = leaseDefault
	}
	if k.MaxLosses == 0 {
		k.MaxLosses = 5
	}
	switch {
	case k.MaxLosses < 0:
		return nil, invalidf(field+".MaxLosses", "is negative")
	case k.MaxProcessing < 0:
		return nil, invalidf(field+".MaxProcessing", "is negative")
	case k.Lease < leaseMin:
		return nil, invalidf(field+".Lease", "is less than %v", leaseMin)
	case k.Retention < 0:
		return nil, invalidf(field+".Retention", "is negative")
	case k.Lost > LostCompletes:
		return nil, invalidf(field+".Lost", "is no policy")
	}
	for _, text := range []struct{ name, value string }{{".Label", k.Label}, {".Category", k.Category}, {".Object", k.Object}} {
		if text.value != "" {
			if err := checkText(field+text.name, text.value, MaxText); err != nil {
				return nil, err
			}
		}
	}
	compiled := &kind{Kind: k, outcomes: map[string]OutcomeKind{}}
	compiled.Outcomes = slices.Clone(k.Outcomes)
	compiled.Translations = maps.Clone(k.Translations)
	for i, o := range compiled.Outcomes {
		field := fmt.Sprintf("%s.Outcomes[%d]", field, i)
		if err := checkTypeName(field+".Name", o.Name); err != nil {
			return nil, err
		}
		if _, twice := compiled.outcomes[o.Name]; twice {
			return nil, invalidf(field, "is a second one named %q", o.Name)
		}
		if o.Counts < Created || o.Counts > Warned {
			return nil, invalidf(field+".Counts", "is no counter")
		}
		if o.Label == "" {
			o.Label = readable(o.Name)
		}
		compiled.Outcomes[i], compiled.outcomes[o.Name] = o, o
	}
	fields := structFields(reflect.TypeFor[TaskEvent]())
	if k.Summary != "" {
		p, err := compile(k.Summary, fields)
		if err == nil {
			err = p.Check(localeOf(locale))
		}
		if err != nil {
			return nil, &InvalidError{Field: field + ".Summary", Reason: "is no pattern: " + err.Error(), Err: err}
		}
		compiled.summary = p
	}
	var err error
	if compiled.patterns, err = compileTranslations(k.Translations, fields); err != nil {
		return nil, &InvalidError{Field: field + ".Translations", Reason: "has a " + err.Error(), Err: err}
	}
	return compiled, nil
}

// heartbeat is how often a run renews its lease.
func (k *kind) heartbeat() time.Duration { return min(k.Lease/4, 5*time.Second) }

// kindsOf returns the names of the kinds that have one of some values, sorted. A value that no kind
// has is a mistake of the program.
func (j *Journal) kindsOf(field string, values []string, of func(*kind) string) ([]string, error) {
	var names []string
	for _, value := range values {
		found := false
		for name, k := range j.shared.kinds {
			if of(k) == value && value != "" {
				names, found = append(names, name), true
			}
		}
		if !found {
			return nil, invalidf(field, "has %q, which no configured kind has", value)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// kind returns a configured kind.
func (j *Journal) kind(name string) (*kind, error) {
	if k := j.shared.kinds[name]; k != nil {
		return k, nil
	}
	return nil, &InvalidError{Field: "Kind", Reason: fmt.Sprintf("%q is not among Config.Kinds", strings.ToValidUTF8(name, "?")), Err: ErrUnknownKind}
}
