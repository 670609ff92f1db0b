package main

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/activityhttp"
)

// browser looks at the CRM, and keeps its cookies.
type browser struct {
	*testing.T
	client *http.Client
	at     string
}

func newBrowser(t *testing.T, c *crm) *browser {
	t.Helper()
	pages := c.activityPages()
	server := httptest.NewServer(c.handler(pages))
	t.Cleanup(server.Close)
	t.Cleanup(pages.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return &browser{t, client, server.URL}
}

// get returns a page, which must have a status.
func (b *browser) get(status int, path string) string {
	b.Helper()
	response, err := b.client.Get(b.at + path)
	if err != nil {
		b.Fatal(err)
	}
	return b.body(response, status)
}

// post sends a form, and returns where it leads to.
func (b *browser) post(status int, path string, form ...string) string {
	b.Helper()
	values := url.Values{}
	for i := 0; i < len(form); i += 2 {
		values.Set(form[i], form[i+1])
	}
	response, err := b.client.PostForm(b.at+path, values)
	if err != nil {
		b.Fatal(err)
	}
	b.body(response, status)
	return response.Header.Get("Location")
}

func (b *browser) body(response *http.Response, status int) string {
	b.Helper()
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		b.Fatal(err)
	}
	if response.StatusCode != status {
		b.Fatalf("%s %s = %s\n%s", response.Request.Method, response.Request.URL.Path, response.Status, body)
	}
	return string(body)
}

func (b *browser) has(page string, texts ...string) {
	b.Helper()
	for _, text := range texts {
		if !strings.Contains(page, text) {
			b.Errorf("%q is not in\n%s", text, page)
		}
	}
}

func TestPages(t *testing.T) {
	c := seeded(t)
	b := newBrowser(t, c)
	b.has(b.get(200, "/"), "Start something", "CTOs in Berlin", "Contacts without a phone", `<option value="acme" selected>`)
	b.has(b.get(200, "/accounts"), `<a href="/accounts/1">Globex</a>`)
	b.has(b.get(200, "/accounts/1"), "/activity/entity?of=account:1", "Globex Europe", "/contacts/c", "/deals/")
	b.has(b.get(200, "/accounts/13"), "archived")
	b.has(b.get(200, "/contacts"), "/contacts/c")
	b.has(b.get(200, "/deals"), `<a href="/deals/1">`)
	b.has(b.get(200, "/deals/1"), "Stage")
	b.has(b.get(200, "/crm.css"), ".host-nav")
	b.has(b.get(200, "/activity/api/timeline?limit=1"), `"tenant":"acme"`)
	for _, path := range []string{"/accounts/999", "/contacts/1", "/deals/x", "/nothing", "/contacts/1/archive"} {
		b.get(404, path)
	}
	inline := regexp.MustCompile(`(?i)<script|<style|\sstyle=|\son[a-z]+=`)
	for _, path := range []string{"/", "/accounts", "/contacts/" + someContact(t, c, "acme").ID} {
		if found := inline.FindString(b.get(200, path)); found != "" {
			t.Errorf("%s has %q, which the content security policy refuses", path, found)
		}
	}
}

func TestSwitch(t *testing.T) {
	c := seeded(t)
	b := newBrowser(t, c)
	if to := b.post(303, "/switch", "workspace", "acme", "user", "ben", "language", "es", "back", "/accounts/1"); to != "/accounts/1" {
		t.Errorf("it goes on at %q", to)
	}
	b.has(b.get(200, "/accounts/1"), `<html lang="es">`, "Empresas", `<option value="ben" selected>`)
	b.has(b.get(200, "/activity/api/timeline?limit=1&type=deal.won"), "cerró la venta", `"label":"Venta cerrada"`)

	if to := b.post(303, "/switch", "workspace", "initech", "user", "ben", "language", "en", "back", "/activity/events/1"); to != "/activity/" {
		t.Errorf("with another workspace it goes on at %q", to)
	}
	b.has(b.get(200, "/accounts"), "Initrode", `<option value="peter" selected>`)
	b.has(b.get(200, "/activity/api/timeline?limit=1"), `"tenant":"initech"`)
	acme := events(t, c.journal.Tenant("acme"), activity.Query{Types: []string{"deal.won"}})[0]
	b.get(404, "/activity/api/events/"+acme.ID.String())

	for _, back := range []string{"https://evil.test/", "//evil.test", "///evil.test", `/\evil.test`, "evil", ""} {
		if to := b.post(303, "/switch", "workspace", "initech", "user", "peter", "language", "en", "back", back); to != "/" {
			t.Errorf("from %q it goes on at %q", back, to)
		}
	}
	b.post(303, "/switch", "workspace", "nobody’s", "user", "\"; x=y", "language", "xx", "back", "/")
	b.has(b.get(200, "/"), `<option value="acme" selected>`, `<option value="ana" selected>`, `<html lang="en">`)

	foreign, err := http.NewRequest(http.MethodPost, b.at+"/switch", strings.NewReader("workspace=initech"))
	if err != nil {
		t.Fatal(err)
	}
	foreign.Header.Set("Sec-Fetch-Site", "cross-site")
	response, err := b.client.Do(foreign)
	if err != nil {
		t.Fatal(err)
	}
	b.body(response, 403)
}

// A viewer sees everything and can do nothing.
func TestViewer(t *testing.T) {
	c := seeded(t)
	b := newBrowser(t, c)
	b.post(303, "/switch", "workspace", "acme", "user", "vera", "language", "en", "back", "/")
	contact := someContact(t, c, "acme")
	for _, path := range []string{"/", "/contacts/" + contact.ID} {
		page := b.get(200, path)
		if n := strings.Count(page, "<form"); n != 1 { // that of the bar
			t.Errorf("%s has %d forms", path, n)
		}
	}
	was := len(events(t, c.journal.Tenant("acme"), activity.Query{}))
	for _, path := range []string{"/import", "/export", "/scrape", "/search", "/search/next", "/invite", "/enrich", "/update", "/contacts/" + contact.ID + "/delete"} {
		b.post(403, path, "reason", "too old", "file", "contacts.csv")
	}
	if is := len(events(t, c.journal.Tenant("acme"), activity.Query{})); is != was {
		t.Errorf("%d events became %d", was, is)
	}
	for _, p := range []activityhttp.Permission{activityhttp.Read, activityhttp.Comment, activityhttp.Cancel, activityhttp.Undo, activityhttp.Rerun, activityhttp.Download} {
		if viewer.may(p) != (p == activityhttp.Read) || !editor.may(p) {
			t.Errorf("who may %s: a viewer %v, an editor %v", p, viewer.may(p), editor.may(p))
		}
	}
}

// All that templates and code ask for in Spanish is there.
func TestWords(t *testing.T) {
	calls := regexp.MustCompile(`\.T "([^"]+)"`)
	names, err := assets.ReadDir("templates")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, name := range names {
		text, err := assets.ReadFile("templates/" + name.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, call := range calls.FindAllStringSubmatch(string(text), -1) {
			if n++; inSpanish[call[1]] == "" {
				t.Errorf("%s: %q is not in Spanish", name.Name(), call[1])
			}
		}
	}
	if n < 40 {
		t.Errorf("only %d texts", n)
	}
}
