package activity

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"
)

const (
	// The tailer looks again after busyPause if it has found something, and after twice as long each time, up to
	// idlePause, if it has not, and after upkeepEvery if it could not look. After a hint, it looks at once, but hintPause after it
	// did last at the earliest.
	busyPause = 50 * time.Millisecond
	idlePause = 250 * time.Millisecond
	hintPause = 10 * time.Millisecond

	// tailLength is how many entries the tailer keeps for those who follow.
	tailLength = 1000
)

// tailer seals, and reads what is new in the ledger, once for all of a process who need that. It works while somebody does.
type tailer struct {
	store  Store
	logger *slog.Logger

	mu   sync.Mutex
	tail *tail // nil while nobody needs it
}

// user is what somebody needs a tailer for.
type user int

const (
	sealer user = iota // to seal; what goes wrong is logged
	reader             // to seal and to read
)

// tail is the work of a tailer from when somebody needs it until nobody does.
type tail struct {
	*tailer
	stop context.CancelFunc
	done chan struct{}
	hint chan struct{}

	users   [2]int // mu guards these
	follows bool   // it reads; so first and last are known
	first   Position
	last    Position
	rows    []EntryRow // those after first, up to last; what is in it is never changed
	news    *news
}

// news is waited for by those who have seen all there is.
type news struct {
	come chan struct{} // closed when there is more
	err  error         // or when something went wrong
}

func (n *news) wait(ctx context.Context) error {
	select {
	case <-n.come:
		return n.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// join makes the tailer work until leave is called, which waits until it has stopped if nobody else needs it.
func (t *tailer) join(u user) (joined *tail, leave func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.tail == nil {
		ctx, stop := context.WithCancel(context.Background())
		t.tail = &tail{tailer: t, stop: stop, done: make(chan struct{}), hint: make(chan struct{}, 1), news: newNews()}
		go t.tail.run(ctx)
	}
	joined = t.tail
	joined.users[u]++
	if u == reader && !joined.follows {
		signal(joined.hint)
	}
	return joined, func() { t.leave(joined, u) }
}

func (t *tailer) leave(joined *tail, u user) {
	t.mu.Lock()
	joined.users[u]--
	last := joined.users == [2]int{}
	if last {
		t.tail = nil
	}
	t.mu.Unlock()
	if last {
		joined.stop()
		<-joined.done
	}
}

func newNews() *news { return &news{come: make(chan struct{})} }

// run looks for more until nobody needs it.
func (t *tail) run(ctx context.Context) {
	defer close(t.done)
	if listener, ok := t.store.(Listener); ok {
		var listening sync.WaitGroup
		defer listening.Wait()
		listening.Go(func() { t.listen(ctx, listener) })
	}
	pause := busyPause
	for {
		began := time.Now()
		found, err := t.work(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			t.failed(ctx, err)
			pause = upkeepEvery
		case found:
			pause = busyPause
		default:
			pause = min(2*pause, idlePause)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		case <-t.hint:
			if pauseFor(ctx, hintPause-time.Since(began)) != nil {
				return
			}
		}
	}
}

// work seals what waits, reads what is new, and reports whether there was something.
func (t *tail) work(ctx context.Context) (found bool, err error) {
	for {
		sealed, err := t.store.Seal(ctx, sealBatch)
		if err != nil {
			return found, err
		}
		read, err := t.read(ctx)
		found = found || sealed+read > 0
		if err != nil || sealed < sealBatch {
			return found, err
		}
	}
}

// read reads what is new, if somebody follows, and returns how much that was.
func (t *tail) read(ctx context.Context) (n int, err error) {
	t.mu.Lock()
	wanted, follows, last := t.users[reader] > 0, t.follows, t.last
	if !wanted {
		t.follows, t.rows = false, nil
	}
	t.mu.Unlock()
	switch {
	case !wanted:
		return 0, nil
	case !follows:
		u, err := t.store.Unsealed(ctx)
		if err == nil {
			t.begin(u.Last)
		}
		return 0, err
	}
	for {
		rows, err := t.store.Entries(ctx, EntryQuery{After: last, Limit: followBatch})
		if err != nil {
			return n, err
		}
		if len(rows) > 0 {
			t.add(rows)
			last = rows[len(rows)-1].Position
			n += len(rows)
		}
		if len(rows) < followBatch {
			return n, nil
		}
	}
}

// begin starts to follow after a position.
func (t *tail) begin(last Position) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.follows, t.first, t.last, t.rows = true, last, last, nil
	t.tell(nil)
}

// add keeps entries, and forgets the oldest.
func (t *tail) add(rows []EntryRow) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rows = append(t.rows, rows...)
	if n := len(t.rows) - tailLength; n > 0 {
		t.first = t.rows[n-1].Position
		t.rows = t.rows[n:]
	}
	t.last = rows[len(rows)-1].Position
	t.tell(nil)
}

// failed tells of an error. Who follows passes it on; nobody else hears of one that Journal.Run meets.
func (t *tail) failed(ctx context.Context, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tell(err)
	if t.users[sealer] > 0 {
		t.logger.LogAttrs(ctx, slog.LevelError, "activity: sealing", slog.Any("error", err))
	}
}

// tell wakes those who wait.
func (t *tail) tell(err error) {
	t.news.err = err
	close(t.news.come)
	t.news = newNews()
}

// view is what a tail has for who has seen all up to a position.
type view struct {
	rows    []EntryRow
	behind  bool     // there may be more than rows before what the tail has
	follows bool     // the tail reads
	last    Position // what it has read; 0 as long as it does not
	news    *news    // to be waited for if there are none and who asks is not behind
}

func (t *tail) look(after Position) view {
	t.mu.Lock()
	defer t.mu.Unlock()
	v := view{follows: t.follows, news: t.news, behind: true}
	if !t.follows {
		return v
	}
	v.last, v.behind = t.last, after < t.first
	if !v.behind {
		i, _ := slices.BinarySearchFunc(t.rows, after+1, func(r EntryRow, p Position) int { return cmp.Compare(r.Position, p) })
		v.rows = t.rows[i:]
	}
	return v
}

// end waits until the tail reads, and returns the position that it has come to.
func (t *tail) end(ctx context.Context) (Position, error) {
	for {
		v := t.look(0)
		if v.follows {
			return v.last, nil
		}
		if err := v.news.wait(ctx); err != nil {
			return 0, err
		}
	}
}

// reached returns the position that the tailer has come to, and whether it reads.
func (t *tailer) reached() (last Position, reads bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.tail == nil || !t.tail.follows {
		return 0, false
	}
	return t.tail.last, true
}

// listen lets a store tell when there is more. While it cannot, polling does.
func (t *tail) listen(ctx context.Context, listener Listener) {
	for failures := 1; ; failures++ {
		began := time.Now()
		err := listener.Listen(ctx, func() { signal(t.hint) })
		if ctx.Err() != nil || errors.Is(err, errors.ErrUnsupported) {
			return
		}
		t.logger.LogAttrs(ctx, slog.LevelWarn, "activity: listening to the store", slog.Any("error", err))
		if time.Since(began) > lastRetry {
			failures = 1
		}
		if pauseFor(ctx, retryAfter(failures)) != nil {
			return
		}
	}
}

// pauseFor waits, or returns the error of a context that ends before.
func pauseFor(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
