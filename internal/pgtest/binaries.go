package pgtest

import (
	"cmp"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

// ErrNotInstalled says that there is no PostgreSQL to start.
var ErrNotInstalled = errors.New("pgtest: PostgreSQL is not installed: apt-get install postgresql, or set ACTIVITY_TEST_POSTGRES to the DSN of a server")

// installations are the directories where packages put the server's programs
// without adding them to PATH: Debian, Red Hat, Homebrew.
var installations = []string{
	"/usr/lib/postgresql/*/bin",
	"/usr/pgsql-*/bin",
	"/opt/homebrew/opt/postgresql*/bin",
	"/usr/local/opt/postgresql*/bin",
	"/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
}

// findBinaries returns a directory that holds initdb and postgres: the first of
// PATH, or else the newest installation.
func findBinaries() (string, error) {
	dirs := filepath.SplitList(os.Getenv("PATH"))
	dirs = slices.DeleteFunc(dirs, func(dir string) bool { return !filepath.IsAbs(dir) })

	var installed []string
	for _, pattern := range installations {
		found, err := filepath.Glob(pattern)
		if err != nil {
			return "", err
		}
		installed = append(installed, found...)
	}
	slices.SortStableFunc(installed, func(a, b string) int {
		return cmp.Compare(version(b), version(a))
	})

	for _, dir := range append(dirs, installed...) {
		if executable(dir, "initdb") && executable(dir, "postgres") {
			return dir, nil
		}
	}
	return "", ErrNotInstalled
}

var versionInPath = regexp.MustCompile(`(\d+(?:\.\d+)?)/bin$`)

// version returns the version that the path of an installation names, or zero.
func version(dir string) float64 {
	match := versionInPath.FindStringSubmatch(filepath.ToSlash(dir))
	if match == nil {
		return 0
	}
	v, _ := strconv.ParseFloat(match[1], 64)
	return v
}

func executable(dir, name string) bool {
	_, err := exec.LookPath(filepath.Join(dir, name))
	return err == nil
}
