package main

import (
	"sync"
	"time"
)

// clock is what the journal of the seed takes for the time. Runs of tasks read it in goroutines of their own.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// forward sets the time, unless it is later already.
func (c *clock) forward(to time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if to.After(c.now) {
		c.now = to
	}
}

// pass lets time pass.
func (c *clock) pass(d time.Duration) { c.forward(c.read().Add(d)) }
