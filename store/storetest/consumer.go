package storetest

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/go-activity/activity"
)

const (
	newNameRule    = "A name that is new begins at position 0."
	takenRule      = "A consumer is taken if nobody holds it, the holder does, or the lease of the one that does has ended."
	lastsRule      = "While another's lease lasts, nothing changes, and the consumer comes back with that holder."
	leaseRule      = "The lease ends Lease after Now, or after the store's own time if Now is zero."
	countsRule     = "Each has the number of those that Parked returns."
	noConsumerRule = "A consumer that there is not has parked nothing."
)

// consumerCases are about consumers.
var consumerCases = slices.Concat([]testCase{
	{"new consumers", newNameRule, checkNewConsumer},
	{"taking a consumer", takenRule + " " + lastsRule, checkTakeConsumer},
	{"end of a lease", leaseRule, checkConsumerLease},
	{"end of a lease by the store's clock", leaseRule, checkConsumerLeaseByClock},
	{"concurrent takers", "Of concurrent calls for a consumer that is free, one takes it.", checkConcurrentTakers},
}, moveConsumerCases, []testCase{
	{"list of consumers", "Consumers returns all consumers by ascending name. " + countsRule, checkConsumers},
	{"what is parked", "Parked returns what a consumer has parked, by ascending position: the first limit after a position. " + noConsumerRule, checkParked},
	{"taking away what is parked", "An entry that is not parked is ErrNotFound.", checkUnpark},
})

// holder is the holder of some number.
func holder(n uint64) activity.ID { return newID(epoch, 1000+n) }

// take wants to consume "mailer" for half a minute.
func take(n uint64, at time.Time) activity.ConsumerTake {
	return activity.ConsumerTake{Name: "mailer", Holder: holder(n), Lease: 30 * time.Second, Now: at}
}

// takes takes a consumer, or tries to, and checks what is stored then.
func (s subject) takes(take activity.ConsumerTake, want activity.ConsumerState) {
	s.Helper()
	got, err := s.store.TakeConsumer(s.Context(), take)
	if err != nil {
		s.Fatalf("TakeConsumer: %v", err)
	}
	if d := diffFields(reflect.ValueOf(want), reflect.ValueOf(got)); d != "" {
		s.Errorf("TakeConsumer: %s", d)
	}
}

// moves says what a holder has to say, which must be stored.
func (s subject) moves(move activity.ConsumerMove) {
	s.Helper()
	if err := s.store.MoveConsumer(s.Context(), move); err != nil {
		s.Fatalf("MoveConsumer: %v", err)
	}
}

// consumes checks which consumers there are.
func (s subject) consumes(want ...activity.ConsumerState) {
	s.Helper()
	got, err := s.store.Consumers(s.Context())
	if err != nil {
		s.Fatalf("Consumers: %v", err)
	}
	if d := diffList(want, got); d != "" {
		s.Errorf("Consumers: %s", d)
	}
}

// hasParked checks all that a consumer has parked.
func (s subject) hasParked(name string, want ...activity.Parked) {
	s.Helper()
	s.parks(name, 0, len(want)+10, want...)
}

func (s subject) parks(name string, after activity.Position, limit int, want ...activity.Parked) {
	s.Helper()
	got, err := s.store.Parked(s.Context(), name, after, limit)
	if err != nil {
		s.Fatalf("Parked: %v", err)
	}
	if d := diffList(want, got); d != "" {
		s.Errorf("Parked of %q after %d: %s", name, after, d)
	}
}

// parkedAt is an entry that is parked.
func parkedAt(position activity.Position, why string) activity.Parked {
	return activity.Parked{Position: position, Through: position, Error: why, At: epoch.Add(time.Duration(position%1000) * time.Second)}
}

func checkNewConsumer(s subject) {
	s.consumes()
	want := activity.ConsumerState{Name: "mailer", Holder: holder(1), Until: epoch.Add(30 * time.Second)}
	s.takes(take(1, epoch), want)
	s.consumes(want)
	s.hasParked("mailer")
	other := take(1, epoch)
	other.Name = "Mailer"
	second := want
	second.Name = "Mailer"
	s.takes(other, second)
	s.consumes(second, want)
}

