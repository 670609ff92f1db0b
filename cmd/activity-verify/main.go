// Activity-verify checks an export of a ledger against a checkpoint, without the database and without the program that
// wrote it.
//
// Usage:
//
//	activity-verify -key KEY -checkpoint FILE EXPORT
//
// EXPORT is what Ledger.Export has written as NDJSON; - is the standard input. FILE is a checkpoint of the ledger, a signed note
// as in Checkpoint.Note, best from a place where whoever made the export cannot change it. KEY is the public key that
// GenerateKey has made, NAME+HASH+BASE64. An export of some events needs the checkpoint that is in its first line:
//
//	head -1 EXPORT | jq -j .checkpoint > FILE
//
// It prints one line. The exit status is 0 if the export holds, 1 if it or the checkpoint does not, and 2 if that could not
// be found out: a file cannot be read, or the arguments are not right.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"golang.org/x/mod/sumdb/note"

	"github.com/go-activity/activity"
)

// The exit statuses.
const (
	holds     = 0
	holdsNot  = 1
	undecided = 2
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("activity-verify", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprintln(stderr, "usage: activity-verify -key KEY -checkpoint FILE EXPORT")
		flags.PrintDefaults()
	}
	key := flags.String("key", "", "the public `key` of the ledger's checkpoints: NAME+HASH+BASE64")
	checkpoint := flags.String("checkpoint", "", "the `file` of a checkpoint of the ledger")
	if err := flags.Parse(args); err != nil {
		return undecided
	}
	if *key == "" || *checkpoint == "" || flags.NArg() != 1 {
		flags.Usage()
		return undecided
	}
	v, err := verify(*key, *checkpoint, flags.Arg(0), stdin)
	switch {
	case errors.Is(err, activity.ErrProof):
		fmt.Fprintln(stdout, "NOT OK:", err)
		return holdsNot
	case err != nil:
		fmt.Fprintln(stderr, "activity-verify:", err)
		return undecided
	}
	fmt.Fprintln(stdout, verdict(v))
	return holds
}

func verify(key, checkpoint, export string, stdin io.Reader) (activity.Verification, error) {
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return activity.Verification{}, fmt.Errorf("-key: %w", err)
	}
	text, err := os.ReadFile(checkpoint)
	if err != nil {
		return activity.Verification{}, err
	}
	since, err := activity.ParseCheckpoint(text, verifier)
	if err != nil {
		return activity.Verification{}, err
	}
	in := stdin
	if export != "-" {
		file, err := os.Open(export)
		if err != nil {
			return activity.Verification{}, err
		}
		defer file.Close()
		in = file
	}
	return activity.VerifyExport(in, since)
}

// verdict is the line on what holds.
func verdict(v activity.Verification) string {
	if v.Partial {
		return fmt.Sprintf("OK: %d events are in the ledger of %s at %d entries, %d of them with parts erased; others may be missing",
			v.Events, v.Origin, v.Size, v.Erased)
	}
	line := fmt.Sprintf("OK: the first %d entries of %s are those of the checkpoint", v.Since, v.Origin)
	if after := v.Size - v.Since; after > 0 {
		line += fmt.Sprintf("; nothing is proven of %d after them", after)
	}
	return line + fmt.Sprintf("; of all, %d have parts erased and %d were removed", v.Erased, v.Removed)
}
