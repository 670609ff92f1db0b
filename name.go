package activity

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Limits of names and of what they are searched for.
const (
	maxNameWord    = 64 // bytes of a word of a name
	maxSearchWords = 8  // words of a search
)

// NameWords returns the words by which an entity of that name is found: runs of letters, digits and marks,
// each once, at most [MaxWords], each cut to 64 bytes. Words are found by their beginning.
//
// Words are folded, so that neither case nor accents count: "Łódź" and "lodz" are the same. Folding is that of
// Unicode, NFKD and full case folding, without marks that take no space; letters that are typed plainly where they
// are not on the keyboard are so here: ø is o, æ is ae. What is written without spaces, as Chinese, Japanese and Thai,
// has a word from each of its characters on, after all other words.
func NameWords(name string) []string {
	runs := nameRuns(name)
	words := make([]string, 0, min(len(runs), MaxWords))
	add := func(word string) bool {
		if word = nameWord(word); len(words) < MaxWords && !slices.Contains(words, word) {
			words = append(words, word)
		}
		return len(words) < MaxWords
	}
	for _, run := range runs {
		if !add(run) {
			return words
		}
	}
	for _, run := range runs {
		before := false // the character before is of a script without spaces
		for i, r := range run {
			within := spaceless(r)
			if i > 0 && (within || before) && !unicode.IsMark(r) && !unicode.Is(unicode.Lm, r) && !add(run[i:]) {
				return words
			}
			before = within
		}
	}
	return words
}

// searchWords returns the words of a search for names, at most eight, the longest first. A word that another one
// begins with is not among them.
func searchWords(field, text string) ([]string, error) {
	if err := checkText(field, text, MaxText); err != nil {
		return nil, err
	}
	runs := nameRuns(text)
	if len(runs) == 0 {
		return nil, invalidf(field, "has no word in it")
	}
	for i, run := range runs {
		runs[i] = nameWord(run)
	}
	slices.SortFunc(runs, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), strings.Compare(a, b))
	})
	var words []string
	for _, run := range runs {
		if !slices.ContainsFunc(words, func(word string) bool { return strings.HasPrefix(word, run) }) {
			words = append(words, run)
		}
	}
	return words[:min(len(words), maxSearchWords)], nil
}

// nameMatches reports whether each word of a search begins a word of a name.
func nameMatches(name, search []string) bool {
	for _, begin := range search {
		if !slices.ContainsFunc(name, func(word string) bool { return strings.HasPrefix(word, begin) }) {
			return false
		}
	}
	return true
}

// nameWord cuts a run at a character.
func nameWord(run string) string {
	if len(run) <= maxNameWord {
		return run
	}
	end := maxNameWord
	for !utf8.RuneStart(run[end]) {
		end--
	}
	return run[:end]
}

// nameRuns returns the folded runs of letters, digits and marks, in order. A run has more than marks in it.
func nameRuns(text string) []string {
	runs := strings.FieldsFunc(foldName(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) || apostrophe(r)
	})
	return slices.DeleteFunc(runs, func(run string) bool {
		return strings.IndexFunc(run, func(r rune) bool { return !unicode.IsMark(r) }) < 0
	})
}

// apostrophe reports whether a letter looks like an apostrophe, for which people type one.
func apostrophe(r rune) bool { return 'ʹ' <= r && r <= 'ʿ' }

// spaceless reports whether a character is of a script that is written without spaces between words.
func spaceless(r rune) bool {
	return r >= 0x0E00 && unicode.In(r, unicode.Thai, unicode.Lao, unicode.Myanmar, unicode.Khmer, unicode.Hiragana, unicode.Katakana, unicode.Han)
}

// foldName folds a text until folding it again changes nothing: removing a mark may bring others in order.
func foldName(text string) string {
	ascii := true
	for i := 0; i < len(text) && ascii; i++ {
		ascii = text[i] < utf8.RuneSelf
	}
	if ascii {
		return strings.ToLower(text)
	}
	text = strings.ToValidUTF8(text, "\uFFFD")
	fold := cases.Fold()
	for range 4 { // two, mostly
		folded := plainLetters.Replace(strings.Map(withoutMarks, fold.String(norm.NFKD.String(text))))
		if folded == text {
			break
		}
		text = folded
	}
	return text
}

// withoutMarks drops what takes no space: marks, invisible characters, and what only makes Arabic words longer.
func withoutMarks(r rune) rune {
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) || r == 'ـ' {
		return -1
	}
	return r
}

// plainLetters are the letters that do not consist of a plain one and a mark, and are typed as one.
var plainLetters = strings.NewReplacer(
	"ø", "o", "đ", "d", "ð", "d", "ł", "l", "ħ", "h", "ŧ", "t", "ı", "i",
	"æ", "ae", "œ", "oe", "þ", "th", "ß", "ss",
)
