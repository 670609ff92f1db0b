package activity

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"time"
)

const (
	consumerLease = 30 * time.Second // renewed at a third
	standByPause  = time.Second      // between looks whether a consumer is free

	// What failed is tried again after firstRetry, then after twice as long each time, up to lastRetry.
	firstRetry = 100 * time.Millisecond
	lastRetry  = time.Minute
)

// Consume calls fn with the entries of the ledger, of all tenants, by ascending position, and waits for more until ctx ends, whose error
// it returns. The store remembers under the name how far it has come; a new name begins with the oldest event that is still there. Each
// entry is passed at least once: again after a crash, or if the store could not be told of it, so fn has to bear that.
//
// Any number of processes may call it with one name, of at most 64 bytes: one works, the others stand by. It has a lease of 30 seconds,
// renewed by itself; when it ends, the next takes over within a second, and within a second after the lease if its process was killed. The
// context that fn gets ends when the lease is lost, with [ErrNotHolder] as [context.Cause]. In one process, a second call with
// the name is [ErrConsuming].
//
// A call of fn has at most 500 entries, and its position is stored when it returns nil. When it returns an error, or panics, which is
// a [PanicError], it is called again after 100 ms, then after twice as long each time, up to a minute; the waits are shortened at random by up
// to a half. Entries of a batch that failed are then passed one by one, so that the bad one is singled out. Nothing passes it: what comes after it
// waits. If fn returns an [ErrPark] for a single entry, that is put aside with the error's text, and the next one comes. Failures are
// logged, and shown by [Consumer.State].
//
// Entries whose events were removed by retention before they were consumed are parked as a range, except those that were there when a
// consumer at position 0 begins. A consumer whose position was not given yet is an [ErrAhead]. While the store
// cannot be reached, Consume tries again, and logs that; a store that is closed, or has the wrong schema, ends it. On a journal in a
// transaction of the host it is an [ErrInvalid].
func (j *Journal) Consume(ctx context.Context, name string, fn func(context.Context, []Entry) error) error {
	if err := j.outside(); err != nil {
		return err
	}
	if err := checkConsumer(name); err != nil {
		return err
	}
	if fn == nil {
		return invalidf("Function", "is missing")
	}
	if !j.shared.consuming.add(name) {
		return ErrConsuming
	}
	defer j.shared.consuming.remove(name)
	c := &consumption{journal: j, name: name, holder: newHolder(), fn: fn}
	for {
		err := c.standBy(ctx)
		if err == nil {
			err = c.work(ctx)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !errors.Is(err, ErrNotHolder) {
			return err
		}
	}
}

func checkConsumer(name string) error { return checkText("Consumer", name, MaxConsumer) }

// newHolder makes an ID that nobody else has.
func newHolder() ID { return newID(time.Now(), rand.Uint64()>>2) }

// consumption is a call of Consume.
type consumption struct {
	journal *Journal
	name    string
	holder  ID
	fn      func(context.Context, []Entry) error

	mu      sync.Mutex // held while the store is written to, so that the lease is not renewed on what is changing
	state   ConsumerState
	renewed time.Time // when the lease was, by the clock of this process

	singly  Position // up to here, entries are passed one by one
	removed Position // up to here, removed entries are passed over
}

// standBy waits until the consumer is taken.
func (c *consumption) standBy(ctx context.Context) error {
	for failures := 0; ; {
		pause := standByPause
		asked := time.Now()
		state, err := c.take(ctx)
		switch {
		case err == nil && state.Holder == c.holder:
			c.state, c.renewed, c.singly, c.removed = state, asked, 0, 0
			return nil
		case err == nil:
			failures = 0
		case hopeless(ctx, err):
			return err
		default:
			failures++
			c.warn(ctx, "a consumer could not be taken", err)
			pause = retryAfter(failures)
		}
		if err := pauseFor(ctx, pause); err != nil {
			return err
		}
	}
}

func (c *consumption) take(ctx context.Context) (ConsumerState, error) {
	return c.journal.store.TakeConsumer(ctx, ConsumerTake{Name: c.name, Holder: c.holder, Lease: consumerLease, Now: c.journal.shared.clock()})
}

// work consumes until ctx ends, or the consumer is lost.
func (c *consumption) work(ctx context.Context) error {
	ctx, lose := context.WithCancelCause(ctx)
	var keeping sync.WaitGroup
	keeping.Go(func() { c.keep(ctx, lose) })
	defer func() {
		lost := errors.Is(context.Cause(ctx), ErrNotHolder)
		lose(nil)
		keeping.Wait()
		if !lost {
			c.release(ctx)
		}
	}()
	if c.state.Failures > 0 { // it is not known of how many
		c.singly = c.state.Position + followBatch
		if err := c.pause(ctx, min(c.state.RetryAt.Sub(c.journal.shared.now()), lastRetry)); err != nil {
			return err
		}
	}
	for failures := 1; ; failures++ {
		began := c.state.Position
		err := c.follow(ctx)
		if hopeless(ctx, err) || errors.Is(err, ErrAhead) {
			return cause(ctx, err)
		}
		if err == errReread {
			failures = 0
			continue
		}
		if c.state.Position > began {
			failures = 1
		}
		c.warn(ctx, "a consumer could not read", err)
		if err := c.pause(ctx, retryAfter(failures)); err != nil {
			return err
		}
	}
}

// keep renews the lease until ctx ends, and ends it when the consumer is lost.
func (c *consumption) keep(ctx context.Context, lose context.CancelCauseFunc) {
	tick := time.NewTicker(consumerLease / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			c.renew(ctx, lose)
		}
	}
}

