package memstore

import (
	"context"
	"database/sql"
	"maps"
	"sync"

	"github.com/go-activity/activity"
)

// InTx implements [activity.Store]. It waits until no other transaction runs or ctx ends. A call on
// fn's store after fn has returned is [sql.ErrTxDone], as it is of the stores on a database.
func (s *Store) InTx(ctx context.Context, fn func(activity.Store) error) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.unlock()
	before, err := s.load(ctx)
	if err != nil {
		return err
	}
	tx := &transaction{store: s, state: before}
	defer tx.end()
	if err := fn(tx); err != nil {
		return err
	}
	after := tx.end()
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.commit(before, after)
}

// lock gets the right to write.
func (s *Store) lock(ctx context.Context) error {
	if _, err := s.load(ctx); err != nil {
		return err
	}
	select {
	case s.writer <- struct{}{}:
		return nil
	default:
	}
	select {
	case s.writer <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Store) unlock() { <-s.writer }

// commit puts the state to which a transaction has come in the place of the one before, and the meters that it
// has changed in the place of the store's.
func (s *Store) commit(before, after *state) error {
	before.quotas.mu.Lock()
	defer before.quotas.mu.Unlock()
	// Nobody else writes; only Close can have come between.
	committed := *after
	committed.meters = nil
	if !s.state.CompareAndSwap(before, &committed) {
		return activity.ErrClosed
	}
	maps.Copy(before.quotas.meters, after.meters)
	maps.DeleteFunc(before.quotas.meters, func(_ activity.QuotaKey, m *meter) bool { return m.gone })
	return nil
}

// transaction is the store that the function of an InTx gets.
type transaction struct {
	store *Store
	mu    sync.Mutex
	state *state // what it sees; nil when it has ended
}

func (tx *transaction) AppendEvents(ctx context.Context, rows []activity.EventRow) ([]activity.Event, error) {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	state, err := tx.load(ctx)
	if err != nil {
		return nil, err
	}
	next, events, err := state.append(rows)
	if err != nil {
		return nil, err
	}
	tx.state = next
	return events, nil
}

func (tx *transaction) Event(ctx context.Context, tenant string, id activity.ID) (activity.Event, error) {
	state, err := tx.current(ctx)
	if err != nil {
		return activity.Event{}, err
	}
	return state.event(tenant, id)
}

func (tx *transaction) Feed(ctx context.Context, query activity.EventQuery) ([]activity.Event, error) {
	state, err := tx.current(ctx)
	if err != nil {
		return nil, err
	}
	return state.feed(&query), nil
}

// InTx joins the transaction. If fn fails, what was written since it began is undone and the
// transaction goes on; it is for the outer function to pass the error on.
func (tx *transaction) InTx(ctx context.Context, fn func(activity.Store) error) error {
	before, err := tx.current(ctx)
	if err != nil {
		return err
	}
	kept := false
	defer func() {
		if !kept {
			tx.reset(before)
		}
	}()
	if err := fn(tx); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	kept = true
	return nil
}

// Close does nothing: the transaction ends with its function.
func (tx *transaction) Close() error { return nil }

// current returns what the transaction sees.
func (tx *transaction) current(ctx context.Context) (*state, error) {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	return tx.load(ctx)
}

// load is current for those who hold tx.mu.
func (tx *transaction) load(ctx context.Context) (*state, error) {
	if _, err := tx.store.load(ctx); err != nil {
		return nil, err
	}
	if tx.state == nil {
		return nil, sql.ErrTxDone
	}
	return tx.state, nil
}

// reset goes back to a state of before, unless the transaction has ended.
func (tx *transaction) reset(before *state) {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if tx.state != nil {
		tx.state = before
	}
}

// end returns what the transaction has come to, and lets nobody use it any more.
func (tx *transaction) end() *state {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	state := tx.state
	tx.state = nil
	return state
}
