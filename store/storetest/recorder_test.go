package storetest

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/go-activity/activity"
)

// recorder is a reporter that remembers what it was told, so that a case can be seen to fail.
type recorder struct {
	ctx      context.Context
	mu       sync.Mutex
	failures []string
}

func (r *recorder) Helper()                  {}
func (r *recorder) Context() context.Context { return r.ctx }

func (r *recorder) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

// Fatalf ends the goroutine that calls it.
func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

// record runs a case on a store and returns what it found wrong. A panic is a failure too.
func record(t *testing.T, c testCase, store activity.Store) []string {
	r := &recorder{ctx: t.Context()}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if v := recover(); v != nil {
				r.Errorf("panic: %v", v)
			}
		}()
		c.run(r, store)
	}()
	<-done
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failures
}

func TestRecorder(t *testing.T) {
	quoted := "A store is safe."
	failures := record(t, testCase{Rule: quoted, check: func(s subject) {
		s.Errorf("first %d", 1)
		s.Fatalf("second")
		s.Errorf("after the end")
	}}, newBroken(broken{}))
	if len(failures) != 2 || !strings.HasPrefix(failures[0], "first 1") || !strings.HasSuffix(failures[1], quoted) {
		t.Errorf("recorded %q", failures)
	}
	failures = record(t, testCase{check: func(s subject) { panic("no") }}, newBroken(broken{}))
	if len(failures) != 1 || failures[0] != "panic: no" {
		t.Errorf("recorded %q", failures)
	}
}
