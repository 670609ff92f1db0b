package activityhttp

import (
	"cmp"
	"slices"
	"time"

	"github.com/go-activity/activity"
)

// usagePage shows quotas.
type usagePage struct {
	Subjects []choiceView
	Quotas   []quotaView
	Action   string
}

// quotaView is a quota of a subject.
type quotaView struct {
	*page
	Name    string
	Label   string
	Windows []windowRow
	By      []usedByView
	Charts  []chart
	Unused  bool // in the time of the longest chart
}

// windowRow is how much of a window is used.
type windowRow struct {
	Label string
	Used  string
	Held  string
	Limit string // empty: none
	Free  string
	Taken int64 // used and held
	Most  int64
	Tone  string // empty, "high" or "full"
	Next  string // what becomes free next, and when
}

type usedByView struct {
	Actor entityView
	Units string
	Share int64 // per cent
	Link  string
}

// meterView is a quota as the top of pages shows it.
type meterView struct {
	Label string
	Text  string
	Taken int64
	Most  int64
	Tone  string
	Link  string
}

// showUsage shows the quotas of a subject: of the tenant as a whole, or of somebody.
func (c *call) showUsage() error {
	v := newValues(c.r.URL.Query())
	subject := v.entity("subject")
	if v.err != nil {
		return v.err
	}
	p := c.page("usage")
	p.Title = p.T("usage")
	body := &usagePage{Action: p.Path("/usage")}
	subjects, err := p.subjects()
	if err != nil {
		return err
	}
	if subject.IsZero() && len(c.quotasOf(subject)) == 0 {
		subject = c.actor // everything is counted by itself
	}
	body.Subjects = append([]choiceView{{"", p.T("as a whole"), subject.IsZero()}}, p.choices(subjects, entityParam(subject))...)
	for _, q := range c.quotasOf(subject) {
		view, err := p.quota(q, subject)
		if err != nil {
			return err
		}
		body.Quotas = append(body.Quotas, view)
	}
	p.Body = body
	return p.show("usage")
}

// subjects are those whose usage can be looked at: who the host names, or else who used what the tenant has, and who looks.
func (p *page) subjects() ([]activity.Entity, error) {
	if p.options.Actors != nil {
		return p.options.Actors(p.r), nil
	}
	list := []activity.Entity{p.actor}
	for _, q := range p.quotasOf(activity.Entity{}) {
		by, err := p.tenant.Meter(q.Name, activity.Entity{}).By(p.ctx())
		if err != nil {
			return nil, err
		}
		for _, used := range by {
			if !used.Actor.IsZero() && !used.Actor.IsErased() && !slices.ContainsFunc(list, used.Actor.Is) {
				list = append(list, used.Actor)
			}
		}
	}
	return list, nil
}

// quotasOf returns the quotas that count for a subject: those that kinds of task charge for the tenant, or for its actors.
// Quotas that no kind charges are shown for all.
func (c *call) quotasOf(subject activity.Entity) []activity.Quota {
	return slices.DeleteFunc(slices.Clone(c.known.quotas), func(q activity.Quota) bool {
		whole := slices.Contains(c.known.wholeQuotas, q.Name)
		single := slices.ContainsFunc(c.known.allKinds, func(k activity.Kind) bool { return k.ActorQuota == q.Name })
		return whole != single && single == subject.IsZero()
	})
}

func (p *page) quota(q activity.Quota, subject activity.Entity) (quotaView, error) {
	view := quotaView{page: p, Name: q.Name, Label: p.title(q.Name)}
	meter := p.tenant.Meter(q.Name, subject)
	usage, err := meter.Usage(p.ctx())
	if err != nil {
		return view, err
	}
	for i := range usage.Windows {
		view.Windows = append(view.Windows, p.window(&usage.Windows[i]))
	}
	by, err := meter.By(p.ctx())
	if err != nil {
		return view, err
	}
	var all int64
	for _, b := range by {
		all += b.Units
	}
	for _, b := range by {
		actor := p.Entity(b.Actor)
		if b.Actor.IsZero() {
			actor.Name = p.T("nobody named")
		}
		view.By = append(view.By, usedByView{actor, p.N(b.Units), 100 * b.Units / max(all, 1), p.Path("/usage?" + encode("subject", entityParam(b.Actor)))})
	}
	end := p.now.In(p.zone.location)
	for _, span := range []struct {
		name   string
		length time.Duration
		step   time.Duration
	}{{"24 hours", 24 * time.Hour, time.Hour}, {"30 days", 30 * 24 * time.Hour, 24 * time.Hour}} {
		history, err := meter.History(p.ctx(), end.Add(span.step-span.length), end.Add(time.Microsecond), span.step)
		if err != nil {
			return view, err
		}
		c := p.chart(span.name, span.step, history)
		view.Charts, view.Unused = append(view.Charts, c), c.used == 0
	}
	return view, nil
}

func (p *page) window(w *activity.WindowUsage) windowRow {
	view := windowRow{
		Label: p.T("window", p.Span(w.Length)), Used: p.N(w.Used), Free: p.N(w.Free), Taken: w.Used + w.Held, Most: w.Limit,
	}
	if w.Held > 0 {
		view.Held = p.N(w.Held)
	}
	if w.Limit == activity.Unlimited {
		view.Most, view.Free = 0, ""
	} else {
		view.Limit = p.N(w.Limit)
		view.Tone = toneOf(view.Taken, w.Limit)
	}
	if len(w.Frees) > 0 {
		view.Next = p.T("frees", w.Frees[0].Units, p.Moment(w.Frees[0].At).Text)
	}
	return view
}

func toneOf(taken, limit int64) string {
	switch {
	case taken >= limit:
		return "full"
	case taken*10 >= limit*8:
		return "high"
	}
	return ""
}

// maxMeters is how many quotas the top of a page shows.
const maxMeters = 4

// meters shows the longest window of each quota that tasks charge for the tenant as a whole.
func (p *page) meters() error {
	for _, name := range p.known.wholeQuotas[:min(len(p.known.wholeQuotas), maxMeters)] {
		usage, err := p.tenant.Meter(name, activity.Entity{}).Usage(p.ctx())
		if err != nil {
			return err
		}
		longest := slices.MaxFunc(usage.Windows, func(a, b activity.WindowUsage) int { return cmp.Compare(a.Length, b.Length) })
		if longest.Limit == activity.Unlimited {
			continue
		}
		taken := longest.Used + longest.Held
		p.Meters = append(p.Meters, meterView{
			Label: p.title(name), Text: p.T("of", taken, longest.Limit), Taken: taken, Most: longest.Limit, Tone: toneOf(taken, longest.Limit),
			Link: p.Path("/usage#" + name),
		})
	}
	return nil
}
