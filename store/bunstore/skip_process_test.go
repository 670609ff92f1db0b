package bunstore_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"github.com/go-activity/activity"
)

func init() { children["skip"] = skipUntilKilled }

var skipTenants = []string{"acme", "globex", "initech"}

// skipWatchers are those who follow. The first ones do so in the process of the test, if there are two processes.
var skipWatchers = []activity.FollowOptions{
	{},
	{Tenant: "acme"},
	{},
	{Types: []string{"note.removed"}},
	{Tenant: "globex", Types: []string{"note.added", "note.loose"}},
}

const skipWatchersHere = 2

// skipProcess is what a process does.
type skipProcess struct {
	Seed    uint64
	Writers int
	Watch   map[int]activity.Position // watchers by their numbers, and where each goes on

	host    skipHost
	journal *activity.Journal
	tell    func(skipLine)
}

// skipLine is what a process tells, once it has happened.
type skipLine struct {
	What    string        `json:",omitempty"`
	Failed  string        `json:",omitempty"` // what must not happen
	Events  int           `json:",omitempty"` // that were committed
	Watcher int           `json:",omitempty"` // who has seen an entry
	Seen    *skipSighting `json:",omitempty"`
}

// skipSighting is an entry that a watcher has seen.
type skipSighting struct {
	Position activity.Position
	Index    int64
	ID       activity.ID
	skipEvent
	Last bool // it ends the test
}

// skipUntilKilled does what the environment says.
func skipUntilKilled(address string) {
	var p skipProcess
	if err := json.Unmarshal([]byte(os.Getenv("BUNSTORE_TEST_SKIP")), &p); err != nil {
		panic(err)
	}
	ctx := context.Background()
	s, err := openQuickly(ctx, address)
	if err != nil {
		panic(err)
	}
	var printing sync.Mutex
	lines := json.NewEncoder(os.Stdout)
	p.host, p.journal = databaseHost{s}, newSkipJournal(s)
	p.tell = func(line skipLine) {
		printing.Lock()
		defer printing.Unlock()
		if err := lines.Encode(line); err != nil {
			panic(err)
		}
	}
	go obey(nil)
	go p.write(ctx)
	p.follow(ctx)
}

// write records until ctx ends.
func (p *skipProcess) write(ctx context.Context) {
	var all sync.WaitGroup
	for i := range p.Writers {
		w := skipWriter{p, p.random(i), i}
		all.Go(func() { w.run(ctx) })
	}
	all.Wait()
}

// follow seals and follows until ctx ends.
func (p *skipProcess) follow(ctx context.Context) {
	var all sync.WaitGroup
	for i, after := range p.Watch {
		w := skipWatcher{p, p.random(1000 + i), i, after, time.Second}
		all.Go(func() { w.run(ctx) })
	}
	for i := range 2 {
		all.Go(func() { p.seal(ctx, p.random(2000+i)) })
	}
	all.Wait()
}

func (p *skipProcess) random(i int) *rand.Rand { return rand.New(rand.NewPCG(p.Seed, uint64(i))) }

// seal seals beside those who follow.
func (p *skipProcess) seal(ctx context.Context, r *rand.Rand) {
	for ctx.Err() == nil {
		_, err := p.journal.Seal(ctx)
		switch {
		case ctx.Err() != nil || err == nil:
		case isCut(err), isBusy(err):
			p.tell(skipLine{What: "seal again"})
		default:
			p.fail("seal: %v", err)
		}
		linger(ctx, time.Duration(r.Int64N(int64(20*time.Millisecond))))
	}
}

// fail tells that something has happened that must not.
func (p *skipProcess) fail(format string, args ...any) {
	p.tell(skipLine{Failed: fmt.Sprintf(format, args...)})
}

// linger takes time, as what hosts do does.
func linger(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// skipWriter is one who records.
type skipWriter struct {
	*skipProcess
	*rand.Rand
	number int
}

func (w *skipWriter) run(ctx context.Context) {
	ending := []int{0, 6, 16, 20}[w.number%4] // each way is tried, then it is chance
	for ; ctx.Err() == nil; ending = w.IntN(100) {
		what, n, err := w.record(ctx, ending)
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, errUndone), isCut(err), isBusy(err):
			w.tell(skipLine{What: "not " + what})
		case err != nil:
			w.fail("%s: %v", what, err)
			return
		default:
			w.tell(skipLine{What: what, Events: n})
		}
	}
}

