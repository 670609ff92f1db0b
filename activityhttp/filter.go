package activityhttp

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-activity/activity"
)

// filter is what a page is asked for, as it stands in its address. All of it goes along in links and forms, so that a cursor is used with
// the query that it belongs to.
type filter struct {
	url.Values
	path string // of the page
}

// filterOf keeps the parameters with some names.
func (p *page) filterOf(v *values, path string, names ...string) filter {
	f := filter{Values: url.Values{}, path: p.Path(path)}
	for _, name := range names {
		if list := v.list(name); len(list) > 0 {
			f.Values[name] = list
		}
	}
	if f.Has("first") || f.Has("last") { // which win
		f.Del("when")
	}
	return f
}

// address is that of the page, with some parameters changed: names and values in turns, of which the empty ones are left out.
func (f filter) address(changed ...string) string {
	merged := maps.Clone(f.Values)
	for i := 0; i+1 < len(changed); i += 2 {
		merged.Del(changed[i])
		if changed[i+1] != "" {
			merged.Set(changed[i], changed[i+1])
		}
	}
	if len(merged) == 0 {
		return f.path
	}
	return f.path + "?" + merged.Encode()
}

// only is the address with some of the parameters, and no others.
func (f filter) only(names ...string) string {
	kept := filter{Values: url.Values{}, path: f.path}
	for _, name := range names {
		if list := f.Values[name]; len(list) > 0 {
			kept.Values[name] = list
		}
	}
	return kept.address()
}

// hidden are the parameters that the form has no field for.
func (f filter) hidden(fields ...string) []field {
	var list []field
	for _, name := range slices.Sorted(maps.Keys(f.Values)) {
		if !slices.Contains(fields, name) {
			for _, value := range f.Values[name] {
				list = append(list, field{name, value})
			}
		}
	}
	return list
}

// narrows reports whether there is a parameter but some.
func (f filter) narrows(but ...string) bool {
	for name := range f.Values {
		if !slices.Contains(but, name) {
			return true
		}
	}
	return false
}

// restart goes to the first page if a cursor is not good any more: days have ended, or somebody has moved to another time zone. It
// reports whether it did.
func (c *call) restart(err error, f filter) bool {
	if !errors.Is(err, activity.ErrInvalidCursor) {
		return false
	}
	http.Redirect(c.w, c.r, f.address(), http.StatusSeeOther)
	return true
}

// notice says why nothing can be shown, if that is because of what somebody has asked for.
func (p *page) notice(err error) (string, bool) {
	switch {
	case errors.Is(err, activity.ErrTooBroad):
		return p.T("too broad"), true
	case errors.Is(err, activity.ErrInvalid) && !errors.Is(err, activity.ErrInvalidCursor):
		return p.T("bad filter"), true
	}
	return "", false
}

// backTo sends the browser back to a page that it has come from, if that is one of these pages, or else to another one.
func (c *call) backTo(from, otherwise string) error {
	u, err := url.Parse(from)
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(u.Path, c.options.Path+"/") || strings.Contains(u.Path, "/..") {
		return c.back(otherwise)
	}
	http.Redirect(c.w, c.r, (&url.URL{Path: u.Path, RawQuery: u.RawQuery}).String(), http.StatusSeeOther)
	return nil
}