func checkTakeConsumer(s subject) {
	at := func(sec int) time.Time { return epoch.Add(time.Duration(sec) * time.Second) }
	state := activity.ConsumerState{Name: "mailer", Holder: holder(1), Until: at(30)}
	s.takes(take(1, epoch), state)
	// Another has to wait, whatever it wants.
	for _, late := range []time.Duration{0, 29 * time.Second, 30*time.Second - time.Microsecond} {
		other := take(2, epoch.Add(late))
		other.Lease = time.Hour
		s.takes(other, state)
		s.consumes(state)
	}
	// The holder renews, for a shorter time too.
	state.Until = at(40)
	s.takes(take(1, at(10)), state)
	shorter := take(1, at(10))
	shorter.Lease, state.Until = time.Second, at(11)
	s.takes(shorter, state)
	// What is stored stays when the holder changes.
	move := activity.ConsumerMove{
		Name: "mailer", Holder: holder(1), Position: 7, Failures: 2, Error: "refused", RetryAt: at(20), Park: []activity.Parked{parkedAt(3, "bad")},
	}
	s.moves(move)
	state.Position, state.Failures, state.Error, state.RetryAt, state.Parked = 7, 2, "refused", at(20), 1
	s.takes(take(2, at(11)), activity.ConsumerState{
		Name: "mailer", Position: 7, Holder: holder(2), Until: at(41), Failures: 2, Error: "refused", RetryAt: at(20), Parked: 1,
	})
	state.Holder, state.Until = holder(2), at(41)
	s.takes(take(1, at(12)), state)
	s.consumes(state)
	// The one whose lease has ended may renew it, as long as nobody else came.
	state.Until = at(130)
	s.takes(take(2, at(100)), state)
	// Nobody holds what was released.
	s.moves(activity.ConsumerMove{Name: "mailer", Holder: holder(2), Position: 7, Release: true})
	s.takes(take(3, at(101)), activity.ConsumerState{Name: "mailer", Position: 7, Holder: holder(3), Until: at(131), Parked: 1})
}

func checkConsumerLease(s subject) {
	for i, at := range []time.Time{
		time.Unix(0, 1000).UTC(), epoch.Add(time.Microsecond), epoch.Add(999_999 * time.Microsecond).In(elsewhere), time.Date(9999, 12, 31, 23, 59, 0, 999_999_000, time.UTC),
	} {
		t := take(1, at)
		t.Name, t.Lease = fmt.Sprint(i), 10*time.Second+time.Microsecond
		until := at.Add(t.Lease).UTC()
		want := activity.ConsumerState{Name: t.Name, Holder: t.Holder, Until: until}
		s.takes(t, want)
		other := t
		other.Holder = holder(2)
		other.Now = until.Add(-time.Microsecond)
		s.takes(other, want)
		other.Now = until
		want.Holder, want.Until = holder(2), until.Add(t.Lease)
		s.takes(other, want)
	}
}

// checkConsumerLeaseByClock knows of the store's time only that it is between 2000 and 9999.
func checkConsumerLeaseByClock(s subject) {
	long, never := take(1, time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)), take(1, time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC))
	never.Name = "never"
	state := activity.ConsumerState{Name: "never", Holder: holder(1), Until: never.Now.Add(never.Lease)}
	for _, t := range []activity.ConsumerTake{long, never} {
		if _, err := s.store.TakeConsumer(s.Context(), t); err != nil {
			s.Fatalf("TakeConsumer: %v", err)
		}
		t.Holder, t.Now = holder(2), time.Time{}
		got, err := s.store.TakeConsumer(s.Context(), t)
		if err != nil {
			s.Fatalf("TakeConsumer: %v", err)
		}
		if t.Name == "never" {
			if d := diffFields(reflect.ValueOf(state), reflect.ValueOf(got)); d != "" {
				s.Errorf("TakeConsumer by the store's clock of what is held until the year 9999: %s", d)
			}
			continue
		}
		// It is taken, and what is asked for later ends later.
		t.Lease = time.Hour
		longer, err := s.store.TakeConsumer(s.Context(), t)
		if got.Holder != holder(2) || err != nil || longer.Until.Sub(got.Until) < 59*time.Minute || longer.Until.Sub(got.Until) > 2*time.Hour {
			s.Errorf("by the store's clock, %s holds a consumer until %v, and until %v when it wants it for an hour", got.Holder, got.Until, longer.Until)
		}
		if year := got.Until.Year(); year <= 2000 || year >= 9999 {
			s.Errorf("by the store's clock, a lease of half a minute ends at %v", got.Until)
		}
	}
	if err := s.store.ResetConsumer(s.Context(), activity.ConsumerReset{Name: "never"}); err == nil {
		s.Errorf("ResetConsumer by the store's clock of what is held until the year 9999 succeeded")
	}
}

