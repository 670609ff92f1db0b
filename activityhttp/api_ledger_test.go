package activityhttp_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/activityhttp"
	"github.com/go-activity/activity/store/memstore"
)

// TestTags has what hardly ever changes sent once.
func TestTags(t *testing.T) {
	s := newServer(t, memstore.New())
	have := s.seed("acme")
	event, task := "/activity/api/events/"+have.event.String(), "/activity/api/tasks/"+have.ended.String()
	for _, path := range []string{event, event + "/entry", event + "/proof", task, task + "/report", "/activity/api/openapi.json"} {
		tag := s.do("GET", path, "").Header.Get("ETag")
		for _, match := range []string{tag, `"other", W/` + tag, "*"} {
			if a := s.do("GET", path, "", "If-None-Match", match); tag == "" || a.StatusCode != http.StatusNotModified || a.Header.Get("ETag") != tag {
				t.Errorf("%s with %s: %s %s", path, match, a.Status, a.body)
			}
		}
	}
	proof := s.do("GET", event+"/proof", "")
	if a := s.do("GET", event, "", "Accept-Language", "es", "If-None-Match", s.do("GET", event, "").Header.Get("ETag")); a.StatusCode != 200 {
		t.Errorf("in another language: %s", a.Status)
	}
	if a := s.do("GET", "/activity/api/tasks/"+have.queued.String(), ""); a.Header.Get("ETag") != "" {
		t.Error("a task that has not ended has a tag")
	}
	s.record("acme", called.New(call{"the tree grows"}).By(ana).About(account))
	if a := s.do("GET", event+"/proof", "", "If-None-Match", proof.Header.Get("ETag")); a.StatusCode != 200 {
		t.Errorf("the proof of another tree: %s", a.Status)
	}
	tag := s.do("GET", event, "").Header.Get("ETag")
	_, err := s.journal.Tenant("acme").Erase(t.Context(), contact, ana, "asked to")
	check(t, err)
	a := s.do("GET", event, "", "If-None-Match", tag)
	if a.StatusCode != 200 || strings.Contains(a.body, "Carla") || !strings.Contains(a.body, `"erased":true`) {
		t.Errorf("after erasing: %s %s", a.Status, a.body)
	}
}

// TestProofFromTheAPI has a proof hold with the public key alone.
func TestProofFromTheAPI(t *testing.T) {
	s := newServer(t, memstore.New())
	have := s.seed("acme")
	verifier, err := note.NewVerifier(s.public)
	check(t, err)
	proof := get[activity.Proof](s, "/events/"+have.event.String()+"/proof")
	e, err := activity.VerifyProof(proof, verifier)
	if err != nil || e.ID != have.event {
		t.Errorf("VerifyProof = %v, %v", e.ID, err)
	}
	c := get[struct {
		Size       int64
		Root, Note string
	}](s, "/checkpoint")
	parsed, err := activity.ParseCheckpoint([]byte(c.Note), verifier)
	if err != nil || parsed.Size != c.Size || parsed.Root.String() != c.Root {
		t.Errorf("the checkpoint is %+v, %v, and says %+v", parsed, err, c)
	}
}

// TestNoSigner has journals that sign nothing say so.
func TestNoSigner(t *testing.T) {
	store := memstore.New()
	have := newServer(t, store).seed("acme")
	s := newServer(t, store)
	unsigned, err := activity.New(store, &activity.Config{Types: []activity.EventType{called}})
	check(t, err)
	s.Config.Handler = activityhttp.New(unsigned, activityhttp.Options{
		Tenant:    func(*http.Request) string { return "acme" },
		Actor:     func(*http.Request) activity.Entity { return ana },
		Authorize: func(*http.Request, activityhttp.Permission) bool { return true },
	})
	for _, path := range []string{"/checkpoint", fmt.Sprintf("/events/%s/proof", have.event)} {
		if a := s.do("GET", "/activity/api"+path, ""); a.StatusCode != 404 || !strings.Contains(a.body, "No checkpoints") {
			t.Errorf("%s: %s %s", path, a.Status, a.body)
		}
	}
}
