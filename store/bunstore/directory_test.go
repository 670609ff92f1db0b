package bunstore_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/uptrace/bun"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/bunstore"
	"github.com/go-activity/activity/store/memstore"
)

// indexAll takes all that was sealed into the directory, and returns how many entries.
func indexAll(t testing.TB, s activity.Store, limit int) (total int) {
	t.Helper()
	for {
		n := must(s.Index(t.Context(), limit))(t)
		if total += n; n == 0 {
			return total
		}
	}
}

func contact(id any, label string) activity.Entity {
	return activity.Entity{Kind: "contact", ID: fmt.Sprint(id), Label: label}
}

// recordAbout records and seals events about entities, in their order, so many with each.
func recordAbout(t testing.TB, s activity.Store, tenant string, each int, entities ...activity.Entity) {
	t.Helper()
	var drafts []activity.Draft
	for some := range slices.Chunk(entities, each) {
		drafts = append(drafts, noteAdded.New(note{}).By(ana).About(some...))
	}
	must(newJournal(s).Tenant(tenant).Record(t.Context(), drafts...))(t)
	for must(s.Seal(t.Context(), 5000))(t) > 0 {
	}
}

func wantFound(t *testing.T, s activity.Store, tenant, text string, want ...string) {
	t.Helper()
	var got []string
	for _, e := range must(newJournal(s).Tenant(tenant).Lookup(t.Context(), text, nil))(t) {
		got = append(got, e.ID)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q finds %q in %s, want %q", text, got, tenant, want)
	}
}

// An entity is found by all names that it had, and has the latest one.
func TestDirectoryOfRenamed(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		ctx := t.Context()
		s := migrated(t, address)
		recordAbout(t, s, "acme", 1, contact(1, ""), contact(1, "Maria Gómez"))
		recordAbout(t, s, "beta", 1, contact(1, "Somebody Else"))
		recordAbout(t, s, "acme", 1, contact(1, "María Pérez"), contact(1, ""))
		for _, want := range []int{1, 2, 2, 0} {
			if n := must(s.Index(ctx, max(want, 1)))(t); n != want {
				t.Errorf("Index = %d, want %d", n, want)
			}
		}
		for _, text := range []string{"maria", "GOMEZ", "per mar gom", "1"} {
			found := must(newJournal(s).Tenant("acme").Lookup(ctx, text, nil))(t)
			if want := []activity.Entity{contact(1, "María Pérez")}; !slices.Equal(found, want) {
				t.Errorf("%q finds %v, want %v", text, found, want)
			}
		}
		wantFound(t, s, "acme", "else")
		wantFound(t, s, "beta", "else", "1")
		wantFound(t, s, "acme", "ana", "ana")
	})
}

// What is found is what a store in memory finds, whatever the letters: those that patterns and array texts are made of, those
// with nothing after them, and those that other collations order otherwise.
func TestDirectoryBesideMemory(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		ctx := t.Context()
		s, memory := migrated(t, address), memstore.New()
		letters := []string{"a", "B", "é", "z", "Z", "ß", "%", "_", `\`, `"`, "'", "{", "}", ",", "NULL", " ", " ", "1", "9", "-",
			"山", "田", "ไ", "ท", "я", "\u07ff", "\ud7ff", "\ue000", "\uffff", "\U0001d7d8", "\U0010ffff", "\U000e01ef", "ａ"}
		random := rand.New(rand.NewPCG(1, 2))
		text := func(most int) string {
			var b strings.Builder
			for range 1 + random.IntN(most) {
				b.WriteString(letters[random.IntN(len(letters))])
			}
			return b.String()
		}
		for range 4 {
			var entities []activity.Entity
			for range 200 {
				e := activity.Entity{Kind: []string{"contact", "account", "user"}[random.IntN(3)], ID: fmt.Sprint(random.IntN(150))}
				if random.IntN(4) == 0 {
					e.ID = "x" + text(2)
				}
				if random.IntN(5) > 0 {
					e.Label = text(8)
				}
				entities = append(entities, e)
			}
			for _, store := range []activity.Store{s, memory} {
				recordAbout(t, store, "acme", 1, entities...)
				indexAll(t, store, 73)
			}
		}
		some := 0
		for range 800 {
			q := activity.EntityQuery{Tenant: "acme", Limit: 1 + random.IntN(20)}
			for range 1 + random.IntN(3) {
				q.Words = append(q.Words, activity.NameWords(text(3))...)
			}
			switch random.IntN(20) {
			case 0:
				q.Words = append(q.Words, "\U0010ffff")
			case 1:
				q.Words = append(q.Words, text(2))
			case 2, 3:
				q.Kinds = []string{"user", "account"}
			}
			if len(q.Words) == 0 {
				continue
			}
			want, got := must(memory.FindEntities(ctx, q))(t), must(s.FindEntities(ctx, q))(t)
			if diff := gocmp.Diff(want, got); diff != "" {
				t.Fatalf("%+q finds otherwise:\n%s", q.Words, diff)
			}
			some += min(len(got), 1)
		}
		if some < 160 {
			t.Errorf("%d searches found something: this tests little", some)
		}
	})
}

