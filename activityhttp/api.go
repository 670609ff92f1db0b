package activityhttp

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/go-activity/activity"
)

// values returns the parameters of a request to the API, which may say its language and its time zone.
func (c *call) values() *values {
	v := newValues(c.r.URL.Query())
	if locale := v.text("locale"); locale != "" {
		c.locale = locale
	}
	if name := v.text("zone"); name != "" {
		var ok bool
		if c.zone, ok = zoneOf(name); !ok {
			v.fail("zone", "is no time zone such as Europe/Madrid")
		}
	}
	return v
}

// write answers with JSON.
func (c *call) write(body any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	c.w.Header().Set("Content-Type", "application/json")
	_, _ = c.w.Write(data) // an error means that nobody listens any more
	return nil
}

// writeFixed answers with JSON that hardly ever changes, by a tag of its content: who has it already gets 304.
func (c *call) writeFixed(body any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(data)
	tag := `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
	c.w.Header().Set("ETag", tag)
	c.w.Header().Set("Cache-Control", "private, no-cache")
	for other := range strings.SplitSeq(c.r.Header.Get("If-None-Match"), ",") {
		if other = strings.TrimPrefix(strings.TrimSpace(other), "W/"); other == tag || other == "*" {
			c.w.WriteHeader(http.StatusNotModified)
			return nil
		}
	}
	c.w.Header().Set("Content-Type", "application/json")
	_, _ = c.w.Write(data)
	return nil
}

// readBody decodes the JSON object in a body, which has no fields but those of into. No body is an empty object.
func (c *call) readBody(into any) error {
	if kind := c.r.Header.Get("Content-Type"); kind != "" {
		if media, _, err := mime.ParseMediaType(kind); err != nil || media != "application/json" {
			return &problem{status: http.StatusUnsupportedMediaType, title: "Not JSON"}
		}
	}
	data, err := io.ReadAll(c.r.Body)
	if err != nil {
		return err
	}
	if len(data) == 0 {
		return nil
	}
	decoder := json.NewDecoder(strings.NewReader(string(data)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return &problem{status: http.StatusBadRequest, title: "Bad request", detail: "the body is not the JSON object that is expected"}
	}
	if decoder.More() {
		return &problem{status: http.StatusBadRequest, title: "Bad request", detail: "the body has more than one JSON value"}
	}
	return nil
}

// eventView is an event as the API shows it.
type eventView struct {
	activity.Event
	Summary activity.Summary `json:"summary"`
	Label   string           `json:"label"` // of the type
	Icon    string           `json:"icon,omitempty"`
}

func (c *call) view(e activity.Event) eventView {
	t := c.known.types[e.Type]
	return eventView{Event: e, Summary: c.journal.Summary(e, c.locale), Label: c.label(t.label), Icon: t.icon}
}

// getTimeline answers with a page of a timeline.
func (c *call) getTimeline() error {
	v := c.values()
	q := c.query(v)
	if err := v.done(true); err != nil {
		return err
	}
	page, err := c.tenant.Timeline(c.ctx(), q)
	if err != nil {
		return err
	}
	events := make([]eventView, 0, len(page.Events))
	for _, e := range page.Events {
		events = append(events, c.view(e))
	}
	return c.write(struct {
		Events []eventView     `json:"events"`
		Next   activity.Cursor `json:"next,omitempty"`
		Prev   activity.Cursor `json:"prev,omitempty"`
	}{events, page.Next, page.Prev})
}

// getEvent answers with one event. It may change when somebody is erased, and never otherwise.
func (c *call) getEvent() error {
	v := c.values()
	if err := v.done(true); err != nil {
		return err
	}
	id, err := c.id()
	if err != nil {
		return err
	}
	e, err := c.tenant.Event(c.ctx(), id)
	if err != nil {
		return err
	}
	return c.writeFixed(c.view(e))
}

func apiRoutes() []route {
	return []route{
		{"GET /api/timeline", Read, (*call).getTimeline},
		{"GET /api/events/{id}", Read, (*call).getEvent},
	}
}
