package activityhttp

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/memstore"
)

// The texts that are used are those that there are.
func TestTextsAreUsed(t *testing.T) {
	used := map[string]bool{}
	for _, source := range []struct {
		files fs.FS
		glob  string
		call  *regexp.Regexp
	}{
		{templateFiles, "templates/*.html", regexp.MustCompile(`\.T "([^"]+)"`)},
		{os.DirFS("."), "*.go", regexp.MustCompile(`\bT\("([^"]+)"`)},
		{os.DirFS("."), "page_report.go", regexp.MustCompile(`\{"([a-z ]+)", t\.`)},
		{os.DirFS("."), "task_row.go", regexp.MustCompile(`, "([a-z ]+)", (?:t\.|activity\.ID)`)},
		{os.DirFS("."), "page_usage.go", regexp.MustCompile(`\{"([0-9a-z ]+)", [0-9]+`)},
	} {
		names, err := fs.Glob(source.files, source.glob)
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: %v, %v", source.glob, names, err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			data, err := fs.ReadFile(source.files, name)
			if err != nil {
				t.Fatal(err)
			}
			for _, match := range source.call.FindAllStringSubmatch(string(data), -1) {
				used[match[1]] = true
				if _, ok := texts[match[1]]; !ok && !strings.HasSuffix(match[1], " ") {
					t.Errorf("%s uses the text %q, which there is not", name, match[1])
				}
			}
		}
	}
	beginnings := []string{"word ", "error ", "cancel", "rerun", "undo"} // that are made of other words
	for name := range used {
		if strings.HasSuffix(name, " ") {
			beginnings = append(beginnings, name)
		}
	}
	for name := range texts {
		made := false
		for _, beginning := range beginnings {
			made = made || strings.HasPrefix(name, beginning)
		}
		if !used[name] && !made {
			t.Errorf("nothing uses the text %q", name)
		}
	}
}

// What is made of other words is there for each of them.
func TestTextsOfWords(t *testing.T) {
	var names []string
	for _, s := range activity.Statuses {
		names = append(names, "status "+s.String())
	}
	for _, when := range whens {
		names = append(names, "when "+when)
	}
	for _, sign := range []activity.Sign{activity.SignManyFailed, activity.SignNoneSucceeded, activity.SignManyUnmodified} {
		names = append(names, "sign "+string(sign))
	}
	for _, action := range []string{"cancel", "rerun", "undo"} {
		names = append(names, action, "confirm "+action, "about "+action)
	}
	for _, name := range names {
		if _, ok := texts[name]; !ok {
			t.Errorf("there is no text %q", name)
		}
	}
}

// Each of the library's own types and kinds has an icon and a Spanish name.
func TestOwnTypes(t *testing.T) {
	journal, err := activity.New(memstore.New(), nil)
	if err != nil {
		t.Fatal(err)
	}
	words := []string{activity.EventKind}
	for _, typ := range journal.Types() {
		o := typ.Options()
		if icons[o.Icon] == "" {
			t.Errorf("there is no icon %q, which %s has", o.Icon, typ.Name())
		}
		words = append(words, o.Label, o.Category)
	}
	for _, k := range journal.Kinds() {
		words = append(words, k.Label)
		for _, o := range k.Outcomes {
			words = append(words, o.Label)
		}
	}
	for _, o := range append(activity.ImportOutcomes(), activity.ExportOutcomes()...) {
		words = append(words, o.Label)
	}
	for _, word := range words {
		if _, ok := texts["word "+word]; word != "" && !ok {
			t.Errorf("the word %q of the library has no translation", word)
		}
	}
}

func TestStaticFiles(t *testing.T) {
	total := 0
	for name, s := range statics {
		total += len(s.data)
		if !strings.Contains(s.address, "-") || len(s.zipped) >= len(s.data) {
			t.Errorf("%s is at %q, with %d bytes, %d zipped", name, s.address, len(s.data), len(s.zipped))
		}
	}
	if total > 30<<10 {
		t.Errorf("style and script have %d bytes, more than 30 KiB", total)
	}
}
