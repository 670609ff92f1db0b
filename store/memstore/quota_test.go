package memstore_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/memstore"
	"github.com/go-activity/activity/store/storetest"
)

// Goroutines that charge two keys in opposite orders, settle, give back and read, by the real clock: no
// window is ever over its limit, and units come free again.
func TestQuotasConcurrently(t *testing.T) {
	store := memstore.New()
	defer store.Close()
	windows := []activity.Window{
		{Length: 20 * time.Millisecond, Limit: 10, Resolution: time.Millisecond}, {Length: 100 * time.Millisecond, Limit: 40, Resolution: 5 * time.Millisecond},
	}
	journal, err := activity.New(store, &activity.Config{Quotas: []activity.Quota{{Name: "a", Windows: windows}, {Name: "b", Windows: windows}}})
	if err != nil {
		t.Fatal(err)
	}
	acme := journal.Tenant("acme")
	a, b := acme.Meter("a", activity.Entity{}), acme.Meter("b", activity.Entity{})
	var oracle storetest.QuotaOracle
	var wg sync.WaitGroup
	var admitted atomic.Int64
	for i := range 8 {
		meters, ctx := []activity.Meter{a, b}, t.Context()
		if i%2 == 1 {
			meters = []activity.Meter{b, a}
		}
		wg.Go(func() {
			for n := int64(0); admitted.Load() < 500; n++ {
				r, err := acme.Reserve(ctx, 1+n%3, meters...)
				if errors.Is(err, activity.ErrQuotaExceeded) {
					_, _ = a.Usage(ctx)
					_, _ = journal.ExpireHolds(ctx)
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				admitted.Add(1)
				used := r.Held() - n%2
				if n%5 == 0 {
					err = store.InTx(ctx, func(tx activity.Store) error { return r.With(tx).Commit(ctx, used) })
				} else {
					err = r.Commit(ctx, used)
				}
				if err != nil {
					t.Error(err)
				}
				for _, quota := range []string{"a", "b"} {
					oracle.Charge(activity.QuotaKey{Tenant: "acme", Quota: quota}, storetest.QuotaCharged{ID: r.ID(), At: r.At(), Units: used, Windows: windows})
				}
			}
		})
	}
	wg.Wait()
	if err := oracle.Check(); err != nil {
		t.Error(err)
	}
	if n := oracle.Len(); n < 500 {
		t.Errorf("the oracle knows of %d charges", n)
	}
}

// What a task holds is given back with its end, in the same transaction.
func TestReleaseHolds(t *testing.T) {
	store := memstore.New()
	defer store.Close()
	now := time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	key := activity.QuotaKey{Tenant: "acme", Quota: "calls"}
	hold := func(id byte, task activity.ID) {
		t.Helper()
		_, err := store.ChargeQuota(t.Context(), activity.QuotaRequest{
			Charges: []activity.QuotaCharge{{Key: key, Windows: []activity.Window{{Length: time.Hour, Limit: 10, Resolution: time.Minute}}}},
			Units:   2, ID: activity.ID{id}, Hold: time.Minute, Task: task, Clock: clock,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	held := func(want ...byte) {
		t.Helper()
		state, err := store.QuotaState(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		var got []byte
		for _, h := range state.Holds {
			if !h.Settled {
				got = append(got, h.ID[0])
			}
		}
		if string(got) != string(want) {
			t.Errorf("reservations %v are held, want %v", got, want)
		}
	}
	task, other := activity.ID{1}, activity.ID{2}
	hold(1, task)
	hold(2, other)
	hold(3, task)
	hold(4, activity.ID{})
	if err := store.ReleaseHolds(t.Context(), "globex", task); err != nil {
		t.Fatal(err)
	}
	held(1, 2, 3, 4)
	failed := errors.New("no")
	for _, result := range []error{failed, nil} {
		err := store.InTx(t.Context(), func(tx activity.Store) error {
			if err := tx.ReleaseHolds(t.Context(), "acme", task); err != nil {
				return err
			}
			held(1, 2, 3, 4)
			return result
		})
		if !errors.Is(err, result) {
			t.Fatal(err)
		}
	}
	held(2, 4)
	if n, err := store.GiveBack(t.Context(), activity.DueQuery{Clock: clock, Limit: 1}); n != 1 || err != nil {
		t.Errorf("GiveBack = %d, %v", n, err)
	}
	if n, err := store.GiveBack(t.Context(), activity.DueQuery{Clock: clock, Limit: 9}); n != 1 || err != nil {
		t.Errorf("GiveBack = %d, %v", n, err)
	}
	held(2, 4)
}
