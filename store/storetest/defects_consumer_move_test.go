package storetest

import (
	"context"
	"time"

	"github.com/go-activity/activity"
)

func moveConsumerDefects() []defect {
	type move = activity.ConsumerMove
	type reset = activity.ConsumerReset
	const moving, parking, notHolder, resets, inUse = "moving a consumer", "parking", "moving without holding", "resetting a consumer", "resetting a consumer in use"
	return []defect{
		{"moves no consumer back", moving, with(movingBy(func(ctx context.Context, in activity.Store, m *move) {
			m.Position = max(m.Position, consumerOf(ctx, in, m.Name).Position)
		}))},
		{"adds failures up", moving, with(movingBy(func(ctx context.Context, in activity.Store, m *move) {
			m.Failures += consumerOf(ctx, in, m.Name).Failures
		}))},
		{"keeps the last error", moving, with(movingBy(func(ctx context.Context, in activity.Store, m *move) {
			if m.Error == "" {
				m.Error = consumerOf(ctx, in, m.Name).Error
			}
		}))},
		{"forgets when to try again", moving, with(movingBy(func(_ context.Context, _ activity.Store, m *move) { m.RetryAt = time.Time{} }))},
		{"keeps milliseconds of tries", moving, with(movingBy(func(_ context.Context, _ activity.Store, m *move) { m.RetryAt = m.RetryAt.Truncate(time.Millisecond) }))},
		{"releases nothing", moving, with(movingBy(func(_ context.Context, _ activity.Store, m *move) { m.Release = false }))},
		{"parks the first only", parking, with(movingBy(func(_ context.Context, _ activity.Store, m *move) { m.Park = m.Park[:min(len(m.Park), 1)] }))},
		{"parks in the place of all that was parked", parking, with(movingBy(func(ctx context.Context, in activity.Store, m *move) {
			list, _ := in.Parked(ctx, m.Name, 0, 100)
			for _, p := range list {
				in.Unpark(ctx, m.Name, p.Position)
			}
		}))},
		{"keeps what was parked first", parking, with(movingBy(func(ctx context.Context, in activity.Store, m *move) {
			list, _ := in.Parked(ctx, m.Name, 0, 100)
			m.Park = append(m.Park, list...)
		}))},
		{"lets others move a consumer", notHolder, with(movingBy(func(ctx context.Context, in activity.Store, m *move) {
			if s := consumerOf(ctx, in, m.Name); !s.Holder.IsZero() {
				m.Holder = s.Holder
			}
		}))},
		{"lets anybody move what nobody holds", notHolder, with(movingBy(func(ctx context.Context, in activity.Store, m *move) {
			if s := consumerOf(ctx, in, m.Name); s.Holder.IsZero() && s.Name != "" {
				m.Holder = activity.ID{}
			}
		}))},
		{"lets nobody move a consumer after the lease", notHolder, with(broken{brokenLedger: brokenLedger{moveConsumer: func(ctx context.Context, in activity.Store, m move) error {
			if consumerOf(ctx, in, m.Name).Until.Year() == 2000 {
				return activity.ErrNotHolder
			}
			return in.MoveConsumer(ctx, m)
		}}})},
		{"parks for whoever says so", notHolder, with(broken{brokenLedger: brokenLedger{moveConsumer: func(ctx context.Context, in activity.Store, m move) error {
			err := in.MoveConsumer(ctx, m)
			if s := consumerOf(ctx, in, m.Name); err != nil && !s.Holder.IsZero() {
				in.MoveConsumer(ctx, move{Name: s.Name, Holder: s.Holder, Position: s.Position, Park: m.Park})
			}
			return err
		}}})},
		{"resets known consumers only", resets, with(broken{brokenLedger: brokenLedger{resetConsumer: func(ctx context.Context, in activity.Store, r reset) error {
			if consumerOf(ctx, in, r.Name).Name == "" {
				return activity.ErrNotFound
			}
			return in.ResetConsumer(ctx, r)
		}}})},
		{"resets nothing but the position", resets, with(broken{brokenLedger: brokenLedger{resetConsumer: func(ctx context.Context, in activity.Store, r reset) error {
			before := consumerOf(ctx, in, r.Name)
			return resetsBy(ctx, in, r, move{Failures: before.Failures, Error: before.Error, RetryAt: before.RetryAt, Release: true})
		}}})},
		{"holds what it resets", resets, with(broken{brokenLedger: brokenLedger{resetConsumer: func(ctx context.Context, in activity.Store, r reset) error {
			return resetsBy(ctx, in, r, move{})
		}}})},
		{"takes away what is parked with a reset", resets, with(broken{brokenLedger: brokenLedger{resetConsumer: func(ctx context.Context, in activity.Store, r reset) error {
			list, _ := in.Parked(ctx, r.Name, 0, 100)
			for _, p := range list {
				in.Unpark(ctx, r.Name, p.Position)
			}
			return in.ResetConsumer(ctx, r)
		}}})},
		{"resets what is in use", inUse, with(resetting(func(r *reset) { r.Now = farFuture }))},
		{"resets what is in use a moment early", inUse, with(resetting(func(r *reset) { r.Now = r.Now.Add(time.Microsecond) }))},
		{"resets when the lease has ended and a moment", inUse, with(resetting(func(r *reset) { r.Now = r.Now.Add(-time.Microsecond) }))},
	}
}

// movingBy is a store that understands what a holder says in another way.
func movingBy(change func(ctx context.Context, in activity.Store, m *activity.ConsumerMove)) broken {
	return broken{brokenLedger: brokenLedger{moveConsumer: func(ctx context.Context, in activity.Store, m activity.ConsumerMove) error {
		change(ctx, in, &m)
		return in.MoveConsumer(ctx, m)
	}}}
}

func resetting(change func(r *activity.ConsumerReset)) broken {
	return broken{brokenLedger: brokenLedger{resetConsumer: func(ctx context.Context, in activity.Store, r activity.ConsumerReset) error {
		change(&r)
		return in.ResetConsumer(ctx, r)
	}}}
}

// resetsBy resets a consumer as if a holder of its own did.
func resetsBy(ctx context.Context, in activity.Store, r activity.ConsumerReset, m activity.ConsumerMove) error {
	s, err := in.TakeConsumer(ctx, activity.ConsumerTake{Name: r.Name, Holder: holder(1), Lease: time.Second, Now: r.Now})
	if err != nil {
		return err
	}
	m.Name, m.Holder, m.Position = r.Name, s.Holder, r.Position
	return in.MoveConsumer(ctx, m)
}
