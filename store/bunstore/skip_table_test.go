package bunstore_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-activity/activity"
)

// skipTable is what all who record and follow have told.
type skipTable struct {
	t        *testing.T
	mu       sync.Mutex
	changed  *sync.Cond
	count    map[string]int
	events   int
	watchers []skipWatched
	places   map[activity.ID]skipSighting
}

// skipWatched is what one has seen who follows.
type skipWatched struct {
	options activity.FollowOptions
	last    activity.Position
	seen    map[activity.ID]bool
	ends    int // of the events that end the test
}

func newSkipTable(t *testing.T) *skipTable {
	b := &skipTable{t: t, count: map[string]int{}, places: map[activity.ID]skipSighting{}}
	b.changed = sync.NewCond(&b.mu)
	for _, options := range skipWatchers {
		b.watchers = append(b.watchers, skipWatched{options: options, seen: map[activity.ID]bool{}})
	}
	return b
}

// wants reports whether an event is one that is followed.
func (w *skipWatched) wants(e skipEvent) bool {
	return (w.options.Tenant == "" || w.options.Tenant == e.Tenant) && (w.options.Types == nil || slices.Contains(w.options.Types, e.Type))
}

// hear adds a line.
func (b *skipTable) hear(line skipLine) {
	b.mu.Lock()
	defer b.mu.Unlock()
	defer b.changed.Broadcast()
	if line.Failed != "" {
		b.t.Error(line.Failed)
		return
	}
	b.count[line.What]++
	b.events += line.Events
	if line.Seen == nil {
		return
	}
	e, w := *line.Seen, &b.watchers[line.Watcher]
	switch first, ok := b.places[e.ID]; {
	case w.seen[e.ID]:
		b.t.Errorf("watcher %d saw event %s again, at %d", line.Watcher, e.ID, e.Position)
	case e.Position <= w.last:
		b.t.Errorf("watcher %d saw %d after %d", line.Watcher, e.Position, w.last)
	case !w.wants(e.skipEvent):
		b.t.Errorf("watcher %d, which follows %+v, saw %+v", line.Watcher, w.options, e)
	case ok && e != first:
		b.t.Errorf("watcher %d saw %+v, another one %+v", line.Watcher, e, first)
	}
	b.places[e.ID] = e
	w.last, w.seen[e.ID] = e.Position, true
	if e.Last {
		w.ends++
	}
}

// watching returns the watchers from one on, and where they go on.
func (b *skipTable) watching(from int) map[int]activity.Position {
	b.mu.Lock()
	defer b.mu.Unlock()
	watch := map[int]activity.Position{}
	for i := from; i < len(b.watchers); i++ {
		watch[i] = b.watchers[i].last
	}
	return watch
}

// await waits until something is so that lines tell, or the test has failed.
func (b *skipTable) await(so func() bool) {
	b.t.Helper()
	var late atomic.Bool
	const patience = 5 * time.Minute
	timer := time.AfterFunc(patience, func() { late.Store(true); b.changed.Broadcast() })
	defer timer.Stop()
	b.mu.Lock()
	defer b.mu.Unlock()
	for !so() && !b.t.Failed() {
		if late.Load() {
			b.t.Errorf("what is awaited has not come in %v, after %v", patience, b.count)
			for i := range b.watchers {
				w := &b.watchers[i]
				b.t.Logf("watcher %d, which follows %+v, has seen %d events up to %d, and %d that end the test", i, w.options, len(w.seen), w.last, w.ends)
			}
			return
		}
		b.changed.Wait()
	}
}

// ended reports whether all have seen the events that end the test.
func (b *skipTable) ended() bool {
	for i := range b.watchers {
		ends := 0
		for _, tenant := range skipTenants {
			for _, typ := range []activity.Type[note]{noteAdded, noteRemoved, noteLoose} {
				if b.watchers[i].wants(skipEvent{tenant, typ.Name()}) {
					ends++
				}
			}
		}
		if b.watchers[i].ends < ends {
			return false
		}
	}
	return true
}

// check checks that all have seen what they wanted of the events that were committed, and nothing else.
func (b *skipTable) check(want map[activity.ID]skipEvent) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.watchers {
		w := &b.watchers[i]
		missed, undone, wanted := 0, 0, 0
		example := ""
		for id, e := range want {
			if !w.wants(e) {
				continue
			}
			if wanted++; !w.seen[id] {
				missed++
				example = fmt.Sprintf("%s %v, which others saw as %+v", id, e, b.places[id])
			}
		}
		for id := range w.seen {
			if _, ok := want[id]; !ok {
				undone++
				example = fmt.Sprintf("%+v", b.places[id])
			}
		}
		if missed > 0 || undone > 0 {
			b.t.Errorf("watcher %d, which follows %+v, has missed %d of %d events, and seen %d that were not committed: %s", i, w.options, missed, wanted, undone, example)
		}
	}
}

// skipChild is another process.
type skipChild struct {
	cmd    *exec.Cmd
	name   string // of its connections
	killed atomic.Bool
	heard  sync.WaitGroup
}

func startSkipping(t *testing.T, said *skipTable, address string, p skipProcess) *skipChild {
	t.Helper()
	spec, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	c := &skipChild{name: fmt.Sprint("skip_", p.Seed)}
	if !onSQLite(address) {
		address += "&application_name=" + c.name
	}
	c.cmd = command("skip", address, "BUNSTORE_TEST_SKIP="+string(spec))
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.cmd.StdinPipe(); err != nil { // it ends with this process
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c.heard.Go(func() { c.hear(said, bufio.NewReader(out)) })
	return c
}

// hear hears a process until it ends. Its last line may be cut off.
func (c *skipChild) hear(said *skipTable, out *bufio.Reader) {
	for {
		text, err := out.ReadBytes('\n')
		var line skipLine
		switch {
		case err != nil && !c.killed.Load():
			said.hear(skipLine{Failed: "a process has ended by itself"})
			return
		case err != nil:
			return
		}
		if err := json.Unmarshal(text, &line); err != nil {
			said.hear(skipLine{Failed: fmt.Sprintf("line %q: %v", text, err)})
			return
		}
		said.hear(line)
	}
}

// kill kills a process, and waits until all is heard that it told, and the server has noticed that it is gone.
func (c *skipChild) kill(t *testing.T, host skipHost) {
	c.killed.Store(true)
	_ = c.cmd.Process.Kill()
	c.heard.Wait()
	_ = c.cmd.Wait() // says that it was killed
	h, ok := host.(databaseHost)
	if !ok || !h.postgres() {
		return
	}
	for left := 1; left > 0; {
		err := h.store.DB().QueryRowContext(t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE application_name = '`+c.name+`'`).Scan(&left)
		if err != nil {
			t.Error(err)
			return
		}
	}
}
