package bunstore_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/internal/pgtest"
	"github.com/go-activity/activity/store/bunstore"
)

// BenchmarkIndex takes 2,000 entries at a time into the directory, each with one contact: all of them new, or all known. What
// sealing the same entries takes comes beside it.
func BenchmarkIndex(b *testing.B) {
	const batch = 2000
	for name, address := range map[string]string{
		"postgres": "postgres " + pgtest.New(b),
		"sqlite":   "sqlite " + filepath.Join(b.TempDir(), "activity.db"),
	} {
		s, err := open(b.Context(), address)
		check(b, err)
		b.Cleanup(func() { s.Close() })
		check(b, s.Migrate(b.Context()))
		total := 0
		for _, known := range []bool{false, true} {
			b.Run(fmt.Sprintf("%s/known=%v", name, known), func(b *testing.B) {
				var sealing, indexing time.Duration
				n := 0
				for b.Loop() {
					drafts := make([]activity.Draft, batch)
					for i := range drafts {
						id := total + i
						if known {
							id = i
						}
						drafts[i] = noteAdded.New(note{}).By(ana).About(contact(id, fmt.Sprintf("Maria Müller %d", id)))
					}
					if !known {
						total += batch
					}
					must(newJournal(s).Tenant("acme").Record(b.Context(), drafts...))(b)
					sealing += timed(b, s, batch, (*bunstore.Store).Seal)
					indexing += timed(b, s, batch, (*bunstore.Store).Index)
					n += batch
				}
				b.ReportMetric(float64(n)/sealing.Seconds(), "sealed/s")
				b.ReportMetric(float64(n)/indexing.Seconds(), "indexed/s")
			})
		}
	}
}

// timed returns how long a call takes that is to handle so many entries.
func timed(b *testing.B, s *bunstore.Store, want int, call func(*bunstore.Store, context.Context, int) (int, error)) time.Duration {
	b.Helper()
	begun := time.Now()
	if n, err := call(s, b.Context(), want); n != want || err != nil {
		b.Fatalf("%d entries, %v", n, err)
	}
	return time.Since(begun)
}
