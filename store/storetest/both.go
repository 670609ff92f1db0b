package storetest

import (
	"context"
	"errors"
	"reflect"

	"github.com/go-activity/activity"
)

// both is a store that asks the one under test and one in memory the same, tells where they differ,
// and answers as the first one does.
type both struct {
	subject
	memory activity.Store
}

// compare tells it when two errors, or the lists of events beside them, are not the same.
func (b *both) compare(call any, want, got []activity.Event, wantErr, gotErr error) {
	b.Helper()
	b.agree(call, diffAll(want, got), wantErr, gotErr)
}

// agree tells it when two errors are not the same, or when there is a difference between what came
// beside them.
func (b *both) agree(call any, difference string, wantErr, gotErr error) {
	b.Helper()
	if !sameError(wantErr, gotErr) {
		b.Fatalf("%v: the error is %v, that of the store in memory is %v", call, gotErr, wantErr)
	}
	if gotErr == nil && difference != "" {
		b.Fatalf("%v, compared with the store in memory: %s", call, difference)
	}
}

// sameError reports whether a caller would take two errors for the same.
func sameError(a, b error) bool {
	if (a == nil) != (b == nil) {
		return false
	}
	for _, known := range []error{
		activity.ErrNotFound, activity.ErrNoTask, activity.ErrKeyConflict, activity.ErrClosed, activity.ErrInvalid, errOfFn,
		activity.ErrQuotaExceeded, activity.ErrSettled, activity.ErrHoldExpired, activity.ErrNotHeld,
		activity.ErrNotHolder, activity.ErrConsuming, activity.ErrLegalHold, activity.ErrCycle, activity.ErrMerged, activity.ErrTooBroad,
	} {
		if errors.Is(a, known) != errors.Is(b, known) {
			return false
		}
	}
	if want, ok := errors.AsType[*activity.QuotaError](a); ok {
		got, ok := errors.AsType[*activity.QuotaError](b)
		return ok && diffFields(reflect.ValueOf(*want), reflect.ValueOf(*got)) == ""
	}
	one, ok := errors.AsType[*activity.KeyConflictError](a)
	two, _ := errors.AsType[*activity.KeyConflictError](b)
	return !ok || two != nil && *one == *two
}

func (b *both) AppendEvents(ctx context.Context, rows []activity.EventRow) ([]activity.Event, error) {
	b.Helper()
	want, wantErr := b.memory.AppendEvents(ctx, rows)
	got, err := b.store.AppendEvents(ctx, rows)
	b.compare("AppendEvents", want, got, wantErr, err)
	return got, err
}

func (b *both) Event(ctx context.Context, tenant string, id activity.ID) (activity.Event, error) {
	b.Helper()
	want, wantErr := b.memory.Event(ctx, tenant, id)
	got, err := b.store.Event(ctx, tenant, id)
	if err != nil || wantErr != nil {
		b.compare("Event", nil, nil, wantErr, err)
		return activity.Event{}, err
	}
	b.compare("Event", []activity.Event{want}, []activity.Event{got}, nil, nil)
	return got, nil
}

func (b *both) Feed(ctx context.Context, query activity.EventQuery) ([]activity.Event, error) {
	b.Helper()
	want, wantErr := b.memory.Feed(ctx, query)
	got, err := b.store.Feed(ctx, query)
	b.compare(feedOf(query), want, got, wantErr, err)
	return got, err
}

func (b *both) InTx(ctx context.Context, fn func(activity.Store) error) error {
	b.Helper()
	var err error
	wantErr := b.memory.InTx(ctx, func(memory activity.Store) error {
		err = b.store.InTx(ctx, func(store activity.Store) error {
			return fn(&both{subject: b.in(store), memory: memory})
		})
		return err
	})
	b.compare("InTx", nil, nil, wantErr, err)
	return err
}

// Close does nothing: both stores are closed by those who opened them.
func (b *both) Close() error { return nil }
