package activity

import (
	"context"
	"slices"
)

// DirectoryStore is the part of a [Store] that keeps the directory: the names of entities, by which they are found.
type DirectoryStore interface {
	// Index takes into the directory the entities of the ledger's entries, actors included: of at most limit entries, those
	// with the lowest positions of which it has not been done. It works in a short transaction of its own, or in the store's.
	//
	//   - Entries are taken by ascending position, each once, whatever number of calls run at once.
	//   - An entity has the label of the last entry that gives it one; within an event, the actor comes before the entities.
	//   - It is found by the words of its Name in each entry that was taken; NameWords says which these are.
	//   - What was erased or removed before its entry was taken is left out, and so are entities of EventKind.
	//   - It returns how many entries it has taken; a call while another one works may take none.
	Index(ctx context.Context, limit int) (int, error)

	// FindEntities returns entities of the directory.
	//
	//   - Exactly the entities of the kinds asked for come back for which each of Words is the beginning of a word that they are
	//     found by.
	//   - They come by ascending Name, then kind, then ID, byte by byte, each with the label that it has.
	//   - When there are more than Limit, the first Limit of that order come back.
	//
	// A store need not look at more than [MaxFound] words that begin with one of Words: when each of them has more, it may
	// return ErrTooBroad.
	FindEntities(ctx context.Context, query EntityQuery) ([]Entity, error)
}

// EntityQuery says which entities of the directory are wanted.
type EntityQuery struct {
	Tenant string
	Words  []string // as NameWords makes them; at least one
	Kinds  []string // of one of these kinds, if there are any
	Limit  int      // at least 1
}

// Match reports whether an entity with a kind belongs to the result, given the words it is found by.
func (q *EntityQuery) Match(kind string, words []string) bool {
	return (len(q.Kinds) == 0 || slices.Contains(q.Kinds, kind)) && nameMatches(words, q.Words)
}
