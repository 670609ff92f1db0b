package activityhttp

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-activity/activity"
)

// values reads the parameters of an address. An empty parameter is as if it were not there, because forms send those. The
// first bad one is kept in err.
type values struct {
	url.Values
	read map[string]bool
	err  error
}

func newValues(v url.Values) *values { return &values{Values: v, read: map[string]bool{}} }

// form reads the fields of a form.
func (c *call) form() (*values, error) {
	if err := c.r.ParseForm(); err != nil {
		return nil, badInput("body", "is no form")
	}
	return newValues(c.r.PostForm), nil
}

func (v *values) fail(name, reason string) {
	if v.err == nil {
		v.err = badInput(name, reason)
	}
}

// done returns the first error; parameters that nobody has read are one if strict.
func (v *values) done(strict bool) error {
	if v.err == nil && strict {
		for name := range v.Values {
			if !v.read[name] {
				v.fail(name, "is no parameter of this address")
			}
		}
	}
	return v.err
}

// text returns a parameter that is there once.
func (v *values) text(name string) string {
	list := v.list(name)
	if len(list) > 1 {
		v.fail(name, "is there more than once")
	}
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// list returns a parameter that may be there several times.
func (v *values) list(name string) []string {
	v.read[name] = true
	return slices.DeleteFunc(slices.Clone(v.Values[name]), func(s string) bool { return s == "" })
}

func (v *values) cursor(name string) activity.Cursor { return activity.Cursor(v.text(name)) }

func (v *values) id(name string) activity.ID {
	text := v.text(name)
	if text == "" {
		return activity.ID{}
	}
	id, err := activity.ParseID(text)
	if err != nil {
		v.fail(name, "is no ID")
	}
	return id
}

func (v *values) number(name string) int {
	text := v.text(name)
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		v.fail(name, "is no number")
	}
	return n
}

func (v *values) flag(name string) bool {
	switch v.text(name) {
	case "true", "1":
		return true
	case "", "false", "0":
		return false
	}
	v.fail(name, "is neither true nor false")
	return false
}

func (v *values) time(name string) time.Time {
	text := v.text(name)
	if text == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		v.fail(name, "is no time such as 2026-10-25T14:05:00Z")
	}
	return t
}

func (v *values) entity(name string) activity.Entity {
	text := v.text(name)
	if text == "" {
		return activity.Entity{}
	}
	return v.parseEntity(name, text)
}

func (v *values) entities(name string) []activity.Entity {
	var list []activity.Entity
	for _, text := range v.list(name) {
		list = append(list, v.parseEntity(name, text))
	}
	return list
}

func (v *values) parseEntity(name, text string) activity.Entity {
	kind, id, ok := cutParam(text)
	if !ok {
		v.fail(name, "is no entity such as account:42")
		return activity.Entity{}
	}
	return activity.Entity{Kind: kind, ID: id}
}

func cutParam(text string) (kind, id string, ok bool) {
	kind, id, ok = strings.Cut(text, ":")
	kind, err := url.QueryUnescape(kind)
	return kind, id, ok && err == nil && kind != "" && id != ""
}

// entityParam is how an entity is written in a parameter: kind:id. In the kind, colons and per cent signs are escaped.
func entityParam(e activity.Entity) string {
	if e.IsZero() {
		return ""
	}
	return kindEscaper.Replace(e.Kind) + ":" + e.ID
}

var kindEscaper = strings.NewReplacer("%", "%25", ":", "%3A", "+", "%2B")

// choice returns one of some words.
func choice[T any](v *values, name string, words map[string]T) T {
	text := v.text(name)
	var none T
	if text == "" {
		return none
	}
	chosen, ok := words[text]
	if !ok {
		v.fail(name, "is none of the words for it")
	}
	return chosen
}

