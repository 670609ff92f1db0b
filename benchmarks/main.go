package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/internal/pgtest"
)

// size says how much work is done.
type size struct {
	small, large int           // events of the databases whose pages are compared
	tasks        int           // tasks of the large one; the small one has as many as events
	outcomes     int           // of the report that is written
	charges      int           // of the key whose reservations are compared with those of one with few
	window       time.Duration // in which limiters let so much through
	following    time.Duration // how long events are recorded that are followed
	rounds       int           // slices of each side
	slice        time.Duration // the least that a slice lasts
}

var (
	full = size{small: 10_000, large: 1_000_000, tasks: 1_000_000, outcomes: 1_000_000, charges: 1_000_000,
		window: 2 * time.Second, following: 10 * time.Second, rounds: 31, slice: 50 * time.Millisecond}
	quick = size{small: 6_000, large: 20_000, tasks: 20_000, outcomes: 100_000, charges: 20_000,
		window: time.Second, following: 2 * time.Second, rounds: 5, slice: 10 * time.Millisecond}
)

func main() {
	if job := os.Getenv(reportVariable); job != "" {
		use, err := writeReport(context.Background(), job)
		if err == nil {
			err = json.NewEncoder(os.Stdout).Encode(use)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "benchmarks:", err)
			os.Exit(1)
		}
		return
	}
	small := flag.Bool("quick", false, "small databases and short slices: seconds instead of minutes, and rough numbers")
	large := flag.Bool("large", false, "10,000,000 events in the large databases instead of 1,000,000, and pages may be 2 times as slow")
	only := flag.String("only", "", "measure only what matches this regular expression")
	report := flag.Bool("report", false, "exit with status 0 though a target is missed")
	flag.Parse()
	pattern, err := regexp.Compile(*only)
	if err != nil || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	size := full
	if *small {
		size = quick
	}
	if *large {
		size.large = 10_000_000
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	missed, err := measure(ctx, size, pattern, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "benchmarks:", err)
		os.Exit(1)
	}
	if missed > 0 && !*report {
		os.Exit(1)
	}
}

