package activityhttp

import (
	"cmp"
	"fmt"
	"html/template"
	"strconv"
	"time"

	"golang.org/x/text/language"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/internal/message"
)

// The languages of pages, of which one is chosen for each request.
const (
	english = 0
	spanish = 1
)

var languages = [...]language.Tag{english: language.English, spanish: language.Spanish}

var languageMatcher = language.NewMatcher(languages[:])

// languageOf returns the language of pages that is nearest to a tag.
func languageOf(locale string) int {
	tag, err := language.Parse(locale)
	if err != nil {
		return english
	}
	_, i, confidence := languageMatcher.Match(tag)
	if confidence < language.Low {
		return english
	}
	return i
}

// text is a compiled text of the pages in each language.
type text [len(languages)]compiledText

type compiledText struct {
	pattern *message.Pattern
	values  []int  // which of the values each field of the pattern is
	plain   string // the text, if it has no fields
}

var numbers = [len(languages)]*message.Locale{message.NewLocale(language.English), message.NewLocale(language.Spanish)}

var texts = compileTexts()

func compileTexts() map[string]text {
	compiled := map[string]text{}
	for name, patterns := range textTable {
		var t text
		for i, pattern := range patterns {
			parsed, err := message.Parse(pattern)
			if err == nil {
				err = parsed.Check(message.NewLocale(languages[i]))
			}
			if err != nil {
				panic(fmt.Sprintf("activityhttp: text %q: %v", name, err))
			}
			t[i].pattern = parsed
			for _, name := range parsed.Names() {
				n, err := strconv.Atoi(name[1:])
				if err != nil {
					panic(fmt.Sprintf("activityhttp: text %q: field %q is no number", name, name))
				}
				t[i].values = append(t[i].values, n)
			}
			if len(t[i].values) == 0 {
				out, _ := parsed.Append(nil, nil, nil, numbers[i])
				t[i].plain = string(out)
			}
		}
		compiled[name] = t
	}
	return compiled
}

// T returns a text of the pages. Its fields are {_0}, {_1}, …: the values in their order. It panics on a text that there is
// not, which the tests of the pages find.
func (p *page) T(name string, values ...any) string {
	t, ok := texts[name]
	if !ok {
		panic(fmt.Sprintf("activityhttp: there is no text %q", name))
	}
	compiled := &t[p.language]
	if len(compiled.values) == 0 {
		return compiled.plain
	}
	list := make([]message.Value, len(compiled.values))
	for i, n := range compiled.values {
		if n >= len(values) {
			continue
		}
		switch v := values[n].(type) {
		case string:
			list[i] = message.Value{Type: message.String, Text: []byte(v)}
		default:
			list[i] = message.Value{Type: message.Number, Text: fmt.Append(nil, v)}
		}
	}
	out, _ := compiled.pattern.Append(nil, nil, list, numbers[p.language])
	return string(out)
}

// N writes a number as the language does.
func (p *page) N(n int64) string { return p.T("number", n) }

// Total writes a number that is counted up to a limit.
func (p *page) Total(t activity.Total) string {
	if t.More {
		return p.N(int64(t.N)) + "+"
	}
	return p.N(int64(t.N))
}

// label returns a label of the host in the language of the request.
func (c *call) label(label string) string { return c.options.Translate(c.locale, label) }

// moment is a time as pages show it.
type moment struct {
	Text  string // short: the time of today, or the day too
	Exact string // for the title: to the second, in the zone, and by UTC
	ISO   string // for programs
	Age   string // how long ago: "5 min"
	HTML  template.HTML
}

// Moment shows a time in the zone of who looks.
func (p *page) Moment(t time.Time) moment {
	if t.IsZero() {
		return moment{}
	}
	local, now := t.In(p.zone.location), p.now.In(p.zone.location)
	clock := local.Format("15:04")
	var text string
	switch {
	case sameDay(local, now):
		text = clock
	case sameDay(local, now.AddDate(0, 0, -1)):
		text = p.T("yesterday at", clock)
	case local.Year() == now.Year():
		text = p.T("day at", strconv.Itoa(local.Day()), p.month(local), clock)
	default:
		text = p.T("day", strconv.Itoa(local.Day()), p.month(local), strconv.Itoa(local.Year()))
		if t.After(p.now) { // what is waited for
			text += ", " + clock
		}
	}
	m := moment{
		Text:  text,
		Exact: local.Format("2006-01-02 15:04:05.000 MST") + " · " + t.UTC().Format("15:04:05.000000Z"),
		ISO:   t.UTC().Format(time.RFC3339Nano),
		Age:   p.age(p.now.Sub(t)),
	}
	m.HTML = `<time datetime="` + escaped(m.ISO) + `" title="` + escaped(m.Exact) + `">` + escaped(m.Text) + `</time>`
	return m
}

func sameDay(a, b time.Time) bool {
	return a.Year() == b.Year() && a.YearDay() == b.YearDay()
}

func (p *page) month(t time.Time) string { return p.T("month " + strconv.Itoa(int(t.Month()))) }

// age says how long ago something was, or how long it is until then.
func (p *page) age(d time.Duration) string {
	if d < 0 {
		return p.T("in", p.Span(-d))
	}
	if d < time.Minute {
		return p.T("just now")
	}
	return p.T("ago", p.Span(d))
}

// Span writes a length of time in its largest unit, or the two largest.
func (p *page) Span(d time.Duration) string {
	switch {
	case d < time.Second:
		return p.T("milliseconds", d.Milliseconds())
	case d < time.Minute:
		return p.T("seconds", int64(d/time.Second))
	case d < time.Hour:
		return p.T("minutes", int64(d/time.Minute))
	case d < 48*time.Hour:
		return p.T("hours", int64(d/time.Hour), int64(d%time.Hour/time.Minute))
	}
	return p.T("days", int64(d/(24*time.Hour)))
}

// name is what an entity is called in the language of the page.
func (p *page) name(e activity.Entity) string {
	if e.IsErased() {
		return p.T("erased", p.word(e.Kind))
	}
	return cmp.Or(e.Label, e.ID)
}

// word returns a word of the host, such as the kind of an entity, in the language of the page: translated by the host, or
// known here.
func (p *page) word(word string) string {
	if translated := cmp.Or(p.label(word), word); translated != word {
		return translated
	}
	if _, ok := texts["word "+word]; ok {
		return p.T("word " + word)
	}
	return word
}
