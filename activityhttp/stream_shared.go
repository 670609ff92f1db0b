package activityhttp

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/go-activity/activity"
)

// streams is what the streams of a process have in common.
type streams struct {
	open sync.WaitGroup

	mu    sync.Mutex
	count int

	cache messageCache
}

// enter counts a stream, unless there are too many or none are wanted any more. Who enters must call leave.
func (s *streams) enter(closing context.Context, most int, now time.Time) (leave func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case closing.Err() != nil:
		return nil, activity.ErrClosed
	case s.count >= most:
		return nil, &problem{status: http.StatusServiceUnavailable, title: "Too many streams", retry: now.Add(5 * time.Second)}
	}
	s.count++
	s.open.Add(1)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.count--
		s.open.Done()
	}, nil
}

// work does something that goes on without a client, unless nothing is begun any more.
func (s *streams) work(closing context.Context, do func()) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if closing.Err() != nil {
		return activity.ErrClosed
	}
	s.open.Go(do)
	return nil
}

// shut calls what ends all streams, after which none enters: so who waits for them waits for all.
func (s *streams) shut(end func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	end()
}

// encoded returns the message of an entry, as it was made for another stream or as encode makes it.
func (s *streams) encoded(entry activity.Entry, variant string, encode encoder) ([]byte, error) {
	key := messageKey{entry.Position, variant}
	if data, ok := s.cache.get(key, &entry.Event); ok {
		return data, nil
	}
	data, err := encode(entry)
	if err != nil {
		return nil, err
	}
	data = eventMessage(entry.Position, data)
	s.cache.put(key, cachedMessage{data, entry.Event})
	return data, nil
}

// eventMessage makes a message; data may have several lines.
func eventMessage(position activity.Position, data []byte) []byte {
	message := fmt.Appendf(make([]byte, 0, len(data)+64), "id: %d\nevent: event\n", position)
	data = bytes.ReplaceAll(bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
	for line := range bytes.SplitSeq(data, []byte("\n")) {
		message = append(append(append(message, "data: "...), line...), '\n')
	}
	return append(message, '\n')
}

// maxCached is how many bytes of messages are kept: each half of the cache has half of them.
const maxCached = 8 << 20

type messageKey struct {
	position activity.Position
	variant  string
}

type cachedMessage struct {
	data  []byte
	event activity.Event // of which it was made
}

// messageCache keeps the messages that were made last. When its newer half is full, the older one is forgotten.
type messageCache struct {
	mu           sync.Mutex
	newer, older map[messageKey]cachedMessage
	size         int // of the newer half
}

// get returns a message, unless something of its event was erased since.
func (c *messageCache) get(key messageKey, now *activity.Event) ([]byte, bool) {
	c.mu.Lock()
	m, ok := c.newer[key]
	if !ok {
		m, ok = c.older[key]
	}
	c.mu.Unlock()
	return m.data, ok && m.event.Actor == now.Actor && slices.Equal(m.event.About, now.About)
}

func (c *messageCache) put(key messageKey, m cachedMessage) {
	c.mu.Lock()
	defer c.mu.Unlock()
	size := len(m.data) + len(m.event.Payload) + 512 // the rest of the event
	if c.newer == nil || c.size+size > maxCached/2 {
		c.newer, c.older, c.size = map[messageKey]cachedMessage{}, c.newer, 0
	}
	c.newer[key] = m
	c.size += size
}
