package bunstore_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/bunstore"
	"github.com/go-activity/activity/store/postgres"
)

// listening runs Listen until the test ends or end is called, and waits for its first hint, which is its own.
func listening(t *testing.T, s *bunstore.Store) (hints <-chan struct{}, end func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	heard, done := make(chan struct{}, 100), make(chan error, 1)
	go func() { done <- s.Listen(ctx, func() { heard <- struct{}{} }) }()
	select {
	case <-heard:
	case err := <-done:
		t.Fatalf("Listen returned %v", err)
	}
	return heard, func() error {
		cancel()
		return <-done
	}
}

// What one process seals, another one hears of.
func TestListen(t *testing.T) {
	address := fromTemplate(t)
	s, other := openAt(t, address), openAt(t, address)
	hints, end := listening(t, s)
	record(t, other, 3)
	sealed(t, other, 3)
	<-hints
	if err := end(); !errors.Is(err, context.Canceled) {
		t.Errorf("Listen returned %v, want context.Canceled", err)
	}
	if stats := s.DB().Stats(); stats.InUse != 0 {
		t.Errorf("%d connections are still in use", stats.InUse)
	}
	var channels int
	if err := s.DB().QueryRowContext(t.Context(), `SELECT count(*) FROM pg_listening_channels()`).Scan(&channels); err != nil || channels != 0 {
		t.Errorf("a connection of the pool listens to %d channels, %v", channels, err)
	}

	_, end = listening(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := end(); !errors.Is(err, activity.ErrClosed) && !errors.Is(err, context.Canceled) {
		t.Errorf("after Close, Listen returned %v", err)
	}
}

// A transaction of the host's tells nobody.
func TestNoHintFromHostTransaction(t *testing.T) {
	ctx := t.Context()
	s := openAt(t, fromTemplate(t))
	conn, err := s.DB().DB.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	err = conn.Raw(func(driverConn any) error {
		pg := driverConn.(*stdlib.Conn).Conn()
		if _, err := pg.Exec(ctx, `LISTEN activity_ledger`); err != nil {
			return err
		}
		record(t, s, 3)
		err := s.DB().RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			n, err := s.Tx(tx).Seal(ctx, 10)
			if n != 3 {
				t.Errorf("%d were sealed", n)
			}
			return err
		})
		if err != nil {
			return err
		}
		// Notifications come in the order of commits.
		if _, err := s.DB().ExecContext(ctx, `NOTIFY activity_ledger, 'after'`); err != nil {
			return err
		}
		first, err := pg.WaitForNotification(ctx)
		if err == nil && first.Payload != "after" {
			t.Error("the transaction sent a notification")
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// Where LISTEN reaches another connection than the one that waits, as behind a pooler in transaction mode, Listen says so.
func TestListenBehindPooler(t *testing.T) {
	address := fromTemplate(t)
	s := openAt(t, address)
	pooled := bunstore.New(bun.NewDB(s.DB().DB, pgdialect.New()),
		bunstore.WithListen(func(ctx context.Context, driverConn any, channel string, listening, heard func()) error {
			return postgres.Listen(ctx, driverConn, "another_"+channel, listening, heard)
		}))
	pooled.SetPatience(50 * time.Millisecond)
	err := pooled.Listen(t.Context(), func() { t.Error("there was a hint") })
	if err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("Listen returned %v, want an error that says that nothing arrives", err)
	}
}

func TestListenUnsupported(t *testing.T) {
	single := openAt(t, fromTemplate(t))
	single.DB().SetMaxOpenConns(1)
	for name, s := range map[string]*bunstore.Store{
		"sqlite":               migrated(t, "sqlite "+filepath.Join(t.TempDir(), "activity.db")),
		"pool of one":          single,
		"without a ListenFunc": bunstore.New(bun.NewDB(single.DB().DB, pgdialect.New())),
	} {
		if err := s.Listen(t.Context(), func() {}); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%s: %v, want errors.ErrUnsupported", name, err)
		}
	}
}
