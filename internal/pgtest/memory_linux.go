package pgtest

import (
	"os"
	"syscall"
)

// memoryNeeded is how much a file system in memory must have free for a cluster
// to be put there: enough for many databases of several processes.
const memoryNeeded = 4 << 30

// memoryDir returns a directory in memory for clusters that need not last, or ""
// if there is none, it is small, or TMPDIR says where temporary files go. A new
// database is some 300 files, which many a disk takes ten times as long to make.
func memoryDir() string {
	const dir, tmpfs = "/dev/shm", 0x01021994
	if os.Getenv("TMPDIR") != "" {
		return ""
	}
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil || int64(fs.Type) != tmpfs {
		return ""
	}
	if fs.Bavail*uint64(fs.Bsize) < memoryNeeded {
		return ""
	}
	return dir
}
