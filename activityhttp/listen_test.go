package activityhttp_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/activityhttp"
)

// message is one of a stream.
type message struct {
	id      activity.Position
	event   string
	data    string
	comment string
}

// streamed is the data of an event.
type streamed struct {
	Position activity.Position
	Index    int64
	Event    activity.Event
}

// listener is a client of a stream.
type listener struct {
	t      testing.TB
	cancel context.CancelFunc
	body   io.ReadCloser
	lines  *bufio.Reader
	last   activity.Position // as a browser keeps it
}

// listen opens a stream, and reads what comes first.
func (s *server) listen(path string, header ...string) *listener {
	s.t.Helper()
	ctx, cancel := context.WithCancel(s.t.Context())
	response, err := s.Client().Do(s.request("GET", path, "", header...).WithContext(ctx))
	check(s.t, err)
	s.t.Cleanup(func() { cancel(); response.Body.Close() })
	l := &listener{t: s.t, cancel: cancel, body: response.Body, lines: bufio.NewReader(response.Body)}
	if kind := response.Header.Get("Content-Type"); response.StatusCode != http.StatusOK || kind != "text/event-stream" {
		body, _ := io.ReadAll(response.Body)
		s.t.Fatalf("%s: %s, %s, %s", path, response.Status, kind, body)
	}
	if first, err := l.lines.ReadString('\n'); err != nil || first != "retry: 1000\n" {
		s.t.Errorf("first comes %q, %v", first, err)
	}
	if m, err := l.next(); err != nil || m.comment == "" || m.event != "" {
		s.t.Errorf("then comes %+v, %v", m, err)
	}
	return l
}

// next reads a message, of which the last one may have been cut off.
func (l *listener) next() (m message, err error) {
	m.id = l.last
	for {
		line, err := l.lines.ReadString('\n')
		if err != nil {
			return message{}, err
		}
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch name {
		case "":
			if line != "\n" {
				m.comment = value
				continue
			}
			l.last = m.id
			return m, nil
		case "id":
			id, err := strconv.ParseInt(value, 10, 64)
			check(l.t, err)
			m.id = activity.Position(id)
		case "event":
			m.event = value
		case "data":
			m.data += value
		default:
			l.t.Errorf("a line is %q", line)
		}
	}
}

// event reads until there is an event, which must be as it is described.
func (l *listener) event() (streamed, error) {
	for quiet := 0; ; quiet++ {
		m, err := l.next()
		if err == nil && quiet == 5 {
			err = errors.New("no event came")
		}
		if err != nil {
			return streamed{}, err
		}
		switch m.event {
		case "":
			continue
		case "event":
			wantSchema(l.t, "the event", object{"$ref": "#/components/schemas/StreamEvent"}, m.data)
		default:
			l.t.Errorf("a message is %+v", m)
		}
		e := decode[streamed](l.t, m.data)
		if e.Position != m.id {
			l.t.Errorf("the event at %d has the ID %d", e.Position, m.id)
		}
		return e, nil
	}
}

// want reads the events that come next.
func (l *listener) want(ids ...activity.ID) {
	l.t.Helper()
	for _, id := range ids {
		e, err := l.event()
		if err != nil || e.Event.ID != id {
			l.t.Fatalf("the event is %+v, %v, want %v", e, err, id)
		}
	}
}

// ended reads until the stream has ended, and returns how.
func (l *listener) ended() error {
	_, err := io.Copy(io.Discard, l.lines)
	return err
}

// pipe is a network in memory, on which writing waits for who reads. It works in a bubble of synctest.
type pipe struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (p *pipe) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipe) Close() error {
	select {
	case <-p.closed:
		return errors.New("closed twice")
	default:
		close(p.closed)
	}
	return nil
}

func (p *pipe) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

func (p *pipe) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case p.conns <- server:
		return client, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// newPipedServer is newServer on a network in memory, with a server that gives requests five seconds.
func newPipedServer(t testing.TB, store activity.Store, change ...func(*activityhttp.Options)) *server {
	t.Helper()
	s := newHandler(t, store, change)
	p := &pipe{make(chan net.Conn), make(chan struct{})}
	s.Server = &httptest.Server{Listener: p, Config: &http.Server{Handler: s.handler, ReadTimeout: 5 * time.Second, WriteTimeout: 5 * time.Second}}
	s.Start()
	s.Client().Transport.(*http.Transport).DialContext = p.dial
	t.Cleanup(s.end)
	return s
}
