package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What TestMain makes: the host as a program, and a file that it has filled.
var program, seeded string

// crm is a host: a process of its own, on a file of its own.
type crm struct {
	t    *testing.T
	db   string
	addr string // empty: any free port
	path string // where the pages are
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Reader
}

// serve starts a host on a copy of the file that was filled.
func serve(t *testing.T) *crm {
	t.Helper()
	return serveAt(t, "/activity")
}

// serveAt starts a host that has the pages below a path.
func serveAt(t *testing.T, path string) *crm {
	t.Helper()
	h := &crm{t: t, db: filepath.Join(t.TempDir(), "crm.db"), path: path}
	for _, suffix := range []string{"", ".key"} {
		data, err := os.ReadFile(seeded + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(h.db+suffix, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	h.start()
	t.Cleanup(h.kill)
	return h
}

// start starts the process, at the address that it had before.
func (h *crm) start() {
	h.t.Helper()
	args := []string{"-db", h.db, "-path", h.path}
	if h.addr != "" {
		args = append(args, "-addr", h.addr)
	}
	h.cmd = exec.Command(program, args...)
	h.cmd.Stderr = os.Stderr
	in, err := h.cmd.StdinPipe()
	if err != nil {
		h.t.Fatal(err)
	}
	out, err := h.cmd.StdoutPipe()
	if err != nil {
		h.t.Fatal(err)
	}
	if err := h.cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	h.in, h.out = in, bufio.NewReader(out)
	address, ok := strings.CutPrefix(h.line(), "serving http://")
	if !ok {
		h.t.Fatalf("the host does not serve: %q", address)
	}
	h.addr = address
}

// kill ends the process without a warning.
func (h *crm) kill() {
	_ = h.cmd.Process.Kill()
	_ = h.cmd.Wait() // the error says that it was killed
}

// url is the address of a page.
func (h *crm) url(path string) string { return "http://" + h.addr + h.path + path }

// tell gives a command, and returns what comes back.
func (h *crm) tell(format string, args ...any) string {
	h.t.Helper()
	if _, err := fmt.Fprintf(h.in, format+"\n", args...); err != nil {
		h.t.Fatal(err)
	}
	answer, ok := strings.CutPrefix(h.line(), "ok")
	if !ok {
		h.t.Fatalf("%s: %s", fmt.Sprintf(format, args...), answer)
	}
	return strings.TrimSpace(answer)
}

func (h *crm) line() string {
	h.t.Helper()
	line, err := h.out.ReadString('\n')
	if err != nil {
		h.t.Fatal(err)
	}
	return strings.TrimSpace(line)
}

// record records a note in another process than the host's.
func (h *crm) record(text string) {
	h.t.Helper()
	if out, err := exec.Command(program, "-db", h.db, "-record", text).CombinedOutput(); err != nil {
		h.t.Fatalf("%v: %s", err, out)
	}
}

// page returns the HTML of a page.
func (h *crm) page(path string) string {
	h.t.Helper()
	answer, err := http.Get(h.url(path))
	if err != nil {
		h.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return string(body)
}

// find returns the first address on a page that matches.
func (h *crm) find(path, pattern string) string {
	h.t.Helper()
	found := regexp.MustCompile(`href="/activity(` + pattern + `)"`).FindStringSubmatch(h.page(path))
	if found == nil {
		h.t.Fatalf("%s has no address like %s", path, pattern)
	}
	return found[1]
}

// task returns the address of the report of the newest task with a title.
func (h *crm) task(title string) string {
	h.t.Helper()
	return h.find("/?previews=shown&title="+strings.ReplaceAll(title, " ", "+"), `/tasks/[0-9a-f-]+`)
}

// event returns the address of the newest event of a type.
func (h *crm) event(name string) string {
	h.t.Helper()
	return h.find("/feed?type="+name, `/events/[0-9a-f-]+`)
}
