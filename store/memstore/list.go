package memstore

// list is a list that is only added to, so that states share what they have of it in common: items that are in a list
// never change. Copying it on each write would make many small writes slow.
type list[T any] struct {
	items []T
	used  *int // how much of the memory behind items is in use by any list
}

// add returns the list with items added. It writes behind the list if nobody else has; else, as after a
// transaction that was undone, it copies. Only who has the right to write calls it.
func (l list[T]) add(items ...T) list[T] {
	if l.used == nil || *l.used != len(l.items) {
		l.items, l.used = append(make([]T, 0, len(l.items)+len(items)), l.items...), new(int)
	}
	l.items = append(l.items, items...)
	*l.used = len(l.items)
	return l
}
