package activityhttp_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

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
