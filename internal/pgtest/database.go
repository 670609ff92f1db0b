package pgtest

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// startTimeout bounds the start of the server that tests share. Hardly any
// machine needs more than two seconds; a loaded one may.
const startTimeout = time.Minute

// dropTimeout bounds the dropping of a database after its test.
const dropTimeout = 30 * time.Second

// prefix starts the name of each database this process makes, so that several
// processes can share a server and each one's databases can be told apart.
var prefix = "pgtest_" + strings.ToLower(rand.Text()[:10]) + "_"

// shared returns the server that the tests of this process share.
var shared = sync.OnceValues(func() (*Server, error) {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	if dsn := os.Getenv("ACTIVITY_TEST_POSTGRES"); dsn != "" {
		return borrow(ctx, dsn)
	}
	return Start(ctx, Config{})
})

// New returns the DSN of an empty database that belongs to t: UTF-8, in the C
// locale's order, dropped when t ends along with whatever is still connected.
// The DSN is a URL unless ACTIVITY_TEST_POSTGRES is in another form.
//
// It skips t if no server is installed, and fails it if ACTIVITY_TEST_REQUIRE
// asks for one or if the server does not work. New is safe for concurrent use
// by parallel tests; like [testing.T.FailNow] it must be called from the
// goroutine of t.
func New(t testing.TB) string {
	t.Helper()
	return copyOf(t, sharedFor(t), "template0")
}

// sharedFor returns the shared server, or ends t for want of one.
func sharedFor(t testing.TB) *Server {
	t.Helper()
	server, err := shared()
	switch {
	case errors.Is(err, ErrNotInstalled) && os.Getenv("ACTIVITY_TEST_REQUIRE") != "postgres":
		t.Skip(err)
	case err != nil:
		t.Fatal(err)
	}
	return server
}

// copyOf returns the DSN of a copy of template that is dropped when t ends.
func copyOf(t testing.TB, server *Server, template string) string {
	t.Helper()
	name := newName()
	if err := server.copyDatabase(t.Context(), name, template); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), dropTimeout)
		defer cancel()
		if err := server.dropDatabase(ctx, name); err != nil {
			t.Error(err)
		}
	})
	return server.DSN(name)
}

// newName returns a database name that no other call returns.
func newName() string {
	return prefix + strings.ToLower(rand.Text()[:16])
}
