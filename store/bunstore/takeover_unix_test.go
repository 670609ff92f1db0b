//go:build unix

package bunstore_test

import (
	"syscall"
	"testing"
)

// A process that stands still for longer than its lease, and then goes on, ends the call that it has in hand. It neither
// takes the consumer back nor sets it back.
func TestConsumerStandsStill(t *testing.T) {
	t.Parallel()
	address := fromTemplate(t)
	s := openAt(t, address)
	journal := newJournal(s)
	const events = 3 * maxBatch
	recordMany(t, journal, events)

	still, told := startConsuming(t, address), &handled{t: t}
	defer func() { still.kill(told) }()
	for told.at < maxBatch*5/4 || !still.waits {
		still.hear(told)
	}
	if err := still.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	other, others := startConsuming(t, address), &handled{t: t, at: told.done, done: told.done}
	defer func() { other.kill(others) }()
	endLease(t, s)
	for others.done < events {
		other.hear(others) // it begins with what the one that stands still has in hand
	}
	awaitState(t, journal, events)

	if err := still.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	for before := told.done; told.done == before; {
		if still.hear(told); told.at > before+maxBatch {
			t.Fatalf("after %d, one call went on to %d", before, told.at)
		}
	}
	recordMany(t, journal, events)
	for others.done < 2*events {
		other.hear(others)
	}
	awaitState(t, journal, 2*events)

	// From then on it has stood by.
	other.kill(others)
	endLease(t, s)
	recordMany(t, journal, 1)
	told.at, told.done = 2*events, 2*events
	still.hear(told)
}
