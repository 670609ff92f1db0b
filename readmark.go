package activity

import "context"

// Reader is a handle on what one reader has read of a tenant's timelines. It is a small value, safe for concurrent use.
//
// A timeline is read up to an event: the mark of a reader and a timeline is one row, however many events there are. What an event
// is about names the timeline; the zero Entity is that of the whole tenant. An event that is dated back to before
// the mark counts as read, because it stands below it. Who acts has not read by that: their own events count like
// all others.
type Reader struct {
	tenant Tenant
	reader Entity
}

// Reader returns a handle on what a reader has read. A bad one is reported by the calls made with it.
func (t Tenant) Reader(reader Entity) Reader { return Reader{t, reader} }

// Unread counts the events on the timeline of an entity, with what is merged with it, above the reader's mark: up
// to [MaxFacet], "99+". Without a mark, all are unread.
func (r Reader) Unread(ctx context.Context, feed Entity) (Total, error) {
	through, err := r.ReadUpTo(ctx, feed)
	if err != nil {
		return Total{}, err
	}
	t := r.tenant
	q := EventQuery{Tenant: t.name, Limit: MaxFacet + 1}
	if !through.IsZero() {
		q.Min = through.Next()
	}
	if !feed.IsZero() {
		if q.About, err = t.relatives(ctx, []Entity{feed}, false); err != nil {
			return Total{}, err
		}
	}
	counts, err := t.journal.store.CountEvents(ctx, q)
	if err != nil {
		return Total{}, err
	}
	return facetTotal(sumOf(counts)), nil
}

// MarkRead moves the mark up to an event, of which the reader has read everything up to it. A mark that is higher already
// stays, so calls may come in any order.
func (r Reader) MarkRead(ctx context.Context, feed Entity, through ID) error {
	if through.IsZero() {
		return invalidf("Through", "is missing")
	}
	return r.set(ctx, feed, through, false)
}

// MarkUnread moves the mark to right below an event, which is unread then as is all above it.
func (r Reader) MarkUnread(ctx context.Context, feed Entity, from ID) error {
	if from.IsZero() {
		return invalidf("From", "is missing")
	}
	return r.set(ctx, feed, from.previous(), true)
}

// ReadUpTo returns the mark: everything on the timeline with that ID or a lower one is read. It is zero if nothing is.
func (r Reader) ReadUpTo(ctx context.Context, feed Entity) (ID, error) {
	if err := r.check(feed); err != nil {
		return ID{}, err
	}
	return r.tenant.journal.store.Mark(ctx, r.tenant.name, r.reader, feed)
}

func (r Reader) set(ctx context.Context, feed Entity, through ID, back bool) error {
	if err := r.check(feed); err != nil {
		return err
	}
	return r.tenant.journal.store.SetMark(ctx, ReadMark{
		Tenant: r.tenant.name, Reader: unlabelled(r.reader), Feed: unlabelled(feed), Through: through, Back: back,
	})
}

func (r Reader) check(feed Entity) error {
	if err := checkTenant(r.tenant.name); err != nil {
		return err
	}
	if err := checkEntity("Reader", r.reader); err != nil || feed.IsZero() {
		return err
	}
	return checkEntity("Feed", feed)
}