// What begins with a prefix is below the end of its range, and what comes after that is not.
func TestAfterPrefix(t *testing.T) {
	last := string(utf8.MaxRune)
	for prefix, want := range map[string]string{
		"a": "b", "mul": "mum", "é": "ê", "a\x7f": "a\u0080", "\u07ff": "\u0800", "x\ud7ff": "x\ue000", "\uffff": "\U00010000",
		"ab" + last: "ac", "a" + last + last: "b",
	} {
		got := bunstore.AfterPrefix(prefix)
		if got != want || !utf8.ValidString(got) || prefix+last+last >= got {
			t.Errorf("after %+q comes %+q, want %+q", prefix, got, want)
		}
	}
	for _, prefix := range []string{"", last, last + last} {
		got := bunstore.AfterPrefix(prefix)
		if !utf8.ValidString(got) || prefix >= got || strings.Repeat(last, 16) >= got {
			t.Errorf("after %+q comes %+q", prefix, got)
		}
	}
}

// A ledger of a release before is taken from its beginning.
func TestDirectoryOfFullLedger(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		s := migrated(t, address)
		var entities []activity.Entity
		for i := range 500 {
			entities = append(entities, contact(i, fmt.Sprintf("Person N%04d", i)))
		}
		recordAbout(t, s, "acme", 1, entities...)
		check(t, s.MigrateDown(t.Context(), "0006"))
		for _, table := range []string{"activity_name", "activity_word", "activity_directory"} {
			if slices.Contains(tables(t, s), table) {
				t.Errorf("the migration down leaves %s", table)
			}
		}
		s = openAt(t, address)
		check(t, s.Migrate(t.Context()))
		if n := indexAll(t, s, 120); n != 500 {
			t.Errorf("%d entries were taken", n)
		}
		wantFound(t, s, "acme", "pers n0499", "499")
		wantFound(t, s, "acme", "n000 ", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9")
	})
}

// Whatever number of calls index, beside who records, seals and is cut off: each entry is taken once, in order.
func TestManyIndexers(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		ctx := t.Context()
		s := migrated(t, address)
		other := s
		if !onSQLite(address) {
			other = openAt(t, address)
		}
		stop, cancel := context.WithCancel(ctx)
		defer cancel()
		var writing, working sync.WaitGroup
		for w := range 2 {
			random := rand.New(rand.NewPCG(7, uint64(w)))
			writing.Go(func() {
				for range 12 {
					drafts := make([]activity.Draft, 1+random.IntN(80))
					for i := range drafts {
						id := random.IntN(60)
						drafts[i] = noteAdded.New(note{}).By(ana).About(contact(id, fmt.Sprintf("Name%d of p%d", random.IntN(9), id)))
					}
					if _, err := newJournal(s).Tenant("acme").Record(ctx, drafts...); err != nil {
						t.Errorf("recording: %v", err)
					}
				}
			})
		}
		working.Go(func() {
			for stop.Err() == nil {
				if _, err := s.Seal(ctx, 29); err != nil {
					t.Errorf("sealing: %v", err)
				}
			}
		})
		var mu sync.Mutex
		taken := 0
		for i, store := range []*bunstore.Store{s, other} {
			random := rand.New(rand.NewPCG(8, uint64(i)))
			working.Go(func() {
				for stop.Err() == nil {
					n, err := store.Index(ctx, 1+random.IntN(50))
					if err != nil {
						t.Errorf("indexing: %v", err)
						return
					}
					mu.Lock()
					taken += n
					mu.Unlock()
				}
			})
		}
		writing.Wait()
		cancel()
		working.Wait()
		must(sealAll(ctx, s, 5000))(t)
		taken += indexAll(t, s, 5000)

		labels, words := map[string]string{}, map[string]map[string]bool{}
		entries := checkLedger(t, s)
		for _, e := range entries {
			c := e.Event.About[0]
			labels[c.ID] = c.Label
			if words[c.ID] == nil {
				words[c.ID] = map[string]bool{}
			}
			for _, word := range activity.NameWords(c.Label) {
				words[c.ID][word] = true
			}
		}
		if taken != len(entries) {
			t.Errorf("%d entries were taken, of %d", taken, len(entries))
		}
		rows := 1 // of Ana
		for id, label := range labels {
			rows += len(words[id])
			for word := range words[id] {
				found := must(s.FindEntities(ctx, activity.EntityQuery{Tenant: "acme", Words: []string{word, "p" + id}, Limit: 100}))(t)
				if !slices.Contains(found, contact(id, label)) {
					t.Errorf("%q finds %v, want contact %s, called %q", word, found, id, label)
				}
			}
		}
		if got := rowsOf(t, s.DB(), "activity_word"); got != rows {
			t.Errorf("there are %d words, want %d", got, rows)
		}
	})
}

