package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// asProgram makes the test binary be the program, which waits for a line after each batch.
const asProgram = "GITLOG_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		answers := bufio.NewReader(os.Stdin)
		os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr, func() {
			fmt.Println("recorded")
			if _, err := answers.ReadString('\n'); err != nil {
				os.Exit(3)
			}
		}))
	}
	// What git does must not depend on the machine, or on the repository that the tests are in.
	for name, value := range map[string]string{
		"GIT_CONFIG_GLOBAL": os.DevNull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CEILING_DIRECTORIES": os.TempDir(),
	} {
		os.Setenv(name, value)
	}
	os.Exit(m.Run())
}

// gitIn runs git and returns what it prints.
func gitIn(t testing.TB, dir, input string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Env, cmd.Stdin = dir, environment(), strings.NewReader(input)
	var message bytes.Buffer
	cmd.Stderr = &message
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, &message)
	}
	return strings.TrimSpace(string(out))
}

// newRepository makes a repository of a stream for git fast-import.
func newRepository(t testing.TB, stream string) (dir string) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip(err)
	}
	dir = t.TempDir()
	gitIn(t, dir, "", "init", "--quiet")
	gitIn(t, dir, "", "symbolic-ref", "HEAD", "refs/heads/main")
	gitIn(t, dir, stream, "fast-import", "--quiet")
	return dir
}

// gitlog runs the program, which must end with a code, and returns what it prints.
func gitlog(t testing.TB, code int, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, message bytes.Buffer
	if got := run(t.Context(), args, &out, &message, func() {}); got != code {
		t.Fatalf("gitlog %q: exit code %d, want %d\n%s", args, got, code, &message)
	}
	return out.String(), message.String()
}

func TestShallowClone(t *testing.T) {
	dir := newRepository(t, story)
	clone := filepath.Join(t.TempDir(), "clone")
	gitIn(t, dir, "", "clone", "--quiet", "--depth=1", "--branch=main", "file://"+filepath.ToSlash(dir), clone)
	args := []string{"-repo", clone, "-db", filepath.Join(t.TempDir(), "gitlog.db")}
	_, message := gitlog(t, 0, args...)
	for _, want := range []string{"the history shallow-", "the clone is shallow", "1 commit (0 merges) and 1 tag in 2 events, 2 of them new"} {
		if !strings.Contains(message, want) {
			t.Errorf("the program does not say %q:\n%s", want, message)
		}
	}
	gitIn(t, clone, "", "fetch", "--quiet", "--unshallow")
	_, message = gitlog(t, 0, args...)
	if want := "4 commits (1 merge) and 2 tags in 6 events, 6 of them new"; strings.Contains(message, "shallow") || !strings.Contains(message, want) {
		t.Errorf("once it is whole, the program says\n%s\nand not %q", message, want)
	}
}

func TestMessages(t *testing.T) {
	dir := newRepository(t, story)
	empty := t.TempDir()
	gitIn(t, empty, "", "init", "--quiet")
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("this is no database, whatever its name says"), 0o600); err != nil {
		t.Fatal(err)
	}
	db := filepath.Join(t.TempDir(), "gitlog.db")
	for _, test := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"empty repository", []string{"-repo", empty}, 0, "has no commits yet"},
		{"no repository", []string{"-repo", t.TempDir()}, 1, "not a git repository"},
		{"no directory", []string{"-repo", file}, 1, "is not a directory"},
		{"nothing there", []string{"-repo", file + "2"}, 1, "no such file"},
		{"no database", []string{"-repo", dir, "-db", file}, 1, "not a database"},
		{"no server", []string{"-repo", dir, "-dsn", "host=/nowhere user=x"}, 1, "connect"},
		{"unknown flag", []string{"-x"}, 2, "-x"},
		{"argument", []string{"-db", db, "x"}, 2, `unexpected argument "x"`},
		{"two databases", []string{"-db", db, "-dsn", "x"}, 2, "exclude each other"},
		{"negative limit", []string{"-limit", "-1"}, 2, "negative"},
		{"help", []string{"-h"}, 0, "-author address"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, message := gitlog(t, test.code, test.args...); !strings.Contains(message, test.want) {
				t.Errorf("the program does not say %q:\n%s", test.want, message)
			}
		})
	}
	t.Run("no git", func(t *testing.T) {
		t.Setenv("PATH", t.TempDir())
		if _, message := gitlog(t, 1, "-repo", dir, "-db", db); !strings.Contains(message, "git is not installed") {
			t.Errorf("the program says\n%s", message)
		}
	})
	t.Run("default file", func(t *testing.T) {
		cache := t.TempDir()
		for _, name := range []string{"XDG_CACHE_HOME", "HOME", "LocalAppData"} {
			t.Setenv(name, cache)
		}
		root := gitIn(t, dir, "", "rev-list", "--max-parents=0", "main")
		if _, message := gitlog(t, 0, "-repo", dir); !strings.Contains(message, root+".db\n") || !strings.Contains(message, cache) {
			t.Errorf("the program does not name a file of %s in %s:\n%s", root, cache, message)
		}
	})
	t.Run("interrupted", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var out, message bytes.Buffer
		if code := run(ctx, []string{"-repo", dir, "-db", db}, &out, &message, cancel); code != 1 {
			t.Errorf("exit code %d, want 1", code)
		}
		if want := "interrupted; what was recorded stays"; !strings.Contains(message.String(), want) {
			t.Errorf("the program does not say %q:\n%s", want, &message)
		}
	})
}
