package activity_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
)

func TestNameWords(t *testing.T) {
	for name, test := range map[string]struct {
		name string
		want []string
	}{
		"nothing":               {"", []string{}},
		"punctuation":           {" -%_*?'\"\\ ", []string{}},
		"emoji":                 {"🎉 ❤️ 👨‍👩‍👧 1️⃣", []string{"1"}},
		"marks alone":           {"\u0301 \u0903", []string{}},
		"words":                 {"Globex  Corporation, Inc.", []string{"globex", "corporation", "inc"}},
		"twice":                 {"Boutros Boutros-Ghali", []string{"boutros", "ghali"}},
		"e-mail address":        {"ana@acme.test", []string{"ana", "acme", "test"}},
		"digits":                {"Deal 42/2026", []string{"deal", "42", "2026"}},
		"wildcards":             {`100%_a\b*`, []string{"100", "a", "b"}},
		"composed":              {"José Núñez", []string{"jose", "nunez"}},
		"decomposed":            {"Jose\u0301 Nun\u0303ez", []string{"jose", "nunez"}},
		"wide and ligatures":    {"Ａｃｍｅ ﬁn", []string{"acme", "fin"}},
		"Turkish":               {"IŞIK İstanbul ılık", []string{"isik", "istanbul", "ilik"}},
		"German":                {"Weißbäcker GROẞ", []string{"weissbacker", "gross"}},
		"Nordic":                {"Bjørn Sæther Þór Guðrún Ångström", []string{"bjorn", "saether", "thor", "gudrun", "angstrom"}},
		"Polish and Croatian":   {"Łódź Đoković", []string{"lodz", "dokovic"}},
		"French":                {"Œuvre d’Été", []string{"oeuvre", "d", "ete"}},
		"Vietnamese":            {"Nguyễn Thị Đặng", []string{"nguyen", "thi", "dang"}},
		"apostrophes":           {"O'Brien O’Neill Oʼdell Hawaiʻi", []string{"o", "brien", "neill", "dell", "hawai", "i"}},
		"Greek":                 {"Ὀδυσσεύς ΟΔΥΣΣΕΎΣ", []string{"οδυσσευσ"}},
		"Cyrillic":              {"Фёдор ДОСТОЕВСКИЙ", []string{"федор", "достоевскии"}},
		"Arabic":                {"مُحَمَّد أحمد محـمد", []string{"محمد", "احمد"}},
		"Hebrew":                {"שָׁלוֹם", []string{"שלום"}},
		"right to left marks":   {"\u200fשלום\u200e \u202eabc\u202c", []string{"שלום", "abc"}},
		"soft hyphen":           {"Don\u00adau", []string{"donau"}},
		"Devanagari":            {"हिन्दी", []string{"हिनदी"}},
		"Korean":                {"한국", []string{"한국"}},
		"Chinese":               {"北京市", []string{"北京市", "京市", "市"}},
		"Chinese and Latin":     {"ABC北京tower x", []string{"abc北京tower", "x", "北京tower", "京tower", "tower"}},
		"Chinese digits":        {"二〇", []string{"二〇", "〇"}},
		"Japanese":              {"ガード", []string{"カート", "ト"}},
		"Japanese, half width":  {"ｶﾞｰﾄﾞ", []string{"カート", "ト"}},
		"Thai":                  {"กำไร", []string{"กาไร", "าไร", "ไร", "ร"}},
		"invalid UTF-8":         {"a\xffb\x00c", []string{"a", "b", "c"}},
		"more words than 16":    {"a b c d e f g h i j k l m n o p q", strings.Fields("a b c d e f g h i j k l m n o p")},
		"words before suffixes": {"甲乙 z", []string{"甲乙", "z", "乙"}},
		"cut":                   {strings.Repeat("é", 100) + " " + strings.Repeat("я", 40), []string{strings.Repeat("e", 64), strings.Repeat("я", 32)}},
		"cut at a character":    {"a" + strings.Repeat("я", 40), []string{"a" + strings.Repeat("я", 31)}},
		"10,000 characters":     {strings.Repeat("ä", 10_000), []string{strings.Repeat("a", 64)}},
		"10,000 marks":          {"e" + strings.Repeat("\u0301\u0316", 5_000) + "x", []string{"ex"}},
	} {
		t.Run(name, func(t *testing.T) {
			want := slices.Clone(test.want)
			for i, word := range want {
				if word == "한국" {
					want[i] = "\u1112\u1161\u11ab\u1100\u116e\u11a8" // one letter after the other
				}
			}
			if diff := cmp.Diff(want, activity.NameWords(test.name)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	if words := activity.NameWords(strings.Repeat("京都", 5_000)); len(words) != activity.MaxWords || len(words[0]) != 63 || len(words[1]) != 63 {
		t.Errorf("words of a long Chinese name = %q", words)
	}
}

func TestSearchWords(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		want []string
	}{
		"one":                        {"Ana", []string{"ana"}},
		"longest first":              {"bo ana al carla", []string{"carla", "ana", "al", "bo"}},
		"beginning of another":       {"an b ana", []string{"ana", "b"}},
		"twice":                      {"ana ANA añá", []string{"ana"}},
		"no words within a word":     {"北京市", []string{"北京市"}},
		"wildcards":                  {"100%", []string{"100"}},
		"cut":                        {strings.Repeat("x", 100), []string{strings.Repeat("x", 64)}},
		"more than eight":            {"a bb c d e f g h i", []string{"bb", "a", "c", "d", "e", "f", "g", "h"}},
		"redundant beyond the limit": {"a bb c d e f g h hh", []string{"bb", "hh", "a", "c", "d", "e", "f", "g"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := activity.SearchWords("Search", test.text)
			if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
				t.Errorf("searchWords(%q), %v (-want +got):\n%s", test.text, err, diff)
			}
		})
	}
	for name, test := range map[string]struct{ text, reason string }{
		"empty":         {"", "is empty"},
		"too long":      {strings.Repeat("x", 256), "is longer than 255 bytes"},
		"invalid UTF-8": {"a\xff", "is not valid UTF-8"},
		"NUL":           {"a\x00", "contains a NUL byte"},
		"punctuation":   {"%_ -", "has no word in it"},
		"emoji":         {"🎉", "has no word in it"},
		"marks":         {"\u0301", "has no word in it"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := activity.SearchWords("Search", test.text)
			if bad := invalid(t, err); bad.Field != "Search" || bad.Reason != test.reason {
				t.Errorf("searchWords(%q) = %v", test.text, err)
			}
		})
	}
}

func TestNameMatches(t *testing.T) {
	for name, test := range map[string]struct {
		name, search string
		want         bool
	}{
		"beginning":               {"Ana Núñez", "nun", true},
		"all words":               {"Ana Núñez", "n a", true},
		"whole words":             {"Ana Núñez", "NÚÑEZ, ANA", true},
		"one word too many":       {"Ana Núñez", "ana x", false},
		"within a word":           {"Ana Núñez", "ez", false},
		"longer than the word":    {"Ana", "anab", false},
		"typed without accents":   {"Weißbäcker", "weissb", true},
		"typed plainly":           {"Bjørn Łukasz", "bjorn luk", true},
		"decomposed":              {"José", "Jose\u0301", true},
		"domain":                  {"ana@acme.test", "acme.t", true},
		"final sigma":             {"Ὀδυσσεύς Α.", "οδυσσεύσ", true},
		"part of a syllable":      {"한국", "하", true},
		"within Chinese":          {"北京市朝阳区", "朝阳", true},
		"not within Chinese":      {"北京市朝阳区", "北朝", false},
		"within Japanese":         {"東京タワー", "タワー", true},
		"within Thai":             {"กรุงเทพมหานคร", "เทพ", true},
		"Thai vowels":             {"กรุงเทพ", "กรุง", true},
		"Devanagari":              {"हिन्दी भाषा", "हिन् भा", true},
		"Arabic without vowels":   {"مُحَمَّد", "محمد", true},
		"wildcard":                {"Ana", "%na", false},
		"wildcard is punctuation": {"100% cotton", "100%", true},
		"both are cut":            {strings.Repeat("x", 100), strings.Repeat("x", 90), true},
		"both are cut in Chinese": {"第一" + strings.Repeat("京", 40), "一" + strings.Repeat("京", 39), true},
	} {
		t.Run(name, func(t *testing.T) {
			search, err := activity.SearchWords("Search", test.search)
			if err != nil {
				t.Fatal(err)
			}
			if got := activity.NameMatches(activity.NameWords(test.name), search); got != test.want {
				t.Errorf("the words %q of %q, of a name with %q: %v", search, test.search, activity.NameWords(test.name), got)
			}
		})
	}
}

// FuzzNameWords holds words of names against what they are for: each is found by itself, however often it is folded.
func FuzzNameWords(f *testing.F) {
	for _, seed := range []string{
		"", "Ana Núñez", "ana@acme.test", "Weißbäcker İı", "北京市 ABC", "กำไร", "한국", "हिन्दी", "❤️1️⃣", "a\xff\x00", "e\u0301\u034f\u0316",
		"\U0001D165\u0301\u034f\U0001D16E", "ΌΣΟΣ", "ǅ ŉ ﬃ", "ᾳ\u0345", "Ꭰꭰ", "ſß",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		words := activity.NameWords(name)
		if len(words) > activity.MaxWords {
			t.Errorf("%d words", len(words))
		}
		long := false
		for i, word := range words {
			if word == "" || len(word) > 64 || !utf8.ValidString(word) || slices.Contains(words[:i], word) {
				t.Errorf("word %d of %q", i, words)
			}
			if again := activity.NameWords(word); len(again) == 0 || again[0] != word {
				t.Errorf("the words of %q are %q", word, again)
			}
			search, err := activity.SearchWords("Search", word)
			if err != nil || !activity.NameMatches(words, search) {
				t.Errorf("%q is not found by its word %q: %q, %v", name, word, search, err)
			}
			long = long || len(word) > 60 // its end may have been cut off
		}
		if long {
			return
		}
		if diff := cmp.Diff(words, activity.NameWords(strings.Join(words, " "))); diff != "" {
			t.Errorf("the words of the words of %q (-want +got):\n%s", name, diff)
		}
	})
}
