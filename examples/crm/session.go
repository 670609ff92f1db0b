package main

import (
	"bytes"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-activity/activity"
)

// session is for whom a request is. A real host would have it from somebody who signed in.
type session struct {
	workspace workspace
	member    member
	locale    string
}

// The cookies of a session.
const (
	workspaceCookie = "crm_workspace"
	userCookie      = "crm_user"
	languageCookie  = "crm_language"
)

// sessionOf reads the cookies. What is not known in them is as if it were not there.
func sessionOf(r *http.Request) session {
	value := func(name string) string {
		cookie, err := r.Cookie(name)
		if err != nil {
			return ""
		}
		return cookie.Value
	}
	s := session{workspace: workspaceOf(value(workspaceCookie)), locale: "en"}
	s.member = s.workspace.memberOf(value(userCookie))
	if value(languageCookie) == "es" {
		s.locale = "es"
	}
	return s
}

func actorOf(r *http.Request) activity.Entity { return sessionOf(r).member.Entity }

func actorsOf(r *http.Request) []activity.Entity { return sessionOf(r).workspace.actors() }

// switchTo sets the cookies and goes back to where one was; but with another workspace to the start, because what was looked
// at is in the one before.
func (q *request) switchTo() error {
	for cookie, field := range map[string]string{workspaceCookie: "workspace", userCookie: "user", languageCookie: "language"} {
		http.SetCookie(q.w, &http.Cookie{
			Name: cookie, Value: url.QueryEscape(q.text(field, "")), Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, MaxAge: 365 * 24 * 3600,
		})
	}
	back := ownPath(q.text("back", ""))
	switch {
	case workspaceOf(q.text("workspace", "")).id == q.workspace.id:
		return q.to(back)
	case strings.HasPrefix(back, "/activity/"):
		return q.to("/activity/")
	}
	return q.to("/")
}

// ownPath returns an address of this host, or that of its start if it is of another one.
func ownPath(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(address, "/") || strings.HasPrefix(address, "//") || strings.Contains(address, `\`) {
		return "/"
	}
	return address
}

// choice is an option of a select.
type choice struct {
	Value, Label string
	Chosen       bool
}

// bar is what the header shows.
type bar struct {
	words
	Back                        string
	Workspaces, Users, Language []choice
}

// header is the bar on top of every page: the links of the CRM, and who looks at what.
func header(r *http.Request) template.HTML {
	s := sessionOf(r)
	b := bar{words: words{s.locale}, Back: r.URL.RequestURI()}
	for _, w := range workspaces {
		b.Workspaces = append(b.Workspaces, choice{w.id, w.name, w.id == s.workspace.id})
	}
	for _, m := range s.workspace.members {
		label := m.Name()
		if m.role == viewer {
			label += " (" + b.T("reads only") + ")"
		}
		b.Users = append(b.Users, choice{m.ID, label, m.ID == s.member.ID})
	}
	b.Language = []choice{{"en", "English", s.locale == "en"}, {"es", "Español", s.locale == "es"}}
	var out bytes.Buffer
	if err := templates.ExecuteTemplate(&out, "bar", b); err != nil {
		panic(err) // it is written to memory, from data of these types: the template is wrong
	}
	return template.HTML(out.String())
}
