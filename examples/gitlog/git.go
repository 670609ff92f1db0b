package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// repository is a git repository on disk, read with the git command.
type repository struct {
	dir     string
	name    string   // of its history, the same in every clone; empty if there are no commits
	shallow bool     // the clone lacks a part of the history
	refs    []string // the arguments of git that mean all branches and tags
}

// openRepository finds the repository that dir is in.
func openRepository(ctx context.Context, dir string) (*repository, error) {
	if info, err := os.Stat(dir); err != nil {
		return nil, err
	} else if !info.IsDir() {
		return nil, fmt.Errorf("%s is not a directory", dir)
	}
	// Not --all: stashes, notes and the pull requests of a mirror are not history as people mean it.
	r := &repository{dir: dir, refs: []string{"--branches", "--remotes", "--tags"}}
	shallow, err := r.output(ctx, "rev-parse", "--is-shallow-repository")
	if err != nil {
		return nil, err
	}
	r.shallow = shallow == "true"
	_, err = r.output(ctx, "rev-parse", "--quiet", "--verify", "HEAD^{commit}")
	born := err == nil
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if born {
		r.refs = append(r.refs, "HEAD") // which may be on no branch
	}
	r.name, err = r.identify(ctx, born)
	return r, err
}

// identify names the history by the commit that it began with. Histories that were merged into it
// have a first commit too; the one of HEAD's first parents stays when another is added.
//
// A shallow clone is another history: the commits at its edge seem to add every file. Its name is
// made of the edge, so that it does not mix with the whole one, or with itself once it is deepened.
func (r *repository) identify(ctx context.Context, born bool) (string, error) {
	if r.shallow {
		file, err := r.output(ctx, "rev-parse", "--git-path", "shallow")
		if err != nil {
			return "", err
		}
		if !filepath.IsAbs(file) {
			file = filepath.Join(r.dir, file)
		}
		edge, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		commits := strings.Fields(string(edge))
		slices.Sort(commits)
		sum := sha256.Sum256([]byte(strings.Join(commits, "\n")))
		return fmt.Sprintf("shallow-%x", sum[:20]), nil
	}
	args := []string{"rev-list", "--max-parents=0"}
	if born {
		args = append(args, "--first-parent", "HEAD")
	} else {
		args = append(args, r.refs...)
	}
	roots, err := r.output(ctx, args...)
	if err != nil || roots == "" {
		return "", err
	}
	return slices.Min(strings.Fields(roots)), nil
}

// count returns the number of commits.
func (r *repository) count(ctx context.Context) (int, error) {
	text, err := r.output(ctx, append([]string{"rev-list", "--count"}, r.refs...)...)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(text)
}

// output returns what a git command prints, for those that print little.
func (r *repository) output(ctx context.Context, args ...string) (string, error) {
	cmd, message := r.command(ctx, args...)
	out, err := cmd.Output()
	if err != nil {
		return "", failure(ctx, args[0], message, err)
	}
	return strings.TrimSpace(string(out)), nil
}

// stream runs a git command and lets read have its output as it comes. When read returns early, the
// command is stopped.
func (r *repository) stream(ctx context.Context, read func(*bufio.Reader) error, args ...string) error {
	running, stop := context.WithCancel(ctx)
	defer stop()
	cmd, message := r.command(running, args...)
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return failure(ctx, args[0], message, err)
	}
	failed := read(bufio.NewReaderSize(pipe, 1<<16))
	if failed != nil {
		stop()
	}
	if err := cmd.Wait(); err != nil && (failed == nil || errors.Is(failed, errCut)) {
		return failure(ctx, args[0], message, err)
	}
	return failed
}

// errCut says that git's output ended in the middle. The reason is git's to tell.
var errCut = errors.New("the output of git ends in the middle")

func (r *repository) command(ctx context.Context, args ...string) (*exec.Cmd, *beginning) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = r.dir
	cmd.Env = environment()
	message := &beginning{}
	cmd.Stderr = message
	return cmd, message
}

// environment is ours without what would lead git to another repository, as it happens in a hook.
// Replacements are left aside, because a hash must mean the same commit every time.
func environment() []string {
	env := slices.DeleteFunc(os.Environ(), func(setting string) bool {
		name, _, _ := strings.Cut(setting, "=")
		return slices.Contains([]string{"GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_NAMESPACE",
			"GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_SHALLOW_FILE", "GIT_GRAFT_FILE"}, name)
	})
	return append(env, "GIT_NO_REPLACE_OBJECTS=1", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C")
}

// failure says why a git command failed, in git's words.
func failure(ctx context.Context, command string, message *beginning, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, exec.ErrNotFound) {
		return errors.New("git is not installed, or not in PATH")
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		// Ctrl-C reaches git as well, and sometimes git first.
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signal() == syscall.SIGINT {
			return context.Canceled
		}
		if text := strings.TrimSpace(string(*message)); text != "" {
			return fmt.Errorf("git %s: %s", command, strings.TrimPrefix(text, "fatal: "))
		}
	}
	return fmt.Errorf("git %s: %w", command, err)
}

// beginning keeps the first 2 KiB of what is written to it.
type beginning []byte

func (b *beginning) Write(p []byte) (int, error) {
	*b = append(*b, p[:min(len(p), 2048-len(*b))]...)
	return len(p), nil
}
