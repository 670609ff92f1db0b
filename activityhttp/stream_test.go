package activityhttp_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/activityhttp"
	"github.com/go-activity/activity/store/memstore"
)

const streamPath = "/activity/api/stream"

// TestStream sends what happens from now on in the tenant, in the language of who listens.
func TestStream(t *testing.T) {
	onStores(t, func(t *testing.T, store activity.Store) {
		s := newServer(t, store)
		s.seed("acme")
		l := s.listen(streamPath, "Accept-Language", "es")
		s.record("globex", called.New(call{"a secret"}).By(ana).About(account))
		e := s.record("acme", called.New(call{"two\nlines"}).By(ana).About(account))
		m, err := l.next()
		for ; err == nil && m.event == ""; m, err = l.next() {
		}
		check(t, err)
		if !strings.Contains(m.data, e.ID.String()) || !strings.Contains(m.data, `"label":"Call"`) || !strings.Contains(m.data, "llamó por two lines") {
			t.Errorf("the event is %+v", m)
		}
		wantSchema(t, "the event", object{"$ref": "#/components/schemas/StreamEvent"}, m.data)
		if entry, err := s.journal.Tenant("acme").Ledger().Entry(t.Context(), e.ID); err != nil || entry.Position != m.id {
			t.Errorf("its position is %d, %v, and its ID %d", entry.Position, err, m.id)
		}
	})
}

// TestStreamWants sends the events that are asked for, and no others.
func TestStreamWants(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newPipedServer(t, memstore.New())
		first := s.record("acme", called.New(call{"1"}).By(ana).About(account)).ID
		second := s.record("acme", pinged.New(call{"2"}).By(ben).About(account, contact)).ID
		third := s.record("acme", activity.CommentOn(contact, "3").By(ben)).ID
		for query, want := range map[string][]activity.ID{
			"":                                {first, second, third},
			"&type=call.made&type=ping.seen":  {first, second},
			"&category=comments":              {third},
			"&category=calls&type=ping.seen":  {},
			"&about=account:42":               {first, second},
			"&about=contact:7":                {second, third},
			"&about=contact:7&about=deal:1":   {second, third},
			"&actor=user:ana":                 {first},
			"&actor=user:ben&category=pings":  {second},
			"&actor=user:ben&about=account:1": {},
		} {
			l := s.listen(streamPath + "?after=0" + query)
			l.want(want...)
			if m, err := l.next(); err != nil || m.comment == "" || m.event != "" || m.id != 3 {
				t.Errorf("%s: then comes %+v, %v", query, m, err)
			}
			l.cancel()
		}
		s.listen(streamPath+"?after=0", "Last-Event-ID", "2").want(third)
	})
}

// TestStreamParameters refuses what cannot be sent.
func TestStreamParameters(t *testing.T) {
	s := newServer(t, memstore.New())
	for path, field := range map[string]string{
		"?after=x": "after", "?after=-1": "after", "?about=x": "about", "?limit=1": "limit", "?" + strings.Repeat("type=x&", activity.MaxListed+1): "type",
	} {
		if a := s.do("GET", streamPath+path, ""); a.StatusCode != http.StatusBadRequest || !strings.Contains(a.body, `"field":"`+field+`"`) {
			t.Errorf("%.20s: %s %s", path, a.Status, a.body)
		}
	}
	if a := s.do("GET", streamPath, "", "Last-Event-ID", "x"); a.StatusCode != http.StatusBadRequest {
		t.Errorf("a bad header: %s %s", a.Status, a.body)
	}
}

// TestStreamResumes cuts clients off while four writers record: nothing is missed, and nothing comes twice.
func TestStreamResumes(t *testing.T) {
	onStores(t, func(t *testing.T, store activity.Store) {
		s := newServer(t, store)
		const each = 60
		var writers, readers sync.WaitGroup
		for reader := range 3 {
			l := s.listen(streamPath)
			readers.Go(func() {
				random := rand.New(rand.NewPCG(1, uint64(reader)))
				seen, last := map[activity.ID]bool{}, activity.Position(0)
				for cuts := 0; len(seen) < 4*each || cuts < 4; {
					if random.IntN(30) == 0 || len(seen) == 4*each {
						l.cancel()
						l, cuts = s.listen(streamPath, "Last-Event-ID", fmt.Sprint(l.last)), cuts+1
						continue
					}
					e, err := l.event()
					if err != nil {
						t.Errorf("after %d events: %v", len(seen), err)
						return
					}
					if seen[e.Event.ID] || e.Position <= last || e.Event.Tenant != "acme" {
						t.Errorf("after position %d came %+v", last, e)
					}
					seen[e.Event.ID], last = true, e.Position
				}
			})
		}
		for writer := range 4 {
			writers.Go(func() {
				for i := range each {
					for _, tenant := range []string{"acme", "globex"} {
						draft := called.New(call{fmt.Sprint(writer, i)}).By(ana).About(account)
						if _, err := s.journal.Tenant(tenant).Record(t.Context(), draft); err != nil {
							t.Error(err)
						}
					}
				}
			})
		}
		writers.Wait()
		readers.Wait()
	})
}

// TestStreamEncodesOnce has what was made for one stream serve others of its language, until something was erased.
func TestStreamEncodesOnce(t *testing.T) {
	var made atomic.Int64
	s := newServer(t, memstore.New(), func(o *activityhttp.Options) {
		o.Translate = func(_, label string) string { made.Add(1); return label }
	})
	var ids []activity.ID
	for i := range 5 {
		ids = append(ids, s.record("acme", called.New(call{fmt.Sprint(i)}).By(ana).About(contact)).ID)
	}
	for i, step := range []struct {
		locale string
		want   int64
	}{{"en", 5}, {"en", 5}, {"es", 10}, {"es", 10}} {
		s.listen(streamPath+"?after=0", "Accept-Language", step.locale).want(ids...)
		if n := made.Load(); n != step.want {
			t.Errorf("after stream %d, %d were made, want %d", i, n, step.want)
		}
	}
	_, err := s.journal.Tenant("acme").Erase(t.Context(), contact, ana, "asked to")
	check(t, err)
	l := s.listen(streamPath+"?after=0", "Accept-Language", "en")
	for range ids {
		if e, err := l.event(); err != nil || !e.Event.Erased || e.Event.About[0].Label != "" {
			t.Errorf("after erasing came %+v, %v", e, err)
		}
	}
}

// TestEventMessage has data of several lines stay one message.
func TestEventMessage(t *testing.T) {
	got := string(activityhttp.EventMessage(7, []byte("<li>\r\n a\rid: 8\n\nevent: x</li>")))
	if want := "id: 7\nevent: event\ndata: <li>\ndata:  a\ndata: id: 8\ndata: \ndata: event: x</li>\n\n"; got != want {
		t.Errorf("the message is %q", got)
	}
}

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
		s.Config.ReadTimeout, s.Config.WriteTimeout = 5*time.Second, 5*time.Second
		l := s.listen(streamPath)
		for range 8 {
			if m, err := l.next(); err != nil || m.comment == "" {
				t.Fatalf("%+v, %v", m, err)
			}
		}
		l.want(s.record("acme", called.New(call{"x"}).By(ana)).ID)
	})
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
