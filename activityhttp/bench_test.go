package activityhttp_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/memstore"
)

// BenchmarkPages makes full pages out of memory: what they cost beside their queries.
func BenchmarkPages(b *testing.B) {
	s := newServer(b, memstore.New())
	ctx, acme := activity.WithActor(b.Context(), ana), s.journal.Tenant("acme")
	for i := range 60 {
		s.record("acme", called.New(call{fmt.Sprint("subject ", i)}).By(ana).About(account, contact))
		_, err := acme.Do(ctx, activity.TaskSpec{Kind: "import_contacts", Title: fmt.Sprint(i, ".csv")}, func(ctx context.Context, run *activity.Run) error {
			return run.Report(ctx, activity.Outcome{Kind: "imported", Record: contact}, activity.Outcome{Kind: "error"})
		})
		check(b, err)
	}
	for name, path := range map[string]string{"tasks": "/", "feed": "/feed?category=calls", "entity": "/entity?of=account:42"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				w := httptest.NewRecorder()
				s.handler.ServeHTTP(w, s.request(http.MethodGet, "/activity"+path, ""))
				if w.Code != http.StatusOK {
					b.Fatal(w.Code)
				}
			}
		})
	}
}
