package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/redis/go-redis/v9"
)

// watchRedis runs a server until standard input ends, which only the benchmarks hold open. Its output ends with
// the server.
const watchRedis = `
trap '' HUP INT TERM
"$@" </dev/null &
exec >&- 2>&-
read -r _
kill $!
wait
`

// redisServer is a private Redis server.
type redisServer struct {
	*redis.Client
	watch *exec.Cmd
	stdin io.Closer
}

// startRedis starts a server whose socket and data are in a directory of its own within dir. It appends what is
// written to a file that is synchronised once a second, and takes no snapshots.
func startRedis(ctx context.Context, executable, dir string) (*redisServer, error) {
	dir, err := os.MkdirTemp(dir, "redis-")
	if err != nil {
		return nil, err
	}
	socket := filepath.Join(dir, "socket")
	s := &redisServer{watch: exec.Command("sh", "-c", watchRedis, "sh", executable, "--port", "0", "--unixsocket", socket, "--dir", dir,
		"--appendonly", "yes", "--appendfsync", "everysec", "--auto-aof-rewrite-percentage", "0", "--save", "")}
	if s.stdin, err = s.watch.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := s.watch.StdoutPipe()
	if err != nil {
		return nil, err
	}
	s.watch.Stderr = s.watch.Stdout
	if err := s.watch.Start(); err != nil {
		return nil, err
	}
	var log strings.Builder
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		log.WriteString(lines.Text() + "\n")
		if strings.Contains(strings.ToLower(lines.Text()), "ready to accept connections") {
			go io.Copy(io.Discard, stdout)
			s.Client = redis.NewClient(&redis.Options{Network: "unix", Addr: socket})
			if err := s.Ping(ctx).Err(); err != nil {
				return nil, errors.Join(err, s.stop())
			}
			return s, nil
		}
	}
	return nil, errors.Join(fmt.Errorf("%s did not start:\n%s", executable, &log), lines.Err(), s.stop())
}

// stop stops the server and waits for its end.
func (s *redisServer) stop() error {
	var err error
	if s.Client != nil {
		err = s.Client.Close()
	}
	return errors.Join(err, s.stdin.Close(), s.watch.Wait())
}
