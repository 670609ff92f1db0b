package bunstore

import (
	"sync"
	"time"
)

// pace lets something happen at most once in a while. The zero value lets it happen at once.
type pace struct {
	mu   sync.Mutex
	last time.Time
}

// due reports whether it may happen now, and if so, takes it that it does.
func (p *pace) due(pause time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if !p.last.IsZero() && now.Sub(p.last) < pause {
		return false
	}
	p.last = now
	return true
}

// happened says that it has just happened.
func (p *pace) happened() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = time.Now()
}
