package activityhttp_test

import (
	"net/http"
	"testing"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/memstore"
)

// TestRead moves the mark of who reads, and of nobody else.
func TestRead(t *testing.T) {
	s := newServer(t, memstore.New())
	s.seed("acme")
	newest := s.record("acme", called.New(call{"more"}).By(ben).About(account))
	type unread struct {
		Unread  activity.Total
		Through activity.ID
	}
	before := get[unread](s, "/unread?of=account:42")
	if before.Unread.N != 6 || !before.Through.IsZero() {
		t.Errorf("unread are %+v", before)
	}
	a := s.do("POST", "/activity/api/read", `{"of":{"kind":"account","id":"42"},"through":"`+newest.ID.String()+`"}`)
	if a.StatusCode != http.StatusNoContent {
		t.Fatalf("%s %s", a.Status, a.body)
	}
	if after := get[unread](s, "/unread?of=account:42"); after.Unread.N != 0 || after.Through != newest.ID {
		t.Errorf("unread are %+v", after)
	}
	if other := get[unread](s, "/unread?of=account:42", "Test-Actor", "ben"); other != before {
		t.Errorf("ben's are %+v", other)
	}
	future := `{"through":"ffffffff-ffff-7fff-bfff-ffffffffffff"}`
	if a := s.do("POST", "/activity/api/read", future); a.StatusCode != http.StatusNotFound {
		t.Errorf("a mark in the future: %s %s", a.Status, a.body)
	}
}
