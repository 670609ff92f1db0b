package activity

import (
	"context"
	"time"
)

// sealBatch is how many events get their positions in one transaction. It bounds how long that takes.
const sealBatch = 5000

// Seal gives positions to all events that are committed and have none, in batches of 5,000, each in a short transaction, and returns
// how many it has given. Then it takes them into the directory, in transactions of 2,000; see [Tenant.Lookup]. Calling it is
// hardly ever needed: [Journal.Run] does both, several times a second. Any number may run at once. Of a journal in a transaction of
// the host, it works within that, and makes all others that seal wait for its end.
func (j *Journal) Seal(ctx context.Context) (int, error) {
	sealed, err := j.seal(ctx)
	if err != nil {
		return sealed, err
	}
	_, err = j.index(ctx)
	return sealed, err
}

// seal gives positions to all events that are committed and have none.
func (j *Journal) seal(ctx context.Context) (int, error) {
	sealed := 0
	for {
		n, err := j.store.Seal(ctx, sealBatch)
		sealed += n
		if err != nil || n < sealBatch {
			return sealed, err
		}
	}
}

// Lag is how far the ledger is behind what is committed.
type Lag struct {
	Events int64         // that have no position yet
	Oldest time.Time     // when the one that waits longest was recorded; zero if none waits
	Age    time.Duration // how long ago that was
	Last   Position      // the highest that was given; 0 if none was
}

// Lag tells how many events wait for their positions, and for how long. A lag of more than a second means that nobody seals: that
// no [Journal.Run] runs. It counts what waits, so it is for a page or for monitoring.
func (j *Journal) Lag(ctx context.Context) (Lag, error) {
	u, err := j.store.Unsealed(ctx)
	if err != nil {
		return Lag{}, err
	}
	lag := Lag{Events: u.Events, Oldest: u.Oldest, Last: u.Last}
	if !u.Oldest.IsZero() {
		lag.Age = max(j.shared.now().Sub(u.Oldest), 0)
	}
	return lag, nil
}

// Newest returns the position of the newest entry, 0 if there is none: who follows after it sees what comes from now on. While
// somebody follows in this process it is the last one that was read, up to 250 ms ago, and costs nothing.
func (j *Journal) Newest(ctx context.Context) (Position, error) {
	if last, reads := j.shared.tailer.reached(); reads && !j.bound {
		return last, ctx.Err()
	}
	u, err := j.store.Unsealed(ctx)
	return u.Last, err
}

// Await waits until an event has a position, and returns its entry. So who has recorded something can wait for
// a view that follows. It seals by itself, and mostly returns at once. An event that was removed since has its entry, without the event.
//
// The event may be one that is committed later, or never: then Await ends with ctx, whose error it returns. It is not for a journal in a
// transaction of the host, which would wait for itself: that is an [ErrInvalid].
func (j *Journal) Await(ctx context.Context, id ID) (Entry, error) {
	if err := j.outside(); err != nil {
		return Entry{}, err
	}
	if entry, err := j.entry(ctx, id); !isNotFound(err) {
		return entry, err
	}
	if _, err := j.seal(ctx); err != nil {
		return Entry{}, err
	}
	if entry, err := j.entry(ctx, id); !isNotFound(err) {
		return entry, err
	}
	t, leave := j.shared.tailer.join(reader)
	defer leave()
	last, err := t.end(ctx)
	if err != nil {
		return Entry{}, err
	}
	entry, err := j.entry(ctx, id)
	for f := (follower{tail: t, after: last}); isNotFound(err); {
		rows, failed := f.next(ctx)
		if failed != nil {
			return Entry{}, failed
		}
		for i := range rows {
			if rows[i].ID == id {
				return rows[i].entry()
			}
		}
	}
	return entry, err
}

func (j *Journal) entry(ctx context.Context, id ID) (Entry, error) {
	row, err := j.store.Entry(ctx, "", id)
	if err != nil {
		return Entry{}, err
	}
	return row.entry()
}
