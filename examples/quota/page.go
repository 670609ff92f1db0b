package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/go-activity/activity"
)

// page is what is printed, 80 columns wide.
type page struct {
	w   io.Writer
	now func() time.Time
}

func (p page) title(text string) { fmt.Fprintf(p.w, "\n%s\n\n", text) }

// line prints what happens now.
func (p page) line(format string, args ...any) {
	fmt.Fprintf(p.w, "%s  %s\n", p.now().Format("15:04"), fmt.Sprintf(format, args...))
}

// when writes a time, with its day unless that is today.
func (p page) when(at time.Time) string {
	at = at.In(p.now().Location())
	if at.YearDay() != p.now().YearDay() {
		return at.Format("Mon 15:04")
	}
	return at.Format("15:04")
}

// name writes what a window belongs to.
func name(subject activity.Entity) string {
	if subject.IsZero() {
		return "the workspace"
	}
	return subject.Name()
}

func length(window time.Duration) string {
	switch window {
	case time.Hour:
		return "hour"
	case 24 * time.Hour:
		return "day"
	}
	return window.String()
}

// refusal prints why something is refused, and what it waits for.
func (p page) refusal(refused *activity.QuotaError) {
	window := fmt.Sprintf("%s window of %s", length(refused.Window), name(refused.Subject))
	if errors.Is(refused, activity.ErrOverLimit) {
		fmt.Fprintf(p.w, "       never: %s has a limit of %d\n", window, refused.Limit)
		return
	}
	room := "is full"
	if free := refused.Limit - refused.Used - refused.Held; free > 0 {
		room = fmt.Sprintf("has room for %d", free)
	}
	fmt.Fprintf(p.w, "       blocked: %s %s, %d free at %s\n", window, room, refused.Requested, p.when(refused.RetryAt))
}

// indicator prints a line for each window: what is used (#) and held (=), and what frees up next.
func (p page) indicator(usage activity.Usage) {
	subject := name(usage.Subject)
	for _, u := range usage.Windows {
		const width = 20
		limit := max(1, u.Limit)
		used := int(min(width, u.Used*width/limit))
		held := int(min(width, (u.Used+u.Held)*width/limit)) - used
		bar := strings.Repeat("#", used) + strings.Repeat("=", held) + strings.Repeat("·", width-used-held)
		frees := ""
		if len(u.Frees) > 0 {
			frees = fmt.Sprintf("   %d more at %s", u.Frees[0].Units, p.when(u.Frees[0].At))
		}
		fmt.Fprintf(p.w, "       %-14s %-4s %s %3d of %d%s\n", subject, length(u.Length), bar, u.Used+u.Held, u.Limit, frees)
		subject = ""
	}
}

// shares prints how much each actor has used.
func (p page) shares(by []activity.UsedBy) {
	for _, u := range by {
		fmt.Fprintf(p.w, "       %-14s %4d %s\n", u.Actor.Name(), u.Units, strings.Repeat("#", int(u.Units+3)/4))
	}
}

// chart draws a column for each hour, and says which was the busiest.
func (p page) chart(hours []activity.Interval) {
	const height = 10
	most := slices.MaxFunc(hours, func(a, b activity.Interval) int { return cmp.Compare(a.Used, b.Used) })
	for row := int64(height); row >= 0; row-- {
		var line strings.Builder
		for _, hour := range hours {
			top := (hour.Used*height + most.Used - 1) / max(1, most.Used)
			switch {
			case row < top:
				line.WriteString(" ##")
			case row == top && hour.Used > 0:
				fmt.Fprintf(&line, "%3d", hour.Used)
			default:
				line.WriteString("   ")
			}
		}
		fmt.Fprintln(p.w, strings.TrimRight(line.String(), " "))
	}
	for _, hour := range hours {
		fmt.Fprint(p.w, hour.From.Format(" 15"))
	}
	fmt.Fprintf(p.w, "\n\nPeak: %d from %s to %s.\n", most.Used, most.From.Format("15:04"), most.To.Format("15:04"))
}
