package sqlite_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/sqlite"
	"github.com/go-activity/activity/store/storetest"
)

// migrated is a database without rows. The suite opens some hundred.
var migrated = sync.OnceValues(func() (data []byte, err error) {
	dir, err := os.MkdirTemp("", "sqlite")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	path := filepath.Join(dir, "migrated.db")
	s, err := sqlite.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(s.Migrate(ctx), s.Close()); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

func TestConformance(t *testing.T) {
	storetest.Run(t, func(t *testing.T) activity.Store {
		data, err := migrated()
		path := filepath.Join(t.TempDir(), "activity.db")
		if err == nil {
			err = os.WriteFile(path, data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		s, err := sqlite.Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}
