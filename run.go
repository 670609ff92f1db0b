package activity

import "sync"

// runs are the runs of this process, by task.
type runs struct {
	mu   sync.Mutex
	byID map[ID]*Run
}

type Run struct{}
