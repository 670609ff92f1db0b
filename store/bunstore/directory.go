package bunstore

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-activity/activity"
)

// fewFound is how many words a search looks at when it has several to choose from.
const fewFound = 1000

// nameKey identifies an entity of the directory.
type nameKey struct{ tenant, kind, id string }

func (k nameKey) compare(o nameKey) int {
	return cmp.Or(strings.Compare(k.tenant, o.tenant), strings.Compare(k.kind, o.kind), strings.Compare(k.id, o.id))
}

// name is what the directory has of an entity.
type name struct {
	nameKey
	label string
	words []string // of all names that it has or had
	fresh []string // of these, those that are not stored
}

// add adds a name that an entry gives.
func (n *name) add(label string, words []string) {
	n.label = cmp.Or(label, n.label)
	for _, word := range words {
		if !slices.Contains(n.words, word) {
			n.words = append(n.words, word)
			n.fresh = append(n.fresh, word)
		}
	}
}

// nameWord is a word by which an entity is found.
type nameWord struct {
	nameKey
	word string
}

// freshWords returns the words of names that are not stored, in the order of their index.
func freshWords(names []name) (words []nameWord) {
	for i := range names {
		for _, word := range names[i].fresh {
			words = append(words, nameWord{names[i].nameKey, word})
		}
	}
	slices.SortFunc(words, func(a, b nameWord) int {
		return cmp.Or(strings.Compare(a.tenant, b.tenant), strings.Compare(a.word, b.word), a.compare(b.nameKey))
	})
	return words
}

// joinWords makes one text of words, which have no spaces in them.
func joinWords(words []string) string { return strings.Join(words, " ") }

func splitWords(text string) []string { return strings.Fields(text) }

// afterAll is higher than every word, as none is longer than 64 bytes.
var afterAll = strings.Repeat(string(utf8.MaxRune), 17)

// afterPrefix returns the lowest text, byte by byte, that is higher than all that begin with a prefix. It is valid UTF-8.
func afterPrefix(prefix string) string {
	for prefix != "" {
		last, size := utf8.DecodeLastRuneInString(prefix)
		prefix = prefix[:len(prefix)-size]
		switch last {
		case utf8.MaxRune:
			continue
		case 0xd7ff:
			return prefix + "\ue000" // what is between them are halves of UTF-16
		}
		return prefix + string(last+1)
	}
	return afterAll
}

