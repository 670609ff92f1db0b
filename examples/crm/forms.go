package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/uptrace/bun"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/examples/crm/contacts"
	"github.com/go-activity/activity/store/bunstore"
)

// text returns what was written into a field, or what is taken if it is empty.
func (q *request) text(field, otherwise string) string {
	if text := strings.TrimSpace(q.r.PostFormValue(field)); text != "" {
		return text
	}
	return otherwise
}

// queue queues a task, and goes to its report.
func (q *request) queue(spec activity.TaskSpec) error {
	task, err := q.enqueue(q.ctx(), q.tenant, spec)
	if err != nil {
		return err
	}
	return q.to("/activity/tasks/" + task.ID.String())
}

func (q *request) importFile() error {
	spec, err := importOf(q.text("file", ""), q.member.Entity, q.text("preview", "") != "")
	if err != nil {
		return err
	}
	return q.queue(spec)
}

func (q *request) export() error {
	kind, object := "export_contacts", "contact"
	if q.text("object", "") == "companies" {
		kind, object = "export_companies", "account"
	}
	rows, err := q.records.list(q.ctx(), q.workspace.id, object, "", most)
	if err != nil {
		return err
	}
	return q.queue(activity.TaskSpec{Kind: kind, Title: q.T("Export"), Actor: q.member.Entity, Exclusive: exclusiveCRM, Total: int64(len(rows))})
}

func (q *request) scrape() error {
	return q.queue(activity.TaskSpec{Kind: "scraping", Title: q.text("title", "Members of a group"), Actor: q.member.Entity, Total: scrapeAll})
}

func (q *request) search() error {
	return q.queue(activity.TaskSpec{Kind: "search", Title: q.text("title", "Founders"), Actor: q.member.Entity, Total: lastPage * perPage})
}

func (q *request) nextPage() error {
	id, err := activity.ParseID(q.text("task", ""))
	if err != nil {
		return err
	}
	if err := q.crm.nextPage(q.ctx(), q.tenant, id); err != nil {
		return err
	}
	return q.to("/activity/tasks/" + id.String())
}

func (q *request) invite() error {
	identities := q.workspace.by("linkedin")
	i := slices.IndexFunc(identities, func(e activity.Entity) bool { return e.ID == q.text("identity", "") })
	n, err := strconv.Atoi(q.text("count", "5"))
	if i < 0 || err != nil || n < 1 || n > 50 {
		return fmt.Errorf("%w: who invites, or how many, from 1 to 50", activity.ErrInvalid)
	}
	people, err := q.records.list(q.ctx(), q.workspace.id, "contact", "", n)
	if err != nil {
		return err
	}
	spec, err := reachOf("linkedin_invitation", identities[i], "Invitations by hand", people)
	if err != nil {
		return err
	}
	return q.queue(spec)
}

// enrich goes through contacts, or says what it would do.
func (q *request) enrich() error {
	people, err := q.records.list(q.ctx(), q.workspace.id, "contact", "", 30)
	if err != nil {
		return err
	}
	in := leads{}
	for _, r := range people {
		in.Contacts = append(in.Contacts, r.ID)
	}
	input, err := json.Marshal(in)
	if err != nil {
		return err
	}
	return q.queue(activity.TaskSpec{
		Kind: "enrichment", Title: "Contacts by name", Actor: q.member.Entity, Preview: q.text("preview", "") != "", Total: int64(len(people)), Input: input,
	})
}

// update does what a preview has said.
func (q *request) update() error {
	id, err := activity.ParseID(q.text("task", ""))
	if err != nil {
		return err
	}
	preview, err := q.tenant.Task(q.ctx(), id)
	if err != nil {
		return err
	}
	if !preview.Preview || preview.Status != activity.StatusCompleted {
		return fmt.Errorf("%w: it is no preview that came to its end", activity.ErrInvalid)
	}
	if _, ok := q.works()[preview.Kind]; !ok || preview.Input == nil {
		return fmt.Errorf("%w: it is a preview of another program", activity.ErrInvalid)
	}
	return q.queue(activity.TaskSpec{
		Kind: preview.Kind, Title: preview.Title, Actor: q.member.Entity, RetryOf: id, Total: preview.Total, Input: preview.Input, Attributes: preview.Attributes,
	})
}

// act does something with a contact: what is stored of it, and what is recorded, is one transaction.
func (q *request) act() error {
	address := "/contacts/" + q.r.PathValue("id")
	err := q.records.inTx(q.ctx(), func(ctx context.Context, tx bun.Tx, store *bunstore.Store) error {
		r, err := q.records.find(ctx, tx, q.workspace.id, "contact", q.r.PathValue("id"))
		if err != nil {
			return err
		}
		contact, err := q.records.contact(ctx, tx, r)
		if err != nil {
			return err
		}
		tenant, by := q.journal.With(store).Tenant(q.workspace.id), q.member.Entity
		switch q.r.PathValue("action") {
		case "archive":
			r.Archived = true
			_, err = contacts.Archive(ctx, tenant, contact, by, q.text("reason", ""))
			return errors.Join(err, put(ctx, tx, r))
		case "delete":
			address = "/contacts"
			_, err = contacts.Delete(ctx, tenant, contact, by, q.text("reason", ""))
			return errors.Join(err, remove(ctx, tx, r))
		case "invite":
			_, err = contacts.Invite(ctx, tenant, contact, by, q.text("email", ""))
		case "message":
			_, err = contacts.Message(ctx, tenant, contact, by, q.text("channel", ""), q.text("text", ""))
		case "share":
			var with []string
			for address := range strings.SplitSeq(q.text("with", ""), ",") {
				with = append(with, strings.TrimSpace(address))
			}
			_, err = contacts.Share(ctx, tenant, contact, by, with...)
		case "comment":
			var mentions []activity.Entity
			for _, e := range q.workspace.editors() {
				if e.ID == q.text("mention", "") {
					mentions = append(mentions, e)
				}
			}
			_, err = contacts.Comment(ctx, tenant, contact, by, q.text("text", ""), mentions...)
		default:
			return activity.ErrNotFound
		}
		return err
	})
	if err != nil {
		return err
	}
	return q.to(address)
}
