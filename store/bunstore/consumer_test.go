package bunstore_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/uptrace/bun"

	"github.com/go-activity/activity"
)

// Without a time of the caller's, leases go by the server's.
func TestLeaseByServerClock(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		ctx := t.Context()
		s := migrated(t, address)
		first, second := activity.ID{1}, activity.ID{2}
		before := time.Now()
		c, err := s.TakeConsumer(ctx, activity.ConsumerTake{Name: "mail", Holder: first, Lease: time.Hour})
		if err != nil || c.Holder != first || c.Until.Before(before.Add(time.Hour).Truncate(time.Microsecond)) || c.Until.After(time.Now().Add(time.Hour)) {
			t.Fatalf("taken: %+v, %v", c, err)
		}
		if other, err := s.TakeConsumer(ctx, activity.ConsumerTake{Name: "mail", Holder: second, Lease: time.Hour}); err != nil || cmp.Diff(c, other) != "" {
			t.Errorf("the other one gets %+v, %v", other, err)
		}
		if err := s.ResetConsumer(ctx, activity.ConsumerReset{Name: "mail", Position: 3}); !errors.Is(err, activity.ErrConsuming) {
			t.Errorf("a reset while it is held: %v", err)
		}
		if c, err = s.TakeConsumer(ctx, activity.ConsumerTake{Name: "mail", Holder: first}); err != nil || c.Holder != first {
			t.Fatalf("renewed for no time: %+v, %v", c, err)
		}
		if c, err = s.TakeConsumer(ctx, activity.ConsumerTake{Name: "mail", Holder: second, Lease: time.Hour}); err != nil || c.Holder != second {
			t.Errorf("after the end of the lease: %+v, %v", c, err)
		}
	})
}

// How far a consumer has come is stored with what the host has made of it, or neither is.
func TestMoveConsumerInHostTransaction(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		ctx := t.Context()
		s := migrated(t, address)
		holder := activity.ID{1}
		take := activity.ConsumerTake{Name: "mail", Holder: holder, Lease: time.Minute, Now: epoch}
		if _, err := s.TakeConsumer(ctx, take); err != nil {
			t.Fatal(err)
		}
		parked := activity.Parked{Position: 6, Through: 8, Error: `"{}\`, At: epoch}
		move := activity.ConsumerMove{Name: "mail", Holder: holder, Position: 8, Failures: 2, Error: "no", RetryAt: epoch.Add(time.Second),
			Park: []activity.Parked{{Position: 6, Through: 6}, {Position: 5, Through: 5}, parked}}
		for _, keep := range []bool{false, true} {
			err := s.DB().RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
				if err := s.Tx(tx).MoveConsumer(ctx, move); err != nil {
					return err
				}
				if !keep {
					return errUndo
				}
				return nil
			})
			if err != nil && !(errors.Is(err, errUndo) && !keep) {
				t.Fatal(err)
			}
			all, err := s.Consumers(ctx)
			if err != nil || len(all) != 1 {
				t.Fatalf("consumers: %v, %v", all, err)
			}
			want := activity.ConsumerState{Name: "mail", Holder: holder, Until: epoch.Add(time.Minute)}
			if keep {
				want.Position, want.Failures, want.Error, want.RetryAt, want.Parked = 8, 2, "no", move.RetryAt, 2
			}
			if diff := cmp.Diff(want, all[0]); diff != "" {
				t.Errorf("kept %v: (-want +got)\n%s", keep, diff)
			}
		}
		got, err := s.Parked(ctx, "mail", 5, 10)
		if diff := cmp.Diff([]activity.Parked{parked}, got); diff != "" || err != nil {
			t.Errorf("parked (-want +got)\n%s%v", diff, err)
		}
		move.Holder = activity.ID{7}
		if err := s.MoveConsumer(ctx, move); !errors.Is(err, activity.ErrNotHolder) {
			t.Errorf("another one moves it: %v", err)
		}
		if err := s.Unpark(ctx, "mail", 6); err != nil {
			t.Error(err)
		}
		if err := s.Unpark(ctx, "mail", 6); !errors.Is(err, activity.ErrNotFound) {
			t.Errorf("unparked twice: %v", err)
		}
		if err := s.ResetConsumer(ctx, activity.ConsumerReset{Name: "mail", Position: 3, Now: epoch.Add(time.Hour)}); err != nil {
			t.Error(err)
		}
		if all, err := s.Consumers(ctx); err != nil || cmp.Diff([]activity.ConsumerState{{Name: "mail", Position: 3, Parked: 1}}, all) != "" {
			t.Errorf("after the reset: %+v, %v", all, err)
		}
	})
}
