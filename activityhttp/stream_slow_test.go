package activityhttp_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/activityhttp"
	"github.com/go-activity/activity/store/memstore"
)

// large records an event of some size, and returns its ID.
func (s *server) large(i, size int) activity.ID {
	return s.record("acme", called.New(call{fmt.Sprint(i, strings.Repeat("x", size))}).By(ana)).ID
}

// TestStreamCutsWhoIsSlow ends the stream of who does not read what happens, and lets them go on where they were.
func TestStreamCutsWhoIsSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newPipedServer(t, memstore.New())
		l := s.listen(streamPath)
		var ids []activity.ID
		for i := range 3 * activityhttp.MaxOutbox / (10 << 10) {
			ids = append(ids, s.large(i, 10<<10))
		}
		began := time.Now()
		time.Sleep(3 * time.Second) // and reads nothing
		seen := 0
		for {
			e, err := l.event()
			if err != nil {
				break
			}
			if e.Event.ID != ids[seen] {
				t.Fatalf("number %d is %v", seen, e.Event.ID)
			}
			seen++
		}
		if took := time.Since(began); seen == len(ids) || took > 5*time.Second {
			t.Fatalf("after %v, %d of %d events had come before it was cut", took, seen, len(ids))
		}
		// What waits for them now is past, and they may take their time for that.
		l = s.listen(streamPath, "Last-Event-ID", fmt.Sprint(l.last))
		for i, id := range ids[seen:] {
			if i%10 == 0 {
				time.Sleep(10 * time.Second)
			}
			l.want(id)
		}
		if logs := s.logs.String(); logs != "" {
			t.Errorf("logged: %s", logs)
		}
	})
}

// TestStreamCutsWhoStandsStill ends the stream of who has stopped reading, though there is room for what happens.
func TestStreamCutsWhoStandsStill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newPipedServer(t, memstore.New(), func(o *activityhttp.Options) { o.MaxStreams = 1 })
		s.listen(streamPath)
		for i := range 20 {
			s.large(i, 10<<10) // more than what is read ahead
		}
		for elapsed := 0; elapsed <= 30; elapsed++ {
			want := http.StatusServiceUnavailable
			if elapsed > 21 {
				want = http.StatusOK
			}
			r, err := s.Client().Do(s.request("GET", streamPath, ""))
			check(t, err)
			r.Body.Close()
			if r.StatusCode != want && (elapsed < 19 || elapsed > 21) {
				t.Errorf("after %d seconds another stream is answered %s", elapsed, r.Status)
			}
			time.Sleep(time.Second)
		}
	})
}

// TestStreamWritesAtOnce sends what has come together in one piece.
func TestStreamWritesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newPipedServer(t, memstore.New())
		l := s.listen(streamPath)
		first := s.large(0, 10<<10)
		time.Sleep(time.Second) // it is being written
		var ids []activity.ID
		for i := range 20 {
			ids = append(ids, s.large(i, 100))
		}
		time.Sleep(time.Second)
		l.want(first)
		l.want(ids...)
		began := time.Now()
		l.want(s.large(1, 1))
		if took := time.Since(began); took > 250*time.Millisecond {
			t.Errorf("an event took %v", took)
		}
	})
}

// TestClose ends streams, those of who does not read too, and waits for them.
func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newPipedServer(t, memstore.New())
		reads, stands := s.listen(streamPath), s.listen(streamPath)
		for i := range 20 {
			id := s.large(i, 10<<10)
			reads.want(id)
		}
		ended := make(chan error)
		go func() {
			_, err := io.ReadAll(reads.lines)
			ended <- err
		}()
		began := time.Now()
		s.handler.Close()
		if took := time.Since(began); took > time.Second {
			t.Errorf("Close took %v", took)
		}
		if err := <-ended; err != nil {
			t.Errorf("the stream of who reads ended with %v", err)
		}
		if err := stands.ended(); err == nil {
			t.Error("who did not read was told that this was all")
		}
		if a := s.do("GET", streamPath, ""); a.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("another stream: %s", a.Status)
		}
		if a := s.do("GET", "/activity/api/tasks", ""); a.StatusCode != http.StatusOK {
			t.Errorf("what is no stream: %s", a.Status)
		}
		s.handler.Close()
	})
}