// In a transaction, entries are taken with what else is done in it, or not.
func TestIndexInTransaction(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		ctx := t.Context()
		s := migrated(t, address)
		recordAbout(t, s, "acme", 1, contact(1, "Sealed Before"))
		for _, end := range []error{errUndo, nil} {
			err := s.InTx(ctx, func(tx activity.Store) error {
				must(newJournal(tx).Tenant("acme").Record(ctx, noteAdded.New(note{}).By(ana).About(contact(2, "Sealed Within"))))(t)
				must(tx.Seal(ctx, 10))(t)
				err := tx.InTx(ctx, func(joined activity.Store) error {
					must(joined.Index(ctx, 1))(t)
					wantFound(t, joined, "acme", "sealed", "1")
					return errUndo
				})
				if !errors.Is(err, errUndo) {
					t.Error(err)
				}
				wantFound(t, tx, "acme", "sealed")
				if n := must(tx.Index(ctx, 10))(t); n != 2 {
					t.Errorf("within the transaction, Index = %d", n)
				}
				wantFound(t, tx, "acme", "sealed", "1", "2")
				return end
			})
			if !errors.Is(err, end) {
				t.Error(err)
			}
			if end != nil {
				wantFound(t, s, "acme", "sealed")
			}
		}
		wantFound(t, s, "acme", "sealed", "1", "2")
		if n := must(s.Index(ctx, 10))(t); n != 0 {
			t.Errorf("after the transaction, Index = %d", n)
		}
	})
}

// A call that says that its context has ended has taken nothing, at whichever step it ended, and a host's transaction goes on.
func TestEndedContextOfIndex(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		s := migrated(t, address)
		calls := map[string]func(ctx context.Context) (int, error){
			"by itself": func(ctx context.Context) (int, error) { return s.Index(ctx, 2) },
			"host": func(ctx context.Context) (n int, err error) {
				return n, inHost(t, s, func(tx *bunstore.Store) error {
					n, err = tx.Index(ctx, 2)
					return err
				})
			},
		}
		for name, call := range calls {
			t.Run(name, func(t *testing.T) {
				atEveryStep(t, func(ctx context.Context, n int) error {
					tenant := fmt.Sprint(name, n)
					recordAbout(t, s, tenant, 1, contact(1, "Eins"), contact(1, "Zwei"))
					taken, err := call(ctx)
					if err == nil && taken != 2 || err != nil && taken != 0 {
						t.Errorf("step %d: %d entries were taken, %v", n, taken, err)
					}
					if err != nil {
						if !errors.Is(err, context.Canceled) {
							t.Errorf("step %d: %v, want context.Canceled", n, err)
						}
						wantFound(t, s, tenant, "eins")
						if again := indexAll(t, s, 10); again != 2 {
							t.Errorf("step %d: %v, and then %d entries are taken", n, err, again)
						}
					}
					wantFound(t, s, tenant, "eins zwei", "1")
					return err
				})
			})
		}
	})
}

// Others take nothing while a transaction of the host has yet to end that indexes; and erasing waits for it, so that no name comes
// back that was read before it was erased.
func TestEraseBesideIndex(t *testing.T) {
	ctx := t.Context()
	address := fromTemplate(t)
	s, other := openAt(t, address), openAt(t, address)
	recordAbout(t, s, "acme", 1, contact(1, "Known"))
	indexAll(t, s, 10)
	recordAbout(t, s, "acme", 1, subject, contact(1, "Known"))
	erased := make(chan error)
	err := s.DB().RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		if n := must(s.Tx(tx).Index(ctx, 10))(t); n != 2 {
			t.Errorf("Index = %d", n)
		}
		if n := must(other.Index(ctx, 10))(t); n != 0 {
			t.Errorf("while another one indexes, Index = %d", n)
		}
		go func() {
			e, err := other.Erase(ctx, activity.EraseQuery{Tenant: "acme", Entity: subject, Limit: 10})
			if err == nil && (e.Names != 1 || len(e.Events) != 1) {
				err = fmt.Errorf("erased is %+v", e)
			}
			erased <- err
		}()
		for waiting := 0; waiting == 0; runtime.Gosched() {
			select {
			case err := <-erased:
				return fmt.Errorf("erasing did not wait: %w", err)
			default:
			}
			err := s.DB().QueryRowContext(ctx, `SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`).Scan(&waiting)
			check(t, err)
		}
		return nil
	})
	check(t, err)
	check(t, <-erased)
	wantFound(t, s, "acme", "zq7")
	wantFound(t, s, "acme", "known", "1")
}