// Index implements [activity.DirectoryStore]. One call works at a time; others return at once. When there is nothing to
// take, it locks nothing.
//
// In a transaction of the host's on PostgreSQL, which must be READ COMMITTED, others take nothing until the transaction's end,
// and erasing waits for it.
func (s *Store) Index(ctx context.Context, limit int) (n int, err error) {
	if err := s.ready(ctx); err != nil {
		return 0, err
	}
	behind, err := s.isBehind(ctx)
	if err != nil || !behind || limit < 1 {
		return 0, s.failed(ctx, "index", err)
	}
	err = s.whole(ctx, false, func(tx *Store) error {
		n, err = tx.index(ctx, limit)
		return s.failed(ctx, "index", err)
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// isBehind reports whether entries are not in the directory.
func (s *Store) isBehind(ctx context.Context) (behind bool, err error) {
	db, done := s.ledgerReader()
	defer done()
	err = db.QueryRowContext(ctx, s.engine.directoryTexts().behind).Scan(&behind)
	return behind, err
}

// index takes entries into the directory within a transaction.
func (s *Store) index(ctx context.Context, limit int) (int, error) {
	locked, err := s.engine.tryLockDirectory(ctx, s)
	if err != nil || !locked {
		return 0, err
	}
	entries, err := scanAll(ctx, s.tx, scanNamed, s.engine.directoryTexts().unindexed, limit)
	if err != nil || len(entries) == 0 {
		return 0, err
	}
	keys, uses := namesOf(entries)
	stored, err := s.engine.names(ctx, s, keys)
	if err != nil {
		return 0, err
	}
	var changed []name
	folded := map[string][]string{} // the words of names: the same ones come again and again
	for _, key := range keys {
		before, known := stored[key]
		after := name{nameKey: key, label: before.label, words: before.words}
		for _, use := range uses[key] {
			if use.Label != "" && use.Label == before.label {
				after.label = use.Label // whose words are stored
				continue
			}
			words, ok := folded[use.Name()]
			if !ok {
				words = activity.NameWords(use.Name())
				folded[use.Name()] = words
			}
			after.add(use.Label, words)
		}
		if !known || after.label != before.label || len(after.fresh) > 0 {
			changed = append(changed, after)
		}
	}
	return len(entries), s.engine.setNames(ctx, s, changed, entries[len(entries)-1].position)
}

// named is an entry with the entities of its event, the actor first.
type named struct {
	position int64
	tenant   string
	entities []activity.Entity
}

// scanNamed reads an entry: position, tenant, the event's actor and about. Of an event that is gone it has no entities, nor of one
// that cannot be read, which is for Verify to tell.
func scanNamed(row scanner) (n named, err error) {
	var kind, id, label sql.NullString
	var about []byte
	if err := row.Scan(&n.position, &n.tenant, &kind, &id, &label, &about); err != nil || !kind.Valid {
		return n, err
	}
	if entities, err := decodeAbout(about); err == nil {
		n.entities = append([]activity.Entity{{Kind: kind.String, ID: id.String, Label: label.String}}, entities...)
	}
	return n, nil
}

// namesOf returns the entities of some entries, in ascending order, and for each one as what it comes, but for the same again.
func namesOf(entries []named) ([]nameKey, map[nameKey][]activity.Entity) {
	uses := map[nameKey][]activity.Entity{}
	var keys []nameKey
	for i := range entries {
		for _, e := range entries[i].entities {
			if e.IsErased() || e.Kind == activity.EventKind {
				continue
			}
			key := nameKey{entries[i].tenant, e.Kind, e.ID}
			before := uses[key]
			if before == nil {
				keys = append(keys, key)
			}
			if len(before) == 0 || before[len(before)-1] != e {
				uses[key] = append(before, e)
			}
		}
	}
	slices.SortFunc(keys, nameKey.compare)
	return keys, uses
}

// numberedNames reads rows of the number of a key, from 1 on, label and words.
func numberedNames(ctx context.Context, db conn, keys []nameKey, query string, args ...any) (map[nameKey]name, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := make(map[nameKey]name, len(keys))
	for rows.Next() {
		var i int
		var n name
		var words string
		if err := rows.Scan(&i, &n.label, &words); err != nil {
			return nil, err
		}
		n.words = splitWords(words)
		found[keys[i-1]] = n
	}
	return found, rows.Err()
}

// FindEntities implements [activity.DirectoryStore]. The word that the fewest words begin with leads to the candidates, whose names
// tell the rest.
func (s *Store) FindEntities(ctx context.Context, q activity.EntityQuery) ([]activity.Entity, error) {
	if err := s.ready(ctx); err != nil || len(q.Words) == 0 {
		return nil, err
	}
	db, done := s.reader()
	defer done()
	lead, n, err := s.leadOf(ctx, db, &q)
	if err != nil {
		return nil, s.failed(ctx, "find entities", err)
	}
	var candidates []name
	if n <= activity.MaxFound {
		candidates, err = scanAll(ctx, db, scanName, s.engine.directoryTexts().candidates, q.Tenant, lead, afterPrefix(lead), activity.MaxFound+1)
		if err != nil {
			return nil, s.failed(ctx, "find entities", err)
		}
		n = len(candidates) // some may have come since
	}
	if n > activity.MaxFound {
		return nil, fmt.Errorf("%w: more than %d words of names begin with each of the words", activity.ErrTooBroad, activity.MaxFound)
	}
	return matching(candidates, &q), nil
}

// leadOf returns the word of a search that the fewest words begin with, and how many, as far as it looks.
func (s *Store) leadOf(ctx context.Context, db conn, q *activity.EntityQuery) (lead string, n int, err error) {
	if len(q.Words) > 1 {
		if lead, n, err = s.rarest(ctx, db, q, fewFound+1); err != nil || n <= fewFound {
			return lead, n, err
		}
	}
	return s.rarest(ctx, db, q, activity.MaxFound+1)
}

// rarest counts the words that begin with each word of a search, up to a limit.
func (s *Store) rarest(ctx context.Context, db conn, q *activity.EntityQuery, limit int) (lead string, fewest int, err error) {
	after := make([]string, len(q.Words))
	for i, word := range q.Words {
		after[i] = afterPrefix(word)
	}
	rows, err := db.QueryContext(ctx, s.engine.directoryTexts().countWords, q.Tenant, s.engine.texts(q.Words), s.engine.texts(after), limit)
	if err != nil {
		return "", 0, err
	}
	defer rows.Close()
	for first := true; rows.Next(); first = false {
		var i, n int
		if err := rows.Scan(&i, &n); err != nil {
			return "", 0, err
		}
		if first || n < fewest {
			lead, fewest = q.Words[i-1], n
		}
	}
	return lead, fewest, rows.Err()
}

// scanName reads a name: kind, id, label, words.
func scanName(row scanner) (n name, err error) {
	var words string
	err = row.Scan(&n.kind, &n.id, &n.label, &words)
	n.words = splitWords(words)
	return n, err
}

// matching returns the first entities of a query's order among candidates, which may come several times.
func matching(candidates []name, q *activity.EntityQuery) []activity.Entity {
	seen := make(map[nameKey]bool, len(candidates))
	var found []activity.Entity
	for i := range candidates {
		c := &candidates[i]
		if !seen[c.nameKey] && q.Match(c.kind, c.words) {
			found = append(found, activity.Entity{Kind: c.kind, ID: c.id, Label: c.label})
		}
		seen[c.nameKey] = true
	}
	slices.SortFunc(found, func(a, b activity.Entity) int {
		return cmp.Or(strings.Compare(a.Name(), b.Name()), strings.Compare(a.Kind, b.Kind), strings.Compare(a.ID, b.ID))
	})
	return found[:min(len(found), q.Limit)]
}

// lockNames comes first, so that nothing is locked while it waits.
func (e *eraser) lockNames(ctx context.Context) error { return e.engine.lockDirectory(ctx, e.Store) }

// eraseName takes what the entity is called out of the directory.
func (e *eraser) eraseName(ctx context.Context) error {
	if e.left == 0 {
		return nil
	}
	texts := e.engine.directoryTexts()
	var words string
	err := e.tx.QueryRowContext(ctx, texts.deleteName, e.Tenant, e.Entity.Kind, e.Entity.ID).Scan(&words)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	e.left--
	e.done.Names++
	_, err = e.tx.ExecContext(ctx, texts.deleteWords, e.Tenant, e.Entity.Kind, e.Entity.ID, e.engine.texts(splitWords(words)))
	return err
}
