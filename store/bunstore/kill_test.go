package bunstore_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/uptrace/bun/dialect"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/bunstore"
)

// command is this binary as a child that does what children says.
func command(child, address string, environment ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+child, "BUNSTORE_TEST_ADDRESS="+address)
	cmd.Env = append(cmd.Env, environment...)
	cmd.Stderr = os.Stderr
	return cmd
}

// obey passes each byte of the standard input on. At its end, which is that of the process that tests at the latest, this
// one ends too.
func obey(told chan<- byte) {
	in := bufio.NewReader(os.Stdin)
	for {
		b, err := in.ReadByte()
		if err != nil {
			os.Exit(1)
		}
		told <- b
	}
}

// start runs a child, and returns its output.
func start(t *testing.T, child, address string) (*exec.Cmd, *bufio.Reader) {
	t.Helper()
	cmd := command(child, address)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, bufio.NewReader(out)
}

const draftsPerCall = 120 // enough for COPY

// recordUntilKilled records calls of draftsPerCall drafts and prints the number of each call that
// was acknowledged.
func recordUntilKilled(address string) {
	ctx := context.Background()
	s, err := open(ctx, address)
	if err != nil {
		panic(err)
	}
	tenant := newJournal(s).Tenant("acme")
	for call := 0; ; call++ {
		drafts := make([]activity.Draft, draftsPerCall)
		for i := range drafts {
			drafts[i] = noteAdded.New(note{Call: call}).By(ana).About(account)
			if call%2 == 1 {
				drafts[i] = drafts[i].Key(fmt.Sprint(os.Getpid(), "-", call, "-", i))
			}
		}
		if _, err := tenant.Record(ctx, drafts...); err != nil {
			panic(err)
		}
		fmt.Println(call)
	}
}

// A process that is killed leaves all or nothing of a call, and all of those that returned.
func TestKilledProcess(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		s := migrated(t, address)
		acknowledged, total := 0, 0
		for round := range 8 {
			cmd, out := start(t, "record", address)
			for range 1 + 3*round {
				line, err := out.ReadString('\n')
				if err != nil {
					t.Fatal(err)
				}
				if _, err := strconv.Atoi(strings.TrimSpace(line)); err != nil {
					t.Fatal(err)
				}
				acknowledged++
			}
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			for { // what it printed before it died
				if _, err := out.ReadString('\n'); err != nil {
					break
				}
				acknowledged++
			}
			_ = cmd.Wait() // says that it was killed
		}
		quiet(t, s)
		for e, err := range newJournal(s).Tenant("acme").Events(t.Context(), activity.Query{About: []activity.Entity{account}}) {
			if err != nil {
				t.Fatal(err)
			}
			if _, err := noteAdded.Payload(e); err != nil {
				t.Fatal(err)
			}
			total++
		}
		if total%draftsPerCall != 0 {
			t.Errorf("%d events are not a whole number of calls", total)
		}
		// The last call of each process may have been stored without having been printed.
		if calls := total / draftsPerCall; calls < acknowledged || calls > acknowledged+8 {
			t.Errorf("%d calls are stored, %d were acknowledged", calls, acknowledged)
		}
		for table, per := range map[string]int{"activity_event": 1, "activity_pending": 1, "activity_feed": 3} {
			if got := rowsOf(t, s.DB(), table); got != per*total {
				t.Errorf("%s has %d rows for %d events", table, got, total)
			}
		}
	})
}

// quiet waits until PostgreSQL has noticed that the killed clients are gone: the statement that one
// of them had sent may still be running.
func quiet(t *testing.T, s *bunstore.Store) {
	t.Helper()
	if s.DB().Dialect().Name() != dialect.PG {
		return
	}
	for others := 1; others > 0; {
		err := s.DB().QueryRowContext(t.Context(), `
SELECT count(*)
FROM pg_stat_activity
WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid() AND backend_type = 'client backend'`).Scan(&others)
		if err != nil {
			t.Fatal(err)
		}
	}
}
