package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-activity/activity"
)

// What is sent while clients listen: one event at a time, so many a second, to so many.
const (
	streamedRate    = 200
	streamedClients = 1000
)

// listener is a client of the stream that a page has, as a browser is one.
type listener struct {
	seen    map[activity.ID]time.Time
	returns int // how often it had to come back, and once more
	err     error
}

// listen reads a stream until it has so many events. It tells that it is connected.
func (l *listener) listen(ctx context.Context, client *http.Client, address string, events int, connected func()) {
	l.seen = map[activity.ID]time.Time{}
	for last := ""; len(l.seen) < events; l.returns++ {
		if last, l.err = l.read(ctx, client, address, last, events, connected); l.err != nil {
			return
		}
	}
}

// read reads a stream behind the last event that was seen, until it ends, and returns the last one then: one who was too slow for a
// while is cut off, and comes back.
func (l *listener) read(ctx context.Context, client *http.Client, address, last string, events int, connected func()) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	answer, err := client.Do(r)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return "", fmt.Errorf("the stream is %s", answer.Status)
	}
	connected()
	lines := bufio.NewScanner(answer.Body)
	for len(l.seen) < events && lines.Scan() {
		if id, ok := bytes.CutPrefix(lines.Bytes(), []byte("id: ")); ok {
			last = string(id)
			continue
		}
		_, rest, ok := bytes.Cut(lines.Bytes(), []byte(`data-id="`))
		if !ok {
			continue
		}
		id, _, _ := bytes.Cut(rest, []byte(`"`))
		parsed, err := activity.ParseID(string(id))
		if err != nil {
			return "", err
		}
		l.seen[parsed] = time.Now()
	}
	return last, ctx.Err()
}

// streams measures how long it takes until all clients have an event.
func (b *bench) streams(e ledgerEngine) error {
	clients := streamedClients
	if b.size.large < full.large {
		clients /= 10
	}
	b.progress("%s, %d events a second to %d streams", e.name, streamedRate, clients)
	d, err := e.open("stream")
	if err != nil {
		return err
	}
	defer d.close()
	d.store.DB().SetMaxOpenConns(16) // as a host does: all clients come at once
	w := newWorkload(1, b.size.small)
	if err := b.seedLedger(d, w, b.size.small); err != nil {
		return err
	}
	handler := newHandler(d.journal)
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: handler}
	go func() { _ = server.Serve(socket) }()
	defer func() {
		handler.Close()
		_ = server.Close()
	}()

	ctx, stop := context.WithTimeout(b.ctx, b.size.following+time.Minute) // who has not all of them by then has lost some
	defer stop()
	events := int(b.size.following.Seconds() * streamedRate)
	client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: clients}}
	listeners := make([]listener, clients)
	var all, connecting sync.WaitGroup
	var connected atomic.Int64
	connecting.Add(clients)
	for i := range listeners {
		all.Go(func() {
			once := sync.OnceFunc(connecting.Done)
			listeners[i].listen(ctx, client, "http://"+socket.Addr().String()+"/activity/stream", events, func() {
				connected.Add(1)
				once()
			})
			once()
		})
	}
	connecting.Wait()
	if n := connected.Load(); n != int64(clients) {
		return fmt.Errorf("%d of %d clients are connected", n, clients)
	}
	returned, err := b.recordEvenly(d, w, events, 1, streamedRate)
	if err != nil {
		return err
	}
	all.Wait()
	lags, returns := make([]float64, 0, clients*len(returned)), 0
	for i := range listeners {
		returns += listeners[i].returns - 1
		if listeners[i].err != nil {
			return fmt.Errorf("client %d: %w", i, listeners[i].err)
		}
		one, err := lagsOf(returned, listeners[i].seen)
		if err != nil {
			return fmt.Errorf("client %d: %w", i, err)
		}
		lags = append(lags, one...)
	}
	b.progress("  clients were cut off, and came back, %d times", returns)
	b.tellLags(e.prefix+"stream_lag", lags, atMost(1000))
	return nil
}
