package activity_test

import (
	"os/exec"
	"strings"
	"testing"
)

// TestDependencies keeps the package free of drivers, and of all else that a host may want in another
// version.
func TestDependencies(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	const self = "github.com/go-activity/activity"
	allowed := []string{self + "/internal/", "github.com/google/uuid/", "golang.org/x/sync/", "golang.org/x/text/", "golang.org/x/mod/"}
	found := 0
	for _, path := range strings.Fields(string(out)) {
		found++
		if path == self {
			continue
		}
		ok := false
		for _, prefix := range allowed {
			ok = ok || strings.HasPrefix(path+"/", prefix)
		}
		if !ok {
			t.Errorf("the package depends on %s", path)
		}
	}
	if found < 2 {
		t.Errorf("go list names %d packages: %s", found, out)
	}
}
