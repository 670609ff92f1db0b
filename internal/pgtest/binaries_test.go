//go:build unix

package pgtest

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestFindBinaries(t *testing.T) {
	root := t.TempDir()
	install := func(dir string, programs ...string) string {
		dir = filepath.Join(root, dir)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for _, name := range programs {
			if err := os.WriteFile(filepath.Join(dir, name), nil, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		return dir
	}
	server := []string{"initdb", "postgres"}
	clientOnly := install("client", "initdb", "psql")
	inPath := install("path", server...)
	install("empty")
	install("debian/9.6/bin", server...)
	install("debian/15/bin", server...)
	install("debian/18/bin", "pg_dump")
	install("brew/postgresql/bin", server...)
	newest := install("brew/postgresql@17/bin", server...)
	debian := filepath.Join(root, "debian/*/bin")
	brew := filepath.Join(root, "brew/postgresql*/bin")

	saved := installations
	t.Cleanup(func() { installations = saved })
	for _, test := range []struct {
		name          string
		path          string
		installations []string
		want          string
	}{
		{"PATH first", clientOnly + ":" + inPath, []string{debian, brew}, inPath},
		{"newest", clientOnly, []string{debian, brew}, newest},
		{"newest as a number", "", []string{debian}, filepath.Join(root, "debian/15/bin")},
		{"not relative to the working directory", "::.", nil, ""},
		{"none", clientOnly, nil, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("PATH", test.path)
			installations = test.installations
			got, err := findBinaries()
			if got != test.want || errors.Is(err, ErrNotInstalled) != (test.want == "") {
				t.Errorf("got %q, %v, want %q", got, err, test.want)
			}
		})
	}
}
