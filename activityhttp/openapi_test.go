package activityhttp_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/activityhttp"
	"github.com/go-activity/activity/store/memstore"
)

// operations returns what is described, by its route.
func operations() map[string]object {
	all := map[string]object{}
	for path, methods := range description()["paths"].(object) {
		for method, op := range methods.(object) {
			all[strings.ToUpper(method)+" /api"+path] = op.(object)
		}
	}
	return all
}

// parameters returns those of an operation that stand in its address, by name.
func parameters(op object) map[string]object {
	all := map[string]object{}
	for _, p := range op["parameters"].([]any) {
		if p := resolve(p); p["in"] == "query" {
			all[p["name"].(string)] = p
		}
	}
	return all
}

// TestDescription has each route described and each description a route, with the permission that it needs.
func TestDescription(t *testing.T) {
	routes := maps.Collect(maps.All(activityhttp.Routes()))
	maps.DeleteFunc(routes, func(pattern string, _ activityhttp.Permission) bool { return !strings.Contains(pattern, " /api/") })
	for pattern, op := range operations() {
		if needs, ok := routes[pattern]; !ok || string(needs) != op["x-permission"] {
			t.Errorf("%s is described with the permission %v, and needs %q", pattern, op["x-permission"], needs)
		}
		delete(routes, pattern)
	}
	for pattern := range routes {
		t.Errorf("%s is not described", pattern)
	}
	if len(operations()) < 20 {
		t.Errorf("only %d routes are described", len(operations()))
	}
}

