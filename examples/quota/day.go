package main

import (
	"context"
	"errors"
	"time"

	"github.com/go-activity/activity"
)

// The chapters of the day, in their order.

// fill fills the hour of an identity, and waits for room.
func (t *tool) fill(ctx context.Context) error {
	t.page.title("An identity may send 20 in an hour and 80 in a day")
	for i, n := range []int64{8, 7, 5} {
		t.at(9, 20*i)
		if err := t.sends(ctx, n, ben, benID); err != nil {
			return err
		}
	}
	t.at(9, 50)
	if _, err := t.wants(ctx, 25, ben, benID); err != nil {
		return err
	}
	retry, err := t.wants(ctx, 5, ben, benID)
	if err != nil {
		return err
	}
	t.clock = retry
	t.page.line("The first 8 have left the hour, and not yet the day")
	return t.sends(ctx, 5, ben, benID)
}

// reserve holds invitations until it is known how many are sent.
func (t *tool) reserve(ctx context.Context) error {
	t.page.title("A reservation is committed for less")
	ctx = activity.WithActor(ctx, eve)
	t.at(10, 30)
	reservation, err := t.acme.Reserve(ctx, 10, t.identity(eveID), t.workspace())
	if err != nil {
		return err
	}
	t.page.line("Eve opens a page of 10 people, and reserves as many")
	if err := t.show(ctx, t.identity(eveID)); err != nil {
		return err
	}

	t.at(10, 33)
	if err := reservation.Commit(ctx, 6); err != nil { // or reservation.With(store.Tx(tx)), with what is stored of them
		return err
	}
	t.page.line("4 of them are contacts already: 6 are sent, and 4 are free at once")
	return t.show(ctx, t.identity(eveID))
}

// expire leaves a reservation to itself.
func (t *tool) expire(ctx context.Context) error {
	t.page.title("A reservation expires")
	t.at(10, 40)
	lost, err := t.acme.Reserve(activity.WithActor(ctx, eve), 12, t.identity(eveID), t.workspace())
	if err != nil {
		return err
	}
	t.page.line("Eve reserves 12, and her process is killed")
	if err := t.show(ctx, t.identity(eveID)); err != nil {
		return err
	}

	t.at(10, 45)
	retry, err := t.wants(ctx, 5, eve, eveID)
	if err != nil {
		return err
	}
	t.clock = retry
	t.page.line("The reservation has expired")
	if err := t.sends(ctx, 5, eve, eveID); err != nil {
		return err
	}
	if err := lost.Commit(ctx, 12); !errors.Is(err, activity.ErrHoldExpired) {
		return errors.Join(errors.New("what has expired can be committed"), err)
	}
	t.page.line("The process was only slow. It commits 12: too late, nothing is charged")
	return nil
}

// allOrNone charges an identity that has room, and a workspace that has none.
func (t *tool) allOrNone(ctx context.Context) error {
	t.page.title("Several meters at once, all or nothing")
	t.at(11, 0)
	if _, err := t.wants(ctx, 10, ana, anaID); err != nil {
		return err
	}
	t.page.line("Nothing is charged to Ana's identity, which has room")
	if err := t.show(ctx, t.identity(anaID), t.workspace()); err != nil {
		return err
	}

	t.at(11, 10)
	t.plan = "Pro"
	t.page.line("Acme buys the plan Pro, whose limit counts at once")
	if err := t.sends(ctx, 10, ana, anaID); err != nil {
		return err
	}
	return t.show(ctx, t.workspace())
}

// afternoon sends as much as is admitted. Who is refused does not try again before there is room.
func (t *tool) afternoon(ctx context.Context) error {
	t.page.title("A campaign sends what is admitted, before and after lunch")
	batches := []struct {
		id activity.Entity
		n  int64
	}{{anaID, 5}, {benID, 4}, {eveID, 3}}
	wait, sent, waits := map[activity.Entity]time.Time{}, int64(0), 0
	for t.at(12, 0); t.clock.Hour() < 18; t.clock = t.clock.Add(10 * time.Minute) {
		if t.clock.Hour() == 14 || t.clock.Hour() == 15 {
			continue
		}
		for _, batch := range batches {
			if t.clock.Before(wait[batch.id]) {
				continue
			}
			err := t.send(ctx, batch.n, campaign, batch.id)
			if refused, ok := errors.AsType[*activity.QuotaError](err); ok {
				wait[batch.id] = refused.RetryAt
				waits++
				if refused.Window >= 24*time.Hour {
					t.page.line("%s waits", batch.id.Name())
					t.page.refusal(refused)
				}
				continue
			}
			if err != nil {
				return err
			}
			sent += batch.n
		}
	}
	t.page.line("The campaign has sent %d, and waited %d times", sent, waits)
	return t.show(ctx, t.identity(anaID), t.identity(benID), t.identity(eveID), t.workspace())
}

// who says who used what the workspace has.
func (t *tool) who(ctx context.Context) error {
	t.page.title("Who used it")
	by, err := t.workspace().By(ctx)
	if err != nil {
		return err
	}
	t.page.shares(by)
	return nil
}

// chart draws the day of the workspace, by the clocks on the walls of Madrid.
func (t *tool) chart(ctx context.Context) error {
	year, month, day := t.clock.Date()
	midnight := time.Date(year, month, day, 0, 0, 0, 0, t.clock.Location())
	hours, err := t.workspace().History(ctx, midnight, midnight.AddDate(0, 0, 1), time.Hour)
	if err != nil {
		return err
	}
	t.page.title(midnight.Format("Invitations of Acme on Monday 2 January, by the hour in Madrid"))
	t.page.chart(hours)
	return nil
}
