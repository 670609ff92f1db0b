package e2e

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"
)

// What the first load of the page of tasks may take, in bytes.
const (
	mostZipped = 60 << 10 // of all, with gzip
	mostStatic = 30 << 10 // of styles and script, as they are
)

// The first load is the page, its styles and its script.
func TestWeight(t *testing.T) {
	b := open(t, serve(t))
	b.visit("/")
	b.until("document.querySelectorAll('tr.task').length === 50")
	var addresses []string
	b.mu.Lock()
	for _, address := range b.requests {
		if !strings.HasPrefix(address, "data:") {
			addresses = append(addresses, address)
		}
	}
	b.mu.Unlock()
	if len(addresses) != 3 {
		t.Errorf("the first load takes %d requests: %v", len(addresses), addresses)
	}
	all, static := 0, 0
	for _, address := range addresses {
		body := get(t, address)
		if strings.Contains(address, "/static/") {
			static += len(body)
		}
		var zipped bytes.Buffer
		w := gzip.NewWriter(&zipped)
		if _, err := w.Write(body); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		all += zipped.Len()
	}
	t.Logf("%d bytes with gzip, of which styles and script are %d without", all, static)
	if all > mostZipped || static > mostStatic || static == 0 {
		t.Errorf("%d bytes with gzip, of which styles and script are %d without", all, static)
	}
}

func get(t *testing.T, address string) []byte {
	t.Helper()
	answer, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return body
}
