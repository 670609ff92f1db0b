package activityhttp

import (
	"context"
	"errors"
	"sync"

	"github.com/go-activity/activity"
)

// maxOutbox is the most bytes that wait for one client.
const maxOutbox = 256 << 10

// maxSpare is the largest buffer that is kept for the next messages: a thousand clients keep as many.
const maxSpare = 32 << 10

var errSlow = errors.New("activityhttp: the client is too slow")

// outbox is what waits for one client: one goroutine puts messages into it, another takes them out.
type outbox struct {
	news chan struct{} // there is something
	room chan struct{} // something was taken

	mu   sync.Mutex
	data []byte
	seen activity.Position // of the last entry that was put, or passed over
}

func newOutbox(seen activity.Position) *outbox {
	return &outbox{news: make(chan struct{}, 1), room: make(chan struct{}, 1), seen: seen}
}

// put adds the message of an entry; one that is not wanted has none. When there is no room for it, it waits, or is errSlow.
func (o *outbox) put(ctx context.Context, position activity.Position, message []byte, wait bool) error {
	for !o.add(position, message) {
		if !wait {
			return errSlow
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-o.room:
		}
	}
	if len(message) > 0 {
		wake(o.news)
	}
	return nil
}

// add reports whether there was room. In an empty outbox there always is.
func (o *outbox) add(position activity.Position, message []byte) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.data) > 0 && len(o.data)+len(message) > maxOutbox {
		return false
	}
	o.data, o.seen = append(o.data, message...), position
	return true
}

// take returns what waits, and the position up to which that is all there is. The buffer of what was taken before is used again.
func (o *outbox) take(spare []byte) (data []byte, seen activity.Position) {
	if cap(spare) > maxSpare {
		spare = nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	data, o.data = o.data, spare[:0]
	wake(o.room)
	return data, o.seen
}

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
