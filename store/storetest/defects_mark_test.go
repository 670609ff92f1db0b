package storetest

import (
	"context"
	"slices"
	"sync/atomic"

	"github.com/go-activity/activity"
)

func markDefects() []defect {
	type mark = activity.ReadMark
	type store = activity.Store
	const moving, concurrent, none, nobody = "moving a mark", "concurrent moves of a mark", "taking a mark away", "marks of nobody"
	const feed, through, back = "ReadMark.Feed", "ReadMark.Through", "ReadMark.Back"
	at := func(ctx context.Context, in store, m mark) activity.ID {
		id, _ := in.Mark(ctx, m.Tenant, m.Reader, m.Feed)
		return id
	}
	return []defect{
		{"moves marks back", moving, with(settingMark(func(ctx context.Context, in store, m *mark) { m.Back = m.Back || !m.Through.IsZero() }))},
		{"never moves marks back", moving, with(settingMark(func(ctx context.Context, in store, m *mark) { m.Back = m.Back && m.Through.IsZero() }))},
		{"moves no mark ahead with Back", moving, with(settingMark(func(ctx context.Context, in store, m *mark) {
			if before := at(ctx, in, *m); m.Back && m.Through.Compare(before) > 0 {
				m.Through = before
			}
		}))},
		{"compares the times of marks", moving, with(settingMark(func(ctx context.Context, in store, m *mark) {
			if before := at(ctx, in, *m); !m.Back && !m.Through.Time().After(before.Time()) {
				m.Through = before
			}
		}))},
		{"moves a mark once", moving, with(settingMark(func(ctx context.Context, in store, m *mark) {
			if before := at(ctx, in, *m); !before.IsZero() {
				m.Through = before
			}
		}))},
		{"refuses to move a mark beside others", concurrent, each(refusesMark)},
		{"moves a mark to where a call was late", concurrent, each(marksLate)},
		{"keeps marks for ever", none, with(settingMark(func(ctx context.Context, in store, m *mark) { m.Back = m.Back && !m.Through.IsZero() }))},
		{"takes marks away without Back", none, with(settingMark(func(ctx context.Context, in store, m *mark) { m.Back = m.Back || m.Through.IsZero() }))},
		{"takes all marks of a reader away", none, with(settingMark(func(ctx context.Context, in store, m *mark) {
			if m.Back && m.Through.IsZero() {
				other := *m
				other.Feed = call
				in.SetMark(ctx, other)
			}
		}))},
		{"takes marks away for ever", none, each(goneForEver)},
		{"does not find a reader without a mark", nobody, with(marking(func(ctx context.Context, in store, m mark) (activity.ID, error) {
			id, err := in.Mark(ctx, m.Tenant, m.Reader, m.Feed)
			if err == nil && id.IsZero() {
				err = activity.ErrNotFound
			}
			return id, err
		}))},
		{"has marks whatever the kind of the reader", nobody, with(marking(func(ctx context.Context, in store, m mark) (activity.ID, error) {
			m.Reader.Kind = "user"
			return in.Mark(ctx, m.Tenant, m.Reader, m.Feed)
		}))},
		{"has marks of any tenant", nobody, with(marking(func(ctx context.Context, in store, m mark) (activity.ID, error) {
			return in.Mark(ctx, acme, m.Reader, m.Feed)
		}))},
		{"has one mark of a reader and a feed, whichever is which", nobody, with(marking(func(ctx context.Context, in store, m mark) (activity.ID, error) {
			id, err := in.Mark(ctx, m.Tenant, m.Reader, m.Feed)
			if err == nil && id.IsZero() {
				return in.Mark(ctx, m.Tenant, m.Feed, m.Reader)
			}
			return id, err
		}))},
		{"has one mark of a reader", feed, each(func() broken {
			b := settingMark(func(_ context.Context, _ store, m *mark) { m.Feed = activity.Entity{} })
			b.mark = func(ctx context.Context, in store, tenant string, reader, _ activity.Entity) (activity.ID, error) {
				return in.Mark(ctx, tenant, reader, activity.Entity{})
			}
			return b
		})},
		{"moves all marks of a reader with that of the tenant", feed, with(settingMark(func(ctx context.Context, in store, m *mark) {
			if other := *m; m.Feed.IsZero() {
				other.Feed, other.Back = deal, true
				in.SetMark(ctx, other)
			}
		}))},
		{"has no marks of the tenant as a whole", feed, with(marking(func(ctx context.Context, in store, m mark) (activity.ID, error) {
			if m.Feed.IsZero() {
				return activity.ID{}, nil
			}
			return in.Mark(ctx, m.Tenant, m.Reader, m.Feed)
		}))},
		{"has marks by the labels of feeds", feed, each(labelsMarks)},
		{"marks events only", through, with(settingMark(func(ctx context.Context, in store, m *mark) {
			if _, err := in.Event(ctx, m.Tenant, m.Through); err != nil && !m.Through.IsZero() {
				m.Through = at(ctx, in, *m)
			}
		}))},
		{"forgets marks of removed events", through, with(broken{brokenErase: brokenErase{removeEvents: func(ctx context.Context, in store, tenant string, ids []activity.ID) ([]activity.ID, error) {
			if err := in.SetMark(ctx, mark{Tenant: tenant, Reader: ana, Feed: deal, Back: true}); err != nil {
				return nil, err
			}
			return in.RemoveEvents(ctx, tenant, ids)
		}}})},
		{"ignores Back", back, with(settingMark(func(_ context.Context, _ store, m *mark) { m.Back = false }))},
		{"moves marks back that there are only", back, with(settingMark(func(ctx context.Context, in store, m *mark) {
			if m.Back && at(ctx, in, *m).IsZero() {
				m.Through = activity.ID{}
			}
		}))},
		{"takes Back for ever", back, each(func() broken {
			var backed atomic.Bool
			return settingMark(func(_ context.Context, _ store, m *mark) {
				m.Back = m.Back || backed.Load()
				backed.Store(m.Back)
			})
		})},
	}
}

