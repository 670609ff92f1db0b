package activity_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/go-activity/activity"
)

// What docs/features.md names as the tests of a promise exists.
func TestFeatures(t *testing.T) {
	doc, err := os.ReadFile("docs/features.md")
	if err != nil {
		t.Fatal(err)
	}
	var sources strings.Builder
	err = filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") {
			return err
		}
		source, err := os.ReadFile(path)
		sources.Write(source)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	code := sources.String()
	named := 0
	for _, row := range regexp.MustCompile(`(?m)^\| [A-E]\d+ \|.*$`).FindAllString(string(doc), -1) {
		tests := regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(row, -1)
		if len(tests) == 0 {
			t.Errorf("no test is named in: %s", row)
		}
		for _, test := range tests {
			named++
			name, isCase := strings.CutPrefix(test[1], "promises/")
			if isCase && !strings.Contains(code, `{name: "`+name+`", check: `) || !isCase && !strings.Contains(code, "\nfunc "+name+"(t *testing.T)") {
				t.Errorf("there is no test %q", test[1])
			}
		}
	}
	if named < 40 {
		t.Errorf("only %d tests are named", named)
	}
}

// docs/tasks.md shows the graph as it is.
func TestGraphInTheGuide(t *testing.T) {
	doc, err := os.ReadFile("docs/tasks.md")
	if err != nil {
		t.Fatal(err)
	}
	if graph := "```mermaid\n" + activity.StatusGraph() + "```"; !strings.Contains(string(doc), graph) {
		t.Errorf("docs/tasks.md does not show\n%s", graph)
	}
}