// measure starts a server and runs the benchmarks on it.
func measure(ctx context.Context, size size, only *regexp.Regexp, out io.Writer) (missed int, err error) {
	dir, err := os.MkdirTemp("", "benchmarks-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	b := &bench{ctx: ctx, size: size, only: only, out: out, dir: dir}
	parts := append(b.own(), b.peers()...)
	if slices.ContainsFunc(b.peers(), b.anyWanted) {
		if b.redis, err = exec.LookPath("redis-server"); err != nil {
			return 0, fmt.Errorf("%w: scripts/setup-redis installs it", err)
		}
	}
	server, err := pgtest.Start(ctx, pgtest.Config{Durable: true, Settings: map[string]string{
		"shared_buffers":     "3GB", // all data fits
		"max_wal_size":       "16GB",
		"checkpoint_timeout": "1h", // settle makes the checkpoints
		"autovacuum":         "off",
	}})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	executable, err := os.Executable()
	if err != nil {
		return 0, err
	}
	b.executable = executable
	b.database = func(ctx context.Context, name string) (string, error) {
		return server.DSN(name), server.CreateDatabase(ctx, name)
	}
	if err := b.prepare(); err != nil {
		return 0, err
	}
	return b.run(parts)
}

// bench is a run of the benchmarks.
type bench struct {
	ctx        context.Context
	size       size
	only       *regexp.Regexp
	out        io.Writer
	dir        string                                                 // for files of SQLite and Redis
	executable string                                                 // this program, for processes of their own
	redis      string                                                 // the program of a Redis server
	database   func(ctx context.Context, name string) (string, error) // makes one in PostgreSQL and returns its DSN
	journal    *activity.Journal
	results    []result
}

type result struct {
	name   string
	value  float64
	target target
}

// target is what a result should be; the zero target is anything.
type target struct{ least, most float64 }

func atLeast(v float64) target { return target{least: v} }
func atMost(v float64) target  { return target{most: v} }

func (t target) met(v float64) bool { return v >= t.least && (t.most == 0 || v <= t.most) }

func (t target) String() string {
	switch {
	case t.least > 0:
		return fmt.Sprintf("at least %.2f", t.least)
	case t.most > 0:
		return fmt.Sprintf("at most %.2f", t.most)
	}
	return "none"
}

// prepare makes the journal, whose store each benchmark replaces by its own.
func (b *bench) prepare() (err error) {
	b.journal, err = activity.New(&capture{}, &activity.Config{Types: types, Kinds: kinds})
	return err
}

// part measures what has these names.
type part struct {
	names []string
	run   func() error
}

// own are the parts that compare the library with what is written by hand, and with itself.
func (b *bench) own() []part {
	parts := []part{
		{[]string{"append_batch_vs_copy", "append_one_vs_floor"}, b.postgresAppends},
		{append(viewNames(""), "page_growth", "page_vs_floor", servedName), b.postgresPages},
		{[]string{"outcomes_vs_copy"}, b.postgresOutcomes},
		{[]string{"transition_vs_floor"}, b.postgresTransitions},
		{[]string{"task_page_growth"}, b.postgresTaskPages},
		{[]string{"report_memory_mib"}, b.postgresReport},
		{[]string{"sqlite_append_batch_vs_copy", "sqlite_append_one_vs_floor"}, b.sqliteAppends},
		{append(viewNames("sqlite_"), "sqlite_page_growth", "sqlite_page_vs_floor", "sqlite_"+servedName), b.sqlitePages},
		{[]string{"sqlite_outcomes_vs_copy"}, b.sqliteOutcomes},
		{[]string{"sqlite_transition_vs_floor"}, b.sqliteTransitions},
		{[]string{"sqlite_task_page_growth"}, b.sqliteTaskPages},
		{[]string{"sqlite_report_memory_mib"}, b.sqliteReport},
		{[]string{"summary_ns", "summary_allocs", "summary_vs_template", "summary_vs_template_decoded"}, b.summaries},
		{[]string{"reserve_hot_vs_update", "reserve_hot_vs_statement"}, b.postgresHotReserves},
		{[]string{"reserve_growth"}, b.postgresReserveGrowth},
		{[]string{"worst_window_ours"}, b.postgresWorstWindow},
		{[]string{"sqlite_reserve_hot_vs_update"}, b.sqliteHotReserves},
		{[]string{"sqlite_reserve_growth"}, b.sqliteReserveGrowth},
		{[]string{"use_per_second"}, b.uses},
	}
	for _, e := range b.ledgerEngines() {
		parts = append(parts, b.ofLedger(e)...)
	}
	return parts
}

// peers are the parts that compare the library with another one, on a Redis server.
func (b *bench) peers() []part {
	return []part{
		{[]string{"reserve_vs_redis_rate", "use_vs_redis_rate"}, b.redisRates},
		{[]string{"worst_window_redis_rate"}, b.redisWorstWindow},
	}
}

// run runs those of the parts that are wanted and returns how many targets were missed.
func (b *bench) run(parts []part) (missed int, err error) {
	for _, part := range parts {
		if !b.anyWanted(part) {
			continue
		}
		if err := part.run(); err != nil {
			return 0, fmt.Errorf("%s: %w", strings.Join(part.names, ", "), err)
		}
	}
	fmt.Fprintln(b.out)
	for _, r := range b.results {
		if r.target != (target{}) {
			verdict := "met"
			if !r.target.met(r.value) {
				verdict = "missed"
				missed++
			}
			fmt.Fprintf(b.out, "# target of %s: %s, %s\n", r.name, r.target, verdict)
		}
	}
	for _, r := range b.results {
		digits := 2
		if r.value > 0 && r.value < 0.1 {
			digits = 4
		}
		fmt.Fprintf(b.out, "%s %.*f\n", r.name, digits, r.value)
	}
	return missed, nil
}

func (b *bench) wanted(name string) bool { return b.only.MatchString(name) }

func (b *bench) anyWanted(p part) bool { return slices.ContainsFunc(p.names, b.wanted) }

func (b *bench) report(name string, value float64, t target) {
	b.results = append(b.results, result{name, value, t})
}

func (b *bench) progress(format string, args ...any) {
	fmt.Fprintf(b.out, format+"\n", args...)
}

// tell prints what a comparison found.
func (b *bench) tell(name string, c *comparison) {
	b.progress("  %s: %.2f (half of the slices %.2f to %.2f), %s against %s", name, c.ratio(),
		quantile(c.ratios, 0.25), quantile(c.ratios, 0.75), each(quantile(c.a, 0.5)), each(quantile(c.b, 0.5)))
}

// tellRates prints what a comparison of a floor with the library found, which do so much of something.
func (b *bench) tellRates(name string, c *comparison, n int, what string) {
	rate := func(seconds []float64) float64 { return float64(n) / quantile(seconds, 0.5) }
	b.progress("  %s: %.2f (half of the slices %.2f to %.2f), the library %.0f %s/s, by hand %.0f", name, c.ratio(),
		quantile(c.ratios, 0.25), quantile(c.ratios, 0.75), rate(c.b), what, rate(c.a))
}

func each(seconds float64) string {
	if seconds < 1e-5 {
		return fmt.Sprintf("%.0f ns", seconds*1e9)
	}
	return fmt.Sprintf("%.0f µs", seconds*1e6)
}