func checkConcurrentTakers(s subject) {
	const takers = 8
	for round := range 4 {
		t := take(0, epoch)
		t.Name = fmt.Sprint("consumer ", round/2) // a new one, then one whose lease has ended
		t.Now = epoch.Add(time.Duration(round) * time.Hour)
		states := make([]activity.ConsumerState, takers)
		together(takers, func(i int) {
			t := t
			t.Holder = holder(uint64(100*round + i))
			var err error
			if states[i], err = s.store.TakeConsumer(s.Context(), t); err != nil {
				s.Errorf("TakeConsumer beside others: %v", err)
			}
		})
		winners := 0
		for i, state := range states {
			if state.Holder == holder(uint64(100*round+i)) {
				winners++
			}
			if state.Holder != states[0].Holder || !state.Until.Equal(t.Now.Add(t.Lease)) {
				s.Errorf("one taker sees that %s holds the consumer until %v, and another that %s does", state.Holder, state.Until, states[0].Holder)
			}
		}
		if winners != 1 {
			s.Errorf("%d of %d took a consumer that was free", winners, takers)
		}
	}
}

func checkConsumers(s subject) {
	s.consumes()
	var want []activity.ConsumerState
	for i, name := range []string{"A", "B", "a", "a b", "a-b", "aa", "z", "日"} {
		state := activity.ConsumerState{Name: name, Position: activity.Position(i), Holder: holder(uint64(i)), Until: epoch.Add(30 * time.Second), Parked: int64(i % 3)}
		want = append(want, state)
	}
	for _, i := range []int{3, 7, 0, 5, 1, 2, 6, 4} {
		t := take(uint64(i), epoch)
		t.Name = want[i].Name
		if _, err := s.store.TakeConsumer(s.Context(), t); err != nil {
			s.Fatalf("TakeConsumer: %v", err)
		}
		move := activity.ConsumerMove{Name: t.Name, Holder: t.Holder, Position: activity.Position(i)}
		for n := range want[i].Parked {
			move.Park = append(move.Park, activity.Parked{Position: activity.Position(10 * n), Through: activity.Position(10*n + 5), At: epoch})
		}
		s.moves(move)
	}
	s.consumes(want...)
	if err := s.store.Unpark(s.Context(), "aa", 10); err != nil {
		s.Fatalf("Unpark: %v", err)
	}
	want[5].Parked--
	s.consumes(want...)
}

func checkParked(s subject) {
	s.hasParked("mailer")
	s.takes(take(1, epoch), activity.ConsumerState{Name: "mailer", Holder: holder(1), Until: epoch.Add(30 * time.Second)})
	s.hasParked("mailer")
	long := parkedAt(1<<40, "né\n\"x\"")
	several := activity.Parked{Position: 20, Through: 31, Error: "were removed", At: epoch.Add(time.Microsecond)}
	all := []activity.Parked{parkedAt(2, "a"), parkedAt(10, "b"), several, parkedAt(100, ""), long}
	s.moves(activity.ConsumerMove{Name: "mailer", Holder: holder(1), Park: []activity.Parked{all[3], all[0], all[4]}})
	s.moves(activity.ConsumerMove{Name: "mailer", Holder: holder(1), Park: []activity.Parked{all[2], all[1]}})
	s.hasParked("mailer", all...)
	for i, p := range all {
		s.parks("mailer", p.Position, 10, all[i+1:]...)
		s.parks("mailer", p.Position-1, 2, all[i:min(len(all), i+2)]...)
	}
	s.hasParked("Mailer")
	s.hasParked("absent")
}
