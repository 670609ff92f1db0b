package activity

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// ErasedEvent is the payload of [EntityErased]. It does not say who was erased.
type ErasedEvent struct {
	Kind     string `json:"kind"` // of the entity
	Reason   string `json:"reason"`
	Count    int    `json:"count"`  // of Events
	Events   []ID   `json:"events"` // of which something was erased, ascending
	Tasks    int    `json:"tasks"`
	Outcomes int    `json:"outcomes"`
	Uses     int    `json:"uses"` // rows of quotas
}

const (
	typeErased    = "activity.erased"
	typeRetention = "activity.retention"
)

// The events of what takes away or keeps. The library records them with what they tell of, in the same transaction.
// Every journal knows these types, and nobody else can record them.
var (
	// EntityErased says that something of an entity was erased. It is about nobody. [Tenant.Erase] records one for
	// each step, so that an event which was erased is in one of them.
	EntityErased = upkeep[ErasedEvent](typeErased, "Erased",
		"erased {kind} from {count, plural, =1 {# event} other {# events}}: {reason}",
		"borró {kind} de {count, plural, one {# evento} other {# eventos}}: {reason}")

	// EventsRemoved says that retention has removed events. It is about nobody.
	EventsRemoved = upkeep[RemovedEvent](typeRetention, "Removed by retention",
		"removed {count, plural, =1 {# event} other {# events}} from before {before, date}: {label}",
		"eliminó {count, plural, one {# evento} other {# eventos}} de antes del {before, date}: {label}")

	// OutcomesRemoved says that retention has removed outcomes of a task. It is about nobody.
	OutcomesRemoved = upkeep[RemovedOutcomes]("activity.retention_outcomes", "Outcomes removed by retention",
		"removed {count, plural, =1 {# outcome} other {# outcomes}} of a task: {label}",
		"eliminó {count, plural, one {# resultado} other {# resultados}} de una tarea: {label}")

	// LegalHoldSet says that an entity was put under a legal hold. It is about the entity.
	LegalHoldSet = upkeep[LegalHoldEvent]("activity.legal_hold", "Put under a legal hold",
		"put {about} under a legal hold: {reason}", "puso {about} bajo retención legal: {reason}")

	// LegalHoldLifted says that the legal hold of an entity has ended. It is about the entity.
	LegalHoldLifted = upkeep[LegalHoldEvent]("activity.legal_hold_lifted", "Legal hold lifted",
		"lifted the legal hold of {about}: {reason}", "levantó la retención legal de {about}: {reason}")
)

var upkeepTypes = []EventType{EntityErased, EventsRemoved, OutcomesRemoved, LegalHoldSet, LegalHoldLifted}

func upkeep[P any](name, label, english, spanish string) Type[P] {
	return ownType[P](name, label, "upkeep", "shield", english, spanish)
}

// eraseBatch is how many rows are erased in one transaction: on SQLite others wait meanwhile.
const eraseBatch = 500

// Erase takes an entity out of all that is stored of the tenant, for good: of the events about it the payload, of those about
// it or by it its ID and its label, as EventRow.Erase says; likewise of tasks and outcomes, and of what counts for quotas. Its kind
// stays, and so do all leaves and proofs. It returns from how many events it has erased something. What is
// written about the entity elsewhere, say in the payload of an event that is not about it, is not found.
//
// The entity should not be worked with any more: a task about it that has not ended loses its input and its keys, and
// what is recorded with the entity meanwhile or later is not erased.
//
// It works in short transactions, each of which records an [EntityErased] by who asks for it. When an error, or the end of
// ctx or of the process, comes between, what was erased until then stays so; calling it again goes on. Of a
// journal in a transaction of the host, all is done in that transaction.
//
// An entity under a legal hold is [ErrLegalHold], and nothing is erased. What is also of another entity under a legal hold stays
// as it is; the error is ErrLegalHold then too, once all else was erased. The reason is kept for good, and
// must not have the entity's ID or label in it. Nobody can erase themselves, as the events of that would have to
// say who did it.
//
// What was erased is in the files of the database until it rewrites them: VACUUM FULL and CHECKPOINT in PostgreSQL, VACUUM and
// PRAGMA wal_checkpoint(TRUNCATE) in SQLite; before that ANALYZE, if it was ever called, because statistics have values in
// them. The write-ahead log of PostgreSQL, archives and backups are the host's.
func (t Tenant) Erase(ctx context.Context, entity, by Entity, reason string) (int, error) {
	by, err := t.checkHold(ctx, entity, by, reason)
	if err != nil {
		return 0, err
	}
	if by.Is(entity) {
		return 0, invalidf("By", "is who is to be erased")
	}
	for _, name := range []string{entity.ID, entity.Label} {
		if hasWord(Fold(reason), Fold(name)) {
			return 0, invalidf("Reason", "names who is to be erased")
		}
	}
	n := 0
	for {
		var erased Erased
		err := t.journal.store.InTx(ctx, func(tx Store) error {
			var err error
			erased, err = tx.Erase(ctx, EraseQuery{Tenant: t.name, Entity: entity, Limit: eraseBatch})
			if err != nil || erased.IsZero() {
				return err
			}
			return t.record(ctx, tx, EntityErased.New(ErasedEvent{
				Kind: entity.Kind, Reason: reason, Count: len(erased.Events), Events: slices.Concat([]ID{}, erased.Events),
				Tasks: len(erased.Tasks), Outcomes: erased.Outcomes, Uses: erased.Uses,
			}).By(by))
		})
		if err != nil {
			return n, err
		}
		n += len(erased.Events)
		switch {
		case !erased.IsZero():
		case erased.Held > 0:
			return n, fmt.Errorf("%w: %d rows stay, which are of another entity too", ErrLegalHold, erased.Held)
		default:
			return n, nil
		}
	}
}

// record stores an event of a type of the library's own.
func (t Tenant) record(ctx context.Context, tx Store, d Draft) error {
	event, err := d.event(t.name, Entity{}, MaxPayload) // whatever Config.MaxPayload says of the host's
	if err != nil {
		return err
	}
	s := t.journal.shared
	rows := []EventRow{{Event: event}}
	rows[0].OccurredAt = s.now().UTC().Truncate(time.Microsecond)
	rows[0].RecordedAt = rows[0].OccurredAt
	s.identify(rows)
	_, err = tx.AppendEvents(ctx, rows)
	return err
}

// hasWord reports whether a text has another one in it, with no letter or digit beside it.
func hasWord(text, word string) bool {
	if word == "" {
		return false
	}
	partOf := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
	for rest := text; ; {
		before, after, found := strings.Cut(rest, word)
		if !found {
			return false
		}
		last, _ := utf8.DecodeLastRuneInString(text[:len(text)-len(rest)+len(before)])
		next, _ := utf8.DecodeRuneInString(after)
		if !partOf(last) && !partOf(next) {
			return true
		}
		_, size := utf8.DecodeRuneInString(rest[len(before):])
		rest = rest[len(before)+size:]
	}
}
