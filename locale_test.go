package activity_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-activity/activity"
)

func TestTranslationFallback(t *testing.T) {
	typ := activity.Define[note]("note.added", activity.TypeOptions{
		Label:   "Note",
		Summary: "default",
		Translations: map[string]string{
			"es": "es", "es-419": "es-419", "pt-BR": "pt-BR", "zh": "zh", "zh-Hant": "zh-Hant", "iw": "he", "en-GB": "en-GB", "nb": "nb",
		},
	})
	bare := activity.Define[note]("note.added", activity.TypeOptions{Label: "Note", Translations: map[string]string{"es": "es", "de": "de"}})
	for _, test := range []struct {
		config, asked, want string
		typ                 activity.EventType
	}{
		{"en", "es", "es", typ},
		{"en", "es-ES", "es", typ},
		{"en", "es-MX", "es-419", typ},
		{"en", "ES_mx", "es-419", typ},
		{"en", "es-419", "es-419", typ},
		{"en", "es-u-nu-arab", "es", typ},
		{"en", "pt-BR", "pt-BR", typ},
		{"en", "pt", "default", typ},
		{"en", "pt-PT", "default", typ},
		{"en", "zh-CN", "zh", typ},
		{"en", "zh-TW", "zh-Hant", typ},
		{"en", "he", "he", typ},
		{"en", "iw-IL", "he", typ},
		{"en", "en", "default", typ},
		{"en", "en-US", "default", typ},
		{"en", "en-GB", "en-GB", typ},
		{"en", "en-AU", "default", typ},
		{"en", "fr", "default", typ},
		{"en", "", "default", typ},
		{"en", "und", "default", typ},
		{"en", "garbage!!", "default", typ},
		{"en", "*", "default", typ},
		{"en", "de, en;q=0.5", "default", typ},
		{"en", "x-private", "default", typ},

		// Summary is in the language of the config.
		{"es", "es", "default", typ},
		{"es", "es-ES", "default", typ},
		{"es", "es-MX", "es-419", typ},
		{"es", "fr", "default", typ},
		{"pt-BR", "pt-BR", "default", typ},
		{"en-US", "en", "default", typ},

		// Without Summary the config's language is one of the translations, or its parent is.
		{"es-MX", "fr", "es", bare},
		{"de", "", "de", bare},
		{"de", "es-AR", "es", bare},
		{"en", "fr", "Note", bare},
		{"en", "de-AT", "de", bare},
	} {
		t.Run(test.config+" "+test.asked, func(t *testing.T) {
			journal := configured(t, activity.Config{Locale: test.config, Types: []activity.EventType{test.typ}})
			for range 2 { // the second time it is remembered
				if got := journal.Summary(activity.Event{Type: "note.added", Version: 1}, test.asked).Text; got != test.want {
					t.Errorf("Summary in %q = %q, want %q", test.asked, got, test.want)
				}
			}
		})
	}
}

// TestNumbersOfTheLanguage has patterns that fall back, with numbers that do not: they are in the
// language that was asked for as long as the pattern is in one of its parents.
func TestNumbersOfTheLanguage(t *testing.T) {
	typ := activity.Define[map[string]any]("a.b", activity.TypeOptions{
		Summary:      "{n, number}",
		Translations: map[string]string{"es": "es {n, number}", "de": "de {n, number}"},
	})
	journal := newJournal(t, typ)
	event := activity.Event{Type: "a.b", Version: 1, Payload: []byte(`{"n":1234567.5}`)}
	for locale, want := range map[string]string{
		"en": "1,234,567.5", "es": "es 1.234.567,5", "es-MX": "es 1,234,567.5", "de": "de 1.234.567,5",
		"de-CH": "de 1’234’567.5", "en-IN": "12,34,567.5", "fr": "1,234,567.5",
	} {
		if got := journal.Summary(event, locale).Text; got != want {
			t.Errorf("Summary in %q = %q, want %q", locale, got, want)
		}
	}
}

// TestLocalesAreBounded asks for more languages than a journal remembers, as strangers may.
func TestLocalesAreBounded(t *testing.T) {
	typ := activity.Define[note]("a.b", activity.TypeOptions{Summary: "default", Translations: map[string]string{"es": "es"}})
	journal := newJournal(t, typ)
	event := activity.Event{Type: "a.b", Version: 1}
	var group sync.WaitGroup
	for worker := range 8 {
		group.Go(func() {
			for i := range 40 {
				for tag, want := range map[string]string{
					fmt.Sprintf("es-x-p%d-%d", worker, i):                                    "es",
					fmt.Sprintf("garbage-%d-%d-%s", worker, i, long(10_000)):                 "default",
					fmt.Sprintf("es-x-p%d-%d%s", worker, i%4, strings.Repeat("-long", 2000)): "es",
				} {
					if got := journal.Summary(event, tag).Text; got != want {
						t.Errorf("Summary in %.30q… = %q, want %q", tag, got, want)
					}
				}
			}
		})
	}
	group.Wait()
	count, bytes := activity.Remembered(journal)
	if count > 256 || bytes > 64<<10 {
		t.Errorf("the journal remembers %d languages, with %d bytes of tags", count, bytes)
	}

	// What strangers asked for must not make the languages slow that everybody asks for.
	if got := journal.Summary(event, "es").Text; got != "es" {
		t.Errorf("Summary in es = %q", got)
	}
	if allocs := fewestAllocs(func() { journal.Summary(event, "es") }); allocs > 2 {
		t.Errorf("Summary in es allocates %v times after many other languages", allocs)
	}
}

func long(n int) string { return strings.Repeat("x", n) }

func FuzzLocale(f *testing.F) {
	for _, seed := range append(shownLocales, "x-y", "und-x-y", "i-default", "und-Latn", "en-u-nu-arab", "art-lojban", "mul", "root", "zh-yue", "sr-Latn-RS") {
		f.Add(seed)
	}
	types := []activity.EventType{counting}
	event := activity.Event{Type: "a.counted", Version: 3, Payload: []byte(`{"count":1234.5}`)}
	f.Fuzz(func(t *testing.T, locale string) {
		journal := configured(t, activity.Config{Types: types, Now: time.Now})
		got := journal.Summary(event, locale)
		if again := journal.Summary(event, locale); again.Text != got.Text || !strings.HasPrefix(got.Text, "counted ") {
			t.Errorf("Summary in %q = %q and then %q", locale, got, again)
		}
	})
}
