package activityhttp

import (
	"sync"
	"time"

	"golang.org/x/text/language"

	"github.com/go-activity/activity"
)

// zoneCookie is the cookie in which the page's script keeps the time zone of the browser.
const zoneCookie = "activity_zone"

// zone is a time zone by its name.
type zone struct {
	name     string
	location *time.Location
}

var utc = zone{"UTC", time.UTC}

// findLocale returns the language of the request.
func (c *call) findLocale() string {
	if c.options.Locale != nil {
		return c.options.Locale(c.r)
	}
	tags, _, err := language.ParseAcceptLanguage(c.r.Header.Get("Accept-Language"))
	if err != nil || len(tags) == 0 {
		return ""
	}
	for _, tag := range tags { // the first one that pages are in, so that pages and summaries are in one language
		if _, _, confidence := languageMatcher.Match(tag); confidence >= language.Low {
			return tag.String()
		}
	}
	return tags[0].String()
}

// findZone returns the time zone of the request, or UTC if there is none that is known.
func (c *call) findZone() zone {
	name := ""
	if c.options.Zone != nil {
		name = c.options.Zone(c.r)
	} else if cookie, err := c.r.Cookie(zoneCookie); err == nil {
		name = cookie.Value
	}
	z, ok := zoneOf(name)
	if !ok {
		return utc
	}
	return z
}

// zones keeps the zones that were asked for: loading one reads a file.
var zones struct {
	sync.Mutex
	known map[string]zone
}

const maxZones = 1000 // there are some 600 names

// zoneOf returns a zone by its IANA name.
func zoneOf(name string) (zone, bool) {
	if name == "" || name == "Local" || len(name) > 64 {
		return zone{}, false
	}
	zones.Lock()
	defer zones.Unlock()
	if z, ok := zones.known[name]; ok {
		return z, true
	}
	location, err := time.LoadLocation(name)
	if err != nil {
		return zone{}, false
	}
	if zones.known == nil || len(zones.known) >= maxZones {
		zones.known = map[string]zone{}
	}
	zones.known[name] = zone{name, location}
	return zones.known[name], true
}

// calendar returns the calendar of who looks.
func (c *call) calendar() (activity.Calendar, error) {
	return activity.NewCalendar(c.zone.name, c.options.Now())
}
