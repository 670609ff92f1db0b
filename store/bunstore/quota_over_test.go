package bunstore_test

import (
	"bufio"
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/bunstore"
	"github.com/go-activity/activity/store/sqlite"
	"github.com/go-activity/activity/store/storetest"
)

func init() {
	children["gamble by the store's clock"] = func(address string) { gamble(address, nil) }
	children["gamble by a clock of its own"] = func(address string) { gamble(address, badClock) }
}

const (
	gamblersPerProcess = 16
	shortest, longest  = 300 * time.Millisecond, 3 * time.Second
)

// badClock stands still most of the time, and now and then shows what is long past.
func badClock() time.Time {
	now := time.Now().Truncate(50 * time.Millisecond)
	if rand.IntN(4) == 0 {
		now = now.Add(-time.Duration(rand.Int64N(int64(2 * time.Second))))
	}
	return now
}

func gambleWindows(limits [2]int64) []activity.Window {
	return []activity.Window{
		{Length: shortest, Limit: limits[0], Resolution: 10 * time.Millisecond},
		{Length: longest, Limit: limits[1], Resolution: 50 * time.Millisecond},
	}
}

// limitsOf is where a context has the limits of a call.
type limitsOf struct{}

// newGamblers returns the meters of the test, by a clock.
func newGamblers(store activity.Store, clock func() time.Time) (*activity.Journal, []activity.Meter) {
	journal, err := activity.New(store, &activity.Config{
		Quotas: []activity.Quota{{Name: "calls", Hold: time.Second, Windows: gambleWindows([2]int64{})}},
		Limits: func(ctx context.Context, r activity.LimitRequest) (int64, error) {
			limits := ctx.Value(limitsOf{}).([2]int64)
			if r.Window.Length == shortest {
				return limits[0], nil
			}
			return limits[1], nil
		},
		Now: clock,
	})
	if err != nil {
		panic(err)
	}
	acme := journal.Tenant("acme")
	return journal, []activity.Meter{
		acme.Meter("calls", activity.Entity{}), acme.Meter("calls", activity.System("sync")), acme.Meter("calls", ana),
	}
}

// gambleKeys are the keys of the meters, which are in the order in which keys are locked.
var gambleKeys = []activity.QuotaKey{
	{Tenant: "acme", Quota: "calls"},
	{Tenant: "acme", Quota: "calls", SubjectKind: "system", SubjectID: "sync"},
	{Tenant: "acme", Quota: "calls", SubjectKind: ana.Kind, SubjectID: ana.ID},
}

// move is what a gambler has done, once it has: a line of what its process prints. What was charged counts only
// when its units were used: units of a process that was killed in between may be those of others now.
type move struct {
	What   string
	ID     activity.ID // of a reservation
	Meters []int       `json:",omitempty"` // that were charged
	At     int64       `json:",omitempty"` // when, in microseconds since 1970
	Limits [2]int64
	Used   int64 `json:",omitempty"` // units, now
}

// gamble charges quotas at random until the process is killed.
func gamble(address string, clock func() time.Time) {
	ctx := context.Background()
	s, err := openQuickly(ctx, address)
	if err != nil {
		panic(err)
	}
	journal, meters := newGamblers(s, clock)
	var printing sync.Mutex
	lines := json.NewEncoder(os.Stdout)
	var gamblers sync.WaitGroup
	for i := range gamblersPerProcess {
		gamblers.Go(func() {
			g := gambler{s, journal, meters, clock, rand.New(rand.NewPCG(uint64(os.Getpid()), uint64(i))), nil}
			for {
				done, err := g.play(ctx)
				switch {
				case isBusy(err):
					continue
				case errors.Is(err, activity.ErrQuotaExceeded), errors.Is(err, activity.ErrHoldExpired), errors.Is(err, activity.ErrSettled):
					done.What = "not " + done.What
				case err != nil:
					panic(err)
				}
				printing.Lock()
				err = lines.Encode(done)
				printing.Unlock()
				if err != nil {
					return
				}
			}
		})
	}
	gamblers.Wait()
}

// openQuickly opens a store whose commits survive its process, though not its machine.
func openQuickly(ctx context.Context, address string) (*bunstore.Store, error) {
	if onSQLite(address) {
		return sqlite.Open(ctx, address[len("sqlite "):], sqlite.WithoutSync())
	}
	return open(ctx, address)
}

