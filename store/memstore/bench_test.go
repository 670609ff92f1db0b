package memstore_test

import (
	"errors"
	"testing"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/memstore"
)

// BenchmarkUse charges a meter with the windows of an hour and a day.
func BenchmarkUse(b *testing.B) {
	meter := newMeter(b, activity.Unlimited)
	b.ReportAllocs()
	for b.Loop() {
		if err := meter.Use(b.Context(), 1); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkReserve reserves and commits.
func BenchmarkReserve(b *testing.B) {
	meter := newMeter(b, activity.Unlimited)
	b.ReportAllocs()
	for b.Loop() {
		reservation, err := meter.Reserve(b.Context(), 1)
		if err == nil {
			err = reservation.Commit(b.Context(), 1)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRefusal charges a meter that has no room.
func BenchmarkRefusal(b *testing.B) {
	meter := newMeter(b, 1)
	if err := meter.Use(b.Context(), 1); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := meter.Use(b.Context(), 1); !errors.Is(err, activity.ErrQuotaExceeded) {
			b.Fatal(err)
		}
	}
}

func newMeter(t testing.TB, limit int64) activity.Meter {
	t.Helper()
	store := memstore.New()
	t.Cleanup(func() { store.Close() })
	journal, err := activity.New(store, &activity.Config{Quotas: []activity.Quota{{
		Name: "scrapings", Windows: []activity.Window{{Length: time.Hour, Limit: limit}, {Length: 24 * time.Hour, Limit: limit}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	return journal.Tenant("acme").Meter("scrapings", activity.Identity("ana", "Ana"))
}
