package activityhttp_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/activityhttp"
	"github.com/go-activity/activity/store/memstore"
)

// TestStreamReset tells who was away too long, or comes from another ledger, that they have missed something, and goes on.
func TestStreamReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newPipedServer(t, memstore.New())
		for range 3 {
			s.record("acme", pinged.New(call{"x"}).By(ana))
		}
		_, err := s.journal.Seal(t.Context())
		check(t, err)
		time.Sleep(48 * time.Hour)
		kept := s.record("acme", pinged.New(call{"kept"}).By(ana))
		removed, err := s.journal.Retain(t.Context())
		check(t, err)
		if removed != 3 {
			t.Fatalf("%d were removed", removed)
		}
		for _, step := range []struct{ last, want string }{
			{"1", `{"reason":"gone","after":1,"resume":3}`},
			{"1000", `{"reason":"ahead","after":1000,"resume":6}`}, // behind what is kept, the event of the removal, and one more
		} {
			l := s.listen(streamPath+"?type=ping.seen", "Last-Event-ID", step.last)
			m, err := l.next()
			if err != nil || m.event != "reset" || m.data != step.want {
				t.Errorf("after %s comes %+v, %v, want %s", step.last, m, err, step.want)
			}
			wantSchema(t, "the reset", object{"$ref": "#/components/schemas/StreamReset"}, m.data)
			if step.last == "1" {
				l.want(kept.ID)
			}
			l.want(s.record("acme", pinged.New(call{"more"}).By(ana)).ID)
			l.cancel()
		}
	})
}

// TestStreamMax refuses one stream too many, and takes another one when one has ended.
func TestStreamMax(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newPipedServer(t, memstore.New(), func(o *activityhttp.Options) { o.MaxStreams = 2 })
		first := s.listen(streamPath)
		s.listen(streamPath)
		for range 3 {
			if a := s.do("GET", streamPath, ""); a.StatusCode != http.StatusServiceUnavailable || a.Header.Get("Retry-After") == "" {
				t.Errorf("the third: %s %s", a.Status, a.body)
			}
		}
		first.cancel()
		synctest.Wait()
		s.listen(streamPath)
		s.do("GET", "/activity/api/tasks", "")
	})
}

// TestStreamHeartbeat has a stream on which nothing happens say so, with the position up to which there is nothing.
func TestStreamHeartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newPipedServer(t, memstore.New())
		l := s.listen(streamPath + "?type=ping.seen")
		began := time.Now()
		for i := range 3 {
			s.record("acme", called.New(call{"not wanted"}).By(ana))
			m, err := l.next()
			if at := time.Duration(i+1) * 15 * time.Second; err != nil || m.comment == "" || m.event != "" || time.Since(began) != at || m.id != activity.Position(i+1) {
				t.Errorf("after %v comes %+v, %v", time.Since(began), m, err)
			}
		}
	})
}

// TestStreamOutlivesTimeouts has the timeouts of a server, which are for requests that end, not end a stream.
func TestStreamOutlivesTimeouts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newPipedServer(t, memstore.New())
		l := s.listen(streamPath)
		for range 8 {
			if m, err := l.next(); err != nil || m.comment == "" {
				t.Fatalf("%+v, %v", m, err)
			}
		}
		l.want(s.record("acme", called.New(call{"x"}).By(ana)).ID)
	})
}

// TestStreamHTTP2 has streams share a connection, and end one by one or all at once.
func TestStreamHTTP2(t *testing.T) {
	s := newHandler(t, memstore.New(), nil)
	s.Server = httptest.NewUnstartedServer(s.handler)
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.end)
	if a := s.do("GET", "/activity/api/tasks", ""); a.ProtoMajor != 2 {
		t.Fatalf("the protocol is %s", a.Proto)
	}
	one, other := s.listen(streamPath), s.listen(streamPath)
	id := s.record("acme", called.New(call{"x"}).By(ana)).ID
	one.want(id)
	one.cancel()
	other.want(id, s.record("acme", called.New(call{"y"}).By(ana)).ID)
	s.handler.Close()
	if err := other.ended(); err != nil {
		t.Errorf("it ended with %v", err)
	}
}

// TestStreamAdmits ends a stream when its listener may not read any more.
func TestStreamAdmits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var refused atomic.Bool
		s := newPipedServer(t, memstore.New(), func(o *activityhttp.Options) {
			o.Authorize = func(*http.Request, activityhttp.Permission) bool { return !refused.Load() }
		})
		l := s.listen(streamPath)
		began := time.Now()
		refused.Store(true)
		if m, err := l.next(); err != io.EOF || time.Since(began) != 15*time.Second {
			t.Errorf("after %v comes %+v, %v", time.Since(began), m, err)
		}
	})
}

// TestStreamFails ends a stream when something goes wrong, in the store or in the host's functions, and tells nobody but the log.
func TestStreamFails(t *testing.T) {
	t.Run("host", func(t *testing.T) {
		s := newServer(t, memstore.New(), func(o *activityhttp.Options) {
			o.Translate = func(string, string) string { panic("secret_table") }
		})
		l := s.listen(streamPath)
		s.record("acme", called.New(call{"x"}).By(ana))
		body, err := io.ReadAll(l.lines)
		if err != nil || len(body) > 0 || !strings.Contains(s.logs.String(), "secret_table") {
			t.Errorf("%q came, and %v; logged: %s", body, err, s.logs)
		}
	})
	t.Run("store", func(t *testing.T) {
		store := &sometimes{Store: memstore.New()}
		s := newServer(t, store)
		l := s.listen(streamPath)
		store.broken.Store(true)
		body, err := io.ReadAll(l.lines)
		if err != nil || strings.Contains(string(body), "secret") || !strings.Contains(s.logs.String(), "secret_table") {
			t.Errorf("%q came, and %v; logged: %s", body, err, s.logs)
		}
	})
}

// TestStreamHead has no stream for who asks for its header alone.
func TestStreamHead(t *testing.T) {
	s := newServer(t, memstore.New(), func(o *activityhttp.Options) { o.MaxStreams = 1 })
	for range 2 {
		r, err := s.Client().Do(s.request(http.MethodHead, streamPath, ""))
		check(t, err)
		if _, err := io.ReadAll(r.Body); err != nil || r.StatusCode != http.StatusOK || r.Header.Get("Content-Type") != "text/event-stream" {
			t.Errorf("%s, %v", r.Status, err)
		}
	}
}

// sometimes is a store that seals until it is broken.
type sometimes struct {
	activity.Store
	broken atomic.Bool
}

func (s *sometimes) Seal(ctx context.Context, limit int) (int, error) {
	if s.broken.Load() {
		return 0, errSecret
	}
	return s.Store.Seal(ctx, limit)
}
