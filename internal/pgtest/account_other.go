//go:build !unix

package pgtest

import "syscall"

// Without a Unix there is no private server, only the user's.

func giveToAccount(string) error { return ErrNotInstalled }

func openToAccount(string) bool { return true }

func asServer() (*syscall.SysProcAttr, error) { return nil, ErrNotInstalled }

func asOurselves() *syscall.SysProcAttr { return nil }