func (c *consumption) renew(ctx context.Context, lose context.CancelCauseFunc) {
	c.mu.Lock()
	defer c.mu.Unlock()
	asked := time.Now()
	asking, cancel := context.WithTimeout(ctx, consumerLease/3)
	defer cancel()
	state, err := c.take(asking)
	switch {
	case err == nil && state.Holder == c.holder && state.Position == c.state.Position:
		c.renewed = asked
	case err == nil: // another has it, or had it meanwhile
		lose(ErrNotHolder)
	case ctx.Err() == nil:
		c.warn(ctx, "a consumer could not renew its lease", err)
		if asked.Sub(c.renewed) >= consumerLease {
			lose(fmt.Errorf("%w: its lease ran out while the store could not be reached: %w", ErrNotHolder, err))
		}
	}
}

// release lets others have the consumer at once. What the end of ctx has cut off may still be stored.
func (c *consumption) release(ctx context.Context) {
	move := c.now()
	move.Release = true
	if err := c.move(ctx, move); err != nil && !errors.Is(err, ErrNotHolder) && !errors.Is(err, ErrClosed) {
		c.warn(context.WithoutCancel(ctx), "a consumer could not be released", err)
	}
}

// follow consumes until something goes wrong.
func (c *consumption) follow(ctx context.Context) error {
	if c.state.Position == 0 {
		u, err := c.journal.store.Unsealed(ctx)
		if err != nil {
			return err
		}
		c.removed = max(c.removed, u.Last)
	}
	f, leave, err := c.journal.follower(ctx, "", c.state.Position)
	if err != nil {
		return err
	}
	defer leave()
	for {
		rows, err := f.next(ctx)
		if err != nil {
			return err
		}
		for len(rows) > 0 {
			if rows[0].gone() {
				err = c.skip(ctx, f, rows[0].Position)
			} else {
				err = c.handle(ctx, rows[:c.together(rows)])
			}
			if err != nil {
				return err
			}
			for len(rows) > 0 && rows[0].Position <= c.state.Position {
				rows = rows[1:]
			}
		}
	}
}

// together returns how many of the entries are passed in one call.
func (c *consumption) together(rows []EntryRow) int {
	if rows[0].Position <= c.singly || rows[0].Err != nil {
		return 1
	}
	n := 1
	for n < min(len(rows), followBatch) && !rows[n].gone() && rows[n].Err == nil {
		n++
	}
	return n
}

// skip parks entries whose events were removed, the first of which has the position.
func (c *consumption) skip(ctx context.Context, f *follower, first Position) error {
	through, err := f.goneThrough(ctx, first)
	if err != nil {
		return err
	}
	f.after = max(f.after, through)
	if passed := min(through, c.removed); passed >= first {
		first = passed + 1
	}
	if first > through {
		return c.moveTo(ctx, through)
	}
	why := &PositionError{After: first - 1, Resume: through, Err: ErrGone}
	return c.moveTo(ctx, through, Parked{Position: first, Through: through, Error: why.Error(), At: c.journal.shared.now()})
}

// errReread says that an entry is to be read again, because its event may have been repaired.
var errReread = errors.New("activity: to be read again")

// handle passes entries to fn, and stores what became of them.
func (c *consumption) handle(ctx context.Context, rows []EntryRow) error {
	first, last := rows[0].Position, rows[len(rows)-1].Position
	entries := make([]Entry, len(rows))
	var err error
	for i := range rows {
		if entries[i], err = rows[i].entry(); err != nil { // a single one, see together
			if failed := c.failed(ctx, first, err); failed != nil {
				return failed
			}
			return errReread
		}
	}
	err = callWith(ctx, c.fn, entries)
	switch {
	case err == nil:
		return c.moveTo(ctx, last)
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, ErrPark) && len(rows) > 1:
		c.singly = last // which one it is will be seen
		return nil
	case errors.Is(err, ErrPark):
		return c.moveTo(ctx, last, Parked{Position: last, Through: last, Error: cut(err.Error(), MaxReason), At: c.journal.shared.now()})
	}
	c.singly = max(c.singly, last)
	return c.failed(ctx, first, err)
}

