package activity

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/text/language"
)

// Config says what a [Journal] knows. New copies it.
type Config struct {
	// Types are the types of event that can be recorded. Defaults to none.
	Types []EventType

	// Kinds are the kinds of task that can be queued. Defaults to none.
	Kinds []Kind

	// Quotas are the quotas that meters can be charged of. Defaults to none.
	Quotas []Quota

	// Limits says what the limit of a window of a quota is for a meter, by the plan that the tenant has, say; Unlimited is
	// none. It is asked before each charge, so that a change counts at once, and therefore should be
	// quick; its errors are passed on. It may be called by many goroutines. Defaults to Window.Limit.
	Limits func(context.Context, LimitRequest) (int64, error)

	// Locale is the language of the patterns in TypeOptions.Summary and Kind.Summary, and the one
	// that summaries fall back to, as a BCP 47 tag. Defaults to "en".
	Locale string

	// Link returns the address of an entity's page in the host, or the empty string if it has none; see Journal.Link. It
	// may be called by many goroutines. Defaults to none.
	Link func(Entity) string

	// MaxPayload is the most bytes that a payload may have. Defaults to 65,536.
	MaxPayload int

	// Origin names this journal in the checkpoints of its ledgers, followed by a slash and the tenant: a URL without a scheme
	// that nobody else uses, such as "crm.example.com/activity". At most 255 bytes, without spaces and plus signs.
	// Changing it makes other ledgers of the same events. Defaults to "activity".
	Origin string

	// Signer signs checkpoints, with a key that [GenerateKey] has made or one that is kept elsewhere. It may be called by
	// many goroutines. Defaults to none, so that there are no checkpoints and no proofs.
	Signer note.Signer

	// Now tells the time, for tests. Defaults to time.Now, except that the leases, starts and ends
	// of tasks, and quotas, use the clock of the database then.
	Now func() time.Time

	// Logger is told what goes wrong where nobody else hears of it: in Journal.Run, and when a run
	// cannot renew its lease. Defaults to slog.Default().
	Logger *slog.Logger
}

// Journal records and reads events. It is safe for concurrent use; a program makes one and keeps it.
type Journal struct {
	store  Store
	shared *shared
	bound  bool // to a store that was given to With
}

// shared is what all journals made of one by With have in common.
type shared struct {
	configured configured
	types      map[string]*definition
	recordable map[string]*definition // those that drafts may have, as drafts have them
	categories map[string][]string    // the names of their types, sorted
	kinds      map[string]*kind
	quotas     map[string]*Quota
	limits     func(context.Context, LimitRequest) (int64, error) // Config.Limits, or nil
	locale     *chain                                             // of Config.Locale
	locales    locales
	link       func(Entity) string // Config.Link, or nil
	maxPayload int
	origin     string
	signer     note.Signer // nil if there is none
	now        func() time.Time
	clock      func() time.Time // Config.Now, or a function that returns the zero time: the store's clock
	logger     *slog.Logger
	ids        idSource
	runs       runs
	turns      turns
	tailer     tailer
	consuming  consuming
}

