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
func (c *call) write(body any) error { return c.writeAs(http.StatusOK, body) }

func (c *call) writeAs(status int, body any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	c.w.Header().Set("Content-Type", "application/json")
	c.w.WriteHeader(status)
	_, _ = c.w.Write(data) // an error means that nobody listens any more
	return nil
}

// writeNew answers with what was made, and where it is in the API.
func (c *call) writeNew(path string, body any) error {
	c.w.Header().Set("Location", c.options.Path+"/api"+path)
	return c.writeAs(http.StatusCreated, body)
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

// onlyID returns the ID in the path of a request that has no parameters of its own.
func (c *call) onlyID() (activity.ID, error) {
	v := c.values()
	if err := v.done(true); err != nil {
		return activity.ID{}, err
	}
	return c.id()
}

func apiRoutes() []route {
	return []route{
		{"GET /api/timeline", Read, (*call).getTimeline},
		{"GET /api/facets", Read, (*call).getFacets},
		{"GET /api/events/{id}", Read, (*call).getEvent},
		{"GET /api/events/{id}/entry", Read, (*call).getEntry},
		{"GET /api/events/{id}/proof", Read, (*call).getProof},
		{"GET /api/checkpoint", Read, (*call).getCheckpoint},
		{"GET /api/stream", Read, (*call).getStream},
		{"POST /api/comments", Comment, (*call).postComment},

		{"GET /api/tasks", Read, (*call).getTasks},
		{"GET /api/tasks/facets", Read, (*call).getTaskFacets},
		{"GET /api/tasks/{id}", Read, (*call).getTask},
		{"GET /api/tasks/{id}/report", Read, (*call).getReport},
		{"GET /api/tasks/{id}/outcomes", Read, (*call).getOutcomes},
		{"GET /api/tasks/{id}/report.csv", Download, (*call).getReportFile},
		{"POST /api/tasks/{id}/cancel", Cancel, (*call).postCancel},
		{"POST /api/tasks/{id}/rerun", Rerun, (*call).postRerun},

		{"GET /api/usage", Read, (*call).getUsage},
		{"GET /api/usage/history", Read, (*call).getUsageHistory},
		{"GET /api/usage/by", Read, (*call).getUsedBy},

		{"GET /api/lookup", Read, (*call).getLookup},
		{"GET /api/relations", Read, (*call).getRelations},
		{"GET /api/unread", Read, (*call).getUnread},
		{"POST /api/read", Read, (*call).postRead},

		{"GET /api/openapi.json", Read, (*call).getOpenAPI},
	}
}
