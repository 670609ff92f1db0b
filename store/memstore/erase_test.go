package memstore

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/go-activity/activity"
)

// What is erased of quotas in a transaction is erased with it, and the key of the subject is not in memory any more.
func TestEraseMeters(t *testing.T) {
	ctx := t.Context()
	s := New()
	eve := activity.Entity{Kind: "contact", ID: "7", Label: "Eve"}
	ofEve := activity.QuotaKey{Tenant: "acme", Quota: "calls", SubjectKind: eve.Kind, SubjectID: eve.ID}
	ofAll := activity.QuotaKey{Tenant: "acme", Quota: "calls"}
	now := time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
	windows := []activity.Window{{Length: time.Hour, Limit: 100, Resolution: time.Minute}}
	for id, actor := range map[activity.ID]activity.Entity{{1}: eve, {2}: {}} {
		_, err := s.ChargeQuota(ctx, activity.QuotaRequest{
			Charges: []activity.QuotaCharge{{Key: ofAll, Windows: windows}, {Key: ofEve, Windows: windows}},
			Units:   5, Actor: actor, ID: id, Hold: time.Minute, Clock: func() time.Time { return now },
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	query := activity.EraseQuery{Tenant: "acme", Entity: eve, Limit: 100}
	undone := errors.New("undone")
	err := s.InTx(ctx, func(tx activity.Store) error {
		if erased, err := tx.Erase(ctx, query); err != nil || erased.Uses == 0 {
			t.Errorf("Erase = %+v, %v", erased, err)
		}
		return undone
	})
	if !errors.Is(err, undone) || uses(ctx, t, s, ofEve) != 2 || uses(ctx, t, s, ofAll) != 2 {
		t.Fatalf("after it was undone (%v), the subject has %d uses, and the tenant %d", err, uses(ctx, t, s, ofEve), uses(ctx, t, s, ofAll))
	}
	// Two uses of the subject and its key; one use of the tenant by the actor.
	if erased, err := s.Erase(ctx, query); err != nil || erased.Uses != 4 {
		t.Errorf("Erase = %+v, %v, want 4 uses", erased, err)
	}
	meters := s.state.Load().quotas.meters
	if _, there := meters[ofEve]; there || len(meters) != 1 {
		t.Errorf("the meters are %v", meters)
	}
	for _, h := range meters[ofAll].holds {
		if !h.Actor.IsZero() || h.Units != 5 {
			t.Errorf("held is %+v", h)
		}
	}
	if n := uses(ctx, t, s, ofAll); n != 1 {
		t.Errorf("the tenant has uses by %d actors, want them by nobody", n)
	}
}

func uses(ctx context.Context, t *testing.T, s *Store, key activity.QuotaKey) int {
	t.Helper()
	found, err := s.QuotaUse(ctx, activity.UseQuery{Key: key, From: time.UnixMicro(0), To: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), ByActor: true,
		Clock: func() time.Time { return time.Date(2026, 3, 14, 12, 0, 1, 0, time.UTC) }})
	if err != nil {
		t.Fatal(err)
	}
	return len(found)
}
