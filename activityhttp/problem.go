package activityhttp

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/go-activity/activity"
)

// problem is an error as problem details (RFC 9457).
type problem struct {
	status int
	title  string
	detail string // what is wrong with this request, for who made it
	field  string // the input that is bad, if one is
	retry  time.Time
}

// Error implements error.
func (p *problem) Error() string { return p.title + ": " + p.detail }

// badInput is the problem of a parameter or a field of a body.
func badInput(field, reason string) error {
	return &problem{status: http.StatusBadRequest, title: "Bad request", field: field, detail: field + " " + reason}
}

// problemOf turns an error into what may be told of it. Errors of the server have no detail.
func problemOf(err error) *problem {
	if p, ok := errors.AsType[*problem](err); ok {
		return p
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &problem{status: http.StatusRequestEntityTooLarge, title: "Body too large"}
	}
	if invalid, ok := errors.AsType[*activity.InvalidError](err); ok {
		return &problem{status: http.StatusBadRequest, title: "Bad request", field: invalid.Field, detail: invalid.Field + " " + invalid.Reason}
	}
	if quota, ok := errors.AsType[*activity.QuotaError](err); ok {
		return &problem{status: http.StatusTooManyRequests, title: "Quota exceeded", detail: quota.Quota, retry: quota.RetryAt}
	}
	for _, known := range []struct {
		err    error
		status int
		title  string
	}{
		{activity.ErrNotFound, http.StatusNotFound, "Not found"},
		{activity.ErrTransition, http.StatusConflict, "Not possible in this state"},
		{activity.ErrWaiting, http.StatusConflict, "Has to wait"},
		{activity.ErrKeyConflict, http.StatusConflict, "Key was used for something else"},
		{activity.ErrInvalidCursor, http.StatusBadRequest, "Cursor of another list"},
		{activity.ErrTooBroad, http.StatusBadRequest, "Too broad"},
		{activity.ErrInvalid, http.StatusBadRequest, "Bad request"},
		{activity.ErrGone, http.StatusGone, "Gone"},
		{activity.ErrAhead, http.StatusGone, "Not a position of this ledger"},
		{activity.ErrTampered, http.StatusConflict, "Not what was recorded"},
		{activity.ErrClosed, http.StatusServiceUnavailable, "Closed"},
	} {
		if errors.Is(err, known.err) {
			return &problem{status: known.status, title: known.title}
		}
	}
	return &problem{status: http.StatusInternalServerError, title: "Internal error"}
}

// fail answers with an error: as problem details in the API, and as a page elsewhere.
func (c *call) fail(err error) {
	if c.r.Context().Err() != nil && errors.Is(err, context.Canceled) {
		return // nobody listens any more
	}
	p := problemOf(err)
	if _, meant := errors.AsType[*problem](err); p.status >= 500 && !meant {
		c.options.Logger.LogAttrs(c.r.Context(), slog.LevelError, "activityhttp: serving",
			slog.String("method", c.r.Method), slog.String("path", c.r.URL.Path), slog.Any("error", err))
	}
	if !p.retry.IsZero() {
		seconds := int(p.retry.Sub(c.options.Now()).Seconds()) + 1
		c.w.Header().Set("Retry-After", strconv.Itoa(max(seconds, 1)))
	}
	if !c.api {
		c.errorPage(p)
		return
	}
	body, _ := json.Marshal(struct { // of texts and numbers
		Type   string `json:"type"`
		Title  string `json:"title"`
		Status int    `json:"status"`
		Detail string `json:"detail,omitempty"`
		Field  string `json:"field,omitempty"`
	}{"about:blank", p.title, p.status, p.detail, p.field})
	c.w.Header().Set("Content-Type", "application/problem+json")
	c.w.WriteHeader(p.status)
	_, _ = c.w.Write(body)
}
