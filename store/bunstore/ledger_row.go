package bunstore

import (
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/go-activity/activity"
)

// entryColumns are the columns that scanEntry reads, of an entry l and an event e.
const entryColumns = `l.position, l.tenant, l."index", l.event_id, l.leaf,
	e.tenant, e.type, e.version, e.actor_kind, e.actor_id, e.actor_label, e.about,
	e.task, e.source, e.occurred_at, e.recorded_at, e.key, e.payload, e.erased, e.salts`

// rawEvent is an event as it is stored. What may be stored in several forms, or in a form that is none of the library's, is
// taken as it is.
type rawEvent struct {
	tenant, typ, actorKind, actorID, actorLabel, key sql.NullString
	version, source                                  sql.NullInt64
	about, payload, salts                            []byte
	task, occurred, recorded, erased                 any
}

func scanEntry(row scanner) (activity.EntryRow, error) {
	var e activity.EntryRow
	var r rawEvent
	var id any
	var leaf []byte
	err := row.Scan(&e.Position, &e.Tenant, &e.Index, &id, &leaf,
		&r.tenant, &r.typ, &r.version, &r.actorKind, &r.actorID, &r.actorLabel, &r.about,
		&r.task, &r.source, &r.occurred, &r.recorded, &r.key, &r.payload, &r.erased, &r.salts)
	if err != nil {
		return activity.EntryRow{}, err
	}
	if e.ID, e.Err = storedID(id); e.Err != nil {
		return e, nil
	}
	if len(leaf) != sha256.Size {
		e.Err = fmt.Errorf("leaf has %d bytes", len(leaf))
		return e, nil
	}
	e.Leaf = activity.Hash(leaf)
	if !r.tenant.Valid {
		return e, nil // the event is gone
	}
	if e.Event, err = r.row(e.ID); err != nil {
		e.Event, e.Err = activity.EventRow{}, err
	}
	return e, nil
}

// row returns the event, or an error if it is not stored as the library stores events: so that no byte can be changed without
// either that or another leaf.
func (r *rawEvent) row(id activity.ID) (activity.EventRow, error) {
	about, err := decodeAbout(r.about)
	if err != nil {
		return activity.EventRow{}, fmt.Errorf("about cannot be read: %w", err)
	}
	if text, err := encodeAbout(about); err != nil || text != string(r.about) {
		return activity.EventRow{}, errors.New("about is not written as the library writes it")
	}
	var task activity.ID
	if r.task != nil {
		if task, err = storedID(r.task); err != nil {
			return activity.EventRow{}, fmt.Errorf("task cannot be read: %w", err)
		}
	}
	occurred, err := storedTime(r.occurred)
	if err != nil {
		return activity.EventRow{}, fmt.Errorf("time of occurrence cannot be read: %w", err)
	}
	recorded, err := storedTime(r.recorded)
	if err != nil {
		return activity.EventRow{}, fmt.Errorf("time of recording cannot be read: %w", err)
	}
	erased, err := storedBool(r.erased)
	if err != nil {
		return activity.EventRow{}, fmt.Errorf("mark of erasure cannot be read: %w", err)
	}
	version, source := int(r.version.Int64), activity.Source(r.source.Int64)
	switch {
	case int64(version) != r.version.Int64:
		return activity.EventRow{}, errors.New("version is out of range")
	case int64(source) != r.source.Int64:
		return activity.EventRow{}, errors.New("source is out of range")
	case r.key.Valid && r.key.String == "":
		return activity.EventRow{}, errors.New("key is empty")
	case r.payload != nil && len(r.payload) == 0:
		return activity.EventRow{}, errors.New("payload is empty")
	}
	return activity.EventRow{Event: activity.Event{
		ID:         id,
		Tenant:     r.tenant.String,
		Type:       r.typ.String,
		Version:    version,
		Actor:      activity.Entity{Kind: r.actorKind.String, ID: r.actorID.String, Label: r.actorLabel.String},
		About:      about,
		Task:       task,
		Source:     source,
		OccurredAt: occurred,
		RecordedAt: recorded,
		Key:        r.key.String,
		Payload:    r.payload,
		Erased:     erased,
	}, Salts: r.salts}, nil
}

// storedID reads an ID in the one form in which it is stored. The zero ID is never stored, but as NULL.
func storedID(src any) (id activity.ID, err error) {
	switch src := src.(type) {
	case string: // as the server writes it
		id, err = activity.ParseID(src)
	case []byte:
		if len(src) != len(id) {
			return id, fmt.Errorf("ID has %d bytes", len(src))
		}
		id = activity.ID(src)
	default:
		return id, fmt.Errorf("%T is no ID", src)
	}
	if err == nil && id.IsZero() {
		err = errors.New("ID is zero")
	}
	return id, err
}

// storedTime reads a time, which PostgreSQL may have as infinity.
func storedTime(src any) (time.Time, error) {
	switch src := src.(type) {
	case time.Time:
		return src.UTC(), nil
	case int64:
		return time.UnixMicro(src).UTC(), nil
	}
	return time.Time{}, fmt.Errorf("%v is no time", src)
}

func storedBool(src any) (bool, error) {
	switch src := src.(type) {
	case bool:
		return src, nil
	case int64:
		if src == 0 || src == 1 {
			return src == 1, nil
		}
	}
	return false, fmt.Errorf("%v is neither true nor false", src)
}