type gambler struct {
	store   *bunstore.Store
	journal *activity.Journal
	meters  []activity.Meter
	clock   func() time.Time // nil: the store's
	*rand.Rand
	held []*activity.Reservation
}

func (g *gambler) play(ctx context.Context) (move, error) {
	if n := g.IntN(100); n < 50 || len(g.held) == 0 {
		return g.charge(ctx, n < 15)
	}
	i := g.IntN(len(g.held))
	r := g.held[i]
	drop := func() { g.held = slices.Delete(g.held, i, i+1) }
	switch n := g.IntN(100); {
	case n < 40:
		used := g.Int64N(r.Held() + 1)
		drop()
		return move{What: "commit", ID: r.ID(), Used: used}, r.Commit(ctx, used)
	case n < 50:
		drop()
		return move{What: "release", ID: r.ID()}, r.Release(ctx)
	case n < 60:
		drop()
		return move{What: "forget", ID: r.ID()}, nil // until it expires
	case n < 70:
		if r.Held() == 0 {
			drop()
		}
		used := max(1, g.Int64N(r.Held()+1))
		err := r.Use(ctx, used)
		if errors.Is(err, activity.ErrNotHeld) {
			return move{What: "not use"}, nil
		}
		return move{What: "use", ID: r.ID(), Used: used}, err
	case n < 75:
		return move{What: "extend"}, r.Extend(ctx)
	case n < 90:
		failed := errors.New("no")
		if g.IntN(2) == 0 {
			failed = nil
		}
		used := r.Held()
		err := g.store.InTx(ctx, func(tx activity.Store) error { return cmp.Or(r.With(tx).Commit(ctx, used), failed) })
		if failed != nil && errors.Is(err, failed) {
			return move{What: "roll back"}, nil
		}
		drop()
		return move{What: "commit in a transaction", ID: r.ID(), Used: used}, err
	default:
		_, err := g.journal.ExpireHolds(ctx)
		return move{What: "give back"}, err
	}
}

// charge charges meters: several only by the store's clock, by which all have the same time.
func (g *gambler) charge(ctx context.Context, use bool) (move, error) {
	m := move{What: "reserve", Meters: g.Perm(len(g.meters))[:1], Limits: [2]int64{50 + 50*g.Int64N(4), 300 + 300*g.Int64N(5)}}
	if g.clock == nil && g.IntN(2) == 0 {
		m.Meters = g.Perm(len(g.meters))[:2]
	}
	n := 1 + g.Int64N(8)
	if use { // Meter.Use does not tell when
		slices.Sort(m.Meters)
		request := activity.QuotaRequest{Units: n, Actor: ana, Clock: func() time.Time { return time.Time{} }}
		if g.clock != nil {
			request.Clock = g.clock
		}
		for _, i := range m.Meters {
			request.Charges = append(request.Charges, activity.QuotaCharge{Key: gambleKeys[i], Windows: gambleWindows(m.Limits)})
		}
		m.What, m.Used = "use at once", n
		binary.LittleEndian.PutUint64(m.ID[:], g.Uint64()) // to tell of it
		grant, err := g.store.ChargeQuota(ctx, request)
		m.At = grant.At.UnixMicro()
		return m, err
	}
	var meters []activity.Meter
	for _, i := range m.Meters {
		meters = append(meters, g.meters[i])
	}
	r, err := g.journal.Tenant("acme").Reserve(context.WithValue(ctx, limitsOf{}, m.Limits), n, meters...)
	if err != nil {
		return m, err
	}
	m.ID, m.At = r.ID(), r.At().UnixMicro()
	g.held = append(g.held, r)
	return m, nil
}

// table is what the processes of a test have told.
type table struct {
	mu      sync.Mutex
	moves   map[string]int
	charges map[activity.ID]move
	used    map[activity.ID]int64
	total   int
}

