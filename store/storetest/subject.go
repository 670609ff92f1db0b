package storetest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-activity/activity"
)

// subject is the store under test, and who is told what is wrong with it.
type subject struct {
	reporter
	store activity.Store
}

// in returns the subject with another store: the one of a transaction.
func (s subject) in(store activity.Store) subject {
	s.store = store
	return s
}

// append stores rows.
func (s subject) append(rows ...activity.EventRow) []activity.Event {
	s.Helper()
	events, err := s.store.AppendEvents(s.Context(), rows)
	if err != nil {
		s.Fatalf("AppendEvents of %d rows: %v", len(rows), err)
	}
	if len(events) != len(rows) {
		s.Fatalf("AppendEvents of %d rows returned %d events", len(rows), len(events))
	}
	return events
}

// refuses checks that the rows are not stored, and returns why.
func (s subject) refuses(rows ...activity.EventRow) error {
	s.Helper()
	_, err := s.store.AppendEvents(s.Context(), rows)
	if err == nil {
		s.Fatalf("AppendEvents stored what it must refuse")
	}
	return err
}

// feed asks for events.
func (s subject) feed(query activity.EventQuery) []activity.Event {
	s.Helper()
	events, err := s.store.Feed(s.Context(), query)
	if err != nil {
		s.Fatalf("%s: %v", feedOf(query), err)
	}
	return events
}

// event asks for one event.
func (s subject) event(tenant string, id activity.ID) activity.Event {
	s.Helper()
	event, err := s.store.Event(s.Context(), tenant, id)
	if err != nil {
		s.Fatalf("Event %s of %q: %v", id, tenant, err)
	}
	return event
}

// finds checks that a query without a limit of its own finds the rows, in whatever order they are
// given, and nothing else.
func (s subject) finds(query activity.EventQuery, rows ...activity.EventRow) {
	s.Helper()
	if query.Limit == 0 {
		query.Limit = len(rows) + 10
	}
	want := make([]activity.Event, len(rows))
	for i, row := range rows {
		want[i] = row.Event
	}
	slices.SortFunc(want, func(a, b activity.Event) int { return a.ID.Compare(b.ID) })
	if !query.Oldest {
		slices.Reverse(want)
	}
	if d := diffAll(want, s.feed(query)); d != "" {
		s.Errorf("%s: %s", feedOf(query), d)
	}
}

// holds checks that the tenant has the rows and nothing else, by all ways to ask for them.
func (s subject) holds(tenant string, rows ...activity.EventRow) {
	s.Helper()
	s.finds(activity.EventQuery{Tenant: tenant}, rows...)
	for _, row := range rows {
		event, err := s.store.Event(s.Context(), tenant, row.ID)
		if err != nil {
			s.Errorf("Event %s of %q: %v", row.ID, tenant, err)
		} else if d := diff(row.Event, event); d != "" {
			s.Errorf("Event %s of %q: %s", row.ID, tenant, d)
		}
	}
}

// together calls fn from n goroutines at the same time, and returns when all calls have. They must
// not call Fatalf.
func together(n int, fn func(i int)) {
	var ready, done sync.WaitGroup
	ready.Add(n)
	for i := range n {
		done.Go(func() {
			ready.Done()
			ready.Wait()
			fn(i)
		})
	}
	done.Wait()
}

// cutOff makes a call whose context ends meanwhile, and returns its error: nil, or that of the context.
func (s subject) cutOff(call func(ctx context.Context) error) error {
	s.Helper()
	ctx, cancel := context.WithCancel(s.Context())
	var err error
	together(2, func(i int) {
		if i == 0 {
			cancel()
			return
		}
		err = call(ctx)
	})
	if err != nil && !errors.Is(err, context.Canceled) {
		s.Errorf("a call whose context ends = %v, want nil or %v", err, context.Canceled)
	}
	return err
}

// ended returns contexts that have ended, with the errors that calls with them return.
func ended(ctx context.Context) map[error]context.Context {
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	expired, cancel := context.WithDeadline(ctx, time.Unix(0, 0))
	cancel()
	return map[error]context.Context{context.Canceled: cancelled, context.DeadlineExceeded: expired}
}

// diffAll returns what is wrong with a list of events, or nothing.
func diffAll(want, got []activity.Event) string {
	for i := range min(len(want), len(got)) {
		if d := diff(want[i], got[i]); d != "" {
			return fmt.Sprintf("event %d of %d: %s", i+1, len(got), d)
		}
	}
	if len(want) != len(got) {
		return fmt.Sprintf("there are %d events, want %d", len(got), len(want))
	}
	return ""
}

// diff returns what is wrong with an event, or nothing. It wants times in UTC, and does not tell
// an empty list from none.
func diff(want, got activity.Event) string {
	return diffFields(reflect.ValueOf(want), reflect.ValueOf(got))
}

// diffFields tells the first field that two structs of one type do not have the same value in.
func diffFields(want, got reflect.Value) string {
	for i := range want.NumField() {
		a, b := want.Field(i).Interface(), got.Field(i).Interface()
		if !sameValue(a, b) {
			return fmt.Sprintf("%s is %s, want %s", want.Type().Field(i).Name, short(b), short(a))
		}
	}
	return ""
}

func sameValue(want, got any) bool {
	switch want := want.(type) {
	case time.Time:
		got := got.(time.Time)
		return got.Equal(want) && got.Location() == time.UTC
	case activity.Wait:
		got := got.(activity.Wait)
		until := got.Until
		got.Until = want.Until
		return got == want && sameValue(want.Until, until)
	case []activity.Entity:
		return slices.Equal(want, got.([]activity.Entity))
	case []string:
		return slices.Equal(want, got.([]string))
	case []activity.ID:
		return slices.Equal(want, got.([]activity.ID))
	case [][]byte:
		return slices.EqualFunc(want, got.([][]byte), bytes.Equal)
	case map[string]string:
		return maps.Equal(want, got.(map[string]string))
	case map[string]int64:
		return maps.Equal(want, got.(map[string]int64))
	case json.RawMessage:
		return bytes.Equal(want, got.(json.RawMessage))
	}
	return want == got
}

// short is a value in at most a few lines.
func short(v any) string {
	text := fmt.Sprint(v)
	if payload, ok := v.(json.RawMessage); ok {
		text = string(payload)
	}
	if len(text) > 300 {
		return fmt.Sprintf("%q… (%d bytes)", text[:300], len(text))
	}
	return fmt.Sprintf("%q", text)
}

// feedOf is a query that is asked, for messages: it shows the conditions that it has.
type feedOf activity.EventQuery

func (q feedOf) String() string { return "Feed of " + conditions(reflect.ValueOf(q)) }

// conditions shows the fields of a query that are not zero.
func conditions(query reflect.Value) string {
	var list []string
	for i := range query.NumField() {
		if field := query.Field(i); !field.IsZero() {
			list = append(list, fmt.Sprintf("%s=%v", query.Type().Field(i).Name, reflect.Indirect(field).Interface()))
		}
	}
	text := strings.Join(list, " ")
	if len(text) > 500 {
		text = text[:500] + "…"
	}
	return "{" + text + "}"
}
