package activityhttp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/go-activity/activity"
)

// encoder turns an entry into the data of a message. What it returns is sent to others too, so that it depends on nothing but the entry
// and the variant of the stream.
type encoder func(activity.Entry) ([]byte, error)

// stream sends the events that q wants, as server-sent events, until the client goes away, is too slow, may not read any more, or
// Handler.Close is called. Each is a message "event" with its position as the ID, and what encode makes of it as the data.
//
// What was encoded is shared between streams by position and variant, which therefore has all that encode depends on: "json/es", or
// "html/es/Europe/Madrid". Encode is called by another goroutine than the request's.
//
// An error comes back only as long as nothing was sent.
func (c *call) stream(q streamQuery, encode encoder, variant string) error {
	leave, err := c.streams.enter(c.closing, c.options.MaxStreams, c.options.Now())
	if err != nil {
		return err
	}
	defer leave()
	newest, err := c.journal.Newest(c.r.Context())
	if err != nil {
		return err
	}
	if q.after < 0 {
		q.after = newest
	}
	c.w.Header().Set("Content-Type", "text/event-stream")
	c.w.Header().Set("X-Accel-Buffering", "no") // for proxies
	if c.r.Method == http.MethodHead {
		return nil
	}
	s := &stream{call: c, query: q, encode: encode, variant: variant, live: newest, out: newOutbox(q.after), control: http.NewResponseController(c.w)}
	s.serve()
	return nil
}

// stream is one client who listens.
type stream struct {
	*call
	query   streamQuery
	encode  encoder
	variant string
	live    activity.Position // what comes behind it has happened since the stream began
	out     *outbox
	control *http.ResponseController

	mu       sync.Mutex
	over     bool // there is no more time for writing
	answered bool // the response must not be touched any more
}

// serve lets one goroutine follow, and writes what it finds.
func (s *stream) serve() {
	ctx, cancel := context.WithCancel(s.r.Context())
	defer cancel()
	defer context.AfterFunc(s.closing, cancel)()
	context.AfterFunc(ctx, s.finish)
	defer s.leave()
	var followed error
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer cancel()
		followed = s.follow(ctx)
	}()
	s.write(ctx)
	cancel()
	<-done
	if !errors.Is(followed, errSlow) && !errors.Is(followed, context.Canceled) {
		s.options.Logger.LogAttrs(s.r.Context(), slog.LevelError, "activityhttp: following", slog.Any("error", followed))
	}
}

// follow puts what the client wants into its outbox, until something goes wrong. From a position that is gone, or that there is not yet,
// it goes on where that is possible, and says so.
func (s *stream) follow(ctx context.Context) (err error) {
	defer func() { // the host's functions are called, which must not end the process
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	for after := s.query.after; ; {
		err := s.pass(ctx, after)
		gap, ok := errors.AsType[*activity.PositionError](err)
		if !ok {
			return err
		}
		after = gap.Resume
		if err := s.out.put(ctx, gap.Resume, resetMessage(gap), true); err != nil {
			return err
		}
	}
}

// pass follows from a position. Who reads what is past may take their time; who cannot keep up with what happens is cut off, and goes on
// from where they were.
func (s *stream) pass(ctx context.Context, after activity.Position) error {
	for entry, err := range s.journal.Follow(ctx, activity.FollowOptions{After: after, Tenant: s.tenant.Name()}) {
		if err != nil {
			return err
		}
		var message []byte
		if s.query.match(&entry.Event) {
			if message, err = s.streams.encoded(entry, s.variant, s.encode); err != nil {
				return err
			}
		}
		if err := s.out.put(ctx, entry.Position, message, entry.Position <= s.live); err != nil {
			return err
		}
	}
	return nil
}

// write sends what is in the outbox, all that has come together at once, and a comment when nothing has come for a while. It ends
// when nobody listens any more.
func (s *stream) write(ctx context.Context) {
	if s.send(fmt.Appendf(nil, "retry: 1000\n: events as they are recorded\nid: %d\n\n", s.query.after)) != nil {
		return
	}
	admitted, spare := time.Now(), []byte(nil)
	alive := time.NewTimer(s.options.Heartbeat)
	defer alive.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.out.news:
		case <-alive.C:
		}
		if time.Since(admitted) >= s.options.Heartbeat {
			if !s.admitted() {
				return
			}
			admitted = time.Now()
		}
		data, seen := s.out.take(spare)
		if len(data) == 0 {
			data = fmt.Appendf(data, ": nothing new\nid: %d\n\n", seen)
		}
		if s.send(data) != nil {
			return
		}
		spare = data
		alive.Reset(s.options.Heartbeat)
	}
}

// admitted reports whether who listens is still who they were, and may read.
func (s *stream) admitted() bool {
	return s.options.Tenant(s.r) == s.tenant.Name() && s.options.Actor(s.r).Is(s.actor) && s.may(Read)
}

// sendPiece is how many bytes a client has writeTimeout for.
const sendPiece = 32 << 10

// send writes some messages.
func (s *stream) send(data []byte) error {
	for piece := range slices.Chunk(data, sendPiece) {
		if err := s.extend(); err != nil {
			return err
		}
		if _, err := s.w.Write(piece); err != nil {
			return err
		}
	}
	return s.control.Flush()
}

// extend gives time for the next write, unless the stream is over.
func (s *stream) extend() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return context.Canceled
	}
	return s.deadline(time.Now().Add(writeTimeout))
}

// finish gives a write that goes on a last second.
func (s *stream) finish() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
	if !s.answered {
		_ = s.deadline(time.Now().Add(time.Second)) // who cannot set it has no client any more
	}
}

// leave makes sure that finish, which runs by itself, leaves the response alone.
func (s *stream) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answered = true
}

// resetMessage says that the client has missed something, and from where it goes on.
func resetMessage(gap *activity.PositionError) []byte {
	reason := "gone"
	if errors.Is(gap, activity.ErrAhead) {
		reason = "ahead"
	}
	return fmt.Appendf(nil, "id: %d\nevent: reset\ndata: {\"reason\":%q,\"after\":%d,\"resume\":%d}\n\n", gap.Resume, reason, gap.After, gap.Resume)
}

// getStream sends events as JSON.
func (c *call) getStream() error {
	v := c.values()
	q := c.streamQuery(v)
	if err := v.done(true); err != nil {
		return err
	}
	return c.stream(q, c.encodeEntry, "json/"+c.locale)
}

// positionOf reads a position in the ledger.
func positionOf(text string) (activity.Position, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	return activity.Position(n), err == nil && n >= 0
}
