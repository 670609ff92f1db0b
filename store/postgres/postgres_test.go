package postgres_test

import (
	"context"
	"errors"
	"net"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/internal/pgtest"
	"github.com/go-activity/activity/store/postgres"
)

type note struct{}

var noteAdded = activity.Define[note]("note.added", activity.TypeOptions{})

func TestOpen(t *testing.T) {
	s, err := postgres.Open(t.Context(), pgtest.New(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	j, err := activity.New(s, &activity.Config{Types: []activity.EventType{noteAdded}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := j.Tenant("acme").Record(t.Context(), noteAdded.New(note{}).By(activity.System("test"))); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.DB().PingContext(t.Context()); err == nil {
		t.Error("Close left the pool open")
	}
}

func TestOpenErrors(t *testing.T) {
	var invalid *activity.InvalidError
	if _, err := postgres.Open(t.Context(), "postgres://%zz"); !errors.As(err, &invalid) || invalid.Field != "DSN" {
		t.Errorf("a bad DSN: %v, want an InvalidError of DSN", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close() // now nobody listens there
	var refused *pgconn.ConnectError
	if _, err := postgres.Open(t.Context(), "postgres://"+address+"/none"); !errors.As(err, &refused) {
		t.Errorf("no server: %v, want a pgconn.ConnectError", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := postgres.Open(ended, pgtest.New(t)); !errors.Is(err, context.Canceled) {
		t.Errorf("an ended context: %v, want context.Canceled", err)
	}
}
