package storetest

import (
	"errors"
	"time"

	"github.com/go-activity/activity"
)

const (
	movedRule     = "The position, the failures, the error and the time of the next try are the update's."
	parkedRule    = "What is parked is added; an entry that is parked already is replaced."
	releaseRule   = "If Release is true, nobody holds the consumer from then on."
	notHolderRule = "Unless the update's holder holds the consumer, be its lease over or not, nothing changes, and the error is ErrNotHolder."
	resetRule     = "ResetConsumer sets a consumer's position, adding it if its name is new, and takes its failures away."
	resetStays    = "What is parked stays, and nobody holds the consumer from then on."
	consumingRule = "While somebody's lease lasts, nothing changes, and the error is ErrConsuming."
)

// moveConsumerCases are about MoveConsumer and ResetConsumer.
var moveConsumerCases = []testCase{
	{"moving a consumer", movedRule + " " + releaseRule, checkMoveConsumer},
	{"parking", parkedRule, checkParking},
	{"moving without holding", notHolderRule, checkNotHolder},
	{"resetting a consumer", resetRule + " " + resetStays, checkReset},
	{"resetting a consumer in use", consumingRule, checkResetInUse},
}

// mailer is the consumer that holder 1 has taken, as it is then.
func (s subject) mailer() activity.ConsumerState {
	s.Helper()
	state := activity.ConsumerState{Name: "mailer", Holder: holder(1), Until: epoch.Add(30 * time.Second)}
	s.takes(take(1, epoch), state)
	return state
}

func checkMoveConsumer(s subject) {
	state := s.mailer()
	other := take(5, epoch)
	other.Name = "other"
	untouched := activity.ConsumerState{Name: "other", Holder: holder(5), Until: epoch.Add(30 * time.Second)}
	s.takes(other, untouched)
	for i, move := range []activity.ConsumerMove{
		{Position: 5},
		{Position: 9, Failures: 1, Error: "né\n\"x\"", RetryAt: epoch.Add(time.Microsecond)},
		{Position: 9, Failures: 2, RetryAt: epoch.Add(time.Second).In(elsewhere)},
		{Position: 4, Failures: 0}, // back
		{Position: 1 << 40, Error: "again"},
	} {
		move.Name, move.Holder = "mailer", holder(1)
		s.moves(move)
		state.Position, state.Failures, state.Error, state.RetryAt = move.Position, move.Failures, move.Error, move.RetryAt.UTC()
		s.consumes(state, untouched)
		if i == 2 {
			s.tx(func(tx subject) { tx.moves(move) })
			s.consumes(state, untouched)
		}
	}
	s.moves(activity.ConsumerMove{Name: "mailer", Holder: holder(1), Position: 12, Failures: 3, Error: "last", RetryAt: epoch, Release: true})
	s.consumes(activity.ConsumerState{Name: "mailer", Position: 12, Failures: 3, Error: "last", RetryAt: epoch}, untouched)
}

func checkParking(s subject) {
	state := s.mailer()
	park := func(list ...activity.Parked) {
		s.Helper()
		s.moves(activity.ConsumerMove{Name: "mailer", Holder: holder(1), Park: list})
	}
	park(parkedAt(4, "a"), parkedAt(9, "b"))
	s.hasParked("mailer", parkedAt(4, "a"), parkedAt(9, "b"))
	again := activity.Parked{Position: 9, Through: 12, Error: "c", At: epoch.Add(time.Hour).In(elsewhere)}
	park(again, parkedAt(2, "d"))
	again.At = again.At.UTC()
	s.hasParked("mailer", parkedAt(2, "d"), parkedAt(4, "a"), again)
	state.Parked = 3
	s.consumes(state)
	park()
	s.hasParked("mailer", parkedAt(2, "d"), parkedAt(4, "a"), again)
}

