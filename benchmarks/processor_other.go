//go:build !unix

package main

import (
	"errors"
	"fmt"
	"time"
)

// processorTime returns how long processors have worked for this process.
func processorTime() (time.Duration, error) {
	return 0, fmt.Errorf("time of processors: %w", errors.ErrUnsupported)
}
