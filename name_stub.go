package activity

import (
	"slices"
	"strings"
)

func NameWords(s string) []string { return Words(s) }
func searchWords(f, s string) ([]string, error) {
	w := Words(s)
	if len(w) == 0 {
		return nil, invalidf(f, "has no word in it")
	}
	return w, nil
}
func nameMatches(name, search []string) bool {
	for _, w := range search {
		if !slices.ContainsFunc(name, func(n string) bool { return strings.HasPrefix(n, w) }) {
			return false
		}
	}
	return true
}
