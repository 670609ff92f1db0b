package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/go-activity/activity/activityhttp"
)

// serve works and serves until ctx ends, and ends all of that in order: requests and streams, what happens by schedule, workers, upkeep.
func (c *crm) serve(ctx context.Context, w io.Writer, addr string, quiet bool) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	pages := c.activityPages()
	server := &http.Server{Handler: c.handler(pages), ReadHeaderTimeout: 10 * time.Second}
	server.RegisterOnShutdown(pages.Close)

	upkeep, endUpkeep := context.WithCancel(context.WithoutCancel(ctx))
	working, endWorking := context.WithCancel(context.WithoutCancel(ctx))
	var keeping, busy sync.WaitGroup
	keeping.Go(func() { _ = c.journal.Run(upkeep) }) // its error is that of the context
	busy.Go(func() { c.workers(working) })
	if !quiet {
		busy.Go(func() { c.schedule(working) })
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	fmt.Fprintf(w, "listening on http://%s\n", listener.Addr())

	select {
	case <-ctx.Done():
	case err = <-served:
	}
	down, cancel := context.WithTimeout(context.WithoutCancel(ctx), ending)
	defer cancel()
	err = errors.Join(err, server.Shutdown(down))
	endWorking()
	busy.Wait()
	endUpkeep()
	keeping.Wait()
	return err
}

// activityPages are the pages of package activityhttp, for whoever the session says.
func (c *crm) activityPages() *activityhttp.Handler {
	return activityhttp.New(c.journal, activityhttp.Options{
		Tenant:    func(r *http.Request) string { return sessionOf(r).workspace.id },
		Actor:     actorOf,
		Authorize: func(r *http.Request, p activityhttp.Permission) bool { return sessionOf(r).member.role.may(p) },
		Title:     "CRM",
		Header:    header,
		Locale:    func(r *http.Request) string { return sessionOf(r).locale },
		Translate: translate,
		Actors:    actorsOf,
		Undo:      c.undo,

		Attributes: []string{"template"},
	})
}
