//go:build unix

package pgtest

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// PostgreSQL refuses to run as root, so that a process of root runs it as this
// account, which the packages of PostgreSQL make.
const accountName = "postgres"

// serverAccount returns the account to run the server as; nil is our own.
func serverAccount() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	account, err := user.Lookup(accountName)
	if err != nil {
		return nil, fmt.Errorf("%w (root runs it as the account %s: %w)", ErrNotInstalled, accountName, err)
	}
	uid, err := strconv.ParseUint(account.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(account.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// giveToAccount makes the server's account the owner of dir.
func giveToAccount(dir string) error {
	account, err := serverAccount()
	if err != nil || account == nil {
		return err
	}
	return os.Chown(dir, int(account.Uid), int(account.Gid))
}

// openToAccount reports whether the server's account can make and remove
// directories in dir.
func openToAccount(dir string) bool {
	if os.Geteuid() != 0 {
		return true
	}
	need := os.FileMode(0o003)
	for {
		info, err := os.Stat(dir)
		if err != nil || info.Mode().Perm()&need != need {
			return false
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return true
		}
		dir, need = parent, 0o001
	}
}

// asServer is for a process that runs the server: with the server's account,
// and out of reach of the signals that a terminal sends to our process group.
func asServer() (*syscall.SysProcAttr, error) {
	account, err := serverAccount()
	return &syscall.SysProcAttr{Credential: account, Setpgid: true}, err
}

// asOurselves is for a process that only has to survive those signals.
func asOurselves() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