// callWith calls fn, and turns a panic into an error.
func callWith(ctx context.Context, fn func(context.Context, []Entry) error, entries []Entry) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &PanicError{Value: value, Stack: string(debug.Stack())}
		}
	}()
	return fn(ctx, entries)
}

// failed stores that entries failed, and waits until they are tried again.
func (c *consumption) failed(ctx context.Context, first Position, err error) error {
	attrs := []slog.Attr{slog.Int64("position", int64(first))}
	if p, ok := errors.AsType[*PanicError](err); ok {
		attrs = append(attrs, slog.String("stack", p.Stack))
	}
	c.warn(ctx, "a consumer failed", err, attrs...)
	move := c.now()
	move.Failures++
	pause := retryAfter(move.Failures)
	move.Error, move.RetryAt = cut(err.Error(), MaxReason), c.journal.shared.now().Add(pause)
	if err := c.move(ctx, move); err != nil {
		return err
	}
	return c.pause(ctx, pause)
}

// moveTo stores that all up to a position was handled, or parked.
func (c *consumption) moveTo(ctx context.Context, position Position, park ...Parked) error {
	return c.move(ctx, ConsumerMove{Name: c.name, Holder: c.holder, Position: position, Park: park})
}

// now returns the move that changes nothing.
func (c *consumption) now() ConsumerMove {
	s := &c.state
	return ConsumerMove{Name: c.name, Holder: c.holder, Position: s.Position, Failures: s.Failures, Error: s.Error, RetryAt: s.RetryAt}
}

// move stores a move, as often as it takes: what was done is not to be done again only because the store cannot be reached for a
// moment. After the end of ctx it tries once.
func (c *consumption) move(ctx context.Context, move ConsumerMove) error {
	for failures := 1; ; failures++ {
		ended := ctx.Err() != nil
		err := c.moveOnce(ctx, move)
		if err == nil || ended || errors.Is(err, ErrNotHolder) || ctx.Err() == nil && hopeless(ctx, err) {
			return err
		}
		if ctx.Err() != nil {
			continue
		}
		c.warn(ctx, "the position of a consumer could not be stored", err)
		_ = pauseFor(ctx, retryAfter(failures)) // if ctx ends, there is a last try
	}
}

func (c *consumption) moveOnce(ctx context.Context, move ConsumerMove) error {
	if ctx.Err() != nil {
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), endingTime)
		defer cancel()
		ctx = ending
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.journal.store.MoveConsumer(ctx, move); err != nil {
		return err
	}
	c.state.Position, c.state.Failures, c.state.Error, c.state.RetryAt = move.Position, move.Failures, move.Error, move.RetryAt
	return nil
}

// pause waits; if ctx ends meanwhile, it returns why.
func (c *consumption) pause(ctx context.Context, d time.Duration) error {
	return cause(ctx, pauseFor(ctx, d))
}

func (c *consumption) warn(ctx context.Context, what string, err error, attrs ...slog.Attr) {
	if ctx.Err() != nil {
		return
	}
	attrs = append([]slog.Attr{slog.String("consumer", c.name), slog.Any("error", err)}, attrs...)
	c.journal.shared.logger.LogAttrs(ctx, slog.LevelWarn, "activity: "+what, attrs...)
}

// cause returns why ctx has ended, if it has, instead of the error that came of it.
func cause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// hopeless reports whether trying again is of no use.
func hopeless(ctx context.Context, err error) bool {
	return ctx.Err() != nil || errors.Is(err, ErrNotHolder) || errors.Is(err, ErrClosed) || errors.Is(err, ErrSchema)
}

// retryAfter returns how long to wait after so many failures: half of it by chance, so that those who fail together do not try together.
func retryAfter(failures int) time.Duration {
	d := lastRetry
	if failures < 20 {
		d = min(firstRetry<<(failures-1), lastRetry)
	}
	return d/2 + rand.N(d/2+1)
}

// consuming are the names under which this process consumes.
type consuming struct {
	mu    sync.Mutex
	names map[string]bool
}

// add reports whether the name was free.
func (c *consuming) add(name string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.names[name] {
		return false
	}
	if c.names == nil {
		c.names = map[string]bool{}
	}
	c.names[name] = true
	return true
}

func (c *consuming) remove(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.names, name)
}
