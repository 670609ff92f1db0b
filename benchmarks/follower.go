package main

import (
	"context"
	"errors"
	"sync"

	"github.com/go-activity/activity"
)

// follower follows a ledger in a goroutine, and counts the entries.
type follower struct {
	cancel context.CancelFunc
	over   chan struct{}

	mu   sync.Mutex
	more sync.Cond // on mu: seen or err has changed
	seen int
	err  error // why it follows no more
}

// follow follows a ledger from its end. Each entry is handed to the function, which is called by one goroutine.
func follow(ctx context.Context, j *activity.Journal, each func(activity.Entry)) (*follower, error) {
	lag, err := j.Lag(ctx)
	if err != nil {
		return nil, err
	}
	if lag.Events > 0 || lag.Last == 0 {
		return nil, errors.New("the ledger to be followed is empty, or has events to seal")
	}
	ctx, cancel := context.WithCancel(ctx)
	f := &follower{cancel: cancel, over: make(chan struct{})}
	f.more.L = &f.mu
	go func() {
		defer close(f.over)
		err := errors.New("following has ended")
		for entry, failed := range j.Follow(ctx, activity.FollowOptions{After: lag.Last}) {
			if failed != nil {
				err = failed
				break
			}
			each(entry)
			f.mu.Lock()
			f.seen++
			f.more.Broadcast()
			f.mu.Unlock()
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		f.err = err
		f.more.Broadcast()
	}()
	return f, nil
}

func (f *follower) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.seen
}

// wait waits until n entries were seen.
func (f *follower) wait(n int) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for f.seen < n && f.err == nil {
		f.more.Wait()
	}
	if f.seen < n {
		return f.err
	}
	return nil
}

// stop ends following, and waits for it.
func (f *follower) stop() {
	f.cancel()
	<-f.over
}
