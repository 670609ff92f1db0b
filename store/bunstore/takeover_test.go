package bunstore_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/bunstore"
)

func init() { children["consume"] = consumeUntilKilled }

// consumeUntilKilled prints the position of each entry that it handles, after which it waits to be told to go on, and
// an empty line at the end of a call.
func consumeUntilKilled(address string) {
	ctx := context.Background()
	s, err := open(ctx, address)
	if err != nil {
		panic(err)
	}
	told := make(chan byte)
	go obey(told)
	fmt.Println("ready")
	err = newJournal(s).Consume(ctx, "mailer", func(_ context.Context, entries []activity.Entry) error {
		for _, e := range entries {
			if _, err := fmt.Println(e.Position); err != nil {
				return err
			}
			<-told
		}
		_, err := fmt.Println()
		return err
	})
	panic(err)
}

// consumerProcess is a process that consumes.
type consumerProcess struct {
	cmd   *exec.Cmd
	in    io.Writer
	lines chan string // closed with its end
	waits bool        // to be told to go on, in the middle of a call
}

func startConsuming(t *testing.T, address string) *consumerProcess {
	t.Helper()
	p := &consumerProcess{cmd: command("consume", address), lines: make(chan string, 1)}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.lines)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			p.lines <- lines.Text()
		}
	}()
	if line := <-p.lines; line != "ready" {
		t.Fatalf("a process began with %q", line)
	}
	return p
}

// hear lets a process go on to its next line.
func (p *consumerProcess) hear(told *handled) {
	told.t.Helper()
	if p.waits {
		if _, err := p.in.Write([]byte{'.'}); err != nil {
			told.t.Fatal(err)
		}
	}
	select {
	case line, ok := <-p.lines:
		if !ok {
			told.t.Fatal("a process has ended by itself")
		}
		told.hear(line)
		p.waits = line != ""
	case <-time.After(time.Minute):
		told.t.Fatalf("nothing more is handled after %d", told.at)
	}
}

// kill kills a process that is in the middle of a call, or has ended one.
func (p *consumerProcess) kill(told *handled) {
	_ = p.cmd.Process.Kill()
	for line := range p.lines { // it may have begun another call
		told.hear(line)
	}
	_ = p.cmd.Wait() // says that it was killed
}

// handled is what was handled, by whomever.
type handled struct {
	t     *testing.T
	at    activity.Position // the last that was handled
	done  activity.Position // the last of a call that returned
	high  activity.Position // that was handled ever
	other bool              // another process has the consumer now
	again int
}

const maxBatch = 500 // of Consume

// hear checks a line.
func (h *handled) hear(line string) {
	h.t.Helper()
	if line == "" {
		h.done = h.at
		return
	}
	n, err := strconv.ParseInt(line, 10, 64)
	if err != nil {
		h.t.Fatal(err)
	}
	p := activity.Position(n)
	// What the other one had in hand comes again; or its last call, of which it has not stored that it has ended.
	lowest := h.done + 1
	if h.at == h.done {
		lowest = max(h.done-maxBatch+1, 1)
	}
	if p != h.at+1 && !(h.other && p >= lowest && p <= h.at) {
		h.t.Fatalf("position %d was handled after %d, by another process: %t; the last call ended with %d", p, h.at, h.other, h.done)
	}
	if p <= h.high {
		h.again++
	}
	h.at, h.high, h.other = p, max(h.high, p), false
}

// Of processes that consume under one name, one works. When it is killed, another goes on where it was: each event is
// handled, in order, and none again but those of one call.
func TestConsumerTakeover(t *testing.T) {
	t.Parallel()
	address := fromTemplate(t)
	s := openAt(t, address)
	journal := newJournal(s)
	const rounds, perRound = 4, 3 * maxBatch
	told := &handled{t: t}
	working := startConsuming(t, address)
	defer func() { working.kill(told) }()
	recordMany(t, journal, perRound)
	working.hear(told) // it is the one that works
	for round := range rounds {
		standby := startConsuming(t, address)
		for told.at < activity.Position(round*perRound+maxBatch*(5+round)/4) || working.waits != (round%2 == 0) {
			working.hear(told)
		}
		working.kill(told)
		select {
		case line := <-standby.lines:
			t.Fatalf("the one that stood by handled %q", line)
		default:
		}
		if state := consumerState(t, journal); state.Holder.IsZero() || state.Position > told.at {
			t.Errorf("after the kill at %d, the state is %+v", told.at, state)
		}
		endLease(t, s)
		working, told.other = standby, true
		recordMany(t, journal, perRound)
		for before := told.again; told.done < activity.Position((round+1)*perRound); {
			if working.hear(told); told.again > before+maxBatch {
				t.Fatalf("%d were handled again, more than a call has", told.again-before)
			}
		}
	}
	for told.done < (rounds+1)*perRound {
		working.hear(told)
	}
	t.Logf("%d of %d were handled again", told.again, told.at)
	if told.again == 0 {
		t.Error("nothing was in hand when a process was killed: this tests nothing")
	}
	awaitState(t, journal, told.at)
}

// recordMany records events in one call.
func recordMany(t *testing.T, journal *activity.Journal, n int) {
	t.Helper()
	drafts := make([]activity.Draft, n)
	for i := range drafts {
		drafts[i] = noteAdded.New(note{Call: i}).By(ana)
	}
	if _, err := journal.Tenant("acme").Record(t.Context(), drafts...); err != nil {
		t.Fatal(err)
	}
}

func consumerState(t *testing.T, journal *activity.Journal) activity.ConsumerState {
	t.Helper()
	state, err := journal.Consumer("mailer").State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return state
}

// awaitState waits until the consumer's position is stored, and checks that it does not go back.
func awaitState(t *testing.T, journal *activity.Journal, want activity.Position) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for last := activity.Position(0); last != want; {
		state := consumerState(t, journal)
		if state.Position < last || state.Position > want || time.Now().After(deadline) {
			t.Fatalf("after %d were handled and %d stored, the state is %+v", want, last, state)
		}
		last = state.Position
	}
}

// endLease ends the lease of a consumer, as if its time had passed.
func endLease(t *testing.T, s *bunstore.Store) {
	t.Helper()
	if _, err := s.DB().ExecContext(t.Context(), `UPDATE activity_consumer SET until = now() - interval '1 second'`); err != nil {
		t.Fatal(err)
	}
}