func checkNotHolder(s subject) {
	refused := func(what string, move activity.ConsumerMove, states ...activity.ConsumerState) {
		s.Helper()
		move.Name, move.Position, move.Failures, move.Error, move.RetryAt = "mailer", 99, 7, "no", epoch
		move.Park = []activity.Parked{parkedAt(1, "no")}
		for _, release := range []bool{false, true} {
			move.Release = release
			if err := s.store.MoveConsumer(s.Context(), move); !errors.Is(err, activity.ErrNotHolder) {
				s.Errorf("MoveConsumer by %s = %v, want ErrNotHolder", what, err)
			}
		}
		s.consumes(states...)
		s.hasParked("mailer")
	}
	refused("one who holds what there is not", activity.ConsumerMove{Holder: holder(1)})
	state := s.mailer()
	refused("another", activity.ConsumerMove{Holder: holder(2)}, state)
	// The lease is over, by all clocks, but nobody else came.
	long := take(1, time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC))
	state.Until = long.Now.Add(long.Lease)
	s.takes(long, state)
	s.moves(activity.ConsumerMove{Name: "mailer", Holder: holder(1), Position: 3})
	state.Position = 3
	s.consumes(state)
	refused("another after the end of the lease", activity.ConsumerMove{Holder: holder(2)}, state)
	state.Holder, state.Until = holder(2), epoch.Add(30*time.Second)
	s.takes(take(2, epoch), state)
	refused("the one before", activity.ConsumerMove{Holder: holder(1)}, state)
	s.moves(activity.ConsumerMove{Name: "mailer", Holder: holder(2), Position: 4, Release: true})
	state = activity.ConsumerState{Name: "mailer", Position: 4}
	refused("one who has released it", activity.ConsumerMove{Holder: holder(2)}, state)
}

// resets sets a consumer's position.
func (s subject) resets(reset activity.ConsumerReset) {
	s.Helper()
	if err := s.store.ResetConsumer(s.Context(), reset); err != nil {
		s.Fatalf("ResetConsumer: %v", err)
	}
}

func checkReset(s subject) {
	s.resets(activity.ConsumerReset{Name: "new", Position: 7, Now: epoch})
	fresh := activity.ConsumerState{Name: "new", Position: 7}
	s.consumes(fresh)
	s.mailer()
	s.moves(activity.ConsumerMove{Name: "mailer", Holder: holder(1), Position: 12, Failures: 3, Error: "no", RetryAt: epoch, Park: []activity.Parked{parkedAt(4, "a")}})
	s.resets(activity.ConsumerReset{Name: "mailer", Position: 2, Now: epoch.Add(30 * time.Second)})
	s.consumes(activity.ConsumerState{Name: "mailer", Position: 2, Parked: 1}, fresh)
	s.hasParked("mailer", parkedAt(4, "a"))
	// Who consumed before does not undo it.
	if err := s.store.MoveConsumer(s.Context(), activity.ConsumerMove{Name: "mailer", Holder: holder(1), Position: 13}); !errors.Is(err, activity.ErrNotHolder) {
		s.Errorf("MoveConsumer after ResetConsumer = %v, want ErrNotHolder", err)
	}
	s.resets(activity.ConsumerReset{Name: "mailer", Position: 5})
	s.consumes(activity.ConsumerState{Name: "mailer", Position: 5, Parked: 1}, fresh)
}

func checkResetInUse(s subject) {
	state := s.mailer()
	s.moves(activity.ConsumerMove{Name: "mailer", Holder: holder(1), Position: 12, Failures: 3, Error: "no", RetryAt: epoch})
	state.Position, state.Failures, state.Error, state.RetryAt = 12, 3, "no", epoch
	for _, late := range []time.Duration{0, 30*time.Second - time.Microsecond} {
		err := s.store.ResetConsumer(s.Context(), activity.ConsumerReset{Name: "mailer", Position: 2, Now: epoch.Add(late)})
		if !errors.Is(err, activity.ErrConsuming) {
			s.Errorf("ResetConsumer of a consumer in use = %v, want ErrConsuming", err)
		}
		s.consumes(state)
	}
	s.resets(activity.ConsumerReset{Name: "mailer", Position: 2, Now: epoch.Add(30 * time.Second)})
	s.consumes(activity.ConsumerState{Name: "mailer", Position: 2})
}

func checkUnpark(s subject) {
	s.mailer()
	absent := func(name string, position activity.Position) {
		s.Helper()
		if err := s.store.Unpark(s.Context(), name, position); !errors.Is(err, activity.ErrNotFound) {
			s.Errorf("Unpark of position %d of %q = %v, want ErrNotFound", position, name, err)
		}
	}
	several := activity.Parked{Position: 20, Through: 31, At: epoch}
	s.moves(activity.ConsumerMove{Name: "mailer", Holder: holder(1), Park: []activity.Parked{parkedAt(4, "a"), parkedAt(9, "b"), several}})
	absent("mailer", 5)
	absent("mailer", 25)
	absent("Mailer", 4)
	for i, position := range []activity.Position{9, 20, 4} {
		if err := s.store.Unpark(s.Context(), "mailer", position); err != nil {
			s.Fatalf("Unpark: %v", err)
		}
		s.hasParked("mailer", [][]activity.Parked{{parkedAt(4, "a"), several}, {parkedAt(4, "a")}, {}}[i]...)
		absent("mailer", position)
	}
}
