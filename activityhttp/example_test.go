package activityhttp_test

import (
	"context"
	"fmt"
	"html/template"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/activityhttp"
	"github.com/go-activity/activity/store/memstore"
)

// user is somebody who is signed in to the host.
type user struct{ ID, Name, Workspace, Role string }

func (u *user) may(p activityhttp.Permission) bool {
	return u.Role == "admin" || p == activityhttp.Read
}

// signedIn is the host's own way of knowing who makes a request.
func signedIn(r *http.Request) *user {
	if r.Header.Get("Authorization") == "" {
		return nil
	}
	return &user{ID: "ana@acme.test", Name: "Ana", Workspace: "acme", Role: "viewer"}
}

func workspaceOf(r *http.Request) string {
	if u := signedIn(r); u != nil {
		return u.Workspace
	}
	return ""
}

func userOf(r *http.Request) activity.Entity {
	if u := signedIn(r); u != nil {
		return activity.User(u.ID, u.Name)
	}
	return activity.Entity{}
}

func mayDo(r *http.Request, p activityhttp.Permission) bool { return signedIn(r).may(p) }

// The pages and the API are mounted with one line. Here a viewer looks at what happened.
func Example() {
	journal, err := activity.New(memstore.New(), nil)
	if err != nil {
		log.Fatal(err)
	}
	globex := activity.Entity{Kind: "account", ID: "42", Label: "Globex"}
	_, err = journal.Tenant("acme").Record(context.Background(), activity.NoteOn(globex, "wants a pilot").By(activity.User("ben", "Ben")))
	if err != nil {
		log.Fatal(err)
	}

	mux := http.NewServeMux()
	mux.Handle("/activity/", activityhttp.New(journal, activityhttp.Options{Tenant: workspaceOf, Actor: userOf, Authorize: mayDo}))

	for _, path := range []string{"/activity/feed", "/activity/api/timeline?about=account:42"} {
		request := httptest.NewRequest(http.MethodGet, path, nil)
		request.Header.Set("Authorization", "…")
		answer := httptest.NewRecorder()
		mux.ServeHTTP(answer, request)
		fmt.Println(answer.Code, answer.Header().Get("Content-Type"), strings.Contains(answer.Body.String(), "wants a pilot"))
	}
	// Output:
	// 200 text/html; charset=utf-8 true
	// 200 application/json true
}

// A server that shuts down ends the streams, which would go on for ever.
func ExampleHandler_Close() {
	journal, err := activity.New(memstore.New(), nil)
	if err != nil {
		log.Fatal(err)
	}
	handler := activityhttp.New(journal, activityhttp.Options{Tenant: workspaceOf, Actor: userOf, Authorize: mayDo})
	server := &http.Server{Addr: "127.0.0.1:8080", Handler: handler}
	server.RegisterOnShutdown(handler.Close)
	fmt.Println(server.Shutdown(context.Background()))
	// Output: <nil>
}

// The code of docs/http.md that is not above.
func guideOptions(journal *activity.Journal, translate func(locale, label string) string, restore func(ctx context.Context, tenant string, change activity.Change) error) *activityhttp.Handler {
	return activityhttp.New(journal, activityhttp.Options{
		Tenant: workspaceOf, Actor: userOf, Authorize: mayDo,
		Title: "Acme CRM",
		Header: func(r *http.Request) template.HTML {
			return `<nav class="host-nav"><a href="/">Acme CRM</a> <a href="/accounts">Accounts</a></nav>`
		},
		Locale:     func(r *http.Request) string { return "es" }, // else what the browser prefers
		Translate:  translate,                                    // the labels of your types, kinds and categories
		Attributes: []string{"template"},                         // of tasks, to filter by
		Undo:       restore,                                      // brings one record back: see Tenant.Revert
	})
}

var _ = guideOptions
