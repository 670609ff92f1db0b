package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/go-activity/activity"
)

// someContact returns a contact that has a history.
func someContact(t *testing.T, c *crm, workspace string) record {
	t.Helper()
	all, err := c.records.list(t.Context(), workspace, "contact", "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		if len(events(t, c.journal.Tenant(workspace), activity.Query{About: []activity.Entity{r.entity()}})) > 5 {
			return r
		}
	}
	t.Fatal("no contact has a history")
	return record{}
}

func TestContactActions(t *testing.T) {
	c := seeded(t)
	b := newBrowser(t, c)
	acme := c.journal.Tenant("acme")
	contact := someContact(t, c, "acme")
	at := "/contacts/" + contact.ID
	of := activity.Query{About: []activity.Entity{contact.entity()}}
	for i, test := range []struct {
		form []string
		want string
	}{
		{[]string{"invite", "email", "x@y.test"}, "invited " + contact.Name + " (x@y.test)"},
		{[]string{"message", "channel", "sms", "text", "hello"}, "wrote to " + contact.Name + " by SMS: hello"},
		{[]string{"share", "with", "a@b.test, c@d.test"}, "shared " + contact.Name + " by email with 2 people"},
		{[]string{"comment", "text", "who knows them?", "mention", "ben"}, "commented: who knows them?"},
		{[]string{"archive", "reason", "retired"}, "archived " + contact.Name + ": retired"},
	} {
		if to := b.post(303, at+"/"+test.form[0], test.form[1:]...); to != at {
			t.Errorf("%s leads to %q", test.form[0], to)
		}
		newest := events(t, acme, of)[0]
		if got := c.journal.Summary(newest, "en").Text; got != test.want || !newest.Actor.Is(ana) {
			t.Errorf("%d: %s by %s, want %s", i, got, newest.Actor.Name(), test.want)
		}
	}
	if mentioned := activity.Mentions(events(t, acme, activity.Query{About: of.About, Types: []string{activity.Commented.Name()}})[0]); len(mentioned) != 1 || !mentioned[0].Is(ben) {
		t.Errorf("the comment mentions %v", mentioned)
	}
	if r, err := c.records.find(t.Context(), c.store.DB(), "acme", "contact", contact.ID); err != nil || !r.Archived {
		t.Errorf("the archived contact is %+v, %v", r, err)
	}
	was := len(events(t, acme, of))
	for _, form := range [][]string{{"invite", "email", "nobody"}, {"message", "channel", "fax", "text", "x"}, {"share", "with", ""}, {"comment", "text", " "}, {"delete", "reason", ""}, {"delete", "reason", contact.Name + " asked"}} {
		b.post(400, at+"/"+form[0], form[1:]...)
	}
	b.post(404, at+"/burn")
	if is := len(events(t, acme, of)); is != was {
		t.Errorf("what was refused left %d events", is-was)
	}

	if to := b.post(303, at+"/delete", "reason", "asked to be forgotten"); to != "/contacts" {
		t.Errorf("deleting leads to %q", to)
	}
	b.get(404, at)
	if left := events(t, acme, of); len(left) > 0 {
		t.Errorf("the contact still has %d events", len(left))
	}
	all, err := json.Marshal(events(t, acme, activity.Query{}))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{contact.Name, contact.Email, contact.ID} {
		if strings.Contains(string(all), name) {
			t.Errorf("%q is still in the timeline", name)
		}
	}
	if newest := events(t, acme, activity.Query{Types: []string{"contact.deleted"}})[0]; !newest.Actor.Is(ana) || newest.OccurredAt.Before(filled.now) {
		t.Errorf("the newest deletion is of %v by %s", newest.OccurredAt, newest.Actor.Name())
	}
}
