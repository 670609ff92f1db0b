package activityhttp

import (
	"errors"

	"github.com/go-activity/activity"
)

// searchPage shows what was found by name.
type searchPage struct {
	Text   string
	Found  []entityView
	Broad  bool
	More   bool // there may be more
	Action string
}

// showSearch finds entities by name.
func (c *call) showSearch() error {
	v := newValues(c.r.URL.Query())
	text := v.text("q")
	if v.err != nil {
		return v.err
	}
	p := c.page("")
	p.Title = p.T("search")
	body := &searchPage{Text: text, Action: p.Path("/search")}
	if text != "" {
		found, err := c.tenant.Lookup(c.ctx(), text, v.list("kind"))
		switch {
		case errors.Is(err, activity.ErrTooBroad):
			body.Broad = true
		case errors.Is(err, activity.ErrInvalid): // nothing has such a name
		case err != nil:
			return err
		}
		body.More = len(found) == activity.MaxLookup
		for _, e := range found {
			body.Found = append(body.Found, p.Entity(e))
		}
	}
	p.Body = body
	return p.show("search")
}
