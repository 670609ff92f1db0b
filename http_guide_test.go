package activity_test

import "testing"

func TestHTTPGuide(t *testing.T) {
	quoted(t, "docs/http.md", "activityhttp/example_test.go", 3)
}
