package storetest

import (
	"bytes"
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/go-activity/activity"
)

func (b *both) ChargeQuota(ctx context.Context, request activity.QuotaRequest) (activity.QuotaGrant, error) {
	b.Helper()
	want, wantErr := b.memory.ChargeQuota(ctx, request)
	got, err := b.store.ChargeQuota(ctx, request)
	b.agree("ChargeQuota", diffFields(reflect.ValueOf(want), reflect.ValueOf(got)), wantErr, err)
	return got, err
}

func (b *both) SettleHolds(ctx context.Context, update activity.HoldUpdate) (time.Time, error) {
	b.Helper()
	want, wantErr := b.memory.SettleHolds(ctx, update)
	got, err := b.store.SettleHolds(ctx, update)
	b.agree("SettleHolds", diffAny(want, got), wantErr, err)
	return got, err
}

func (b *both) ReleaseHolds(ctx context.Context, tenant string, task activity.ID) error {
	b.Helper()
	wantErr := b.memory.ReleaseHolds(ctx, tenant, task)
	err := b.store.ReleaseHolds(ctx, tenant, task)
	b.agree("ReleaseHolds", "", wantErr, err)
	return err
}

func (b *both) GiveBack(ctx context.Context, query activity.DueQuery) (int, error) {
	b.Helper()
	want, wantErr := b.memory.GiveBack(ctx, query)
	got, err := b.store.GiveBack(ctx, query)
	b.agree("GiveBack", diffAny(want, got), wantErr, err)
	return got, err
}

func (b *both) QuotaState(ctx context.Context, key activity.QuotaKey) (activity.QuotaState, error) {
	b.Helper()
	want, wantErr := b.memory.QuotaState(ctx, key)
	got, err := b.store.QuotaState(ctx, key)
	b.agree("QuotaState", diffState(want, got), wantErr, err)
	return got, err
}

func (b *both) QuotaUse(ctx context.Context, query activity.UseQuery) ([]activity.QuotaUse, error) {
	b.Helper()
	want, wantErr := b.memory.QuotaUse(ctx, query)
	got, err := b.store.QuotaUse(ctx, query)
	b.agree("QuotaUse", diffList(want, got), wantErr, err)
	return got, err
}

// ForgetUse compares no numbers: whether there is an entry for what was given back altogether is for the store to say.
func (b *both) ForgetUse(ctx context.Context, query activity.ForgetQuery) (int, error) {
	b.Helper()
	_, wantErr := b.memory.ForgetUse(ctx, query)
	got, err := b.store.ForgetUse(ctx, query)
	b.agree("ForgetUse", "", wantErr, err)
	return got, err
}

// diffState returns what is wrong with what is kept of a key, the store's clock aside, or nothing.
func diffState(want, got activity.QuotaState) string {
	if a, b := binaryOf(want.Counter), binaryOf(got.Counter); !bytes.Equal(a, b) {
		return fmt.Sprintf("the counter is %x, want %x", b, a)
	}
	return diffList(want.Holds, got.Holds)
}

func binaryOf(c activity.QuotaCounter) []byte {
	b, err := c.MarshalBinary()
	if err != nil {
		panic(err)
	}
	return b
}

// diffList returns what is wrong with a list of structs, or nothing.
func diffList[T any](want, got []T) string {
	if len(want) != len(got) {
		return fmt.Sprintf("there are %d entries, want %d", len(got), len(want))
	}
	for i := range want {
		if d := diffFields(reflect.ValueOf(want[i]), reflect.ValueOf(got[i])); d != "" {
			return fmt.Sprintf("entry %d of %d: %s", i+1, len(got), d)
		}
	}
	return ""
}