// New makes a journal on a store. A nil config means defaults. What is wrong with the config is an
// [InvalidError].
func New(store Store, config *Config) (*Journal, error) {
	var c Config
	if config != nil {
		c = *config
	}
	if store == nil {
		return nil, invalidf("Store", "is missing")
	}
	if c.Locale == "" {
		c.Locale = "en"
	}
	if c.MaxPayload == 0 {
		c.MaxPayload = MaxPayload
	}
	if c.MaxPayload < 2 {
		return nil, invalidf("Config.MaxPayload", "is less than 2")
	}
	if c.Origin == "" {
		c.Origin = "activity"
	}
	if err := checkName("Config.Origin", c.Origin); err != nil {
		return nil, err
	}
	if c.Signer != nil {
		if err := checkName("Config.Signer.Name", c.Signer.Name()); err != nil {
			return nil, err
		}
	}
	clock := c.Now
	if c.Now == nil {
		c.Now, clock = time.Now, func() time.Time { return time.Time{} }
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	locale, err := language.Parse(c.Locale)
	if err != nil || locale == language.Und {
		return nil, &InvalidError{Field: "Config.Locale", Reason: "is not a language tag", Err: err}
	}
	s := &shared{
		types:      map[string]*definition{},
		recordable: map[string]*definition{},
		categories: map[string][]string{},
		locale:     newChain(locale, localeOf(locale)),
		link:       c.Link,
		maxPayload: c.MaxPayload,
		origin:     c.Origin,
		signer:     c.Signer,
		now:        c.Now,
		clock:      clock,
		logger:     c.Logger,
		kinds:      map[string]*kind{},
		quotas:     map[string]*Quota{},
		tailer:     tailer{store: store, logger: c.Logger},
	}
	for i, t := range c.Types {
		field := fmt.Sprintf("Config.Types[%d]", i)
		if t == nil || t.definition() == nil {
			return nil, invalidf(field, "is missing: types are made by Define")
		}
		d := t.definition()
		if s.types[d.name] != nil {
			return nil, invalidf(field, "is a second type named %q", d.name)
		}
		for _, d := range []*definition{d, d.group} {
			if d == nil || d.summary == nil {
				continue
			}
			if err := d.summary.Check(localeOf(locale)); err != nil {
				return nil, &InvalidError{Field: field, Reason: "has a pattern that does not suit Config.Locale: " + err.Error(), Err: err}
			}
		}
		s.addType(d)
		s.recordable[d.name] = d
		s.configured.types = append(s.configured.types, t)
	}
	if err := s.addQuotas(c.Quotas, c.Limits); err != nil {
		return nil, err
	}
	if err := s.addKinds(c.Kinds, locale); err != nil {
		return nil, err
	}
	for _, names := range s.categories {
		slices.Sort(names)
	}
	return &Journal{store: store, shared: s}, nil
}

func (s *shared) addType(d *definition) {
	s.types[d.name] = d
	if category := d.options.Category; category != "" {
		s.categories[category] = append(s.categories[category], d.name)
	}
}

// addKinds adds kinds of task, and the library's own types.
func (s *shared) addKinds(kinds []Kind, locale language.Tag) error {
	for _, t := range slices.Concat(lifecycleTypes, upkeepTypes, relationTypes, commentTypes) {
		d := inLocale(t.definition(), s.locale)
		if s.types[d.name] != nil {
			return invalidf("Config.Types", "has a type named %q, which is the library's own", d.name)
		}
		s.addType(d)
		s.configured.types = append(s.configured.types, t)
	}
	for _, t := range commentTypes {
		s.recordable[t.Name()] = t.definition()
	}
	if err := s.addKind("RevertKind", revertKind, locale); err != nil {
		return err
	}
	for i, k := range kinds {
		if err := s.addKind(fmt.Sprintf("Config.Kinds[%d]", i), k, locale); err != nil {
			return err
		}
		s.configured.kinds = append(s.configured.kinds, k.Name)
	}
	s.configured.kinds = append(s.configured.kinds, RevertKind)
	return nil
}

func (s *shared) addKind(field string, k Kind, locale language.Tag) error {
	compiled, err := newKind(field, k, locale)
	if err != nil {
		return err
	}
	if s.kinds[k.Name] != nil {
		return invalidf(field, "is a second kind named %q", k.Name)
	}
	for name, quota := range map[string]string{".Quota": k.Quota, ".ActorQuota": k.ActorQuota} {
		if quota != "" && s.quotas[quota] == nil {
			return &InvalidError{Field: field + name, Reason: fmt.Sprintf("%q is not among Config.Quotas", quota), Err: ErrUnknownQuota}
		}
	}
	if k.Quota != "" && k.Quota == k.ActorQuota {
		return invalidf(field+".ActorQuota", "is the one of the tenant, Quota")
	}
	compiled.completed = compiled.completion(s.types[TaskCompleted.def.name], s.locale)
	s.kinds[k.Name] = compiled
	return nil
}

// With returns a journal that is the same but for its store: one in a transaction of the host, for
// example. See the Tx methods of the stores.
func (j *Journal) With(store Store) *Journal {
	return &Journal{store: store, shared: j.shared, bound: true}
}

// Tenant returns a handle on one tenant's events: every read and write through it stays within the
// tenant. The name has at most 64 bytes; a bad one is reported by the calls made with it.
func (j *Journal) Tenant(name string) Tenant { return Tenant{journal: j, name: name} }

// Tenant is a handle on the events of one tenant. It is a small value, safe for concurrent use.
type Tenant struct {
	journal *Journal
	name    string
}

// Name returns the tenant's name.
func (t Tenant) Name() string { return t.name }

// Record stores events, all or none, in the host's transaction if the journal is in one, and returns
// them as stored, in the order of the drafts. Drafts of one call that occurred at the same time keep
// their order on timelines.
//
// When ctx ends meanwhile, the error is the context's, and nothing is stored; but on a pool of PostgreSQL
// that the host opened, a call that the end meets while it commits may have been stored all the same,
// whole. With a Key, recording it again settles that.
//
// Bad input is an [InvalidError], a type that is not configured [ErrUnknownType], a key that was used
// for something else [ErrKeyConflict]; nothing is stored then. There is no limit on the number of
// drafts, but a thousand at a time are recorded fastest.
func (t Tenant) Record(ctx context.Context, drafts ...Draft) ([]Event, error) {
	rows, places, err := t.rows(ctx, drafts)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	stored, err := t.journal.store.AppendEvents(ctx, rows)
	if err != nil {
		return nil, err
	}
	return inPlaces(stored, places), nil
}

// inPlaces gives each draft its event: those that share a key share one.
func inPlaces(stored []Event, places []int) []Event {
	if len(stored) == len(places) {
		return stored
	}
	events := make([]Event, len(places))
	for i, place := range places {
		events[i] = stored[place].Clone()
	}
	return events
}

// rows makes rows of drafts, one for those that share a key; places tells the row of each draft.
func (t Tenant) rows(ctx context.Context, drafts []Draft) (rows []EventRow, places []int, err error) {
	if err := checkTenant(t.name); err != nil {
		return nil, nil, err
	}
	s := t.journal.shared
	actor, _ := ActorFrom(ctx)
	now := s.now().UTC().Truncate(time.Microsecond)
	if err := checkTime("Config.Now", now); err != nil {
		return nil, nil, err
	}
	byKey := map[string]int{}
	rows = make([]EventRow, 0, len(drafts))
	places = make([]int, len(drafts))
	for i, d := range drafts {
		row, err := s.row(d, t.name, actor, now)
		if err != nil {
			if len(drafts) > 1 {
				err = inElement(err, "Draft", i)
			}
			return nil, nil, err
		}
		places[i] = len(rows)
		if row.Key != "" {
			if first, ok := byKey[row.Key]; ok {
				if !row.Same(rows[first].Event) || row.Dated != rows[first].Dated {
					return nil, nil, &KeyConflictError{Key: row.Key}
				}
				places[i] = first
				continue
			}
			byKey[row.Key] = len(rows)
		}
		rows = append(rows, row)
	}
	s.identify(rows)
	return rows, places, nil
}

func (s *shared) row(d Draft, tenant string, actor Entity, now time.Time) (EventRow, error) {
	event, err := d.event(tenant, actor, s.maxPayload)
	if err != nil {
		return EventRow{}, err
	}
	if s.recordable[event.Type] != d.typ {
		return EventRow{}, &InvalidError{Field: "Type", Reason: fmt.Sprintf("%q is not among Config.Types", event.Type), Err: ErrUnknownType}
	}
	row := EventRow{Event: event, Dated: d.dated}
	row.OccurredAt, row.RecordedAt = now, now
	if row.Dated {
		if err := checkTime("At", d.at); err != nil {
			return EventRow{}, err
		}
		row.OccurredAt = d.at.UTC().Truncate(time.Microsecond)
	}
	return row, nil
}

// identify gives the rows their IDs and salts.
func (s *shared) identify(rows []EventRow) {
	times := make([]time.Time, len(rows))
	for i := range rows {
		times[i] = rows[i].OccurredAt
	}
	for i, id := range s.ids.assign(times) {
		rows[i].ID = id
	}
	salt(rows)
}

// inElement says which element of a list an error is about: "Draft" 2 is Drafts[2].
func inElement(err error, what string, i int) error {
	if invalid, ok := err.(*InvalidError); ok {
		named := *invalid
		named.Field = fmt.Sprintf("%ss[%d].%s", what, i, invalid.Field)
		return &named
	}
	return fmt.Errorf("%s %d: %w", strings.ToLower(what), i, err)
}

// typesOf returns the names of the types in any of the categories, sorted.
func (j *Journal) typesOf(categories []string) ([]string, error) {
	var names []string
	for _, category := range categories {
		types, ok := j.shared.categories[category]
		if !ok {
			return nil, invalidf("Query.Categories", "has %q, which no configured type is in", category)
		}
		names = append(names, types...)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}
