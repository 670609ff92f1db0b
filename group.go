package activity

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
)

// MaxGroup is the most events of a [Group].
const MaxGroup = 100

// Grouping says how events of a type become one line of a page, as in "opened 5 emails"; see [Tenant.Groups].
type Grouping struct {
	// Within is the longest time between one event and the next of a group. Defaults to 0: events stay by themselves.
	Within time.Duration

	// Summary is the pattern of the line of a group of two and more, in the language of Config.Locale, with the fields that
	// TypeOptions.Summary has, which are those of the newest event, and {count}, the number of events. Defaults to the summary of
	// the newest event with the number behind it.
	Summary string

	// Translations are patterns in other languages, as TypeOptions.Translations. Defaults to none.
	Translations map[string]string
}

// Group are neighbours on a timeline that are one line, the newest first. There is at least one.
type Group struct {
	Events []Event `json:"events"`
}

// GroupPage is one page of groups.
type GroupPage struct {
	Groups []Group `json:"groups"`
	Next   Cursor  `json:"next,omitempty"` // of the older groups; empty if there are none
}

// Groups returns one page of a timeline with neighbours in groups. Two neighbours are in one group if their type has a
// [Grouping], they have the same type, actor and entities, nothing of them is erased, and the time between them is at most
// Grouping.Within. A group has at most [MaxGroup] events; what follows is another one.
//
// The page has query.Limit groups, defaulting to 50, at most 500, unless the timeline ends. Groups are as they are in one long
// list, wherever pages begin. Pages go forwards only: query.Before is an [InvalidError]. A page reads up to MaxGroup times
// as many events as it has groups; without neighbours that belong together, it is one read of the timeline.
func (t Tenant) Groups(ctx context.Context, query Query) (GroupPage, error) {
	if query.Before != "" {
		return GroupPage{}, invalidf("Query.Before", "is not for groups")
	}
	if err := query.check(t.name); err != nil {
		return GroupPage{}, err
	}
	limit := cmp.Or(query.Limit, DefaultLimit)
	page := GroupPage{Groups: []Group{}}
	for chunk := limit + 1; ; chunk *= 2 { // one more tells where the last group ends
		query.Limit = min(chunk, MaxLimit)
		read, err := t.Timeline(ctx, query)
		if err != nil {
			return GroupPage{}, err
		}
		for _, e := range read.Events {
			n := len(page.Groups)
			if n > 0 && t.journal.shared.continues(page.Groups[n-1], e) {
				page.Groups[n-1].Events = append(page.Groups[n-1].Events, e)
				continue
			}
			if n == limit {
				last := page.Groups[n-1].Events
				page.Next = newEventCursor(query.binding(t.name), last[len(last)-1].ID)
				return page, nil
			}
			page.Groups = append(page.Groups, Group{Events: []Event{e}})
		}
		if read.Next == "" {
			return page, nil
		}
		query.After = read.Next
	}
}

// continues reports whether an event belongs to the group above it.
func (s *shared) continues(g Group, e Event) bool {
	above := g.Events[len(g.Events)-1]
	d := s.types[e.Type]
	return d != nil && len(g.Events) < MaxGroup && e.Type == above.Type && above.OccurredAt.Sub(e.OccurredAt) <= d.options.Group.Within &&
		d.options.Group.Within > 0 && whole(e) && whole(above) && e.Actor.Is(above.Actor) && slices.EqualFunc(e.About, above.About, Entity.Is)
}

// whole reports whether nothing of an event is erased.
func whole(e Event) bool {
	return !e.Erased && !e.Actor.IsErased() && !slices.ContainsFunc(e.About, Entity.IsErased)
}

// GroupSummary writes a group as one line in a language, as [Journal.Summary] does with an event; a group of one is its event.
func (j *Journal) GroupSummary(g Group, locale string) Summary {
	if len(g.Events) == 0 {
		return Summary{}
	}
	e, n := g.Events[0], strconv.Itoa(len(g.Events))
	newest := j.Summary(e, locale)
	if len(g.Events) == 1 {
		return newest
	}
	if d := j.shared.definitionOf(&e); d != nil && d.group != nil && len(e.Payload) > 0 {
		if pattern, l := d.group.pattern(j.shared.locales.find(locale, j.shared.locale), j.shared.locale); pattern != nil {
			return render(pattern, l, &e, d.current(&e), len(g.Events))
		}
	}
	newest.Text += " (" + n + ")"
	newest.Parts = append(newest.Parts, Part{Text: " ("}, Part{Text: n, Role: RoleValue}, Part{Text: ")"})
	return newest
}

// compileGroup compiles the patterns of a grouping into a definition of their own. It is nil if there are none.
func compileGroup(g Grouping, fields map[string]bool) (*definition, error) {
	switch {
	case g.Within < 0:
		return nil, fmt.Errorf("grouping within %v is negative", g.Within)
	case g.Within == 0 && (g.Summary != "" || len(g.Translations) > 0):
		return nil, fmt.Errorf("grouping has a summary, and groups nothing: Within is 0")
	case g.Summary == "" && len(g.Translations) == 0:
		return nil, nil
	}
	if fields != nil {
		if fields[fieldCount] {
			return nil, fmt.Errorf("grouping: {%s} is ambiguous: the payload has a field of that name", fieldCount)
		}
		fields = maps.Clone(fields)
		fields[fieldCount] = true
	}
	d := &definition{}
	var err error
	if g.Summary != "" {
		if d.summary, err = compile(g.Summary, fields); err != nil {
			return nil, fmt.Errorf("grouping: %w", err)
		}
	}
	if d.patterns, err = compileTranslations(g.Translations, fields); err != nil {
		return nil, fmt.Errorf("grouping: %w", err)
	}
	return d, nil
}
