// Package activityhttp shows activity to the users of a host: as pages, as JSON, and live.
//
// One line mounts it:
//
//	mux.Handle("/activity/", activityhttp.New(journal, activityhttp.Options{
//		Tenant:    func(r *http.Request) string { return workspaceOf(r) },
//		Actor:     func(r *http.Request) activity.Entity { return userOf(r) },
//		Authorize: func(r *http.Request, p activityhttp.Permission) bool { return roleOf(r).May(p) },
//	}))
//
// The pages are made on the server, need no build step, ask no other host for anything, and work without JavaScript;
// with it they are live. They are, below [Options.Path]:
//
//	/                  the tasks, by tabs, with their filters in the address
//	/tasks/{id}        the report of a task
//	/feed              what happened, newest first
//	/events/{id}       an event with everything that is known of it
//	/entity            the timeline of an account, a contact, …: ?of=account:42
//	/usage             quotas: how much is used, by whom, and when
//	/search            entities by name
//
// The JSON API stands below /api; /api/openapi.json describes it (OpenAPI 3.1). Errors are problem details (RFC 9457).
// /api/stream sends events as they get their place in the ledger (server-sent events), and goes on after the last
// one that a client has seen. Its positions count the events of all tenants, so they tell how much others record; the pages show
// the place in the tenant's own ledger.
//
// # Safety
//
// Everything is looked up within the tenant of the request; what belongs to another one is not found. What changes
// something is a POST, refused from other origins (see [http.CrossOriginProtection]). Pages come with a content
// security policy that allows no script in a page, and none from another origin. Bodies, pages and streams are limited. Errors of the
// server tell nothing but that they are; they are logged.
package activityhttp
