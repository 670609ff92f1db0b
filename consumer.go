package activity

import (
	"context"
	"iter"
)

// Consumers returns how far all consumers have come, by name.
func (j *Journal) Consumers(ctx context.Context) ([]ConsumerState, error) {
	return j.store.Consumers(ctx)
}

// Consumer returns a handle on what is stored of a consumer, by the name that it has in [Journal.Consume]. A bad name is reported
// by the calls made with it.
func (j *Journal) Consumer(name string) Consumer { return Consumer{journal: j, name: name} }

// Consumer is a handle on what is stored of a consumer. It is a small value, safe for concurrent use.
type Consumer struct {
	journal *Journal
	name    string
}

// Name returns the consumer's name.
func (c Consumer) Name() string { return c.name }

// State returns how far the consumer has come, or [ErrNotFound] if nobody has ever consumed under its name.
func (c Consumer) State(ctx context.Context) (ConsumerState, error) {
	if err := checkConsumer(c.name); err != nil {
		return ConsumerState{}, err
	}
	all, err := c.journal.store.Consumers(ctx)
	if err != nil {
		return ConsumerState{}, err
	}
	for _, state := range all {
		if state.Name == c.name {
			return state, nil
		}
	}
	return ConsumerState{}, ErrNotFound
}

// Parked returns what the consumer has put aside, by ascending position. An error is the last element.
func (c Consumer) Parked(ctx context.Context) iter.Seq2[Parked, error] {
	const page = 100
	return func(yield func(Parked, error) bool) {
		if err := checkConsumer(c.name); err != nil {
			yield(Parked{}, err)
			return
		}
		for after := Position(0); ; {
			list, err := c.journal.store.Parked(ctx, c.name, after, page)
			if err != nil {
				yield(Parked{}, err)
				return
			}
			for _, p := range list {
				if !yield(p, nil) {
					return
				}
				after = p.Position
			}
			if len(list) < page {
				return
			}
		}
	}
}

// Redo passes a parked entry to fn, and takes it away from those that are parked if fn returns nil. Else it stays, with the error
// that it has, and Redo returns fn's; a panic is a [PanicError]. Of two calls at once, both call fn. Consuming goes on meanwhile.
//
// A position that is not parked is [ErrNotFound]; one whose events were removed is an [ErrGone], and can only be discarded.
func (c Consumer) Redo(ctx context.Context, position Position, fn func(context.Context, []Entry) error) error {
	if err := checkConsumer(c.name); err != nil {
		return err
	}
	if fn == nil {
		return invalidf("Function", "is missing")
	}
	parked, err := c.journal.store.Parked(ctx, c.name, position-1, 1)
	if err != nil {
		return err
	}
	if len(parked) == 0 || parked[0].Position != position {
		return ErrNotFound
	}
	rows, err := c.journal.store.Entries(ctx, EntryQuery{After: position - 1, Limit: 1})
	if err != nil {
		return err
	}
	if len(rows) == 0 || rows[0].Position != position {
		return ErrNotFound
	}
	if rows[0].gone() {
		return &PositionError{After: position - 1, Resume: parked[0].Through, Err: ErrGone}
	}
	entry, err := rows[0].entry()
	if err != nil {
		return err
	}
	if err := callWith(ctx, fn, []Entry{entry}); err != nil {
		return err
	}
	return c.Discard(ctx, position)
}

// Discard takes an entry, or a range of them, away from those that are parked. A position that is not parked is [ErrNotFound].
func (c Consumer) Discard(ctx context.Context, position Position) error {
	if err := checkConsumer(c.name); err != nil {
		return err
	}
	return c.journal.store.Unpark(ctx, c.name, position)
}

// Reset makes the consumer go on after a position, forwards or back: 0 makes it begin again. It need not exist. What is
// parked stays.
//
// While somebody consumes, that is [ErrConsuming]; a position that was not given yet is an [ErrAhead].
func (c Consumer) Reset(ctx context.Context, position Position) error {
	if err := checkConsumer(c.name); err != nil {
		return err
	}
	if position < 0 {
		return invalidf("Position", "is negative")
	}
	if err := c.journal.given(ctx, position); err != nil {
		return err
	}
	return c.journal.store.ResetConsumer(ctx, ConsumerReset{Name: c.name, Position: position, Now: c.journal.shared.clock()})
}
