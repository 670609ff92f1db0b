// Package memstore keeps events, tasks, outcomes, quotas and the ledger in memory. It serves unit tests, examples, and as
// the oracle that the other stores are compared with, so it is simple and evidently right before it is
// fast: reads scan all events or tasks of the tenant, and each write copies the list of them.
//
// What is stored never changes, but for what quotas count: a write makes a new state beside the old one, and
// its commit puts the new one in the place of the old. So readers need no lock, a transaction sees its own
// state and nobody else's, and undoing is forgetting.
//
// Like SQLite, the store has one writer at a time. A write waits until no transaction runs; one
// made through the store itself from within [Store.InTx] waits for its own transaction, until its
// context ends.
package memstore

import (
	"context"
	"sync/atomic"

	"github.com/go-activity/activity"
)

var _ activity.Store = (*Store)(nil)

// Store is an [activity.Store] in memory. It is safe for concurrent use.
type Store struct {
	writer chan struct{}         // full while somebody writes
	state  atomic.Pointer[state] // what is committed; nil once the store is closed
}

// New makes an empty store. It needs no Migrate.
func New() *Store {
	s := &Store{writer: make(chan struct{}, 1)}
	s.state.Store(&state{quotas: &quotas{meters: map[activity.QuotaKey]*meter{}}})
	return s
}

// Migrate does nothing: the store can stand in where one that keeps its tables up to date is
// expected. Like every call it returns [activity.ErrClosed] after Close, and the error of a context
// that has ended.
func (s *Store) Migrate(ctx context.Context) error {
	_, err := s.load(ctx)
	return err
}

// AppendEvents implements [activity.EventStore].
func (s *Store) AppendEvents(ctx context.Context, rows []activity.EventRow) (events []activity.Event, err error) {
	err = s.InTx(ctx, func(tx activity.Store) error {
		events, err = tx.AppendEvents(ctx, rows)
		return err
	})
	if err != nil {
		return nil, err
	}
	return events, nil
}

// Event implements [activity.EventStore].
func (s *Store) Event(ctx context.Context, tenant string, id activity.ID) (activity.Event, error) {
	state, err := s.load(ctx)
	if err != nil {
		return activity.Event{}, err
	}
	return state.event(tenant, id)
}

// Feed implements [activity.EventStore].
func (s *Store) Feed(ctx context.Context, query activity.EventQuery) ([]activity.Event, error) {
	state, err := s.load(ctx)
	if err != nil {
		return nil, err
	}
	return state.feed(&query), nil
}

// Close implements [activity.Store]. It frees the events and does not wait for calls that run; a
// transaction that has not been committed is lost, and its InTx returns [activity.ErrClosed].
func (s *Store) Close() error {
	s.state.Store(nil)
	return nil
}

// load returns what is committed, or the error of a store or a context that has ended.
func (s *Store) load(ctx context.Context) (*state, error) {
	state := s.state.Load()
	if state == nil {
		return nil, activity.ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return state, nil
}