// settingMark is a store that moves marks in another way.
func settingMark(change func(ctx context.Context, in activity.Store, m *activity.ReadMark)) broken {
	return broken{brokenTimeline: brokenTimeline{setMark: func(ctx context.Context, in activity.Store, m activity.ReadMark) error {
		change(ctx, in, &m)
		return in.SetMark(ctx, m)
	}}}
}

// marking is a store that has other marks.
func marking(find func(ctx context.Context, in activity.Store, m activity.ReadMark) (activity.ID, error)) broken {
	return broken{brokenTimeline: brokenTimeline{mark: func(ctx context.Context, in activity.Store, tenant string, reader, feed activity.Entity) (activity.ID, error) {
		return find(ctx, in, activity.ReadMark{Tenant: tenant, Reader: reader, Feed: feed})
	}}}
}

func refusesMark() broken {
	var calls atomic.Int64
	return broken{brokenTimeline: brokenTimeline{setMark: func(ctx context.Context, in activity.Store, m activity.ReadMark) error {
		if calls.Add(1) == 3 {
			return errBusy
		}
		return in.SetMark(ctx, m)
	}}}
}

// marksLate lets the last call but one overwrite the mark.
func marksLate() broken {
	var calls atomic.Int64
	return settingMark(func(_ context.Context, _ activity.Store, m *activity.ReadMark) {
		if calls.Add(1) >= 47 {
			m.Through, m.Back = newRow(5).ID, true
		}
	})
}

// goneForEver gives a reader no mark again that was taken away.
func goneForEver() broken {
	var gone atomic.Bool
	return settingMark(func(ctx context.Context, in activity.Store, m *activity.ReadMark) {
		if m.Back && m.Through.IsZero() {
			before, _ := in.Mark(ctx, m.Tenant, m.Reader, m.Feed)
			gone.Store(gone.Load() || !before.IsZero())
		} else if gone.Load() {
			m.Through = activity.ID{}
		}
	})
}

// labelsMarks takes a feed of another label for another.
func labelsMarks() broken {
	var named []activity.Entity
	return settingMark(func(_ context.Context, _ activity.Store, m *activity.ReadMark) {
		if i := slices.IndexFunc(named, m.Feed.Is); i >= 0 && named[i].Label != m.Feed.Label {
			m.Feed.ID += " " + m.Feed.Label
			return
		}
		named = append(named, m.Feed)
	})
}
