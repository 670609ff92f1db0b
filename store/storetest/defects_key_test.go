package storetest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/go-activity/activity"
)

func keyDefects() []defect {
	return []defect{
		{"stores a key twice", "key again", with(broken{append: storesKeyTwice})},
		{"returns the row of a used key", "key again", with(broken{append: returnsRepeat})},
		{"takes the empty key for a key", "key again", with(broken{append: changing(func(row *activity.EventRow) { row.Key += "." })})},
		{"returns known events first", "key again in a batch", with(broken{append: returnsKnownFirst})},
		{"has keys per store", "key of another tenant", each(keyPerStore)},
		{"ignores the case of keys", "keys that look alike", with(broken{append: changing(func(row *activity.EventRow) { row.Key = strings.ToLower(row.Key) })})},
		{"trims keys", "keys that look alike", with(broken{append: changing(func(row *activity.EventRow) { row.Key = strings.TrimSpace(row.Key) })})},
		{"compares labels", "the same content", with(broken{append: comparing(func(row, known activity.Event) bool {
			return row.Actor == known.Actor && slices.Equal(row.About, known.About)
		})})},
		{"compares times that are not dated", "the same content", with(broken{append: comparing(func(row, known activity.Event) bool {
			return row.OccurredAt.Equal(known.OccurredAt)
		})})},
		{"compares payloads only", "other content", with(broken{append: payloadsOnly})},
		{"forgets that a row is dated", "other content", with(broken{append: changing(func(row *activity.EventRow) { row.Dated = false })})},
		{"ignores a conflict", "key conflict", with(broken{append: ignoresConflict})},
		{"stores the rest beside a conflict", "key conflict", with(broken{append: storesTheRest})},
		{"does not say whose the key is", "key conflict", with(broken{append: anonymousConflict})},
		{"lets two store a key at once", "concurrent key", each(racesOnKey)},
		{"returns an error to the second with a key", "concurrent key", each(secondFails)},
		{"ends in a deadlock", "concurrent keys in other orders", each(deadlocks)},
		{"does not wait for a transaction with the key", "concurrent key of a transaction", each(doesNotWait)},
	}
}

func storesKeyTwice(ctx context.Context, in activity.Store, rows []activity.EventRow) ([]activity.Event, error) {
	events, err := in.AppendEvents(ctx, rows)
	for i := range events {
		if events[i].ID != rows[i].ID {
			row := rows[i]
			row.Key = ""
			in.AppendEvents(ctx, []activity.EventRow{row})
		}
	}
	return events, err
}

func returnsRepeat(ctx context.Context, in activity.Store, rows []activity.EventRow) ([]activity.Event, error) {
	events, err := in.AppendEvents(ctx, rows)
	for i := range events {
		events[i].ID = rows[i].ID
	}
	return events, err
}

// comparing returns an append that demands more of the same content.
func comparing(same func(row, known activity.Event) bool) func(context.Context, activity.Store, []activity.EventRow) ([]activity.Event, error) {
	return func(ctx context.Context, in activity.Store, rows []activity.EventRow) ([]activity.Event, error) {
		events, err := in.AppendEvents(ctx, rows)
		for i, e := range events {
			if e.ID != rows[i].ID && !same(rows[i].Event, e) {
				return nil, &activity.KeyConflictError{Key: e.Key, ID: e.ID}
			}
		}
		return events, err
	}
}

// payloadsOnly takes a row for the same if it has the same payload.
func payloadsOnly(ctx context.Context, in activity.Store, rows []activity.EventRow) ([]activity.Event, error) {
	events, err := in.AppendEvents(ctx, rows)
	if id, ok := conflictID(err); ok && len(rows) == 1 {
		known, _ := in.Event(ctx, rows[0].Tenant, id)
		if string(known.Payload) == string(rows[0].Payload) {
			return []activity.Event{known}, nil
		}
	}
	return events, err
}

func ignoresConflict(ctx context.Context, in activity.Store, rows []activity.EventRow) ([]activity.Event, error) {
	var events []activity.Event
	for i := range rows {
		stored, err := in.AppendEvents(ctx, rows[i:i+1])
		if id, ok := conflictID(err); ok {
			known, _ := in.Event(ctx, rows[i].Tenant, id)
			stored, err = []activity.Event{known}, nil
		}
		if err != nil {
			return nil, err
		}
		events = append(events, stored...)
	}
	return events, nil
}

func anonymousConflict(ctx context.Context, in activity.Store, rows []activity.EventRow) ([]activity.Event, error) {
	events, err := in.AppendEvents(ctx, rows)
	if errors.Is(err, activity.ErrKeyConflict) {
		return nil, activity.ErrKeyConflict
	}
	return events, err
}

// racesOnKey looks for the key, waits until another has looked too, and then stores.
func racesOnKey() broken {
	var calls atomic.Int64
	second := make(chan struct{})
	return broken{append: func(ctx context.Context, in activity.Store, rows []activity.EventRow) ([]activity.Event, error) {
		switch calls.Add(1) {
		case 1:
			<-second
		case 2:
			close(second)
		default:
			return in.AppendEvents(ctx, rows)
		}
		row := rows[0]
		row.Key = ""
		return in.AppendEvents(ctx, []activity.EventRow{row})
	}}
}

// secondFails hands the database's error for a key that another has stored meanwhile to the caller.
func secondFails() broken {
	var once sync.Once
	return broken{append: func(ctx context.Context, in activity.Store, rows []activity.EventRow) ([]activity.Event, error) {
		events, err := in.AppendEvents(ctx, rows)
		if len(events) == 1 && events[0].ID != rows[0].ID {
			once.Do(func() { events, err = nil, errBusy })
		}
		return events, err
	}}
}

// deadlocks holds the first append until one comes that begins with another key, and fails that.
func deadlocks() broken {
	var mu sync.Mutex
	var first string
	met := make(chan struct{})
	meet := sync.OnceFunc(func() { close(met) })
	return broken{append: func(ctx context.Context, in activity.Store, rows []activity.EventRow) ([]activity.Event, error) {
		mu.Lock()
		mine := first == ""
		if mine {
			first = rows[0].Key
		}
		other := rows[0].Key != first
		mu.Unlock()
		switch {
		case mine:
			<-met
		case other:
			meet()
			return nil, errBusy
		}
		return in.AppendEvents(ctx, rows)
	}}
}

// doesNotWait refuses an append while a transaction runs, which ends only after that.
func doesNotWait() broken {
	tried := make(chan struct{}, 1)
	return broken{
		inTx: func(ctx context.Context, in activity.Store, fn func(activity.Store) error) error {
			return in.InTx(ctx, func(tx activity.Store) error {
				err := fn(tx)
				<-tried
				return err
			})
		},
		append: func(ctx context.Context, in activity.Store, rows []activity.EventRow) ([]activity.Event, error) {
			if isRoot(in) {
				tried <- struct{}{}
				return nil, errBusy
			}
			return in.AppendEvents(ctx, rows)
		},
	}
}

// conflictID returns the ID that a KeyConflictError names, and whether err is one.
func conflictID(err error) (activity.ID, bool) {
	conflict, ok := errors.AsType[*activity.KeyConflictError](err)
	if !ok {
		return activity.ID{}, false
	}
	return conflict.ID, true
}