// span returns the time that is asked for: from and to, or when in the calendar of the request, or the days first to last.
func (v *values) span(calendar func() (activity.Calendar, error)) (from, to time.Time) {
	from, to = v.time("from"), v.time("to")
	when, first, last := v.text("when"), v.text("first"), v.text("last")
	switch {
	case when == "" && first == "" && last == "":
		return from, to
	case !from.IsZero() || !to.IsZero():
		v.fail("when", "is for calls without from and to")
		return from, to
	}
	c, err := calendar()
	if err != nil {
		v.fail("zone", "is no time zone such as Europe/Madrid")
		return from, to
	}
	if first != "" || last != "" {
		return v.days(c, first, last)
	}
	switch when {
	case "today":
		return c.Today()
	case "yesterday":
		return c.Yesterday()
	case "last_7_days":
		return c.LastDays(7)
	case "last_30_days":
		return c.LastDays(30)
	case "last_week":
		return c.LastWeek()
	case "last_month":
		return c.LastMonth()
	}
	v.fail("when", "is none of the words for it")
	return from, to
}

// whens are the words for spans, in the order in which pages offer them.
var whens = []string{"today", "yesterday", "last_7_days", "last_week", "last_30_days", "last_month"}

// days returns the span of some days, of which the first or the last may be left open.
func (v *values) days(c activity.Calendar, first, last string) (from, to time.Time) {
	span := func(name, first, last string) (time.Time, time.Time) {
		from, to, err := c.Between(first, last)
		if err != nil {
			v.fail(name, "is no day such as 2026-10-25, or before the first")
		}
		return from, to
	}
	switch {
	case last == "":
		from, _ = span("first", first, first)
	case first == "":
		_, to = span("last", last, last)
	default:
		from, to = span("last", first, last)
	}
	return from, to
}

// query reads the conditions of a timeline.
func (c *call) query(v *values) activity.Query {
	q := activity.Query{
		About: v.entities("about"), Descendants: v.flag("descendants"), Search: v.text("search"), Actor: v.entity("actor"),
		Types: v.list("type"), Categories: v.list("category"), Task: v.id("task"),
		Source: choice(v, "source", map[string]activity.Source{"automatic": activity.Automatic, "manual": activity.Manual}),
		After:  v.cursor("after"), Before: v.cursor("before"), Limit: v.number("limit"),
	}
	q.From, q.To = v.span(c.calendar)
	return q
}

// taskQuery reads the conditions of a list of tasks.
func (c *call) taskQuery(v *values) activity.TaskQuery {
	q := activity.TaskQuery{
		Kinds: v.list("kind"), Categories: v.list("category"), Objects: v.list("object"), Statuses: v.statuses("status"),
		Actor: v.entity("actor"), About: v.entities("about"), Search: v.text("search"), Parent: v.id("parent"),
		Trigger:    choice(v, "trigger", map[string]activity.Trigger{"person": activity.ByPerson, "automation": activity.ByAutomation}),
		Previews:   choice(v, "previews", map[string]activity.Previews{"hidden": activity.PreviewsHidden, "shown": activity.PreviewsShown, "only": activity.PreviewsOnly}),
		Title:      v.text("title"),
		Attributes: v.attributes("attribute"), RunID: strings.TrimSpace(v.text("run")), Sort: activity.TaskSort(v.text("sort")),
		Ascending: choice(v, "order", map[string]bool{"asc": true, "desc": false}),
		After:     v.cursor("after"), Before: v.cursor("before"), Limit: v.number("limit"),
	}
	q.From, q.To = v.span(c.calendar)
	return q
}

func (v *values) statuses(name string) []activity.Status {
	var list []activity.Status
	for _, text := range v.list(name) {
		var s activity.Status
		if err := s.UnmarshalText([]byte(text)); err != nil {
			v.fail(name, "is no status")
		}
		list = append(list, s)
	}
	return list
}

// attributes are written as name:value.
func (v *values) attributes(name string) map[string]string {
	var all map[string]string
	for _, text := range v.list(name) {
		key, value, ok := strings.Cut(text, ":")
		if !ok {
			v.fail(name, "is no attribute such as template:weekly")
			continue
		}
		if all == nil {
			all = map[string]string{}
		}
		all[key] = value
	}
	return all
}