// readNames returns all parameters that the code of the API reads anywhere.
func readNames(t *testing.T) []string {
	t.Helper()
	files, err := os.ReadDir(".")
	check(t, err)
	names := map[string]bool{}
	for _, file := range files {
		if !strings.HasSuffix(file.Name(), ".go") || strings.HasSuffix(file.Name(), "_test.go") {
			continue
		}
		code, err := os.ReadFile(file.Name())
		check(t, err)
		for _, m := range regexp.MustCompile(`(?:\bv\.[a-zA-Z]+\(|choice\(v, )"([a-z_]+)"`).FindAllSubmatch(code, -1) {
			names[string(m[1])] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// TestDescribedParameters has each route read the parameters that it is described with, and no other.
func TestDescribedParameters(t *testing.T) {
	s := newServer(t, memstore.New())
	have := s.seed("acme")
	names := readNames(t)
	if !slices.Contains(names, "descendants") || !slices.Contains(names, "trigger") || len(names) < 30 {
		t.Fatalf("the code reads %v", names)
	}
	for pattern, op := range operations() {
		method, path, _ := strings.Cut(pattern, " ")
		path = "/activity" + strings.Replace(path, "{id}", have.ended.String(), 1)
		all, required := parameters(op), url.Values{}
		for name, p := range all {
			if p["description"] == nil || p["example"] == nil {
				t.Errorf("%s: %s has no description or no example", pattern, name)
			}
			if p["required"] == true {
				required.Set(name, fmt.Sprint(listOf(p["example"])[0]))
			}
		}
		ask := func(name, value string) answer {
			query := maps.Clone(required)
			query.Set(name, value)
			return s.do(method, path+"?"+query.Encode(), "")
		}
		const unknown = " is no parameter of this address"
		for name, p := range all {
			a := ask(name, fmt.Sprint(listOf(p["example"])[0]))
			if strings.Contains(a.body, unknown) || method == "GET" && a.StatusCode == http.StatusBadRequest {
				t.Errorf("%s: %s is not read as described: %s %s", pattern, name, a.Status, a.body)
			}
		}
		for _, name := range names {
			if all[name] == nil && !strings.Contains(ask(name, "x").body, name+unknown) {
				t.Errorf("%s reads %s, which is not described", pattern, name)
			}
		}
	}
}

// TestServedDescription has the description say where the API is.
func TestServedDescription(t *testing.T) {
	s := newServer(t, memstore.New(), func(o *activityhttp.Options) { o.Path = "/crm/activity" })
	a := s.do("GET", "/crm/activity/api/openapi.json", "")
	d := decode[struct {
		OpenAPI string
		Servers []struct{ URL string }
		Paths   map[string]any
	}](t, a.body)
	if a.Header.Get("Content-Type") != "application/json" || d.OpenAPI != "3.1.0" || len(d.Servers) != 1 || d.Servers[0].URL != "/crm/activity/api" || len(d.Paths) < 20 {
		t.Errorf("%s %.300s", a.Status, a.body)
	}
}

// TestReferences has every reference of the description lead somewhere, and everything that is shared used.
func TestReferences(t *testing.T) {
	used := map[string]bool{}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, element := range v {
				walk(element)
			}
		case object:
			if ref, ok := v["$ref"].(string); ok {
				used[ref] = true
				if len(resolve(v)) == 0 {
					t.Errorf("%s is empty", ref)
				}
			}
			for _, element := range v {
				walk(element)
			}
		}
	}
	walk(description())
	streamed := []string{"StreamEvent", "StreamReset"} // which a description of server-sent events cannot refer to
	for section, all := range description()["components"].(object) {
		for name := range all.(object) {
			if !used["#/components/"+section+"/"+name] && !slices.Contains(streamed, name) {
				t.Errorf("%s %s is not used", section, name)
			}
		}
	}
}

// TestOtherTenants has what another tenant has, in any place of any route, answered like what nobody has.
func TestOtherTenants(t *testing.T) {
	onStores(t, func(t *testing.T, store activity.Store) {
		s := newServer(t, store)
		s.seed("acme")
		theirs := s.seed("globex")
		nowhere, err := activity.ParseID("0190a6f0-0000-7000-8000-000000000001")
		check(t, err)
		var none seeded
		none.event, none.ended, none.queued = nowhere, nowhere, nowhere
		goods, missing := goods(theirs), goods(none)
		for i, g := range goods {
			if g.path == missing[i].path && g.body == missing[i].body {
				continue
			}
			a, b := g.do(s), missing[i].do(s)
			if a.StatusCode != http.StatusNotFound || b.StatusCode != http.StatusNotFound || a.body != b.body {
				t.Errorf("%s: %s %s, and of what nobody has %s %s", g.pattern, a.Status, a.body, b.Status, b.body)
			}
		}
		page := s.journal.Tenant("globex")
		tasks, err := page.Tasks(t.Context(), activity.TaskQuery{Limit: 1})
		check(t, err)
		events, err := page.Timeline(t.Context(), activity.Query{Limit: 1})
		check(t, err)
		event := theirs.event.String()
		for _, pair := range [][2]string{ // what a query is about, and cursors
			{"/timeline?task=" + theirs.ended.String(), "/timeline?task=" + nowhere.String()},
			{"/timeline?about=event:" + event, "/timeline?about=event:" + nowhere.String()},
			{"/facets?task=" + theirs.ended.String(), "/facets?task=" + nowhere.String()},
			{"/tasks?parent=" + theirs.ended.String(), "/tasks?parent=" + nowhere.String()},
			{"/tasks?run=" + theirs.ended.String(), "/tasks?run=" + nowhere.String()},
			{"/tasks/facets?run=" + theirs.ended.String(), "/tasks/facets?run=" + nowhere.String()},
			{"/timeline?limit=1&after=" + string(events.Next), "/timeline?limit=1&after=x"},
			{"/tasks?limit=1&after=" + string(tasks.Next), "/tasks?limit=1&after=x"},
			{"/relations?of=event:" + event, "/relations?of=event:" + nowhere.String()},
			{"/unread?of=event:" + event, "/unread?of=event:" + nowhere.String()},
		} {
			a, b := s.do("GET", "/activity/api"+pair[0], ""), s.do("GET", "/activity/api"+pair[1], "")
			if a.StatusCode != b.StatusCode || a.body != b.body || strings.Contains(a.body, `"id"`) {
				t.Errorf("%s: %s %s, and of what nobody has %s %s", pair[0], a.Status, a.body, b.Status, b.body)
			}
		}
		for _, body := range []string{
			`{"about":{"kind":"event","id":"` + event + `"},"text":"x"}`, `{"event":"` + event + `","text":"x"}`,
			`{"about":{"kind":"event","id":"` + nowhere.String() + `"},"text":"x"}`,
		} {
			if a := s.do("POST", "/activity/api/comments", body); a.StatusCode != http.StatusNotFound || a.body != `{"type":"about:blank","title":"Not found","status":404}` {
				t.Errorf("%s: %s %s", body, a.Status, a.body)
			}
		}
	})
}
