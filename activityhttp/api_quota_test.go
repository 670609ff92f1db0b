package activityhttp_test

import (
	"strings"
	"testing"

	"github.com/go-activity/activity/store/memstore"
)

// TestUsageWithoutLimit leaves out what there is not.
func TestUsageWithoutLimit(t *testing.T) {
	s := newServer(t, memstore.New())
	s.seed("acme")
	type usage struct {
		Windows []map[string]any
	}
	u := get[usage](s, "/usage?quota=scrapings&subject=user:ana")
	if len(u.Windows) != 2 || u.Windows[0]["free"] != 17.0 || len(u.Windows[0]["frees"].([]any)) != 1 {
		t.Fatalf("the usage is %v", u)
	}
	for _, name := range []string{"limit", "free"} {
		if v, ok := u.Windows[1][name]; ok {
			t.Errorf("a window without limit has the %s %v", name, v)
		}
	}
	if u := get[usage](s, "/usage?quota=scrapings"); len(u.Windows) != 2 || u.Windows[0]["used"] != 0.0 || len(u.Windows[0]["frees"].([]any)) != 0 {
		t.Errorf("of the tenant: %v", u)
	}
	for path, field := range map[string]string{
		"/usage": "quota", "/usage/by?quota=other": "quota", "/usage/history?quota=scrapings": "step",
		"/usage/history?quota=scrapings&step=7m&from=2026-10-25T00:00:00Z&to=2026-10-25T01:00:00Z": "Step",
		"/usage?quota=scrapings&subject=ana": "subject", "/relations": "of", "/lookup": "Text", "/tasks?zone=Nowhere": "zone",
	} {
		if a := s.do("GET", "/activity/api"+path, ""); a.StatusCode != 400 || !strings.Contains(a.body, `"field":"`+field+`"`) {
			t.Errorf("%s: %s %s", path, a.Status, a.body)
		}
	}
}
