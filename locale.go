package activity

import (
	"maps"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/text/language"

	"github.com/go-activity/activity/internal/message"
)

// chain is a language that summaries are asked for in: the tags under which a translation would do,
// and how the language writes numbers.
type chain struct {
	tags   []string // the tag and its parents, nearest first
	format *message.Locale
}

// locales remembers the languages that were asked for. The zero value is ready; it is safe for
// concurrent use, and reading allocates nothing.
type locales struct {
	known atomic.Pointer[map[string]*chain]
	mu    sync.Mutex // held to add
}

// What is remembered is bounded, because tags come from requests.
const (
	maxLocales = 256 // then it begins anew, lest strangers' tags keep out those in use
	maxTag     = 64  // bytes of a tag
)

// find returns the chain of a tag, or the fallback's if the tag is empty or malformed.
func (l *locales) find(tag string, fallback *chain) *chain {
	if known := l.known.Load(); known != nil {
		if found := (*known)[tag]; found != nil {
			return found
		}
	}
	made := fallback
	if parsed, err := language.Parse(tag); err == nil && parsed != language.Und {
		made = newChain(parsed, message.NewLocale(parsed))
	}

	if len(tag) > maxTag {
		return made
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	next := map[string]*chain{}
	if known := l.known.Load(); known != nil && len(*known) < maxLocales {
		maps.Copy(next, *known)
	}
	next[strings.Clone(tag)] = made // the tag may be part of a long header
	l.known.Store(&next)
	return made
}

func newChain(tag language.Tag, format *message.Locale) *chain {
	c := &chain{format: format}
	for t := tag; t != language.Und; t = t.Parent() {
		c.tags = append(c.tags, t.String())
	}
	return c
}

// pattern chooses the definition's pattern for a language, and the way to write numbers that goes
// with it. TypeOptions.Summary is in the language of the fallback. It returns nil if there is none.
func (d *definition) pattern(asked, fallback *chain) (*pattern, *message.Locale) {
	for _, c := range []*chain{asked, fallback} {
		for _, tag := range c.tags {
			if d.summary != nil && tag == fallback.tags[0] {
				return d.summary, c.format
			}
			if p := d.patterns[tag]; p != nil {
				return p, c.format
			}
		}
	}
	return nil, nil
}

// formats keeps what localeOf has made, for the languages that the program itself names. It holds
// constants: how a language writes numbers is learned once in a process.
var formats sync.Map // language.Tag → *message.Locale

func localeOf(tag language.Tag) *message.Locale {
	if l, ok := formats.Load(tag); ok {
		return l.(*message.Locale)
	}
	l, _ := formats.LoadOrStore(tag, message.NewLocale(tag))
	return l.(*message.Locale)
}
