package storetest

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-activity/activity"
)

func consumerDefects() []defect {
	type take = activity.ConsumerTake
	type state = activity.ConsumerState
	type parked = activity.Parked
	const fresh, taking, lease, clock, together = "new consumers", "taking a consumer", "end of a lease", "end of a lease by the store's clock", "concurrent takers"
	const list, lists, unpark = "list of consumers", "what is parked", "taking away what is parked"
	return slices.Concat([]defect{
		{"begins new consumers at the last position", fresh, with(taken(func(_ take, before, after state) state {
			if before.Name == "" {
				after.Position = 1
			}
			return after
		}))},
		{"ignores the case of consumers", fresh, with(takingBy(func(t *take) { t.Name = strings.ToLower(t.Name) }))},
		{"gives a consumer to whoever wants it", taking, with(broken{brokenLedger: brokenLedger{takeConsumer: takesAlways}})},
		{"gives no lease twice", taking, with(taken(func(t take, before, after state) state {
			if before.Holder == t.Holder {
				return before
			}
			return after
		}))},
		{"shortens no lease", taking, with(taken(func(_ take, before, after state) state {
			if after.Until.Before(before.Until) {
				return before
			}
			return after
		}))},
		{"returns who wanted to take it", taking, with(taken(func(t take, _, after state) state {
			after.Holder = t.Holder
			return after
		}))},
		{"takes failures away when the holder changes", taking, with(taken(func(_ take, before, after state) state {
			if before.Holder != after.Holder {
				after.Failures = 0
			}
			return after
		}))},
		{"does not count what is parked when a consumer is taken", taking, with(taken(func(_ take, _, after state) state {
			after.Parked = 0
			return after
		}))},
		{"keeps milliseconds of leases", lease, with(taken(func(_ take, _, after state) state {
			after.Until = after.Until.Truncate(time.Millisecond)
			return after
		}))},
		{"returns local ends of leases", lease, with(taken(func(_ take, _, after state) state {
			after.Until = after.Until.In(elsewhere)
			return after
		}))},
		{"lets a lease last a moment longer", lease, with(takingBy(func(t *take) { t.Now, t.Lease = t.Now.Add(-time.Microsecond), t.Lease+time.Microsecond }))},
		{"lets a lease end a moment early", lease, with(takingBy(func(t *take) { t.Now, t.Lease = t.Now.Add(time.Microsecond), t.Lease-time.Microsecond }))},
		{"takes no time for the year 1 in TakeConsumer", clock, with(takingBy(func(t *take) {
			if t.Now.IsZero() {
				t.Now = t.Now.Add(time.Microsecond)
			}
		}))},
		{"takes no time for the end of time in TakeConsumer", clock, with(takingBy(func(t *take) {
			if t.Now.IsZero() {
				t.Now = farFuture
			}
		}))},
		{"takes no time for the end of time in ResetConsumer", clock, with(resetting(func(r *activity.ConsumerReset) {
			if r.Now.IsZero() {
				r.Now = farFuture
			}
		}))},
		{"gives a consumer to two", together, each(givesToTwo)},
		{"refuses to take a consumer beside others", together, each(refusesTake)},
		{"lists consumers without case", list, with(listingConsumers(func(list []state) []state {
			slices.SortFunc(list, func(a, b state) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
			return list
		}))},
		{"lists consumers that somebody has parked for", list, with(listingConsumers(func(list []state) []state {
			return slices.DeleteFunc(list, func(s state) bool { return s.Parked == 0 })
		}))},
		{"counts what was parked once", list, each(countsUnparked)},
		{"returns the last of what is parked first", lists, with(listingParked(func(list []parked, _ activity.Position, limit int) []parked {
			slices.Reverse(list)
			return list[:min(len(list), limit)]
		}))},
		{"ignores the limit of what is parked", lists, with(listingParked(func(list []parked, after activity.Position, _ int) []parked {
			return slices.DeleteFunc(list, func(p parked) bool { return p.Position <= after })
		}))},
		{"includes what is parked at the position", lists, with(listingParked(func(list []parked, after activity.Position, limit int) []parked {
			list = slices.DeleteFunc(list, func(p parked) bool { return p.Position < after })
			return list[:min(len(list), limit)]
		}))},
		{"forgets through which entry is parked", lists, with(listingParked(func(list []parked, after activity.Position, limit int) []parked {
			list = slices.DeleteFunc(list, func(p parked) bool { return p.Position <= after })
			for i := range list {
				list[i].Through = list[i].Position
			}
			return list[:min(len(list), limit)]
		}))},
		{"has an error for a consumer that there is not", lists, with(broken{brokenLedger: brokenLedger{parked: parkedOfKnown}})},
		{"takes nothing away without an error", unpark, with(broken{brokenLedger: brokenLedger{unpark: func(ctx context.Context, in activity.Store, name string, position activity.Position) error {
			in.Unpark(ctx, name, position)
			return nil
		}}})},
		{"takes several away by one of them", unpark, with(broken{brokenLedger: brokenLedger{unpark: func(ctx context.Context, in activity.Store, name string, position activity.Position) error {
			list, err := in.Parked(ctx, name, 0, 100)
			for _, p := range list {
				if p.Position <= position && position <= p.Through {
					position = p.Position
				}
			}
			if err != nil {
				return err
			}
			return in.Unpark(ctx, name, position)
		}}})},
	}, moveConsumerDefects())
}

// takingBy is a store that understands who wants to consume in another way.
func takingBy(change func(t *activity.ConsumerTake)) broken {
	return broken{brokenLedger: brokenLedger{takeConsumer: func(ctx context.Context, in activity.Store, t activity.ConsumerTake) (activity.ConsumerState, error) {
		change(&t)
		return in.TakeConsumer(ctx, t)
	}}}
}

// taken is a store that returns another state of a consumer.
func taken(answer func(t activity.ConsumerTake, before, after activity.ConsumerState) activity.ConsumerState) broken {
	return broken{brokenLedger: brokenLedger{takeConsumer: func(ctx context.Context, in activity.Store, t activity.ConsumerTake) (activity.ConsumerState, error) {
		before := consumerOf(ctx, in, t.Name)
		after, err := in.TakeConsumer(ctx, t)
		return answer(t, before, after), err
	}}}
}

// consumerOf returns what is stored of a consumer, the zero one if nothing is.
func consumerOf(ctx context.Context, in activity.Store, name string) activity.ConsumerState {
	list, _ := in.Consumers(ctx)
	for _, s := range list {
		if s.Name == name {
			return s
		}
	}
	return activity.ConsumerState{}
}

func takesAlways(ctx context.Context, in activity.Store, t activity.ConsumerTake) (activity.ConsumerState, error) {
	if s := consumerOf(ctx, in, t.Name); !s.Holder.IsZero() {
		in.MoveConsumer(ctx, activity.ConsumerMove{
			Name: s.Name, Holder: s.Holder, Position: s.Position, Failures: s.Failures, Error: s.Error, RetryAt: s.RetryAt, Release: true,
		})
	}
	return in.TakeConsumer(ctx, t)
}

// givesToTwo tells the second one that it has taken the consumer, too.
func givesToTwo() broken {
	var calls atomic.Int64
	return broken{brokenLedger: brokenLedger{takeConsumer: func(ctx context.Context, in activity.Store, t activity.ConsumerTake) (activity.ConsumerState, error) {
		s, err := in.TakeConsumer(ctx, t)
		if calls.Add(1) == 2 {
			s.Holder = t.Holder
		}
		return s, err
	}}}
}

func refusesTake() broken {
	var calls atomic.Int64
	return broken{brokenLedger: brokenLedger{takeConsumer: func(ctx context.Context, in activity.Store, t activity.ConsumerTake) (activity.ConsumerState, error) {
		if calls.Add(1) == 2 {
			return activity.ConsumerState{}, errBusy
		}
		return in.TakeConsumer(ctx, t)
	}}}
}

func listingConsumers(answer func(list []activity.ConsumerState) []activity.ConsumerState) broken {
	return broken{brokenLedger: brokenLedger{consumers: func(ctx context.Context, in activity.Store) ([]activity.ConsumerState, error) {
		list, err := in.Consumers(ctx)
		return answer(list), err
	}}}
}

// countsUnparked counts what was taken away from what is parked.
func countsUnparked() broken {
	var unparked atomic.Int64
	b := listingConsumers(func(list []activity.ConsumerState) []activity.ConsumerState {
		for i := range list {
			if list[i].Name == "aa" {
				list[i].Parked += unparked.Load()
			}
		}
		return list
	})
	b.unpark = func(ctx context.Context, in activity.Store, name string, position activity.Position) error {
		unparked.Add(1)
		return in.Unpark(ctx, name, position)
	}
	return b
}

// listingParked is a store that makes its list of all that is parked.
func listingParked(answer func(list []activity.Parked, after activity.Position, limit int) []activity.Parked) broken {
	return broken{brokenLedger: brokenLedger{parked: func(ctx context.Context, in activity.Store, name string, after activity.Position, limit int) ([]activity.Parked, error) {
		list, err := in.Parked(ctx, name, 0, 1000)
		return answer(list, after, limit), err
	}}}
}

func parkedOfKnown(ctx context.Context, in activity.Store, name string, after activity.Position, limit int) ([]activity.Parked, error) {
	if consumerOf(ctx, in, name).Name == "" {
		return nil, activity.ErrNotFound
	}
	return in.Parked(ctx, name, after, limit)
}