// hear adds a line, and returns how many there are.
func (b *table) hear(line []byte) (int, error) {
	var m move
	if err := json.Unmarshal(line, &m); err != nil {
		return 0, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if !strings.HasPrefix(m.What, "not ") {
		if m.Meters != nil {
			b.charges[m.ID] = m
		}
		b.used[m.ID] += m.Used
	}
	b.moves[m.What]++
	b.total++
	return b.total, nil
}

// operations is how many operations the test makes in all: 1,000,000 in the long run.
func operations() int {
	if os.Getenv("ACTIVITY_TEST_LONG") != "" {
		return 1_000_000
	}
	return 50_000
}

// Whatever 32 goroutines in two processes do to a quota, of which one is killed on the way, no window ever has more
// in it than its limit, and all that was used stays charged, once.
func TestQuotasNeverOver(t *testing.T) {
	onBoth(t, func(t *testing.T, _ string) {
		for _, child := range []string{"gamble by the store's clock", "gamble by a clock of its own"} {
			t.Run(child, func(t *testing.T) {
				address, n := "sqlite "+filepath.Join(t.TempDir(), "activity.db"), operations()/50
				if filepath.Base(filepath.Dir(t.Name())) == "postgres" {
					address, n = fromTemplate(t), operations()*12/25
				}
				neverOver(t, child, address, n)
			})
		}
	})
}

func neverOver(t *testing.T, child, address string, operations int) {
	s := migrated(t, address)
	told := table{moves: map[string]int{}, charges: map[activity.ID]move{}, used: map[activity.ID]int64{}}
	third, all := make(chan struct{}), make(chan struct{})
	ended := make(chan *exec.Cmd, 3)
	var readers sync.WaitGroup
	begin := func() *exec.Cmd {
		cmd, out := start(t, child, address)
		readers.Go(func() {
			defer func() { ended <- cmd }()
			lines := bufio.NewScanner(out)
			for lines.Scan() {
				n, err := told.hear(lines.Bytes())
				switch {
				case err != nil: // cut off, where it was killed
					return
				case n == operations/3:
					close(third)
				case n == operations:
					close(all)
				}
			}
		})
		return cmd
	}
	kill := func(cmd *exec.Cmd) {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	first, second := begin(), begin()
	defer func() { kill(first); kill(second) }()
	wait := func(reached chan struct{}) {
		for {
			select {
			case <-reached:
				return
			case cmd := <-ended:
				if cmd == first || cmd == second {
					t.Fatal("a process has ended by itself")
				}
			}
		}
	}
	wait(third)
	kill(second)
	second = begin()
	wait(all)
	kill(first)
	kill(second)
	readers.Wait()
	quiet(t, s)

	var oracle storetest.QuotaOracle
	used := map[activity.QuotaKey]int64{}
	for _, id := range slices.SortedFunc(maps.Keys(told.charges), func(a, b activity.ID) int {
		return cmp.Compare(told.charges[a].At, told.charges[b].At)
	}) {
		m := told.charges[id]
		for _, i := range m.Meters {
			used[gambleKeys[i]] += told.used[id]
			oracle.Charge(gambleKeys[i], storetest.QuotaCharged{ID: id, At: time.UnixMicro(m.At), Units: told.used[id], Windows: gambleWindows(m.Limits)})
		}
	}
	if err := oracle.Check(); err != nil {
		t.Error(err)
	}
	t.Logf("%d operations, %d charges that were used: %v", told.total, oracle.Len(), told.moves)
	for _, what := range []string{"reserve", "not reserve", "commit", "release", "use", "extend", "give back", "commit in a transaction", "roll back"} {
		if told.moves[what] < operations/1000 {
			t.Errorf("%s: %d times only", what, told.moves[what])
		}
	}

	// Once all has expired, what is charged is what was used. Of each goroutine that was killed, one charge may not
	// have been told.
	journal, meters := newGamblers(s, func() time.Time { return time.Now().Add(time.Hour) })
	if _, err := journal.ExpireHolds(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, m := range meters {
		state, err := s.QuotaState(t.Context(), gambleKeys[i])
		if err != nil {
			t.Fatal(err)
		}
		if len(state.Holds) > 0 {
			t.Errorf("%v has %d holds after all have expired", gambleKeys[i], len(state.Holds))
		}
		history, err := m.History(t.Context(), time.Now().Add(-24*time.Hour), time.Now().Add(24*time.Hour), 24*time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		charged := int64(0)
		for _, h := range history {
			charged += h.Used
		}
		const untold = 3 * gamblersPerProcess * 8
		if least := used[gambleKeys[i]]; charged < least || charged > least+untold {
			t.Errorf("%d units of %v are charged, and %d were used", charged, gambleKeys[i], least)
		}
	}
}
