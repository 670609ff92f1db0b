package activityhttp

import (
	"strconv"
	"time"

	"github.com/go-activity/activity"
)

// chart is how much was used over time, as bars, with a table of the same numbers.
type chart struct {
	Title string
	Width int
	Bars  []bar
	Peak  string
	Marks []chartMark // below the bars
	Rows  []field
	Total string
	used  int64
}

// bar is one interval. Heights are out of chartHeight.
type bar struct {
	X, Y, Width, Height int
	Title               string
}

type chartMark struct {
	X    int
	Text string
}

// The measures of a chart, in units of its drawing.
const (
	chartHeight = 80
	chartWidth  = 480
)

func (p *page) chart(name string, step time.Duration, history []activity.Interval) chart {
	c := chart{Title: p.T(name), Width: chartWidth}
	var peak, total int64
	for _, i := range history {
		peak, total = max(peak, i.Used), total+i.Used
	}
	c.Peak, c.Total, c.used = p.N(peak), p.N(total), total
	every := max(len(history)/6, 1)
	for n, i := range history {
		left, right := chartWidth*n/len(history), chartWidth*(n+1)/len(history)
		label := p.stepLabel(i.From, step)
		b := bar{X: left + 1, Width: max(right-left-2, 1), Title: label + ": " + p.N(i.Used)}
		if i.Used > 0 {
			b.Height = max(int(chartHeight*i.Used/peak), 2)
		}
		b.Y = chartHeight - b.Height
		c.Bars = append(c.Bars, b)
		c.Rows = append(c.Rows, field{label, p.N(i.Used)})
		if n%every == 0 {
			c.Marks = append(c.Marks, chartMark{left, label})
		}
	}
	return c
}

// stepLabel names an interval by its beginning.
func (p *page) stepLabel(from time.Time, step time.Duration) string {
	local := from.In(p.zone.location)
	if step < 24*time.Hour {
		return local.Format("15:04")
	}
	return p.T("day short", strconv.Itoa(local.Day()), p.month(local))
}
