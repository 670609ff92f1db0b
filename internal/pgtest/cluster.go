package pgtest

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
)

// port is part of the socket's name; nothing listens on a network.
const port = "5432"

// maxSocketPath is the longest path of a Unix socket, less its final zero byte,
// that every system with Unix sockets takes: Linux has 107, the BSDs 103.
const maxSocketPath = 103

// cluster is the directory of a private server: its data, socket and log. Only
// the account that the server runs as, and root, can look into it, which is why
// the server can trust whoever connects.
type cluster struct {
	dir string
}

// newCluster makes an empty directory for a cluster, in memory unless it is to be
// durable, and if there is enough.
func newCluster(durable bool) (cluster, error) {
	parent := memoryDir()
	if durable || parent == "" {
		parent = os.TempDir()
	}
	if len(socketPath(filepath.Join(parent, "pgtest-1234567890"))) > maxSocketPath || !openToAccount(parent) {
		parent = "/tmp"
	}
	dir, err := os.MkdirTemp(parent, "pgtest-")
	if err != nil {
		return cluster{}, fmt.Errorf("pgtest: %w", err)
	}
	if err := giveToAccount(dir); err != nil {
		os.Remove(dir)
		return cluster{}, fmt.Errorf("pgtest: %w", err)
	}
	return cluster{dir: dir}, nil
}

// dsn returns the DSN of the cluster's database for administration. It names
// each part that environment variables would otherwise fill in.
func (c cluster) dsn() string {
	query := url.Values{"host": {c.dir}, "port": {port}, "sslmode": {"disable"}}
	u := url.URL{
		Scheme:   "postgres",
		User:     url.User("postgres"),
		Path:     "/postgres",
		RawQuery: query.Encode(),
	}
	return u.String()
}

// log returns the end of what initdb and the server wrote.
func (c cluster) log() string {
	const most = 4096
	text, err := os.ReadFile(filepath.Join(c.dir, "log"))
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-most):])
}

func (c cluster) remove() error {
	return os.RemoveAll(c.dir)
}

func socketPath(dir string) string {
	return filepath.Join(dir, ".s.PGSQL."+port)
}
