package activity

import (
	"context"
	"fmt"
	"iter"
	"math"
	"slices"
)

// FollowOptions say what is followed, and from where. The zero value follows everything there is.
type FollowOptions struct {
	// After is the position behind which to begin: that of the last entry that was seen. Defaults to 0, which begins with the
	// oldest entry whose event is still there.
	After Position

	// Tenant is the one whose events are followed. Defaults to all.
	Tenant string

	// Types are those of the events that are wanted. The others are read and passed over. Defaults to all.
	Types []string

	// Gaps passes over entries whose events were removed, instead of ending with an ErrGone. Defaults to false.
	Gaps bool
}

// Follow returns the entries of the ledger by ascending position, and waits for more until ctx ends. Nothing that is committed is
// skipped, whatever the order of commits, and what has been seen never changes its place. Each loop begins at options.After.
//
// The last element is the error that ended it: that of ctx; of the store, after which one can follow again from the last position that
// was seen; or a [PositionError]. It is an [ErrGone] if After is not 0 and an event on the way was removed by retention, so that
// somebody who was away too long learns that there are some they have not seen: of the types they follow or not, because that is not known any
// more. It is an [ErrAhead] if After was not given yet. In both cases its Resume is from where to go on.
//
// The feed is read once for all who follow, consume or await in a process, every 50 ms while there is something and every 250 ms while there is
// not. Each read also seals. Who is slow reads on from where they are and holds nobody up. Up to 1,000 entries are kept in memory for all.
//
// A transaction does not see what others commit, so following on a journal that is in one is an [ErrInvalid].
func (j *Journal) Follow(ctx context.Context, options FollowOptions) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		stopped := false
		err := j.follow(ctx, options, func(e Entry) bool {
			stopped = !yield(e, nil)
			return !stopped
		})
		if !stopped {
			yield(Entry{}, err)
		}
	}
}

// follow passes entries on until it is told to stop, or something ends it.
func (j *Journal) follow(ctx context.Context, o FollowOptions, pass func(Entry) bool) error {
	if err := o.check(); err != nil {
		return err
	}
	f, leave, err := j.follower(ctx, o.Tenant, o.After)
	if err != nil {
		return err
	}
	defer leave()
	for seen := o.After; ; {
		rows, err := f.next(ctx)
		if err != nil {
			return err
		}
		for i := range rows {
			if err := ctx.Err(); err != nil {
				return err
			}
			row := &rows[i]
			if row.gone() && o.After > 0 && !o.Gaps {
				return f.gap(ctx, seen, row.Position)
			}
			entry, err := row.entry()
			if err != nil {
				return err
			}
			seen = row.Position
			if row.gone() || len(o.Types) > 0 && !slices.Contains(o.Types, row.Event.Type) {
				continue
			}
			if !pass(entry) {
				return nil
			}
		}
	}
}

func (o *FollowOptions) check() error {
	if o.After < 0 || o.After == math.MaxInt64 {
		return invalidf("FollowOptions.After", "is not a position")
	}
	if o.Tenant != "" {
		return checkText("FollowOptions.Tenant", o.Tenant, MaxTenant)
	}
	return nil
}

// outside makes sure that the journal is not in a transaction of the host.
func (j *Journal) outside() error {
	if j.bound {
		return invalidf("Journal", "is in a transaction, which does not see what others commit")
	}
	return nil
}

// gone reports whether the event of an entry was removed.
func (r *EntryRow) gone() bool { return r.Event.ID.IsZero() && r.Err == nil }

// entry returns the entry with an event of its own.
func (r *EntryRow) entry() (Entry, error) {
	if r.Err != nil {
		return Entry{}, fmt.Errorf("activity: the event at position %d cannot be read: %w", r.Position, r.Err)
	}
	return Entry{Position: r.Position, Index: r.Index, Event: r.Event.Clone()}, nil
}

// followBatch is how many entries are read at a time.
const followBatch = 500

// follower is somebody's place in the ledger: where the tailer has read, they look at what it has, and behind that they read by
// themselves.
type follower struct {
	tail   *tail
	tenant string
	after  Position // all up to it has been seen
}

// follower makes a follower. Whoever has it must call leave.
func (j *Journal) follower(ctx context.Context, tenant string, after Position) (f *follower, leave func(), err error) {
	if err := j.outside(); err != nil {
		return nil, nil, err
	}
	if err := j.given(ctx, after); err != nil {
		return nil, nil, err
	}
	t, leave := j.shared.tailer.join(reader)
	return &follower{tail: t, tenant: tenant, after: after}, leave, nil
}

// given makes sure that a position was given to an event.
func (j *Journal) given(ctx context.Context, position Position) error {
	if position == 0 {
		return nil
	}
	rows, err := j.store.Entries(ctx, EntryQuery{After: position - 1, Limit: 1})
	if err != nil || len(rows) > 0 {
		return err
	}
	u, err := j.store.Unsealed(ctx)
	if err != nil || u.Last >= position {
		return err
	}
	return &PositionError{After: position, Resume: u.Last, Err: ErrAhead}
}

// next waits for entries, and returns at most as many as the tailer keeps. They must not be changed: others look at them too.
func (f *follower) next(ctx context.Context) ([]EntryRow, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		v := f.tail.look(f.after)
		if len(v.rows) > 0 {
			f.after = v.last
			if rows := f.own(v.rows); len(rows) > 0 {
				return rows, nil
			}
			continue
		}
		if v.behind {
			rows, err := f.tail.store.Entries(ctx, EntryQuery{Tenant: f.tenant, After: f.after, Limit: followBatch})
			if err != nil {
				return nil, err
			}
			if n := len(rows); n > 0 {
				f.after = rows[n-1].Position
			}
			if len(rows) < followBatch { // so that what the tailer had seen before is seen
				f.after = max(f.after, v.last)
			}
			if len(rows) > 0 {
				return rows, nil
			}
			if v.follows {
				continue
			}
		}
		if err := v.news.wait(ctx); err != nil {
			return nil, err
		}
	}
}

// own returns those of the follower's tenant: as they are, if all of them are, because as many look at them as there are followers.
func (f *follower) own(rows []EntryRow) []EntryRow {
	others := 0
	for i := range rows {
		if f.tenant != "" && rows[i].Tenant != f.tenant {
			others++
		}
	}
	if others == 0 {
		return rows
	}
	own := make([]EntryRow, 0, len(rows)-others)
	for i := range rows {
		if rows[i].Tenant == f.tenant {
			own = append(own, rows[i])
		}
	}
	return own
}

// gap returns the error of who would follow after a position, and finds entries from another one on whose events were removed.
func (f *follower) gap(ctx context.Context, after, first Position) error {
	through, err := f.goneThrough(ctx, first)
	if err != nil {
		return err
	}
	return &PositionError{After: after, Resume: through, Err: ErrGone}
}

// goneThrough returns the position of the last of the entries, one after the other, whose events were removed.
func (f *follower) goneThrough(ctx context.Context, first Position) (Position, error) {
	through := first
	for {
		rows, err := f.tail.store.Entries(ctx, EntryQuery{Tenant: f.tenant, After: through, Limit: followBatch})
		if err != nil {
			return 0, err
		}
		for i := range rows {
			if !rows[i].gone() {
				return through, nil
			}
			through = rows[i].Position
		}
		if len(rows) < followBatch {
			return through, nil
		}
	}
}
