package main

import (
	"net/http"
	"strings"
	"time"

	"github.com/go-activity/activity"
)

// startPage is the page that one begins with: forms to start tasks, and what is open.
type startPage struct {
	Files      []string
	Identities []activity.Entity
	Searches   []activity.Task
	Previews   []activity.Task
	Latest     []line
}

func (q *request) start() error {
	body := startPage{Files: fileNames(), Identities: q.workspace.by("linkedin")}
	searches, err := q.tenant.Tasks(q.ctx(), activity.TaskQuery{Kinds: []string{"search"}, Statuses: []activity.Status{activity.StatusProcessing}, Limit: 5})
	if err != nil {
		return err
	}
	body.Searches = searches.Tasks
	previews, err := q.tenant.Tasks(q.ctx(), activity.TaskQuery{
		Previews: activity.PreviewsOnly, Statuses: []activity.Status{activity.StatusCompleted}, From: time.Now().Add(-30 * 24 * time.Hour), Limit: 5,
	})
	if err != nil {
		return err
	}
	body.Previews = previews.Tasks
	if body.Latest, err = q.lines(activity.Query{Limit: 12}); err != nil {
		return err
	}
	return q.show(http.StatusOK, "start", "CRM", body)
}

// most is how many records a list shows.
const most = 300

// listPage is a list of records.
type listPage struct {
	Kind string // in the plural, as it is in addresses
	Rows []record
	More bool
}

func (q *request) list() error {
	kinds := strings.TrimPrefix(q.r.URL.Path, "/")
	rows, err := q.records.list(q.ctx(), q.workspace.id, strings.TrimSuffix(kinds, "s"), "", most+1)
	if err != nil {
		return err
	}
	title := q.T(strings.ToUpper(kinds[:1]) + kinds[1:])
	return q.show(http.StatusOK, "list", title, listPage{kinds, rows[:min(most, len(rows))], len(rows) > most})
}

// recordPage is an account, a contact or a deal.
type recordPage struct {
	Record   record
	Account  activity.Entity // that it belongs to
	Link     string          // of that
	Activity string          // address of its timeline
	Contacts []record
	Deals    []record
	Below    []activity.Entity
	Mentions []activity.Entity
	Latest   []line
}

func (q *request) record() error {
	kind, _, _ := strings.Cut(strings.TrimPrefix(q.r.URL.Path, "/"), "s/")
	r, err := q.records.find(q.ctx(), q.store.DB(), q.workspace.id, kind, q.r.PathValue("id"))
	if err != nil {
		return err
	}
	body := recordPage{Record: r, Activity: "/activity/entity?of=" + kind + ":" + r.ID, Mentions: q.workspace.editors()}
	contact, err := q.records.contact(q.ctx(), q.store.DB(), r)
	if err != nil {
		return err
	}
	body.Account, body.Link = contact.Account, link(contact.Account)
	if kind == "account" {
		if body.Contacts, err = q.records.list(q.ctx(), r.Workspace, "contact", r.ID, most); err != nil {
			return err
		}
		if body.Deals, err = q.records.list(q.ctx(), r.Workspace, "deal", r.ID, most); err != nil {
			return err
		}
		relations, err := q.tenant.Relations(q.ctx(), r.entity())
		if err != nil {
			return err
		}
		body.Below = relations.Children
	}
	if body.Latest, err = q.lines(activity.Query{About: []activity.Entity{r.entity()}, Limit: 8}); err != nil {
		return err
	}
	return q.show(http.StatusOK, "record", r.Name, body)
}

// Plural is the part of its address that says what it is.
func (r record) Plural() string { return r.Kind + "s" }