var errUndone = errors.New("undone")

// record records in the way that a number under 100 chooses, and returns which, and how many events.
func (w *skipWriter) record(ctx context.Context, ending int) (what string, n int, err error) {
	what = "commit"
	switch {
	case ending < 6:
		drafts := w.drafts(noteLoose)
		_, err := w.journal.Tenant(w.tenant()).Record(ctx, drafts...)
		return "record alone", len(drafts), err
	case ending < 16:
		what = "roll back"
	case ending < 20:
		what = "cut"
	case ending < 22:
		what = "commit late"
	}
	err = w.host.within(ctx, func(tx skipTx) error {
		for range 1 + w.IntN(4) {
			typ := []activity.Type[note]{noteAdded, noteRemoved}[w.IntN(2)]
			events, err := w.journal.With(tx.store).Tenant(w.tenant()).Record(ctx, w.drafts(typ)...)
			if err != nil {
				return err
			}
			if err := tx.expect(events); err != nil {
				return err
			}
			n += len(events)
			if w.IntN(4) == 0 {
				linger(ctx, time.Duration(w.Int64N(int64(w.host.longest()/500))))
			}
		}
		switch {
		case what == "commit late":
			linger(ctx, w.host.longest()/3+time.Duration(w.Int64N(int64(w.host.longest())*2/3)))
		case what == "roll back", what == "cut" && tx.cut == nil:
			return errUndone
		case what == "cut":
			return tx.cut()
		}
		return nil
	})
	return what, n, err
}

func (w *skipWriter) tenant() string { return skipTenants[w.IntN(len(skipTenants))] }

// drafts returns a few drafts, or seldom enough for COPY.
func (w *skipWriter) drafts(typ activity.Type[note]) []activity.Draft {
	drafts := make([]activity.Draft, 1+w.IntN(4))
	if w.IntN(100) == 0 {
		drafts = make([]activity.Draft, draftsPerCall)
	}
	for i := range drafts {
		drafts[i] = typ.New(note{Call: i}).By(ana).About(account)
	}
	return drafts
}

// endOfSkips is in the note that ends the test.
const endOfSkips = "the end"

// skipWatcher is one who follows, stops, and goes on where it was.
type skipWatcher struct {
	*skipProcess
	*rand.Rand
	number   int
	last     activity.Position
	patience time.Duration
}

func (w *skipWatcher) run(ctx context.Context) {
	for ctx.Err() == nil {
		err := w.follow(ctx)
		switch {
		case ctx.Err() != nil || err == nil, errors.Is(err, context.DeadlineExceeded):
		case isCut(err), isBusy(err):
			w.tell(skipLine{What: "follow again"})
		default:
			w.fail("follow after %d: %v", w.last, err)
			return
		}
	}
}

// follow follows for some entries or some time, whichever ends first. On a busy machine the time has to be longer for
// something to come in it.
func (w *skipWatcher) follow(ctx context.Context) error {
	some := 1 + w.IntN(2000)
	ctx, stop := context.WithTimeout(ctx, time.Duration(w.Int64N(int64(w.patience))))
	defer stop()
	w.patience = min(2*w.patience, time.Minute)
	options := skipWatchers[w.number]
	options.After = w.last
	for e, err := range w.journal.Follow(ctx, options) {
		if err != nil {
			return err
		}
		var n note
		if err := json.Unmarshal(e.Event.Payload, &n); err != nil {
			return err
		}
		w.tell(skipLine{What: "see", Watcher: w.number, Seen: &skipSighting{
			e.Position, e.Index, e.Event.ID, skipEvent{e.Event.Tenant, e.Event.Type}, n.Text == endOfSkips,
		}})
		w.last, w.patience = e.Position, time.Second
		if some--; some == 0 {
			return nil
		}
		if w.IntN(1000) == 0 { // it falls behind
			linger(ctx, time.Duration(w.Int64N(int64(300*time.Millisecond))))
		}
	}
	return nil
}
