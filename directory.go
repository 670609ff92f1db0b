package activity

import (
	"context"
	"fmt"
)

// Limits of searches.
const (
	MaxFound  = 10_000 // words of names that a search looks at
	MaxLookup = 20     // entities that Lookup returns
	maxNamed  = 500    // entities whose events a search finds
)

// indexBatch is how many entries are taken into the directory in one transaction.
const indexBatch = 2000

// Lookup finds entities for a search box: those with a name in which each word of the text is the beginning of a word, whatever
// the case of letters and their accents: "mul an" finds Ana Müller. Old names count too; each entity has its latest one. Kinds
// restricts it to entities of these kinds. The first [MaxLookup] by name come back, an empty list if there is none.
//
// The names are those that sealed events and tasks have of their actors and entities; [Journal.Run] takes them into the
// directory within a second.
//
// A text without a letter or a digit, or with more than 255 bytes, is an [InvalidError]. A text whose every word begins more than
// [MaxFound] words of names is [ErrTooBroad]: more letters are needed.
func (t Tenant) Lookup(ctx context.Context, text string, kinds []string) ([]Entity, error) {
	if err := checkTenant(t.name); err != nil {
		return nil, err
	}
	words, err := searchWords("Text", text)
	if err != nil {
		return nil, err
	}
	if len(kinds) > MaxListed {
		return nil, invalidf("Kinds", "lists more than %d", MaxListed)
	}
	for _, kind := range kinds {
		if err := checkText("Kinds", kind, MaxEntityKind); err != nil {
			return nil, err
		}
	}
	kinds = distinct(kinds, func(kind string) string { return kind })
	found, err := t.journal.store.FindEntities(ctx, EntityQuery{Tenant: t.name, Words: words, Kinds: kinds, Limit: MaxLookup})
	return append([]Entity{}, found...), err
}

// named returns whom a search is for: the entities with such a name, and what is merged with them.
func (t Tenant) named(ctx context.Context, field, text string) ([]Entity, error) {
	words, err := searchWords(field, text)
	if err != nil {
		return nil, err
	}
	found, err := t.journal.store.FindEntities(ctx, EntityQuery{Tenant: t.name, Words: words, Limit: maxNamed + 1})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	if len(found) > maxNamed {
		return nil, fmt.Errorf("%w: %s finds more than %d entities", ErrTooBroad, field, maxNamed)
	}
	return t.relatives(ctx, found, false)
}

// index takes what was sealed into the directory, and returns how many entries.
func (j *Journal) index(ctx context.Context) (int, error) {
	indexed := 0
	for {
		n, err := j.store.Index(ctx, indexBatch)
		indexed += n
		if err != nil || n < indexBatch {
			return indexed, err
		}
	}
}
