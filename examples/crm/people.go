package main

import (
	"slices"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/activityhttp"
)

// workspace is a tenant of the CRM, with those who work in it.
type workspace struct {
	id, name   string
	members    []member
	identities []activity.Entity // through which the CRM acts for them
}

// member is somebody who works in a workspace.
type member struct {
	activity.Entity
	role role
}

// role is what a member may do.
type role string

const (
	editor role = "editor" // everything
	viewer role = "viewer" // reads only
)

// may reports whether a role may do something with activity.
func (r role) may(p activityhttp.Permission) bool { return r == editor || p == activityhttp.Read }

// The members and the identities.
var (
	ana   = activity.User("ana", "Ana Ruiz")
	ben   = activity.User("ben", "Ben Okafor")
	chloe = activity.User("chloe", "Chloé Martin")
	vera  = activity.User("vera", "Vera Lang")
	peter = activity.User("peter", "Peter Gibbons")
	joana = activity.User("joana", "Joana Sá")

	anaOnLinkedIn   = activity.Identity("linkedin:ana", "Ana on LinkedIn")
	benOnLinkedIn   = activity.Identity("linkedin:ben", "Ben on LinkedIn")
	anaByEmail      = activity.Identity("mailto:ana@acme.test", "Ana’s mailbox")
	benByEmail      = activity.Identity("mailto:ben@acme.test", "Ben’s mailbox")
	peterOnLinkedIn = activity.Identity("linkedin:peter", "Peter on LinkedIn")
	peterByEmail    = activity.Identity("mailto:peter@initech.test", "Peter’s mailbox")
)

// The subsystems of the CRM.
var (
	radar     = activity.System("Radar")     // watches companies
	mail      = activity.System("Mail")      // hears of the provider what becomes of emails
	scheduled = activity.System("Scheduler") // starts what nobody started
	gatherer  = activity.System("Enricher")  // asks others what they know
)

var workspaces = []workspace{
	{
		id: "acme", name: "Acme",
		members:    []member{{ana, editor}, {ben, editor}, {chloe, editor}, {vera, viewer}},
		identities: []activity.Entity{anaOnLinkedIn, benOnLinkedIn, anaByEmail, benByEmail},
	},
	{
		id: "initech", name: "Initech",
		members:    []member{{peter, editor}, {joana, viewer}},
		identities: []activity.Entity{peterOnLinkedIn, peterByEmail},
	},
}

// workspaceOf returns a workspace, the first one if there is none of that name.
func workspaceOf(id string) workspace {
	if i := slices.IndexFunc(workspaces, func(w workspace) bool { return w.id == id }); i >= 0 {
		return workspaces[i]
	}
	return workspaces[0]
}

// memberOf returns a member of a workspace, the first one if there is none of that ID.
func (w workspace) memberOf(id string) member {
	if i := slices.IndexFunc(w.members, func(m member) bool { return m.ID == id }); i >= 0 {
		return w.members[i]
	}
	return w.members[0]
}

// editors are those who do something.
func (w workspace) editors() []activity.Entity {
	var all []activity.Entity
	for _, m := range w.members {
		if m.role == editor {
			all = append(all, m.Entity)
		}
	}
	return all
}

// by returns the identities of a kind: "linkedin", "mailto".
func (w workspace) by(scheme string) []activity.Entity {
	return slices.DeleteFunc(slices.Clone(w.identities), func(e activity.Entity) bool { return len(e.ID) < len(scheme) || e.ID[:len(scheme)] != scheme })
}

// actors are those who may have started a task.
func (w workspace) actors() []activity.Entity {
	all := slices.Clone(w.identities)
	for _, m := range slices.Backward(w.members) {
		all = slices.Insert(all, 0, m.Entity)
	}
	return append(all, scheduled)
}
