package main

import (
	"context"
	"errors"
	"strings"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/examples/crm/catalogue"
)

// What somebody writes who wants a page to do what it should not. Each must come out as the text that it is.
const (
	hostileScript = `<script>alert(1)</script>`
	hostileImage  = `"'><img src=x onerror=alert(1)>`
	hostileLink   = `javascript:alert(1)`
	hostileQuotes = "O'Neil \"Q\" `b` &amp; {{.}} \\"
	hostileOrder  = "\u202eexe.tnemyap" // what follows is read from right to left, and it is not ended
)

var (
	hostileLong = strings.Repeat("W", activity.MaxText)

	hostileUser    = activity.User(hostileScript, hostileImage)
	hostileContact = catalogue.Contact(hostileLink, hostileScript)
	hostileAccount = catalogue.Account(`a/b?c=d&e#f:"g`, hostileOrder)
	hostileKind    = activity.Entity{Kind: `<b>"kind"</b>`, ID: hostileLong, Label: hostileLong}
	hostileDeal    = catalogue.Deal(hostileQuotes, hostileQuotes)
	hostileEvent   = activity.Entity{Kind: activity.EventKind, ID: hostileImage, Label: hostileScript}
	hostileGone    = activity.Entity{Kind: hostileScript, ID: hostileQuotes, Label: hostileQuotes} // which is erased: its kind stays
)

// hostileEvents are events with such texts in every field.
func hostileEvents() []activity.Draft {
	var drafts []activity.Draft
	for _, text := range []string{hostileScript, hostileImage, hostileLink, hostileQuotes, hostileOrder, hostileLong} {
		drafts = append(drafts,
			noteOf(text).By(hostileUser).About(hostileContact, hostileAccount, hostileKind, hostileDeal, hostileEvent),
			catalogue.DealStageChanged.New(catalogue.StageChange{From: text, To: text}).By(hostileUser).About(hostileDeal, hostileAccount),
			catalogue.EmailBounced.New(catalogue.BouncedEmail{Subject: text, Address: text, Reason: text}).By(hostileKind).About(hostileContact),
			activity.CommentOn(hostileContact, text).By(hostileUser),
			catalogue.DealWon.New(catalogue.WonDeal{Currency: text}).By(hostileEvent).About(hostileContact, hostileGone),
		)
	}
	return drafts
}

// hostileTasks are a task that completes and one that fails, with such texts in every field.
func hostileTasks(ctx context.Context, acme activity.Tenant) error {
	spec := activity.TaskSpec{
		Kind: "import_contacts", Title: hostileImage, Actor: hostileUser, About: []activity.Entity{hostileContact, hostileKind},
		Attributes: map[string]string{"template": hostileScript, hostileImage: hostileLink},
	}
	_, err := acme.Do(ctx, spec, func(ctx context.Context, run *activity.Run) error {
		for i, text := range []string{hostileScript, hostileImage, hostileLink, hostileQuotes, hostileOrder, hostileLong} {
			err := run.Report(ctx, activity.Outcome{
				Kind: "updated", Row: int64(i + 1), Record: hostileContact, Message: text, Link: hostileLink,
				Before: map[string]any{hostileScript: text, "list": []any{text}}, After: map[string]any{hostileScript: text + "!", "list": map[string]any{text: text}},
				Extra: map[string]any{hostileImage: text},
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	bad := errors.New(hostileImage + "\n" + hostileScript)
	spec.Title = hostileLong
	if _, err := acme.Do(ctx, spec, func(context.Context, *activity.Run) error { return bad }); !errors.Is(err, bad) {
		return err
	}
	spec.Title = hostileOrder
	task, err := acme.Enqueue(ctx, spec)
	if err != nil {
		return err
	}
	_, err = acme.Cancel(ctx, task.ID, hostileUser, hostileScript)
	return err
}
