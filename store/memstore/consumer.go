package memstore

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/go-activity/activity"
)

// consumer is what is stored of one. Like all of a state, it never changes.
type consumer struct {
	activity.ConsumerState
	parked []activity.Parked // by position
}

// withConsumer returns the state with another state of one consumer.
func (s *state) withConsumer(c consumer) *state {
	next := *s
	next.consumers = maps.Clone(s.consumers)
	if next.consumers == nil {
		next.consumers = map[string]consumer{}
	}
	c.Parked = int64(len(c.parked))
	next.consumers[c.Name] = c
	return &next
}

// takeConsumer returns the state with a consumer taken, if that can be, and what is stored of it then.
func (s *state) takeConsumer(take activity.ConsumerTake) (*state, activity.ConsumerState) {
	now := now(take.Now)
	c := s.consumers[take.Name]
	if c.held(now) && c.Holder != take.Holder {
		return s, c.ConsumerState
	}
	c.Name, c.Holder, c.Until = take.Name, take.Holder, now.Add(take.Lease).Truncate(time.Microsecond)
	return s.withConsumer(c), c.ConsumerState
}

// held reports whether a lease lasts.
func (c *consumer) held(now time.Time) bool { return c.Until.After(now) }

// moveConsumer returns the state with what a holder says of its consumer.
func (s *state) moveConsumer(move activity.ConsumerMove) (*state, error) {
	c, ok := s.consumers[move.Name]
	if !ok || c.Holder != move.Holder {
		return nil, activity.ErrNotHolder
	}
	c.Position, c.Failures, c.Error, c.RetryAt = move.Position, move.Failures, move.Error, stored(move.RetryAt)
	for _, p := range move.Park {
		p.At = stored(p.At)
		i, parked := c.searchParked(p.Position)
		c.parked = slices.Clone(c.parked)
		if parked {
			c.parked[i] = p
		} else {
			c.parked = slices.Insert(c.parked, i, p)
		}
	}
	if move.Release {
		c.Holder, c.Until = activity.ID{}, time.Time{}
	}
	return s.withConsumer(c), nil
}

// resetConsumer returns the state with a consumer set to a position.
func (s *state) resetConsumer(reset activity.ConsumerReset) (*state, error) {
	c := s.consumers[reset.Name]
	if c.held(now(reset.Now)) {
		return nil, activity.ErrConsuming
	}
	c.ConsumerState = activity.ConsumerState{Name: reset.Name, Position: reset.Position}
	return s.withConsumer(c), nil
}

func (s *state) listConsumers() []activity.ConsumerState {
	var list []activity.ConsumerState
	for _, name := range slices.Sorted(maps.Keys(s.consumers)) {
		list = append(list, s.consumers[name].ConsumerState)
	}
	return list
}

func (s *state) parked(name string, after activity.Position, limit int) []activity.Parked {
	c := s.consumers[name]
	first, _ := c.searchParked(after + 1)
	return slices.Clone(c.parked[first:min(len(c.parked), first+limit)])
}

func (s *state) unpark(name string, position activity.Position) (*state, error) {
	c := s.consumers[name]
	i, parked := c.searchParked(position)
	if !parked {
		return nil, activity.ErrNotFound
	}
	c.parked = slices.Delete(slices.Clone(c.parked), i, i+1)
	return s.withConsumer(c), nil
}

// searchParked returns the place of what is parked at a position, and whether something is.
func (c *consumer) searchParked(position activity.Position) (int, bool) {
	return slices.BinarySearchFunc(c.parked, position, func(p activity.Parked, position activity.Position) int {
		return cmp.Compare(p.Position, position)
	})
}

// stored returns a time as the store keeps it.
func stored(at time.Time) time.Time {
	if at.IsZero() {
		return time.Time{}
	}
	return at.UTC().Truncate(time.Microsecond)
}
