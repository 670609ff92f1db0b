package pgtest

import (
	_ "embed"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
)

// serverScript runs a server and outlives us; see there.
//
//go:embed watchdog.sh
var serverScript string

// watchdog is a child process that cleans up when its standard input ends: when
// end is called, or when this process has gone, for nobody else holds the other
// side. It inherits neither standard output nor error, so that go test does not
// wait for it.
type watchdog struct {
	ended chan struct{} // closed when what it watches over has ended
	end   func() error  // makes it clean up and waits for it
}

// watchServer runs the server in the cluster, in the care of a watchdog.
func watchServer(c cluster, bin string, arguments []string) (*watchdog, error) {
	attributes, err := asServer()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("/bin/sh", append([]string{"-c", serverScript, "watchdog.sh", c.dir, bin}, arguments...)...)
	cmd.Dir = c.dir
	cmd.SysProcAttr = attributes
	cmd.Env = append(os.Environ(),
		"PATH="+os.Getenv("PATH")+":/usr/bin:/bin", // for sleep and rm
		"LC_ALL=C",
		"TZ=UTC", // spares initdb the search for the system's time zone
	)
	return watch(cmd)
}

// watch starts the watchdog. Its file descriptor 3 is the writing side of a pipe
// that tells, by being closed, that what it watches over has ended.
func watch(cmd *exec.Cmd) (*watchdog, error) {
	leash, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("pgtest: %w", err)
	}
	reader, writer, err := os.Pipe()
	if err != nil {
		leash.Close()
		return nil, fmt.Errorf("pgtest: %w", err)
	}
	cmd.ExtraFiles = []*os.File{writer}
	err = cmd.Start()
	writer.Close()
	if err != nil {
		reader.Close()
		return nil, fmt.Errorf("pgtest: start the watchdog: %w", err)
	}

	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer reader.Close()
		_, _ = io.Copy(io.Discard, reader)
	}()
	return &watchdog{
		ended: ended,
		end: sync.OnceValue(func() error {
			leash.Close()
			return cmd.Wait()
		}),
	}, nil
}
