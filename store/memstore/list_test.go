package memstore

import (
	"slices"
	"testing"
)

func TestListsShareNothingThatChanges(t *testing.T) {
	start := list[int]{}.add(1, 2, 3).add(4) // has room behind it
	one := start.add(5)
	two := start.add(6, 7)
	three := one.add(8)
	for _, l := range []struct {
		got  list[int]
		want []int
	}{{start, []int{1, 2, 3, 4}}, {one, []int{1, 2, 3, 4, 5}}, {two, []int{1, 2, 3, 4, 6, 7}}, {three, []int{1, 2, 3, 4, 5, 8}}} {
		if !slices.Equal(l.got.items, l.want) {
			t.Errorf("list = %v, want %v", l.got.items, l.want)
		}
	}
	if &one.items[0] != &start.items[0] {
		t.Error("adding to the end of a list copies it")
	}
}
