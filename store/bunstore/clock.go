package bunstore

import (
	"sync"
	"time"
)

const (
	clockLasts = time.Minute            // how long an answer of the server tells its time
	clockSteps = 100 * time.Millisecond // by how much this machine's clock may be set meanwhile
)

// serverClock tells the time of the database's server without asking it: from an answer that had the time
// in it, and what has passed on this machine since. It is behind by what the answer took to arrive, and
// not ahead.
type serverClock struct {
	mu            sync.Mutex
	server, local time.Time
}

// heard learns from an answer that has just arrived. Of several, the one that took the least counts.
func (c *serverClock) heard(server time.Time) { c.heardAt(server, time.Now()) }

func (c *serverClock) heardAt(server, local time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now, known := c.at(local); !known || now.Before(server) {
		c.server, c.local = server, local
	}
}

// now returns the server's time, if it is known.
func (c *serverClock) now() (time.Time, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at(time.Now())
}

func (c *serverClock) at(local time.Time) (time.Time, bool) {
	passed := local.Sub(c.local)
	// A machine that sleeps, or whose clock is set, has a wall clock that differs from its monotonic one.
	step := local.Round(0).Sub(c.local.Round(0)) - passed
	if c.local.IsZero() || passed < 0 || passed > clockLasts || step.Abs() > clockSteps {
		return time.Time{}, false
	}
	return c.server.Add(passed), true
}
